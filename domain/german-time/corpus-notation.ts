import type { StartWindow, WhenReading, Wish } from "./reading.js";

/**
 * A reading in one line, as the corpus writes it: `2026-11-26 10:00`, `2026-11-26 09:00-12:00 vormittag`,
 * `… 14:00-16:00] ~15:00` (end included, aimed at), `from 2026-11-30 until 2026-12-04`, `A | B` (ambiguous),
 * `invalid time in when_text`.
 */
export function describeReading(reading: WhenReading): string {
  switch (reading.kind) {
    case "wish":
      return describeWish(reading.wish);
    case "ambiguous":
      return `${reading.readings.map(describeWish).join(" | ")} (${reading.why})`;
    case "invalid":
      return `invalid ${reading.what} in ${reading.field}`;
    case "needs_date":
    case "in_past":
      return reading.kind;
  }
}

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
const span = (window: StartWindow) =>
  `${clock(window.from)}-${clock(window.to)}${window.toInclusive ? "]" : ""}`;

function describeWish(wish: Wish): string {
  const words = (...parts: (string | null | false)[]) => parts.filter(Boolean).join(" ");
  switch (wish.kind) {
    case "moment":
      return words(wish.date, clock(wish.minute), wish.assumedDay && "assumed");
    case "day":
      return wish.date;
    case "window":
      return words(
        wish.date,
        span(wish.window),
        wish.preferredMinute !== null && `~${clock(wish.preferredMinute)}`,
        wish.partOfDay,
        wish.assumedDay && "assumed",
      );
    case "soonest":
      return words(
        `from ${wish.fromDate}`,
        wish.untilDate && `until ${wish.untilDate}`,
        wish.window && span(wish.window),
        wish.partOfDay,
      );
  }
}
