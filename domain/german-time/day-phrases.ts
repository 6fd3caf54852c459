import { holidayNamed } from "./holidays.js";
import { type Bound, type DayPart, type Found, numberAt, skipWords, wordAt } from "./phrase.js";
import type { Token } from "./tokens.js";
import { ARTICLES, MONTHS, UNITS, WEEKDAYS } from "./vocabulary.js";

const THIS = /^(dies(e[nrms]?)?|heutige[nr]?)$/;
const NEXT = /^naechste[nrms]?$/;
const COMING = /^(kommende[nrms]?|folgende[nrms]?)$/;
const NEXT_BUT_ONE = /^ueber(naechste|kommende)[nrms]?$/;
const LAST = /^(letzte[nrms]?|vergangene[nrms]?|vorige[nrms]?)$/;
/** After "der erste …" these make it something else than a day. */
const NO_DAY_AFTER_ORDINAL =
  /^(mal|frei.*|moegliche.*|termine?n?|besuche?|kunden?|kundin|stock|etage|personen?|wunsch|wahl|versuch|moeglichkeit|vorschlag|option|angebot|uhrzeit|slot|tag|woche|halb.*|name|haelfte|reihe|stelle|anruf|schnitt|frage|haus|filiale)$/;

/** "ab", "nach dem", "bis zum", "nicht vor", "spätestens": what limits a day instead of naming it. */
export function boundAt(tokens: readonly Token[], at: number): { bound: Bound | null; next: number } {
  const [first, second, third] = [0, 1, 2].map((step) => wordAt(tokens, at + step));
  const bound = (value: Bound, length: number) => ({ bound: value, next: at + length });
  if (first === "nicht") {
    if (second === "vor") return bound("from", 2);
    if (second === "nach") return bound("until", 2);
    if (/^(frueher|eher)$/.test(second ?? "") && third === "als") return bound("from", 3);
    if (second === "spaeter" && third === "als") return bound("until", 3);
  }
  if (first === "fruehestens") return bound("from", second === "ab" ? 2 : 1);
  if (first === "spaetestens") return bound("until", second === "bis" ? 2 : 1);
  if (first === "bis") return bound("until", /^(spaetestens|maximal)$/.test(second ?? "") ? 2 : 1);
  if (first === "ab") return bound("from", 1);
  if (first === "nach") return bound("after", 1);
  if (first === "vor" || first === "vorm") return bound("before", 1);
  if (first === "zwischen") return bound("from", 1);
  if (first === "von" || first === "vom") return bound("origin", 1);
  return { bound: null, next: at };
}

/** One piece of a day: several together make it ("nächste Woche" + "Dienstag"). Articles before it are read over. */
export function dayAt(tokens: readonly Token[], from: number): Found<DayPart> | null {
  const at = skipWords(tokens, from, ARTICLES);
  const article = wordAt(tokens, at - 1);
  return (
    besideAt(tokens, at) ??
    relativeDayAt(tokens, at) ??
    shiftAt(tokens, at) ??
    periodAt(tokens, at) ??
    holidayAt(tokens, at) ??
    weekdayAt(tokens, at) ??
    calendarWeekAt(tokens, at) ??
    dateAt(tokens, at) ??
    monthDayAt(tokens, at, article) ??
    yearAt(tokens, at)
  );
}

const found = (value: DayPart, next: number): Found<DayPart> => ({ value, next });

function relativeDayAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const word = wordAt(tokens, at);
  if (word === "heute" || word === "heut") return found({ kind: "offset", days: 0 }, at + 1);
  // "am Morgen" is the morning.
  const morning = /^(am|jeden|diesen)$/.test(wordAt(tokens, at - 1));
  if (word === "morgen" && !morning) return found({ kind: "offset", days: 1 }, at + 1);
  if (word === "uebermorgen") return found({ kind: "offset", days: 2 }, at + 1);
  if (word === "ueberuebermorgen") return found({ kind: "offset", days: 3 }, at + 1);
  if (word === "ueber" && wordAt(tokens, at + 1) === "morgen")
    return found({ kind: "offset", days: 2 }, at + 2);
  if (word === "gestern" || word === "vorgestern") return found({ kind: "past" }, at + 1);
  return null;
}

const SIDES: Record<string, -1 | 1> = { vor: -1, vorm: -1, nach: 1 };

