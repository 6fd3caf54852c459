import type { Service } from "../tenant/catalogue.js";
import { categorySound, commonNameWords, type HeardWord, type Piece, type Term } from "./service-terms.js";
import { audienceOf, CUT, cutFor, FILLERS, isCut, standsFor, WEAK } from "./service-words.js";
import { apartBySound, type Sounding, sounding, wordsOf } from "./spoken-words.js";

/** So many of a name's words, at least two, name the service. */
const ENOUGH_OF_A_NAME = 0.6;
/** Shorter parts of compounds stand in too many words. */
const SHORTEST_PART = 5;

/**
 * The one service of whose name at least two words and the most were said, side by side; `null` where no
 * name or more than one comes out best.
 */
export function mostOfAName(
  words: readonly HeardWord[],
  services: readonly Service[],
): { service: Service; hits: number; from: number; to: number } | null {
  const found = services.flatMap((service) => {
    const at = words.flatMap((word, index) => (inName(word, service) ? [index] : []));
    const hits = new Set(at.map((index) => standsFor(words[index]?.word ?? ""))).size;
    const from = at[0] ?? 0;
    const to = at.at(-1) ?? 0;
    const between = words
      .slice(from, to + 1)
      .filter((word) => !inName(word, service) && !FILLERS.has(word.word) && !WEAK.has(word.word));
    const share = hits / wordCount(service);
    return hits >= 2 && share >= ENOUGH_OF_A_NAME && between.length === 0
      ? [{ service, hits, share, from, to }]
      : [];
  });
  found.sort((a, b) => b.hits - a.hits || b.share - a.share);
  const [best, second] = found;
  if (best === undefined || (second?.hits === best.hits && second.share === best.share)) return null;
  return best;
}

/** Whether a service's name holds this word or one that stands for the same. */
export function inName(word: HeardWord, service: Service): boolean {
  return commonNameWords(service).has(standsFor(word.word));
}

/**
 * What words mean that are not a service's name but part of names ("Haarschnitt", "Ansatz", "waschen") or of
 * a category ("färben"): the services that the most of them hint at.
 */
export function partialMatch(
  rest: readonly HeardWord[],
  services: readonly Service[],
  terms: readonly Term[],
): Piece | null {
  const hints: Hint[] = rest.flatMap((heard, at) => hintOf(heard.word, at, rest, services, terms) ?? []);
  if (hints.length === 0) return null;
  const count = (service: Service) => hints.filter((hint) => hint.services.includes(service)).length;
  const most = Math.max(...services.map(count));
  const candidates = services.filter((service) => count(service) === most);
  const position = { from: hints[0]?.at ?? 0, to: hints.at(-1)?.at ?? 0 };
  return { services: whomFirst(candidates, terms), ...position };
}

/** Cuts that say whom they are for stand first: only the first few are spoken, and most callers mean one of them. */
function whomFirst(candidates: readonly Service[], terms: readonly Term[]): Service[] {
  const rank = (service: Service) => (termsHave(service, terms, (own) => audienceOf(own) !== null) ? 0 : 1);
  return candidates.toSorted((a, b) => rank(a) - rank(b));
}

interface Hint {
  at: number;
  services: Service[];
}

function hintOf(
  word: string,
  at: number,
  rest: readonly HeardWord[],
  services: readonly Service[],
  terms: readonly Term[],
): Hint | null {
  if (FILLERS.has(word) || WEAK.has(word)) return null;
  const common = standsFor(word);
  const audience = cutFor(word);
  if (audience !== null) {
    // Whom it is for says something only beside a cut: "Strähnen für meine Tochter" is no child's haircut.
    if (!rest.some((other) => isCut(standsFor(other.word)))) return null;
    return hint(at, services, (service) => termsHave(service, terms, (own) => standsFor(own) === audience));
  }
  if (common === CUT)
    return hint(at, services, (service) => termsHave(service, terms, (own) => isCut(standsFor(own))));
  const said = sounding(word);
  return (
    hint(
      at,
      services,
      (service) =>
        inCategory(common, service) || termsHave(service, terms, (own) => shares(common, word, own)),
    ) ??
    hint(
      at,
      services,
      (service) =>
        byEar(said, categorySound(service)) ||
        terms.some((term) => term.service === service && term.wordSounds.some((own) => byEar(said, own))),
    )
  );
}

function hint(at: number, services: readonly Service[], fits: (service: Service) => boolean): Hint | null {
  const found = services.filter(fits);
  return found.length === 0 ? null : { at, services: found };
}

function termsHave(service: Service, terms: readonly Term[], fits: (own: string) => boolean): boolean {
  return terms.some((term) => term.service === service && term.words.some(fits));
}

function inCategory(common: string, service: Service): boolean {
  return wordsOf(service.category ?? "").some((own) => standsFor(own) === common);
}

/** The same word, or the head or tail of a compound. */
function shares(common: string, word: string, own: string): boolean {
  if (standsFor(own) === common || own === word) return true;
  return (
    word.length >= SHORTEST_PART && own.length > word.length && (own.startsWith(word) || own.endsWith(word))
  );
}

function byEar(said: Sounding, own: Sounding): boolean {
  return own.word.length >= SHORTEST_PART && apartBySound(said, own) !== null;
}

function wordCount(service: Service): number {
  return Math.max(1, commonNameWords(service).size);
}
