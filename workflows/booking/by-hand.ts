import type { CalcomEventMessage, CancelMessage, RescheduleMessage } from "./messages.js";

// Anybody with the Web UI can send a signal, with any payload or none. A handler that throws, or an id that
// Postgres refuses for ever, would stop the workflow for good: what makes no sense is taken as not said. Read by
// hand and not by zod: every workflow evaluates its modules anew, and zod alone costs 12 ms of CPU each time.
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const guid = (value: unknown): string | undefined =>
  typeof value === "string" && GUID.test(value) ? value : undefined;

function fields(message: unknown): Record<string, unknown> {
  return typeof message === "object" && message !== null && !Array.isArray(message) ? { ...message } : {};
}

/** Of `book` and `cancel`. */
export function readCommand(message: unknown): CancelMessage {
  const commandId = guid(fields(message).commandId);
  return commandId === undefined ? {} : { commandId };
}

export function readReschedule(message: unknown): RescheduleMessage {
  const { start, staffId } = fields(message);
  // A person who cannot be meant must not become whoever has the booking now: an empty name is refused later.
  const named = staffId === undefined || staffId === null || typeof staffId === "string" ? staffId : "";
  return {
    ...readCommand(message),
    ...(typeof start === "string" ? { start } : {}),
    ...(named === undefined ? {} : { staffId: named }),
  };
}

/** @returns `null` for one that names no event */
export function readCalcomEvent(message: unknown): CalcomEventMessage | null {
  const eventId = guid(fields(message).eventId);
  return eventId === undefined ? null : { eventId };
}
