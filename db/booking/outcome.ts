import type { ChangeRefusal } from "../../domain/booking/changeable.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import type { PlannedPhase } from "../../domain/booking/phases.js";
import { Closing, type Database, inTenant, json, type Statement, type Transaction } from "../client.js";
import { branchLearns } from "../notification/branch.js";
import type { AppointmentStatus, Cancellation, CommandOutcome } from "../schema/booking.js";
import { callBackIfPromiseBroken } from "../voice/broken-promise.js";
import { type PhaseRow, phaseColumns, settleOperation, UnknownAppointmentError } from "./attempt.js";
import { followHosts, lockMovedChairs, readPhases } from "./hosts.js";
import { releaseIntervals } from "./intervals.js";
import type { PhaseResult, Settlement } from "./settlement.js";
import { note, type TimelineEntry } from "./timeline.js";
import { type AppointmentView, appointmentView, readStanding, type Standing } from "./view.js";

/** The channel that tells a waiting ingress that a command is settled; the payload is the command's id. */
export const COMMAND_CHANNEL = "command_settled";

/** The phases stand at their new times in Cal.com. */
export async function commitMoved(
  db: Database,
  settlement: Settlement,
  wanted: readonly PlannedPhase[],
  results: readonly PhaseResult[],
  change: { feeCents: number },
): Promise<AppointmentFacts> {
  const { companyId, appointmentId, commandId } = settlement;
  return await inTenant(db, companyId, async (tx) => {
    const status: AppointmentStatus = results.every((result) => result.accepted) ? "confirmed" : "pending";
    const first = wanted[0];
    const last = wanted.at(-1);
    if (!first || !last) throw new Error("a move without phases");
    const before = await tx<PhaseRow[]>`
      SELECT ${phaseColumns(tx)} FROM appointment_phases WHERE appointment_id = ${appointmentId}`;
    // What went to another event type leaves its old booking behind, which is cancelled next.
    const replaced = results.some(({ phaseKey, uid, previousUid }) => {
      const old = before.find((phase) => phase.key === phaseKey)?.calcomUid ?? null;
      return old !== null && old !== uid && previousUid === null;
    });
    await lockMovedChairs(tx, results, wanted);
    await Promise.all([
      // What other commands hold, which wait for this one, is theirs.
      tx`DELETE FROM busy_intervals WHERE owner_id = ${appointmentId} AND command_id IS NULL`,
      tx`UPDATE busy_intervals SET kind = 'busy', command_id = NULL
         WHERE owner_id = ${appointmentId} AND command_id = ${commandId}`,
      tx`DELETE FROM busy_intervals b USING appointment_phases p
         WHERE b.owner_id = ${appointmentId} AND b.command_id IS NULL AND p.appointment_id = b.owner_id AND p.key = b.phase_key AND p.sync = 'cancelled'`,
      ...wanted.map(
        (phase) => tx`
          UPDATE appointment_phases SET start_at = ${phase.start}, end_at = ${phase.end}, staff_id = ${phase.staffId},
            calcom_event_type_id = ${phase.calcomEventTypeId}
          WHERE appointment_id = ${appointmentId} AND key = ${phase.key}`,
      ),
      ...results.flatMap((result) => phaseWritten(tx, settlement, result)),
      tx`UPDATE appointments SET status = ${status}, previous_start = start_at, start_at = ${first.start}, end_at = ${last.end},
           staff_id = ${wanted.find((phase) => phase.staffRequired)?.staffId ?? null},
           reschedule_count = reschedule_count + 1, fee_cents = fee_cents + ${change.feeCents},
           sync_state = ${replaced ? "pending" : "synced"}, verified_at = now(), last_error = NULL, next_attempt_at = NULL, review_reason = NULL,
           version = version + 1, updated_at = now()
         WHERE id = ${appointmentId}`,
      note(tx, companyId, appointmentId, ...results.map((result) => written("reschedule", result))),
    ]);
    await followHosts(tx, settlement, results, await readPhases(tx, appointmentId));
    return await settleDone(tx, settlement, status, status === "confirmed" ? 200 : 202);
  });
}

