import { cancellationOf, markSettled } from "../../db/booking/attempt.js";
import { commitCancelled, refuseCommand } from "../../db/booking/outcome.js";
import type { AttemptReport, AttemptRequest } from "../../domain/booking/attempt.js";
import type { Operation } from "../../domain/booking/operation.js";
import { type CancelStep, cancelOnce } from "./cancel-once.js";
import { alive, openAttempt } from "./context.js";
import type { BookingDependencies } from "./dependencies.js";
import { factsOf } from "./facts.js";

/** Cal.com refuses a cancel without a reason (calcom.md 1.10). */
export const DEFAULT_CANCEL_REASON = "Abgesagt";

/** One attempt at cancelling every booking of an appointment, in parallel; done only when none stands. */
export async function attemptCancel(
  deps: BookingDependencies,
  request: AttemptRequest,
): Promise<AttemptReport> {
  return await alive(async () => {
    const { commandId } = request;
    if (commandId === null) throw new Error("a cancel has a command");
    const context = await openAttempt(deps, request, { markSent: true, lane: "live" });
    const { attempt } = context;
    if (attempt.command?.outcome) {
      const { appointment, operations } = await factsOf(deps, request);
      if (attempt.command.outcome.result === "done")
        return { outcome: "done", operations, doubt: false, appointment };
      return {
        outcome: "refused",
        problem: attempt.command.outcome.problem,
        operations,
        doubt: false,
        appointment,
      };
    }
    const reason = attempt.command?.payload.reason ?? DEFAULT_CANCEL_REASON;
    const steps = await Promise.all(
      attempt.operations.map((operation) => cancelOnce(context, operation, reason)),
    );
    const done = steps.filter((step) => step.step === "done");
    const operations = afterCancels(request.operations, steps);
    if (done.length === steps.length) {
      const appointment = await commitCancelled(
        deps.db,
        request,
        done.map((step) => ({
          operationId: step.operation.id,
          phaseKey: step.operation.phaseKey,
          uid: step.uid,
          outcome: step.outcome,
        })),
        { feeCents: attempt.command?.payload.feeCents ?? 0, cancellation: cancellationOf(attempt.command) },
      );
      return { outcome: "done", operations, doubt: false, appointment };
    }
    for (const step of done)
      await markSettled(deps.db, request.companyId, step.operation.id, "done", step.uid);
    const refused = steps.find((step) => step.step === "refused");
    if (refused && done.length === 0) {
      const appointment = await refuseCommand(
        deps.db,
        { ...request, commandId },
        { problem: refused.problem, fails: false, release: true },
      );
      return { outcome: "refused", problem: refused.problem, operations, doubt: false, appointment };
    }
    return cancelUnfinished(operations, steps);
  });
}

export function afterCancels(operations: readonly Operation[], steps: readonly CancelStep[]): Operation[] {
  return operations.map((operation) => {
    const step = steps.find((candidate) => candidate.operation.id === operation.id);
    if (step?.step === "done") return { ...operation, uid: step.uid, resultUid: step.uid, state: "done" };
    if (step?.step === "refused") return { ...operation, state: "refused" };
    return operation;
  });
}

/** Some are cancelled and some are not: partial is not cancelled (salon-gateway 11.43). */
export function cancelUnfinished(operations: Operation[], steps: readonly CancelStep[]): AttemptReport {
  const rest = { operations, doubt: false, appointment: null };
  const retry = steps.find((step) => step.step === "retry");
  if (!retry) return { outcome: "blocked", error: "rejected", reason: "calcom_rejected", ...rest };
  if (retry.error === "unauthorized" || retry.error === "forbidden") {
    return { outcome: "blocked", error: retry.error, reason: "calcom_unauthorized", ...rest };
  }
  return {
    outcome: "retry",
    error: retry.error,
    doubtUntil: retry.until,
    retryAfterMs: retry.retryAfterMs,
    ...rest,
  };
}
