import type { CalcomBooking } from "../../calcom/client.js";
import { markSettled, type OperationRow } from "../../db/booking/attempt.js";
import { type AttemptContext, staffOfHost } from "./context.js";
import { calcomError, type Step, stepOfCleanError } from "./step.js";

export type HostWish =
  | { kind: "kept"; staffId: string | null }
  /** The person is not to be had then: nobody else takes the place unasked. */
  | { kind: "unwanted"; staffId: string }
  | { kind: "unsettled"; step: Step };

/**
 * A caller who asked for a person by name gets that person or nobody (salon-gateway 11.40). On an event type on
 * which Cal.com chooses the host it may have chosen another one: then the booking is reassigned.
 */
export async function keepWishedHost(
  context: AttemptContext,
  operation: OperationRow,
  booking: CalcomBooking,
): Promise<HostWish> {
  const { deps, account, attempt, catalogue, write } = context;
  const staffId = staffOfHost(catalogue, booking.hosts[0]?.id);
  const planned = attempt.phases.find((phase) => phase.key === operation.phaseKey)?.staffId ?? null;
  if (!attempt.appointment.staffWished || planned === null || staffId === null || staffId === planned)
    return { kind: "kept", staffId };
  const hostId = catalogue.staff.find((member) => member.id === planned)?.calcomUserId ?? null;
  // From here on it is ours whatever happens: a repetition finds it and goes on from here.
  await markSettled(deps.db, account.companyId, operation.id, "done", booking.uid);
  if (hostId === null) return { kind: "unwanted", staffId };
  try {
    await deps.calcom.reassignBooking(account, booking.uid, hostId, write);
    return { kind: "kept", staffId: planned };
  } catch (thrown) {
    const error = calcomError(thrown);
    const clean = error.mayHaveHappened ? null : stepOfCleanError(operation, error);
    if (clean && clean.step !== "retry") return { kind: "unwanted", staffId };
    return {
      kind: "unsettled",
      step: {
        step: "retry",
        operation: { ...operation, state: "done", resultUid: booking.uid },
        error: error.kind,
        doubt: false,
        doubtUntil: null,
        retryAfterMs: error.retryAfterMs,
      },
    };
  }
}
