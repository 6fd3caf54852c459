import {
  type Clock,
  type ClockMode,
  type Found,
  type NamedPart,
  numberAt,
  type TimePart,
  wordAt,
} from "./phrase.js";
import type { Token } from "./tokens.js";
import { NARROWED, PARTS, UNITS } from "./vocabulary.js";

const INVALID = "invalid";
type ClockFound = Found<Clock | typeof INVALID>;

const ABOUT = new Set(["gegen", "circa", "ca", "zirka", "etwa", "ungefaehr", "rund", "cirka"]);
const ROUGHLY_AFTER = new Set(["rum", "herum", "drumrum", "ungefaehr", "circa", "etwa", "ca"]);
/** Words between a preposition and its hour that change nothing. */
const FILLERS = new Set([
  "so",
  "um",
  "genau",
  "punkt",
  "schlag",
  "exakt",
  "puenktlich",
  "aeh",
  "aehm",
  "erst",
  "schon",
]);
/** Parts of the day that are told by what they come after or before. */
const AFTERWARDS: Record<string, TimePart & { kind: "part" }> = {
  arbeit: { kind: "part", part: "abend", bound: null, morgen: false },
  feierabend: { kind: "part", part: "abend", bound: null, morgen: false },
  schule: { kind: "part", part: "nachmittag", bound: null, morgen: false },
  mittag: { kind: "part", part: "nachmittag", bound: null, morgen: false },
  mittagessen: { kind: "part", part: "nachmittag", bound: null, morgen: false },
  mittagspause: { kind: "part", part: "nachmittag", bound: null, morgen: false },
};

/** "um elfe", "gegen achte". */
const COLLOQUIAL_HOURS: Record<string, number> = {
  zweie: 2,
  dreie: 3,
  viere: 4,
  fuenfe: 5,
  sechse: 6,
  siebene: 7,
  achte: 8,
  neune: 9,
  zehne: 10,
  elfe: 11,
  zwoelfe: 12,
};

/** "achte" is the eighth, too: it is an hour only where nothing else can stand. */
function colloquialHour(tokens: readonly Token[], at: number, preposition: string): number | null {
  const token = tokens[at];
  if (token?.kind !== "word" && token?.kind !== "ordinal") return null;
  const text = token.kind === "word" ? token.text : token.word;
  if (token.kind === "ordinal" && !/^(um|gegen|so|halb)$/.test(preposition)) return null;
  return COLLOQUIAL_HOURS[text] ?? null;
}

const isUhr = (tokens: readonly Token[], at: number) => /^(uhr|h)$/.test(wordAt(tokens, at));
const isUnit = (tokens: readonly Token[], at: number) => UNITS.test(wordAt(tokens, at));

function clock(hour: number, minute: number, padded = false): Clock | typeof INVALID {
  if (hour > 24 || minute > 59 || (hour === 24 && minute > 0)) return INVALID;
  if (padded || hour === 0 || hour > 12) return { minute: hour * 60 + minute, twelveHour: false };
  return { minute: (hour % 12) * 60 + minute, twelveHour: true };
}

/** Before or after a full hour: "halb drei" is minus thirty of three. */
function relative(hour: number, minutes: number): Clock | typeof INVALID {
  if (hour > 24 || (hour === 0 && minutes < 0)) return INVALID;
  const total = hour * 60 + minutes;
  if (hour > 12 || hour === 0) return { minute: total, twelveHour: false };
  return { minute: total % 720, twelveHour: true };
}

function hourAt(tokens: readonly Token[], at: number): Found<number> | null {
  const hour = numberAt(tokens, at, tokens[at]?.kind === "number") ?? colloquialHour(tokens, at, "halb");
  if (hour === null || isUnit(tokens, at + 1)) return null;
  return { value: hour, next: isUhr(tokens, at + 1) ? at + 2 : at + 1 };
}

