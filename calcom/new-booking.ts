import { z } from "zod";
import type { CreateBookingInput } from "./client.js";
import { CalcomError } from "./errors.js";

const LANGUAGES = new Set(
  (
    "ar ca de es eu he id ja lv pl ro sr th vi az cs el es-419 fi hr it km nl pt ru sv tr zh-CN bg da en et fr hu " +
    "iw ko no pt-BR sk ta uk zh-TW bn"
  ).split(" "),
);
const MAX_KEYS = 50;
const MAX_KEY = 40;
const MAX_VALUE = 500;
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * The body of a new booking. What Cal.com lets through and stumbles over later (addresses, numbers) is
 * refused here, and so is what it would refuse anyway: without costing a request.
 *
 * @throws CalcomError `invalid` with the field
 */
export function newBookingBody(input: CreateBookingInput): object {
  const { attendee } = input;
  const email = attendee.email?.trim().toLowerCase() || null;
  const phone = attendee.phone?.trim() || null;
  const language = knownLanguage(attendee.language);

  if (!Number.isInteger(input.eventTypeId) || input.eventTypeId < 1) throw invalid("eventTypeId");
  if (attendee.name.trim() === "") throw invalid("attendee.name");
  if (email === null && phone === null) throw invalid("attendee.email");
  if (email !== null && !z.email().safeParse(email).success) throw invalid("attendee.email");
  if (phone !== null && !E164.test(phone)) throw invalid("attendee.phone");
  if (!isZone(attendee.timeZone)) throw invalid("attendee.timeZone");
  const length = input.lengthInMinutes;
  if (length !== undefined && (!Number.isInteger(length) || length < 1)) throw invalid("lengthInMinutes");

  return {
    start: utc(input.start),
    eventTypeId: input.eventTypeId,
    attendee: {
      name: attendee.name.trim(),
      timeZone: attendee.timeZone,
      ...(email === null ? {} : { email }),
      ...(phone === null ? {} : { phoneNumber: phone }),
      ...(language === null ? {} : { language }),
    },
    metadata: checkedMetadata(input.metadata),
    ...(input.bookingFieldsResponses ? { bookingFieldsResponses: input.bookingFieldsResponses } : {}),
    ...(length === undefined ? {} : { lengthInMinutes: length }),
  };
}

/** An instant as Cal.com wants it. @throws CalcomError `invalid` for an invalid date */
export function utc(instant: Date): string {
  if (Number.isNaN(instant.getTime())) throw invalid("start");
  return instant.toISOString();
}

const reassigned = z.object({
  status: z.literal("success"),
  data: z
    .object({ reassignedTo: z.object({ id: z.number().nullable().catch(null) }).nullish() })
    .nullish()
    .catch(null),
});

/** The new host, where Cal.com names it. */
export function hostOfReassignment(json: unknown): { hostId: number | null } | undefined {
  const parsed = reassigned.safeParse(json);
  return parsed.success ? { hostId: parsed.data.data?.reassignedTo?.id ?? null } : undefined;
}

/** Cal.com refuses `de-DE` and knows `de`, but knows `pt-BR`. */
function knownLanguage(tag: string): string | null {
  const wanted = tag.trim();
  const exact = [...LANGUAGES].find((known) => known.toLowerCase() === wanted.toLowerCase());
  const base = wanted.split("-")[0]?.toLowerCase() ?? "";
  return exact ?? (LANGUAGES.has(base) ? base : null);
}

function checkedMetadata(metadata: Record<string, string>): Record<string, string> {
  const entries = Object.entries(metadata).map(([key, value]) => [key, String(value)] as const);
  const fits =
    entries.length <= MAX_KEYS &&
    entries.every(([key, value]) => key.length <= MAX_KEY && value.length <= MAX_VALUE);
  if (!fits) throw invalid("metadata");
  return Object.fromEntries(entries);
}

/** Making a formatter takes ten times as long as all other checks together, and the zones are always the same. */
const knownZones = new Map<string, boolean>();
const MAX_KNOWN_ZONES = 1_000;

function isZone(zone: string): boolean {
  const known = knownZones.get(zone);
  if (known !== undefined) return known;
  let valid = zone !== "" && !/^[+-]/.test(zone);
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    valid = false;
  }
  if (knownZones.size < MAX_KNOWN_ZONES) knownZones.set(zone, valid);
  return valid;
}

function invalid(field: string): CalcomError {
  return new CalcomError("invalid", "the booking is not valid", { field });
}
