import type { Attendee, Booking, EventType, Host, Trigger } from "./model.js";
import { offsetAt } from "./zone.js";

/** What a payload is made of. */
export interface BookingEvent {
  readonly booking: Booking;
  readonly type: EventType;
  readonly hosts: readonly Host[];
  readonly team: { readonly id: number; readonly name: string } | undefined;
  readonly bookerUrl: string;
  /** The booking that this one replaces. */
  readonly previous?: Booking | undefined;
  /** CREATED that a confirmation caused: another builder at Cal.com, with other fields and formats. */
  readonly confirmed?: boolean;
  readonly requestReschedule?: boolean;
  readonly cancelledBy?: string | undefined;
  readonly carriesMetadata?: boolean;
  readonly previousLocation?: string;
  readonly removedHostId?: number | undefined;
  readonly noShow?: readonly { readonly email: string; readonly noShow: boolean }[];
}

type Json = Record<string, unknown>;

/** `2024-01-01T10:00:00.000Z`: REJECTED, CREATED after confirmation, MEETING_*. */
const withMillis = (ms: number): string => new Date(ms).toISOString();
/** `2024-01-01T10:00:00Z`: CREATED, RESCHEDULED, REQUESTED, LOCATION_UPDATED, REASSIGNED. */
const withoutMillis = (ms: number): string => `${withMillis(ms).slice(0, 19)}Z`;
/** `2024-01-04T10:00:00+00:00`: CANCELLED, in the offset of Cal.com's server. */
const withOffset = (ms: number): string => `${withMillis(ms).slice(0, 19)}+00:00`;

const utcOffset = (zone: string, at: number): number => offsetAt(zone, at) / 60_000;

function schedulingType(type: EventType): string | null {
  if (type.schedulingType === "roundRobin") return "ROUND_ROBIN";
  return type.schedulingType === null ? null : type.schedulingType.toUpperCase();
}

function usernameOf(host: Host): string {
  return host.username ?? host.email.split("@")[0] ?? String(host.id);
}

function organizer(event: BookingEvent): Json {
  const host = event.hosts[0];
  if (host === undefined) return {};
  return {
    id: host.id,
    name: host.name,
    email: host.email,
    username: usernameOf(host),
    usernameInOrg: usernameOf(host),
    timeZone: host.timeZone,
    language: { locale: "en" },
    timeFormat: "h:mma",
    utcOffset: utcOffset(host.timeZone, event.booking.start),
  };
}

/** The order of the builders for CANCELLED and REJECTED. */
function organizerShort(event: BookingEvent, order: "cancelled" | "rejected"): Json {
  const o = organizer(event);
  const tail = {
    timeZone: o.timeZone,
    timeFormat: o.timeFormat,
    language: o.language,
    utcOffset: o.utcOffset,
  };
  return order === "cancelled"
    ? {
        id: o.id,
        username: o.username,
        usernameInOrg: o.usernameInOrg,
        email: o.email,
        name: o.name,
        ...tail,
      }
    : {
        id: o.id,
        email: o.email,
        name: o.name,
        username: o.username,
        usernameInOrg: o.usernameInOrg,
        ...tail,
      };
}

/** The booker first, then the guests. */
function attendees(event: BookingEvent): Json[] {
  const { attendee, guests, start } = event.booking;
  const person = (name: string, email: string, phone?: string): Json => {
    const [first = "", ...rest] = name.split(" ");
    return {
      email,
      name,
      firstName: first,
      lastName: rest.join(" "),
      timeZone: attendee.timeZone,
      language: { locale: attendee.language },
      utcOffset: utcOffset(attendee.timeZone, start),
      ...(phone === undefined ? {} : { phoneNumber: phone }),
    };
  };
  return [
    person(attendee.name, attendee.email, attendee.phoneNumber),
    ...guests.map((email) => person("", email)),
  ];
}

function attendeesShort(event: BookingEvent): Json[] {
  const { attendee, guests, start } = event.booking;
  const person = (who: Pick<Attendee, "name" | "email" | "phoneNumber">): Json => ({
    name: who.name,
    email: who.email,
    timeZone: attendee.timeZone,
    phoneNumber: who.phoneNumber ?? null,
    language: { locale: attendee.language },
    utcOffset: utcOffset(attendee.timeZone, start),
  });
  return [person(attendee), ...guests.map((email) => person({ name: "", email }))];
}

const LABELS: Readonly<Record<string, string>> = {
  name: "your_name",
  email: "email_address",
  attendeePhoneNumber: "phone_number",
  location: "location",
  title: "what_is_this_meeting_about",
  notes: "additional_notes",
  guests: "additional_guests",
  rescheduleReason: "reason_for_reschedule",
};

function answersOf(booking: Booking): Json {
  return {
    name: booking.attendee.name,
    email: booking.attendee.email,
    attendeePhoneNumber: booking.attendee.phoneNumber,
    location: { optionValue: "", value: booking.location },
    title: undefined,
    notes: undefined,
    guests: booking.guests.length > 0 ? booking.guests : undefined,
    rescheduleReason: booking.reschedulingReason,
    ...booking.responses,
  };
}

/** `{slug: {label, value?, isHidden}}`; a question without an answer has no `value`. */
function responses(event: BookingEvent): Json {
  const result: Json = {};
  for (const [slug, value] of Object.entries(answersOf(event.booking))) {
    const field = event.type.bookingFields.find((f) => f.slug === slug);
    const unanswered = value === undefined;
    result[slug] = {
      label: LABELS[slug] ?? field?.label ?? slug,
      ...(unanswered ? {} : { value }),
      isHidden: unanswered && (slug === "attendeePhoneNumber" || slug === "title"),
    };
  }
  return result;
}

function responsesShort(event: BookingEvent): Json {
  const result: Json = {};
  for (const [slug, value] of Object.entries(answersOf(event.booking))) {
    if (value !== undefined && slug !== "location") result[slug] = { label: slug, value };
  }
  return result;
}

function userFields(event: BookingEvent): Json {
  const result: Json = {};
  for (const [slug, value] of Object.entries(event.booking.responses)) {
    if (slug in LABELS) continue;
    const label = event.type.bookingFields.find((f) => f.slug === slug)?.label ?? slug;
    result[slug] = { label, value, isHidden: false };
  }
  return result;
}

const notesOf = (booking: Booking): string =>
  typeof booking.responses.notes === "string" ? booking.responses.notes : "";
const slugOf = (type: EventType): string => type.slug ?? String(type.id);
const lengthOf = (booking: Booking): number => (booking.end - booking.start) / 60_000;

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

/** `team.members` leaves the organizer out: empty for a round robin, the other hosts of a collective type. */
function teamMembers(event: BookingEvent): Json[] {
  return event.hosts.slice(1).map((host) => ({
    id: host.id,
    email: host.email,
    name: host.name,
    firstName: "",
    lastName: "",
    timeZone: host.timeZone,
    language: { locale: "en" },
    utcOffset: utcOffset(host.timeZone, event.booking.start),
  }));
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
