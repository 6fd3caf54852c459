import { z } from "zod";
import type { CalcomEvent, CalcomEventKind, CalcomPerson } from "../../domain/calcom/event.js";
import { endAfter, isoInstant } from "../../domain/calcom/instant.js";
import { type Payload, payloadSchema } from "./payload.js";
import { personOf } from "./person.js";

/** A webhook that was understood, or why it was not. */
export type ParsedWebhook =
  | { ok: true; event: CalcomEvent; person: CalcomPerson }
  | { ok: false; detail: string };

const KINDS: Record<string, CalcomEventKind> = {
  BOOKING_CREATED: "created",
  BOOKING_REQUESTED: "requested",
  BOOKING_RESCHEDULED: "rescheduled",
  BOOKING_CANCELLED: "cancelled",
  BOOKING_REJECTED: "rejected",
  BOOKING_REASSIGNED: "reassigned",
  BOOKING_NO_SHOW_UPDATED: "no_show",
  AFTER_HOSTS_CAL_VIDEO_NO_SHOW: "no_show",
  AFTER_GUESTS_CAL_VIDEO_NO_SHOW: "no_show",
  BOOKING_PAID: "paid",
  BOOKING_PAYMENT_INITIATED: "payment_initiated",
  BOOKING_LOCATION_UPDATED: "location",
  MEETING_STARTED: "meeting_started",
  MEETING_ENDED: "meeting_ended",
  PING: "ping",
};

const TEMPLATE = "the webhook in Cal.com probably has a custom payload template: remove it";

const envelope = z.looseObject({
  triggerEvent: z.string().trim().min(1).max(100),
  createdAt: z.unknown().optional(),
  payload: z.looseObject({}).optional().catch(undefined),
});

/**
 * Reads the body of a webhook whose signature holds. Only the trigger is required: Cal.com leaves out fields by
 * trigger, version and age, and adds triggers, which become kind `other`. What is missing is null.
 */
export function parseWebhook(raw: Uint8Array): ParsedWebhook {
  const body = new TextDecoder().decode(raw).trim();
  if (body === "") return { ok: false, detail: `the body is empty; ${TEMPLATE}` };
  if (body === "false")
    return {
      ok: false,
      detail: `the body is "false", which Cal.com sends when a template fails; ${TEMPLATE}`,
    };

  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    const form = /^[\w.%+-]+=/.test(body) ? "form-encoded, not JSON" : "not JSON";
    return { ok: false, detail: `the body is ${form}; ${TEMPLATE}` };
  }
  const parsed = envelope.safeParse(json);
  if (!parsed.success) return { ok: false, detail: `the body has no triggerEvent; ${TEMPLATE}` };

  const trigger = parsed.data.triggerEvent.toUpperCase().replace(/[.\s-]+/g, "_");
  const kind = KINDS[trigger] ?? "other";
  const flat = parsed.data.payload === undefined;
  const payload = payloadSchema.safeParse(parsed.data.payload ?? parsed.data);
  // every field of the schema gives way to null, so this cannot fail on an object
  if (!payload.success) return { ok: false, detail: `the payload cannot be read; ${TEMPLATE}` };
  return {
    ok: true,
    event: eventOf(trigger, kind, payload.data, flat ? null : isoInstant(parsed.data.createdAt)),
    person: personOf(payload.data, kind),
  };
}

function eventOf(trigger: string, kind: CalcomEventKind, p: Payload, sentAt: string | null): CalcomEvent {
  const meeting = kind === "meeting_started" || kind === "meeting_ended";
  return {
    trigger,
    kind,
    uid: p.uid ?? p.bookingUid,
    bookingId: p.bookingId ?? (meeting ? p.id : null),
    rescheduleUid: p.rescheduleUid ?? p.fromReschedule,
    eventTypeId: p.eventTypeId ?? p.eventType,
    start: p.startTime,
    end: endAfter(p.startTime, p.endTime),
    status: p.status,
    iCalSequence: p.iCalSequence,
    operationId: p.metadata.operationId ?? null,
    appointmentId: p.metadata.appointmentId ?? null,
    organizerId: p.organizer?.id ?? p.userId,
    requestReschedule: p.requestReschedule,
    // other triggers carry marks too, as they were when the webhook was scheduled: no news
    noShow: kind === "no_show" ? attendeeNoShow(trigger, p) : null,
    hostNoShow: kind === "no_show" ? hostNoShow(trigger, p) : null,
    lengthMinutes: p.length ?? minutesBetween(p.startTime, p.endTime),
    sentAt,
  };
}

function attendeeNoShow(trigger: string, p: Payload): boolean | null {
  // in the hosts' event the attendees' marks are old ones and say nothing about this meeting
  if (trigger === "AFTER_HOSTS_CAL_VIDEO_NO_SHOW") return null;
  const marks = p.attendees.flatMap(({ noShow }) => (noShow === null ? [] : [noShow]));
  if (trigger === "AFTER_GUESTS_CAL_VIDEO_NO_SHOW") return marks.length === 0 || marks.includes(true);
  return marks.length === 0 ? null : marks.includes(true);
}

function hostNoShow(trigger: string, p: Payload): boolean | null {
  return p.noShowHost ?? (trigger === "AFTER_HOSTS_CAL_VIDEO_NO_SHOW" ? true : null);
}

function minutesBetween(start: string | null, end: string | null): number | null {
  if (start === null || end === null) return null;
  const minutes = (Date.parse(end) - Date.parse(start)) / 60_000;
  return minutes > 0 ? minutes : null;
}
