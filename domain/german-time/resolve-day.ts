import { besideDay, inNewYear, newYear, weekBeside } from "./beside-day.js";
import { checked, dayOfMonth, holidayDay, nthWeekday, ofCalendarWeek } from "./calendar-day.js";
import type { DayPhrase } from "./choose.js";
import { type DayResult, one, PAST, Spec, two, VAGUE } from "./day-result.js";
import {
  earlier,
  type LocalDate,
  later,
  localDate,
  mondayOf,
  monthOf,
  plusDays,
  plusMonths,
  weekdayOf,
  yearOf,
} from "./local-time.js";
import type { DayPart } from "./phrase.js";

interface DayContext {
  today: LocalDate;
  /** Whether what is wished can still begin today. */
  aheadToday: () => boolean;
}

/** The day, the days or the range that the words name. */
export function resolveDays(phrases: readonly DayPhrase[], context: DayContext): DayResult {
  const specs = split(phrases);
  if (specs.length === 0) return { kind: "none" };
  const [first, second] = specs;
  if (first && second?.bound === "until" && first.bound !== "until") return range(first, second, context);
  const results = beside(specs, context) ?? specs.map((spec) => resolveSpec(spec, context));
  const broken = results.find((result) => result.kind === "invalid");
  if (broken) return broken;
  const ranges = results.filter((result) => result.kind === "range");
  const days = results.filter((result) => result.kind === "days");
  if (days.length > 0) return several(days, ranges);
  if (ranges.length > 0) {
    const met = ranges.reduce((all, next) => meet(all, next));
    // "spätestens am dritten, ab dem siebten": no day is both.
    return met.until !== null && met.until < met.from ? { kind: "invalid" } : met;
  }
  return results.find((result) => result.kind === "vague") ?? results[0] ?? { kind: "none" };
}

/**
 * "Dienstag nach Weihnachten", "am Montag ab dem zehnten", "Freitag vor Neujahr": the limit says which of that weekday
 * is meant. A weekend, a week or another weekday that is only counted beside a limit is no day.
 */
function beside(specs: readonly Spec[], context: DayContext): DayResult[] | null {
  const limitOf = (at: number) => {
    const [before, after] = [specs[at - 1], specs[at + 1]];
    if (/^(after|before|from)$/.test(after?.bound ?? "")) return after;
    // "vor Weihnachten, am Freitag" may be any of them, "ab Montag, am Freitag" is the first.
    return /^(after|from)$/.test(before?.bound ?? "") ? before : undefined;
  };
  const counted = ({ bound, parts }: Spec) =>
    bound === null && parts.every(({ kind }) => /^(weekday|weekend|vague)$/.test(kind));
  const at = specs.findIndex((spec, index) => counted(spec) && limitOf(index));
  const [named, limit] = [specs[at], limitOf(at)];
  if (!named || !limit) return null;
  const range = resolveSpec(limit, context);
  const weekday = named.get("weekday");
  if (range.kind !== "range") return null;
  const day: DayResult = weekday ? weekdayIn(range, limit, weekday.weekday, context.today) : VAGUE;
  const others = specs.filter((spec) => spec !== named && spec !== limit);
  return [day, ...others.map((spec) => resolveSpec(spec, context))];
}

function weekdayIn(range: Range, { bound }: Spec, weekday: number, today: LocalDate): DayResult {
  if (bound === "before" && range.until !== null) {
    const date = plusDays(range.until, -((weekdayOf(range.until) - weekday + 7) % 7));
    return date < today ? PAST(date) : one(date);
  }
  return one(plusDays(range.from, (weekday - weekdayOf(range.from) + 7) % 7));
}

type Days = Extract<DayResult, { kind: "days" }>;
type Range = Extract<DayResult, { kind: "range" }>;

function several(days: readonly Days[], ranges: readonly Range[]): DayResult {
  const within = (date: LocalDate) =>
    ranges.every((range) => date >= range.from && (range.until === null || date <= range.until));
  const ambiguous = days.find(({ dates }) => dates.length === 2);
  const dates = [...new Set(days.flatMap((result) => result.dates))].filter(within);
  const [first, second] = dates;
  // Two that exclude each other are none: "am dritten Dezember, nach Weihnachten".
  if (first === undefined) return VAGUE;
  const absolute = days.some((result) => result.absolute);
  return second === undefined
    ? one(first, absolute)
    : two(first, second, ambiguous?.why ?? "alternatives", absolute);
}

function meet(a: Range, b: Range): Range {
  const limits = [a.until, b.until].filter((limit) => limit !== null);
  return {
    kind: "range",
    from: later(a.from, b.from),
    until: limits.length > 0 ? limits.reduce(earlier) : null,
  };
}

