import type { Service } from "../tenant/catalogue.js";
import { givenText } from "./given.js";
import { type Hinted, inName, mostOfAName, partialMatch } from "./service-hints.js";
import { suggest } from "./service-suggestions.js";
import { type HeardWord, type Piece, type Term, termsOf } from "./service-terms.js";
import { asPerson, CONNECTIVES, FILLERS, NEGATIONS, standsFor, WEAK } from "./service-words.js";
import { misheard, sounding, wordsOf } from "./spoken-words.js";

export type ServiceMatch =
  | { kind: "one"; service: Service }
  /** Named together in one wish, each of them, in the order said; what is not decided by its own words. */
  | { kind: "several"; wished: (Service | string)[] }
  /** One word that fits several. */
  | { kind: "ambiguous"; candidates: Service[] }
  /** Something was named, and it is none of them. At most three that come near, the nearest first. */
  | { kind: "unknown"; phrase: string; suggestions: Service[] }
  /** Nothing was named. */
  | { kind: "none" };

/** The longest name of a service has fewer words. */
const LONGEST_TERM = 10;
/** A name by ear is at most so many words: "Bala Yage", "Herren Haar Schnitt". */
const LONGEST_BY_EAR = 3;
const COMPOUND_TAIL = /^(n|en|e|s|chen)?(s?termin|behandlung|paket|technik|kur|pflege|service)?$/;

/**
 * Which services a wish names, as a tool gets it: one phrase or several, each with one service or several.
 * Exact names and aliases come first (the longest wins), then names by ear, then words that only parts of
 * names share. There is no default: what is not understood is unknown (salon-gateway 11.50–11.53).
 */
export function matchServices(phrases: readonly string[], services: readonly Service[]): ServiceMatch {
  const given = phrases.flatMap((phrase) => givenText(phrase) ?? []);
  const words = hear(given);
  if (words.length === 0) return { kind: "none" };
  const terms = termsOf(services);

  const literal = exactPieces(words, [], (said) => terms.filter((term) => term.compact === said.compact));
  const whole = wholeName(words, literal, services);
  const alike = exactPieces(words, whole, (said) =>
    terms.filter((term) => term.common === said.common || term.common === standsFor(said.compact)),
  );
  const exact = [...whole, ...alike];
  const named = [...exact, ...piecesByEar(words, exact, terms)];
  const kept = absorb(named, words).sort((a, b) => a.from - b.from);
  const rest = words.filter((word, index) => isFree(index, named) && !covered(word, kept));
  const partial = partialMatch(rest, named.length === 0, services, terms);
  const found: (Piece | Hinted)[] = partial === null ? kept : withPartial(kept, partial);

  const lost = lostPart(words, rest, named, partial !== null);
  if (lost !== null) return { kind: "unknown", phrase: lost, suggestions: suggest(lost, terms) };
  if (found.length === 0) {
    const content = words.filter((word) => !FILLERS.has(word.word));
    if (content.length === 0) return { kind: "none" };
    const phrase = given.join(", ");
    return { kind: "unknown", phrase, suggestions: suggest(content.map((w) => w.word).join(" "), terms) };
  }
  return outcome(found, words, given.join(", "));
}

function hear(phrases: readonly string[]): HeardWord[] {
  const heard: HeardWord[] = [];
  let part = 0;
  for (const phrase of phrases) {
    part += 1;
    for (const clause of phrase.split(/[,;&+/]|\.\s/u)) {
      part += 1;
      // "keine Dauerwelle", "ohne Schneiden": what is not wished ends where the clause does.
      let unwished = false;
      for (const said of clause.split(/[\s\-‐‑–—]+/u)) {
        for (const folded of wordsOf(said)) {
          const word = asPerson(folded, heard.at(-1)?.word ?? "");
          if (CONNECTIVES.has(word)) {
            part += 1;
            unwished = false;
          } else if (NEGATIONS.has(word)) unwished = true;
          else if (!unwished) heard.push({ word, said, part });
        }
      }
    }
  }
  return heard;
}

