import type { PlannedPhase } from "../booking/phases.js";
import { planForStaff } from "../booking/phases.js";
import {
  type Branch,
  type Catalogue,
  canDo,
  type Service,
  type StaffMember,
  serviceMinutes,
} from "../tenant/catalogue.js";
import { byRank, type FairOrder, fairOrder, type Rank } from "./fair-order.js";
import { openSpans } from "./hours.js";
import { covers, heldUntil, meets, merged, nextStart, type Span } from "./spans.js";

/** A time at which the whole service can be had from one person in one branch. */
export interface Opening {
  start: Date;
  /** End of the last phase, without the buffer. */
  end: Date;
  staff: StaffMember;
  branch: Branch;
  phases: PlannedPhase[];
  /** Until when the person could go on from the start without a break, by Cal.com's slots of the first phase. */
  freeUntil: Date;
}

/** Whose time is wanted, and when: starts with `from <= start < to`. */
export interface OpeningsWish {
  catalogue: Catalogue;
  service: Service;
  branches: readonly Branch[];
  /** `null`: anyone who does it. */
  member: StaffMember | null;
  from: Date;
  to: Date;
  now: Date;
}

/** What is taken on somebody's calendar here, holds included. */
export interface BusySpan extends Span {
  staffId: string;
  ownerId: string;
}

/** A booking of the branch whose host is nobody we know. */
export interface UnassignedSpan extends Span {
  branchId: string;
  ownerId: string;
}

