import { z } from "zod";
import { isoInstant } from "../../domain/calcom/instant.js";

const MAX_TEXT = 10_000;
const MAX_ID = 200;

/** Postgres cannot store NUL; empty means none. */
const text = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value?.replaceAll("\u0000", "").trim().slice(0, MAX_TEXT) || null);
const id = text.transform((value) => (value !== null && value.length <= MAX_ID ? value : null));
/** Cal.com's numbers are of 32 bits; a larger one is none, and fits no column. */
const MAX_WHOLE = 2_147_483_647;
const whole = z
  .union([
    z.int().min(0).max(MAX_WHOLE),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.int().max(MAX_WHOLE)),
  ])
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
const flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
const instant = z.unknown().optional().transform(isoInstant);
const language = z
  .object({ locale: text })
  .nullish()
  .catch(null)
  .transform((value) => value?.locale ?? null);

const attendee = z
  .object({
    name: text,
    email: text,
    phoneNumber: text,
    timeZone: text,
    language,
    locale: text,
    noShow: flag,
  })
  .transform(({ locale, ...rest }) => ({ ...rest, language: rest.language ?? locale }));

const NOBODY = { id: null, name: null, email: null };
const organizer = z
  .object({ id: whole, name: text, email: text })
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

/** An answer is `{label, value}` or, in some triggers, the bare value; a name may come in two parts. */
const answer = z
  .unknown()
  .optional()
  .transform((given): string | null => {
    const value = typeof given === "object" && given !== null && "value" in given ? given.value : given;
    if (typeof value === "string") return text.parse(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    const parts = [
      "firstName" in value ? value.firstName : null,
      "lastName" in value ? value.lastName : null,
    ].filter((part) => typeof part === "string");
    if (parts.length > 0) return text.parse(parts.join(" "));
    return "optionValue" in value && typeof value.optionValue === "string"
      ? text.parse(value.optionValue)
      : null;
  });
const responses = z
  .object({
    name: answer,
    email: answer,
    attendeePhoneNumber: answer,
    phone: answer,
    smsReminderNumber: answer,
    notes: answer,
    rescheduleReason: answer,
  })
  .partial()
  .nullish()
  .catch(null)
  .transform((value) => value ?? {});

/** Everything that any trigger carries and we read. Each field gives way to null: none is in all of them. */
export const payloadSchema = z.object({
  uid: id,
  bookingUid: id,
  id: whole,
  bookingId: whole,
  rescheduleUid: id,
  fromReschedule: id,
  eventTypeId: whole,
  eventType: z
    .object({ id: whole })
    .nullish()
    .catch(null)
    .transform((value) => value?.id ?? null),
  startTime: instant,
  endTime: instant,
  status: text.transform((value) => value?.toLowerCase() ?? null),
  iCalSequence: whole,
  metadata: z
    .object({ operationId: id, appointmentId: id })
    .nullish()
    .catch(null)
    .transform((value) => value ?? { operationId: null, appointmentId: null }),
  organizer,
  user: organizer,
  userId: whole,
  userPrimaryEmail: text,
  hostEmail: text,
  attendees: z
    .array(attendee.catch({ ...NOBODY, phoneNumber: null, timeZone: null, language: null, noShow: null }))
    .nullish()
    .catch(null)
    .transform((value) => value ?? []),
  responses,
  smsReminderNumber: text,
  requestReschedule: flag.transform((value) => value ?? false),
  noShowHost: flag,
  length: whole,
  cancellationReason: text,
  rejectionReason: text,
  additionalNotes: text,
  location: text,
});

/** What a webhook says, in one shape for all triggers. */
export type Payload = z.infer<typeof payloadSchema>;
