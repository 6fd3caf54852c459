import type { Service } from "../tenant/catalogue.js";
import { colognePhonetics } from "./cologne-phonetics.js";
import type { Term } from "./service-terms.js";
import { FILLERS, isCommonWord, standsFor, WEAK } from "./service-words.js";
import { type Sounding, sounding, soundSimilarity, wordsOf } from "./spoken-words.js";

const MAX_SUGGESTIONS = 3;
/** Alike to the ear from here on, if the first sound is the same. */
const ALIKE = 0.65;
/** Two words begin or end alike where so many letters, and half of the shorter one, are the same. */
const SHORTEST_HEAD = 4;
const SHORTEST_TAIL = 5;
/** What many nouns end in says nothing of them. */
const ONLY_AN_ENDING = /^.{0,3}ung(en)?$/;

/**
 * Services that come near to what was said, the nearest first: alike to the ear, or a compound with the same
 * head or tail ("Umfärbung" and "Ansatzfärbung"). None rather than anything: a caller believes what is suggested.
 */
export function suggest(phrase: string, terms: readonly Term[]): Service[] {
  const words = wordsOf(phrase).filter((word) => !FILLERS.has(word) && !WEAK.has(word));
  const borne = (word: string) =>
    terms.some(
      (term) => term.common === standsFor(word) || term.words.some((own) => standsFor(own) === word),
    );
  // What everybody has a word for and the salon has none of is not offered: no beard is a men's haircut.
  const heard = words.filter((word) => !isCommonWord(word) || borne(standsFor(word)));
  const whole = heard.length > 1 && heard.length === words.length ? [heard.join("")] : [];
  const said = [...whole, ...heard].map(sounding);
  const scored = terms.flatMap((term) => {
    const score = Math.max(
      0,
      ...said.flatMap((word) => [term.sound, ...term.wordSounds].map((own) => nearness(word, own))),
    );
    return score > 0 ? [{ service: term.service, score }] : [];
  });
  scored.sort((a, b) => b.score - a.score);
  return [...new Set(scored.map(({ service }) => service))].slice(0, MAX_SUGGESTIONS);
}

/** 0: not near. */
function nearness(heard: Sounding, known: Sounding): number {
  const [a, b] = [heard.sound, known.sound];
  const shorter = Math.min(a.length, b.length);
  if (shorter < SHORTEST_HEAD) return 0;
  const sameStart = colognePhonetics(heard.word)[0] === colognePhonetics(known.word)[0];
  const alike = sameStart ? soundSimilarity(heard, known) : 0;
  if (alike >= ALIKE) return alike;
  const head = commonHead(a, b);
  const tail = commonHead(reversed(heard.word), reversed(known.word));
  const ending = heard.word.slice(heard.word.length - tail);
  const tailCounts = tail >= SHORTEST_TAIL && !ONLY_AN_ENDING.test(ending) && !FILLERS.has(ending);
  const headCounts = head >= SHORTEST_HEAD && head * 2 >= shorter;
  return Math.max(headCounts ? head : 0, tailCounts ? tail : 0) / Math.max(a.length, b.length);
}

function commonHead(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1;
  return length;
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}
