import type { UndoOutcome } from "../../domain/booking/attempt.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import { type Database, inTenant } from "../client.js";
import { absorbMadeByHand } from "./absorb.js";
import { type CommandRow, cancellationOf, commandColumns } from "./attempt.js";
import { releaseIntervals } from "./intervals.js";
import { cancelRows, readFacts, settleCommand, standsAgain } from "./outcome.js";
import { note } from "./timeline.js";

export interface SettleByHand {
  companyId: string;
  appointmentId: string;
  decision: "give_up" | "mark_synced";
  task: {
    kind: "book" | "move" | "cancel" | "undo";
    commandId: string | null;
    after: UndoOutcome | null;
  } | null;
  /** The phase that a `segment_cancelled` review is about. */
  phaseKey: string | null;
  operationIds: string[];
}

/**
 * An operator did it in Cal.com himself (`mark_synced`) or lets it be (`give_up`): the rows say so, and no
 * call is made.
 */
export async function settleByHand(db: Database, request: SettleByHand): Promise<AppointmentFacts> {
  const { companyId, appointmentId, decision, task } = request;
  return await inTenant(db, companyId, async (tx) => {
    const settlement = { companyId, appointmentId, commandId: task?.commandId ?? null };
    const [command] = await tx<
      CommandRow[]
    >`SELECT ${commandColumns(tx)} FROM commands WHERE id = ${settlement.commandId}`;
    await tx`UPDATE remote_operations SET state = 'abandoned', doubtful = false, updated_at = now()
             WHERE id = ANY(${request.operationIds}::uuid[]) AND state IN ('planned', 'sent')`;
    if (task === null) {
      // A segment that stays cancelled: accepted, its chair is free.
      await tx`DELETE FROM busy_intervals WHERE owner_id = ${appointmentId} AND phase_key = ${request.phaseKey}`;
      await standsAgain(tx, appointmentId);
    } else if (task.kind === "undo") {
      for (const { commandId, problem } of task.after?.refuse ?? []) {
        await settleCommand(tx, { ...settlement, commandId }, { result: "refused", problem }, null);
      }
      for (const commandId of task.after?.complete ?? []) {
        await settleCommand(tx, { ...settlement, commandId }, { result: "done", status: "cancelled" }, 200);
      }
      const [row] = await tx<
        { status: string }[]
      >`SELECT status FROM appointments WHERE id = ${appointmentId}`;
      if (task.after?.status === "cancelled")
        await cancelRows(tx, appointmentId, cancellationOf(command ?? null), 0);
      else if (task.after?.status === "failed" || row?.status === "failed") {
        await tx`UPDATE appointments SET status = 'failed' WHERE id = ${appointmentId}`;
        await releaseIntervals(tx, appointmentId);
      } else if (settlement.commandId !== null)
        await releaseIntervals(tx, appointmentId, settlement.commandId);
      await tx`UPDATE appointments SET sync_state = ${decision === "mark_synced" ? "synced" : "failed"}, updated_at = now()
               WHERE id = ${appointmentId}`;
    } else if (task.kind === "cancel") {
      if (decision === "mark_synced") {
        await cancelRows(tx, appointmentId, cancellationOf(command ?? null), command?.payload.feeCents ?? 0);
        await settleCommand(tx, settlement, { result: "done", status: "cancelled" }, 200);
      } else {
        await standsAgain(tx, appointmentId);
        await settleCommand(tx, settlement, { result: "refused", problem: "not-changeable" }, null);
      }
    } else {
      await acceptAsMade(tx, request, command ?? null);
      await settleCommand(
        tx,
        settlement,
        { result: "done", status: "confirmed" },
        task.kind === "book" ? 201 : 200,
      );
    }
    await note(tx, companyId, appointmentId, {
      kind: "review",
      action: "settled_by_hand",
      outcome: decision,
    });
    return await readFacts(tx, appointmentId);
  });
}

type Tx = Parameters<typeof readFacts>[0];

/** Booked or moved by hand, without naming the booking: the times are the wished ones, the uid stays unknown. */
async function acceptAsMade(tx: Tx, request: SettleByHand, command: CommandRow | null): Promise<void> {
  const { appointmentId, task } = request;
  if (task?.kind === "move" && command) {
    await tx`DELETE FROM busy_intervals WHERE owner_id = ${appointmentId} AND command_id IS NULL`;
    for (const phase of command.payload.phases ?? []) {
      await tx`UPDATE appointment_phases SET start_at = ${phase.start}, end_at = ${phase.end}, staff_id = ${phase.staffId},
                 calcom_event_type_id = ${phase.calcomEventTypeId}
               WHERE appointment_id = ${appointmentId} AND key = ${phase.key}`;
    }
    await tx`
      UPDATE appointments a SET previous_start = a.start_at, start_at = s.start_at, end_at = s.end_at,
        reschedule_count = reschedule_count + 1
      FROM (SELECT min(start_at) AS start_at, max(end_at) AS end_at FROM appointment_phases WHERE appointment_id = ${appointmentId}) s
      WHERE a.id = ${appointmentId}`;
  }
  await absorbMadeByHand(tx, request);
  await tx`UPDATE busy_intervals SET kind = 'busy', command_id = NULL
           WHERE owner_id = ${appointmentId} AND command_id = ${command?.id ?? null}`;
  await tx`UPDATE appointment_phases SET sync = 'synced' WHERE appointment_id = ${appointmentId} AND staff_required`;
  await tx`UPDATE appointments SET status = 'confirmed', sync_state = 'synced', verified_at = now(), last_error = NULL,
             next_attempt_at = NULL, version = version + 1, updated_at = now()
           WHERE id = ${appointmentId} AND status IN ('pending', 'confirmed')`;
}
