import type { Attendee, Booking, EventType, Host } from "./model.js";
import { usernameOf } from "./output.js";
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

export type Json = Record<string, unknown>;

const utcOffset = (zone: string, at: number): number => offsetAt(zone, at) / 60_000;

export function schedulingType(type: EventType): string | null {
  if (type.schedulingType === "roundRobin") return "ROUND_ROBIN";
  return type.schedulingType === null ? null : type.schedulingType.toUpperCase();
}

export function organizer(event: BookingEvent): Json {
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
export function organizerShort(event: BookingEvent, order: "cancelled" | "rejected"): Json {
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
export function attendees(event: BookingEvent): Json[] {
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

export function attendeesShort(event: BookingEvent): Json[] {
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
export function responses(event: BookingEvent): Json {
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

export function responsesShort(event: BookingEvent): Json {
  const result: Json = {};
  for (const [slug, value] of Object.entries(answersOf(event.booking))) {
    if (value !== undefined && slug !== "location") result[slug] = { label: slug, value };
  }
  return result;
}

export function userFields(event: BookingEvent): Json {
  const result: Json = {};
  for (const [slug, value] of Object.entries(event.booking.responses)) {
    if (slug in LABELS) continue;
    const label = event.type.bookingFields.find((f) => f.slug === slug)?.label ?? slug;
    result[slug] = { label, value, isHidden: false };
  }
  return result;
}

export const notesOf = (booking: Booking): string =>
  typeof booking.responses.notes === "string" ? booking.responses.notes : "";
export const lengthOf = (booking: Booking): number => (booking.end - booking.start) / 60_000;

/** `team.members` leaves the organizer out: empty for a round robin, the other hosts of a collective type. */
export function teamMembers(event: BookingEvent): Json[] {
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
