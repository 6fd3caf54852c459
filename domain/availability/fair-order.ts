import type { Branch, Catalogue, StaffMember } from "../tenant/catalogue.js";
import { dayBounds, localDate } from "./hours.js";
import { merged, type Span } from "./spans.js";

const MINUTE_MS = 60_000;

/** How much somebody has to do, for one start; compared in this order. */
export interface Rank {
  minutesThatDay: number;
  /** Appointments in the fortnight around. */
  lately: number;
  /** Place in the document. */
  place: number;
}

/** Who comes first among those who could take a start. */
export interface FairOrder {
  rank(start: number, member: StaffMember, branch: Branch): Rank;
  /** What is taken on the person's calendar, merged. */
  busyOf(member: StaffMember): readonly Span[];
}

/** Whoever has least to do that day comes first, then least lately, then in the document's order. */
export function byRank(a: Rank, b: Rank): number {
  return a.minutesThatDay - b.minutesThatDay || a.lately - b.lately || a.place - b.place;
}

/** The rotation of the booking path, for many starts at once. */
export function fairOrder(
  wish: { catalogue: Catalogue },
  facts: {
    busy: readonly (Span & { staffId: string; ownerId: string })[];
    appointments: ReadonlyMap<string, number>;
    ignoreOwners: ReadonlySet<string>;
  },
): FairOrder {
  const taken = new Map<string, Span[]>();
  for (const busy of facts.busy) {
    if (facts.ignoreOwners.has(busy.ownerId)) continue;
    const spans = taken.get(busy.staffId);
    if (spans) spans.push(busy);
    else taken.set(busy.staffId, [busy]);
  }
  const busyByPerson = new Map<string, readonly Span[]>();
  const minutesByDay = new Map<string, number>();
  const order = new Map(wish.catalogue.staff.map((member, index) => [member.id, index]));

  const minutesThatDay = (start: number, member: StaffMember, branch: Branch): number => {
    const date = localDate(start, branch.timeZone);
    const key = `${member.id} ${date} ${branch.timeZone}`;
    const known = minutesByDay.get(key);
    if (known !== undefined) return known;
    const day = dayBounds(date, branch.timeZone);
    const minutes = (taken.get(member.id) ?? [])
      .filter((span) => span.start < day.end && day.start < span.end)
      .reduce((sum, span) => sum + (span.end - span.start) / MINUTE_MS, 0);
    minutesByDay.set(key, minutes);
    return minutes;
  };
  return {
    rank: (start, member, branch) => ({
      minutesThatDay: minutesThatDay(start, member, branch),
      lately: facts.appointments.get(member.id) ?? 0,
      place: order.get(member.id) ?? 0,
    }),
    busyOf(member) {
      const known = busyByPerson.get(member.id);
      if (known) return known;
      const spans = merged(taken.get(member.id) ?? []);
      busyByPerson.set(member.id, spans);
      return spans;
    },
  };
}
