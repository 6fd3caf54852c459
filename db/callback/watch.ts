import type { CallbackPriority } from "../../domain/callback/promise.js";
import { type Database, inTenant } from "../client.js";
import { raiseAlert } from "../operations/alerts.js";
import type { CallbackReason } from "../schema/voice.js";
import type { CallbackStatus } from "./view.js";

/** What the workflow of a callback knows of it: nothing personal. */
export interface CallbackState {
  status: CallbackStatus;
  priority: CallbackPriority;
  reason: CallbackReason;
  /** ISO instant. */
  dueAt: string;
}

interface Scope {
  companyId: string;
  callbackId: string;
}

/** @returns `null`: there is no such callback (any more) */
export async function readCallbackState(db: Database, scope: Scope): Promise<CallbackState | null> {
  const [row] = await inTenant(
    db,
    scope.companyId,
    (tx) => tx<(Omit<CallbackState, "dueAt"> & { dueAt: Date })[]>`
      SELECT status, priority, reason, due_at FROM callbacks WHERE id = ${scope.callbackId}`,
  );
  return row ? { ...row, dueAt: row.dueAt.toISOString() } : null;
}

/**
 * Says that nobody has called back yet, unless somebody has. Repeated for one reminder it is one alert.
 *
 * @param scope `reminder`: from 1 on; `reminderId`: names it, also against another run's
 * @returns whether this reminder was made
 */
export async function remindOfCallback(
  db: Database,
  scope: Scope & { reminder: number; reminderId: string },
): Promise<boolean> {
  const { companyId, callbackId, reminder, reminderId } = scope;
  const dedupeKey = `callback:${callbackId}:overdue:${reminderId}`;
  return await inTenant(db, companyId, async (tx) => {
    const [row] = await tx<
      {
        priority: string;
        reason: string;
        dueAt: Date;
        workflowId: string;
        branchId: string | null;
      }[]
    >`UPDATE callbacks SET reminded_at = date_trunc('milliseconds', now()) WHERE id = ${callbackId} AND status = 'open'
      RETURNING priority, reason, due_at, workflow_id, branch_id`;
    if (row) {
      const { branchId, ...shown } = row;
      await raiseAlert(tx, {
        companyId,
        type: "callback.overdue",
        data: { callbackId, ...shown, dueAt: row.dueAt.toISOString(), reminder },
        dedupeKey,
        branchId,
      });
    }
    // By an attempt before this one, whose answer was lost.
    const made = await tx`SELECT 1 FROM alerts WHERE company_id = ${companyId} AND dedupe_key = ${dedupeKey}`;
    return made.length > 0;
  });
}
