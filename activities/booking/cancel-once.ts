import { markDoubtful, markSent, type OperationRow } from "../../db/booking/attempt.js";
import type { AttemptContext } from "./context.js";
import { isActive, newestOf } from "./look-up.js";
import { calcomError } from "./step.js";

export type CancelStep =
  | {
      step: "done";
      operation: OperationRow;
      uid: string;
      outcome: "cancelled" | "was_cancelled" | "not_found";
    }
  | { step: "refused"; operation: OperationRow; problem: string }
  | { step: "retry"; operation: OperationRow; error: string; retryAfterMs: number | null };

const LONGEST_CHASE = 5;

/**
 * Cancels a booking and whatever it was moved to. Repeating a cancel is harmless, so nothing is looked up
 * first; "cancelled already" and "not found" are success, unless a newer booking of the chain still stands.
 */
export async function cancelOnce(
  context: AttemptContext,
  operation: OperationRow,
  reason: string,
): Promise<CancelStep> {
  const { deps, account, write } = context;
  let uid = operation.uid;
  if (uid === null) return { step: "done", operation, uid: "", outcome: "not_found" };
  if (operation.state === "done")
    return { step: "done", operation, uid: operation.resultUid ?? uid, outcome: "was_cancelled" };
  for (let chase = 0; chase < LONGEST_CHASE; chase += 1) {
    if (!operation.fresh || chase > 0) await markSent(deps.db, account.companyId, { id: operation.id, uid });
    try {
      await deps.calcom.cancelBooking(account, uid, reason, write);
      return { step: "done", operation, uid, outcome: "cancelled" };
    } catch (thrown) {
      const error = calcomError(thrown);
      switch (error.kind) {
        case "not_found":
          return { step: "done", operation, uid, outcome: "not_found" };
        case "rejected":
          // It has ended, or the event type does not allow it: a person has to look.
          return { step: "refused", operation, problem: "not-changeable" };
        case "already_cancelled":
        case "already_rescheduled":
        case "gone": {
          const newer = await newerStanding(context, uid);
          if (newer.state === "unknown")
            return { step: "retry", operation, error: newer.error, retryAfterMs: null };
          if (newer.state === "none") return { step: "done", operation, uid, outcome: "was_cancelled" };
          uid = newer.uid;
          break;
        }
        default:
          if (error.mayHaveHappened) await markDoubtful(deps.db, account.companyId, operation.id, error.kind);
          return { step: "retry", operation, error: error.kind, retryAfterMs: error.retryAfterMs };
      }
    }
  }
  return { step: "retry", operation, error: "chain_too_long", retryAfterMs: null };
}

/** A person may have moved it meanwhile: the old uid is cancelled, the appointment is not (calcom.md 1.10). */
async function newerStanding(
  context: AttemptContext,
  uid: string,
): Promise<{ state: "none" } | { state: "standing"; uid: string } | { state: "unknown"; error: string }> {
  try {
    const found = await newestOf(context, uid);
    if (found && found.newest.uid !== uid && isActive(found.newest))
      return { state: "standing", uid: found.newest.uid };
    return { state: "none" };
  } catch (thrown) {
    return { state: "unknown", error: calcomError(thrown).kind };
  }
}
