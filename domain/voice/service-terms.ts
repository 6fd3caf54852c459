import type { Service } from "../tenant/catalogue.js";
import { CONNECTIVES, standsFor } from "./service-words.js";
import { type Sounding, sounding, wordsOf } from "./spoken-words.js";

/** One way to name a service. */
export interface Term {
  service: Service;
  /** Without connectives. */
  words: readonly string[];
  /** The words run together, so that "Dauer Welle" is "Dauerwelle". */
  compact: string;
  /** Likewise, each word by the one that stands for it. */
  common: string;
  /** Of the words run together, and of each. */
  sound: Sounding;
  wordSounds: readonly Sounding[];
}

/** A word of the wish. */
export interface HeardWord {
  word: string;
  /** The word as it was said. */
  said: string;
  /** Which part of the wish it stands in: parts are phrases of their own or joined by "und", a comma and so on. */
  part: number;
}

/** A piece of the wish that is understood: one service, or several that it may mean. */
export interface Piece {
  services: Service[];
  from: number;
  to: number;
}

const known = new WeakMap<Service, Term[]>();

/** Everything that the services of this catalogue are called: name, slug, aliases. */
export function termsOf(services: readonly Service[]): Term[] {
  return services.flatMap((service) => {
    // A catalogue stays the same object until it changes; its names are taken apart once.
    const terms = known.get(service) ?? namesOf(service);
    known.set(service, terms);
    return terms;
  });
}

function namesOf(service: Service): Term[] {
  const seen = new Set<string>();
  return [service.name, service.slug, ...service.aliases].flatMap((text) => {
    const words = contentWords(text);
    const compact = words.join("");
    if (compact === "" || seen.has(compact)) return [];
    seen.add(compact);
    return [
      {
        service,
        words,
        compact,
        common: words.map(standsFor).join(""),
        sound: sounding(compact),
        wordSounds: words.map(sounding),
      },
    ];
  });
}

const nameWords = new WeakMap<Service, ReadonlySet<string>>();

/** The words of a service's name, each by the one that stands for it. */
export function commonNameWords(service: Service): ReadonlySet<string> {
  const words = nameWords.get(service) ?? new Set(contentWords(service.name).map(standsFor));
  nameWords.set(service, words);
  return words;
}

/** The words of a name without those that only join. */
export function contentWords(text: string): string[] {
  return wordsOf(text).filter((word) => !CONNECTIVES.has(word));
}
