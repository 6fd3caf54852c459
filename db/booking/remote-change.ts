import type { Catalogue } from "../../domain/tenant/catalogue.js";
import { json, type Transaction } from "../client.js";
import type { Cancellation } from "../schema/booking.js";
import { moveToHost, readPhases } from "./hosts.js";
import { releaseIntervals, reportConflict, takeImported } from "./intervals.js";
import { cancelRows, failRows, rememberUid } from "./outcome.js";

interface Scope {
  companyId: string;
  appointmentId: string;
}

/** A person moved one booking in Cal.com: it is applied, and the appointment spans its phases again. */
export async function applyRemoteMove(
  tx: Transaction,
  scope: Scope,
  catalogue: Catalogue,
  move: {
    phaseKey: string;
    fromUid: string | null;
    uid: string;
    start: Date;
    end: Date;
    confirmed: boolean;
    hostId: number | null;
  },
): Promise<void> {
  const hosts = catalogue.staff.filter(
    (member) => member.calcomUserId === move.hostId && move.hostId !== null,
  );
  await applyMove(tx, scope, { ...move, staffId: hosts.length === 1 ? (hosts[0]?.id ?? null) : null });
}

/**
 * The phase's booking stands at another time.
 *
 * @param move `staffId` is `null` where Cal.com names nobody that we know: the person stays
 */
export async function applyMove(
  tx: Transaction,
  scope: Scope,
  move: {
    phaseKey: string;
    fromUid: string | null;
    uid: string;
    start: Date;
    end: Date;
    confirmed: boolean;
    staffId: string | null;
  },
): Promise<void> {
  const { companyId, appointmentId } = scope;
  const before = await readPhases(tx, appointmentId);
  const moved = before.find((phase) => phase.key === move.phaseKey);
  if (!moved) return;
  const staffId = move.staffId ?? moved.staffId;
  await rememberUid(tx, scope, move.uid, move.phaseKey, move.fromUid);
  const unstaffedGapsFollow = before.filter((phase) => phase.staffRequired).length === 1;
  const shift = move.start.getTime() - moved.startAt.getTime();
  await tx`
    UPDATE appointment_phases SET start_at = ${move.start}, end_at = ${move.end}, staff_id = ${staffId},
      calcom_uid = ${move.uid}, sync = 'synced'
    WHERE appointment_id = ${appointmentId} AND key = ${move.phaseKey}`;
  if (unstaffedGapsFollow && before.length > 1) {
    await tx`UPDATE appointment_phases SET start_at = start_at + ${shift}::float8 * interval '1 ms', end_at = end_at + ${shift}::float8 * interval '1 ms'
             WHERE appointment_id = ${appointmentId} AND key <> ${move.phaseKey}`;
  }
  await tx`
    UPDATE appointments a SET previous_start = CASE WHEN a.start_at <> s.start_at THEN a.start_at ELSE a.previous_start END,
      reschedule_count = reschedule_count + 1, start_at = s.start_at, end_at = s.end_at,
      status = ${move.confirmed ? "confirmed" : "pending"}, cancellation = NULL,
      staff_id = coalesce((SELECT staff_id FROM appointment_phases WHERE appointment_id = a.id AND staff_required ORDER BY position LIMIT 1), a.staff_id),
      sync_state = CASE WHEN a.sync_state = 'manual_review' THEN a.sync_state ELSE 'synced' END,
      verified_at = now(), version = version + 1, updated_at = now()
    FROM (SELECT min(start_at) AS start_at, max(end_at) AS end_at FROM appointment_phases WHERE appointment_id = ${appointmentId}) s
    WHERE a.id = ${appointmentId}`;
  await tx`DELETE FROM busy_intervals WHERE owner_id = ${appointmentId} AND phase_key = ${move.phaseKey} AND command_id IS NULL`;
  if (staffId === null) return;
  const isLast = before.filter((phase) => phase.staffRequired).at(-1)?.key === move.phaseKey;
  const [row] = await tx<{ buffer: number }[]>`
    SELECT buffer_after_minutes AS buffer FROM appointments WHERE id = ${appointmentId}`;
  const until = new Date(move.end.getTime() + (isLast ? (row?.buffer ?? 0) * 60_000 : 0));
  const overlaps = await takeImported(
    tx,
    { companyId, ownerId: appointmentId, kind: "busy", commandId: null },
    [{ phaseKey: move.phaseKey, staffId, start: move.start, end: until }],
  );
  if (overlaps) await reportConflict(tx, companyId, appointmentId, move.uid);
}