/** "am Tag vor Heiligabend", "drei Tage nach Neujahr", "eine Woche vor dem 15. Dezember", "die Woche nach Ostern". */
function besideAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const count = numberAt(tokens, at, true);
  const unitAt = count === null ? at : at + 1;
  const unit = wordAt(tokens, unitAt);
  const side = SIDES[wordAt(tokens, unitAt + 1)];
  if (side === undefined || !/^(tage?n?|wochen?)$/.test(unit)) return null;
  const base = dayAt(tokens, unitAt + 2);
  if (base === null || !/^(holiday|day_of_month|weekday|offset)$/.test(base.value.kind)) return null;
  const weeks = unit.startsWith("woche");
  if (count === null && weeks) return found({ kind: "week_beside", base: base.value, side }, base.next);
  const days = side * (weeks ? 7 * (count ?? 1) : wholeDays(count ?? 1));
  return found(
    base.value.kind === "holiday" && base.value.shift === 0
      ? { ...base.value, shift: days }
      : { kind: "beside", base: base.value, days },
    base.next,
  );
}

/** "Acht Tage" are a week, as they always were; fourteen are two. */
const wholeDays = (count: number) => (count === 8 ? 7 : count);

const LATER = /^(spaeter|danach|darauf|drauf|davor|vorher|frueher|zuvor|vor|vorm|nach)$/;

/** "in drei Wochen", "in acht Tagen", "über eine Woche", "Dienstag drei Wochen"; `at` stands behind "in", which counts as an article. */
function shiftAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const before = wordAt(tokens, at - 1);
  const over = wordAt(tokens, at) === "ueber";
  if (before === "vor") {
    return numberAt(tokens, at, true) !== null &&
      /^(tage?n?|wochen?|monate?n?|jahre?n?)$/.test(wordAt(tokens, at + 1))
      ? found({ kind: "past" }, at + 2)
      : null;
  }
  const many = over ? at + 1 : at;
  const counted = WEEKDAYS.has(before) && !LATER.test(wordAt(tokens, many + 2));
  if (before !== "in" && !over && !counted) return null;
  // One and a half weeks are ten days or eleven, some days are any number.
  if (/^(anderthalb|eineinhalb|zweieinhalb|einigen|paar|wenigen|mehreren)$/.test(wordAt(tokens, many)))
    return vagueShift(tokens, many + 1);
  if (wordAt(tokens, many) === "ein" || wordAt(tokens, many) === "einem") {
    const some = /^(paar|und)$/.test(wordAt(tokens, many + 1));
    if (some) return vagueShift(tokens, many + 2);
  }
  if (wordAt(tokens, many) === "einem" && /^halben$/.test(wordAt(tokens, many + 1))) {
    return wordAt(tokens, many + 2) === "jahr"
      ? found({ kind: "shift", days: 0, months: 6, weeks: false }, many + 3)
      : null;
  }
  const count = numberAt(tokens, many, true) ?? numberAt(tokens, many - 1, true);
  const unitAt = numberAt(tokens, many, true) === null ? many : many + 1;
  if (count === null) return null;
  const unit = wordAt(tokens, unitAt);
  if (/^tage?n?$/.test(unit)) {
    return found({ kind: "shift", days: wholeDays(count), months: 0, weeks: false }, unitAt + 1);
  }
  if (/^wochen?$/.test(unit))
    return found({ kind: "shift", days: count * 7, months: 0, weeks: true }, unitAt + 1);
  if (counted) return null;
  if (/^monate?n?$/.test(unit))
    return found({ kind: "shift", days: 0, months: count, weeks: false }, unitAt + 1);
  if (/^jahre?n?$/.test(unit))
    return found({ kind: "shift", days: 0, months: count * 12, weeks: false }, unitAt + 1);
  return null;
}

function vagueShift(tokens: readonly Token[], at: number): Found<DayPart> | null {
  return /^(tagen?|wochen|monaten?|jahren?)$/.test(wordAt(tokens, at))
    ? found({ kind: "vague" }, at + 1)
    : null;
}

