import type { Branch, StaffMember } from "../tenant/catalogue.js";

/** Why a wished start cannot be had; of several branches what stands least in the way. */
export type WhyNot =
  | { reason: "in_past" }
  /** `earliest`: the first instant that the notice allows. */
  | { reason: "too_soon"; noticeMinutes: number; earliest: Date }
  | { reason: "too_far"; daysAhead: number; latest: Date }
  /** The person does not do this service (here); `able` are those who do. */
  | { reason: "staff_cannot_do_service"; member: StaffMember; able: StaffMember[] }
  /** No complete set of event types. */
  | { reason: "not_bookable" }
  | Closed
  /** Open, but the wished person (`null`: nobody who does it) does not work then. */
  | { reason: "not_working"; branch: Branch; member: StaffMember | null; date: string }
  /** Nothing else stands in the way: held or booked. */
  | { reason: "taken" };

export interface Closed {
  reason: "closed";
  branch: Branch;
  /** Local day of the wish, `YYYY-MM-DD`, and its weekday, 1 = Monday. */
  date: string;
  weekday: number;
  /** The branch opens on that day, only not for the whole of the wish. */
  openThatDay: boolean;
  /** Closed as on `closedOn` or a public holiday, not by the weekly hours. */
  exceptionally: boolean;
  /** The next local day with opening hours, and the instant at which it opens; `null`: none within 60 days. */
  nextOpen: { date: string; opens: Date } | null;
}
