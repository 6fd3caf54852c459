import { randomUUID } from "node:crypto";
import type { CalcomEvent, CalcomPerson } from "../../domain/calcom/event.js";
import { type Database, inTenant, json, type Transaction } from "../client.js";
import type { AppointmentStatus } from "../schema/booking.js";
import { INBOX_CHANNEL } from "./inbox.js";

/** Where a run begins, and which event types it has to look at. */
export interface ReconcileStart {
  /** Cal.com's changes are known up to here. */
  watermark: Date;
  /** Event types of appointments that still matter, also of those that the company's document names no more. */
  eventTypeIds: number[];
}

/** For so long after its end a booking may still be marked as a no-show. */
const STILL_MATTERS = "7 days";

/** The first run reads from the company's creation on, but no more than a day back. */
export async function beginReconciliation(db: Database, companyId: string): Promise<ReconcileStart> {
  return await inTenant(db, companyId, async (tx) => {
    const [, rows, types] = await Promise.all([
      tx`INSERT INTO reconciliations (company_id, watermark)
         SELECT id, greatest(created_at, now() - interval '1 day') FROM companies WHERE id = ${companyId}
         ON CONFLICT (company_id) DO NOTHING`,
      tx<{ watermark: Date }[]>`SELECT watermark FROM reconciliations WHERE company_id = ${companyId}`,
      tx<{ id: number }[]>`
        SELECT DISTINCT p.calcom_event_type_id AS id
        FROM appointments a JOIN appointment_phases p ON p.appointment_id = a.id
        WHERE a.company_id = ${companyId} AND a.end_at > now() - ${STILL_MATTERS}::interval
          AND p.calcom_event_type_id IS NOT NULL`,
    ]);
    const [row] = rows;
    if (!row) throw new Error("a company that is reconciled does not exist");
    return { watermark: row.watermark, eventTypeIds: types.map(({ id }) => id) };
  });
}

/** A uid of Cal.com that leads to a lifecycle of ours. */
export interface KnownUid {
  uid: string;
  workflowId: string;
  appointmentId: string;
  /** `null`: a router gave it to the lifecycle, which has not made it its own (yet). */
  phaseKey: string | null;
  tombstoned: boolean;
  /** `null`: the lifecycle has no appointment (yet). */
  status: AppointmentStatus | null;
  /** When the appointment last changed here. */
  changedAt: Date | null;
  /** The newest uid of the phase; another one makes this a link of the past. */
  currentUid: string | null;
  phaseSync: string | null;
  phaseStart: Date | null;
  staffId: string | null;
  calcomUserId: number | null;
  /** The newest uids of all staffed phases of the appointment. */
  siblings: string[];
}

/** A write of ours that may explain what a booking looks like. */
export interface KnownOperation {
  id: string;
  kind: string;
  uid: string | null;
  wantedStart: Date | null;
  state: "planned" | "sent" | "done" | "refused" | "abandoned";
  resultUid: string | null;
}

/** A row of the inbox that has not been applied yet. */
export interface OpenEvent {
  uid: string | null;
  kind: string;
  start: Date | null;
  organizerId: number | null;
  noShow: boolean | null;
}

/** What we know of the bookings of one page. */
export interface KnownHere {
  uids: KnownUid[];
  operations: KnownOperation[];
  openEvents: OpenEvent[];
}

/**
 * Everything that a page of bookings has to be compared with, in one round trip.
 *
 * @param operationIds from the bookings' metadata; UUIDs
 */
export async function readKnown(
  db: Database,
  companyId: string,
  uids: readonly string[],
  operationIds: readonly string[],
): Promise<KnownHere> {
  return await inTenant(db, companyId, async (tx) => {
    const [known, operations, openEvents] = await Promise.all([
      tx<KnownUid[]>`
        SELECT u.uid, u.workflow_id, u.appointment_id, u.phase_key, u.tombstoned_at IS NOT NULL AS tombstoned,
          a.status, a.updated_at AS changed_at, p.calcom_uid AS current_uid, p.sync AS phase_sync,
          p.start_at AS phase_start, p.staff_id, s.calcom_user_id,
          ARRAY(SELECT q.calcom_uid FROM appointment_phases q
                WHERE q.appointment_id = u.appointment_id AND q.staff_required AND q.calcom_uid IS NOT NULL) AS siblings
        FROM calcom_uids u
          LEFT JOIN appointments a ON a.id = u.appointment_id
          LEFT JOIN appointment_phases p ON p.appointment_id = u.appointment_id AND p.key = u.phase_key
          LEFT JOIN staff s ON s.id = p.staff_id
        WHERE u.company_id = ${companyId} AND u.uid = ANY(${[...uids]}::text[])`,
      tx<KnownOperation[]>`
        SELECT id, kind, uid, wanted_start, state, result_uid FROM remote_operations
        WHERE company_id = ${companyId} AND (id = ANY(${[...operationIds]}::uuid[]) OR appointment_id IN (
          SELECT appointment_id FROM calcom_uids WHERE company_id = ${companyId} AND uid = ANY(${[...uids]}::text[])))`,
      tx<OpenEvent[]>`
        SELECT uid, event->>'kind' AS kind, (event->>'start')::timestamptz AS start,
          (event->>'organizerId')::bigint::int AS organizer_id, (event->>'noShow')::boolean AS no_show
        FROM webhook_events
        WHERE company_id = ${companyId} AND uid = ANY(${[...uids]}::text[]) AND status IN ('waiting', 'delivered')`,
    ]);
    return { uids: [...known], operations: [...operations], openEvents: [...openEvents] };
  });
}