/** Pieces that belong to one day; a piece of a kind that is already there begins the next day. */
function split(phrases: readonly DayPhrase[]): Spec[] {
  const specs: Spec[] = [];
  for (const { day, bound } of phrases) {
    const current = specs.at(-1);
    const repeats = day.kind !== "vague" && current?.has(day.kind);
    const begins = bound !== null && !(bound === "from" && current?.bound === "from" && !repeats);
    if (!current || repeats || begins) specs.push(new Spec(bound));
    specs.at(-1)?.parts.push(day);
  }
  return specs;
}

function range(first: Spec, second: Spec, context: DayContext): DayResult {
  const end = second.get("day_of_month");
  const start = first.get("day_of_month");
  const months = [end?.month, second.get("month")?.month];
  const month = months.find((value) => value !== null && value !== undefined) ?? null;
  const from = new Spec("from");
  from.parts.push(
    ...first.parts.map((part) => (part === start && start.month === null ? { ...start, month } : part)),
  );
  const begin = resolveSpec(from, context);
  const until = new Spec("until");
  until.parts.push(...second.parts);
  // "nächste Woche Montag bis Mittwoch": both in that week.
  if (second.parts.every((part) => part.kind === "weekday")) {
    until.parts.push(...first.parts.filter((part) => /^(week|calendar_week)$/.test(part.kind)));
  }
  const finish = resolveSpec(until, context);
  if (begin.kind !== "range") return begin;
  if (finish.kind !== "range" || finish.until === null) return finish;
  let { until: last } = finish;
  if (last < begin.from) {
    if (!second.parts.every((part) => part.kind === "weekday")) return { kind: "invalid" };
    // "Donnerstag bis Dienstag" goes over the weekend, "ersten Dezember bis Freitag" to the Friday after it.
    last = plusDays(begin.from, (weekdayOf(last) - weekdayOf(begin.from) + 7) % 7);
  }
  return { kind: "range", from: begin.from, until: last };
}

/** "nach Weihnachten am Dienstag", "ab dem zehnten Dezember montags": a weekday that is not the limit's own. */
function resolveSpec(spec: Spec, context: DayContext): DayResult {
  const weekday = spec.get("weekday");
  const [limit] = spec.parts;
  if (!weekday || !limit || !/^(from|after|before|until)$/.test(spec.bound ?? ""))
    return resolvePlain(spec, context);
  const workday = limit.kind === "weekend" && weekday.weekday <= 5 && spec.bound !== "until";
  if (!workday && !/^(holiday|day_of_month|beside|new_year)$/.test(limit.kind))
    return resolvePlain(spec, context);
  const alone = new Spec(spec.bound);
  alone.parts.push(...spec.parts.filter((part) => part !== weekday));
  const named = nameDay(alone, context);
  const own = named.kind === "days" && weekdayOf(named.dates[0]) === weekday.weekday;
  const range = resolvePlain(alone, context);
  if (own || range.kind !== "range") return range;
  // Any of them before it may be meant: "vor Weihnachten am Dienstag".
  return !workday && /^(before|until)$/.test(spec.bound ?? "")
    ? VAGUE
    : weekdayIn(range, alone, weekday.weekday, context.today);
}

function resolvePlain(spec: Spec, context: DayContext): DayResult {
  const { today } = context;
  const named = spec.has("past") ? PAST(null) : nameDay(spec, context);
  if (spec.bound === null || spec.bound === "origin") return named;
  const limits =
    named.kind === "vague"
      ? { first: named.first, last: named.last }
      : named.kind === "days"
        ? { first: named.dates[0], last: named.dates[0] }
        : null;
  if (!limits?.first || !limits.last) {
    // What is over limits nothing from below: "ab gestern".
    return named.kind === "in_past" && spec.bound === "from"
      ? { kind: "range", from: today, until: null }
      : named;
  }
  switch (spec.bound) {
    case "from":
      return {
        kind: "range",
        from: later(
          today,
          spec.has("holiday") && limits.first !== limits.last ? plusDays(limits.last, 1) : limits.first,
        ),
        until: null,
      };
    case "after":
      return { kind: "range", from: later(today, plusDays(limits.last, 1)), until: null };
    case "until":
      return { kind: "range", from: today, until: limits.last };
    case "before": {
      const until = plusDays(limits.first, -1);
      return until < today ? PAST(until) : { kind: "range", from: today, until };
    }
  }
}