/** "halb drei", "viertel nach zehn", "viertel drei", "drei viertel elf", "fünf vor halb drei", "zehn nach drei". */
function relativeAt(tokens: readonly Token[], at: number): ClockFound | null {
  const word = wordAt(tokens, at);
  if (word === "halb") return shifted(hourAt(tokens, at + 1), -30);
  const threeQuarters = word === "dreiviertel";
  if (threeQuarters || (numberAt(tokens, at) === 3 && wordAt(tokens, at + 1) === "viertel")) {
    return shifted(hourAt(tokens, at + (threeQuarters ? 1 : 2)), -15);
  }
  if (word === "viertel") {
    const direction = wordAt(tokens, at + 1);
    if (direction === "nach") return shifted(hourAt(tokens, at + 2), 15);
    if (direction === "vor") return shifted(hourAt(tokens, at + 2), -15);
    return shifted(hourAt(tokens, at + 1), -45);
  }
  const minutes = numberAt(tokens, at);
  const direction = at + (/^minuten?$/.test(wordAt(tokens, at + 1)) ? 2 : 1);
  const sign = { nach: 1, vor: -1 }[wordAt(tokens, direction)];
  if (minutes === null || sign === undefined || minutes < 1 || minutes > 29) return null;
  const half = wordAt(tokens, direction + 1) === "halb";
  return shifted(hourAt(tokens, direction + (half ? 2 : 1)), (half ? -30 : 0) + sign * minutes);
}

function shifted(hour: Found<number> | null, minutes: number): ClockFound | null {
  return hour && { value: relative(hour.value, minutes), next: hour.next };
}

/** "vierzehn Uhr dreißig", "14:30", "14.30 Uhr". */
function writtenAt(tokens: readonly Token[], at: number): ClockFound | null {
  const token = tokens[at];
  if (token?.kind === "clock") {
    return {
      value: clock(token.hour, token.minute, token.padded),
      next: isUhr(tokens, at + 1) ? at + 2 : at + 1,
    };
  }
  if (token?.kind === "dotted" && isUhr(tokens, at + 1)) {
    return { value: clock(token.first, token.second, token.padded), next: at + 2 };
  }
  if (wordAt(tokens, at) === "mitternacht")
    return { value: { minute: 1440, twelveHour: false }, next: at + 1 };
  if (!isUhr(tokens, at + 1)) return null;
  const hour =
    numberAt(tokens, at, token?.kind === "number") ?? (token?.kind === "ordinal" ? token.value : null);
  if (hour === null) return null;
  const padded = token?.kind === "number" && /^0\d/.test(token.word);
  const minuteAt = at + 2 + (wordAt(tokens, at + 2) === "und" ? 1 : 0);
  const minute = numberAt(tokens, minuteAt);
  const counted = /^minuten?$/.test(wordAt(tokens, minuteAt + 1));
  const ofNextHour = isUhr(tokens, minuteAt + 1) || /^(nach|vor)$/.test(wordAt(tokens, minuteAt + 1));
  if (minute === null || minute > 99 || ofNextHour || (!counted && isUnit(tokens, minuteAt + 1))) {
    return { value: clock(hour, 0, padded), next: at + 2 };
  }
  return { value: clock(hour, minute, padded), next: minuteAt + (counted ? 2 : 1) };
}

/** An hour without "Uhr", where a preposition says that it is one. */
function bareAt(tokens: readonly Token[], at: number, preposition: string): ClockFound | null {
  const token = tokens[at];
  const dayMayFollow = /^(ab|bis|vor|nach|von)$/.test(preposition);
  if (token?.kind === "dotted") {
    if (dayMayFollow && token.second >= 1 && token.second <= 12) return null;
    return { value: clock(token.first, token.second, token.padded), next: at + 1 };
  }
  if (token?.kind === "ordinal" && /^\d/.test(token.word) && preposition === "um") {
    return { value: clock(token.value, 0), next: at + 1 };
  }
  const hour = numberAt(tokens, at) ?? colloquialHour(tokens, at, preposition);
  if (hour === null || isUnit(tokens, at + 1) || /^(kw|kalenderwoche)$/.test(wordAt(tokens, at + 1)))
    return null;
  if (hour >= 100 && hour < 2400 && token?.kind === "number" && token.digits && preposition === "um") {
    return { value: clock(Math.floor(hour / 100), hour % 100), next: at + 1 };
  }
  if (hour > 24) return preposition === "um" && hour < 100 ? { value: INVALID, next: at + 1 } : null;
  const minute = numberAt(tokens, at + 1);
  if (minute !== null && minute >= 10 && minute < 60 && minute % 5 === 0 && !isUnit(tokens, at + 2)) {
    if (!isUhr(tokens, at + 2)) return { value: clock(hour, minute), next: at + 2 };
  }
  return { value: clock(hour, 0), next: at + 1 };
}

function clockAt(tokens: readonly Token[], at: number, preposition: string | null): ClockFound | null {
  return (
    relativeAt(tokens, at) ??
    writtenAt(tokens, at) ??
    (preposition === null ? null : bareAt(tokens, at, preposition))
  );
}

