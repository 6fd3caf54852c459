import type { Service } from "../tenant/catalogue.js";
import { CONNECTIVES, standsFor } from "./service-words.js";
import { wordsOf } from "./spoken-words.js";

/** One way to name a service. */
export interface Term {
  service: Service;
  /** Without connectives. */
  words: readonly string[];
  /** The words run together, so that "Dauer Welle" is "Dauerwelle". */
  compact: string;
  /** Likewise, each word by the one that stands for it. */
  common: string;
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

/** Everything that a service of this catalogue is called: name, slug, aliases. */
export function termsOf(services: readonly Service[]): Term[] {
  return services.flatMap((service) => {
    const seen = new Set<string>();
    return [service.name, service.slug, ...service.aliases].flatMap((text) => {
      const words = contentWords(text);
      const compact = words.join("");
      if (compact === "" || seen.has(compact)) return [];
      seen.add(compact);
      return [{ service, words, compact, common: words.map(standsFor).join("") }];
    });
  });
}

/** The words of a name without those that only join. */
export function contentWords(text: string): string[] {
  return wordsOf(text).filter((word) => !CONNECTIVES.has(word));
}