/** Nothing of the appointment stands in Cal.com any more. */
export async function commitCancelled(
  db: Database,
  settlement: Settlement,
  operations: readonly { operationId: string; phaseKey: string; uid: string; outcome: string }[],
  change: { feeCents: number; cancellation: Cancellation },
): Promise<AppointmentFacts> {
  const { companyId, appointmentId } = settlement;
  return await inTenant(db, companyId, async (tx) => {
    await Promise.all([
      ...operations.map((operation) => settleOperation(tx, operation.operationId, "done", operation.uid)),
      // A person had moved it on meanwhile: the booking that was cancelled is the newest of its chain.
      ...operations.flatMap((operation) =>
        operation.uid === ""
          ? []
          : [
              tx`UPDATE appointment_phases SET calcom_uid = ${operation.uid}
                 WHERE appointment_id = ${appointmentId} AND key = ${operation.phaseKey}`.execute(),
              rememberUid(tx, settlement, operation.uid, operation.phaseKey, null),
            ],
      ),
      note(
        tx,
        companyId,
        appointmentId,
        ...operations.map(
          (operation): TimelineEntry => ({
            kind: "remote",
            action: "cancel",
            outcome: operation.outcome,
            detail: { phase: operation.phaseKey },
            dedupeKey: `remote:${operation.operationId}`,
          }),
        ),
      ),
      cancelRows(tx, appointmentId, change.cancellation, change.feeCents),
    ]);
    return await settleDone(tx, settlement, "cancelled", 200);
  });
}

/** The rows of a cancelled appointment; its chairs are free from here on. */
export async function cancelRows(
  tx: Transaction,
  appointmentId: string,
  cancellation: Cancellation,
  feeCents: number,
): Promise<void> {
  await Promise.all([
    tx`UPDATE appointment_phases SET sync = 'cancelled' WHERE appointment_id = ${appointmentId} AND staff_required`,
    tx`UPDATE appointments SET status = 'cancelled', cancellation = ${json(tx, cancellation)}, fee_cents = fee_cents + ${feeCents},
         sync_state = 'synced', verified_at = now(), last_error = NULL, next_attempt_at = NULL,
         review_reason = NULL, version = version + 1, updated_at = now()
       WHERE id = ${appointmentId} AND status <> 'cancelled'`,
    releaseIntervals(tx, appointmentId),
  ]);
}

export interface Refusal {
  /** Slug of the problem that the caller is answered with. */
  problem: string;
  /** The appointment has failed: the command was its booking. */
  fails: boolean;
  /** It was made and has been cancelled since: cancelled, not failed. */
  cancelledBy?: Cancellation["by"];
  /** `false` while something of it may still stand in Cal.com: the chair is not free yet. */
  release: boolean;
  /** What the caller is told beside the slug. */
  refusal?: ChangeRefusal;
}

/**
 * A command that will not be carried out. The appointment of a refused booking has failed; that of a refused
 * move or cancel stands as it was.
 */
export async function refuseCommand(
  db: Database,
  settlement: Settlement & { commandId: string },
  refusal: Refusal,
): Promise<AppointmentFacts> {
  return await inTenant(db, settlement.companyId, async (tx) => {
    await refuse(tx, settlement, refusal);
    return await readFacts(tx, settlement.appointmentId);
  });
}

export async function refuse(
  tx: Transaction,
  settlement: Settlement & { commandId: string },
  refusal: Refusal,
): Promise<void> {
  const { appointmentId, commandId } = settlement;
  if (refusal.release) {
    await tx`UPDATE remote_operations SET state = 'refused', doubtful = false, updated_at = now()
             WHERE command_id = ${commandId} AND state IN ('planned', 'sent')`;
    await releaseIntervals(tx, appointmentId, commandId);
  }
  if (refusal.cancelledBy) {
    const at = new Date().toISOString();
    const cancellation = { at, by: refusal.cancelledBy, reason: null, kind: "cancelled" as const };
    await cancelRows(tx, appointmentId, cancellation, 0);
    // Its cancel was told to us while an attempt was still looking for it, which had it pending again since.
    await tx`UPDATE appointments SET sync_state = 'synced', last_error = NULL, next_attempt_at = NULL, review_reason = NULL
             WHERE id = ${appointmentId} AND status = 'cancelled'`;
  } else if (refusal.fails) await failRows(tx, appointmentId, refusal.release, refusal.problem);
  // Until what it did is taken back, it stands in part at the new time in Cal.com.
  else if (refusal.release) await standsAgain(tx, appointmentId);
  await settleCommand(
    tx,
    settlement,
    { result: "refused", problem: refusal.problem, ...(refusal.refusal ? { refusal: refusal.refusal } : {}) },
    null,
  );
}

