import { type CountryCode, type NumberType, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { normalisePhone } from "../customer/phone.js";
import { givenText } from "./given.js";
import { foldLetters } from "./spoken-words.js";

const ONES: Readonly<Record<string, number>> = {
  null: 0,
  nul: 0,
  eins: 1,
  ein: 1,
  zwei: 2,
  zwo: 2,
  drei: 3,
  vier: 4,
  fuenf: 5,
  sechs: 6,
  sieben: 7,
  acht: 8,
  neun: 9,
};
const TEENS: Readonly<Record<string, number>> = {
  zehn: 10,
  elf: 11,
  zwoelf: 12,
  dreizehn: 13,
  vierzehn: 14,
  fuenfzehn: 15,
  sechzehn: 16,
  siebzehn: 17,
  achtzehn: 18,
  neunzehn: 19,
};
const TENS: Readonly<Record<string, number>> = {
  zwanzig: 20,
  dreissig: 30,
  vierzig: 40,
  fuenfzig: 50,
  sechzig: 60,
  siebzig: 70,
  achtzig: 80,
  neunzig: 90,
};
const TIMES: Readonly<Record<string, number>> = {
  doppel: 2,
  zweimal: 2,
  zwomal: 2,
  dreifach: 3,
  dreimal: 3,
  viermal: 4,
};
const WITHHELD = new Set([
  "anonymous",
  "anonym",
  "unavailable",
  "unknown",
  "restricted",
  "private",
  "unterdrueckt",
  "unbekannt",
]);
/** Words around a number that are none of it. Anything else that is no numeral makes it unreadable. */
const AROUND = new Set(
  "meine die nummer telefonnummer handynummer rufnummer ist lautet waere das ja also dann danach und noch mal bitte aeh aehm vorwahl durchwahl handy telefon mobil die der unter auf".split(
    " ",
  ),
);

/**
 * A phone number as it was dictated: digits, numerals in words, "zwo", "doppel fünf", "plus neunundvierzig",
 * pairs ("fünfzehn einundzwanzig"), with words around.
 *
 * @param region where a number without a country code is dialled
 * @returns E.164, or `null` when no valid number comes out; a digit short is not valid (voice-agents 3.7), and a
 *   number that costs whoever calls it (0900, 0137) is not taken
 */
export function spokenPhoneNumber(value: unknown, region: CountryCode = "DE"): string | null {
  const given = givenText(value);
  if (given === null || WITHHELD.has(foldLetters(given))) return null;
  const written = normalised(given, region);
  if (written !== null) return calledBackAt(written) ? written : null;
  const digits = dictated(given);
  if (digits === null) return null;
  const number = normalised(digits, region);
  return number !== null && calledBackAt(number) ? number : null;
}

/** The salon pays for whom it calls: these are nobody's own numbers, or cost who dials them. */
const COSTLY: ReadonlySet<NumberType> = new Set<NumberType>([
  "PREMIUM_RATE",
  "SHARED_COST",
  "PERSONAL_NUMBER",
  "PAGER",
  "VOICEMAIL",
  "UAN",
]);
/** Satellites and premium services of no country. */
const COSTLY_WORLDWIDE = new Set(["870", "878", "881", "882", "883", "979"]);

function calledBackAt(e164: string): boolean {
  const parsed = parsePhoneNumberFromString(e164);
  return (
    parsed !== undefined && !COSTLY.has(parsed.getType()) && !COSTLY_WORLDWIDE.has(parsed.countryCallingCode)
  );
}

/** Fewer digits are a house or "eins" said in passing. */
const DIGITS_OF_A_NUMBER = 4;

/**
 * Whether a number was dictated, even if none comes out of it: it must not be replaced by another one. "Die gleiche"
 * or "anonym" dictates none.
 */
export function dictatesNumber(value: unknown): boolean {
  const given = givenText(value);
  if (given === null) return false;
  const words = foldLetters(given).split(/[^a-z0-9]+/u);
  const digits = words.map((word) => (/^\d+$/u.test(word) ? word : (numeralDigits(word) ?? ""))).join("");
  return digits.length >= DIGITS_OF_A_NUMBER;
}

function normalised(text: string, region: CountryCode): string | null {
  return normalisePhone(withoutTrunkZero(text), region);
}

/** "0049 (0) 30": the zero in brackets is dialled only within the country. */
function withoutTrunkZero(text: string): string {
  return text.replace(/^(\s*(?:\+|00)\s*\d{1,3}[\s./-]*)\(\s*0\s*\)/u, "$1");
}

/** The digits of numerals in words, a leading plus kept; `null` where a word is neither numeral nor filler. */
function dictated(given: string): string | null {
  const words = foldLetters(given)
    .replace(/\+/gu, " plus ")
    .split(/[^a-z0-9]+/u)
    .filter((word) => word !== "");
  let digits = "";
  let times = 1;
  for (const word of words) {
    if (word === "plus") {
      if (digits !== "") return null;
      digits = "+";
      continue;
    }
    if (TIMES[word] !== undefined) {
      times = TIMES[word];
      continue;
    }
    const spoken = /^\d+$/u.test(word) ? word : numeralDigits(word);
    if (spoken === null) {
      if (AROUND.has(word)) continue;
      return null;
    }
    digits += spoken.repeat(times);
    times = 1;
  }
  return digits === "" || digits === "+" ? null : digits;
}

/** The digits of one run of letters: "nulleinsfuenfeins", "einundzwanzig", "doppelfuenf", "hundertzwanzig". */
function numeralDigits(word: string): string | null {
  if (word === "") return "";
  for (const [prefix, times] of Object.entries(TIMES)) {
    if (!word.startsWith(prefix)) continue;
    for (const [one, value] of Object.entries(ONES)) {
      const rest = word.startsWith(prefix + one)
        ? numeralDigits(word.slice(prefix.length + one.length))
        : null;
      if (rest !== null) return String(value).repeat(times) + rest;
    }
  }
  return firstReading(word);
}

function firstReading(word: string): string | null {
  // The longest numeral first: "einundzwanzig" is not one and twenty, "vierzehn" is not four and ten.
  for (const [text, digits] of NUMERALS) {
    if (!word.startsWith(text)) continue;
    const rest = numeralDigits(word.slice(text.length));
    if (rest !== null) return digits + rest;
  }
  return null;
}

const NUMERALS: readonly (readonly [string, string])[] = numerals();

function numerals(): [string, string][] {
  const all: [string, string][] = [
    ...Object.entries(ONES),
    ...Object.entries(TEENS),
    ...Object.entries(TENS),
  ].map(([text, value]) => [text, String(value)]);
  for (const [ten, tens] of Object.entries(TENS)) {
    for (const [one, value] of Object.entries(ONES)) {
      if (value > 0) all.push([`${one}und${ten}`, String(tens + value)]);
    }
  }
  const belowHundred = [...all].filter(([, digits]) => digits !== "0");
  for (const [one, value] of [["", 1] as const, ...Object.entries(ONES)]) {
    if (value === 0) continue;
    all.push([`${one}hundert`, `${value}00`]);
    for (const [text, digits] of belowHundred)
      all.push([`${one}hundert${text}`, `${value}${digits.padStart(2, "0")}`]);
  }
  return all.sort((a, b) => b[0].length - a[0].length);
}