/** The longest runs of words, outside of what is `taken`, that `called` finds a service for. */
function exactPieces(
  words: readonly HeardWord[],
  taken: readonly Piece[],
  called: (said: { compact: string; common: string }) => Term[],
): Piece[] {
  const found: (Piece & { letters: number })[] = [];
  for (let from = 0; from < words.length; from += 1) {
    let compact = "";
    let common = "";
    for (let to = from; to < Math.min(words.length, from + LONGEST_TERM) && isFree(to, taken); to += 1) {
      const word = words[to]?.word ?? "";
      compact += word;
      common += standsFor(word);
      const services = distinct(called({ compact, common }).map((term) => term.service));
      if (services.length > 0) found.push({ services, from, to, letters: compact.length });
    }
  }
  found.sort((a, b) => b.letters - a.letters);
  return disjoint(found);
}

/**
 * What was said literally, unless the words around it are most of a longer name that holds it: "Waschen und
 * Schneiden", "Ansatzfärbung, waschen, schneiden".
 */
function wholeName(
  words: readonly HeardWord[],
  literal: readonly Piece[],
  services: readonly Service[],
): Piece[] {
  const best = mostOfAName(words, services);
  if (best === null) return [...literal];
  const holds = (piece: Piece) =>
    words.slice(piece.from, piece.to + 1).every((word) => inName(word, best.service));
  const overlapping = literal.filter((piece) => piece.from <= best.to && piece.to >= best.from);
  const said = overlapping.filter(holds).map((piece) => piece.to - piece.from + 1);
  // A name that was said in full stays what it is, and a name in between is another wish.
  if (overlapping.some((piece) => !holds(piece)) || Math.max(0, ...said) >= best.hits) return [...literal];
  const piece = { services: [best.service], from: best.from, to: best.to };
  return [...literal.filter((other) => !overlapping.includes(other)), piece];
}

function piecesByEar(words: readonly HeardWord[], exact: readonly Piece[], terms: readonly Term[]): Piece[] {
  const found: (Piece & { apart: number; letters: number })[] = [];
  for (let from = 0; from < words.length; from += 1) {
    let compact = "";
    for (let to = from; to < Math.min(words.length, from + LONGEST_BY_EAR); to += 1) {
      const heard = words[to];
      if (heard === undefined || !isFree(to, exact)) break;
      // Alone, a filler is nobody's misspelling; at the edge of a window it only blurs it.
      if (FILLERS.has(heard.word) && (to === from || to - from + 1 === LONGEST_BY_EAR)) {
        if (to === from) break;
        continue;
      }
      compact += heard.word;
      if (to === from && WEAK.has(heard.word)) continue;
      const best = nearest(compact, terms);
      if (best !== null) found.push({ ...best, from, to, letters: compact.length });
    }
  }
  found.sort((a, b) => a.apart - b.apart || b.letters - a.letters);
  return disjoint(found);
}

/** The first ones that do not overlap. */
function disjoint(pieces: readonly Piece[]): Piece[] {
  const taken: Piece[] = [];
  for (const { services, from, to } of pieces) {
    if (taken.every((piece) => to < piece.from || from > piece.to)) taken.push({ services, from, to });
  }
  return taken;
}

function nearest(heard: string, terms: readonly Term[]): { services: Service[]; apart: number } | null {
  let apart = Number.POSITIVE_INFINITY;
  let services: Service[] = [];
  const said = sounding(heard);
  for (const term of terms) {
    const distance = compoundOf(heard, term) ? 0 : misheard(said, term.sound);
    if (distance === null || distance > apart) continue;
    if (distance < apart) services = [];
    apart = distance;
    services.push(term.service);
  }
  return services.length === 0 ? null : { services: distinct(services), apart };
}