/** The booking was never made (slot gone, rejected, given up). */
export async function failRows(
  tx: Transaction,
  appointmentId: string,
  gone: boolean,
  error: string | null,
): Promise<void> {
  await Promise.all([
    tx`UPDATE appointments SET status = 'failed', sync_state = ${gone ? "synced" : "pending"}, last_error = ${error},
         next_attempt_at = NULL, review_reason = NULL, version = version + 1, updated_at = now()
       WHERE id = ${appointmentId} AND status NOT IN ('failed', 'cancelled')`,
    gone
      ? tx`UPDATE appointments SET sync_state = 'synced', next_attempt_at = NULL, review_reason = NULL
           WHERE id = ${appointmentId} AND status = 'failed'`
      : Promise.resolve(),
    tx`UPDATE appointment_phases SET sync = ${gone ? "cancelled" : "pending"}
       WHERE appointment_id = ${appointmentId} AND staff_required`,
  ]);
}

/** What was tried is off the table; the appointment is what it was before. */
export async function standsAgain(tx: Transaction, appointmentId: string): Promise<void> {
  await tx`UPDATE appointments SET sync_state = 'synced', last_error = NULL, next_attempt_at = NULL, review_reason = NULL,
             version = version + 1, updated_at = now()
           WHERE id = ${appointmentId} AND sync_state IN ('pending', 'manual_review', 'failed')`;
}

/**
 * Settles the command once, with the answer its caller gets unless one was given already (a 202 when the time
 * ran out), and wakes whoever waits.
 *
 * @param answerStatus `null`: the ingress words the answer (a refusal with fresh alternatives)
 */
export async function settleCommand(
  tx: Transaction,
  settlement: Settlement,
  outcome: CommandOutcome,
  answerStatus: number | null,
): Promise<void> {
  const { appointmentId, commandId } = settlement;
  if (commandId === null) return;
  const view = answerStatus === null ? null : await appointmentView(tx, appointmentId);
  await settling(tx, settlement, commandId, outcome, {
    answerStatus,
    view,
    branch: outcome.result === "done",
  });
  if (outcome.result === "refused") await callBackIfPromiseBroken(tx, settlement.companyId, appointmentId);
}

/**
 * A command that is carried out, and the appointment as it stands then.
 *
 * @param how `standing`: what was read already; `branch: false`: it was a booking, of which the branch is not told
 */
export async function settleDone(
  tx: Transaction,
  settlement: Settlement,
  status: "pending" | "confirmed" | "cancelled",
  answerStatus: number,
  { standing = null, branch = true }: { standing?: Standing | null; branch?: boolean } = {},
): Promise<AppointmentFacts | Closing<AppointmentFacts>> {
  const now = standing ?? (await readStanding(tx, settlement.appointmentId));
  if (!now) throw new UnknownAppointmentError();
  const { commandId } = settlement;
  if (commandId === null) return now.facts;
  return Closing.with(now.facts, [
    settling(tx, settlement, commandId, { result: "done", status }, { answerStatus, view: now.view, branch }),
  ]);
}

/**
 * A move to where the appointment stands already: the command is done, and nothing is moved, counted or charged,
 * of which the branch would have to learn.
 */
export async function settleUnmoved(
  tx: Transaction,
  settlement: Settlement & { commandId: string },
  status: "pending" | "confirmed",
): Promise<void> {
  const { appointmentId, commandId } = settlement;
  await releaseIntervals(tx, appointmentId, commandId);
  // What `acceptChange` had made of it; a review or a failure is not its own.
  await tx`UPDATE appointments SET sync_state = 'synced' WHERE id = ${appointmentId} AND sync_state = 'pending'`;
  await settling(
    tx,
    settlement,
    commandId,
    { result: "done", status, unmoved: true },
    {
      answerStatus: status === "confirmed" ? 200 : 202,
      view: await appointmentView(tx, appointmentId),
      branch: false,
    },
  );
}

