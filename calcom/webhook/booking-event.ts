import type { CalcomEvent, CalcomEventKind, CalcomPerson } from "../../domain/calcom/event.js";
import type { CalcomBooking } from "../client.js";

/** The changes of a booking that a listing can show. */
export type ListedChange = Extract<
  CalcomEventKind,
  "created" | "requested" | "rescheduled" | "cancelled" | "rejected" | "reassigned" | "no_show"
>;

const TRIGGERS: Record<ListedChange, string> = {
  created: "BOOKING_CREATED",
  requested: "BOOKING_REQUESTED",
  rescheduled: "BOOKING_RESCHEDULED",
  cancelled: "BOOKING_CANCELLED",
  rejected: "BOOKING_REJECTED",
  reassigned: "BOOKING_REASSIGNED",
  no_show: "BOOKING_NO_SHOW_UPDATED",
};

/**
 * The event that a lost webhook would have been, from the booking as it is listed now. A listing has no
 * `iCalSequence`, so its semantic key differs from the webhook's: both may arrive, and content decides.
 *
 * `requestReschedule` cannot be told from a listing and is false.
 */
export function bookingToEvent(
  booking: CalcomBooking,
  kind: ListedChange,
): { event: CalcomEvent; person: CalcomPerson } {
  const attendee = booking.attendees[0];
  const host = booking.hosts[0];
  return {
    event: {
      trigger: TRIGGERS[kind],
      kind,
      uid: booking.uid,
      bookingId: booking.id,
      rescheduleUid: booking.rescheduledFromUid,
      eventTypeId: booking.eventTypeId,
      start: booking.start.toISOString(),
      end: booking.end.toISOString(),
      status: booking.status,
      iCalSequence: null,
      operationId: booking.metadata.operationId ?? null,
      appointmentId: booking.metadata.appointmentId ?? null,
      organizerId: host?.id ?? null,
      requestReschedule: false,
      noShow: kind === "no_show" ? (attendee?.absent ?? false) : null,
      hostNoShow: kind === "no_show" ? booking.absentHost : null,
      lengthMinutes: (booking.end.getTime() - booking.start.getTime()) / 60_000,
      sentAt: booking.updatedAt?.toISOString() ?? null,
    },
    person: {
      attendee: attendee
        ? {
            name: attendee.name || null,
            email: attendee.email,
            phone: attendee.phone,
            timeZone: attendee.timeZone,
            language: null,
          }
        : null,
      organizerEmail: host?.email ?? null,
      organizerName: host?.name ?? null,
      reason: kind === "cancelled" || kind === "rejected" ? booking.cancellationReason : null,
      notes: null,
      location: null,
    },
  };
}
