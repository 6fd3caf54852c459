import type { CalcomAttendee, CalcomEventKind, CalcomPerson, NoShowMark } from "../../domain/calcom/event.js";
import { phoneOfMadeUpEmail, realEmail } from "../../domain/calcom/phone-attendee.js";
import type { Payload } from "./payload.js";

/** Who a webhook is about and what they wrote. */
export function personOf(p: Payload, kind: CalcomEventKind): CalcomPerson {
  return {
    attendee: attendeeOf(p),
    organizerEmail: lower(p.organizer?.email ?? p.user?.email ?? p.userPrimaryEmail ?? p.hostEmail),
    organizerName: p.organizer?.name ?? p.user?.name ?? null,
    reason: reasonOf(p, kind),
    notes: p.additionalNotes ?? p.responses.notes ?? null,
    location: p.location,
    ...(kind === "no_show" ? { noShows: noShowsOf(p) } : {}),
  };
}

function noShowsOf(p: Payload): NoShowMark[] {
  return p.attendees.flatMap(({ email, noShow }) =>
    noShow === null || email === null ? [] : [{ email, absent: noShow }],
  );
}

/** The booker stands first, guests after; where no attendees are sent the answers still name the booker. */
function attendeeOf(p: Payload): CalcomAttendee | null {
  const first = p.attendees[0];
  const email = first?.email ?? p.responses.email ?? null;
  const name = first?.name ?? p.responses.name ?? null;
  const phone =
    first?.phoneNumber ??
    p.responses.attendeePhoneNumber ??
    p.responses.phone ??
    p.smsReminderNumber ??
    p.responses.smsReminderNumber ??
    phoneOfMadeUpEmail(email);
  if (email === null && name === null && phone === null) return null;
  return {
    name,
    email: realEmail(email),
    phone,
    timeZone: first?.timeZone ?? null,
    language: first?.language ?? null,
  };
}

/** Answers are copied from booking to booking: an old reason to move is no reason to cancel. */
function reasonOf(p: Payload, kind: CalcomEventKind): string | null {
  switch (kind) {
    case "cancelled":
      return p.cancellationReason;
    case "rejected":
      return p.rejectionReason ?? p.cancellationReason;
    case "rescheduled":
    case "requested":
      return p.responses.rescheduleReason ?? null;
    default:
      return null;
  }
}

function lower(email: string | null): string | null {
  return email?.toLowerCase() ?? null;
}
