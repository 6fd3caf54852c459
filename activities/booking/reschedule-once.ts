import type { CalcomBooking } from "../../calcom/client.js";
import {
  markDoubtful,
  markNotSent,
  markSent,
  markSettled,
  type OperationRow,
} from "../../db/booking/attempt.js";
import { madeUpEmail } from "../../domain/calcom/phone-attendee.js";
import { type AttemptContext, staffOfHost } from "./context.js";
import { doubtUntil, getIfThere, isActive, isOffered, newestOf } from "./look-up.js";
import { calcomError, type Step, stepOfCleanError } from "./step.js";

interface How {
  /** It takes back what was moved, and is tried until it is done: no refusal is the last word. */
  compensates: boolean;
}

/**
 * Moves the booking of one phase, at most once. Every move gives a new uid and kills the old one, so the old
 * one tells what became of it: nothing is sent for it again before a look at it says that it still stands.
 */
export async function rescheduleOnce(
  context: AttemptContext,
  operation: OperationRow,
  how: How,
): Promise<Step> {
  if (operation.uid === null || !operation.wantedStart) {
    return { step: "blocked", operation, error: "no_booking_to_move", reason: "calcom_rejected" };
  }
  switch (operation.state) {
    case "done":
      return await alreadyDone(context, operation);
    case "refused":
    case "abandoned":
      return { step: "refused", operation, problem: "slot-taken", doubt: false };
    case "planned":
      return await send(context, operation, how);
    case "sent":
      return operation.fresh
        ? await send(context, operation, how)
        : await resolve(context, operation, how, "outcome_unknown");
  }
}

/** @param again Cal.com said "taken" before, and the looks since then have shown the old booking where it was */
async function send(
  context: AttemptContext,
  operation: OperationRow,
  how: How,
  again = false,
): Promise<Step> {
  const { deps, account, attempt, write } = context;
  const companyId = account.companyId;
  const uid = operation.uid ?? "";
  const start = operation.wantedStart ?? new Date(0);
  const rescheduledBy = await movedBy(context, operation);
  if (!operation.fresh) await markSent(deps.db, companyId, operation);
  let booking: CalcomBooking;
  try {
    booking = await deps.calcom.rescheduleBooking(
      account,
      uid,
      {
        start,
        reason: attempt.command?.payload.reason ?? "Verschoben",
        ...(rescheduledBy === null ? {} : { rescheduledBy }),
      },
      write,
    );
  } catch (thrown) {
    const error = calcomError(thrown);
    if (
      error.kind === "already_rescheduled" ||
      error.kind === "gone" ||
      error.kind === "already_cancelled" ||
      error.kind === "not_found"
    ) {
      await markNotSent(deps.db, companyId, operation.id, error.kind);
      return await resolve(context, { ...operation, sends: 0 }, how, error.kind);
    }
    if (!error.mayHaveHappened) {
      await markNotSent(deps.db, companyId, operation.id, error.kind);
      return stepOfCleanError(operation, error);
    }
    await markDoubtful(deps.db, companyId, operation.id, error.kind);
    const doubtful = { ...operation, lastSentAt: new Date(), error: error.kind };
    return await look(context, doubtful, error.kind, again && !how.compensates && error.kind === "taken");
  }
  // Round robin answers a move to where it stands already with the booking itself (calcom.md 1.9).
  if (booking.start.getTime() === start.getTime() && isActive(booking) && isSuccessor(booking, uid)) {
    return done(context, operation, booking, uid);
  }
  await markDoubtful(deps.db, companyId, operation.id, "foreign_booking");
  // Twice somebody else's booking: the attendee has another one at that time, and Cal.com takes it for this one.
  if (!operation.fresh && operation.sends > 0) return await refuse(context, operation, "slot-taken");
  return await look(context, { ...operation, lastSentAt: new Date() }, "foreign_booking");
}

/**
 * In whose name it is moved: with the host's address, types that need confirmation accept at once (calcom.md 1.9).
 * What the salon has not said yes to stays a request, and is moved in the attendee's name. Whether it has said
 * yes meanwhile Cal.com knows best; where it cannot be asked, nothing is confirmed behind the salon's back.
 */
async function movedBy(context: AttemptContext, operation: OperationRow): Promise<string | null> {
  const { attempt, catalogue } = context;
  const { status, attendeeEmail, attendeePhone } = attempt.appointment;
  const phase = attempt.phases.find((candidate) => candidate.key === operation.phaseKey);
  const host = catalogue.staff.find((member) => member.id === phase?.staffId)?.email ?? null;
  if (status !== "pending" && !phase?.requested) return host;
  try {
    const there = await getIfThere(context, operation.uid ?? "");
    if (there?.status === "accepted") return host;
  } catch (thrown) {
    calcomError(thrown);
  }
  return attendeeEmail ?? (attendeePhone === null ? null : madeUpEmail(attendeePhone));
}

function isSuccessor(booking: CalcomBooking, uid: string): boolean {
  return booking.uid === uid || booking.rescheduledFromUid === uid;
}

/**
 * Right after a doubtful answer: did the old booking become one at our start?
 *
 * @param known the same refusal came before: the answer is known, whatever stands in the way there
 */
