import { choose } from "./choose.js";
import { localDate, localNow, yearOf } from "./local-time.js";
import type { DayPart, TimePart } from "./phrase.js";
import type { WhenContext, WhenInput, WhenReading } from "./reading.js";
import { resolveDays } from "./resolve-day.js";
import { minuteOf } from "./resolve-time.js";
import { scan } from "./scan.js";
import type { Arguments } from "./time-readings.js";

type Invalid = Extract<WhenReading, { kind: "invalid" }>;

const NO_DATE: Invalid = { kind: "invalid", field: "date", what: "day" };
const NO_TIME: Invalid = { kind: "invalid", field: "time", what: "time" };

/** `null` for what models write in place of nothing. */
export function present(text: string | null): string | null {
  const trimmed = text?.trim() ?? "";
  return /^(null|undefined|none|n\/a)?$/i.test(trimmed) ? null : trimmed;
}

/**
 * The tool's arguments for themselves. Agents write "morgen", "1.12." and "9 Uhr" where a date and a time belong
 * (salon-gateway 11.58): what our grammar can read is read, only nonsense is refused.
 */
export function readArguments(input: WhenInput, context: WhenContext): Arguments | Invalid {
  const date = readDate(present(input.date), context);
  if ("kind" in date) return date;
  const time = readTime(present(input.time));
  if ("kind" in time) return time;
  return { ...date, ...time, part: input.partOfDay };
}

function readDate(text: string | null, context: WhenContext): Pick<Arguments, "date" | "days"> | Invalid {
  if (text === null) return { date: null, days: [] };
  const { today } = localNow(context.now, context.zone);
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$/.exec(text);
  if (iso) {
    const value = localDate(Number(iso[1]), Number(iso[2]), Number(iso[3]));
    return value ? { date: { value, yearPast: yearOf(value) < yearOf(today) }, days: [] } : NO_DATE;
  }
  const named = choose(scan(text).phrases).flatMap((choice) => choice.days);
  const isPastYear = (day: DayPart) => day.kind === "year" && day.year < yearOf(today);
  const days = named.filter(({ day }) => !isPastYear(day));
  if (days.length === 0) return NO_DATE;
  const yearPast = days.length < named.length;
  const result = resolveDays(days, { today, aheadToday: () => true });
  if (result.kind === "invalid") return NO_DATE;
  if (result.kind === "days" && result.dates.length === 1)
    return { date: { value: result.dates[0], yearPast }, days: [] };
  if (result.kind === "in_past" && result.date !== null)
    return { date: { value: result.date, yearPast }, days: [] };
  return { date: null, days };
}

type TimeArgument = Pick<Arguments, "minute" | "eitherHalf" | "times">;

function readTime(text: string | null): TimeArgument | Invalid {
  if (text === null) return { minute: null, eitherHalf: false, times: [] };
  const clock = /^(\d{1,2}):(\d{2})(?::\d{2})?$/.exec(text);
  if (clock) return exactly(Number(clock[1]), Number(clock[2]));
  const half = /^(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m\.?$/i.exec(text);
  if (half) {
    const hour = Number(half[1]);
    if (hour < 1 || hour > 12) return NO_TIME;
    return exactly((hour % 12) + (half[3]?.toLowerCase() === "p" ? 12 : 0), Number(half[2] ?? 0));
  }
  const dotted = /^(\d{1,2})\.(\d{2})$/.exec(text);
  const times = choose(scan(dotted ? `${text} Uhr` : text).phrases).flatMap((choice) => choice.times);
  if (times.length === 0 || times.some((time) => time.kind === "invalid")) return NO_TIME;
  return { ...minuteNamed(times), times };
}

function exactly(hour: number, minutes: number): TimeArgument | Invalid {
  if (hour > 23 || minutes > 59) return NO_TIME;
  return { minute: hour * 60 + minutes, eitherHalf: false, times: [] };
}

/** What the words of the argument are compared with; a part of the day or a range is only what words may leave open. */
function minuteNamed(times: readonly TimePart[]): Omit<TimeArgument, "times"> {
  const [first, ...others] = times.filter((time) => time.kind === "clock");
  if (!first || others.length > 0 || first.mode !== "at" || first.clock.minute >= 1440)
    return { minute: null, eitherHalf: false };
  const hint = times.find((time) => time.kind === "part")?.part ?? null;
  return {
    minute: minuteOf(first.clock, hint, () => false) % 1440,
    eitherHalf: first.clock.twelveHour && hint === null,
  };
}
