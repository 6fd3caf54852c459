import { DateTime } from "luxon";

/** Where every salon of the tests is. */
export const ZONE = "Europe/Berlin";

/**
 * When this file of tests began. Days are counted from it and not from the clock, so that a test in which midnight
 * falls still speaks of the same day.
 */
export const BEGAN = DateTime.now().setZone(ZONE);

/** The first midnight in the salon, at least so many days ahead, that `fits`. */
export function nextDay(atLeast: number, fits: (day: DateTime) => boolean): DateTime<true> {
  let day = BEGAN.startOf("day").plus({ days: atLeast });
  while (!fits(day)) day = day.plus({ days: 1 });
  if (!day.isValid) throw new Error("no such day");
  return day;
}

/** The next day, not today or tomorrow, in whose night the clocks are put forward (spring) or back (autumn). */
export function clockChange(season: "spring" | "autumn"): string {
  const change = nextDay(
    2,
    (day) => day.offset - day.plus({ days: 1 }).offset === (season === "spring" ? -60 : 60),
  );
  return change.toISODate();
}
