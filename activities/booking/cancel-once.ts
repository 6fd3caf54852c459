import type { CalcomError } from "../../calcom/errors.js";
import { lastSeenOfUid, markDoubtful, markSent, type OperationRow } from "../../db/booking/attempt.js";
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
  | {
      step: "retry";
      operation: OperationRow;
      error: string;
      /** Cal.com's replica may not have got the booking before (ms since epoch). */
      until: number | null;
      retryAfterMs: number | null;
    };

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
        case "not_found": {
          const until = await visibleBy(context, uid);
          if (Date.now() < until) return retry(operation, "not_visible_yet", until);
          return { step: "done", operation, uid, outcome: "not_found" };
        }
        case "rejected":
          // It has ended, or the event type does not allow it: a person has to look.
          return { step: "refused", operation, problem: "not-changeable" };
        case "already_cancelled":
        case "already_rescheduled":
        case "gone": {
          const newer = await newerStanding(context, uid, error);
          if (newer.state === "unknown") {
            const since = operation.firstSentAt?.getTime() ?? Date.now();
            return retry(operation, newer.error, since + context.limits.lookupWindowMs);
          }
          if (newer.state === "none") return { step: "done", operation, uid, outcome: "was_cancelled" };
          uid = newer.uid;
          break;
        }
        default:
          if (error.mayHaveHappened) await markDoubtful(deps.db, account.companyId, operation.id, error.kind);
          return { ...retry(operation, error.kind, null), retryAfterMs: error.retryAfterMs };
      }
    }
  }
  return retry(operation, "chain_too_long", null);
}

function retry(operation: OperationRow, error: string, until: number | null): CancelStep & { step: "retry" } {
  return { step: "retry", operation, error, until, retryAfterMs: null };
}

/** A booking that was made just now is not found on a replica that lags, and would be left standing. */
async function visibleBy(context: AttemptContext, uid: string): Promise<number> {
  const seen = await lastSeenOfUid(context.deps.db, context.account.companyId, uid);
  return (seen?.getTime() ?? 0) + context.limits.lookupWindowMs;
}

/** A person may have moved it meanwhile: the old uid is cancelled, the appointment is not (calcom.md 1.10). */
async function newerStanding(
  context: AttemptContext,
  uid: string,
  error: CalcomError,
): Promise<{ state: "none" } | { state: "standing"; uid: string } | { state: "unknown"; error: string }> {
  try {
    const found = await newestOf(context, uid);
    const newest = found?.newest;
    if (newest && newest.uid !== uid && isActive(newest)) return { state: "standing", uid: newest.uid };
    if (newest && newest.uid !== uid) return { state: "none" };
    // The refusal comes from the primary; a replica that lags does not show where the booking went.
    if (error.rescheduledToUid !== null) return { state: "standing", uid: error.rescheduledToUid };
    if (error.kind === "already_rescheduled" || (newest && isActive(newest)))
      return { state: "unknown", error: "not_visible_yet" };
    return { state: "none" };
  } catch (thrown) {
    return { state: "unknown", error: calcomError(thrown).kind };
  }
}
