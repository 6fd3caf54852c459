import { uuid4 } from "@temporalio/workflow";
import type { ReviewDecision } from "../../domain/booking/review.js";
import { cancelAll } from "./commands.js";
import type { BookingInput } from "./input.js";
import { attemptLimits, local, remote } from "./proxies.js";
import { leaveReview } from "./review.js";
import type { BookingState } from "./state.js";
import { adopt, operationsOf, remember } from "./state.js";
import { attemptTask, begin, giveUp, newOperation } from "./tasks.js";

/**
 * Does what the operator decided.
 *
 * @returns what went wrong, in words for the operator, or `null`
 */
export async function decide(
  input: BookingInput,
  state: BookingState,
  decision: ReviewDecision,
): Promise<string | null> {
  const review = state.review;
  if (!review) return "this booking is not under review any more";
  const scope = { companyId: input.companyId, appointmentId: input.appointmentId };
  await local.recordDecision({
    ...scope,
    decision: decision.decision,
    actor: decision.actor,
    note: decision.note,
  });
  switch (decision.decision) {
    case "retry": {
      if (review.reason === "segment_cancelled" && state.task === null) {
        const phase = state.phases.find((candidate) => candidate.key === review.phaseKey);
        if (!phase) return "the phase of this review is unknown";
        begin(state, "book", null, [newOperation("create", phase.key, null, phase.start)]);
      }
      await attemptTask(input, state);
      return null;
    }
    case "adopt":
      return await adoptByHand(input, state, decision.calcomUid ?? "");
    case "cancel": {
      const commandId = uuid4();
      const prepared = await local.prepareCancel({ ...scope, commandId, byOperator: true });
      if (prepared.result === "refused") return "the appointment cannot be cancelled any more";
      await cancelAll(input, state, commandId);
      await attemptTask(input, state);
      return null;
    }
    case "give_up": {
      const task = state.task;
      if (task && (task.kind === "book" || task.kind === "move")) {
        await giveUp(input, state, task, "not-changeable");
        await attemptTask(input, state);
        return null;
      }
      return await settleByHand(input, state, "give_up");
    }
    case "mark_synced":
      if (decision.calcomUid !== undefined && state.task && state.task.kind !== "cancel") {
        return await adoptByHand(input, state, decision.calcomUid);
      }
      return await settleByHand(input, state, "mark_synced");
  }
}

/** The operator proves the open operation: from here on it is as if Cal.com had answered. */
async function adoptByHand(input: BookingInput, state: BookingState, uid: string): Promise<string | null> {
  const task = state.task;
  if (!task) return "nothing is under way that a booking could be adopted for";
  const adopted = await remote(input).adoptBooking({
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    uid,
    operations: operationsOf(state, task.operationIds),
    limits: attemptLimits(input),
  });
  if (adopted.result === "refused") return adopted.why;
  remember(state, [adopted.operation]);
  await attemptTask(input, state);
  return null;
}

/** The operator did it, or lets it be: what is under way is settled without another call. */
async function settleByHand(
  input: BookingInput,
  state: BookingState,
  decision: "give_up" | "mark_synced",
): Promise<string | null> {
  const task = state.task;
  const facts = await local.settleByHand({
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    decision,
    task: task && { kind: task.kind, commandId: task.commandId, after: task.after },
    phaseKey: state.review?.phaseKey ?? null,
    operationIds: task?.operationIds ?? [],
  });
  if (task) {
    remember(
      state,
      operationsOf(state, task.operationIds).map((operation) =>
        operation.state === "open" ? { ...operation, state: "abandoned" } : operation,
      ),
    );
  }
  adopt(state, facts);
  state.task = null;
  await leaveReview(input, state);
  return null;
}
