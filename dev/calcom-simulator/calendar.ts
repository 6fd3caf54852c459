import { type Host, WEEKDAYS } from "./model.js";
import { fromLocal, localDay } from "./zone.js";

/** Half-open span of time in milliseconds since the epoch. */
export interface Span {
  readonly start: number;
  readonly end: number;
}
interface Busy extends Span {
  readonly uid: string;
}

function minutesOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** One host's working hours and what fills them, sorted by start so that a query touches only its neighbourhood. */
export class HostCalendar {
  #busy: Busy[] = [];
  #longest = 0;
  #windows = new Map<number, Span[]>();

  constructor(readonly host: Host) {}

  /** The same bookings under changed working hours. */
  withHost(host: Host): HostCalendar {
    const next = new HostCalendar(host);
    next.#busy = this.#busy;
    next.#longest = this.#longest;
    return next;
  }

  add(uid: string, start: number, end: number): void {
    this.#busy.splice(this.#firstFrom(start), 0, { uid, start, end });
    this.#longest = Math.max(this.#longest, end - start);
  }

  remove(uid: string, start: number): void {
    for (let i = this.#firstFrom(start); i < this.#busy.length; i++) {
      const entry = this.#busy[i];
      if (entry === undefined || entry.start !== start) return;
      if (entry.uid === uid) {
        this.#busy.splice(i, 1);
        return;
      }
    }
  }

  /** True when any booking but `exceptUid` overlaps the span. */
  isBusy(start: number, end: number, exceptUid?: string): boolean {
    for (let i = this.#firstFrom(start - this.#longest); i < this.#busy.length; i++) {
      const entry = this.#busy[i];
      if (entry === undefined || entry.start >= end) return false;
      if (entry.end > start && entry.uid !== exceptUid) return true;
    }
    return false;
  }

  /** True when the whole span lies in working hours and not in an absence. */
  isWorking(start: number, end: number): boolean {
    return (
      this.working(start, end).some((window) => window.start <= start && end <= window.end) &&
      !this.host.away.some((away) => Date.parse(away.start) < end && Date.parse(away.end) > start)
    );
  }

  /** Working hours that touch the span, adjacent ones joined (24:00 with 00:00). */
  working(from: number, to: number): Span[] {
    const zone = this.host.timeZone;
    const joined: { start: number; end: number }[] = [];
    for (let day = localDay(zone, from) - 1; day <= localDay(zone, to); day++) {
      for (const window of this.#onDay(day)) {
        const last = joined[joined.length - 1];
        if (last !== undefined && last.end === window.start) last.end = window.end;
        else joined.push({ ...window });
      }
    }
    return joined.filter((window) => window.end > from && window.start <= to);
  }

  /** Free spans that touch [from, to], given the buffers that the asking event type keeps around other bookings. */
  free(
    from: number,
    to: number,
    before: number,
    after: number,
    exceptUid?: string,
    blocked: readonly Span[] = [],
  ): Span[] {
    const taken: Span[] = [];
    const reach = from - this.#longest - 2 * 86_400_000;
    for (let i = this.#firstFrom(reach); i < this.#busy.length; i++) {
      const entry = this.#busy[i];
      if (entry === undefined || entry.start - after >= to + 2 * 86_400_000) break;
      if (entry.uid !== exceptUid) taken.push({ start: entry.start - after, end: entry.end + before });
    }
    const extra = [
      ...blocked,
      ...this.host.away.map((a) => ({ start: Date.parse(a.start), end: Date.parse(a.end) })),
    ];
    if (extra.length > 0) {
      taken.push(...extra);
      taken.sort((a, b) => a.start - b.start);
    }
    const result: Span[] = [];
    let next = 0;
    for (const window of this.working(from, to)) {
      let cursor = window.start;
      while (next > 0 && (taken[next - 1]?.end ?? 0) > cursor) next--;
      for (let i = next; i < taken.length; i++) {
        const busy = taken[i];
        if (busy === undefined || busy.start >= window.end) break;
        if (busy.end <= cursor) {
          if (i === next) next++;
          continue;
        }
        if (busy.start > cursor) result.push({ start: cursor, end: busy.start });
        cursor = Math.max(cursor, busy.end);
      }
      if (cursor < window.end) result.push({ start: cursor, end: window.end });
    }
    return result;
  }

  #onDay(day: number): Span[] {
    let windows = this.#windows.get(day);
    if (windows === undefined) {
      const weekday = WEEKDAYS[(((day + 4) % 7) + 7) % 7] ?? "sun";
      const zone = this.host.timeZone;
      windows = (this.host.workingHours[weekday] ?? [])
        .map((text) => ({
          start: fromLocal(zone, day, minutesOf(text.slice(0, 5))),
          end: fromLocal(zone, day, minutesOf(text.slice(6))),
        }))
        .filter((window) => window.end > window.start)
        .sort((a, b) => a.start - b.start);
      if (this.#windows.size > 5_000) this.#windows.clear();
      this.#windows.set(day, windows);
    }
    return windows;
  }

  #firstFrom(start: number): number {
    let low = 0;
    let high = this.#busy.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#busy[middle]?.start ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