function skipFillers(tokens: readonly Token[], at: number): number {
  let next = at;
  while (FILLERS.has(wordAt(tokens, next))) next += 1;
  return next;
}

interface Lead {
  mode: ClockMode | "span";
  preposition: string;
  next: number;
}

/** The words before a time that say how it is meant. */
function leadAt(tokens: readonly Token[], at: number): Lead | null {
  const [first, second, third] = [0, 1, 2].map((step) => wordAt(tokens, at + step));
  const lead = (mode: Lead["mode"], preposition: string, length: number): Lead => ({
    mode,
    preposition,
    next: at + length,
  });
  if (first === "kurz" && second === "vor") return lead("shortly_before", "vor", 2);
  if (first === "kurz" && second === "nach") return lead("shortly_after", "nach", 2);
  if (first === "nicht" || first === "nie") {
    if (second === "vor") return lead("from", "vor", 2);
    if (second === "nach") return lead("until", "nach", 2);
    if (/^(frueher|eher)$/.test(second ?? "") && third === "als") return lead("from", "um", 3);
    if (second === "spaeter" && third === "als") return lead("until", "um", 3);
    return null;
  }
  if (first === "fruehestens" || (first === "erst" && second === "ab")) {
    return lead("from", "ab", second === "ab" ? 2 : 1);
  }
  if (
    first === "spaetestens" ||
    (first === "bis" && /^(spaetestens|maximal|hoechstens)$/.test(second ?? ""))
  ) {
    return lead("until", "bis", first === "bis" || second === "bis" ? 2 : 1);
  }
  if (first === "zwischen") return lead("span", "zwischen", 1);
  if (first === "von") return lead("span", "von", 1);
  if (first === "ab" || first === "nach") return lead("from", first, 1);
  if (first === "bis") return lead("until", first, 1);
  if (first === "vor") return lead("before", first, 1);
  const about = ABOUT.has(first ?? "") ? 1 : first === "so" && ABOUT.has(second ?? "") ? 2 : 0;
  if (about > 0) return lead("about", "gegen", wordAt(tokens, at + about) === "die" ? about + 1 : about);
  // "so um die elf", "um die elf", "so elf"; "so um elf" is what people say who mean eleven.
  const article = first === "so" ? 2 : 1;
  const around = article === 1 || second === "um";
  if (/^(um|so)$/.test(first ?? "") && around && wordAt(tokens, at + article) === "die")
    return lead("about", "gegen", article + 1);
  if (first === "so" && !FILLERS.has(second ?? "")) return lead("about", "so", 1);
  if (/^(um|punkt|schlag)$/.test(first ?? "")) return lead("at", "um", 1);
  return null;
}

/** A time with all that belongs to it: "so gegen halb vier", "zwischen zwei und vier", "14 bis 16 Uhr". */
export function timeAt(tokens: readonly Token[], at: number): Found<TimePart> | null {
  const lead = leadAt(tokens, at);
  const start = lead ? skipFillers(tokens, lead.next) : at;
  const first = clockAt(tokens, start, lead?.preposition ?? null) ?? openRangeAt(tokens, start);
  if (!first) return null;
  const spanned = spanEnd(tokens, first.next, lead);
  if (spanned) {
    if (first.value === INVALID || spanned.value === INVALID)
      return { value: { kind: "invalid" }, next: spanned.next };
    return { value: { kind: "span", from: first.value, to: spanned.value }, next: spanned.next };
  }
  // "von drei" without an end: only "von drei an" says anything.
  if (lead?.mode === "span") {
    if (!/^(an|ab)$/.test(wordAt(tokens, first.next))) return null;
    return modal(first.value, "from", first.next + 1);
  }
  const trailing = wordAt(tokens, first.next);
  const roughly = ROUGHLY_AFTER.has(trailing);
  const mode = lead?.mode ?? "at";
  return modal(first.value, roughly && mode === "at" ? "about" : mode, roughly ? first.next + 1 : first.next);
}

function modal(value: Clock | typeof INVALID, mode: ClockMode, next: number): Found<TimePart> {
  return { value: value === INVALID ? { kind: "invalid" } : { kind: "clock", clock: value, mode }, next };
}

