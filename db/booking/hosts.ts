import { EXCLUSION_VIOLATION, sqlState, type Transaction } from "../client.js";
import { type PhaseRow, phaseColumns } from "./attempt.js";
import { easeConflicts, lockCalendars, reportConflict } from "./intervals.js";
import type { PhaseResult, Settlement } from "./settlement.js";

export async function readPhases(tx: Transaction, appointmentId: string): Promise<PhaseRow[]> {
  return await tx<PhaseRow[]>`
    SELECT ${phaseColumns(tx)} FROM appointment_phases WHERE appointment_id = ${appointmentId} ORDER BY position`;
}

/**
 * Locks the calendars between which chairs will be moved. To be called before anything of them is written: who
 * writes first and locks then waits for somebody who waits for what was written.
 */
export async function lockMovedChairs(
  tx: Transaction,
  results: readonly PhaseResult[],
  phases: readonly { key: string; staffId: string | null }[],
): Promise<void> {
  const moved = results.flatMap((result) => {
    const planned = phases.find((phase) => phase.key === result.phaseKey)?.staffId ?? null;
    if (result.staffId === null || planned === null || planned === result.staffId) return [];
    return [planned, result.staffId];
  });
  await lockCalendars(tx, moved);
}

/**
 * Where Cal.com chose another host than we held (round robin), the chair follows. Two bookings that were
 * crossed over change places; a real overlap is recorded as a conflict.
 *
 * @param phases who was to do them
 * @returns whether any chair was moved
 */
export async function followHosts(
  tx: Transaction,
  settlement: Settlement,
  results: readonly PhaseResult[],
  phases: readonly { key: string; staffId: string | null }[],
): Promise<boolean> {
  const { companyId, appointmentId } = settlement;
  let moved = false;
  for (const result of results) {
    const phase = phases.find((candidate) => candidate.key === result.phaseKey);
    if (!phase || result.staffId === null || phase.staffId === null || phase.staffId === result.staffId)
      continue;
    await moveToHost(tx, companyId, appointmentId, phase.key, phase.staffId, result.staffId, result.uid);
    moved = true;
  }
  return moved;
}

export async function moveToHost(
  tx: Transaction,
  companyId: string,
  appointmentId: string,
  phaseKey: string,
  from: string,
  to: string,
  calcomUid: string | null,
): Promise<void> {
  const mine = (inner: Transaction, conflict: boolean) => inner`
    UPDATE busy_intervals SET staff_id = ${to}, conflict = ${conflict}
    WHERE owner_id = ${appointmentId} AND phase_key = ${phaseKey} AND staff_id = ${from} AND command_id IS NULL`;
  await lockCalendars(tx, [from, to]);
  try {
    await tx.savepoint(async (inner) => {
      await inner`SET CONSTRAINTS busy_intervals_no_overlap DEFERRED`;
      // Somebody whom Cal.com has not placed yet and who did not ask for a person takes our former chair.
      await inner`
        UPDATE busy_intervals o SET staff_id = ${from}
        FROM busy_intervals m, appointments a
        WHERE m.owner_id = ${appointmentId} AND m.phase_key = ${phaseKey} AND m.staff_id = ${from} AND m.command_id IS NULL
          AND o.staff_id = ${to} AND o.owner_id <> m.owner_id AND o.during && m.during AND o.command_id IS NOT NULL
          AND a.id = o.owner_id AND NOT a.staff_wished AND a.status = 'pending'`;
      await mine(inner, false);
      await inner`SET CONSTRAINTS busy_intervals_no_overlap IMMEDIATE`;
    });
  } catch (error) {
    if (sqlState(error) !== EXCLUSION_VIOLATION) throw error;
    await tx`SET CONSTRAINTS busy_intervals_no_overlap IMMEDIATE`;
    await mine(tx, true);
    await reportConflict(tx, companyId, appointmentId, calcomUid);
  }
  await easeConflicts(tx, [from, to]);
  await tx`UPDATE appointment_phases SET staff_id = ${to} WHERE appointment_id = ${appointmentId} AND key = ${phaseKey}`;
  await tx`
    UPDATE appointments SET staff_id = ${to}, updated_at = now()
    WHERE id = ${appointmentId} AND (
      SELECT key FROM appointment_phases WHERE appointment_id = ${appointmentId} AND staff_required ORDER BY position LIMIT 1
    ) = ${phaseKey}`;
}
