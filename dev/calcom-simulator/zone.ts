/**
 * Zone arithmetic, cached: a slot query asks for thousands of offsets, and a library call for each would make the
 * simulator slower than what it is the floor for.
 */
const QUARTER = 900_000;
const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, Map<number, number>>();

function compute(zone: string, at: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const field: Record<string, number> = {};
  for (const part of format.formatToParts(at)) field[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = field;
  return Date.UTC(year, month - 1, day, hour, minute, second) - at;
}

/** Offset of `zone` from UTC at the instant `at`, in milliseconds (east is positive). */
export function offsetAt(zone: string, at: number): number {
  let cached = offsets.get(zone);
  if (cached === undefined) {
    cached = new Map();
    offsets.set(zone, cached);
  }
  // No zone changes its offset anywhere but on a quarter of an hour.
  const quarter = Math.floor(at / QUARTER);
  let offset = cached.get(quarter);
  if (offset === undefined) {
    if (cached.size > 50_000) cached.clear();
    offset = compute(zone, quarter * QUARTER);
    cached.set(quarter, offset);
  }
  return offset;
}

/** Number of the local day (days since 1970-01-01) in which the instant lies. */
export function localDay(zone: string, at: number): number {
  return Math.floor((at + offsetAt(zone, at)) / DAY);
}

/** The instant at which the local clock of `zone` shows `minutes` after midnight of `day`; in a gap, that much later. */
export function fromLocal(zone: string, day: number, minutes: number): number {
  const wall = day * DAY + minutes * 60_000;
  const first = wall - offsetAt(zone, wall);
  const before = wall - offsetAt(zone, first - DAY / 8);
  const second = wall - offsetAt(zone, first);
  // The earlier of two readings (autumn) is the one that the larger offset, valid before the change, gives.
  return before + offsetAt(zone, before) === wall ? before : second;
}

/** Local wall clock with the zone's offset, e.g. `2050-09-05T09:00:00.000+02:00`; UTC is written with `Z`. */
export function isoInZone(zone: string, at: number): string {
  const offset = offsetAt(zone, at);
  const local = new Date(at + offset).toISOString();
  if (zone === "UTC" || zone === "Etc/UTC") return local;
  const minutes = Math.abs(offset) / 60_000;
  const hh = String(Math.floor(minutes / 60)).padStart(2, "0");
  const mm = String(Math.floor(minutes % 60)).padStart(2, "0");
  return `${local.slice(0, -1)}${offset < 0 ? "-" : "+"}${hh}:${mm}`;
}

/** Day number as `YYYY-MM-DD`. */
export function isoDay(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}
