/** What one answer may be at most; longer ones are forgotten or interrupted (voice-agents 3.3). */
export const MAX_WORDS = 35;
export const MAX_SENTENCES = 2;

/** Words as they are heard: whatever stands between blanks and holds a letter. */
export function countWords(text: string): number {
  return text.split(/\s+/u).filter((word) => /\p{L}/u.test(word)).length;
}

/** Sentences by their end marks; names never hold one (`speakable`). */
export function countSentences(text: string): number {
  return (text.match(/[.!?]+(?=\s|$)/gu) ?? []).length;
}

/**
 * The first of several wordings, the fullest first, that is short enough to be spoken. The last one must fit
 * whatever is filled in; where it does not, it is a mistake of the template, and the shortest is said.
 */
export function firstFitting(wordings: readonly [string, ...string[]]): string {
  const fitting = wordings.find(
    (wording) => countWords(wording) <= MAX_WORDS && countSentences(wording) <= MAX_SENTENCES,
  );
  return fitting ?? wordings.reduce((best, next) => (countWords(next) < countWords(best) ? next : best));
}

/** The first letter of a sentence. */
export function capitalised(text: string): string {
  return text.slice(0, 1).toLocaleUpperCase("de-DE") + text.slice(1);
}

/** "a", "a oder b", "a, b oder c"; a comma before `oder` too where an item has one of its own, as a date has. */
export function choice(items: readonly string[]): string {
  return joined(items, "oder");
}

/** "a", "a und b", "a, b und c"; a comma before `und` too where an item has one of its own. */
export function enumeration(items: readonly string[]): string {
  return joined(items, "und");
}

function joined(items: readonly string[], word: "oder" | "und"): string {
  const last = items.at(-1) ?? "";
  if (items.length < 2) return last;
  const others = items.slice(0, -1).join(", ");
  return `${others}${others.includes(",") && items.some((item) => item.includes(",")) ? "," : ""} ${word} ${last}`;
}