function settling(
  tx: Transaction,
  { companyId, appointmentId }: Settlement,
  commandId: string,
  outcome: CommandOutcome,
  {
    answerStatus,
    view,
    branch,
  }: { answerStatus: number | null; view: AppointmentView | null; branch: boolean },
): Statement {
  return tx`
    WITH settled AS (
      UPDATE commands SET outcome = ${json(tx, outcome)}, settled_at = now(),
        answer_body = CASE WHEN answer_status IS NULL THEN ${view === null ? null : JSON.stringify(view)}::text::json ELSE answer_body END,
        answer_status = coalesce(answer_status, ${answerStatus}::int)
      WHERE id = ${commandId} AND outcome IS NULL RETURNING kind),
    noted AS (
      INSERT INTO timeline (company_id, appointment_id, kind, action, outcome, dedupe_key)
      SELECT ${companyId}::uuid, ${appointmentId}::uuid, 'command', kind,
        ${outcome.result === "done" ? outcome.status : outcome.problem}::text, ${`settled:${commandId}`}::text
      FROM settled ON CONFLICT DO NOTHING)
    ${branch ? tx`, told AS (${branchLearns(tx, { companyId, appointmentId, commandId })})` : tx``}
    SELECT pg_notify(${COMMAND_CHANNEL}, ${commandId}::text) FROM settled`;
}

/** The appointment as the workflow remembers it. */
export async function readFacts(tx: Transaction, appointmentId: string): Promise<AppointmentFacts> {
  const [rows, phases] = await Promise.all([
    tx<{ status: AppointmentStatus; startAt: Date; endAt: Date }[]>`
      SELECT status, start_at, end_at FROM appointments WHERE id = ${appointmentId}`,
    tx<PhaseRow[]>`
      SELECT ${phaseColumns(tx)} FROM appointment_phases WHERE appointment_id = ${appointmentId} ORDER BY position`,
  ]);
  const row = rows[0];
  if (!row) throw new UnknownAppointmentError();
  return {
    status: row.status,
    start: row.startAt.toISOString(),
    end: row.endAt.toISOString(),
    phases: phases.map((phase) => ({
      position: phase.position,
      key: phase.key,
      start: phase.startAt.toISOString(),
      end: phase.endAt.toISOString(),
      staffRequired: phase.staffRequired,
      staffId: phase.staffId,
      calcomEventTypeId: phase.calcomEventTypeId,
      uid: phase.calcomUid,
      cancelled: phase.sync === "cancelled",
    })),
  };
}

function phaseWritten(tx: Transaction, settlement: Settlement, result: PhaseResult): Promise<unknown>[] {
  return [
    settleOperation(tx, result.operationId, "done", result.uid),
    tx`UPDATE appointment_phases SET calcom_uid = ${result.uid}, sync = 'synced', requested = ${!result.accepted}
       WHERE appointment_id = ${settlement.appointmentId} AND key = ${result.phaseKey}`.execute(),
    rememberUid(tx, settlement, result.uid, result.phaseKey, result.previousUid),
  ];
}

/** Every uid leads to its appointment for good (salon-gateway 11.20). */
export async function rememberUid(
  tx: Transaction,
  settlement: { companyId: string; appointmentId: string },
  uid: string,
  phaseKey: string,
  previousUid: string | null,
): Promise<void> {
  await tx`
    INSERT INTO calcom_uids (company_id, uid, workflow_id, appointment_id, phase_key, previous_uid)
    SELECT company_id, ${uid}, workflow_id, id, ${phaseKey}, ${previousUid}::text FROM appointments WHERE id = ${settlement.appointmentId}
    ON CONFLICT (company_id, uid) DO UPDATE ${ownsUid(tx)}`;
}

export const ownsUid = (tx: Transaction) => tx`
  SET workflow_id = excluded.workflow_id, appointment_id = excluded.appointment_id, phase_key = excluded.phase_key,
    previous_uid = coalesce(excluded.previous_uid, calcom_uids.previous_uid)`;

export function written(action: string, result: PhaseResult): TimelineEntry {
  return {
    kind: "remote",
    action,
    outcome: result.accepted ? "accepted" : "pending",
    detail: { phase: result.phaseKey, start: result.start.toISOString() },
    dedupeKey: `remote:${result.operationId}`,
  };
}
