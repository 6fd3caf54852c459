import type { UndoOutcome } from "../../domain/booking/attempt.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import { type Database, inTenant } from "../client.js";
import { type CommandRow, cancellationOf, commandColumns } from "./attempt.js";
import { releaseIntervals } from "./intervals.js";
import { cancelRows, failRows, readFacts, rememberUid, settleCommand, standsAgain } from "./outcome.js";
import type { PhaseResult, Settlement } from "./settlement.js";
import { note } from "./timeline.js";

/** Everything of the saga is taken back in Cal.com: here too, in one transaction. */
export async function commitUndone(
  db: Database,
  settlement: Settlement,
  after: UndoOutcome,
  movedBack: readonly PhaseResult[],
  operationIds: readonly string[],
): Promise<AppointmentFacts> {
  const { companyId, appointmentId, commandId } = settlement;
  return await inTenant(db, companyId, async (tx) => {
    for (const result of movedBack) {
      await tx`UPDATE appointment_phases SET calcom_uid = ${result.uid}, sync = 'synced'
               WHERE appointment_id = ${appointmentId} AND key = ${result.phaseKey}`;
      await rememberUid(tx, settlement, result.uid, result.phaseKey, result.previousUid);
    }
    if (commandId !== null) {
      // What was never sent, or looked for in vain, will not be done any more.
      await tx`UPDATE remote_operations SET state = 'refused', doubtful = false, updated_at = now()
               WHERE command_id = ${commandId} AND state IN ('planned', 'sent')`;
    }
    await note(tx, companyId, appointmentId, {
      kind: "compensation",
      action: "undo",
      outcome: "done",
      detail: { movedBack: movedBack.length },
      dedupeKey: `undone:${operationIds[0] ?? commandId}:${after.status ?? "stands"}`,
    });
    const [row] = await tx<{ status: string }[]>`SELECT status FROM appointments WHERE id = ${appointmentId}`;
    if (after.status === "cancelled") {
      const [cancel] = await tx<CommandRow[]>`
        SELECT ${commandColumns(tx)} FROM commands WHERE id = ANY(${after.complete}::uuid[])`;
      await cancelRows(tx, appointmentId, cancellationOf(cancel ?? null), cancel?.payload.feeCents ?? 0);
    } else if (after.status === "failed" || row?.status === "failed") {
      await failRows(tx, appointmentId, true, "given_up");
      await releaseIntervals(tx, appointmentId);
      // A person had cancelled it while we were still looking for it: it stays cancelled, and nothing is pending.
      if (row?.status === "cancelled") await standsAgain(tx, appointmentId);
    } else {
      if (commandId !== null) await releaseIntervals(tx, appointmentId, commandId);
      await standsAgain(tx, appointmentId);
    }
    for (const { commandId: refused, problem } of after.refuse) {
      await settleCommand(tx, { ...settlement, commandId: refused }, { result: "refused", problem }, null);
    }
    for (const completed of after.complete) {
      await settleCommand(
        tx,
        { ...settlement, commandId: completed },
        { result: "done", status: "cancelled" },
        200,
      );
    }
    return await readFacts(tx, appointmentId);
  });
}
