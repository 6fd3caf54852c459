import type { Trigger } from "./model.js";
import { slugOf } from "./output.js";
import {
  attendees,
  attendeesShort,
  type BookingEvent,
  type Json,
  lengthOf,
  notesOf,
  organizer,
  organizerShort,
  responses,
  responsesShort,
  schedulingType,
  teamMembers,
  userFields,
} from "./webhook-people.js";

/** `2024-01-01T10:00:00.000Z`: REJECTED, CREATED after confirmation, MEETING_*. */
export const withMillis = (ms: number): string => new Date(ms).toISOString();
/** `2024-01-01T10:00:00Z`: CREATED, RESCHEDULED, REQUESTED, LOCATION_UPDATED, REASSIGNED. */
const withoutMillis = (ms: number): string => `${withMillis(ms).slice(0, 19)}Z`;
/** `2024-01-04T10:00:00+00:00`: CANCELLED, in the offset of Cal.com's server. */
const withOffset = (ms: number): string => `${withMillis(ms).slice(0, 19)}+00:00`;

function videoUrl(event: BookingEvent): Json {
  return event.booking.location.startsWith("integrations:")
    ? { videoCallUrl: `${event.bookerUrl}/video/${event.booking.uid}` }
    : {};
}

/** CREATED, RESCHEDULED and REQUESTED come from one builder. */
function madeBooking(trigger: Trigger, event: BookingEvent): Json {
  const { booking, type, previous } = event;
  const isVideo = booking.location.startsWith("integrations:") && trigger !== "BOOKING_REQUESTED";
  const conference = { conferenceData: { createRequest: { requestId: `req-${booking.uid}` } } };
  const video = {
    videoCallData: {
      type: "daily_video",
      id: `room-${booking.uid}`,
      password: "",
      url: `${event.bookerUrl}/video/${booking.uid}`,
    },
  };
  const team = event.team && { team: { ...event.team, members: teamMembers(event) } };
  return {
    bookerUrl: event.bookerUrl,
    title: booking.title,
    startTime: withoutMillis(booking.start),
    endTime: withoutMillis(booking.end),
    additionalNotes: notesOf(booking),
    type: slugOf(type),
    description: type.description,
    eventTypeId: type.id,
    hideCalendarNotes: false,
    hideCalendarEventDetails: false,
    hideOrganizerEmail: false,
    schedulingType: schedulingType(type),
    seatsPerTimeSlot: type.seatsPerTimeSlot,
    seatsShowAttendees: true,
    seatsShowAvailabilityCount: true,
    customReplyToEmail: null,
    disableRescheduling: type.disableRescheduling,
    disableCancelling: type.disableCancelling,
    organizer: organizer(event),
    attendees: attendees(event),
    customInputs: {},
    responses: responses(event),
    userFieldsResponses: userFields(event),
    location: booking.location,
    destinationCalendar: null,
    ...(trigger === "BOOKING_RESCHEDULED" ? {} : { iCalUID: `${booking.uid}@Cal.com` }),
    iCalSequence: booking.sequence,
    requiresConfirmation: booking.status === "pending",
    oneTimePassword: null,
    organizationId: null,
    hashedLink: null,
    uid: booking.uid,
    ...(isVideo
      ? trigger === "BOOKING_RESCHEDULED"
        ? { ...video, ...conference }
        : { ...conference, ...video }
      : {}),
    ...(isVideo
      ? { appsStatus: [{ appName: "daily-video", type: "daily_video", success: 1, failures: 0, errors: [] }] }
      : {}),
    eventTitle: type.title,
    eventDescription: type.description,
    price: type.price,
    currency: type.currency,
    length: lengthOf(booking),
    bookingId: booking.id,
    ...(previous && {
      rescheduleId: previous.id,
      rescheduleUid: previous.uid,
      rescheduleStartTime: withoutMillis(previous.start),
      rescheduleEndTime: withoutMillis(previous.end),
    }),
    metadata: { ...(isVideo ? videoUrl(event) : {}), ...booking.metadata },
    status: booking.status.toUpperCase(),
    ...team,
    ...(booking.rescheduledByEmail === undefined ? {} : { rescheduledBy: booking.rescheduledByEmail }),
  };
}

function cancelled(event: BookingEvent): Json {
  const { booking, type } = event;
  return {
    bookerUrl: event.bookerUrl,
    title: booking.title,
    length: lengthOf(booking),
    type: slugOf(type),
    additionalNotes: notesOf(booking),
    description: notesOf(booking),
    customInputs: {},
    eventTypeId: type.id,
    userFieldsResponses: userFields(event),
    responses: responsesShort(event),
    startTime: withOffset(booking.start),
    endTime: withOffset(booking.end),
    organizer: organizerShort(event, "cancelled"),
    attendees: attendeesShort(event),
    uid: booking.uid,
    bookingId: booking.id,
    location: booking.location,
    destinationCalendar: [],
    cancellationReason: booking.cancellationReason ?? "",
    ...(event.cancelledBy === undefined ? {} : { cancelledBy: event.cancelledBy }),
    seatsPerTimeSlot: type.seatsPerTimeSlot,
    seatsShowAttendees: false,
    iCalUID: `${booking.uid}@Cal.com`,
    iCalSequence: booking.sequence,
    hideOrganizerEmail: false,
    customReplyToEmail: null,
    organizationId: null,
    eventTitle: type.title,
    eventDescription: null,
    requiresConfirmation: type.requiresConfirmation,
    price: null,
    currency: type.currency,
    ...(event.carriesMetadata === true ? { metadata: booking.metadata } : {}),
    status: "CANCELLED",
    requestReschedule: event.requestReschedule ?? false,
  };
}

