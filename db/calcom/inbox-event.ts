import { z } from "zod";
import type { AppliedEvent } from "../../domain/booking/applied-event.js";
import type { CalcomEvent, CalcomPerson } from "../../domain/calcom/event.js";
import { json, type Transaction } from "../client.js";
import { raiseAlert } from "../operations/alerts.js";

/** One row of the inbox as the workflow's activity reads it. */
export interface InboxEvent {
  id: string;
  source: "webhook" | "reconcile";
  event: CalcomEvent;
  person: CalcomPerson;
  decision: AppliedEvent | null;
  status: string;
}

const rowSchema = z.object({
  id: z.string(),
  source: z.enum(["webhook", "reconcile"]),
  // Written by our own parser from a validated body.
  event: z.custom<CalcomEvent>((value) => typeof value === "object" && value !== null && "kind" in value),
  person: z.custom<CalcomPerson>((value) => typeof value === "object" && value !== null),
  decision: z.custom<AppliedEvent>().nullable(),
  status: z.string(),
});

export async function readInboxEvent(tx: Transaction, eventId: string): Promise<InboxEvent | null> {
  const [row] = await tx`
    SELECT id, source, event, person, decision, status FROM webhook_events WHERE id = ${eventId} FOR UPDATE`;
  return row ? rowSchema.parse(row) : null;
}

/** The event is applied: a repeated activity will find the decision and decide nothing again. */
export async function closeInboxEvent(
  tx: Transaction,
  eventId: string,
  applied: AppliedEvent,
  status: "processed" | "ignored" | "dead",
): Promise<void> {
  await tx`UPDATE webhook_events
           SET decision = ${json(tx, applied)}, status = ${status}, processed_at = coalesce(processed_at, clock_timestamp())
           WHERE id = ${eventId}`;
}

/**
 * Nobody will try this event again: a person has to know (contract.md 8, `inbox.dead`).
 *
 * @param why without personal data
 */
export async function alertDeadEvent(
  tx: Transaction,
  event: { companyId: string; eventId: string; appointmentId: string | null; trigger: string },
  why: string,
): Promise<void> {
  const { companyId, eventId, appointmentId, trigger } = event;
  await raiseAlert(tx, {
    companyId,
    type: "inbox.dead",
    data: { eventId, appointmentId, trigger, why },
    dedupeKey: `inbox_dead:${eventId}`,
  });
}