/** Weeks, weekends, months and years by "diese", "nächste", …; "Anfang", "Mitte", "Ende" of them. */
function periodAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const word = wordAt(tokens, at);
  if (/^(anfang|mitte|ende|beginn|wochenanfang|wochenmitte|monatsanfang|monatsende|jahresende)$/.test(word)) {
    return found({ kind: "vague" }, at + 1);
  }
  if (/^(werktags|wochentags)$/.test(word)) return found({ kind: "vague" }, at + 1);
  if (/^wochenendes?$/.test(word)) return found({ kind: "weekend" }, at + 1);
  if (word === "woche" && /^(der|unter)$/.test(wordAt(tokens, at - 1)) && numberAt(tokens, at + 1) === null) {
    return found({ kind: "vague" }, at + 1);
  }
  // Of a week that was named before it: "nächste Woche nicht, aber die Woche drauf".
  const counted = numberAt(tokens, at - 1, true) !== null;
  if (word === "woche" && !counted && /^(drauf|darauf|danach)$/.test(wordAt(tokens, at + 1))) {
    return found({ kind: "week", weeks: 2 }, at + 2);
  }
  if (/^neue[nms]?$/.test(word) && /^jahre?s?$/.test(wordAt(tokens, at + 1)))
    return found({ kind: "new_year" }, at + 2);
  const twoWords = word === "ueber" && NEXT.test(wordAt(tokens, at + 1));
  const steps =
    twoWords || NEXT_BUT_ONE.test(word)
      ? 2
      : NEXT.test(word) || COMING.test(word)
        ? 1
        : THIS.test(word)
          ? 0
          : null;
  const past = LAST.test(word);
  if (steps === null && !past) return null;
  const nounAt = at + (twoWords ? 2 : 1);
  const noun = wordAt(tokens, nounAt);
  const period = (value: DayPart) => found(past ? { kind: "past" } : value, nounAt + 1);
  // "in den nächsten Tagen" is as soon as possible (`scan.ts`).
  if (noun === "tagen" && !past) return null;
  if (/^(tagen|wochen|monaten)$/.test(noun)) return found({ kind: past ? "past" : "vague" }, nounAt + 1);
  if (noun === "woche") return period({ kind: "week", weeks: steps ?? 0 });
  if (noun === "wochenende" || noun === "wochenendes") return period({ kind: "weekend" });
  if (/^monate?s?$/.test(noun)) return period({ kind: "month_offset", months: steps ?? 0 });
  if (/^jahre?s?$/.test(noun)) return period({ kind: "year_offset", years: steps ?? 0 });
  return null;
}

function holidayAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const nth = tokens[at];
  if (nth?.kind === "ordinal" && nth.value <= 4) {
    const ranked = ["erster", "zweiter", "dritter", "vierter"][nth.value - 1] ?? "";
    const noun = wordAt(tokens, at + 1);
    if (/^advent(s?sonntag)?$/.test(noun)) return holiday(`${ranked}advent`, at + 2);
    if (nth.value <= 2 && /^weihnachts(feier)?tag$/.test(noun))
      return holiday(`${ranked}weihnachtstag`, at + 2);
    if (nth.value <= 2 && /^osterfeiertag$/.test(noun))
      return holiday(nth.value === 1 ? "ostersonntag" : "ostermontag", at + 2);
    if (nth.value <= 2 && /^pfingstfeiertag$/.test(noun))
      return holiday(nth.value === 1 ? "pfingstsonntag" : "pfingstmontag", at + 2);
  }
  for (const length of [4, 3, 2, 1]) {
    const words = Array.from({ length }, (_, step) => {
      const token = tokens[at + step];
      if (token?.kind === "punctuation") return token.text === "-" && step > 0 ? "" : "?";
      if (token?.kind === "number" && !token.digits) return token.word;
      return token?.kind === "word" ? token.text : "?";
    });
    const name = holidayNamed(words.join(""));
    if (name !== null) return holiday(name, at + length);
  }
  return null;
}

const holiday = (name: string, next: number) => found({ kind: "holiday", name, shift: 0 }, next);

function weekdayAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const word = wordAt(tokens, at);
  const plain = WEEKDAYS.get(word);
  if (plain !== undefined) return found({ kind: "weekday", weekday: plain, which: "plain" }, at + 1);
  const token = tokens[at];
  if (token?.kind === "ordinal" || LAST.test(word)) {
    const weekday = WEEKDAYS.get(wordAt(tokens, at + 1));
    // "am letzten Freitag vor Weihnachten", "am ersten Montag nach Neujahr": the one beside it.
    const beside = SIDES[wordAt(tokens, at + 2)];
    const nearest = token?.kind === "ordinal" ? token.value === 1 && beside === 1 : beside === -1;
    if (weekday !== undefined && nearest) return found({ kind: "weekday", weekday, which: "plain" }, at + 2);
    const inMonth =
      /^(im|in|des|vom|von)$/.test(wordAt(tokens, at + 2)) || MONTHS.has(wordAt(tokens, at + 2));
    if (weekday !== undefined && inMonth) {
      return found(
        { kind: "nth_weekday", nth: token?.kind === "ordinal" ? token.value : -1, weekday },
        at + 2,
      );
    }
    return weekday !== undefined
      ? found({ kind: token?.kind === "ordinal" ? "vague" : "past" }, at + 2)
      : null;
  }
  const twoWords = word === "ueber" && NEXT.test(wordAt(tokens, at + 1));
  const which =
    twoWords || NEXT_BUT_ONE.test(word)
      ? "next_but_one"
      : NEXT.test(word)
        ? "next"
        : COMING.test(word)
          ? "coming"
          : THIS.test(word)
            ? "this"
            : null;
  if (which === null) return null;
  let nounAt = at + (twoWords ? 2 : 1);
  if (/^(freie[nrs]?|moegliche[nrs]?)$/.test(wordAt(tokens, nounAt))) nounAt += 1;
  const weekday = WEEKDAYS.get(wordAt(tokens, nounAt));
  return weekday === undefined ? null : found({ kind: "weekday", weekday, which }, nounAt + 1);
}

