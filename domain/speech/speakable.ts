import { spokenInteger } from "./spoken-number.js";

/** So many words of a name are said at most, so that every template keeps within its length. */
const MAX_NAME_WORDS = 5;
const MAX_PERSON_WORDS = 3;

const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/\bDr\./giu, "Doktor "],
  [/\bProf\./giu, "Professor "],
  [/\bSt\./gu, "Sankt "],
  [/\binkl\./giu, "inklusive "],
  [/[&+]/gu, " und "],
  [/\//gu, " oder "],
  [/€/gu, " Euro "],
  [/%/gu, " Prozent "],
  [/[–—]/gu, " "],
];

/**
 * A name from the tenant's document or from a caller as it can be spoken: signs and digits in words, no mark
 * that would end a sentence, at most five words. Empty where nothing of it can be said.
 */
export function speakable(name: string): string {
  return shortened(inWords(name), MAX_NAME_WORDS);
}

/** Likewise a person's name, of at most three words. */
export function speakablePerson(name: string): string {
  return shortened(inWords(name).replaceAll(",", ""), MAX_PERSON_WORDS);
}

function inWords(name: string): string {
  let text = name.normalize("NFC");
  for (const [sign, words] of SIGNS) text = text.replace(sign, words);
  return text
    .replace(/(?<=\d)(?=\p{L})|(?<=\p{L})(?=\d)/gu, " ")
    .replace(/\d+/gu, (digits) => ` ${digitsInWords(digits)} `)
    .replace(/[^\p{L}\p{M}\s,'’\-‐‑]+/gu, " ")
    .replace(/\s+,/gu, ",")
    .replace(/,(?=\S)/gu, ", ")
    .replace(/\s+/gu, " ")
    .replace(/(?<=^|\s)[-‐‑,'’]+(?=\s|$)/gu, "")
    .trim();
}

function digitsInWords(digits: string): string {
  if (digits.length <= 4 && !digits.startsWith("0")) return spokenInteger(Number(digits));
  return [...digits].map((digit) => spokenInteger(Number(digit))).join(" ");
}

function shortened(text: string, most: number): string {
  const words = text.split(/\s+/u).filter((word) => /\p{L}/u.test(word));
  return words
    .slice(0, most)
    .join(" ")
    .replace(/(?:[\s,]+(?:und|oder|mit|für))?[\s,\-‐‑]*$/u, "");
}
