import { DateTime } from "luxon";
import { offsetAt } from "./zone-offset.js";

/** ISO 8601 with the offset that `zone` has at that instant; a fraction only where there is one: `2026-12-03T14:00:00+01:00`. */
export function isoInZone(instant: Date, zone: string): string {
  const offset = offsetAt(instant.getTime(), zone);
  const local = new Date(instant.getTime() + offset).toISOString();
  const clock = local.endsWith(".000Z") ? local.slice(0, -5) : local.slice(0, -1);
  return `${clock}${offset < 0 ? "-" : "+"}${hoursAndMinutes(Math.abs(offset))}`;
}

function hoursAndMinutes(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

// No zone was ever more than fourteen hours from UTC.
const WITH_OFFSET =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-](0\d|1[0-3]):?[0-5]\d|[+-]14:?00)$/i;
const LOCAL = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$/i;
// Outside of it neither an appointment lies nor do JavaScript and Postgres write years alike.
const FIRST_YEAR = 1900;
const LAST_YEAR = 9998;
const FIRST = new Date(Date.UTC(FIRST_YEAR, 0, 1));
const LAST = new Date(Date.UTC(LAST_YEAR, 11, 31, 23, 59, 59, 999));

export type ParsedInstant =
  | { ok: true; instant: Date }
  | { ok: false; reason: "no_offset" | "invalid" }
  /** An instant, but in no year that we can write; `nearest`: the one in reach that lies next to it. */
  | { ok: false; reason: "out_of_reach"; nearest: Date };

/**
 * Reads an instant that a client sent. A local time without an offset is told apart from nonsense, because
 * it is the usual mistake: which 14:00 it means cannot be known here.
 */
export function parseInstant(text: string): ParsedInstant {
  if (LOCAL.test(text)) return { ok: false, reason: "no_offset" };
  if (!WITH_OFFSET.test(text)) return { ok: false, reason: "invalid" };
  const parsed = DateTime.fromISO(text, { zone: "utc" });
  // A year that four digits do not write is none of ISO 8601's.
  if (!parsed.isValid || parsed.year < 1 || parsed.year > 9999) return { ok: false, reason: "invalid" };
  if (parsed.year < FIRST_YEAR) return { ok: false, reason: "out_of_reach", nearest: FIRST };
  if (parsed.year > LAST_YEAR) return { ok: false, reason: "out_of_reach", nearest: LAST };
  return { ok: true, instant: parsed.toJSDate() };
}
