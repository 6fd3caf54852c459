import { beginAttempt, markSettled, readOperations } from "../../db/booking/attempt.js";
import { note } from "../../db/booking/timeline.js";
import { inTenant } from "../../db/client.js";
import type { AttemptLimits } from "../../domain/booking/attempt.js";
import type { Operation } from "../../domain/booking/operation.js";
import { madeUpEmail } from "../../domain/calcom/phone-attendee.js";
import { afterCancels, DEFAULT_CANCEL_REASON } from "./attempt-cancel.js";
import { cancelOnce } from "./cancel-once.js";
import { alive, callOptions, openAttempt } from "./context.js";
import type { BookingDependencies } from "./dependencies.js";
import { isActive } from "./look-up.js";
import { calcomError } from "./step.js";

export interface SurplusRequest {
  companyId: string;
  appointmentId: string;
  operations: Operation[];
  limits: AttemptLimits;
}

const DAY_MS = 86_400_000;

/**
 * Looks once more for what a doubtful attempt may have left behind: a second booking that carries the same
 * operation id at its start. What a person moved there carries it too, but came from another booking and is
 * therefore never touched.
 */
export async function findSurplus(
  deps: BookingDependencies,
  request: SurplusRequest,
): Promise<{ surplus: { uid: string; phaseKey: string }[]; unclear: boolean }> {
  return await alive(async () => {
    const account = await deps.directory.calcomAccount(request.companyId);
    const attempt = await beginAttempt(deps.db, { ...request, commandId: null, operations: [] }, false);
    const rows = await inTenant(deps.db, request.companyId, (tx) =>
      readOperations(
        tx,
        request.operations.map((operation) => operation.id),
      ),
    );
    const current = new Set(attempt.phases.map((phase) => phase.calcomUid));
    const { attendeeEmail, attendeePhone } = attempt.appointment;
    const email = attendeeEmail ?? (attendeePhone === null ? null : madeUpEmail(attendeePhone));
    const { read } = callOptions(request.limits, "background");
    const surplus: { uid: string; phaseKey: string }[] = [];
    try {
      for (const row of rows) {
        if (!row.wantedStart) continue;
        // A move replaces: only beside the booking it is known to have made can there be another. Where it was
        // refused, a booking at its start was moved there by a person.
        if (row.kind === "reschedule" && row.state !== "done") continue;
        const listed = await deps.calcom.listBookings(
          account,
          {
            ...(row.calcomEventTypeId === null ? {} : { eventTypeIds: [row.calcomEventTypeId] }),
            ...(email === null ? {} : { attendeeEmail: email }),
            afterStart: row.wantedStart,
            beforeEnd: new Date(row.wantedStart.getTime() + DAY_MS),
            maxItems: 250,
          },
          read,
        );
        for (const booking of listed) {
          const sameWrite =
            row.kind === "create"
              ? booking.metadata.operationId === row.id && booking.rescheduledFromUid === null
              : booking.rescheduledFromUid === row.uid &&
                booking.metadata.appointmentId === request.appointmentId;
          const ours =
            sameWrite && isActive(booking) && booking.start.getTime() === row.wantedStart.getTime();
          const kept = row.state === "done" ? booking.uid === row.resultUid : current.has(booking.uid);
          if (ours && !kept) surplus.push({ uid: booking.uid, phaseKey: row.phaseKey });
        }
      }
    } catch (thrown) {
      calcomError(thrown);
      return { surplus, unclear: true };
    }
    return { surplus, unclear: false };
  });
}

/** Cancels what `findSurplus` found; the operations are in the workflow's state already. */
export async function cancelSurplus(
  deps: BookingDependencies,
  request: SurplusRequest,
): Promise<{ operations: Operation[]; unclear: boolean }> {
  return await alive(async () => {
    const context = await openAttempt(
      deps,
      { ...request, commandId: null },
      { markSent: false, lane: "live" },
    );
    const { attempt } = context;
    const steps = [];
    for (const operation of attempt.operations) {
      const step = await cancelOnce(context, operation, DEFAULT_CANCEL_REASON);
      steps.push(step);
      if (step.step !== "done") continue;
      await markSettled(deps.db, request.companyId, operation.id, "done", step.uid);
      await inTenant(deps.db, request.companyId, (tx) =>
        note(tx, request.companyId, request.appointmentId, {
          kind: "compensation",
          action: "cancel_surplus",
          outcome: step.outcome,
          detail: { phase: operation.phaseKey },
          dedupeKey: `surplus:${operation.id}`,
        }),
      );
    }
    return {
      operations: afterCancels(request.operations, steps),
      unclear: steps.some((step) => step.step !== "done"),
    };
  });
}
