import { type Choice, choose } from "./choose.js";
import type { DayResult } from "./day-result.js";
import { instantAt, type LocalDate, later, localNow, plusDays } from "./local-time.js";
import { present, readArguments } from "./read-arguments.js";
import type { Ambiguity, StartWindow, WhenContext, WhenInput, WhenReading, Wish } from "./reading.js";
import { resolveDays } from "./resolve-day.js";
import type { TimeOnDay } from "./resolve-time.js";
import { scan } from "./scan.js";
import { type Arguments, isOpen, readTimes, type Scene, type TimeReading } from "./time-readings.js";

/** One reading on the way to the answer. */
type Outcome =
  | Wish
  | { kind: "in_past"; date: LocalDate | null }
  | { kind: "invalid"; field: "when_text" | "time"; what: "time" };

/**
 * What a caller wishes, from his words and from the arguments that the language model made of them (contract,
 * section 5, "How words are read"). The words decide; arguments fill what they leave open, and where the two
 * contradict each other both readings are given.
 */
export function readWhen(input: WhenInput, context: WhenContext): WhenReading {
  const args = readArguments(input, context);
  if ("kind" in args) return args;
  const now = localNow(context.now, context.zone);
  const { phrases, unread } = scan(present(input.whenText) ?? "");
  const scene: Scene = { context, today: now.today, minute: now.minute, args, unread };
  const choices = choose(phrases);
  const [first = { days: [], times: [], soonest: null }, second] = choices;
  const reading = readChoice(first, scene);
  if (!second || reading.kind === "invalid" || reading.kind === "ambiguous") return reading;
  const other = readChoice(second, scene);
  if (other.kind === "invalid") return other;
  if (other.kind === "ambiguous")
    return reading.kind === "wish" ? pair(reading.wish, other.readings[0], "alternatives") : other;
  if (reading.kind !== "wish") return other.kind === "wish" ? other : reading;
  return other.kind === "wish" ? pair(reading.wish, other.wish, "alternatives") : reading;
}

const ROUND_MS = 5 * 60_000;

function pair(first: Wish, second: Wish, why: Ambiguity): WhenReading {
  return JSON.stringify(first) === JSON.stringify(second)
    ? { kind: "wish", wish: first }
    : { kind: "ambiguous", why, readings: [first, second] };
}

const NO_SUCH_TIME: WhenReading = { kind: "invalid", field: "when_text", what: "time" };

/** What the words leave open, in the words of the arguments where these are no plain date and time. */
function completed(choice: Choice, { days, times }: Arguments): Choice {
  return {
    ...choice,
    days: choice.days.length > 0 || choice.soonest ? choice.days : [...days],
    times: choice.times.length > 0 ? choice.times : [...times],
  };
}

function readChoice(said: Choice, given: Scene): WhenReading {
  const choice = completed(said, given.args);
  // Its own words are not compared with it.
  const own = said.times.length === 0 && given.args.times.length > 0;
  const scene = own ? { ...given, args: { ...given.args, minute: null } } : given;
  if (choice.times.some((time) => time.kind === "invalid")) return NO_SUCH_TIME;
  const soon = choice.times.find((time) => time.kind === "in_minutes");
  if (soon) return fromNow(soon.minutes, scene);
  const times = readTimes(choice, scene);
  const tomorrow = choice.times.find((time) => time.kind === "part" && time.morgen);
  if (times === null && tomorrow) return readChoice(asTomorrow(choice), scene);
  if (times === null) return NO_SUCH_TIME;
  const { today } = scene;
  const day = resolveDays(choice.days, {
    today,
    aheadToday: () => times.some((time) => isAhead(time, today, scene)),
  });
  return withDay(choice, isCertain(choice, day, scene) ? day : { kind: "none" }, times, scene);
}

/** "Dienstag nach meinem Urlaub", "Freitag, eine Woche später": not the next one, and which one only the caller knows. */
function isCertain({ days }: Choice, day: DayResult, { unread }: Scene): boolean {
  const certain = unread !== "relation" || day.kind !== "days" || day.absolute;
  return certain || days.some(({ day: part }) => part.kind !== "weekday");
}

