import type { PendingQuery } from "postgres";
import type { Operation } from "../../domain/booking/operation.js";
import { Closing, type Database, inTenant, json, type Transaction } from "../client.js";
import type {
  AppointmentStatus,
  Cancellation,
  CommandOutcome,
  CommandPayload,
  SyncState,
} from "../schema/booking.js";

/** An appointment as attempts need it; people included, so it never leaves an activity. */
export interface AppointmentRow {
  id: string;
  companyId: string;
  workflowId: string;
  status: AppointmentStatus;
  startAt: Date;
  endAt: Date;
  timeZone: string;
  serviceId: string;
  serviceName: string;
  branchId: string;
  staffId: string | null;
  staffWished: boolean;
  customerId: string;
  attendeeName: string;
  attendeeEmail: string | null;
  attendeePhone: string | null;
  notes: string | null;
  priceCents: number;
  bufferAfterMinutes: number;
  rescheduleCount: number;
  syncState: SyncState;
  reviewReason: string | null;
}

export interface PhaseRow {
  position: number;
  key: string;
  startAt: Date;
  endAt: Date;
  staffRequired: boolean;
  staffId: string | null;
  calcomEventTypeId: number | null;
  calcomUid: string | null;
  sync: "not_applicable" | "pending" | "synced" | "failed" | "cancelled";
  /** The salon has yet to say yes to it in Cal.com. */
  requested: boolean;
}

export interface CommandRow {
  id: string;
  kind: "book" | "reschedule" | "cancel";
  appointmentId: string;
  workflowId: string;
  actor: "customer" | "company" | "operator" | "system";
  payload: CommandPayload;
  outcome: CommandOutcome | null;
  acceptedAt: Date;
  answerStatus: number | null;
}

export interface OperationRow {
  id: string;
  phaseKey: string;
  kind: "create" | "reschedule" | "cancel";
  uid: string | null;
  calcomEventTypeId: number | null;
  wantedStart: Date | null;
  state: "planned" | "sent" | "done" | "refused" | "abandoned";
  doubtful: boolean;
  firstSentAt: Date | null;
  lastSentAt: Date | null;
  sends: number;
  resultUid: string | null;
  /** How its last request ended, when not well: the kind of Cal.com's error. */
  error: string | null;
  /** This very call moved it from `planned` to `sent`: nothing has been sent before. */
  fresh: boolean;
}

export interface Attempt {
  command: CommandRow | null;
  appointment: AppointmentRow;
  phases: PhaseRow[];
  /** In the order asked for. */
  operations: OperationRow[];
}

/** Thrown when the row that a message names is not there: nothing to retry for, a bug or a foreign id. */
export class UnknownAppointmentError extends Error {
  constructor() {
    super("the appointment of this workflow is not in the database");
    this.name = "UnknownAppointmentError";
  }
}

export const appointmentColumns = (tx: Transaction) => tx`
  a.id, a.company_id, a.workflow_id, a.status, a.start_at, a.end_at, a.time_zone, a.service_id,
  sv.name AS service_name, a.branch_id, a.staff_id, a.staff_wished, a.customer_id, a.attendee_name,
  a.attendee_email, a.attendee_phone, a.notes, a.price_cents, a.buffer_after_minutes, a.reschedule_count,
  a.sync_state, a.review_reason`;

export const phaseColumns = (tx: Transaction) => tx`
  position, key, start_at, end_at, staff_required, staff_id, calcom_event_type_id, calcom_uid, sync, requested`;

export const commandColumns = (tx: Transaction) => tx`
  id, kind, appointment_id, workflow_id, actor, payload, outcome, accepted_at, answer_status`;

/**
 * Loads what an attempt needs and notes its operations in the same transaction. With `markSent` they are
 * marked as "may have been sent" before anything is: a crash from here on leads to a look-up, never to a
 * blind second request.
 */
