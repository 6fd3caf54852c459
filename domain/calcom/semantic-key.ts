import type { CalcomEvent } from "./event.js";

const MAX_FIELD = 60;

/**
 * What makes two webhooks the same news: Cal.com sends no delivery id, and the same change arrives once per
 * registered webhook, each with another `createdAt`. So content decides. No-show marks may be set and taken
 * back any number of times, and events without a booking have no other content that we read: there the time
 * of sending counts too.
 *
 * @returns at most 500 characters, unique per company.
 */
export function semanticKey(event: CalcomEvent): string {
  const join = (...fields: (string | number | boolean | null)[]) =>
    [event.trigger, event.uid, ...fields].map(field).join("|").slice(0, 500);

  switch (event.kind) {
    case "meeting_started":
    case "meeting_ended":
      return join(event.start);
    case "no_show":
      return join(event.noShow, event.hostNoShow, event.sentAt);
    case "ping":
    case "other":
      return join(event.bookingId, event.start, event.sentAt);
    default:
      return join(event.rescheduleUid, event.status, event.start, event.iCalSequence, event.organizerId);
  }
}

function field(value: string | number | boolean | null): string {
  return String(value ?? "")
    .replace(/[%|]/g, (sign) => (sign === "%" ? "%25" : "%7C"))
    .slice(0, MAX_FIELD);
}