/**
 * A person cancelled one booking in Cal.com.
 *
 * @returns the phase's key when other phases still stand: that is somebody's to decide, not silence
 */
export async function applyRemoteCancel(
  tx: Transaction,
  scope: Scope,
  cancel: { phaseKey: string; uid: string; cancellation: Cancellation },
): Promise<string | null> {
  await tx`UPDATE appointment_phases SET sync = 'cancelled', calcom_uid = ${cancel.uid}
           WHERE appointment_id = ${scope.appointmentId} AND key = ${cancel.phaseKey}`;
  await rememberUid(tx, scope, cancel.uid, cancel.phaseKey, null);
  const phases = await readPhases(tx, scope.appointmentId);
  const standing = phases.filter((phase) => phase.staffRequired && phase.sync !== "cancelled");
  if (standing.length > 0) return cancel.phaseKey;
  await cancelRows(tx, scope.appointmentId, cancel.cancellation, 0);
  return null;
}

/** The salon has said yes to a phase: the appointment is confirmed with the last of them. */
export async function applyRemoteConfirmation(
  tx: Transaction,
  scope: Scope,
  phaseKey: string,
): Promise<void> {
  const { appointmentId } = scope;
  await tx`UPDATE appointment_phases SET requested = false WHERE appointment_id = ${appointmentId} AND key = ${phaseKey}`;
  await tx`
    UPDATE appointments a SET version = version + 1, updated_at = now(), sync_state = 'synced', verified_at = now(),
      status = CASE WHEN EXISTS (SELECT 1 FROM appointment_phases p WHERE p.appointment_id = a.id AND p.requested
        AND p.sync <> 'cancelled') THEN 'pending' ELSE 'confirmed' END
    WHERE id = ${appointmentId} AND status = 'pending'`;
}

/**
 * Declined before it was ever confirmed: never made. Rejected afterwards: cancelled.
 *
 * @returns the phase's key when other phases still stand: that is somebody's to decide
 */
export async function applyRemoteRejection(
  tx: Transaction,
  scope: Scope,
  rejection: { phaseKey: string; uid: string; wasPending: boolean; cancellation: Cancellation },
): Promise<string | null> {
  const { appointmentId } = scope;
  const [row] = await tx<{ moves: number; others: number }[]>`
    SELECT a.reschedule_count - (
      -- Moved as the request that it was: that has confirmed nothing.
      SELECT count(*)::int FROM commands c
      WHERE c.appointment_id = a.id AND c.kind = 'reschedule' AND c.outcome->>'status' = 'pending'
        AND c.outcome->'unmoved' IS NULL AND NOT EXISTS (
          SELECT 1 FROM commands y WHERE y.appointment_id = a.id AND y.outcome->>'status' = 'confirmed')) AS moves, (
      SELECT count(*)::int FROM appointment_phases p
      WHERE p.appointment_id = a.id AND p.staff_required AND p.sync <> 'cancelled' AND p.key <> ${rejection.phaseKey}) AS others
    FROM appointments a WHERE a.id = ${appointmentId}`;
  if (!rejection.wasPending || (row?.moves ?? 0) > 0 || (row?.others ?? 0) > 0) {
    return await applyRemoteCancel(tx, scope, rejection);
  }
  await failRows(tx, appointmentId, true, "declined");
  await tx`UPDATE appointments SET cancellation = ${json(tx, rejection.cancellation)} WHERE id = ${appointmentId}`;
  await releaseIntervals(tx, appointmentId);
  return null;
}

