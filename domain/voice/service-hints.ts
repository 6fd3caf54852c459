import type { Service } from "../tenant/catalogue.js";
import { commonNameWords, type HeardWord, type Piece, type Term } from "./service-terms.js";
import { audienceOf, CUT, cutFor, FILLERS, isCut, namesCutAlone, standsFor, WEAK } from "./service-words.js";
import { misheard, type Sounding, sounding, wordsOf } from "./spoken-words.js";

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
 * a category ("färben"): the services that the most of them hint at. Only a cut and whom it is for decide
 * ("Haarschnitt für meinen Sohn"); anything else that comes out at one service is still to be asked.
 */
export function partialMatch(
  rest: readonly HeardWord[],
  nothingNamed: boolean,
  services: readonly Service[],
  terms: readonly Term[],
): Hinted | null {
  const among = { rest, nothingNamed };
  const hints: Hint[] = rest.flatMap((heard, at) => hintOf(heard, at, among, services, terms) ?? []);
  if (hints.length === 0) return null;
  const count = (service: Service) => hints.filter((hint) => hint.services.includes(service)).length;
  const most = Math.max(...services.map(count));
  const candidates = services.filter((service) => count(service) === most);
  const said = hints.map((hint) => rest[hint.at]?.said ?? "").join(" ");
  return {
    services: whomFirst(candidates, terms),
    from: hints[0]?.at ?? 0,
    to: hints.at(-1)?.at ?? 0,
    said,
    sure: hints.some((hint) => hint.forWhom),
  };
}

/** What a wish only hints at. */
export interface Hinted extends Piece {
  /** The words that hint. */
  said: string;
  /** One service is decided by it, not only suggested. */
  sure: boolean;
}

/** Cuts that say whom they are for stand first: only the first few are spoken, and most callers mean one of them. */
function whomFirst(candidates: readonly Service[], terms: readonly Term[]): Service[] {
  const rank = (service: Service) => (termsHave(service, terms, (own) => audienceOf(own) !== null) ? 0 : 1);
  return candidates.toSorted((a, b) => rank(a) - rank(b));
}

interface Hint {
  at: number;
  services: Service[];
  /** Whom a cut is for was said. */
  forWhom: boolean;
}

function hintOf(
  heard: HeardWord,
  at: number,
  { rest, nothingNamed }: { rest: readonly HeardWord[]; nothingNamed: boolean },
  services: readonly Service[],
  terms: readonly Term[],
): Hint | null {
  const { word } = heard;
  if (FILLERS.has(word) || WEAK.has(word)) return null;
  const common = standsFor(word);
  const audience = cutFor(word);
  if (audience !== null) {
    // Whom it is for says something only beside a cut: "Strähnen für meine Tochter" is no child's haircut.
    const besideCut = rest.some((other) => isCut(standsFor(other.word)));
    const alone =
      nothingNamed && rest.every(({ word: other }) => FILLERS.has(other) || cutFor(other) === audience);
    if ((!besideCut && !alone) || forCallerToo(heard, rest)) return null;
    const found = hint(at, services, (service) =>
      termsHave(service, terms, (own) => standsFor(own) === audience),
    );
    return found && { ...found, forWhom: besideCut || namesCutAlone(word) };
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
    hint(at, services, (service) =>
      terms.some((term) => term.service === service && term.wordSounds.some((own) => byEar(said, own))),
    )
  );
}

/** "Für mich und meinen Sohn": two cuts, and whose the first is was not said. */
function forCallerToo(person: HeardWord, rest: readonly HeardWord[]): boolean {
  return rest.some(
    ({ word, part }) => (word === "mich" || word === "mir") && Math.abs(part - person.part) === 1,
  );
}

function hint(at: number, services: readonly Service[], fits: (service: Service) => boolean): Hint | null {
  const found = services.filter(fits);
  return found.length === 0 ? null : { at, services: found, forWhom: false };
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
  return own.word.length >= SHORTEST_PART && misheard(said, own) !== null;
}

function wordCount(service: Service): number {
  return Math.max(1, commonNameWords(service).size);
}
