import type { CalcomPerson } from "../../domain/calcom/event.js";
import { normalisePhone } from "../../domain/customer/phone.js";
import type { Catalogue } from "../../domain/tenant/catalogue.js";
import type { Transaction } from "../client.js";
import { findOrCreateCustomer } from "../customer/find-or-create.js";
import { reportConflict, takeImported } from "./intervals.js";
import { rememberUid } from "./outcome.js";

/** Somebody whose name Cal.com does not know. */
const NAMELESS = "Gast";

/** A booking that a person made in Cal.com, placed in our catalogue. */
export interface Import {
  companyId: string;
  appointmentId: string;
  workflowId: string;
  uid: string;
  previousUid: string | null;
  hostId: number | null;
  eventTypeId: number | null;
  start: Date;
  end: Date;
  confirmed: boolean;
  person: CalcomPerson;
}

/**
 * Makes a full appointment of a booking that was made in Cal.com. Overlaps that exist there already are
 * recorded as conflicts.
 *
 * @returns `false` when the event type is none of this tenant's
 */
export async function importBooking(tx: Transaction, catalogue: Catalogue, made: Import): Promise<boolean> {
  const mapping = catalogue.eventTypes.find((candidate) => candidate.calcomEventTypeId === made.eventTypeId);
  const service = catalogue.services.find((candidate) => candidate.id === mapping?.serviceId);
  const phase = service?.phases.find((candidate) => candidate.key === mapping?.phaseKey);
  if (!mapping || !service || !phase) return false;
  const hosts = catalogue.staff.filter(
    (member) => member.calcomUserId === made.hostId && made.hostId !== null,
  );
  const staffId = hosts.length === 1 ? (hosts[0]?.id ?? null) : mapping.staffId;
  const member = catalogue.staff.find((candidate) => candidate.id === staffId);
  const branch =
    catalogue.branches.find((candidate) => candidate.id === mapping.branchId) ??
    catalogue.branches.find((candidate) => member?.branchIds.includes(candidate.id)) ??
    catalogue.branches[0];
  if (!branch) return false;
  const person = {
    name: made.person.attendee?.name ?? NAMELESS,
    email: made.person.attendee?.email?.toLowerCase() ?? null,
    phone: made.person.attendee?.phone ? normalisePhone(made.person.attendee.phone) : null,
  };
  const customerId = await findOrCreateCustomer(tx, made.companyId, person, "calcom");
  await tx`
    INSERT INTO appointments (id, company_id, workflow_id, status, start_at, end_at, time_zone, service_id, branch_id, staff_id,
      customer_id, attendee_name, attendee_email, attendee_phone, notes, source, price_cents, buffer_after_minutes,
      sync_state, verified_at)
    VALUES (${made.appointmentId}, ${made.companyId}, ${made.workflowId}, ${made.confirmed ? "confirmed" : "pending"},
      ${made.start}, ${made.end}, ${branch.timeZone}, ${service.id}, ${branch.id}, ${staffId}, ${customerId},
      ${person.name}, ${person.email}, ${person.phone}, ${made.person.notes}, 'calcom', ${service.priceCents},
      ${service.bufferAfterMinutes}, 'synced', now())
    ON CONFLICT (id) DO NOTHING`;
  await tx`
    INSERT INTO appointment_phases (company_id, appointment_id, position, key, start_at, end_at, staff_required, staff_id,
      calcom_event_type_id, calcom_uid, sync)
    VALUES (${made.companyId}, ${made.appointmentId}, 0, ${phase.key}, ${made.start}, ${made.end}, true, ${staffId},
      ${mapping.calcomEventTypeId}, ${made.uid}, 'synced')
    ON CONFLICT DO NOTHING`;
  await rememberUid(tx, made, made.uid, phase.key, made.previousUid);
  if (staffId === null) {
    await reportUnknownHost(tx, made);
    return true;
  }
  const buffer = service.bufferAfterMinutes * 60_000;
  const overlaps = await takeImported(
    tx,
    { companyId: made.companyId, ownerId: made.appointmentId, kind: "busy", commandId: null },
    [{ phaseKey: phase.key, staffId, start: made.start, end: new Date(made.end.getTime() + buffer) }],
  );
  if (overlaps) await reportConflict(tx, made.companyId, made.appointmentId, made.uid);
  return true;
}

/** A host who is none of our staff, or two of them: never guessed by name (salon-gateway 1.7). */
async function reportUnknownHost(tx: Transaction, made: Import): Promise<void> {
  await tx`
    INSERT INTO drifts (company_id, kind, severity, appointment_id, calcom_uid, calcom_event_type_id, remote, dedupe_key)
    VALUES (${made.companyId}, 'host_unknown', 'medium', ${made.appointmentId}, ${made.uid}, ${made.eventTypeId},
      ${tx.json({ hostId: made.hostId })}, ${`host_unknown:${made.appointmentId}`})
    ON CONFLICT DO NOTHING`;
}
