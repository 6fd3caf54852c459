import { z } from "zod";
import type { CalcomEventMessage, CancelMessage, RescheduleMessage } from "./messages.js";

// Anybody with the Web UI can send a signal, with any payload or none. A handler that throws, or an id that
// Postgres refuses for ever, would stop the workflow for good: what makes no sense is taken as not said.
const id = z.guid().optional().catch(undefined);
const text = z.string().optional().catch(undefined);
const commandSchema = z.object({ commandId: id }).catch({});
const rescheduleSchema = z
  // A person who cannot be meant must not become whoever has the booking now: an empty name is refused later.
  .object({ commandId: id, start: text, staffId: z.string().nullish().catch("") })
  .catch({});
const eventSchema = z.object({ eventId: z.guid() });

/** Of `book` and `cancel`. */
export function readCommand(message: unknown): CancelMessage {
  return commandSchema.parse(message);
}

export function readReschedule(message: unknown): RescheduleMessage {
  return rescheduleSchema.parse(message);
}

/** @returns `null` for one that names no event */
export function readCalcomEvent(message: unknown): CalcomEventMessage | null {
  return eventSchema.safeParse(message).data ?? null;
}