/** The booking of a phase that was taken for made without knowing which it is. */
export async function adoptRemote(
  tx: Transaction,
  scope: Scope,
  adopted: { phaseKey: string; uid: string },
): Promise<void> {
  await tx`UPDATE appointment_phases SET calcom_uid = ${adopted.uid}, sync = 'synced'
           WHERE appointment_id = ${scope.appointmentId} AND key = ${adopted.phaseKey} AND calcom_uid IS NULL`;
  await rememberUid(tx, scope, adopted.uid, adopted.phaseKey, null);
}

/** Another host took it over; the uid stays. */
export async function applyRemoteReassignment(
  tx: Transaction,
  scope: Scope,
  catalogue: Catalogue,
  change: { phaseKey: string; uid: string; hostId: number | null },
): Promise<"reassigned" | "host_unknown" | "unchanged"> {
  const hosts = catalogue.staff.filter(
    (member) => member.calcomUserId === change.hostId && change.hostId !== null,
  );
  const to = hosts.length === 1 ? hosts[0]?.id : undefined;
  const phase = (await readPhases(tx, scope.appointmentId)).find(
    (candidate) => candidate.key === change.phaseKey,
  );
  if (to === undefined || !phase) {
    await tx`INSERT INTO drifts (company_id, kind, severity, appointment_id, calcom_uid, remote, dedupe_key)
             VALUES (${scope.companyId}, 'host_unknown', 'medium', ${scope.appointmentId}, ${change.uid},
               ${tx.json({ hostId: change.hostId })}, ${`host_unknown:${scope.appointmentId}`})
             ON CONFLICT DO NOTHING`;
    return "host_unknown";
  }
  if (phase.staffId === to) return "unchanged";
  if (phase.staffId === null) {
    await tx`UPDATE appointment_phases SET staff_id = ${to} WHERE appointment_id = ${scope.appointmentId} AND key = ${change.phaseKey}`;
    await tx`UPDATE appointments SET staff_id = ${to} WHERE id = ${scope.appointmentId}`;
    const overlaps = await takeImported(
      tx,
      { companyId: scope.companyId, ownerId: scope.appointmentId, kind: "busy", commandId: null },
      [{ phaseKey: phase.key, staffId: to, start: phase.startAt, end: phase.endAt }],
    );
    if (overlaps) await reportConflict(tx, scope.companyId, scope.appointmentId, change.uid);
  } else {
    await moveToHost(
      tx,
      scope.companyId,
      scope.appointmentId,
      change.phaseKey,
      phase.staffId,
      to,
      change.uid,
    );
  }
  await tx`UPDATE appointments SET version = version + 1, verified_at = now(), updated_at = now() WHERE id = ${scope.appointmentId}`;
  return "reassigned";
}

/** Marked, or unmarked again, as absent. */
export async function applyNoShow(tx: Transaction, scope: Scope, absent: boolean): Promise<void> {
  await tx`
    UPDATE appointments SET version = version + 1, updated_at = now(),
      status = CASE WHEN ${absent} THEN 'no_show' WHEN end_at <= now() THEN 'completed' ELSE 'confirmed' END
    WHERE id = ${scope.appointmentId}
      AND (${absent} AND status IN ('confirmed', 'completed') OR NOT ${absent} AND status = 'no_show')`;
}

/** Its cancel came first: a late create must not revive it. */
export async function leaveTombstone(
  tx: Transaction,
  scope: Scope & { workflowId: string },
  uid: string,
): Promise<void> {
  await tx`
    INSERT INTO calcom_uids (company_id, uid, workflow_id, appointment_id, tombstoned_at)
    VALUES (${scope.companyId}, ${uid}, ${scope.workflowId}, ${scope.appointmentId}, now())
    ON CONFLICT (company_id, uid) DO UPDATE SET tombstoned_at = coalesce(calcom_uids.tombstoned_at, now())`;
}
