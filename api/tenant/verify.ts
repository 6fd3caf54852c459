import type { CalcomClient, CalcomEventType, CallOptions } from "../../calcom/client.js";
import { CalcomError } from "../../calcom/errors.js";
import type { CalcomAccess } from "../../db/tenant/directory.js";
import { type Catalogue, canDo, hasCompleteMapping, type Service } from "../../domain/tenant/catalogue.js";

/** Something in Cal.com, or in the document itself, that will not work as the document says. */
export interface Finding {
  /** Of the document, parts by their name: `eventTypes[3719739].hosts`. */
  path: string;
  text: string;
}

export type VerifyClient = Pick<CalcomClient, "eventType" | "me">;

/** At once; each key has a budget that callers on the phone need more. */
const CONCURRENCY = 4;

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

/**
 * Asks Cal.com whether every event type, host and length is as the document says, and checks that every service
 * can be booked with somebody (salon-gateway 11.36–11.38: a map that looked complete and was not).
 *
 * @throws CalcomError when Cal.com cannot be asked.
 */
export async function verifyTenant(
  calcom: VerifyClient,
  account: CalcomAccess,
  catalogue: Catalogue,
  signal?: AbortSignal,
): Promise<Finding[]> {
  const options: CallOptions = { lane: "background", ...(signal ? { signal } : {}) };
  const findings = coverage(catalogue);
  if (account.apiKey === "") {
    return [...findings, { path: "calcom.apiKey", text: "there is no key for this base URL" }];
  }
  try {
    await calcom.me(account, options);
  } catch (error) {
    if (!(error instanceof CalcomError) || !["unauthorized", "forbidden"].includes(error.kind)) throw error;
    return [...findings, { path: "calcom.apiKey", text: "Cal.com does not accept the key" }];
  }
  const ids = [...new Set(catalogue.eventTypes.map((mapping) => mapping.calcomEventTypeId))];
  const found: Finding[][] = ids.map(() => []);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < ids.length; index = next++) {
      const id = ids[index];
      if (id !== undefined) found[index] = await verifyEventType(calcom, account, catalogue, id, options);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return [...findings, ...found.flat()];
}

async function verifyEventType(
  calcom: VerifyClient,
  account: CalcomAccess,
  catalogue: Catalogue,
  id: number,
  options: CallOptions,
): Promise<Finding[]> {
  try {
    return compareEventType(catalogue, await calcom.eventType(account, id, options));
  } catch (error) {
    if (!(error instanceof CalcomError) || !["not_found", "forbidden"].includes(error.kind)) throw error;
    return [{ path: `eventTypes[${id}]`, text: "is not in Cal.com, or the key may not see it" }];
  }
}

/** What of one event type is not as the document says. */
export function compareEventType(catalogue: Catalogue, remote: CalcomEventType): Finding[] {
  const findings: Finding[] = [];
  const report = (part: string, text: string) =>
    findings.push({ path: `eventTypes[${remote.id}]${part}`, text });
  const mappings = catalogue.eventTypes.filter((mapping) => mapping.calcomEventTypeId === remote.id);
  const service = catalogue.services.find((one) => one.id === mappings[0]?.serviceId);
  const position = service?.phases.findIndex((phase) => phase.key === mappings[0]?.phaseKey) ?? -1;
  const phase = service?.phases[position];
  if (!service || !phase) return findings;

  if (remote.lengthInMinutes !== phase.minutes && !remote.lengthOptions.includes(phase.minutes)) {
    report(
      ".length",
      `takes ${remote.lengthInMinutes} minutes in Cal.com, ${phase.minutes} in the document (${service.slug}/${phase.key})`,
    );
  }
  const offset = service.phases.slice(0, position).reduce((total, one) => total + one.minutes, 0);
  // A later phase begins that much after the start that the service's notice is about.
  if (remote.minimumBookingNoticeMinutes > service.minimumNoticeMinutes + offset) {
    report(
      ".minimumBookingNotice",
      `demands ${remote.minimumBookingNoticeMinutes} minutes of notice, ${service.slug} promises ${service.minimumNoticeMinutes}`,
    );
  }
  if (remote.schedulingType === "managed" && remote.parentEventTypeId === null) {
    report(".schedulingType", "is managed and cannot be booked: name the members' own event types");
  }
  if (remote.schedulingType === "collective" && remote.hosts.length > 1) {
    report(".schedulingType", "is collective: a slot needs all of its hosts free");
  }
  if (remote.recurring) report(".recurrence", "is recurring, which is not supported");
  if (remote.seated) report(".seats", "has seats, which is not supported");
  if (remote.disableCancelling) report(".disableCancelling", "does not let bookings be cancelled");
  if (remote.disableRescheduling) report(".disableRescheduling", "does not let bookings be moved");
  for (const field of remote.requiredFields.filter((slug) => !ANSWERED.has(slug))) {
    report(`.bookingFields[${field}]`, "is a required question that the gateway does not answer");
  }
  compareHosts(catalogue, remote, service, report);
  return findings;
}

function compareHosts(
  catalogue: Catalogue,
  remote: CalcomEventType,
  service: Service,
  report: (part: string, text: string) => void,
): void {
  if (remote.hosts.length === 0) {
    report(".hosts", "has no host");
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
  for (const mapping of catalogue.eventTypes.filter((one) => one.calcomEventTypeId === remote.id)) {
    const staff = catalogue.staff.filter((member) =>
      mapping.staffId === null
        ? catalogue.branches.some(
            (branch) =>
              (mapping.branchId === null || mapping.branchId === branch.id) && canDo(member, service, branch),
          )
        : mapping.staffId === member.id,
    );
    for (const member of staff) {
      if (member.calcomUserId === null) {
        report(".hosts", `${member.slug} has no calcomUserId in the document`);
        continue;
      }
      expected.add(member.calcomUserId);
      if (!hostIds.has(member.calcomUserId)) report(".hosts", `${member.slug} is no host of it in Cal.com`);
    }
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

/** Services that nobody can be booked for, whatever Cal.com says. */
function coverage(catalogue: Catalogue): Finding[] {
  return catalogue.services.flatMap((service) => {
    const path = `services[${service.slug}]`;
    const able = catalogue.branches.flatMap((branch) =>
      catalogue.staff
        .filter((member) => canDo(member, service, branch))
        .map((member) => ({ member, branch })),
    );
    if (able.length === 0) {
      const skill = service.skill === null ? "works in a branch" : `has the skill ${service.skill}`;
      return [{ path: `${path}.skill`, text: `cannot be booked: nobody ${skill}` }];
    }
    return able
      .filter(({ member, branch }) => !hasCompleteMapping(catalogue, service, member, branch))
      .map(({ member, branch }) => ({
        path,
        text: `${member.slug} in ${branch.slug} cannot be booked for it: an event type is missing`,
      }));
  });
}
