import { distance } from "fastest-levenshtein";
import { colognePhonetics } from "./cologne-phonetics.js";

/**
 * The words of a phrase for comparison: small letters and digits only, umlauts written out, accents and
 * punctuation gone ("Strähnen-Paket" is `straehnen`, `paket`).
 */
export function wordsOf(text: string): string[] {
  return foldLetters(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Small letters, umlauts written out, accents gone; everything else as it is. */
export function foldLetters(text: string): string {
  return text
    .normalize("NFC")
    .toLowerCase()
    .replace(/ä/g, "ae")
    .replace(/ö/g, "oe")
    .replace(/ü/g, "ue")
    .replace(/ß/g, "ss")
    .replace(/ı/g, "i")
    .normalize("NFD")
    .replace(/\p{M}+/gu, "");
}

/**
 * How a word sounds to a German ear, roughly and still in letters: what speech recognition writes for it
 * ("Ferben", "Balajasch", "Strenchen") comes out nearly the same as what the salon writes.
 */
export function soundOf(word: string): string {
  return foldLetters(word)
    .replace(/[^\p{L}\p{N}]+/gu, "")
    .replace(/age(n|s)?$/, "asch")
    .replace(/eau/g, "o")
    .replace(/ph/g, "f")
    .replace(/th|dt/g, "t")
    .replace(/sh/g, "sch")
    .replace(/ck/g, "k")
    .replace(/c(?=[aourlkt])/g, "k")
    .replace(/tz/g, "z")
    .replace(/v/g, "f")
    .replace(/[ae]y|ei|ai/g, "ai")
    .replace(/aeu|eu|oi|oy/g, "oi")
    .replace(/y/g, "j")
    .replace(/ie/g, "i")
    .replace(/ae/g, "e")
    .replace(/(?<=[aeiou])h(?![aeiou])/g, "")
    .replace(/(.)\1+/g, "$1");
}

/** How many letters may differ in a word of this length, by ear. */
export function allowedDistance(length: number): number {
  if (length < 5) return 0;
  return length < 8 ? 1 : 2;
}

/**
 * How far two words are apart by ear, or `null` when they are different words: edit distance of their sound
 * within `allowedDistance` of the shorter one, one more when Kölner Phonetik calls them equal.
 */
export function soundDistance(heard: string, known: string): number | null {
  return apartBySound(sounding(heard), sounding(known));
}

/** A word with its sound, for those who compare it with many. */
export interface Sounding {
  word: string;
  sound: string;
}

export function sounding(word: string): Sounding {
  return { word, sound: soundOf(word) };
}

/** `soundDistance` of two words whose sounds are known. */
export function apartBySound(heard: Sounding, known: Sounding): number | null {
  if (heard.sound === known.sound) return 0;
  const [a, b] = [heard.sound.length, known.sound.length];
  const shorter = Math.min(a, b);
  const allowed = allowedDistance(shorter);
  if (Math.abs(a - b) > allowed + 1) return null;
  const apart = distance(heard.sound, known.sound);
  if (apart <= allowed) return apart;
  if (shorter < 6 || apart > allowed + 1) return null;
  return colognePhonetics(heard.word) === colognePhonetics(known.word) ? apart : null;
}

/**
 * Likewise, for words that decide something: the first sound must be the same, and two letters may only differ
 * where Kölner Phonetik calls the words equal ("Umfärbung" is no misheard "Umformung").
 */
export function misheard(heard: Sounding, known: Sounding): number | null {
  const apart = apartBySound(heard, known);
  if (apart === null || apart === 0) return apart;
  const [a, b] = [colognePhonetics(heard.word), colognePhonetics(known.word)];
  if (a === b) return apart;
  return apart === 1 && a[0] === b[0] ? apart : null;
}

/** 0 (nothing in common) to 1 (the same by ear), for suggestions only. */
export function soundSimilarity(heard: Sounding, known: Sounding): number {
  const longer = Math.max(heard.sound.length, known.sound.length);
  return longer === 0 ? 0 : 1 - distance(heard.sound, known.sound) / longer;
}
