import { type DayResult, one, PAST, two, VAGUE } from "./day-result.js";
import { holidayIn } from "./holidays.js";
import { type LocalDate, localDate, mondayOf, monthOf, plusDays, weekdayOf, yearOf } from "./local-time.js";
import type { DayPart } from "./phrase.js";

/**
 * "zwei Tage vor dem 15. Dezember".
 *
 * @param base the day it is counted from
 */
export function besideDay(base: DayResult, days: number, today: LocalDate): DayResult {
  if (base.kind !== "days") return base;
  const [first, second] = base.dates.map((date) => plusDays(date, days));
  if (first === undefined) return VAGUE;
  if (second !== undefined) return two(first, second, base.why);
  return first < today ? PAST(first) : one(first, base.absolute);
}

/**
 * "in der Woche vor Weihnachten": the week before that of Christmas Eve, or the days before it in its own week; with a
 * weekday that fits both, both are given. Behind Easter Monday nobody means the next week but its own.
 *
 * @param base the day, where it is no feast
 */
export function weekBeside(
  part: Extract<DayPart, { kind: "week_beside" }>,
  base: DayResult,
  weekday: number | null,
  today: LocalDate,
): DayResult {
  const { side } = part;
  const edge = edgeOf(part, base, today);
  if (edge === null) return VAGUE;
  const own = mondayOf(edge);
  const beside = plusDays(own, 7 * side);
  if (weekday === null) return { kind: "vague", first: beside, last: plusDays(beside, 6) };
  const inOwn = plusDays(own, weekday - 1);
  const inBeside = plusDays(beside, weekday - 1);
  if (side < 0 ? weekday >= weekdayOf(edge) : weekday <= weekdayOf(edge)) return dated(inBeside, today);
  const onlyOwn = inBeside < today || (side > 0 && edge === own);
  return onlyOwn ? dated(inOwn, today) : two(inBeside, inOwn, "alternatives");
}

const dated = (date: LocalDate, today: LocalDate): DayResult => (date < today ? PAST(date) : one(date));

/** The first day of what comes after the week, or the last of what comes before it. */
function edgeOf(
  { base, side }: Extract<DayPart, { kind: "week_beside" }>,
  named: DayResult,
  today: LocalDate,
): LocalDate | null {
  if (base.kind !== "holiday") return named.kind === "days" ? named.dates[0] : null;
  const year = yearOf(today);
  const turns = [year - 1, year, year + 1].map((each) => holidayIn(base.name, each));
  const turn = turns.find(
    (each) => each !== null && (side < 0 ? each.first : plusDays(each.last, 7)) >= today,
  );
  return turn ? (side < 0 ? turn.first : turn.last) : null;
}

/** In the first half of a year it is this one. */
export function newYear(today: LocalDate): number {
  return monthOf(today) <= 6 ? yearOf(today) : yearOf(today) + 1;
}

/** "im neuen Jahr am Montag" is the first one behind New Year's Day. */
export function inNewYear(weekday: number | null, today: LocalDate): DayResult {
  const year = newYear(today);
  const first = localDate(year, 1, 2) ?? today;
  if (weekday === null) return { kind: "vague", first, last: localDate(year, 12, 31) };
  const from = first < today ? today : first;
  return one(plusDays(from, (weekday - weekdayOf(from) + 7) % 7));
}
