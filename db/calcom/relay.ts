import { z } from "zod";
import type { CalcomEvent } from "../../domain/calcom/event.js";
import type { UnstartedCommand } from "../booking/commands.js";
import { asSystem, type Database, inTenant } from "../client.js";
import type { CommandPayload } from "../schema/booking.js";
import { alertDeadEvent } from "./inbox-event.js";

/** An event that waits to be brought to its lifecycle. */
export interface WaitingEvent {
  id: string;
  companyId: string;
  event: CalcomEvent;
  attempts: number;
}

/** A claim that is not settled in this time is anybody's again (its process has died). */
const LEASE_MS = 10_000;
/** Told to its workflow, but not applied: told again, which a workflow that knows it takes for nothing. */
const REDELIVER_MS = 900_000;
const MAX_ATTEMPTS = 30;

const eventSchema = z.custom<CalcomEvent>(
  (value) => typeof value === "object" && value !== null && "kind" in value,
);

/** Takes some of what waits; two relays never take the same. */
export async function claimEvents(db: Database, limit: number): Promise<WaitingEvent[]> {
  const rows = await asSystem(
    db,
    (tx) => tx<{ id: string; companyId: string; event: unknown; attempts: number }[]>`
      UPDATE webhook_events SET attempts = attempts + 1,
        relay_at = clock_timestamp() + ${LEASE_MS}::float8 * interval '1 ms'
      WHERE id IN (
        SELECT id FROM webhook_events
        WHERE status IN ('waiting', 'delivered') AND relay_at <= clock_timestamp() AND company_id IS NOT NULL
        ORDER BY received_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING id, company_id, event, attempts`,
  );
  return rows.map((row) => ({ ...row, event: eventSchema.parse(row.event) }));
}

export async function markDelivered(
  db: Database,
  companyId: string,
  eventId: string,
  workflowId: string,
): Promise<void> {
  await inTenant(
    db,
    companyId,
    (tx) => tx`UPDATE webhook_events
       SET status = CASE WHEN status = 'waiting' THEN 'delivered' ELSE status END, workflow_id = ${workflowId},
         relay_at = clock_timestamp() + ${REDELIVER_MS}::float8 * interval '1 ms'
       WHERE id = ${eventId}`,
  );
}

/** Why an event was not told: the first is nobody's fault but Temporal's and counts for nothing. */
export type PostponeReason = "temporal_unreachable" | "route_unclear" | "failed";

/**
 * It could not be told now: later, or never when it has been tried for long. However long Temporal is away,
 * nothing dies of it.
 */
export async function postponeEvent(
  db: Database,
  companyId: string,
  eventId: string,
  attempts: number,
  afterMs: number,
  reason: PostponeReason,
): Promise<void> {
  const inVain = reason !== "temporal_unreachable";
  const status = inVain && attempts >= MAX_ATTEMPTS ? "dead" : "waiting";
  await inTenant(db, companyId, async (tx) => {
    const [row] = await tx<{ trigger: string }[]>`
      UPDATE webhook_events
      SET relay_at = clock_timestamp() + ${afterMs}::float8 * interval '1 ms', note = ${reason},
        attempts = attempts - ${inVain ? 0 : 1}::int, status = ${status}
      WHERE id = ${eventId} AND status = 'waiting' RETURNING trigger`;
    if (row && status === "dead") {
      await alertDeadEvent(tx, { companyId, eventId, appointmentId: null, trigger: row.trigger }, reason);
    }
  });
}

/** It can never be told, however often it is tried: a person has to know. */
export async function buryEvent(
  db: Database,
  event: { companyId: string; eventId: string; trigger: string },
  why: string,
): Promise<void> {
  await inTenant(db, event.companyId, async (tx) => {
    const rows = await tx`
      UPDATE webhook_events SET status = 'dead', note = ${why}
      WHERE id = ${event.eventId} AND status = 'waiting' RETURNING 1`;
    if (rows.length > 0) await alertDeadEvent(tx, { ...event, appointmentId: null }, why);
  });
}

/** Commands whose signal was lost: accepted, but nobody has started on them. */
export async function claimCommands(db: Database, limit: number): Promise<UnstartedCommand[]> {
  return await asSystem(
    db,
    (tx) => tx<(UnstartedCommand & { payload: CommandPayload })[]>`
      UPDATE commands SET relay_attempts = relay_attempts + 1,
        relay_at = clock_timestamp() + least(60000, ${LEASE_MS}::float8 * power(2, least(relay_attempts, 6))) * interval '1 ms'
      WHERE id IN (
        SELECT id FROM commands WHERE started_at IS NULL AND settled_at IS NULL AND relay_at <= clock_timestamp()
        ORDER BY accepted_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING id, company_id, appointment_id, workflow_id, kind, payload`,
  );
}

/** Temporal could not be reached: soon again. */
export async function postponeCommand(
  db: Database,
  companyId: string,
  commandId: string,
  afterMs: number,
): Promise<void> {
  await inTenant(
    db,
    companyId,
    (tx) =>
      tx`UPDATE commands SET relay_at = clock_timestamp() + ${afterMs}::float8 * interval '1 ms' WHERE id = ${commandId}`,
  );
}
