import type { CalcomBooking } from "../../calcom/client.js";
import {
  markDoubtful,
  markNotSent,
  markSent,
  markSettled,
  type OperationRow,
} from "../../db/booking/attempt.js";
import type { AttemptContext } from "./context.js";
import { doubtUntil, getIfThere, isOffered, isOwn, lookUpCreated } from "./look-up.js";
import { calcomError, type Step, stepOfCleanError } from "./step.js";
import { keepWishedHost } from "./wished-host.js";

/**
 * Makes the booking of one phase, at most once. Cal.com has no idempotency key: what the operation's own row
 * says decides whether something may be there already, and then we look before anything is sent again.
 */
export async function createOnce(context: AttemptContext, operation: OperationRow): Promise<Step> {
  switch (operation.state) {
    case "done":
      return await alreadyDone(context, operation);
    case "refused":
    case "abandoned":
      return { step: "refused", operation, problem: "slot-taken", doubt: false };
    case "planned":
      await markSent(context.deps.db, context.account.companyId, operation);
      return await send(context, operation);
    case "sent":
      return operation.fresh ? await send(context, operation) : await resolveDoubt(context, operation);
  }
}

/** @param again Cal.com said "taken" before, and the look-ups since then have shown nothing of ours */
async function send(context: AttemptContext, operation: OperationRow, again = false): Promise<Step> {
  const { deps, account, attempt, catalogue, write } = context;
  const { appointment } = attempt;
  const start = operation.wantedStart;
  const eventTypeId = operation.calcomEventTypeId;
  if (!start || eventTypeId === null) {
    return { step: "blocked", operation, error: "no_event_type", reason: "calcom_rejected" };
  }
  let booking: CalcomBooking;
  try {
    booking = await deps.calcom.createBooking(
      account,
      {
        eventTypeId,
        start,
        attendee: {
          name: appointment.attendeeName,
          email: appointment.attendeeEmail,
          phone: appointment.attendeePhone,
          timeZone: appointment.timeZone,
          language: catalogue.company.locale.slice(0, 2),
        },
        metadata: {
          operationId: operation.id,
          appointmentId: appointment.id,
          phase: operation.phaseKey,
        },
        bookingFieldsResponses: {
          // Event types may require `title` as a booking question (salon-gateway 11.19).
          title: appointment.serviceName,
          ...(appointment.notes ? { notes: appointment.notes } : {}),
        },
      },
      write,
    );
  } catch (thrown) {
    const error = calcomError(thrown);
    if (!error.mayHaveHappened) {
      await markNotSent(deps.db, account.companyId, operation.id, error.kind);
      return stepOfCleanError(operation, error);
    }
    await markDoubtful(deps.db, account.companyId, operation.id, error.kind);
    const doubtful = { ...operation, lastSentAt: new Date(), error: error.kind };
    return await lookForOwn(context, doubtful, error.kind, again && error.kind === "taken");
  }
  if (isOwn(booking, operation)) return await done(context, operation, booking);
  // Cal.com answers a repeated attendee and start with the older booking (calcom.md 1.6): it is not ours.
  await markDoubtful(deps.db, account.companyId, operation.id, "foreign_booking");
  const step = await lookForOwn(context, { ...operation, lastSentAt: new Date() }, "foreign_booking");
  return step.step === "retry" ? await refuseTaken(context, operation) : step;
}

/**
 * Right after a doubtful answer: often the booking can be seen at once.
 *
 * @param known the same refusal came before: with this look the answer is known, whatever stands in the way
 *   there (a slot that is stale, a calendar of which we see nothing, calcom.md 3, row 23). Another request
 *   would be refused just so. What even the last one may have made is looked for later (`surplus.ts`).
 */
async function lookForOwn(
  context: AttemptContext,
  operation: OperationRow,
  error: string,
  known = false,
): Promise<Step> {
  try {
    const own = await lookUpCreated(context, operation);
    if (own.found === "own") return await done(context, operation, own.booking);
    if (own.found === "ended") return await refuseEnded(context, operation);
    if (known || (own.found === "taken" && error !== "ambiguous"))
      return await refuseTaken(context, operation);
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

/** Nothing is sent again before the look-ups have gone on for the whole window and no request can be under way. */
async function resolveDoubt(context: AttemptContext, operation: OperationRow): Promise<Step> {
  const { deps, account } = context;
  const until = doubtUntil(context, operation);
  const wait = (error: string, retryAfterMs: number | null = null): Step => ({
    step: "retry",
    operation,
    error,
    doubt: true,
    doubtUntil: until,
    retryAfterMs,
  });
  try {
    const own = await lookUpCreated(context, operation);
    if (own.found === "own") return await done(context, operation, own.booking);
    if (own.found === "ended") return await refuseEnded(context, operation);
    if (Date.now() < until) return wait("outcome_unknown");
    const eventTypeId = operation.calcomEventTypeId;
    const start = operation.wantedStart;
    if (own.found === "taken") return await refuseTaken(context, operation);
    if (eventTypeId !== null && start && !(await isOffered(context, eventTypeId, start))) {
      return await refuseTaken(context, operation);
    }
  } catch (thrown) {
    const error = calcomError(thrown);
    return wait(error.kind, error.retryAfterMs);
  }
  await markSent(deps.db, account.companyId, operation);
  const again = operation.error === "taken";
  return await send(context, { ...operation, doubtful: false, error: null }, again);
}

async function refuseTaken(context: AttemptContext, operation: OperationRow): Promise<Step> {
  await markSettled(context.deps.db, context.account.companyId, operation.id, "refused", null, "taken");
  return { step: "refused", operation, problem: "slot-taken", doubt: true };
}

/** A person cancelled it before we had heard that it was made. */
async function refuseEnded(context: AttemptContext, operation: OperationRow): Promise<Step> {
  await markSettled(context.deps.db, context.account.companyId, operation.id, "refused", null, "ended");
  return { step: "refused", operation, problem: "not-changeable", doubt: true };
}

/** Written by an earlier attempt of which other phases were not through yet. */
async function alreadyDone(context: AttemptContext, operation: OperationRow): Promise<Step> {
  const uid = operation.resultUid;
  const start = operation.wantedStart;
  if (uid === null || !start) return { step: "refused", operation, problem: "slot-taken", doubt: false };
  let booking: CalcomBooking | null = null;
  try {
    booking = await getIfThere(context, uid);
  } catch (thrown) {
    const { kind, retryAfterMs } = calcomError(thrown);
    return { step: "retry", operation, error: kind, doubt: false, doubtUntil: null, retryAfterMs };
  }
  if (booking) return await done(context, operation, booking);
  return {
    step: "retry",
    operation,
    error: "not_visible_yet",
    doubt: false,
    doubtUntil: null,
    retryAfterMs: null,
  };
}

async function done(context: AttemptContext, operation: OperationRow, booking: CalcomBooking): Promise<Step> {
  const host = await keepWishedHost(context, operation, booking);
  if (host.kind === "unsettled") return host.step;
  return {
    step: "done",
    operation,
    unwanted: host.kind === "unwanted",
    result: {
      operationId: operation.id,
      phaseKey: operation.phaseKey,
      uid: booking.uid,
      previousUid: null,
      accepted: booking.status === "accepted",
      staffId: host.staffId,
      start: booking.start,
      end: booking.end,
    },
  };
}