/** What the calendars say, there and here. */
export interface CalendarFacts {
  /** Cal.com's free ranges by event type. One that is missing has none. */
  slots: ReadonlyMap<number, readonly Span[]>;
  busy: readonly BusySpan[];
  unassigned: readonly UnassignedSpan[];
  /** Appointments by person in the fortnight around the window, for the rotation. */
  appointments: ReadonlyMap<string, number>;
  /** Their intervals do not count. */
  ignoreOwners: ReadonlySet<string>;
  /** The appointment that is to be moved. */
  movedOwner: string | null;
  /** Minutes of notice that Cal.com demands, by event type, as far as known. */
  notice: ReadonlyMap<number, number>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The starts at which the whole service can be had, by start and then in fair rotation: Cal.com's slots ∩ opening
 * hours ∩ working hours ∩ what is taken or held here, for every phase (contract.md 3; salon-gateway 11.13, 11.14).
 * Gaps are nobody's: only phases that need staff are compared, on both sides (5.8). A booking without a host
 * takes one person who is otherwise free from its branch (11.17); which one nobody knows, so that none is refused
 * as long as more are free than such bookings stand.
 *
 * @param limit at most so many
 */
export function openingsOf(wish: OpeningsWish, facts: CalendarFacts, limit = Infinity): Opening[] {
  const fair = fairOrder(wish, facts);
  const found = wish.branches.flatMap((branch) => openingsIn(branch, wish, facts, fair));
  found.sort((a, b) => a.start - b.start || byRank(a.rank, b.rank));
  return found.slice(0, limit).map(({ start, end, member, branch, plan, freeUntil }) => ({
    start: new Date(start),
    end: new Date(end),
    staff: member,
    branch,
    phases: plan.map((phase) => ({
      ...phase,
      start: new Date(start + Date.parse(phase.start)).toISOString(),
      end: new Date(start + Date.parse(phase.end)).toISOString(),
    })),
    freeUntil: new Date(freeUntil()),
  }));
}

/** The event types whose slots decide about the wish. */
export function eventTypesOf(wish: Omit<OpeningsWish, "from" | "to" | "now">): number[] {
  const ids = wish.branches.flatMap((branch) =>
    qualified(wish, branch).flatMap((member) => {
      const plan = planForStaff(wish.catalogue, wish.service, branch, member, new Date(0));
      return plan?.flatMap((phase) => phase.calcomEventTypeId ?? []) ?? [];
    }),
  );
  return [...new Set(ids)];
}

interface Candidate {
  start: number;
  end: number;
  member: StaffMember;
  branch: Branch;
  /** Laid out from the epoch. */
  plan: readonly PlannedPhase[];
  rank: Rank;
  /** Only for those that are given out. */
  freeUntil: () => number;
}

/** A phase that needs staff, by its distance from the start of the service. */
interface Staffed {
  from: number;
  to: number;
  /** `to`, and for the last one the buffer after it. */
  busyTo: number;
  eventTypeId: number | null;
}

function openingsIn(branch: Branch, wish: OpeningsWish, facts: CalendarFacts, fair: FairOrder): Candidate[] {
  const { service, now } = wish;
  const length = serviceMinutes(service) * MINUTE_MS;
  const earliest = Math.max(
    wish.from.getTime(),
    now.getTime() + 1,
    now.getTime() + service.minimumNoticeMinutes * MINUTE_MS,
  );
  const latest = Math.min(wish.to.getTime() - 1, now.getTime() + service.maximumDaysAhead * DAY_MS);
  if (earliest > latest) return [];
  const until = latest + length;
  const open = openSpans(branch.openingHours, branch.timeZone, earliest, until, branch);
  const working = new Map<string, readonly Span[]>();
  const worksFor = (member: StaffMember) => {
    const known = working.get(member.id);
    if (known) return known;
    const spans = openSpans(member.workingHours, branch.timeZone, earliest, until, null);
    working.set(member.id, spans);
    return spans;
  };
  const free = (member: StaffMember, start: number, staffed: readonly Staffed[]) =>
    staffed.every(
      ({ from, to, busyTo }) =>
        covers(worksFor(member), start + from, start + to) &&
        !meets(fair.busyOf(member), start + from, start + busyTo),
    );
  const standing = facts.unassigned.filter(
    (one) => one.branchId === branch.id && !facts.ignoreOwners.has(one.ownerId),
  );
  const enoughPeople = (start: number, staffed: readonly Staffed[]) => {
    if (standing.length === 0) return true;
    const owners = standing.filter((one) =>
      staffed.some(({ from, busyTo }) => one.start < start + busyTo && start + from < one.end),
    );
    const needed = new Set(owners.map((one) => one.ownerId)).size;
    if (needed === 0) return true;
    const able = wish.catalogue.staff.filter((member) => canDo(member, service, branch));
    return able.filter((member) => free(member, start, staffed)).length > needed;
  };
  const standsNow = facts.busy.filter((span) => span.ownerId === facts.movedOwner);
  // A single phase is the one booking that Cal.com was told of.
  const moved = standsNow.length > 1 ? standsNow : [];
  const united = new Map<string, readonly Span[]>();
  const rangesOf = (phase: Staffed, member: StaffMember) => {
    const key = `${phase.eventTypeId} ${member.id}`;
    const known = united.get(key) ?? merged([...slotsOf(facts, phase), ...hiddenBy(moved, phase, member)]);
    united.set(key, known);
    return known;
  };
  return qualified(wish, branch).flatMap((member) => {
    const plan = planForStaff(wish.catalogue, service, branch, member, new Date(0));
    const staffed = staffedPhases(plan ?? [], service);
    const [first, ...later] = staffed;
    if (!plan || !first) return [];
    const ranges = later.map((phase) => rangesOf(phase, member));
    const firstRanges = rangesOf(first, member);
    const freeUntil = (at: number) =>
      Math.min(
        heldUntil(open, at),
        heldUntil(worksFor(member), at),
        heldUntil(firstRanges, at),
        nextStart(fair.busyOf(member), at),
      );
    const found: Candidate[] = [];
    for (const slot of startsOf(facts, first, hiddenBy(moved, first, member), wish)) {
      const start = slot.start - first.from;
      if (start < earliest || start > latest) continue;
      const possible =
        covers(open, start, start + length) &&
        later.every((phase, i) => covers(ranges[i] ?? [], start + phase.from, start + phase.to)) &&
        free(member, start, staffed) &&
        noticed(facts, staffed, start, now) &&
        enoughPeople(start, staffed);
      if (!possible) continue;
      found.push({
        start,
        end: start + length,
        member,
        branch,
        plan,
        rank: fair.rank(start, member, branch),
        freeUntil: () => freeUntil(slot.start),
      });
    }
    return found;
  });
}

function qualified(
  wish: Pick<OpeningsWish, "catalogue" | "service" | "member">,
  branch: Branch,
): StaffMember[] {
  const asked = wish.member ? [wish.member] : wish.catalogue.staff;
  return asked.filter((member) => canDo(member, wish.service, branch));
}

function staffedPhases(plan: readonly PlannedPhase[], service: Service): Staffed[] {
  const staffed = plan.filter((phase) => phase.staffRequired);
  return staffed.map((phase, index) => {
    const to = Date.parse(phase.end);
    const buffer = index === staffed.length - 1 ? service.bufferAfterMinutes * MINUTE_MS : 0;
    return { from: Date.parse(phase.start), to, busyTo: to + buffer, eventTypeId: phase.calcomEventTypeId };
  });
}

function slotsOf(facts: CalendarFacts, phase: Staffed): readonly Span[] {
  return phase.eventTypeId === null ? [] : (facts.slots.get(phase.eventTypeId) ?? []);
}

/**
 * What Cal.com does not show as free because other phases of the appointment that is to be moved stand there: it can
 * be told of one booking only that is to make way. Whatever else is in the way is known here, or decided by the commit.
 */
function hiddenBy(moved: readonly BusySpan[], phase: Staffed, member: StaffMember): Span[] {
  const length = phase.to - phase.from;
  return moved
    .filter(({ staffId }) => staffId === member.id)
    .map(({ start, end }) => ({ start: start - length, end: end + length }));
}

/** Cal.com's starts, and the one that was asked for where Cal.com cannot show it. */
function startsOf(
  facts: CalendarFacts,
  first: Staffed,
  hidden: readonly Span[],
  { from, to }: OpeningsWish,
): readonly Pick<Span, "start">[] {
  const shown = slotsOf(facts, first);
  const asked = from.getTime() + first.from;
  const isOne = to.getTime() - from.getTime() === 1;
  if (!isOne || shown.some(({ start }) => start === asked)) return shown;
  return hidden.some(({ start, end }) => start <= asked && asked < end)
    ? [...shown, { start: asked }]
    : shown;
}

/** Slots of a cache may be older than the notice that Cal.com demands (11.29). */
function noticed(facts: CalendarFacts, staffed: readonly Staffed[], start: number, now: Date): boolean {
  return staffed.every(({ from, eventTypeId }) => {
    const minutes = eventTypeId === null ? undefined : facts.notice.get(eventTypeId);
    return minutes === undefined || start + from >= now.getTime() + minutes * MINUTE_MS;
  });
}
