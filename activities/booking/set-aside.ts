import { UnknownAppointmentError } from "../../db/booking/attempt.js";
import { readFacts } from "../../db/booking/outcome.js";
import { note } from "../../db/booking/timeline.js";
import { alertDeadEvent, closeInboxEvent, readInboxEvent } from "../../db/calcom/inbox-event.js";
import { inTenant, sqlState } from "../../db/client.js";
import { type AppliedEvent, NOTHING_APPLIED } from "../../domain/booking/applied-event.js";
import type { BookingDependencies } from "./dependencies.js";

/** What an event is about neither Cal.com's primary nor, after minutes, a replica of it has: it is dead. */
export const NOT_IN_CALCOM = "not_found_in_calcom";

/** A race for the same row breaks a constraint too: only what fails again and again is permanent. */
export const TRIED_BEFORE_SET_ASIDE = 3;

/** Postgres refuses the data itself: its classes of data exceptions and of broken constraints. */
const OF_DATA = /^(22|23)/;

/** Whether a failure lies in what is to be written, so that it would come again for ever. */
export function isPermanent(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return OF_DATA.test(state);
  return (
    error instanceof UnknownAppointmentError || error instanceof TypeError || error instanceof RangeError
  );
}

/**
 * Gives an event up, with an alert: everything that is wanted of its appointment waits behind it. What it told is left to
 * `reconcile`, which compares with Cal.com itself.
 */
export async function setAside(
  deps: BookingDependencies,
  request: { companyId: string; appointmentId: string; eventId: string },
  error: unknown,
): Promise<AppliedEvent> {
  const { companyId, appointmentId, eventId } = request;
  const why = sqlState(error) ?? (error instanceof Error ? error.name : "unknown");
  deps.log.error({ eventId, why }, "an event of Cal.com cannot be applied and is set aside");
  return await inTenant(deps.db, companyId, async (tx) => {
    const inbox = await readInboxEvent(tx, eventId);
    if (!inbox) return NOTHING_APPLIED;
    if (inbox.decision) return inbox.decision;
    const rows = await tx`SELECT 1 FROM appointments WHERE id = ${appointmentId}`;
    const appointment = rows.length > 0 ? await readFacts(tx, appointmentId) : null;
    const result: AppliedEvent = { ...NOTHING_APPLIED, decision: "set_aside", appointment };
    await Promise.all([
      closeInboxEvent(tx, eventId, result, "dead"),
      note(tx, companyId, appointmentId, {
        kind: "webhook",
        action: inbox.event.kind,
        outcome: "set_aside",
        detail: { source: inbox.source, why },
        dedupeKey: `event:${eventId}`,
      }),
      alertDeadEvent(tx, { companyId, eventId, appointmentId, trigger: inbox.event.trigger }, why),
    ]);
    return result;
  });
}