/** "zehn bis zwölf Uhr", "10-12 Uhr": the hour gets its "Uhr" only at the end. */
function openRangeAt(tokens: readonly Token[], at: number): ClockFound | null {
  const first = bareAt(tokens, at, "um");
  if (!first || first.value === INVALID || !isConnector(tokens, first.next, false)) return null;
  const end = clockAt(tokens, skipFillers(tokens, first.next + 1), "um");
  return end && isUhr(tokens, end.next - 1) ? first : null;
}

function isConnector(tokens: readonly Token[], at: number, and: boolean): boolean {
  const token = tokens[at];
  if (token?.kind === "punctuation") return token.text === "-";
  return wordAt(tokens, at) === "bis" || (and && wordAt(tokens, at) === "und");
}

function spanEnd(tokens: readonly Token[], at: number, lead: Lead | null): ClockFound | null {
  if (lead && !/^(at|from|span|about)$/.test(lead.mode)) return null;
  if (!isConnector(tokens, at, lead?.mode === "span" && lead.preposition === "zwischen")) return null;
  return clockAt(tokens, skipFillers(tokens, at + 1), "bis");
}

/** "in zwei Stunden", "in einer halben Stunde", "in 30 Minuten". */
export function inMinutesAt(tokens: readonly Token[], at: number): Found<TimePart> | null {
  if (wordAt(tokens, at) !== "in") return null;
  const found = (minutes: number, next: number): Found<TimePart> => ({
    value: { kind: "in_minutes", minutes },
    next,
  });
  const [second, third] = [wordAt(tokens, at + 2), wordAt(tokens, at + 3)];
  if (/^(anderthalb|eineinhalb)$/.test(wordAt(tokens, at + 1)) && second === "stunden")
    return found(90, at + 3);
  const many = numberAt(tokens, at + 1, true);
  if (many === null) return null;
  if (/^halben?$/.test(second) && third === "stunde") return found(30, at + 4);
  if (/^(dreiviertelstunde|viertelstunde)$/.test(second))
    return found(second.startsWith("drei") ? 45 : 15, at + 3);
  if (/^stunden?$/.test(second)) return found(many * 60, at + 3);
  if (/^minuten?$/.test(second)) return found(many, at + 3);
  return null;
}

/** "Vormittag", "am frühen Nachmittag", "spät am Nachmittag", "ab Mittag", "nach der Arbeit", "vor Mittag". */
export function partAt(tokens: readonly Token[], at: number): Found<TimePart> | null {
  const lead = wordAt(tokens, at);
  const bound = { ab: "from", bis: "until", vor: "before", vorm: "before", nach: "after" }[lead];
  let next = bound ? at + 1 : at;
  while (/^(dem|der|den|zum|zur|am|in)$/.test(wordAt(tokens, next))) next += 1;
  // Only the word itself is taken here: what stands before it may be an article of something else.
  if (bound === undefined && next !== at) return null;
  const found = namedPartAt(tokens, next);
  const word = wordAt(tokens, found ? found.next - 1 : next);
  const named = (part: NamedPart, its: "from" | "until" | "before" | null, end: number) => ({
    value: { kind: "part" as const, part, bound: its, morgen: false },
    next: end,
  });
  const afterwards = bound === "after" || word === "feierabend" ? AFTERWARDS[word] : undefined;
  if (afterwards) return { value: afterwards, next: next + 1 };
  if (bound === "before" && word === "arbeit") return named("morgens", null, next + 1);
  if (!found || bound === "after") return null;
  return named(found.value, (bound as "from" | "until" | "before" | undefined) ?? null, found.next);
}

/** The part itself, with the "früh" or "spät" before it that leaves less of it. */
function namedPartAt(tokens: readonly Token[], at: number): Found<NamedPart> | null {
  const modifier = /^(frueh|spaet)(e[nrms]?)?$/.exec(wordAt(tokens, at))?.[1];
  if (modifier === "frueh" || modifier === "spaet") {
    let noun = at + 1;
    while (/^(am|den|dem)$/.test(wordAt(tokens, noun))) noun += 1;
    const part = wordAt(tokens, noun) === "morgen" ? "morgens" : PARTS.get(wordAt(tokens, noun));
    // "früh morgens" is said of all of the morning.
    if (part === "morgens" && modifier === wordAt(tokens, at)) return { value: part, next: noun + 1 };
    if (part) return { value: NARROWED[modifier][part] ?? part, next: noun + 1 };
  }
  const part = PARTS.get(wordAt(tokens, at));
  return part ? { value: part, next: at + 1 } : null;
}