async function look(
  context: AttemptContext,
  operation: OperationRow,
  error: string,
  known = false,
): Promise<Step> {
  try {
    const state = await stateOf(context, operation);
    if (state.now === "ours") return done(context, operation, state.booking, operation.uid ?? "");
    const refused = error === "taken" && state.now === "stands";
    if (refused && (known || (await isTakenByOthers(context, operation)))) {
      return await refuse(context, operation, "slot-taken");
    }
  } catch (thrown) {
    calcomError(thrown);
  }
  return {
    step: "retry",
    operation,
    error,
    doubt: true,
    doubtUntil: doubtUntil(context, operation),
    retryAfterMs: null,
  };
}

/** What became of the old booking decides: ours, moved by somebody else, gone, or still standing. */
async function resolve(
  context: AttemptContext,
  operation: OperationRow,
  how: How,
  error: string,
): Promise<Step> {
  const until = doubtUntil(context, operation);
  const doubt = operation.sends > 0;
  const wait = (why: string, retryAfterMs: number | null = null): Step => ({
    step: "retry",
    operation,
    error: why,
    doubt,
    doubtUntil: doubt ? until : null,
    retryAfterMs,
  });
  try {
    const state = await stateOf(context, operation);
    switch (state.now) {
      case "ours":
        return done(context, operation, state.booking, operation.uid ?? "");
      case "moved":
        // A person was quicker; our change goes out under the newest uid. The old one is dead: no doubt left.
        return await send(context, { ...operation, uid: state.booking.uid, fresh: false, sends: 0 }, how);
      case "gone":
        return await refuse(context, operation, "not-changeable");
      case "unknown":
        return wait(error);
      case "stands": {
        if (doubt && Date.now() < until) return wait(error);
        const eventTypeId = operation.calcomEventTypeId;
        const start = operation.wantedStart;
        const free =
          eventTypeId === null ||
          !start ||
          (await isOffered(context, eventTypeId, start, operation.uid ?? undefined));
        if (!free) return await refuse(context, operation, "slot-taken");
        return await send(context, { ...operation, fresh: false }, how, doubt && operation.error === "taken");
      }
    }
  } catch (thrown) {
    const failure = calcomError(thrown);
    return wait(failure.kind, failure.retryAfterMs);
  }
}

type OldBooking =
  | { now: "ours"; booking: CalcomBooking }
  | { now: "moved"; booking: CalcomBooking }
  | { now: "stands" }
  | { now: "gone" }
  | { now: "unknown" };

async function stateOf(context: AttemptContext, operation: OperationRow): Promise<OldBooking> {
  const found = await newestOf(context, operation.uid ?? "");
  if (!found) return { now: "unknown" };
  const { newest } = found;
  if (newest.uid === operation.uid) {
    if (isActive(newest)) {
      const there = newest.start.getTime() === operation.wantedStart?.getTime();
      return there ? { now: "ours", booking: newest } : { now: "stands" };
    }
    // Cancelled and its successor not visible yet: the replica lags.
    return newest.rescheduledToUid === null ? { now: "gone" } : { now: "unknown" };
  }
  if (!isActive(newest)) return { now: "gone" };
  return newest.start.getTime() === operation.wantedStart?.getTime()
    ? { now: "ours", booking: newest }
    : { now: "moved", booking: newest };
}

/** Another booking of the same host overlaps the wished time: no need to wait for a lagging replica. */
async function isTakenByOthers(context: AttemptContext, operation: OperationRow): Promise<boolean> {
  const phase = context.attempt.phases.find((candidate) => candidate.key === operation.phaseKey);
  const start = operation.wantedStart;
  if (!phase || !start) return false;
  const end = new Date(start.getTime() + phase.endAt.getTime() - phase.startAt.getTime());
  const old = await getIfThere(context, operation.uid ?? "");
  const host = old?.hosts[0]?.id;
  const around = await context.deps.calcom.listBookings(
    context.account,
    {
      afterStart: new Date(start.getTime() - 6 * 3_600_000),
      beforeEnd: new Date(end.getTime() + 6 * 3_600_000),
      maxItems: 250,
    },
    context.read,
  );
  return around.some(
    (booking) =>
      booking.uid !== operation.uid &&
      isActive(booking) &&
      booking.start < end &&
      booking.end > start &&
      host !== undefined &&
      booking.hosts.some((other) => other.id === host),
  );
}

async function refuse(context: AttemptContext, operation: OperationRow, problem: string): Promise<Step> {
  await markSettled(context.deps.db, context.account.companyId, operation.id, "refused", null, problem);
  return { step: "refused", operation, problem, doubt: operation.sends > 0 };
}

/** An earlier attempt moved it; the other phases were not through. */
async function alreadyDone(context: AttemptContext, operation: OperationRow): Promise<Step> {
  try {
    const booking = operation.resultUid === null ? null : await getIfThere(context, operation.resultUid);
    if (booking) return done(context, operation, booking, operation.uid ?? "");
  } catch (thrown) {
    const { kind, retryAfterMs } = calcomError(thrown);
    return { step: "retry", operation, error: kind, doubt: false, doubtUntil: null, retryAfterMs };
  }
  return {
    step: "retry",
    operation,
    error: "not_visible_yet",
    doubt: false,
    doubtUntil: null,
    retryAfterMs: null,
  };
}

function done(
  context: AttemptContext,
  operation: OperationRow,
  booking: CalcomBooking,
  previousUid: string,
): Step {
  return {
    step: "done",
    operation,
    result: {
      operationId: operation.id,
      phaseKey: operation.phaseKey,
      uid: booking.uid,
      previousUid: previousUid === booking.uid ? null : previousUid,
      accepted: booking.status === "accepted",
      staffId: staffOfHost(context.catalogue, booking.hosts[0]?.id),
      start: booking.start,
      end: booking.end,
    },
  };
}
