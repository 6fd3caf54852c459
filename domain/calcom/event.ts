/** What a webhook of Cal.com is about, whatever its trigger is called. */
export type CalcomEventKind =
  | "created"
  | "requested"
  | "rescheduled"
  | "cancelled"
  | "rejected"
  | "reassigned"
  | "no_show"
  | "paid"
  | "payment_initiated"
  | "location"
  | "meeting_started"
  | "meeting_ended"
  | "ping"
  | "other";

/**
 * The facts of one webhook, without personal data: these may travel through workflow histories. Instants are
 * ISO 8601 in UTC with `Z`, so that equal instants are equal strings.
 */
export interface CalcomEvent {
  /** Upper case, dots as underscores: `BOOKING_CREATED`. */
  trigger: string;
  kind: CalcomEventKind;
  uid: string | null;
  bookingId: number | null;
  /** The uid that this booking replaces. */
  rescheduleUid: string | null;
  eventTypeId: number | null;
  start: string | null;
  end: string | null;
  /** Lower case: `accepted`, `pending`, `cancelled`, `rejected`. */
  status: string | null;
  /** 0 on create, one more with each change; orders events that arrive out of order. */
  iCalSequence: number | null;
  /** Our operation, from the booking's metadata. It survives later reschedules by others: alone it proves no echo. */
  operationId: string | null;
  appointmentId: string | null;
  /** Cal.com's user id of the host. */
  organizerId: number | null;
  /** A cancellation by which the host asks the attendee to choose another time. */
  requestReschedule: boolean;
  /** Attendee marked (true) or unmarked (false) as absent; null when the event does not say. */
  noShow: boolean | null;
  /** Host marked as absent; null when the event does not say. */
  hostNoShow: boolean | null;
  lengthMinutes: number | null;
  /** When Cal.com sent it; null for `MEETING_*`, whose `createdAt` is the booking's. */
  sentAt: string | null;
}

/** The person who attends. A phone-only attendee has `email: null`, whatever address Cal.com made up. */
export interface CalcomAttendee {
  name: string | null;
  email: string | null;
  phone: string | null;
  timeZone: string | null;
  language: string | null;
}

/** Who was marked as absent, or no longer is. Guests are marked as well as the booker. */
export interface NoShowMark {
  /** As Cal.com has it, a made-up one included. */
  email: string | null;
  absent: boolean;
}

/** What people are called and what they wrote: personal data that stays in Postgres. */
export interface CalcomPerson {
  attendee: CalcomAttendee | null;
  organizerEmail: string | null;
  organizerName: string | null;
  /** Reason of a cancellation, rejection or reschedule. */
  reason: string | null;
  notes: string | null;
  location: string | null;
  /** Of a no-show: whom it is about; left out where the event names nobody. */
  noShows?: NoShowMark[];
}