/** REJECTED, and CREATED after a confirmation: neither carries the booking's own metadata. */
function decided(event: BookingEvent): Json {
  const { booking, type } = event;
  const rejected = booking.status === "rejected";
  const video = videoUrl(event);
  return {
    type: slugOf(type),
    title: booking.title,
    description: notesOf(booking),
    bookerUrl: event.bookerUrl,
    userFieldsResponses: userFields(event),
    responses: responsesShort(event),
    customInputs: {},
    startTime: withMillis(booking.start),
    endTime: withMillis(booking.end),
    organizer: organizerShort(event, "rejected"),
    attendees: attendeesShort(event),
    location: booking.location,
    uid: booking.uid,
    destinationCalendar: [],
    requiresConfirmation: type.requiresConfirmation,
    hideOrganizerEmail: false,
    hideCalendarNotes: false,
    hideCalendarEventDetails: false,
    eventTypeId: type.id,
    customReplyToEmail: null,
    organizationId: null,
    additionalNotes: notesOf(booking),
    ...(rejected ? { rejectionReason: booking.rejectionReason ?? "" } : {}),
    eventTitle: type.title,
    eventDescription: type.description,
    price: type.price,
    currency: type.currency,
    length: lengthOf(booking),
    bookingId: booking.id,
    ...(!rejected && Object.keys(video).length > 0 ? { metadata: video } : {}),
    status: booking.status.toUpperCase(),
  };
}

function pick(source: Json, keys: readonly string[]): Json {
  return Object.fromEntries(keys.filter((key) => key in source).map((key) => [key, source[key]]));
}

const REASSIGNED_HEAD =
  "bookerUrl title startTime endTime type description eventTypeId organizer attendees responses location destinationCalendar iCalUID iCalSequence uid eventTitle bookingId status".split(
    " ",
  );
const LOCATION_HEAD =
  "bookerUrl title startTime endTime additionalNotes type description eventTypeId hideCalendarNotes hideCalendarEventDetails hideOrganizerEmail schedulingType seatsPerTimeSlot seatsShowAttendees seatsShowAvailabilityCount customReplyToEmail organizer attendees customInputs responses userFieldsResponses location".split(
    " ",
  );
const LOCATION_TAIL =
  "destinationCalendar iCalUID iCalSequence requiresConfirmation organizationId uid eventTitle eventDescription price currency length bookingId metadata status".split(
    " ",
  );

function noShow(event: BookingEvent): Json {
  const marks = event.noShow ?? [];
  const text = marks.map((m) => `${m.email} ${m.noShow ? "marked" : "unmarked"} as no-show`).join(", ");
  return { message: text, attendees: marks, bookingUid: event.booking.uid, bookingId: event.booking.id };
}

/** The `payload` of a booking trigger, with Cal.com's field order and date formats. */
export function bookingPayload(trigger: Trigger, event: BookingEvent): Json {
  switch (trigger) {
    case "BOOKING_CANCELLED":
      return cancelled(event);
    case "BOOKING_REJECTED":
      return decided(event);
    case "BOOKING_NO_SHOW_UPDATED":
      return noShow(event);
    case "BOOKING_REASSIGNED":
      return {
        ...pick(madeBooking(trigger, event), REASSIGNED_HEAD),
        addedHostUserIds: [event.booking.hostIds[0]],
        removedHostUserIds: event.removedHostId === undefined ? [] : [event.removedHostId],
      };
    case "BOOKING_LOCATION_UPDATED": {
      const full = madeBooking(trigger, event);
      return {
        ...pick(full, LOCATION_HEAD),
        previousLocation: event.previousLocation,
        ...pick(full, LOCATION_TAIL),
      };
    }
    default:
      return event.confirmed === true ? decided(event) : madeBooking(trigger, event);
  }
}

/** The "Ping test" of the web UI: no uid, nothing to do with any booking. */
export function pingPayload(): Json {
  const now = new Date().toISOString();
  const person = (name: string, email: string): Json => ({
    name,
    email,
    timeZone: "Europe/London",
    language: { locale: "en" },
    utcOffset: 0,
  });
  return {
    type: "Test",
    title: "Test trigger event",
    description: "",
    startTime: now,
    endTime: now,
    attendees: [person("John Doe", "jdoe@example.com")],
    organizer: person("Cal", "no-reply@cal.com"),
  };
}
