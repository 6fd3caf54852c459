import type { Choice, DayPhrase } from "./choose.js";
import type { LocalDate } from "./local-time.js";
import type { TimePart } from "./phrase.js";
import { type Ambiguity, inWindow, type PartOfDay, type WhenContext } from "./reading.js";
import {
  contradict,
  fitsPart,
  onDay,
  readingIn,
  type TimeOnDay,
  type TimeWish,
  timeWishes,
} from "./resolve-time.js";
import type { Unread } from "./unread.js";
import { PART_WINDOWS } from "./vocabulary.js";

/** The tool's arguments, checked for themselves. */
export interface Arguments {
  /** Its year is past and was never said: the model has no clock (post-mortem 11.57). */
  date: { value: LocalDate; yearPast: boolean } | null;
  /** Words of a day in `date` that name no single one ("nächste Woche"). */
  days: readonly DayPhrase[];
  minute: number | null;
  /** `minute` was a bare hour, "4 Uhr". */
  eitherHalf: boolean;
  /** Words in `time`, "halb drei", "nachmittags". */
  times: readonly TimePart[];
  part: PartOfDay | null;
}

/** All that a reading depends on. */
export interface Scene {
  context: WhenContext;
  today: LocalDate;
  minute: number;
  args: Arguments;
  unread: Unread;
}

/** A time as it may be on a day; `null` stands for no time at all. */
export interface TimeReading {
  on: (date: LocalDate) => TimeOnDay | null;
  why: Ambiguity;
  /** A bare hour, so that the evening may be meant when the morning is over. */
  eitherHalf: boolean;
  /** In the caller's words, not only in the arguments. */
  said: boolean;
}

/** One or two, the words first; `null` when they contradict themselves. */
export function readTimes(choice: Choice, scene: Scene): TimeReading[] | null {
  const { args, context } = scene;
  const openOn = (date: LocalDate) => (minute: number) => isOpen(date, minute, context);
  const wishes = timeWishes(choice.times);
  if (wishes === null) return null;
  const argument = (): TimeOnDay | null => {
    if (args.minute !== null) return { kind: "exact", minute: args.minute };
    return args.part ? onDay({ kind: "part", part: args.part }, () => false) : null;
  };
  if (wishes.length === 0) return [{ on: argument, why: "alternatives", eitherHalf: false, said: false }];
  const [first, second] = wishes.map((wish) => withArgumentPart(wish, args.part));
  if (!first) return [];
  const words = (wish: TimeWish): TimeReading => ({
    on: (date) => preferArgument(wish, onDay(wish, openOn(date)), scene, openOn(date)),
    why: "alternatives",
    eitherHalf: eitherHalf(wish) && args.minute === null,
    said: true,
  });
  if (second) return [words(first), words(second)];
  const beside: TimeReading = {
    on: (date) => {
      const read = words(first).on(date);
      return read && argumentBeside(first, read, scene);
    },
    why: "time",
    eitherHalf: false,
    said: false,
  };
  return [words(first), beside];
}

export function isOpen(date: LocalDate, minute: number, context: WhenContext): boolean {
  return minute >= 0 && minute < 1440 && context.openAt(date, minute);
}

/** `part_of_day` says which "acht" is meant where the words do not. */
function withArgumentPart(wish: TimeWish, part: PartOfDay | null): TimeWish {
  if (wish.kind === "part" || wish.kind === "limits" || part === null || wish.hint !== null) return wish;
  const clock = wish.kind === "span" ? wish.from : wish.clock;
  const minute = readingIn(clock, part);
  if (minute === null) return wish;
  const resolved = { minute, twelveHour: false };
  return wish.kind === "span" ? { ...wish, from: resolved } : { ...wish, clock: resolved };
}

/** Whether what was said can lie in the part of the day that the model gives: "um elf" is no afternoon. */
function agrees(wish: TimeWish, read: TimeOnDay, part: PartOfDay): boolean {
  if (wish.kind === "part") return !contradict(wish.part, part);
  if (read.kind === "exact") return fitsPart(read.minute, part);
  if (read.preferred !== null) return fitsPart(read.preferred, part);
  const { from, to } = PART_WINDOWS[part];
  return read.window.from < to + 60 && read.window.to > from - 60;
}

/** What the arguments say on that day, or what the words say where the two agree. */
function argumentBeside(wish: TimeWish, read: TimeOnDay, { args }: Scene): TimeOnDay {
  const { minute, part } = args;
  if (minute === null) {
    return part && !agrees(wish, read, part) ? onDay({ kind: "part", part }, () => false) : read;
  }
  const exact: TimeOnDay = { kind: "exact", minute };
  if (read.kind === "window") {
    // "kurz vor drei" with 15:00: the model gives the hour that was named.
    const named = wish.kind === "around" && minute % 720 === wish.clock.minute % 720;
    return named || inWindow(read.window, minute) ? read : exact;
  }
  return args.eitherHalf && minute % 720 === read.minute % 720 ? read : exact;
}

/** A bare hour of which nothing says which half of the day it is in. */
function eitherHalf(wish: TimeWish): boolean {
  return wish.kind === "exact" && wish.clock.twelveHour && wish.hint === null;
}

/** The words, with what the arguments add to them: a minute inside their window, the half of a night hour. */
function preferArgument(
  wish: TimeWish,
  read: TimeOnDay,
  { args }: Scene,
  open: (minute: number) => boolean,
): TimeOnDay {
  const { minute } = args;
  if (minute === null) return read;
  if (read.kind === "window") {
    return inWindow(read.window, minute) ? { ...read, preferred: read.preferred ?? minute } : read;
  }
  // Outside of the opening hours both halves are as good: then the model has heard more than the one word.
  const undecided =
    eitherHalf(wish) && minute % 720 === read.minute % 720 && !open(minute) && !open(read.minute);
  return undecided ? { kind: "exact", minute } : read;
}
