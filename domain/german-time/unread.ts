import { numberAt, skipWords, wordAt } from "./phrase.js";
import type { Token } from "./tokens.js";
import { ARTICLES } from "./vocabulary.js";

/**
 * What of the words speaks of a day and could not be read. `loose`: a word that only matters where no day was read:
 * then the time is not today's. `relation`: it says which day is meant, whatever weekday stands beside it.
 */
export type Unread = "loose" | "relation" | null;

const UNIT = /^(tage?n?|tags|wochen?|monate?n?)$/;
const RELATIVE = /^(spaeter|danach|darauf|drauf|davor|vorher|frueher|zuvor|vor|vorm|nach)$/;
/** Days that only the caller knows. */
const EVENT =
  /^(.*ferien|.*urlaube?s?|.*hochzeit|.*geburtstage?s?|.*feiertage?n?|.*reise|.*umzugs?|.*pruefung|.*taufe|.*kommunion|.*konfirmation|.*messe|.*feier|.*woche|jahreswechsel)$/;
/** "in der Osterwoche am Dienstag", "in den Ferien am Montag". */
const SEASON = /^(.{3,}woche|.*ferien|(weihnacht|oster|pfingst|advent|ferien|fasching|karneval)s?zeit)$/;
const ALSO_BEFORE_EVENT = /^(mein|unser|ihr|sein|dein|dies|d)(e[nrms]?)?$/;
const DAY_LIKE =
  /^(.*tage?[ns]?|.*wochen?|.*wochenende|.*monate?n?|.*jahreswechsel|quartal|.*ferien|mi[dt]+wo\w*|(weihnacht|ostern|osterf|osterw|oster[sm]|pfingst|fasching|fastnacht|karneval|neujahr|s[iy]lvester|advent|nikolaus|himmelfahrt|fronleichnam|allerheiligen|allerseelen)\w*)$/;
/** "den ganzen Tag", "schönen Tag". */
const NO_DAY_BEFORE = /^(guten|schoenen|ganzen?|ganzer)$/;

/** At a word that no rule took. */
export function unreadAt(tokens: readonly Token[], at: number): Unread {
  const word = wordAt(tokens, at);
  const next = wordAt(tokens, at + 1);
  if (UNIT.test(word) && RELATIVE.test(next)) return "relation";
  if (/^(vor|vorm|nach|seit|waehrend|zwischen)$/.test(word)) {
    let noun = skipWords(tokens, at + 1, ARTICLES);
    while (ALSO_BEFORE_EVENT.test(wordAt(tokens, noun))) noun += 1;
    return EVENT.test(wordAt(tokens, noun)) ? "relation" : null;
  }
  if (SEASON.test(word)) return "relation";
  if (/^(danach|darauf|tags)$/.test(word)) return "loose";
  if (/^jahre?[ns]?$/.test(word)) return numberAt(tokens, at - 1) === null ? "loose" : null;
  const greeting = word === "tag" && (at === 0 || NO_DAY_BEFORE.test(wordAt(tokens, at - 1)));
  return DAY_LIKE.test(word) && !greeting ? "loose" : null;
}