/** An event that a webhook should have brought. */
export interface LostEvent {
  semanticKey: string;
  event: CalcomEvent;
  person: CalcomPerson;
  /** The relay takes it so much later (ms) than the others: it builds on one that is queued before it. */
  delayMs: number;
}

/** A link of a chain that nobody told us of, and the lifecycle that the chain belongs to. */
export interface NewLink {
  uid: string;
  previousUid: string | null;
  workflowId: string;
  appointmentId: string;
}

/**
 * Puts the lost events of one page into the inbox, gives the links of their chains to the lifecycles that own
 * them and moves the watermark, all or nothing.
 *
 * @param watermark `null` leaves it where it is; it never moves back
 * @returns how many events were not there yet
 */
export async function queueLost(
  db: Database,
  companyId: string,
  lost: readonly LostEvent[],
  links: readonly NewLink[],
  watermark: Date | null,
): Promise<number> {
  return await inTenant(db, companyId, async (tx) => {
    const [, queued] = await Promise.all([
      claim(tx, companyId, links),
      insert(tx, companyId, lost),
      watermark === null
        ? Promise.resolve()
        : tx`UPDATE reconciliations SET watermark = greatest(watermark, ${watermark}) WHERE company_id = ${companyId}`,
    ]);
    if (queued > 0) await tx`SELECT pg_notify(${INBOX_CHANNEL}, '')`;
    return queued;
  });
}

async function insert(tx: Transaction, companyId: string, lost: readonly LostEvent[]): Promise<number> {
  if (lost.length === 0) return 0;
  const rows = lost.map(({ event, person, semanticKey, delayMs }) => ({
    id: randomUUID(),
    semantic_key: semanticKey,
    trigger: event.trigger,
    uid: event.uid,
    reschedule_uid: event.rescheduleUid,
    operation_id: event.operationId !== null && isUuid(event.operationId) ? event.operationId : null,
    event,
    person,
    delay_ms: delayMs,
  }));
  const inserted = await tx`
    INSERT INTO webhook_events (id, company_id, source, semantic_key, trigger, uid, reschedule_uid, operation_id, event,
      person, status, relay_at)
    SELECT r.id, ${companyId}::uuid, 'reconcile', r.semantic_key, r.trigger, r.uid, r.reschedule_uid, r.operation_id,
      r.event, r.person, 'waiting', now() + r.delay_ms * interval '1 ms'
    FROM jsonb_to_recordset(${json(tx, rows)}::jsonb) AS r(id uuid, semantic_key text, trigger text, uid text,
      reschedule_uid text, operation_id uuid, event jsonb, person jsonb, delay_ms float8)
    ON CONFLICT DO NOTHING RETURNING id`;
  return inserted.length;
}

/** In one order, so that two runs cannot wait for each other. */
async function claim(tx: Transaction, companyId: string, links: readonly NewLink[]): Promise<void> {
  if (links.length === 0) return;
  const byUid = new Map(links.map((link) => [link.uid, link]));
  const rows = [...byUid.values()]
    .sort((a, b) => (a.uid < b.uid ? -1 : 1))
    .map(({ uid, previousUid, workflowId, appointmentId }) => ({
      company_id: companyId,
      uid,
      workflow_id: workflowId,
      appointment_id: appointmentId,
      previous_uid: previousUid,
    }));
  await tx`INSERT INTO calcom_uids ${tx(rows)} ON CONFLICT (company_id, uid) DO NOTHING`;
}

/** The run is over; `error` says why it got no further, without personal data. */
export async function endReconciliation(
  db: Database,
  companyId: string,
  error: string | null,
): Promise<void> {
  await inTenant(
    db,
    companyId,
    (tx) => tx`
      UPDATE reconciliations SET last_run_at = now(), last_error = ${error} WHERE company_id = ${companyId}`,
  );
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text of Cal.com's metadata can be the id of an operation of ours. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
