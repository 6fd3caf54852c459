import { spokenInteger } from "./spoken-number.js";

/** So many words of a name are said at most, so that every template keeps within its length. */
const MAX_NAME_WORDS = 5;
const MAX_PERSON_WORDS = 5;
const TITLES = new Set(["Doktor", "Professor", "Professorin"]);
/** Part of the surname behind them. */
const PARTICLES = new Set(
  "von vom van de der den del della di da dos das du zu zum zur ter ten la le al el bin ibn ben und".split(
    " ",
  ),
);

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

/**
 * Likewise a person's name, whole where it has at most five words. Of a longer one first names are left out, then
 * titles, and never a part of the surname: "Dr. Ursula von der Leyen" is not "Doktor Ursula von".
 */
export function speakablePerson(name: string): string {
  const words = inWords(name)
    .replaceAll(",", "")
    .split(/\s+/u)
    .filter((word) => /\p{L}/u.test(word));
  const first = words.findIndex((word) => !TITLES.has(word));
  const titles = first < 0 ? [] : words.slice(0, first);
  let rest = first < 0 ? words : words.slice(first);
  while (titles.length + rest.length > MAX_PERSON_WORDS && rest.length > surnameLength(rest))
    rest = rest.slice(1);
  const room = Math.max(0, MAX_PERSON_WORDS - rest.length);
  return shortened([...titles.slice(0, room), ...rest].join(" "), MAX_PERSON_WORDS);
}

/** How many of the last words are the surname with what belongs to it: "von und zu Hohenstein". */
function surnameLength(words: readonly string[]): number {
  let from = words.length - 1;
  while (from > 0 && PARTICLES.has((words[from - 1] ?? "").toLocaleLowerCase("de-DE"))) from -= 1;
  return words.length - from;
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