export async function beginAttempt(
  db: Database,
  request: {
    companyId: string;
    appointmentId: string;
    commandId: string | null;
    operations: readonly Operation[];
  },
  markSent: boolean,
): Promise<Attempt> {
  const { companyId, appointmentId, commandId, operations } = request;
  const [commands, appointments, phases, fresh] = await inTenant(db, companyId, async (tx) => {
    const command =
      commandId === null
        ? null
        : tx<CommandRow[]>`
            UPDATE commands SET started_at = coalesce(started_at, now()) WHERE id = ${commandId}
            RETURNING ${commandColumns(tx)}`;
    const appointment = tx<AppointmentRow[]>`
      SELECT ${appointmentColumns(tx)} FROM appointments a JOIN services sv ON sv.id = a.service_id
      WHERE a.id = ${appointmentId}`;
    const ofPhases = tx<PhaseRow[]>`
      SELECT ${phaseColumns(tx)} FROM appointment_phases WHERE appointment_id = ${appointmentId} ORDER BY position`;
    const noted = operations.length === 0 ? null : notingOperations(tx, request, operations, markSent);
    return Closing.reading(
      [command, appointment, ofPhases, noted].flatMap((statement) => statement ?? []),
      () => Promise.all([command ?? [], appointment, ofPhases, noted ?? []]),
    );
  });
  const appointment = appointments[0];
  if (!appointment) throw new UnknownAppointmentError();
  const rows =
    fresh.length === operations.length
      ? fresh.map((row) => ({ ...row, fresh: markSent }))
      : await readNoted(db, companyId, operations, markSent ? fresh : []);
  const ordered = operations.flatMap((wanted) => rows.filter((row) => row.id === wanted.id));
  // What is not in the rows would count as done by those that are.
  if (ordered.length !== operations.length) throw new Error("an operation was not noted");
  return { command: commands[0] ?? null, appointment, phases, operations: ordered };
}

/** Returns those only that nobody had noted before, or marked as sent: of these nothing can have been sent. */
function notingOperations(
  tx: Transaction,
  request: { companyId: string; appointmentId: string; commandId: string | null },
  operations: readonly Operation[],
  markSent: boolean,
): PendingQuery<Omit<OperationRow, "fresh">[]> {
  const noted = operations.map(({ id, kind, phaseKey, uid, wantedStart }) => ({
    id,
    kind,
    phase_key: phaseKey,
    uid,
    wanted_start: wantedStart,
  }));
  // A create of a move goes to the event type that the command wants, all others to the phase's own.
  return tx<Omit<OperationRow, "fresh">[]>`
    INSERT INTO remote_operations AS o (id, company_id, appointment_id, command_id, phase_key, kind, uid, wanted_start,
      calcom_event_type_id, state, sends, first_sent_at, last_sent_at)
    SELECT n.id, ${request.companyId}::uuid, ${request.appointmentId}::uuid, ${request.commandId}::uuid, n.phase_key, n.kind,
      n.uid, n.wanted_start, ${eventTypeOf(tx, tx`${request.commandId}`, tx`${request.appointmentId}`)},
      ${markSent ? tx`'sent', 1, clock_timestamp(), clock_timestamp()` : tx`'planned', 0, NULL, NULL`}
    FROM jsonb_to_recordset(${json(tx, noted)}) AS n(id uuid, kind text, phase_key text, uid text, wanted_start timestamptz)
    ON CONFLICT (id) ${
      markSent
        ? tx`DO UPDATE SET state = 'sent', sends = o.sends + 1,
               calcom_event_type_id = coalesce(o.calcom_event_type_id, excluded.calcom_event_type_id),
               first_sent_at = coalesce(o.first_sent_at, clock_timestamp()), last_sent_at = clock_timestamp(), updated_at = now()
             WHERE o.state = 'planned'`
        : tx`DO NOTHING`
    }
    RETURNING ${operationColumns(tx)}`;
}

/** All operations of an attempt that is not the first. `fresh`: those that it marked as sent itself. */
async function readNoted(
  db: Database,
  companyId: string,
  operations: readonly Operation[],
  fresh: readonly { id: string }[],
): Promise<OperationRow[]> {
  const ids = operations.map((operation) => operation.id);
  return await inTenant(db, companyId, async (tx) => {
    await tx`
      UPDATE remote_operations n SET calcom_event_type_id = ${eventTypeOf(tx, tx`n.command_id`, tx`n.appointment_id`)}
      WHERE n.id = ANY(${ids}::uuid[]) AND n.calcom_event_type_id IS NULL`;
    const rows = await readOperations(tx, ids);
    return rows.map((row) => ({ ...row, fresh: fresh.some((one) => one.id === row.id) }));
  });
}

/** Where operation `n` goes, as the rows of its command and its appointment say. */
const eventTypeOf = (tx: Transaction, commandId: Fragment, appointmentId: Fragment) => tx`coalesce(
  (SELECT (w->>'calcomEventTypeId')::int FROM commands c, jsonb_array_elements(c.payload->'phases') w
   WHERE c.id = ${commandId} AND c.kind = 'reschedule' AND w->>'key' = n.phase_key),
  (SELECT p.calcom_event_type_id FROM appointment_phases p
   WHERE p.appointment_id = ${appointmentId} AND p.key = n.phase_key))`;

type Fragment = ReturnType<typeof phaseColumns>;

const operationColumns = (tx: Transaction) => tx`
  id, phase_key, kind, uid, calcom_event_type_id, wanted_start, state, doubtful, first_sent_at, last_sent_at, sends,
  result_uid, error`;

