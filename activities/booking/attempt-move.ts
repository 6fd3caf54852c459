import { markSettled } from "../../db/booking/attempt.js";
import { commitMoved, refuseCommand } from "../../db/booking/outcome.js";
import type { AttemptReport, AttemptRequest } from "../../domain/booking/attempt.js";
import { type AttemptContext, alive, openAttempt } from "./context.js";
import { createOnce } from "./create-once.js";
import type { BookingDependencies } from "./dependencies.js";
import { factsOf } from "./facts.js";
import { rescheduleOnce } from "./reschedule-once.js";
import { afterSteps, isDone, isRefused, nothingToSend, type Step, unfinished } from "./step.js";

/**
 * One attempt at moving an appointment. New bookings (another event type) are made first, then what can be
 * moved is moved, one phase after the other in the order of `operations`, so that no phase runs into its own
 * neighbour. The old set stands until the new one is complete (salon-gateway 6.5).
 */
export async function attemptMove(
  deps: BookingDependencies,
  request: AttemptRequest,
): Promise<AttemptReport> {
  return await alive(async () => {
    const { commandId } = request;
    if (commandId === null) throw new Error("a move has a command");
    const markSent = request.operations.length === 1;
    const context = await openAttempt(deps, request, { markSent, lane: "live" });
    const { attempt } = context;
    const settled = attempt.command?.outcome;
    if (settled) {
      const { appointment, operations, standing } = await factsOf(deps, request);
      if (settled.result === "done") return { outcome: "done", operations, doubt: false, appointment };
      return {
        outcome: standing ? "undo" : "refused",
        problem: settled.problem,
        operations,
        doubt: standing,
        appointment,
      };
    }
    if (request.operations.length === 0) return nothingToSend();
    const steps: Step[] = [];
    const creates = attempt.operations.filter((operation) => operation.kind === "create");
    const moves = attempt.operations.filter((operation) => operation.kind === "reschedule");
    steps.push(...(await Promise.all(creates.map((operation) => createOnce(context, operation)))));
    for (const operation of moves) {
      if (steps.some((step) => !isDone(step))) break;
      const step = await rescheduleOnce(context, operation, { compensates: false });
      steps.push(step);
      if (isDone(step)) await settleAtOnce(deps, request, step, attempt.operations.length);
    }
    return await conclude(context, request, commandId, steps);
  });
}

/** With a single operation its row is settled in the transaction of the outcome, which saves a round trip. */
async function settleAtOnce(
  deps: BookingDependencies,
  request: AttemptRequest,
  step: Step,
  operations: number,
): Promise<void> {
  if (operations > 1 && isDone(step))
    await markSettled(deps.db, request.companyId, step.operation.id, "done", step.result.uid);
}

async function conclude(
  context: AttemptContext,
  request: AttemptRequest,
  commandId: string,
  steps: readonly Step[],
): Promise<AttemptReport> {
  const { deps, attempt } = context;
  const operations = afterSteps(request.operations, steps);
  const doubt = steps.some((step) => (step.step === "retry" || step.step === "refused") && step.doubt);
  const payload = attempt.command?.payload;
  const done = steps.filter(isDone);
  if (done.length === attempt.operations.length) {
    const appointment = await commitMoved(
      deps.db,
      request,
      payload?.phases ?? [],
      done.map((step) => step.result),
      { feeCents: payload?.feeCents ?? 0 },
    );
    return { outcome: "done", operations, doubt, appointment };
  }
  for (const { operation, result } of done) {
    await markSettled(deps.db, request.companyId, operation.id, "done", result.uid);
  }
  const refused = steps.find(isRefused);
  if (!refused) return unfinished(operations, steps);
  const standing = done.length > 0 || steps.some((step) => step.step === "retry" && step.doubt);
  const appointment = await refuseCommand(
    deps.db,
    { ...request, commandId },
    { problem: refused.problem, fails: false, release: !standing },
  );
  return { outcome: standing ? "undo" : "refused", problem: refused.problem, operations, doubt, appointment };
}
