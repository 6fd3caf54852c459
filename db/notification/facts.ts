import { z } from "zod";
import type { SalonFacts } from "../../domain/notification/salon-mail.js";
import { type Database, inTenant, type Transaction } from "../client.js";
import type { UnmailedAlert } from "./mail.js";

/** What a mail about an alert is written from, and to whom. */
export interface MailSubject {
  companySlug: string;
  /** The branch's; of a callback without a branch those of all branches, because somebody waits. */
  salonEmails: string[];
  facts: SalonFacts;
  appointmentId: string | null;
}

const id = z.uuid().nullish().catch(null);
const instant = z.iso
  .datetime()
  .transform((text) => new Date(text))
  .nullish()
  .catch(null);
const dataSchema = z.object({
  callbackId: id,
  appointmentId: id,
  callId: z.string().nullish().catch(null),
  start: instant,
  previousStart: instant,
});

/** Reads at the time of sending: a row that was erased or is done is not spoken of. */
export async function readMailSubject(db: Database, alert: UnmailedAlert): Promise<MailSubject> {
  const data = dataSchema.parse(alert.data);
  return await inTenant(db, alert.companyId, async (tx) => {
    const [place, callback, call] = await Promise.all([
      readPlace(tx, alert),
      readCallback(tx, data.callbackId ?? null),
      readCall(tx, alert.type === "voice.claimed_booking_missing" ? (data.callId ?? null) : null),
    ]);
    const appointmentId = data.appointmentId ?? callback?.appointmentId ?? null;
    const appointment = await readAppointment(tx, appointmentId);
    return {
      companySlug: place.companySlug,
      salonEmails: [...new Set(place.emails)],
      appointmentId: appointment === null ? null : appointmentId,
      facts: {
        branchName: place.branchName,
        timeZone: place.timeZone,
        callback,
        appointment: appointment && {
          ...appointment,
          // As it was when the alert was raised: it may have been moved on since.
          start: data.start ?? appointment.start,
          previousStart: data.previousStart ?? null,
        },
        call,
      },
    };
  });
}

async function readPlace(tx: Transaction, alert: UnmailedAlert) {
  const everybody = alert.branchId === null && alert.type.startsWith("callback.");
  const [row] = await tx<
    { companySlug: string; timeZone: string; branchName: string | null; emails: string[] }[]
  >`
    SELECT co.slug AS company_slug, coalesce(b.time_zone, co.time_zone) AS time_zone, b.name AS branch_name,
      coalesce(b.notify_emails, CASE WHEN ${everybody}::boolean THEN (
        SELECT array_agg(email) FROM branches o, unnest(o.notify_emails) AS email WHERE o.active) END, '{}') AS emails
    FROM companies co LEFT JOIN branches b ON b.id = ${alert.branchId}
    WHERE co.id = ${alert.companyId}`;
  if (!row) throw new Error("an alert of no company");
  return row;
}

type CallbackFacts = NonNullable<SalonFacts["callback"]> & { appointmentId: string | null };

async function readCallback(tx: Transaction, callbackId: string | null): Promise<CallbackFacts | null> {
  if (callbackId === null) return null;
  const [row] = await tx<CallbackFacts[]>`
    SELECT priority, reason, topic, name, phone, best_time, note, due_at, appointment_id FROM callbacks
    WHERE id = ${callbackId} AND status = 'open'`;
  return row ?? null;
}

async function readAppointment(
  tx: Transaction,
  appointmentId: string | null,
): Promise<Omit<NonNullable<SalonFacts["appointment"]>, "previousStart"> | null> {
  if (appointmentId === null) return null;
  const [row] = await tx<Omit<NonNullable<SalonFacts["appointment"]>, "previousStart">[]>`
    SELECT a.attendee_name AS customer_name, coalesce(a.attendee_phone, cu.phone) AS customer_phone,
      sv.name AS service_name, st.name AS staff_name, a.start_at AS start,
      EXISTS (SELECT 1 FROM reschedule_offers r WHERE r.appointment_id = a.id AND r.outcome = 'declined') AS move_declined
    FROM appointments a JOIN services sv ON sv.id = a.service_id JOIN customers cu ON cu.id = a.customer_id
      LEFT JOIN staff st ON st.id = a.staff_id
    WHERE a.id = ${appointmentId}`;
  return row ?? null;
}

/** @param callId ours, or the platform's */
async function readCall(tx: Transaction, callId: string | null): Promise<SalonFacts["call"]> {
  if (callId === null) return null;
  const [row] = await tx<NonNullable<SalonFacts["call"]>[]>`
    SELECT c.caller_phone AS phone, cu.name, c.started_at FROM calls c LEFT JOIN customers cu ON cu.id = c.customer_id
    WHERE c.id::text = ${callId} OR c.provider_call_id = ${callId} ORDER BY c.started_at DESC LIMIT 1`;
  return row ?? null;
}
