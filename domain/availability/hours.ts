import { DateTime } from "luxon";
import { WEEKDAYS, type WeekHours } from "../tenant/catalogue.js";
import { parseSpan } from "../tenant/hours.js";

const MINUTE_MS = 60_000;
/** Clocks are changed on a quarter of an hour everywhere. */
const QUARTER_MS = 15 * MINUTE_MS;

/**
 * Whether local hours cover the whole of `[start, end)`. Wall time is compared, as salons read their hours:
 * in the night of a clock change both 02:30 lie within 02:00-03:00, and an hour that does not exist is not missed.
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
    const next = DateTime.min(nextChange(at, until), at.startOf("day").plus({ days: 1 }), until);
    const from = at.hour * 60 + at.minute;
    const to = from + Math.ceil((next.toMillis() - at.startOf("minute").toMillis()) / MINUTE_MS);
    if (closedOn.includes(at.toISODate() ?? "")) return false;
    if (!covers(hours[WEEKDAYS[at.weekday - 1] ?? "mon"] ?? [], from, to)) return false;
    at = next;
  }
  return true;
}

/** Where the clock jumps on the way, else `until`. */
function nextChange(at: DateTime, until: DateTime): DateTime {
  if (at.offset === until.offset) return until;
  let after = at;
  do {
    const millis = (Math.floor(after.toMillis() / QUARTER_MS) + 1) * QUARTER_MS;
    after = DateTime.fromMillis(millis, { zone: at.zone });
  } while (after < until && after.offset === at.offset);
  return after;
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
