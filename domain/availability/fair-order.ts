import type { Branch, Catalogue, StaffMember } from "../tenant/catalogue.js";
import { dayBounds, localDate } from "./hours.js";
import { merged, type Span } from "./spans.js";

const MINUTE_MS = 60_000;

/** Who comes first among those who could take a start. */
export interface FairOrder {
  /** For two candidates of one start: whoever has least to do that day, then least lately, then the document's order. */
  compare(a: OrderedCandidate, b: OrderedCandidate): number;
  /** What is taken on the person's calendar, merged. */
  busyOf(member: StaffMember): readonly Span[];
}

interface OrderedCandidate {
  start: number;
  member: StaffMember;
  branch: Branch;
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
  const dates = new Map<string, string>();
  const order = new Map(wish.catalogue.staff.map((member, index) => [member.id, index]));

  const dateOf = (start: number, zone: string): string => {
    const key = `${start} ${zone}`;
    const known = dates.get(key) ?? localDate(start, zone);
    dates.set(key, known);
    return known;
  };
  const minutesThatDay = ({ start, member, branch }: OrderedCandidate): number => {
    const date = dateOf(start, branch.timeZone);
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
    compare: (a, b) =>
      minutesThatDay(a) - minutesThatDay(b) ||
      (facts.appointments.get(a.member.id) ?? 0) - (facts.appointments.get(b.member.id) ?? 0) ||
      (order.get(a.member.id) ?? 0) - (order.get(b.member.id) ?? 0),
    busyOf(member) {
      const known = busyByPerson.get(member.id);
      if (known) return known;
      const spans = merged(taken.get(member.id) ?? []);
      busyByPerson.set(member.id, spans);
      return spans;
    },
  };
}
