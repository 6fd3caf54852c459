import { type DayResult, one, PAST, type Spec, two, VAGUE } from "./day-result.js";
import { holidayIn } from "./holidays.js";
import {
  daysBetween,
  earlier,
  type LocalDate,
  localDate,
  mondayOfWeek,
  monthOf,
  plusDays,
  plusMonths,
  weekdayOf,
  weekYearOf,
  yearOf,
} from "./local-time.js";
import type { DayPart } from "./phrase.js";

/** How long ago a date without a year is still the one that has just been, and not next year's (contract, section 5). */
const JUST_PAST_DAYS = 7;

/** Against a weekday that was said with it: both the date and the nearest such weekday may be meant. */
export function checked(result: DayResult, weekday: number | null, today: LocalDate): DayResult {
  if (result.kind !== "days" || result.dates.length === 2 || weekday === null) return result;
  const [date] = result.dates;
  if (weekdayOf(date) === weekday) return result;
  const ahead = (weekday - weekdayOf(date) + 7) % 7;
  const nearest = plusDays(date, ahead > 3 ? ahead - 7 : ahead);
  return two(date, nearest < today ? plusDays(nearest, 7) : nearest, "weekday", result.absolute);
}

/** A day that comes once a year. `turn` is where it would stand in a year that lacks it. */
type Yearly = (year: number) => { date: LocalDate | null; turn: LocalDate };

/**
 * Without a year: the next one from today on; one that has just been is in the past. A day that its next turn
 * lacks (29 February, week 53) does not exist: nobody means the one four years from now.
 */
function yearly(day: Yearly, year: number | null, today: LocalDate): DayResult {
  if (year !== null) {
    const { date } = day(year);
    if (date === null) return { kind: "invalid" };
    return date < today ? PAST(date) : one(date, true);
  }
  const thisYear = yearOf(today);
  for (const candidate of [thisYear - 1, thisYear]) {
    const { date } = day(candidate);
    if (date !== null && date < today && daysBetween(date, today) <= JUST_PAST_DAYS) return PAST(date);
  }
  for (const candidate of [thisYear, thisYear + 1, thisYear + 2]) {
    const { date, turn } = day(candidate);
    if (turn < today) continue;
    return date === null ? { kind: "invalid" } : one(date, true);
  }
  return { kind: "invalid" };
}

export function holidayDay(
  part: Extract<DayPart, { kind: "holiday" }>,
  year: number | null,
  today: LocalDate,
): DayResult {
  const at = (y: number) => holidayIn(part.name, y);
  const yearOfIt =
    year ?? [yearOf(today), yearOf(today) + 1].find((y) => (at(y)?.last ?? "") >= today) ?? yearOf(today);
  const feast = at(yearOfIt);
  if (!feast) return { kind: "invalid" };
  if (feast.season && part.shift === 0) {
    return feast.last < today ? PAST(feast.last) : { kind: "vague", first: feast.first, last: feast.last };
  }
  return yearly(
    (y) => {
      const days = at(y);
      const date = days && plusDays(part.shift < 0 ? days.first : days.last, part.shift);
      return { date, turn: date ?? "" };
    },
    year,
    today,
  );
}

export function nthWeekday(
  part: Extract<DayPart, { kind: "nth_weekday" }>,
  spec: Spec,
  year: number | null,
  today: LocalDate,
): DayResult {
  const offset = spec.get("month_offset");
  const inMonth = offset ? plusMonths(today, offset.months) : null;
  const month = inMonth ? monthOf(inMonth) : spec.get("month")?.month;
  if (month === undefined) return VAGUE;
  return yearly(
    (y) => {
      const first = localDate(y, month, 1) ?? "";
      const last = plusDays(plusMonths(first, 1), -1);
      const date =
        part.nth > 0
          ? plusDays(first, ((part.weekday - weekdayOf(first) + 7) % 7) + (part.nth - 1) * 7)
          : plusDays(last, -((weekdayOf(last) - part.weekday + 7) % 7));
      return { date: date <= last ? date : null, turn: earlier(date, last) };
    },
    inMonth ? yearOf(inMonth) : year,
    today,
  );
}

export function dayOfMonth(spec: Spec, year: number | null, today: LocalDate): DayResult {
  const part = spec.get("day_of_month");
  if (!part || part.day < 1 || part.day > 31) return { kind: "invalid" };
  const offset = spec.get("month_offset");
  const inMonth = offset ? plusMonths(today, offset.months) : null;
  const month = part.month ?? spec.get("month")?.month ?? (inMonth ? monthOf(inMonth) : null);
  const result =
    month === null
      ? nextDayOfMonth(part.day, today)
      : yearly(
          (y) => ({
            date: localDate(y, month, part.day),
            turn: `${y}-${String(month).padStart(2, "0")}-${String(part.day).padStart(2, "0")}`,
          }),
          inMonth && part.month === null ? yearOf(inMonth) : year,
          today,
        );
  const offsetDay = spec.get("offset");
  if (result.kind === "days" && offsetDay) {
    return two(result.dates[0], plusDays(today, offsetDay.days), "weekday", true);
  }
  return checked(result, spec.get("weekday")?.weekday ?? null, today);
}

/** "am fünfzehnten": this month's while it is not over, else the next month that has one. */
function nextDayOfMonth(day: number, today: LocalDate): DayResult {
  const first = localDate(yearOf(today), monthOf(today), 1) ?? today;
  for (let months = 0; months < 3; months += 1) {
    const month = plusMonths(first, months);
    const date = localDate(yearOf(month), monthOf(month), day);
    if (date !== null && date >= today) return one(date, true);
  }
  return { kind: "invalid" };
}

export function ofCalendarWeek(
  week: number,
  weekday: number | null,
  year: number | null,
  today: LocalDate,
): DayResult {
  if (week < 1 || week > 53) return { kind: "invalid" };
  const last = (weekYear: number) => {
    const monday = mondayOfWeek(weekYear, week);
    return monday && plusDays(monday, (weekday ?? 7) - 1);
  };
  const base = weekYearOf(today);
  const years = year === null ? [base - 1, base, base + 1] : [year];
  for (const weekYear of years) {
    const date = last(weekYear);
    if (date === null) {
      // Of a year that lacks the week the turn is its end.
      if (`${weekYear}-12-31` >= today) return { kind: "invalid" };
      continue;
    }
    if (date < today) {
      const justPast = daysBetween(date, today) <= JUST_PAST_DAYS;
      if (justPast || year !== null) return PAST(date);
      continue;
    }
    return weekday === null ? { kind: "vague", first: plusDays(date, -6), last: date } : one(date, true);
  }
  return { kind: "invalid" };
}
