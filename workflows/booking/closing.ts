import { workflowInfo } from "@temporalio/workflow";
import type { BookingInput } from "./input.js";
import { local } from "./proxies.js";
import type { BookingState } from "./state.js";
import { adopt } from "./state.js";

/** When the appointment is over and has taken place (ms since epoch); `null` if that is not to come. */
export function completionTime(state: BookingState): number | null {
  if (state.task || state.review || state.end === null) return null;
  return state.status === "confirmed" ? Date.parse(state.end) : null;
}

export async function completeAtEnd(input: BookingInput, state: BookingState): Promise<void> {
  const facts = await local.completeAppointment({
    companyId: input.companyId,
    appointmentId: input.appointmentId,
  });
  adopt(state, facts);
}

/**
 * When nothing more is expected: some days after the end, for late webhooks and no-shows. A booking that
 * was never made, or of which only a tombstone is left, needs no more than those days from its start.
 */
export function closeTime(input: BookingInput, state: BookingState): number {
  const born = workflowInfo().runStartTime.getTime();
  const end =
    state.status === "none" || state.status === "failed" || state.end === null ? born : Date.parse(state.end);
  return end + input.durations.closeAfterMs;
}
