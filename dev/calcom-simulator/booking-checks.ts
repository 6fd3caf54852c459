import { badRequest, TEAM_TAKEN, USER_TAKEN, zodField } from "./answers.js";
import type { Attendee, Booking, EventType } from "./model.js";

/** Minutes of the booking; only a type with several lengths lets the caller choose. */
export function lengthOf(type: EventType, wanted: number | undefined): number {
  if (wanted === undefined) return type.lengthInMinutes;
  const options = type.lengthInMinutesOptions;
  if (options.length === 0) {
    throw badRequest(
      "Can't specify 'lengthInMinutes' because event type does not have multiple possible lengths. Please, remove the 'lengthInMinutes' field from the request.",
    );
  }
  if (!options.includes(wanted)) {
    throw badRequest(
      `Provided 'lengthInMinutes' is not one of the possible lengths for the event type. The possible lengths are: ${options.join(", ")}`,
    );
  }
  return wanted;
}

/** Required questions: Cal.com's own ones fail in Zod (envelope b), custom ones in the API's input service. */
export function assertFields(
  type: EventType,
  responses: Readonly<Record<string, unknown>>,
  attendee: Attendee,
): void {
  const own = new Set(["title", "notes", "guests", "location", "rescheduleReason"]);
  for (const field of type.bookingFields) {
    const value = responses[field.slug];
    const empty = value === undefined || value === "" || value === null;
    if (field.slug === "attendeePhoneNumber") {
      if (field.required && attendee.phoneNumber === undefined)
        throw badRequest("Missing attendee phone number");
    } else if (field.required && empty && field.slug !== "name" && field.slug !== "email") {
      if (own.has(field.slug)) throw zodField(field.slug);
      throw badRequest(`Missing required booking field response: ${field.slug}`);
    }
    if (!empty && field.options !== undefined) {
      for (const chosen of Array.isArray(value) ? value : [value]) {
        if (!field.options.includes(String(chosen)))
          throw badRequest(`Invalid option ${String(chosen)} for booking field ${field.slug}`);
      }
    }
  }
}

/** The API's own first check, which reads the replica. */
export function assertChangeable(row: Booking, kind: "reschedule" | "cancel"): void {
  if (row.status !== "cancelled") return;
  if (kind === "cancel") {
    throw badRequest(
      `Can't cancel booking with uid=${row.uid} because it has been cancelled already. Please provide uid of a booking that is not cancelled.`,
    );
  }
  if (row.toUid !== undefined) {
    throw badRequest(
      `Can't reschedule booking with uid=${row.uid} because it has been cancelled and rescheduled already to booking with uid=${row.toUid}. You probably want to reschedule ${row.toUid} instead by passing it within the request URL.`,
    );
  }
  throw badRequest(
    `Can't reschedule booking with uid=${row.uid} because it has been cancelled. Please provide uid of a booking that is not cancelled.`,
  );
}

/** The text of a slot that is taken, for one host and for a team. */
export function takenText(type: EventType | undefined): string {
  return type === undefined || type.schedulingType === null ? USER_TAKEN : TEAM_TAKEN;
}
