import type { PartOfDay } from "./reading.js";
import type { Token } from "./tokens.js";

/** "gestern", "vor zwei Wochen", "letzten Dienstag" are `past`: told, not wished for. */
export type DayPart =
  | { kind: "offset"; days: number }
  | { kind: "shift"; days: number; months: number; weeks: boolean }
  | { kind: "weekday"; weekday: number; which: "plain" | "this" | "coming" | "next" | "next_but_one" }
  | { kind: "nth_weekday"; nth: number; weekday: number }
  | { kind: "week"; weeks: number }
  | { kind: "calendar_week"; week: number }
  | { kind: "weekend" }
  | { kind: "day_of_month"; day: number; month: number | null }
  | { kind: "month"; month: number }
  | { kind: "month_offset"; months: number }
  | { kind: "year"; year: number }
  | { kind: "year_offset"; years: number }
  | { kind: "holiday"; name: string; shift: number }
  /** "zwei Tage vor dem 15. Dezember", "eine Woche nach Montag". */
  | { kind: "beside"; base: DayPart; days: number }
  /** "in der Woche vor Weihnachten". */
  | { kind: "week_beside"; base: DayPart; side: -1 | 1 }
  /** "im neuen Jahr". */
  | { kind: "new_year" }
  /** "Anfang", "Mitte", "unter der Woche": narrows, but names no day. */
  | { kind: "vague" }
  | { kind: "past" };

/** `after` and `before` leave the day itself out. `origin` is "vom Dienstag (auf Mittwoch)": what is to be left. */
export type Bound = "from" | "after" | "until" | "before" | "origin";

/** `twelveHour`: said with an hour from one to twelve, so that it may also be twelve hours later; then below 720. */
export interface Clock {
  minute: number;
  twelveHour: boolean;
}

export type ClockMode = "at" | "about" | "from" | "until" | "before" | "shortly_before" | "shortly_after";

/** What people say and the contract has no value for. */
export type NamedPart = PartOfDay | "nacht" | NarrowPart;

export type NarrowPart = `${"früher" | "später"} ${"vormittag" | "nachmittag"}` | "früher abend";

export type TimePart =
  | { kind: "clock"; clock: Clock; mode: ClockMode }
  | { kind: "span"; from: Clock; to: Clock }
  /** `morgen`: the word may also be tomorrow ("Dienstag morgen"). */
  | { kind: "part"; part: NamedPart; bound: "from" | "until" | "before" | null; morgen: boolean }
  | { kind: "in_minutes"; minutes: number }
  | { kind: "invalid" };

export type Mark =
  /** "oder" */
  | "or"
  /** "nein", "lieber", "sondern": what comes replaces what was. */
  | "correction"
  /** "sonst", "notfalls": what comes counts only if nothing was before. */
  | "fallback"
  /** "statt", "außer", "nicht" right before what is not wished. */
  | "not"
  /** "… geht nicht", "… ist schlecht" after it. */
  | "negated"
  | "break"
  /** A break after which "da kann ich nicht" still speaks of what was before it. */
  | "referring_break";

export type Phrase =
  | { kind: "day"; day: DayPart; bound: Bound | null }
  | { kind: "time"; time: TimePart }
  /** `any`: "egal wann"; otherwise "so bald wie möglich". */
  | { kind: "soonest"; any: boolean }
  | { kind: "mark"; mark: Mark };

/** What a rule found: `next` is the first token behind it. */
export interface Found<T> {
  value: T;
  next: number;
}

/** The word at that place, "" for anything else. */
export function wordAt(tokens: readonly Token[], at: number): string {
  const token = tokens[at];
  return token?.kind === "word" ? token.text : "";
}

/** The numeral at that place, in digits or words; "ein" only where the caller says that it may be the article. */
export function numberAt(tokens: readonly Token[], at: number, article = false): number | null {
  const token = tokens[at];
  if (token?.kind === "number" && (article || token.word !== "ein")) return token.value;
  if (article && /^ein(e[nmrs]?)?$/.test(wordAt(tokens, at))) return 1;
  return null;
}

/** The first place from `at` on where none of these words stands. */
export function skipWords(tokens: readonly Token[], at: number, words: ReadonlySet<string>): number {
  let next = at;
  while (words.has(wordAt(tokens, next))) next += 1;
  return next;
}