/** "Dienstag morgen um fünfzehn Uhr": no morning, so the comma was lost. */
function asTomorrow(choice: Choice): Choice {
  return {
    ...choice,
    days: [...choice.days, { day: { kind: "offset", days: 1 }, bound: null }],
    times: choice.times.filter((time) => time.kind !== "part" || !time.morgen),
  };
}

/**
 * "in einer Stunde": nobody counts the minutes, so half an hour on both sides of the next full five minutes. Rounded
 * down it would be less than an hour, and less than the notice of an hour.
 */
function fromNow(minutes: number, { context }: Scene): WhenReading {
  const at = new Date(Math.ceil(context.now.getTime() / ROUND_MS) * ROUND_MS + minutes * 60_000);
  const local = localNow(at, context.zone);
  const window = {
    from: Math.max(0, local.minute - 30),
    to: Math.min(1440, local.minute + 30),
    toInclusive: true,
  };
  return {
    kind: "wish",
    wish: {
      kind: "window",
      date: local.today,
      window,
      preferredMinute: local.minute,
      partOfDay: null,
      assumedDay: false,
    },
  };
}

function withDay(choice: Choice, day: DayResult, times: TimeReading[], scene: Scene): WhenReading {
  const { args, today, context } = scene;
  switch (day.kind) {
    case "invalid":
      return { kind: "invalid", field: "when_text", what: "day" };
    case "in_past":
      return { kind: "in_past", date: day.date };
    case "vague":
      return choice.soonest && day.first && day.last
        ? soonest(later(day.first, today), day.last, times, scene)
        : { kind: "needs_date" };
    case "range":
      return soonest(day.from, day.until, times, scene);
    case "days":
      return onDays(day, times, scene);
    case "none":
      break;
  }
  const { unread } = scene;
  if (choice.soonest && unread !== "relation" && !(choice.soonest.any && args.date))
    return soonest(today, null, times, scene);
  if (args.date) {
    const date = rebased(args.date, today);
    if (date === null) return { kind: "invalid", field: "date", what: "day" };
    if (date < today) return { kind: "in_past", date };
    return settle([date], "date", times, false, scene);
  }
  // What speaks of a day and was not read is not today: "am Tag danach um elf".
  if (unread !== null || times.every((time) => time.on(today) === null)) return { kind: "needs_date" };
  return finish(
    times.map((time) => {
      const date = isAhead(time, today, scene) ? today : plusDays(today, 1);
      return { outcome: toWish(date, time.on(date), true, time.said, context), why: time.why };
    }),
  );
}

/** A past year beside words without one is ignored: the next such date, or the one that has just been. */
function rebased(
  { value, yearPast }: { value: LocalDate; yearPast: boolean },
  today: LocalDate,
): LocalDate | null {
  if (!yearPast) return value;
  const [, month = 1, day = 1] = value.split("-").map(Number);
  const result = resolveDays([{ day: { kind: "day_of_month", day, month }, bound: null }], {
    today,
    aheadToday: () => true,
  });
  if (result.kind === "days") return result.dates[0];
  return result.kind === "in_past" ? result.date : null;
}

function onDays(day: Extract<DayResult, { kind: "days" }>, times: TimeReading[], scene: Scene): WhenReading {
  const { args, today } = scene;
  const [first, second] = day.dates;
  if (second !== undefined || !args.date) return settle(day.dates, day.why, times, false, scene);
  // A date that the model reckoned without a calendar says nothing against "morgen" or "Dienstag".
  if (args.date.yearPast && !day.absolute) return settle([first], day.why, times, false, scene);
  const argument = rebased(args.date, today);
  const said = argument === null || argument < today ? first : argument;
  return said === first
    ? settle([first], day.why, times, false, scene)
    : settle([first, said], "date", times, false, scene);
}

