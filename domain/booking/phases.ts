import type { Branch, Catalogue, Service, StaffMember } from "../tenant/catalogue.js";
import { eventTypeFor } from "../tenant/catalogue.js";

const MINUTE_MS = 60_000;

/** One phase of an appointment at its instants (ISO UTC). A gap has neither staff nor event type. */
export interface PlannedPhase {
  position: number;
  key: string;
  start: string;
  end: string;
  staffRequired: boolean;
  staffId: string | null;
  calcomEventTypeId: number | null;
}

/** Lays the service's phases out from `start`; lengths come from the service only (salon-gateway 6.3). */
export function layOut(
  service: Service,
  start: Date,
): { key: string; start: Date; end: Date; staffRequired: boolean }[] {
  let at = start.getTime();
  return service.phases.map((phase) => {
    const begin = at;
    at += phase.minutes * MINUTE_MS;
    return { key: phase.key, start: new Date(begin), end: new Date(at), staffRequired: phase.staffRequired };
  });
}

/**
 * Plans the whole service for one person.
 *
 * @returns `null` when a staffed phase has no event type for this person in this branch.
 */
export function planForStaff(
  catalogue: Catalogue,
  service: Service,
  branch: Branch,
  member: StaffMember,
  start: Date,
): PlannedPhase[] | null {
  const planned: PlannedPhase[] = [];
  for (const [position, phase] of layOut(service, start).entries()) {
    const mapping = phase.staffRequired ? eventTypeFor(catalogue, service, phase.key, member, branch) : null;
    if (phase.staffRequired && mapping === null) return null;
    planned.push({
      position,
      key: phase.key,
      start: phase.start.toISOString(),
      end: phase.end.toISOString(),
      staffRequired: phase.staffRequired,
      staffId: phase.staffRequired ? member.id : null,
      calcomEventTypeId: mapping?.calcomEventTypeId ?? null,
    });
  }
  return planned;
}

/**
 * Plans the move of an appointment to `start`. It has the phases of `keys` only: one that a person booked alone
 * in Cal.com is one phase of a service of several, and that phase begins at the wished start.
 *
 * @returns `null` like `planForStaff`, or when the service has none of these phases any more
 */
export function planMove(
  catalogue: Catalogue,
  service: Service,
  branch: Branch,
  member: StaffMember,
  start: Date,
  keys: readonly string[],
): PlannedPhase[] | null {
  const planned = planForStaff(catalogue, service, branch, member, start)?.filter((phase) =>
    keys.includes(phase.key),
  );
  const first = planned?.[0];
  if (!planned || !first) return null;
  const shift = start.getTime() - Date.parse(first.start);
  const shifted = (instant: string) => new Date(Date.parse(instant) + shift).toISOString();
  return planned.map((phase) => ({ ...phase, start: shifted(phase.start), end: shifted(phase.end) }));
}

/** Whether a plan is what stands already: each phase at its time and with its person. */
export function standsAsPlanned(
  phases: readonly { key: string; startAt: Date; endAt: Date; staffId: string | null }[],
  planned: readonly PlannedPhase[],
): boolean {
  return (
    planned.length === phases.length &&
    planned.every((wanted) => {
      const now = phases.find((phase) => phase.key === wanted.key);
      return (
        now?.startAt.getTime() === Date.parse(wanted.start) &&
        now.endAt.getTime() === Date.parse(wanted.end) &&
        now.staffId === wanted.staffId
      );
    })
  );
}

/** The interval of each staffed phase on its person's calendar; the buffer follows the last of them. */
export function busyIntervalsOf(
  phases: readonly PlannedPhase[],
  bufferAfterMinutes: number,
): { phaseKey: string; staffId: string; start: Date; end: Date }[] {
  const staffed = phases.filter((phase) => phase.staffRequired);
  return staffed.flatMap((phase, index) => {
    if (phase.staffId === null) return [];
    const buffer = index === staffed.length - 1 ? bufferAfterMinutes * MINUTE_MS : 0;
    return [
      {
        phaseKey: phase.key,
        staffId: phase.staffId,
        start: new Date(phase.start),
        end: new Date(Date.parse(phase.end) + buffer),
      },
    ];
  });
}
