import { DateTime } from "luxon";
import { WEEKDAYS, type WeekHours } from "../tenant/catalogue.js";
import { parseSpan } from "../tenant/hours.js";

const DAY_MINUTES = 1440;

/**
 * Whether local hours cover the whole of `[start, end)`. Wall time is compared, as salons read their hours:
 * in the night of a clock change both 02:30 lie within 02:00-03:00.
 *
 * @param closedOn `YYYY-MM-DD` days of that zone
 */
export function withinHours(
  hours: WeekHours,
  zone: string,
  start: Date,
  end: Date,
  closedOn: readonly string[] = [],
): boolean {
  let at = DateTime.fromJSDate(start, { zone });
  const until = DateTime.fromJSDate(end, { zone });
  while (at < until) {
    const nextDay = at.startOf("day").plus({ days: 1 });
    const endsToday = until <= nextDay;
    const from = at.hour * 60 + at.minute;
    const to =
      endsToday && until < nextDay
        ? until.hour * 60 + until.minute + (until.second > 0 ? 1 : 0)
        : DAY_MINUTES;
    if (closedOn.includes(at.toISODate() ?? "")) return false;
    if (!covers(hours[WEEKDAYS[at.weekday - 1] ?? "mon"] ?? [], from, to)) return false;
    at = nextDay;
  }
  return true;
}

/** Spans that touch count as one. */
function covers(spans: readonly string[], from: number, to: number): boolean {
  const parsed = spans.flatMap((span) => parseSpan(span) ?? []).sort((a, b) => a.from - b.from);
  let reached = from;
  for (const span of parsed) {
    if (span.from <= reached && span.to > reached) reached = span.to;
  }
  return reached >= to && parsed.some((span) => span.from <= from && span.to > from);
}
