import type { AppointmentFacts } from "../../domain/booking/facts.js";
import { type Database, inTenant, json, type Transaction } from "../client.js";
import type { AppointmentStatus } from "../schema/booking.js";
import { followHosts, lockMovedChairs } from "./hosts.js";
import { ownsUid, settleDone, written } from "./outcome.js";
import type { PhaseResult, Settlement } from "./settlement.js";
import { readStanding } from "./view.js";

/**
 * All phases of a new booking stand in Cal.com: the outcome, the answer and the calendar in one transaction.
 *
 * @param planned who was to do the phases, as it was read before
 * @param also what else belongs into it; says whether it changed the appointment
 */
export async function commitBooked(
  db: Database,
  settlement: Settlement,
  results: readonly PhaseResult[],
  planned: readonly { key: string; staffId: string | null }[],
  also: (tx: Transaction) => Promise<boolean>,
): Promise<AppointmentFacts> {
  const { companyId, appointmentId } = settlement;
  return await inTenant(db, companyId, async (tx) => {
    const status: AppointmentStatus = results.every((result) => result.accepted) ? "confirmed" : "pending";
    await lockMovedChairs(tx, results, planned);
    const [, standing] = await Promise.all([
      writeBooked(tx, settlement, results, status),
      readStanding(tx, appointmentId),
    ]);
    const followed = await followHosts(tx, settlement, results, standing?.facts.phases ?? []);
    const changed = (await also(tx)) || followed;
    const answerStatus = status === "confirmed" ? 201 : 202;
    return await settleDone(tx, settlement, status, answerStatus, {
      standing: changed ? null : standing,
      branch: false,
    });
  });
}

/** One statement: a caller waits for it, and each costs the database more than a row of it does. */
async function writeBooked(
  tx: Transaction,
  settlement: Settlement,
  results: readonly PhaseResult[],
  status: AppointmentStatus,
): Promise<void> {
  const { companyId, appointmentId, commandId } = settlement;
  const rows = results.map((result) => ({
    operation_id: result.operationId,
    phase_key: result.phaseKey,
    uid: result.uid,
    previous_uid: result.previousUid,
    requested: !result.accepted,
    ...written("book", result),
  }));
  await tx`
    WITH r AS (
      SELECT * FROM jsonb_to_recordset(${json(tx, rows)}) AS r(operation_id uuid, phase_key text, uid text,
        previous_uid text, requested boolean, action text, outcome text, detail jsonb, "dedupeKey" text)),
    operations AS (
      UPDATE remote_operations o SET state = 'done', doubtful = false, result_uid = r.uid, error = NULL, updated_at = now()
      FROM r WHERE o.id = r.operation_id AND o.state <> 'done'),
    phases AS (
      UPDATE appointment_phases p SET calcom_uid = r.uid, sync = 'synced', requested = r.requested
      FROM r WHERE p.appointment_id = ${appointmentId} AND p.key = r.phase_key),
    uids AS (
      INSERT INTO calcom_uids (company_id, uid, workflow_id, appointment_id, phase_key, previous_uid)
      SELECT a.company_id, r.uid, a.workflow_id, a.id, r.phase_key, r.previous_uid
      FROM appointments a CROSS JOIN r WHERE a.id = ${appointmentId}
      ON CONFLICT (company_id, uid) DO UPDATE ${ownsUid(tx)}),
    held AS (
      UPDATE busy_intervals SET kind = 'busy', command_id = NULL
      WHERE owner_id = ${appointmentId} AND command_id = ${commandId}),
    noted AS (
      INSERT INTO timeline (company_id, appointment_id, kind, action, outcome, detail, dedupe_key)
      SELECT ${companyId}::uuid, ${appointmentId}::uuid, 'remote', r.action, r.outcome, r.detail, r."dedupeKey" FROM r
      ON CONFLICT DO NOTHING)
    UPDATE appointments SET status = ${status}, sync_state = 'synced', verified_at = now(), last_error = NULL,
      next_attempt_at = NULL, review_reason = NULL, version = version + 1, updated_at = now()
    WHERE id = ${appointmentId} AND status IN ('pending', 'confirmed')`;
}