/** All combinations of the days and the times that remain; two at most can be asked about. */
function settle(
  dates: readonly LocalDate[],
  why: Ambiguity,
  times: readonly TimeReading[],
  assumedDay: boolean,
  scene: Scene,
): WhenReading {
  const { context, today } = scene;
  return finish(
    times.flatMap((time) =>
      dates.map((date) => ({
        outcome: toWish(
          date,
          date === today ? stillToday(time, scene) : time.on(date),
          assumedDay,
          time.said,
          context,
        ),
        why: dates.length > 1 ? why : time.why,
      })),
    ),
  );
}

/** Today "um acht" said at three is the evening, where the branch is open then. */
function stillToday(time: TimeReading, { context, today, minute }: Scene): TimeOnDay | null {
  const read = time.on(today);
  if (read?.kind !== "exact" || read.minute > minute || read.minute >= 720) return read;
  const evening = read.minute + 720;
  return time.eitherHalf && evening > minute && isOpen(today, evening, context)
    ? { kind: "exact", minute: evening }
    : read;
}

function finish(outcomes: { outcome: Outcome; why: Ambiguity }[]): WhenReading {
  const wishes = outcomes.filter((entry): entry is { outcome: Wish; why: Ambiguity } =>
    isWish(entry.outcome),
  );
  const [first, ...others] = wishes;
  if (!first) {
    const [failed] = outcomes;
    if (!failed || isWish(failed.outcome)) return { kind: "needs_date" };
    return failed.outcome;
  }
  const other = others.find(({ outcome }) => JSON.stringify(outcome) !== JSON.stringify(first.outcome));
  return other ? pair(first.outcome, other.outcome, other.why) : { kind: "wish", wish: first.outcome };
}

function isWish(outcome: Outcome): outcome is Wish {
  return outcome.kind !== "in_past" && outcome.kind !== "invalid";
}

/** Whether such a time can still begin on that day; without a time: whether the branch is still open. */
function isAhead(time: TimeReading, date: LocalDate, { context, today, minute }: Scene): boolean {
  if (date !== today) return date > today;
  const read = time.on(date);
  if (read === null) {
    const opens = (from: number) =>
      Array.from({ length: 288 }, (_, step) => step * 5).some(
        (at) => at >= from && isOpen(date, at, context),
      );
    return opens(minute + 1) || !opens(0);
  }
  return read.kind === "exact" ? read.minute > minute : read.window.to > minute;
}

function toWish(
  date: LocalDate,
  time: TimeOnDay | null,
  assumedDay: boolean,
  said: boolean,
  context: WhenContext,
): Outcome {
  const now = localNow(context.now, context.zone);
  if (date < now.today) return { kind: "in_past", date };
  if (time === null) return { kind: "day", date };
  if (time.kind === "exact") {
    const [day, minute] = time.minute >= 1440 ? [plusDays(date, 1), time.minute - 1440] : [date, time.minute];
    const start = instantAt(day, minute, context.zone);
    if (start === null) return { kind: "invalid", field: said ? "when_text" : "time", what: "time" };
    return start <= context.now
      ? { kind: "in_past", date: day }
      : { kind: "moment", date: day, minute, start, assumedDay };
  }
  if (date === now.today && time.window.to <= now.minute) return { kind: "in_past", date };
  return {
    kind: "window",
    date,
    window: time.window,
    preferredMinute: time.preferred,
    partOfDay: time.part,
    assumedDay,
  };
}

function soonest(
  from: LocalDate,
  until: LocalDate | null,
  times: readonly TimeReading[],
  scene: Scene,
): WhenReading {
  const { context, today } = scene;
  if (until !== null && until < today) return { kind: "in_past", date: until };
  const [time] = times;
  const read = time?.on(from) ?? null;
  const notBefore = from > today ? instantAt(from, 0, context.zone) : context.now;
  return {
    kind: "wish",
    wish: {
      kind: "soonest",
      notBefore: notBefore ?? context.now,
      fromDate: from,
      untilDate: until,
      window: windowOf(read),
      partOfDay: read?.kind === "window" ? read.part : null,
    },
  };
}

function windowOf(time: TimeOnDay | null): StartWindow | null {
  if (time === null) return null;
  return time.kind === "window" ? time.window : { from: time.minute, to: time.minute, toInclusive: true };
}
