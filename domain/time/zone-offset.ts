import { DateTime } from "luxon";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Clocks are changed on a quarter of an hour everywhere. */
const QUARTER_MS = 15 * MINUTE_MS;
const MOST_DAYS = 4_000;

/** A stretch of time in which a zone has one offset, in milliseconds. */
export interface OffsetPiece {
  start: number;
  end: number;
  offset: number;
}

const known = new Map<string, Map<number, readonly OffsetPiece[]>>();

/** What has to be added to an instant (epoch milliseconds) to read the zone's clock as if it were UTC's. */
export function offsetAt(instant: number, zone: string): number {
  const day = Math.floor(instant / DAY_MS);
  const ofZone = known.get(zone) ?? new Map<number, readonly OffsetPiece[]>();
  if (!known.has(zone)) known.set(zone, ofZone);
  let pieces = ofZone.get(day);
  if (!pieces) {
    if (ofZone.size > MOST_DAYS) ofZone.clear();
    pieces = offsetPieces(day * DAY_MS, (day + 1) * DAY_MS, zone);
    ofZone.set(day, pieces);
  }
  const piece = pieces.length === 1 ? pieces[0] : pieces.find((one) => instant < one.end);
  return piece?.offset ?? 0;
}

/** `[start, end)` cut where the clock jumps. */
export function offsetPieces(start: number, end: number, zone: string): OffsetPiece[] {
  const pieces: OffsetPiece[] = [];
  let at = start;
  while (at < end) {
    const offset = luxonOffset(at, zone);
    const until = nextChange(at, offset, end, zone);
    pieces.push({ start: at, end: until, offset });
    at = until;
  }
  return pieces;
}

/** Where the clock jumps before `until`, else `until`. */
function nextChange(at: number, offset: number, until: number, zone: string): number {
  if (luxonOffset(until - 1, zone) === offset) return until;
  let instant = Math.floor(at / QUARTER_MS) * QUARTER_MS;
  do instant += QUARTER_MS;
  while (instant < until && luxonOffset(instant, zone) === offset);
  return Math.min(instant, until);
}

function luxonOffset(instant: number, zone: string): number {
  const { offset } = DateTime.fromMillis(instant, { zone });
  if (Number.isNaN(offset)) throw new RangeError(`${zone} is not a time zone or the instant is invalid`);
  return offset * MINUTE_MS;
}
