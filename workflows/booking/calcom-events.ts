import type { BookingInput } from "./input.js";
import { attemptLimits, remote } from "./proxies.js";
import { enterReview, leaveReview } from "./review.js";
import type { BookingState } from "./state.js";
import { adopt, knownBooking, remember } from "./state.js";
import { giveUp, lookForSurplusSoon } from "./tasks.js";

const REMEMBERED_TOMBSTONES = 50;

/**
 * One event of Cal.com. An echo verifies and causes no call; anything else is a real change: it is applied
 * here and never written back. Which of the two it is, the operations in the state decide.
 */
export async function applyEvent(input: BookingInput, state: BookingState, eventId: string): Promise<void> {
  const applied = await remote(input).applyCalcomEvent({
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    eventId,
    known: knownBooking(state),
    limits: attemptLimits(input),
  });
  remember(state, applied.operations);
  if (applied.appointment) adopt(state, applied.appointment);
  if (applied.tombstone !== null) {
    state.tombstones = [...state.tombstones, applied.tombstone].slice(-REMEMBERED_TOMBSTONES);
  }
  if (applied.surplusOf !== null) lookForSurplusSoon(state, applied.surplusOf);
  const task = state.task;
  if (applied.proven && task) task.dueAt = Date.now();
  if (applied.segmentCancelled !== null) {
    await enterReview(input, state, "segment_cancelled", applied.segmentCancelled);
  }
  const over = state.status === "cancelled" || state.status === "failed";
  if (over && applied.appointment) {
    if (task?.kind === "move") await giveUp(input, state, task, "not-changeable");
    else if (task === null) await leaveReview(input, state);
  }
}