export async function readOperations(
  tx: Transaction,
  ids: readonly string[],
): Promise<Omit<OperationRow, "fresh">[]> {
  return await tx<Omit<OperationRow, "fresh">[]>`
    SELECT ${operationColumns(tx)} FROM remote_operations WHERE id = ANY(${[...ids]}::uuid[])`;
}

/** Before a first or a repeated request; for a move also under which uid it goes out. */
export async function markSent(
  db: Database,
  companyId: string,
  operation: { id: string; uid: string | null },
): Promise<void> {
  await inTenant(
    db,
    companyId,
    (tx) =>
      tx`UPDATE remote_operations
       SET state = 'sent', uid = ${operation.uid}, sends = sends + 1, doubtful = false,
           first_sent_at = coalesce(first_sent_at, clock_timestamp()), last_sent_at = clock_timestamp(),
           error = NULL, updated_at = now()
       WHERE id = ${operation.id} AND state IN ('planned', 'sent')`,
  );
}

/** The request is known not to have reached Cal.com: if it was the only one, nothing is in doubt. */
export async function markNotSent(
  db: Database,
  companyId: string,
  operationId: string,
  error: string,
): Promise<void> {
  await inTenant(
    db,
    companyId,
    (tx) =>
      tx`UPDATE remote_operations
       SET sends = sends - 1, error = ${error}, updated_at = now(),
           state = CASE WHEN sends <= 1 THEN 'planned' ELSE state END,
           first_sent_at = CASE WHEN sends <= 1 THEN NULL ELSE first_sent_at END
       WHERE id = ${operationId} AND state = 'sent'`,
  );
}

/** The look-up window counts from the doubtful answer, not from the request: it may have been long under way. */
export async function markDoubtful(
  db: Database,
  companyId: string,
  operationId: string,
  error: string,
): Promise<void> {
  await inTenant(
    db,
    companyId,
    (tx) =>
      tx`UPDATE remote_operations
       SET doubtful = true, error = ${error}, last_sent_at = clock_timestamp(), updated_at = now()
       WHERE id = ${operationId} AND state = 'sent'`,
  );
}

export async function markSettled(
  db: Database,
  companyId: string,
  operationId: string,
  state: "done" | "refused" | "abandoned",
  resultUid: string | null,
  error: string | null = null,
): Promise<void> {
  await inTenant(db, companyId, (tx) => settleOperation(tx, operationId, state, resultUid, error));
}

export async function settleOperation(
  tx: Transaction,
  operationId: string,
  state: "done" | "refused" | "abandoned",
  resultUid: string | null,
  error: string | null = null,
): Promise<void> {
  await tx`UPDATE remote_operations
     SET state = ${state}, doubtful = false, result_uid = coalesce(${resultUid}, result_uid), error = ${error}, updated_at = now()
     WHERE id = ${operationId} AND state <> 'done'`;
}

/** A webhook that proves a create: its operation id, at its start (calcom.md 1.6, the fastest proof). */
export async function createProvenByWebhook(
  db: Database,
  companyId: string,
  operationId: string,
): Promise<string | null> {
  const [row] = await inTenant(
    db,
    companyId,
    (tx) =>
      tx<{ uid: string | null }[]>`
      SELECT e.uid FROM webhook_events e JOIN remote_operations o ON o.id = e.operation_id
      WHERE e.operation_id = ${operationId} AND e.company_id = ${companyId} AND e.reschedule_uid IS NULL
        AND e.event->>'kind' IN ('created', 'requested')
        AND (e.event->>'start')::timestamptz = o.wanted_start
      ORDER BY e.received_at LIMIT 1`,
  );
  return row?.uid ?? null;
}

export function cancellationOf(command: CommandRow | null): Cancellation {
  return {
    at: new Date().toISOString(),
    by: command?.actor ?? "system",
    reason: command?.payload.reason ?? null,
    kind: "cancelled",
  };
}

/** When we last learned that a booking exists: from an answer of Cal.com or from an event. */
export async function lastSeenOfUid(db: Database, companyId: string, uid: string): Promise<Date | null> {
  const [row] = await inTenant(
    db,
    companyId,
    (tx) => tx<{ seen: Date | null }[]>`
      SELECT greatest(
        (SELECT created_at FROM calcom_uids WHERE uid = ${uid}),
        (SELECT max(updated_at) FROM remote_operations WHERE result_uid = ${uid} AND kind <> 'cancel')) AS seen`,
  );
  return row?.seen ?? null;
}

/** An operator proved the operation; from here on it is as if Cal.com had answered. */
export async function markAdopted(tx: Transaction, operationId: string, uid: string): Promise<void> {
  await tx`UPDATE remote_operations SET state = 'done', doubtful = false, result_uid = ${uid}, updated_at = now()
           WHERE id = ${operationId}`;
}
