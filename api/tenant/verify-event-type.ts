import type { CalcomEventType } from "../../calcom/client.js";
import {
  type Catalogue,
  canDo,
  type Service,
  type ServicePhase,
  type StaffMember,
} from "../../domain/tenant/catalogue.js";
import type { Finding } from "./verify-finding.js";

/** Required questions that a booking of ours answers. */
const ANSWERED = new Set([
  "name",
  "email",
  "attendeePhoneNumber",
  "location",
  "notes",
  "title",
  "rescheduleReason",
]);

type Report = (part: string, text: string) => void;

/** What an event type is for, by the document. */
interface Purpose {
  service: Service;
  phase: ServicePhase;
  /** Minutes from the appointment's start to the phase's. */
  offset: number;
  /** Whether another phase comes before or after it. */
  composite: boolean;
}

/**
 * What of one event type is not as the document says.
 *
 * @param strangers ids of users that host nothing in the team at all: told once, not for each event type
 */
export function compareEventType(
  catalogue: Catalogue,
  remote: CalcomEventType,
  strangers: ReadonlySet<number> = new Set(),
): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (part, text) => findings.push({ path: `eventTypes[${remote.id}]${part}`, text });
  const purpose = purposeOf(catalogue, remote.id);
  if (!purpose) return findings;
  compareTimes(purpose, remote, report);
  compareKind(purpose, remote, report);
  compareHosts(catalogue, purpose.service, remote, strangers, report);
  return findings;
}

function purposeOf(catalogue: Catalogue, eventTypeId: number): Purpose | null {
  const mapping = catalogue.eventTypes.find((one) => one.calcomEventTypeId === eventTypeId);
  const service = catalogue.services.find((one) => one.id === mapping?.serviceId);
  const position = service?.phases.findIndex((phase) => phase.key === mapping?.phaseKey) ?? -1;
  const phase = service?.phases[position];
  if (!service || !phase) return null;
  const offset = service.phases.slice(0, position).reduce((total, one) => total + one.minutes, 0);
  return { service, phase, offset, composite: service.phases.length > 1 };
}

function compareTimes(
  { service, phase, offset, composite }: Purpose,
  remote: CalcomEventType,
  report: Report,
) {
  if (remote.lengthInMinutes !== phase.minutes && !remote.lengthOptions.includes(phase.minutes)) {
    report(
      ".length",
      `takes ${remote.lengthInMinutes} minutes in Cal.com, ${phase.minutes} in the document (${service.slug}/${phase.key})`,
    );
  }
  // A later phase begins that much after the start that the service's notice is about.
  if (remote.minimumBookingNoticeMinutes > service.minimumNoticeMinutes + offset) {
    report(
      ".minimumBookingNotice",
      `demands ${remote.minimumBookingNoticeMinutes} minutes of notice, ${service.slug} promises ${service.minimumNoticeMinutes}`,
    );
  }
  if (remote.bookingWindowDays !== null && remote.bookingWindowDays < service.maximumDaysAhead) {
    report(
      ".bookingWindow",
      `ends ${remote.bookingWindowDays} days ahead in Cal.com, ${service.slug} promises ${service.maximumDaysAhead}`,
    );
  }
  // The phases follow each other without a minute between them: a buffer makes Cal.com refuse the next one.
  if (composite && (remote.bufferBeforeMinutes > 0 || remote.bufferAfterMinutes > 0)) {
    report(".buffer", "has a buffer in Cal.com, which its neighbour phase runs into");
  }
  // A later phase fits where slots follow each other without a hole; the first one starts at them.
  if (offset > 0 && (remote.slotIntervalMinutes ?? 0) > remote.lengthInMinutes) {
    report(
      ".slotInterval",
      `has a slot every ${remote.slotIntervalMinutes} minutes for ${remote.lengthInMinutes}: in between nothing of ${service.slug} fits`,
    );
  }
}

function compareKind({ composite, offset }: Purpose, remote: CalcomEventType, report: Report): void {
  if (remote.schedulingType === "managed" && remote.parentEventTypeId === null) {
    report(".schedulingType", "is managed and cannot be booked: name the members' own event types");
  }
  // With one host too: the next host that somebody adds makes it need both.
  if (remote.schedulingType === "collective") {
    report(".schedulingType", "is collective: a slot needs all of its hosts free");
  }
  if (offset > 0 && remote.schedulingType !== "collective" && remote.hosts.length > 1) {
    report(".hosts", "is a later phase and has several hosts: its slots do not tell whose they are");
  }
  if (composite && !remote.hidden) {
    report(".hidden", "is not hidden: a customer can book this phase alone");
  }
  if (remote.recurring) report(".recurrence", "is recurring, which is not supported");
  if (remote.seated) report(".seats", "has seats, which is not supported");
  if (remote.disableCancelling) report(".disableCancelling", "does not let bookings be cancelled");
  if (remote.disableRescheduling) report(".disableRescheduling", "does not let bookings be moved");
  for (const field of remote.requiredFields.filter((slug) => !ANSWERED.has(slug))) {
    report(`.bookingFields[${field}]`, "is a required question that the gateway does not answer");
  }
}

/** The people whom the document books on an event type. */
export function expectedHosts(catalogue: Catalogue, eventTypeId: number): StaffMember[] {
  const mappings = catalogue.eventTypes.filter((one) => one.calcomEventTypeId === eventTypeId);
  return catalogue.staff.filter((member) =>
    mappings.some((mapping) => {
      if (mapping.staffId !== null) return mapping.staffId === member.id;
      const service = catalogue.services.find((one) => one.id === mapping.serviceId);
      return (
        service !== undefined &&
        catalogue.branches.some(
          (branch) =>
            (mapping.branchId === null || mapping.branchId === branch.id) && canDo(member, service, branch),
        )
      );
    }),
  );
}

function compareHosts(
  catalogue: Catalogue,
  service: Service,
  remote: CalcomEventType,
  strangers: ReadonlySet<number>,
  report: Report,
): void {
  if (remote.hosts.length === 0) {
    report(".hosts", `has no host, so that nobody can be booked for ${service.slug}`);
    return;
  }
  const hostIds = new Set(remote.hosts.map((host) => host.id));
  const names = new Set<string>();
  for (const { name } of remote.hosts) {
    if (name === null) continue;
    if (names.has(name)) report(".hosts", `has two hosts named ${name}: only their ids tell them apart`);
    names.add(name);
  }
  const expected = new Set<number>();
  for (const member of expectedHosts(catalogue, remote.id)) {
    const id = member.calcomUserId;
    if (id === null) continue;
    expected.add(id);
    if (!hostIds.has(id) && !strangers.has(id))
      report(".hosts", `${member.slug} is no host of it in Cal.com`);
  }
  for (const host of remote.hosts.filter((one) => !expected.has(one.id))) {
    const known = catalogue.staff.find((member) => member.calcomUserId === host.id);
    report(
      ".hosts",
      known
        ? `${known.slug} is a host of it in Cal.com, which the document does not say`
        : `user ${host.id} is a host of it in Cal.com and nobody in the document`,
    );
  }
}
