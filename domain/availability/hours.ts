import { DateTime } from "luxon";
import { WEEKDAYS, type WeekHours } from "../tenant/catalogue.js";
import { parseSpan } from "../tenant/hours.js";
import { type OffsetPiece, offsetAt, offsetPieces } from "../time/zone-offset.js";
import { type ClosedDays, isClosedDay } from "./holidays.js";
import { covers, merged, type Span } from "./spans.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Whether local hours cover the whole of `[start, end)`. Wall time is compared, as salons read their hours:
 * in the night of a clock change both 02:30 lie within 02:00-03:00, and an hour that does not exist is not missed.
 *
 * @param closed days on which the hours do not count, of the zone; `null`: none
 */
export function withinHours(
  hours: WeekHours,
  zone: string,
  start: Date,
  end: Date,
  closed: ClosedDays | null = null,
): boolean {
  const spans = openSpans(hours, zone, start.getTime(), end.getTime(), closed);
  return covers(spans, start.getTime(), end.getTime());
}

/** When local hours are open on the local days that `[from, to)` touches, whole days, as instants. */
export function openSpans(
  hours: WeekHours,
  zone: string,
  from: number,
  to: number,
  closed: ClosedDays | null,
): Span[] {
  const last = localDate(Math.max(from, to - 1), zone);
  const spans: Span[] = [];
  for (let date = localDate(from, zone); date <= last; date = nextDate(date)) {
    if (closed === null || !isClosedDay(closed, date)) spans.push(...openOn(hours, zone, date));
  }
  return merged(spans);
}

/** `YYYY-MM-DD` of an instant in a zone. */
export function localDate(instant: number, zone: string): string {
  return new Date(instant + offsetAt(instant, zone)).toISOString().slice(0, 10);
}

/** Minutes of the local clock since 00:00, of an instant in a zone. */
export function localMinute(instant: number, zone: string): number {
  return Math.floor((instant + offsetAt(instant, zone)) / MINUTE_MS) % 1_440;
}

/** The calendar day after a `YYYY-MM-DD`. */
export function nextDate(date: string): string {
  return addDays(date, 1);
}

/** Calendar days after (or before) a `YYYY-MM-DD`. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 1 = Monday … 7 = Sunday. */
export function weekdayOf(date: string): number {
  return ((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;
}

/** First instant of a local day, and that of the next. */
export function dayBounds(date: string, zone: string): Span {
  const { pieces } = localDay(date, zone);
  return { start: pieces[0]?.start ?? 0, end: pieces.at(-1)?.end ?? 0 };
}

const opened = new WeakMap<WeekHours, Map<string, readonly Span[]>>();
const MOST_DAYS = 2_000;

/** The weekly hours of one local day as instants, whether or not the day is closed for once. */
export function openOn(hours: WeekHours, zone: string, date: string): readonly Span[] {
  const known = opened.get(hours) ?? new Map<string, readonly Span[]>();
  if (!opened.has(hours) || known.size > MOST_DAYS) {
    known.clear();
    opened.set(hours, known);
  }
  const key = `${date} ${zone}`;
  const found = known.get(key);
  if (found) return found;
  const day = localDay(date, zone);
  const spans = (hours[WEEKDAYS[day.weekday - 1] ?? "mon"] ?? []).flatMap((text) => {
    const span = parseSpan(text);
    return span ? day.pieces.flatMap((piece) => wallSpan(piece, day.midnight, span)) : [];
  });
  const result = merged(spans);
  known.set(key, result);
  return result;
}

interface LocalDay {
  /** 00:00 as if the zone were UTC. */
  midnight: number;
  weekday: number;
  pieces: readonly OffsetPiece[];
}

function wallSpan(piece: OffsetPiece, midnight: number, span: { from: number; to: number }): Span[] {
  const start = Math.max(piece.start, midnight + span.from * MINUTE_MS - piece.offset);
  const end = Math.min(piece.end, midnight + span.to * MINUTE_MS - piece.offset);
  return start < end ? [{ start, end }] : [];
}

const days = new Map<string, LocalDay>();

function localDay(date: string, zone: string): LocalDay {
  const key = `${date} ${zone}`;
  const known = days.get(key);
  if (known) return known;
  const startOf = (text: string) => DateTime.fromISO(text, { zone }).startOf("day").toMillis();
  const pieces = offsetPieces(startOf(date), startOf(nextDate(date)), zone);
  const day = { midnight: Date.parse(`${date}T00:00:00Z`), weekday: weekdayOf(date), pieces };
  if (days.size > MOST_DAYS) days.clear();
  days.set(key, day);
  return day;
}
