import type { CalcomAccount, CalcomClient } from "../../calcom/client.js";
import { busyIntervals } from "../../db/availability/busy.js";
import type { Database } from "../../db/client.js";
import { withinHours } from "../../domain/availability/hours.js";
import { busyIntervalsOf, type PlannedPhase, planForStaff } from "../../domain/booking/phases.js";
import {
  type Branch,
  type Catalogue,
  canDo,
  type Service,
  type StaffMember,
  serviceMinutes,
} from "../../domain/tenant/catalogue.js";

export interface FreeSlot {
  start: Date;
  end: Date;
  member: StaffMember;
  phases: PlannedPhase[];
}

export interface FreeSlotQuery {
  catalogue: Catalogue;
  service: Service;
  branch: Branch;
  /** `null`: anyone qualified. */
  member: StaffMember | null;
  from: Date;
  to: Date;
  now: Date;
  /** The appointment that is being moved; it does not block itself. */
  ignoreOwner?: string;
  bookingUidToReschedule?: string;
  signal?: AbortSignal;
}

export interface FreeSlotDependencies {
  db: Database;
  calcom: CalcomClient;
  account: CalcomAccount;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The starts at which the whole service can be had: Cal.com's slots ∩ opening hours ∩ working hours ∩ what is
 * taken here, for every phase. Starts are the slots of the first phase's event type; later phases must lie
 * within the ranges of their own (contract.md 3). Sorted by start; one request per event type and range.
 *
 * @throws CalcomError when Cal.com cannot be asked
 */
export async function freeSlots(deps: FreeSlotDependencies, query: FreeSlotQuery): Promise<FreeSlot[]> {
  const { catalogue, service, branch, now } = query;
  const from = new Date(
    Math.max(query.from.getTime(), now.getTime() + service.minimumNoticeMinutes * MINUTE_MS),
  );
  const to = new Date(Math.min(query.to.getTime(), now.getTime() + service.maximumDaysAhead * DAY_MS));
  if (from >= to) return [];
  const members = (query.member ? [query.member] : catalogue.staff).filter((member) =>
    canDo(member, service, branch),
  );
  const planned = members.flatMap((member) => {
    const plan = planForStaff(catalogue, service, branch, member, from);
    return plan ? [{ member, plan }] : [];
  });
  const lengthMs = serviceMinutes(service) * MINUTE_MS;
  const eventTypeIds = [
    ...new Set(planned.flatMap(({ plan }) => plan.flatMap((phase) => phase.calcomEventTypeId ?? []))),
  ];
  const [busy, ...offered] = await Promise.all([
    busyIntervals(deps.db, catalogue.company.id, {
      staffIds: members.map((member) => member.id),
      from,
      to: new Date(to.getTime() + lengthMs + service.bufferAfterMinutes * MINUTE_MS),
      ...(query.ignoreOwner === undefined ? {} : { ignoreOwner: query.ignoreOwner }),
    }),
    ...eventTypeIds.map((eventTypeId) =>
      deps.calcom.slots(
        deps.account,
        {
          eventTypeId,
          start: from,
          end: new Date(to.getTime() + lengthMs),
          timeZone: branch.timeZone,
          ...(query.bookingUidToReschedule === undefined
            ? {}
            : { bookingUidToReschedule: query.bookingUidToReschedule }),
        },
        { lane: "live", ...(query.signal ? { signal: query.signal } : {}) },
      ),
    ),
  ]);
  const slotsOf = new Map(eventTypeIds.map((id, index) => [id, offered[index] ?? []]));
  const free = planned.flatMap(({ member, plan }) => {
    const first = plan.find((phase) => phase.staffRequired);
    const starts = first?.calcomEventTypeId == null ? [] : (slotsOf.get(first.calcomEventTypeId) ?? []);
    const lead = first ? Date.parse(first.start) - from.getTime() : 0;
    return starts.flatMap((slot): FreeSlot[] => {
      const start = new Date(slot.start.getTime() - lead);
      const end = new Date(start.getTime() + lengthMs);
      if (start < from || start >= to) return [];
      const phases = planForStaff(catalogue, service, branch, member, start);
      if (!phases || !fits(query, member, start, end, phases)) return [];
      const laterOffered = phases
        .filter((phase) => phase.staffRequired)
        .slice(1)
        .every((phase) => coveredBy(slotsOf.get(phase.calcomEventTypeId ?? -1) ?? [], phase));
      const taken = busyIntervalsOf(phases, service.bufferAfterMinutes).some((wanted) =>
        busy.some(
          (other) => other.staffId === wanted.staffId && other.start < wanted.end && wanted.start < other.end,
        ),
      );
      return laterOffered && !taken ? [{ start, end, member, phases }] : [];
    });
  });
  return free.sort((a, b) => a.start.getTime() - b.start.getTime());
}

function fits(
  query: FreeSlotQuery,
  member: StaffMember,
  start: Date,
  end: Date,
  phases: readonly PlannedPhase[],
): boolean {
  const { branch } = query;
  return (
    withinHours(branch.openingHours, branch.timeZone, start, end, branch.closedOn) &&
    phases
      .filter((phase) => phase.staffRequired)
      .every((phase) =>
        withinHours(member.workingHours, branch.timeZone, new Date(phase.start), new Date(phase.end)),
      )
  );
}

/** Touching ranges count as one: types whose slot interval equals their length still combine. */
function coveredBy(ranges: readonly { start: Date; end: Date }[], phase: PlannedPhase): boolean {
  const until = Date.parse(phase.end);
  let reached = Date.parse(phase.start);
  for (const range of ranges) {
    if (range.start.getTime() <= reached && range.end.getTime() > reached) reached = range.end.getTime();
    if (reached >= until) return true;
  }
  return false;
}
