import type { Trigger } from "./model.js";
import { usernameOf } from "./output.js";
import { withMillis } from "./webhook-bodies.js";
import { type BookingEvent, type Json, notesOf, responses } from "./webhook-people.js";

/** The flat body of MEETING_STARTED and MEETING_ENDED: booking columns at the root, `createdAt` is the booking's. */
export function meetingBody(trigger: Trigger, event: BookingEvent): Json {
  const { booking, type } = event;
  const host = event.hosts[0];
  const person = (
    index: number,
    name: string,
    email: string,
    phone: string | undefined,
    absent: boolean,
  ): Json => ({
    id: booking.id * 10 + index,
    email,
    name,
    timeZone: booking.attendee.timeZone,
    phoneNumber: phone ?? null,
    locale: booking.attendee.language,
    bookingId: booking.id,
    noShow: absent,
  });
  const { attendee } = booking;
  return {
    triggerEvent: trigger,
    id: booking.id,
    uid: booking.uid,
    idempotencyKey:
      booking.status === "accepted" ? `${booking.start}.${booking.end}.${booking.hostIds[0] ?? 0}` : null,
    userId: host?.id ?? null,
    userPrimaryEmail: host?.email ?? null,
    eventTypeId: type.id,
    title: booking.title,
    description: notesOf(booking),
    customInputs: {},
    responses: responses(event),
    startTime: withMillis(booking.start),
    endTime: withMillis(booking.end),
    location: booking.location,
    createdAt: withMillis(booking.createdAt),
    updatedAt: withMillis(booking.updatedAt),
    status: booking.status.toUpperCase(),
    paid: false,
    destinationCalendarId: null,
    cancellationReason: null,
    rejectionReason: null,
    reassignReason: null,
    reassignById: null,
    dynamicEventSlugRef: null,
    dynamicGroupSlugRef: null,
    rescheduled: null,
    fromReschedule: booking.fromUid ?? null,
    recurringEventId: null,
    smsReminderNumber: null,
    scheduledJobs: [],
    metadata: booking.metadata,
    isRecorded: false,
    iCalUID: `${booking.uid}@Cal.com`,
    iCalSequence: booking.sequence,
    rating: null,
    ratingFeedback: null,
    noShowHost: booking.absentHost,
    oneTimePassword: null,
    cancelledBy: null,
    rescheduledBy: booking.rescheduledByEmail ?? null,
    creationSource: booking.source,
    user: host
      ? { email: host.email, name: host.name, timeZone: host.timeZone, username: usernameOf(host) }
      : null,
    attendees: [
      person(1, attendee.name, attendee.email, attendee.phoneNumber, attendee.absent),
      ...booking.guests.map((email, i) => person(i + 2, "", email, undefined, false)),
    ],
    payment: [],
    references: [],
    appsStatus: [],
  };
}
