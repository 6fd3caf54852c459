import { CalcomError } from "../../calcom/errors.js";
import type { OperationRow } from "../../db/booking/attempt.js";
import type { PhaseResult } from "../../db/booking/settlement.js";
import type { AttemptReport } from "../../domain/booking/attempt.js";
import type { Operation } from "../../domain/booking/operation.js";
import type { ReviewReason } from "../../domain/booking/review.js";

/** How one operation of an attempt went. */
export type Step =
  | {
      step: "done";
      operation: OperationRow;
      result: PhaseResult;
      /** It stands in Cal.com, but not with the person who was asked for: it is to be taken back. */
      unwanted?: boolean;
    }
  /** Nothing of it stands in Cal.com, and trying again is pointless. */
  | { step: "refused"; operation: OperationRow; problem: string; doubt: boolean }
  | {
      step: "retry";
      operation: OperationRow;
      error: string;
      doubt: boolean;
      doubtUntil: number | null;
      retryAfterMs: number | null;
    }
  | { step: "blocked"; operation: OperationRow; error: string; reason: ReviewReason };

/** What an error of Cal.com means for a write that certainly had no effect. */
export function stepOfCleanError(operation: OperationRow, error: CalcomError): Step {
  switch (error.kind) {
    case "past":
      return { step: "refused", operation, problem: "in-past", doubt: false };
    case "out_of_bounds": {
      const hours = operation.wantedStart ? (operation.wantedStart.getTime() - Date.now()) / 3_600_000 : 0;
      return { step: "refused", operation, problem: hours > 14 * 24 ? "too-far" : "too-soon", doubt: false };
    }
    case "booker_limit":
    case "taken":
      return { step: "refused", operation, problem: "slot-taken", doubt: false };
    case "unauthorized":
    case "forbidden":
      return { step: "blocked", operation, error: error.kind, reason: "calcom_unauthorized" };
    case "invalid":
    case "missing_field":
    case "not_found":
    case "version":
    case "rejected":
    case "unsupported":
      return { step: "blocked", operation, error: error.kind, reason: "calcom_rejected" };
    default:
      return {
        step: "retry",
        operation,
        error: error.kind,
        doubt: false,
        doubtUntil: null,
        retryAfterMs: error.retryAfterMs,
      };
  }
}

/** Whatever is thrown by a call: Cal.com's own errors are decided on, all others are ours and retried by Temporal. */
export function calcomError(error: unknown): CalcomError {
  if (error instanceof CalcomError) return error;
  throw error;
}

const isStep =
  <K extends Step["step"]>(kind: K) =>
  (step: Step): step is Extract<Step, { step: K }> =>
    step.step === kind;

export const isDone = isStep("done");
export const isRefused = isStep("refused");
export const isRetry = isStep("retry");
export const isBlocked = isStep("blocked");

/** The operations as the workflow is to remember them after these steps. */
export function afterSteps(operations: readonly Operation[], steps: readonly Step[]): Operation[] {
  return operations.map((operation) => {
    const step = steps.find((candidate) => candidate.operation.id === operation.id);
    if (!step) return operation;
    const uid = step.operation.uid ?? operation.uid;
    if (isDone(step)) return { ...operation, uid, state: "done", resultUid: step.result.uid };
    if (isRefused(step)) return { ...operation, uid, state: "refused" };
    return { ...operation, uid };
  });
}

/** The report of an attempt that is not at its end: the most hopeless step speaks for all. */
export function unfinished(operations: Operation[], steps: readonly Step[]): AttemptReport {
  const doubt = steps.some((step) => (isRetry(step) || isRefused(step)) && step.doubt);
  const rest = { operations, doubt, appointment: null };
  const blocked = steps.find(isBlocked);
  if (blocked) return { outcome: "blocked", error: blocked.error, reason: blocked.reason, ...rest };
  const retries = steps.filter(isRetry);
  const doubtful = retries.flatMap((step) => (step.doubtUntil === null ? [] : [step.doubtUntil]));
  const waits = retries.flatMap((step) => (step.retryAfterMs === null ? [] : [step.retryAfterMs]));
  return {
    outcome: "retry",
    error: retries[0]?.error ?? "unknown",
    doubtUntil: doubtful.length > 0 ? Math.max(...doubtful) : null,
    retryAfterMs: waits.length > 0 ? Math.max(...waits) : null,
    ...rest,
  };
}

/** A booking or a move of nothing: all of its none would be done, and the caller told so. */
export function nothingToSend(): AttemptReport {
  return {
    outcome: "blocked",
    error: "no_operations",
    reason: "calcom_rejected",
    operations: [],
    doubt: false,
    appointment: null,
  };
}