const KW = /^(kw|kalenderwoche|kalenderwochen)$/;

function calendarWeekAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const token = tokens[at];
  const word = wordAt(tokens, at);
  if (KW.test(word) || word === "woche") {
    const week = numberAt(tokens, at + 1);
    return week === null || (word === "woche" && (week > 53 || /^uhr$/.test(wordAt(tokens, at + 2))))
      ? null
      : found({ kind: "calendar_week", week }, at + 2);
  }
  if ((token?.kind === "ordinal" || token?.kind === "number") && KW.test(wordAt(tokens, at + 1))) {
    return found({ kind: "calendar_week", week: token.value }, at + 2);
  }
  return null;
}

/** "15.1.", "15.01.2027", an ISO date. */
function dateAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const token = tokens[at];
  if (token?.kind === "dotted") {
    return /^(uhr|h)$/.test(wordAt(tokens, at + 1))
      ? null
      : found({ kind: "day_of_month", day: token.first, month: token.second }, at + 1);
  }
  if (token?.kind !== "date") return null;
  return found({ kind: "day_of_month", day: token.day, month: token.month }, at + 1);
}

/** "dritten Dezember", "19 November", "fünfzehnten ersten", "am dritten", a month alone. */
function monthDayAt(tokens: readonly Token[], at: number, article: string): Found<DayPart> | null {
  const month = MONTHS.get(wordAt(tokens, at));
  if (month !== undefined) return found({ kind: "month", month }, at + 1);
  const token = tokens[at];
  if (token?.kind !== "ordinal" && token?.kind !== "number") return null;
  const dot = tokens[at + 1];
  const monthAt = skipWords(
    tokens,
    dot?.kind === "punctuation" && dot.text === "." ? at + 2 : at + 1,
    ARTICLES,
  );
  const named = MONTHS.get(wordAt(tokens, monthAt));
  if (named !== undefined && token.value < 100) {
    return found({ kind: "day_of_month", day: token.value, month: named }, monthAt + 1);
  }
  const second = tokens[at + 1];
  if (token.kind === "ordinal" && second?.kind === "ordinal" && token.value < 100) {
    return found({ kind: "day_of_month", day: token.value, month: second.value }, at + 2);
  }
  const following = wordAt(tokens, at + 1);
  const introduced = /^(am|den|der|dem|zum|vom|ab|bis|nach|vor|zwischen|und|oder)$/.test(article);
  if (token.kind === "ordinal") {
    const named = introduced || WEEKDAYS.has(article);
    return named && !NO_DAY_AFTER_ORDINAL.test(following)
      ? found({ kind: "day_of_month", day: token.value, month: null }, at + 1)
      : null;
  }
  // "am 15": a transcript without the dot.
  const bare =
    /^(am|den|dem|zum|vom)$/.test(article) && !UNITS.test(following) && !/^(uhr|h)$/.test(following);
  return bare && token.word !== "ein" && token.value >= 1 && token.value < 100
    ? found({ kind: "day_of_month", day: token.value, month: null }, at + 1)
    : null;
}

/** "Jahr 2027", "zweitausendsiebenundzwanzig": only what can be a year of a calendar. */
export function yearAt(tokens: readonly Token[], at: number): Found<DayPart> | null {
  const valueAt = wordAt(tokens, at) === "jahr" ? at + 1 : at;
  const value = numberAt(tokens, valueAt);
  return value !== null && value >= 1990 && value <= 2199
    ? found({ kind: "year", year: value }, valueAt + 1)
    : null;
}
