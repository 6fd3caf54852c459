import type { BookingInput } from "./input.js";
import { attemptLimits, remote } from "./proxies.js";
import { enterReview, leaveReview } from "./review.js";
import type { BookingState } from "./state.js";
import { adopt, knownBooking, remember } from "./state.js";
import { giveUp, lookForSurplusSoon } from "./tasks.js";

const REMEMBERED_TOMBSTONES = 50;
/** Half a second, doubling up to a minute, for some two minutes: replicas lag for seconds. */
const FIRST_UNCLEAR_MS = 500;
const LAST_UNCLEAR_MS = 60_000;
const LONGEST_UNCLEAR = 8;

/**
 * One event of Cal.com. An echo verifies and causes no call; anything else is a real change: it is applied
 * here and never written back. Which of the two it is, the operations in the state decide.
 */
export async function applyEvent(
  input: BookingInput,
  state: BookingState,
  eventId: string,
  attempt: number,
): Promise<void> {
  const applied = await remote(input).applyCalcomEvent({
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    eventId,
    known: knownBooking(state),
    limits: attemptLimits(input),
    last: attempt >= LONGEST_UNCLEAR,
  });
  if (applied.decision === "unclear") {
    const delay = Math.min(FIRST_UNCLEAR_MS * 2 ** attempt, LAST_UNCLEAR_MS);
    state.unclear.push({ eventId, at: Date.now() + delay, attempt: attempt + 1 });
    return;
  }
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
    // A person ended it while we were still at it: nothing more is sent, and what stands is taken back.
    if (task?.kind === "move" || task?.kind === "book") await giveUp(input, state, task, "not-changeable");
    else if (task === null) await leaveReview(input, state);
  }
}
