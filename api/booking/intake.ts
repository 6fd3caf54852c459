import { DateTime } from "luxon";
import { staffLoad } from "../../db/availability/busy.js";
import type { Database } from "../../db/client.js";
import { withinHours } from "../../domain/availability/hours.js";
import { layOut, type PlannedPhase, planForStaff } from "../../domain/booking/phases.js";
import {
  type Branch,
  type Catalogue,
  canDo,
  hasCompleteMapping,
  type Service,
  type StaffMember,
} from "../../domain/tenant/catalogue.js";
import { invalidField, Problem } from "../problems.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What a request names, found in the tenant's catalogue. */
export interface Wish {
  catalogue: Catalogue;
  service: Service;
  branch: Branch;
  /** `null`: anyone. */
  member: StaffMember | null;
  start: Date;
}

/** @throws Problem 404 for a service, branch or person that the tenant does not have */
export function resolveWish(
  catalogue: Catalogue,
  named: { service: string; branch: string | null; staff: string | null; start: Date },
): Wish {
  const service = catalogue.services.find((candidate) => candidate.slug === named.service);
  const member =
    named.staff === null ? null : catalogue.staff.find((candidate) => candidate.slug === named.staff);
  // What is missing is said before what is unknown; whether an unknown person decides the branch nobody can say.
  const branch = named.branch === null && member !== undefined ? onlyBranch(catalogue, member) : null;
  if (!service) throw unknown("service", named.service);
  if (member === undefined) throw unknown("staff", named.staff ?? "");
  return {
    catalogue,
    service,
    branch: branch ?? namedBranch(catalogue, named.branch ?? ""),
    member,
    start: named.start,
  };
}

function namedBranch(catalogue: Catalogue, slug: string): Branch {
  const named = catalogue.branches.find((candidate) => candidate.slug === slug);
  if (!named) throw unknown("branch", slug);
  return named;
}

function onlyBranch(catalogue: Catalogue, member: StaffMember | null): Branch {
  const possible = catalogue.branches.filter(
    (branch) => member === null || member.branchIds.includes(branch.id),
  );
  const [only] = possible;
  if (only && possible.length === 1) return only;
  throw invalidField(
    "branch",
    `is needed; one of ${catalogue.branches.map((branch) => branch.slug).join(", ")}`,
  );
}

function unknown(field: string, slug: string): Problem {
  return new Problem("not-found", `there is no ${field} "${slug}"`, {
    errors: [{ field, message: "is unknown" }],
  });
}

/**
 * The rules of a booking that need no calendar, in the order of contract.md 2: in-past, too-soon, too-far,
 * staff-cannot-do-service, not-bookable, closed.
 *
 * @param limits the notice that counts: the larger of ours and Cal.com's
 * @returns who could do it, as far as hours and skills say
 * @throws Problem
 */
export function checkRules(
  wish: Wish,
  now: Date,
  limits: { noticeMinutes: number } = { noticeMinutes: wish.service.minimumNoticeMinutes },
): StaffMember[] {
  const { catalogue, service, branch, member, start } = wish;
  const aheadMs = start.getTime() - now.getTime();
  if (aheadMs <= 0) throw refuse("in-past", "start: lies in the past", "start");
  if (aheadMs < limits.noticeMinutes * MINUTE_MS) {
    throw refuse("too-soon", `start: ${service.name} needs ${limits.noticeMinutes} minutes notice`, "start");
  }
  if (aheadMs > service.maximumDaysAhead * DAY_MS) {
    throw refuse("too-far", `start: at most ${service.maximumDaysAhead} days ahead`, "start");
  }
  if (member && !canDo(member, service, branch)) {
    throw refuse(
      "staff-cannot-do-service",
      `staff: ${member.name} does not do ${service.name} in ${branch.name}`,
      "staff",
    );
  }
  const able = (member ? [member] : catalogue.staff).filter((candidate) => canDo(candidate, service, branch));
  const bookable = able.filter((candidate) => hasCompleteMapping(catalogue, service, candidate, branch));
  if (bookable.length === 0) {
    throw refuse(
      "not-bookable",
      `service: ${service.name} has no complete set of event types in Cal.com`,
      "service",
    );
  }
  const phases = layOut(service, start);
  const end = phases.at(-1)?.end ?? start;
  if (!withinHours(branch.openingHours, branch.timeZone, start, end, branch)) {
    throw refuse("closed", `start: ${branch.name} is not open for the whole of it`, "start");
  }
  const working = bookable.filter((candidate) =>
    phases
      .filter((phase) => phase.staffRequired)
      .every((phase) => withinHours(candidate.workingHours, branch.timeZone, phase.start, phase.end)),
  );
  if (working.length === 0) {
    throw refuse(
      "closed",
      member ? `start: ${member.name} does not work then` : "start: nobody who does it works then",
      "start",
    );
  }
  return working;
}

function refuse(slug: ConstructorParameters<typeof Problem>[0], detail: string, field: string): Problem {
  return new Problem(slug, detail, { errors: [{ field, message: detail.slice(field.length + 2) }] });
}

/** The plans in order of preference: whoever has least to do that day, then least lately (fair rotation). */
export async function plansFor(
  db: Database,
  wish: Wish,
  members: readonly StaffMember[],
): Promise<PlannedPhase[][]> {
  const { catalogue, service, branch, start } = wish;
  const ordered = members.length > 1 ? await byLoad(db, wish, members) : members;
  return ordered.flatMap((member) => {
    const plan = planForStaff(catalogue, service, branch, member, start);
    return plan ? [plan] : [];
  });
}

async function byLoad(db: Database, wish: Wish, members: readonly StaffMember[]): Promise<StaffMember[]> {
  const day = DateTime.fromJSDate(wish.start, { zone: wish.branch.timeZone }).startOf("day");
  const loads = await staffLoad(db, wish.catalogue.company.id, {
    staffIds: members.map((member) => member.id),
    dayStart: day.toJSDate(),
    dayEnd: day.plus({ days: 1 }).toJSDate(),
  });
  const load = (member: StaffMember) => loads.find((candidate) => candidate.staffId === member.id);
  return [...members].sort(
    (a, b) =>
      (load(a)?.minutesThatDay ?? 0) - (load(b)?.minutesThatDay ?? 0) ||
      (load(a)?.appointments ?? 0) - (load(b)?.appointments ?? 0),
  );
}