/** The day that the pieces name, whatever limits it. */
function nameDay(spec: Spec, context: DayContext): DayResult {
  const { today } = context;
  const turned = spec.has("new_year") ? newYear(today) : null;
  const year = spec.get("year")?.year ?? turned ?? yearsFrom(today, spec.get("year_offset")?.years);
  if (year !== null && year < yearOf(today)) return PAST(null);
  const weekday = spec.get("weekday");
  const holiday = spec.get("holiday");
  const nth = spec.get("nth_weekday");
  if (holiday) return checked(holidayDay(holiday, year, today), weekday?.weekday ?? null, today);
  if (nth) return nthWeekday(nth, spec, year, today);
  if (spec.has("day_of_month")) return dayOfMonth(spec, year, today);
  const only = (part: DayPart) => {
    const alone = new Spec(null);
    alone.parts.push(part);
    return nameDay(alone, context);
  };
  const near = spec.get("beside");
  if (near) return checked(besideDay(only(near.base), near.days, today), weekday?.weekday ?? null, today);
  const weekOf = spec.get("week_beside");
  if (weekOf) return weekBeside(weekOf, only(weekOf.base), weekday?.weekday ?? null, today);
  if (spec.has("new_year")) return inNewYear(weekday?.weekday ?? null, today);
  const offset = spec.get("offset");
  const shift = spec.get("shift");
  if (offset) {
    const date = shift ? shifted(plusDays(today, offset.days), shift) : plusDays(today, offset.days);
    return checked(one(date), weekday?.weekday ?? null, today);
  }
  const week = spec.get("calendar_week");
  if (week) return ofCalendarWeek(week.week, weekday?.weekday ?? null, year, today);
  const relative = spec.get("week");
  if (relative) {
    const monday = plusDays(mondayOf(today), relative.weeks * 7);
    if (!weekday) return { kind: "vague", first: monday, last: plusDays(monday, 6) };
    const date = plusDays(monday, weekday.weekday - 1);
    return date < today ? PAST(date) : one(date);
  }
  if (shift) return shiftedDay(spec, shift, weekday, context);
  const months = spec.get("month_offset");
  const month = spec.get("month");
  if (weekday && !month && !months && !spec.has("vague") && year === null) return onWeekday(weekday, context);
  return period(spec, year, today);
}

const yearsFrom = (today: LocalDate, years: number | undefined) =>
  years === undefined ? null : yearOf(today) + years;
const shifted = (date: LocalDate, shift: { days: number; months: number }) =>
  plusDays(plusMonths(date, shift.months), shift.days);

/** "Dienstag in einer Woche" counts from that Tuesday, "in einer Woche am Dienstag" is next week's. */
function shiftedDay(
  spec: Spec,
  shift: Extract<DayPart, { kind: "shift" }>,
  weekday: Extract<DayPart, { kind: "weekday" }> | null,
  context: DayContext,
): DayResult {
  const { today } = context;
  if (!weekday) return one(shifted(today, shift));
  if (shift.months > 0) return VAGUE;
  if (spec.parts.indexOf(weekday) < spec.parts.indexOf(shift)) {
    const base = onWeekday(weekday, context);
    if (base.kind !== "days") return base;
    const [first, second] = base.dates.map((date) => plusDays(date, shift.days));
    if (first === undefined) return VAGUE;
    return second === undefined ? one(first) : two(first, second, base.why);
  }
  if (shift.weeks) return one(plusDays(mondayOf(plusDays(today, shift.days)), weekday.weekday - 1));
  return checked(one(plusDays(today, shift.days)), weekday.weekday, today);
}

function onWeekday(
  part: Extract<DayPart, { kind: "weekday" }>,
  { today, aheadToday }: DayContext,
): DayResult {
  const distance = (part.weekday - weekdayOf(today) + 7) % 7;
  const after = distance === 0 ? 7 : distance;
  switch (part.which) {
    case "plain":
    case "this":
      return one(plusDays(today, distance === 0 && !aheadToday() ? 7 : distance));
    case "coming":
      return one(plusDays(today, after));
    case "next":
    case "next_but_one": {
      const date = plusDays(today, part.which === "next" ? after : after + 7);
      return after <= 2 ? two(date, plusDays(date, 7), "next_weekday") : one(date);
    }
  }
}

/** The limits of a month, a weekend, for "ab Januar" and "nach dem Wochenende". */
function period(spec: Spec, year: number | null, today: LocalDate): DayResult {
  if (spec.has("weekday")) return spec.has("weekend") ? onWeekend(spec, today) : VAGUE;
  const narrowed = spec.has("vague");
  if (spec.has("weekend")) {
    const saturday = plusDays(mondayOf(today), 5);
    return { kind: "vague", first: saturday, last: plusDays(saturday, 1) };
  }
  const offset = spec.get("month_offset");
  const month = spec.get("month");
  if (!offset && !month) return VAGUE;
  const inMonth = offset ? plusMonths(today, offset.months) : null;
  const number = month?.month ?? (inMonth ? monthOf(inMonth) : 1);
  const its = inMonth ? yearOf(inMonth) : (year ?? yearOf(today) + (number < monthOf(today) ? 1 : 0));
  const first = localDate(its, number, 1) ?? today;
  const last = plusDays(plusMonths(first, 1), -1);
  if (last < today) return PAST(last);
  // "bis Ende Dezember" has a last day, "ab Mitte Januar" no first.
  return { kind: "vague", first: narrowed && spec.bound !== "until" ? null : first, last };
}

function onWeekend(spec: Spec, today: LocalDate): DayResult {
  const weekday = spec.get("weekday")?.weekday ?? 6;
  const distance = (weekday - weekdayOf(today) + 7) % 7;
  return one(plusDays(today, distance));
}
