import { markSettled } from "../../db/booking/attempt.js";
import { commitBooked } from "../../db/booking/booked.js";
import { refuseCommand } from "../../db/booking/outcome.js";
import { applyMove } from "../../db/booking/remote-change.js";
import type { Transaction } from "../../db/client.js";
import type { AttemptReport, AttemptRequest } from "../../domain/booking/attempt.js";
import { alive, openAttempt } from "./context.js";
import { createOnce } from "./create-once.js";
import type { BookingDependencies } from "./dependencies.js";
import { factsOf } from "./facts.js";
import { afterSteps, isDone, isRefused, nothingToSend, type Step, unfinished } from "./step.js";

/**
 * One attempt at making all phases of a booking in Cal.com, in parallel. The outcome, the caller's answer and
 * the calendar are written in the same transaction: the caller is answered the moment it is durable.
 */
export async function attemptBook(
  deps: BookingDependencies,
  request: AttemptRequest,
): Promise<AttemptReport> {
  return await alive(async () => {
    const context = await openAttempt(deps, request, { markSent: true, lane: "live" });
    const { attempt } = context;
    const settled = attempt.command?.outcome;
    if (settled) return await alreadySettled(deps, request, settled);
    if (request.operations.length === 0) return nothingToSend();
    const steps = await Promise.all(attempt.operations.map((operation) => createOnce(context, operation)));
    return await conclude(deps, request, steps, attempt.phases);
  });
}

async function conclude(
  deps: BookingDependencies,
  request: AttemptRequest,
  steps: readonly Step[],
  planned: readonly { key: string; staffId: string | null }[],
): Promise<AttemptReport> {
  const operations = afterSteps(request.operations, steps);
  const doubt = steps.some((step) => (step.step === "retry" || step.step === "refused") && step.doubt);
  const done = steps.filter(isDone);
  const unwanted = done.some((step) => step.unwanted);
  if (done.length === steps.length && !unwanted) {
    const appointment = await commitBooked(
      deps.db,
      request,
      done.map((step) => step.result),
      planned,
      (tx) => followMoved(tx, request, done),
    );
    return { outcome: "done", operations, doubt, appointment };
  }
  for (const { operation, result } of done) {
    await markSettled(deps.db, request.companyId, operation.id, "done", result.uid);
  }
  const refused = steps.find(isRefused);
  if (!refused && !unwanted) return unfinished(operations, steps);
  const problem = refused?.problem ?? "slot-taken";
  // One phase cannot be had, so none is kept. The caller hears it now; what stands already is taken back.
  const standing =
    unwanted || steps.some((step) => !isRefused(step) && !(step.step === "retry" && !step.doubt));
  if (request.commandId === null) {
    return standing
      ? { outcome: "undo", problem, operations, doubt, appointment: null }
      : { outcome: "refused", problem, operations, doubt, appointment: null };
  }
  const appointment = await refuseCommand(
    deps.db,
    { ...request, commandId: request.commandId },
    {
      problem,
      fails: true,
      release: !standing,
      // It was made, and a person cancelled it before we had heard of it.
      ...(problem === "not-changeable" && !standing ? { cancelledBy: "calcom" } : {}),
    },
  );
  return { outcome: standing ? "undo" : "refused", problem, operations, doubt, appointment };
}

/** Found only now, and moved on by a person meanwhile: the appointment is where its bookings are. */
async function followMoved(
  tx: Transaction,
  request: AttemptRequest,
  done: readonly (Step & { step: "done" })[],
): Promise<boolean> {
  let moved = false;
  for (const { operation, result } of done) {
    if (result.start.getTime() === operation.wantedStart?.getTime()) continue;
    await applyMove(tx, request, {
      phaseKey: result.phaseKey,
      fromUid: null,
      uid: result.uid,
      start: result.start,
      end: result.end,
      confirmed: result.accepted,
      staffId: result.staffId,
    });
    moved = true;
  }
  return moved;
}

/** The attempt was through, only its report was lost (a worker died after the commit). */
async function alreadySettled(
  deps: BookingDependencies,
  request: AttemptRequest,
  outcome: { result: "done" } | { result: "refused"; problem: string },
): Promise<AttemptReport> {
  const { appointment, operations, standing } = await factsOf(deps, request);
  if (outcome.result === "done") return { outcome: "done", operations, doubt: false, appointment };
  return {
    outcome: standing ? "undo" : "refused",
    problem: outcome.problem,
    operations,
    doubt: standing,
    appointment,
  };
}
