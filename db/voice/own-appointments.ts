import type postgres from "postgres";
import type { Statement, Transaction } from "../client.js";

/** A future appointment that the caller may speak of, move and cancel. */
export interface OwnAppointment {
  id: string;
  workflowId: string;
  status: "pending" | "confirmed";
  startAt: Date;
  endAt: Date;
  timeZone: string;
  serviceId: string;
  serviceName: string;
  branchId: string;
  staffId: string | null;
  staffName: string | null;
  priceCents: number;
  /** Where it stood before it was moved last. */
  previousStart: Date | null;
  /** What is asked for last and not settled yet. */
  pendingChange: "book" | "reschedule" | "cancel" | null;
}

/**
 * Future appointments of whoever has this number: booked under it, for a customer who has it, or in a call from
 * it. The number is the platform's, never an argument (voice-agents 3.6).
 *
 * @param phone E.164
 */
export function ownAppointments(tx: Transaction, phone: string): postgres.PendingQuery<OwnAppointment[]> {
  return tx<OwnAppointment[]>`
    SELECT ${columns(tx)}
    FROM appointments a JOIN services sv ON sv.id = a.service_id LEFT JOIN staff st ON st.id = a.staff_id
    WHERE a.start_at > now() AND a.status IN ('pending', 'confirmed') AND a.id IN (${ofNumber(tx, phone)})
    ORDER BY a.start_at, a.id`;
}

/** Ids of the appointments of a number. A union, so that each part finds its index. */
function ofNumber(tx: Transaction, phone: string) {
  return tx`
    SELECT id FROM appointments WHERE attendee_phone = ${phone}
    UNION ALL SELECT b.id FROM customers cu JOIN appointments b ON b.company_id = cu.company_id AND b.customer_id = cu.id
      WHERE cu.phone = ${phone}
    UNION ALL SELECT o.appointment_id FROM calls k JOIN offers o ON o.call_id = k.id
      WHERE k.caller_phone = ${phone} AND o.appointment_id IS NOT NULL`;
}

/** What was booked or moved in this call and stands ahead: whoever called knows of it. */
export function bookedInCall(tx: Transaction, callId: string): postgres.PendingQuery<OwnAppointment[]> {
  return tx<OwnAppointment[]>`
    SELECT ${columns(tx)}
    FROM appointments a JOIN services sv ON sv.id = a.service_id LEFT JOIN staff st ON st.id = a.staff_id
    WHERE a.start_at > now() AND a.status IN ('pending', 'confirmed')
      AND a.id IN (SELECT appointment_id FROM offers WHERE call_id = ${callId})
    ORDER BY a.start_at, a.id`;
}

/** What was cancelled in this call, or is being cancelled: asked for again it is answered as it was. */
export function cancelledInCall(tx: Transaction, callId: string): postgres.PendingQuery<OwnAppointment[]> {
  return tx<OwnAppointment[]>`
    SELECT ${columns(tx)}
    FROM appointments a JOIN services sv ON sv.id = a.service_id LEFT JOIN staff st ON st.id = a.staff_id
    WHERE a.id IN (SELECT appointment_id FROM commands
      WHERE kind = 'cancel' AND starts_with(idempotency_key, ${`§voice:${callId}:cancel:`}))`;
}

function columns(tx: Transaction) {
  return tx`
    a.id, a.workflow_id, a.status, a.start_at, a.end_at, a.time_zone, a.service_id, sv.name AS service_name,
    a.branch_id, a.staff_id, st.name AS staff_name, a.price_cents, a.previous_start,
    (SELECT c.kind FROM commands c WHERE c.appointment_id = a.id AND c.settled_at IS NULL
      ORDER BY c.accepted_at DESC LIMIT 1) AS pending_change`;
}

/** A row where this tenant has a customer of this number. */
export function customerOfNumber(tx: Transaction, phone: string): Statement {
  return tx`SELECT 1 FROM customers WHERE phone = ${phone} LIMIT 1`;
}

/** Who has this number, and what is known of their habits; `null`: nobody. */
export interface KnownCaller {
  customerId: string;
  name: string;
  /** The service of most of the last twenty appointments, and its share of them. */
  usualServiceId: string | null;
  usualShare: number;
}

/** @param phone E.164 */
export async function knownCaller(tx: Transaction, phone: string): Promise<KnownCaller | null> {
  const [row] = await tx<KnownCaller[]>`
    WITH who AS (
      SELECT id, name FROM customers WHERE phone = ${phone} ORDER BY created_at, id LIMIT 1
    ), past AS (
      SELECT a.service_id FROM appointments a, who WHERE a.customer_id = who.id AND a.status NOT IN ('cancelled', 'failed')
      ORDER BY a.start_at DESC LIMIT 20
    ), usual AS (
      SELECT service_id, count(*)::float8 / (SELECT count(*) FROM past) AS share FROM past
      GROUP BY service_id ORDER BY count(*) DESC LIMIT 1
    )
    SELECT who.id AS customer_id, who.name, usual.service_id AS usual_service_id, coalesce(usual.share, 0) AS usual_share
    FROM who LEFT JOIN usual ON true`;
  return row ?? null;
}

/** What a number has booked, for the limits that keep a prank from filling the book. */
export interface NumberUsage {
  /** Booked by voice within the last 24 hours. */
  bookedToday: number;
  /** Future appointments. */
  open: number;
  /** Somebody of this number has been here before, or the salon itself knows it: not only a voice has said so. */
  known: boolean;
}

/**
 * What was booked under this number, for a customer who has it, or in calls from it: whoever names another number
 * each time is counted all the same.
 *
 * @param phone E.164: the caller's, or of a withheld one the number that was said
 */
export function numberUsage(tx: Transaction, phone: string): postgres.PendingQuery<NumberUsage[]> {
  return tx<NumberUsage[]>`
    SELECT
      count(*) FILTER (WHERE a.source = 'voice' AND a.created_at > now() - interval '24 hours'
        AND a.status <> 'failed')::int AS booked_today,
      count(*) FILTER (WHERE a.start_at > now() AND a.status IN ('pending', 'confirmed'))::int AS open,
      coalesce(bool_or(a.source <> 'voice' OR (a.end_at < now() AND a.status IN ('confirmed', 'completed'))), false)
        OR EXISTS (SELECT 1 FROM customers WHERE phone = ${phone} AND source <> 'voice') AS known
    FROM appointments a WHERE a.id IN (${ofNumber(tx, phone)})`;
}
