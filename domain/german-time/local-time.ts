import { DateTime } from "luxon";

/** A day of the calendar, `YYYY-MM-DD`, without a zone. */
export type LocalDate = string;

const day = (date: LocalDate) => DateTime.fromISO(date, { zone: "utc" });
const iso = (at: DateTime): LocalDate => at.toFormat("yyyy-MM-dd");

/** `null` when there is no such day. */
export function localDate(year: number, month: number, dayOfMonth: number): LocalDate | null {
  const at = DateTime.utc(year, month, dayOfMonth);
  return at.isValid ? iso(at) : null;
}

export function plusDays(date: LocalDate, days: number): LocalDate {
  return iso(day(date).plus({ days }));
}

/** On the last day of the month where that month is shorter. */
export function plusMonths(date: LocalDate, months: number): LocalDate {
  return iso(day(date).plus({ months }));
}

export function earlier(a: LocalDate, b: LocalDate): LocalDate {
  return a < b ? a : b;
}

export function later(a: LocalDate, b: LocalDate): LocalDate {
  return a > b ? a : b;
}

/** 1 is Monday, 7 is Sunday. */
export function weekdayOf(date: LocalDate): number {
  return day(date).weekday;
}

export function daysBetween(from: LocalDate, to: LocalDate): number {
  return Math.round(day(to).diff(day(from), "days").days);
}

export function mondayOf(date: LocalDate): LocalDate {
  return plusDays(date, 1 - weekdayOf(date));
}

export function yearOf(date: LocalDate): number {
  return day(date).year;
}

export function monthOf(date: LocalDate): number {
  return day(date).month;
}

/** The year that the ISO week of that day belongs to. */
export function weekYearOf(date: LocalDate): number {
  return day(date).weekYear;
}

/** `null` when that year has no such week (53). */
export function mondayOfWeek(weekYear: number, week: number): LocalDate | null {
  const at = DateTime.fromObject({ weekYear, weekNumber: week, weekday: 1 }, { zone: "utc" });
  return at.isValid ? iso(at) : null;
}

/** The local day and minute of an instant. */
export function localNow(now: Date, zone: string): { today: LocalDate; minute: number } {
  const local = DateTime.fromJSDate(now, { zone });
  if (!local.isValid) throw new RangeError(`${zone} is not a time zone or the instant is invalid`);
  return { today: local.toFormat("yyyy-MM-dd"), minute: local.hour * 60 + local.minute };
}

/**
 * The instant of a local time. Where the clock is put back and the time comes twice, the first: both would
 * be spoken alike, so that no caller could choose between them.
 *
 * @returns `null` when the clock jumps over it
 */
export function instantAt(date: LocalDate, minute: number, zone: string): Date | null {
  const wall = day(date).plus({ minutes: minute });
  const at = wall.setZone(zone, { keepLocalTime: true });
  if (at.hour !== wall.hour || at.minute !== wall.minute) return null;
  const [first] = at.getPossibleOffsets().sort((a, b) => a.toMillis() - b.toMillis());
  return (first ?? at).toJSDate();
}
