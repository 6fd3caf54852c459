import { DateTime } from "luxon";
import type { Opening } from "../../domain/availability/openings.js";
import { isoInZone } from "../../domain/time/instant.js";
import { WEEK, type WeekCell, type WeekDay } from "./schemas.js";

const MINUTE_MS = 60_000;

/**
 * The openings of one week as a grid, in the zones of their branches; each instant once.
 *
 * @param minutes how long something else would take; `null`: the service itself, which always fits
 */
export function weekOf(openings: readonly Opening[], minutes: number | null): Record<WeekDay, WeekCell[]> {
  const week: Record<WeekDay, WeekCell[]> = {
    monday: [],
    tuesday: [],
    wednesday: [],
    thursday: [],
    friday: [],
    saturday: [],
    sunday: [],
  };
  const cells = new Map<number, WeekCell>();
  for (const { start, end, freeUntil, branch } of openings) {
    const known = cells.get(start.getTime());
    const longest = Math.max(end.getTime(), freeUntil.getTime());
    const fits = minutes === null || start.getTime() + minutes * MINUTE_MS <= longest;
    if (known) {
      known.duration_ok ||= fits;
      continue;
    }
    const local = DateTime.fromJSDate(start, { zone: branch.timeZone });
    const cell: WeekCell = {
      time: local.toFormat("HH:mm"),
      full_datetime: isoInZone(start, branch.timeZone),
      availability: "available",
      duration_ok: fits,
    };
    cells.set(start.getTime(), cell);
    const day = WEEK[local.weekday - 1];
    if (day) week[day].push(cell);
  }
  return week;
}
