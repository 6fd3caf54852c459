import { layOut } from "../booking/phases.js";
import {
  type Branch,
  type Catalogue,
  canDo,
  hasCompleteMapping,
  type Service,
  type StaffMember,
} from "../tenant/catalogue.js";
import { isClosedDay } from "./holidays.js";
import { addDays, localDate, nextDate, openOn, weekdayOf, withinHours } from "./hours.js";
import type { Limits } from "./limits.js";

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

/** Before the first opening, after the last (or too late to be done by then), or in a break. */
export type ClosedSide = "before" | "after" | "between";

export interface Closed {
  reason: "closed";
  branch: Branch;
  /** Local day of the wish, `YYYY-MM-DD`, and its weekday, 1 = Monday. */
  date: string;
  weekday: number;
  /** The branch opens on that day, only not for the whole of the wish. */
  openThatDay: boolean;
  /** Where the wish lies to the hours of that day; `null` on a day without any. */
  side: ClosedSide | null;
  /** Closed as on `closedOn` or a public holiday, not by the weekly hours. */
  exceptionally: boolean;
  /** The next local day with opening hours, and the instant at which it opens; `null`: none within 60 days. */
  nextOpen: { date: string; opens: Date } | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LOOK_AHEAD_DAYS = 60;
/** Opening hours and slots lie on full five minutes. */
const STEP_MS = 5 * MINUTE_MS;
/** Hours come again every week: a service that fits into none of these days fits into none of a year. */
const LOOKED_BACK_MS = 10 * 24 * 60 * MINUTE_MS;

/** The rules of a booking that need no calendar, in the order of contract.md 2; what none of them refuses is taken. */
export function whyNot(
  wish: {
    catalogue: Catalogue;
    service: Service;
    branches: readonly Branch[];
    member: StaffMember | null;
    start: Date;
    now: Date;
  },
  limits: Limits,
): WhyNot {
  const { catalogue, service, branches, member, start, now } = wish;
  const aheadMs = start.getTime() - now.getTime();
  if (aheadMs <= 0) return { reason: "in_past" };
  if (aheadMs < limits.noticeMinutes * MINUTE_MS) {
    const { noticeMinutes } = limits;
    return {
      reason: "too_soon",
      noticeMinutes,
      earliest: new Date(now.getTime() + noticeMinutes * MINUTE_MS),
    };
  }
  if (aheadMs > limits.daysAhead * DAY_MS) {
    const { daysAhead } = limits;
    return { reason: "too_far", daysAhead, latest: new Date(now.getTime() + daysAhead * DAY_MS) };
  }
  if (member && !branches.some((branch) => canDo(member, service, branch))) {
    const able = catalogue.staff.filter((other) => branches.some((branch) => canDo(other, service, branch)));
    return { reason: "staff_cannot_do_service", member, able };
  }
  const bookable = branches.flatMap((branch) => {
    const members = (member ? [member] : catalogue.staff).filter(
      (one) => canDo(one, service, branch) && hasCompleteMapping(catalogue, service, one, branch),
    );
    return members.length > 0 ? [{ branch, members }] : [];
  });
  const first = bookable[0];
  if (!first) return { reason: "not_bookable" };

  const phases = layOut(service, start);
  const end = phases.at(-1)?.end ?? start;
  const open = bookable.filter(({ branch }) =>
    withinHours(branch.openingHours, branch.timeZone, start, end, branch),
  );
  const firstOpen = open[0];
  if (!firstOpen) {
    const onDay = bookable.find(({ branch }) => opensOn(branch, localDate(start.getTime(), branch.timeZone)));
    return closed((onDay ?? first).branch, start, end);
  }
  const worked = open.some(({ branch, members }) =>
    members.some((one) =>
      phases
        .filter((phase) => phase.staffRequired)
        .every((phase) => withinHours(one.workingHours, branch.timeZone, phase.start, phase.end)),
    ),
  );
  if (worked) return { reason: "taken" };
  const { branch } = firstOpen;
  return { reason: "not_working", branch, member, date: localDate(start.getTime(), branch.timeZone) };
}

/**
 * The start in `[from, to)` that tells why nothing of it can be had: the last one that lies ahead and in the hours of a
 * branch, which stands furthest from the notice, so that what is only taken is not said to be closed or too soon.
 *
 * @returns a start out of hours when there is no other: the middle, or the last one where the middle is over
 */
export function tellingStart(wish: {
  service: Service;
  branches: readonly Branch[];
  from: Date;
  to: Date;
  now: Date;
}): Date {
  const { service, branches, now } = wish;
  const [from, to] = [wish.from.getTime(), wish.to.getTime()];
  const earliest = Math.max(from, now.getTime() + 1, to - LOOKED_BACK_MS);
  for (let at = Math.ceil(to / STEP_MS - 1) * STEP_MS; at >= earliest; at -= STEP_MS) {
    const start = new Date(at);
    const end = layOut(service, start).at(-1)?.end ?? start;
    if (branches.some((branch) => withinHours(branch.openingHours, branch.timeZone, start, end, branch))) {
      return start;
    }
  }
  const middle = new Date((from + to) / 2);
  return middle > now ? middle : new Date(to - 1);
}

/** Whether the branch has opening hours on this local day, closed days and public holidays considered. */
export function opensOn(branch: Branch, date: string): boolean {
  return !isClosedDay(branch, date) && openOn(branch.openingHours, branch.timeZone, date).length > 0;
}

/** The next local day after `date` on which the branch opens, within 60 days. */
export function nextOpenDate(branch: Branch, date: string): string | null {
  const last = addDays(date, LOOK_AHEAD_DAYS);
  for (let day = nextDate(date); day <= last; day = nextDate(day)) if (opensOn(branch, day)) return day;
  return null;
}

function sideOf(branch: Branch, date: string, start: Date, end: Date): ClosedSide {
  const spans = openOn(branch.openingHours, branch.timeZone, date);
  if (start.getTime() < (spans[0]?.start ?? 0)) return "before";
  return end.getTime() > (spans.at(-1)?.end ?? 0) ? "after" : "between";
}

function closed(branch: Branch, start: Date, end: Date): Closed {
  const { timeZone, openingHours } = branch;
  const date = localDate(start.getTime(), timeZone);
  const next = nextOpenDate(branch, date);
  const opens = next === null ? undefined : openOn(openingHours, timeZone, next)[0];
  return {
    reason: "closed",
    branch,
    date,
    weekday: weekdayOf(date),
    openThatDay: opensOn(branch, date),
    side: opensOn(branch, date) ? sideOf(branch, date, start, end) : null,
    exceptionally: isClosedDay(branch, date) && openOn(openingHours, timeZone, date).length > 0,
    nextOpen: next !== null && opens ? { date: next, opens: new Date(opens.start) } : null,
  };
}
