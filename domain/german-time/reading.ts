import { DateTime } from "luxon";

/** The values of the voice tools' argument `part_of_day` (contract, section 5). */
export const PARTS_OF_DAY = [
  "früh",
  "morgens",
  "vormittag",
  "mittag",
  "nachmittag",
  "abend",
  "spät",
] as const;
export type PartOfDay = (typeof PARTS_OF_DAY)[number];

/** Where an appointment may start on one local day, in local minutes; `from ≤ start < to`. */
export interface StartWindow {
  from: number;
  /** Up to 1440. */
  to: number;
  /** "bis" and "zwischen" include the end. */
  toInclusive: boolean;
}

/** One exact start. */
export interface MomentWish {
  kind: "moment";
  /** Local day, `YYYY-MM-DD`. */
  date: string;
  /** Local minute of that day. */
  minute: number;
  start: Date;
  /** Only a time was said; the answer must say which day was understood. */
  assumedDay: boolean;
}

/** A part or a range of one day. */
export interface WindowWish {
  kind: "window";
  date: string;
  window: StartWindow;
  /** The minute inside the window that the caller aims at: "gegen drei" is 900. */
  preferredMinute: number | null;
  /** The part of the day when it was named as one, for speaking. */
  partOfDay: PartOfDay | null;
  assumedDay: boolean;
}

/** A day, the time left open. */
export interface DayWish {
  kind: "day";
  date: string;
}

/** The first free start, not tied to a day: "so bald wie möglich", "egal wann", "ab Montag", "vor Weihnachten". */
export interface SoonestWish {
  kind: "soonest";
  /** Never before now. */
  notBefore: Date;
  /** First and last local day (inclusive); `null` is no limit but the horizon. */
  fromDate: string;
  untilDate: string | null;
  /** On each of these days. */
  window: StartWindow | null;
  partOfDay: PartOfDay | null;
}

export type Wish = MomentWish | WindowWish | DayWish | SoonestWish;

/** Why two readings remain. */
export type Ambiguity =
  /** "nächsten Freitag", one or two days before it. */
  | "next_weekday"
  /** The words and their own weekday: "Donnerstag, den vierten". */
  | "weekday"
  /** The words and the argument `date`. */
  | "date"
  /** The words and the arguments `time` or `part_of_day`. */
  | "time"
  /** The caller named two. */
  | "alternatives";

export type WhenReading =
  | { kind: "wish"; wish: Wish }
  | { kind: "ambiguous"; why: Ambiguity; readings: [Wish, Wish] }
  | { kind: "needs_date" }
  /** `date` is the local day that was understood, where one was. */
  | { kind: "in_past"; date: string | null }
  /** `what`: whether it is the day that does not exist, or the time. */
  | { kind: "invalid"; field: "date" | "time" | "when_text"; what: "day" | "time" };

/** What a voice tool is given; empty strings and the word "null" count as absent. */
export interface WhenInput {
  /** The caller's words. */
  whenText: string | null;
  /** `YYYY-MM-DD`, or a day in words. */
  date: string | null;
  /** `HH:MM`, or a time in words. */
  time: string | null;
  partOfDay: PartOfDay | null;
}

export interface WhenContext {
  now: Date;
  /** IANA zone of the branch. */
  zone: string;
  /** Whether the branch is open at that local minute; decides what "um vier" means. */
  openAt: (isoDate: string, minuteOfDay: number) => boolean;
}

/** Whether a start is what was wished for; a moment admits only itself. */
export function admits(wish: Wish, start: Date, zone: string): boolean {
  if (wish.kind === "moment") return start.getTime() === wish.start.getTime();
  const local = DateTime.fromJSDate(start, { zone });
  const date = local.toISODate() ?? "";
  const minute = local.hour * 60 + local.minute;
  switch (wish.kind) {
    case "day":
      return date === wish.date;
    case "window":
      return date === wish.date && inWindow(wish.window, minute);
    case "soonest":
      return (
        start >= wish.notBefore &&
        date >= wish.fromDate &&
        (wish.untilDate === null || date <= wish.untilDate) &&
        (wish.window === null || inWindow(wish.window, minute))
      );
  }
}

/** @param minute of the local day */
export function inWindow(window: StartWindow, minute: number): boolean {
  return minute >= window.from && (minute < window.to || (window.toInclusive && minute === window.to));
}