/** "Beratungstermin", "Olaplexbehandlung". */
function compoundOf(heard: string, term: Term): boolean {
  return (
    term.compact.length >= 5 &&
    heard.startsWith(term.compact) &&
    COMPOUND_TAIL.test(heard.slice(term.compact.length))
  );
}

/** A piece whose words are all part of another found service's name adds nothing: "Ansatz färben, waschen, schneiden, föhnen". */
function absorb(pieces: readonly Piece[], words: readonly HeardWord[]): Piece[] {
  const kept = pieces.filter((piece, index) => {
    const said = words.slice(piece.from, piece.to + 1);
    return !pieces.some(
      (other, at) =>
        at !== index &&
        !sameServices(other, piece) &&
        (other.services.every((service) => said.every((word) => inName(word, service))) ||
          (piece.services.length > 1 && other.services.every((service) => piece.services.includes(service)))),
    );
  });
  return kept.filter((piece, index) => kept.findIndex((other) => sameServices(other, piece)) === index);
}

function covered(word: HeardWord, pieces: readonly Piece[]): boolean {
  return pieces.some((piece) => piece.services.some((service) => inName(word, service)));
}

function withPartial(named: readonly Piece[], partial: Hinted): (Piece | Hinted)[] {
  // "Haarschnitt, und zwar Herrenhaarschnitt": what was named settles what was only hinted at.
  const settled = named.some((piece) =>
    piece.services.every((service) => partial.services.includes(service)),
  );
  return settled ? [...named] : [...named, partial].sort((a, b) => a.from - b.from);
}

/**
 * A part of the wish of which nothing is understood: a phrase of its own, or one noun beside "und". None of
 * several wishes is dropped silently.
 */
function lostPart(
  words: readonly HeardWord[],
  rest: readonly HeardWord[],
  pieces: readonly Piece[],
  partial: boolean,
): string | null {
  if (pieces.length === 0 || partial) return null;
  for (const part of new Set(words.map((word) => word.part))) {
    const inPart = words.filter((word) => word.part === part);
    if (inPart.some((word) => !rest.includes(word))) continue;
    const content = inPart.filter((word) => !FILLERS.has(word.word) && !WEAK.has(word.word));
    const [only] = content;
    if (content.length === 1 && only !== undefined && /^\p{Lu}\p{L}{3,}/u.test(only.said)) return only.said;
  }
  return null;
}

function outcome(
  pieces: readonly (Piece | Hinted)[],
  words: readonly HeardWord[],
  phrase: string,
): ServiceMatch {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) {
    const [only] = first.services;
    if (first.services.length > 1 || only === undefined)
      return { kind: "ambiguous", candidates: first.services };
    if (isSure(first)) return { kind: "one", service: only };
    // Part of a name, or a category that has no other service: a question, never a choice (salon-gateway 11.50).
    return { kind: "unknown", phrase, suggestions: [only] };
  }
  return { kind: "several", wished: [...new Set(pieces.map((piece) => meant(piece, words)))] };
}

function isSure(piece: Piece | Hinted): boolean {
  return !("sure" in piece) || piece.sure;
}

/** The service, or where the words do not decide which, they themselves: "Strähnen und Schneiden". */
function meant(piece: Piece | Hinted, words: readonly HeardWord[]): Service | string {
  const [only] = piece.services;
  if (piece.services.length === 1 && only !== undefined && isSure(piece)) return only;
  const heard = words.slice(piece.from, piece.to + 1).filter(({ word }) => !FILLERS.has(word));
  const said = "said" in piece ? piece.said : heard.map((word) => word.said).join(" ");
  return said.slice(0, 1).toLocaleUpperCase("de-DE") + said.slice(1);
}

function isFree(index: number, pieces: readonly Piece[]): boolean {
  return pieces.every((piece) => index < piece.from || index > piece.to);
}

function sameServices(a: Piece, b: Piece): boolean {
  return (
    a.services.length === b.services.length && a.services.every((service) => b.services.includes(service))
  );
}

function distinct(services: readonly Service[]): Service[] {
  return [...new Set(services)];
}
