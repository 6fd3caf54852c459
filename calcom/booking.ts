import { z } from "zod";
import { parseInstant } from "../domain/calcom/instant.js";
import { phoneOfMadeUpEmail, realEmail } from "../domain/calcom/phone-attendee.js";
import type { CalcomBooking } from "./client.js";
import { CalcomError } from "./errors.js";

const instant = z
  .unknown()
  .optional()
  .transform((value, context) => {
    const parsed = parseInstant(value);
    if (parsed) return parsed;
    context.addIssue({ code: "custom", message: "not an instant" });
    return z.NEVER;
  });
const optionalInstant = z.unknown().optional().transform(parseInstant);
/** Absent and empty mean the same: none. */
const optionalText = z
  .string()
  .transform((text) => text.trim() || null)
  .nullish()
  .catch(null)
  .transform((text) => text ?? null);
const flag = z.boolean().catch(false);
const status = z
  .string()
  .transform((text) => (text.toLowerCase() === "awaiting_host" ? "pending" : text.toLowerCase()))
  .pipe(z.enum(["accepted", "pending", "cancelled", "rejected"]));
const metadata = z
  .record(z.string(), z.unknown())
  .catch({})
  .transform((entries) => {
    const kept = Object.entries(entries).filter(([, value]) => value !== null && value !== undefined);
    return Object.fromEntries(
      kept.map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : String(value)]),
    );
  });

const host = z.object({ id: z.number(), email: optionalText, name: optionalText });
const attendee = z.object({
  name: z.string().catch(""),
  email: optionalText,
  phoneNumber: optionalText,
  timeZone: z.string().catch("UTC"),
  absent: flag,
});

const MINUTE_MS = 60_000;

const schema = z
  .object({
    id: z.number(),
    uid: z.string().min(1),
    status,
    start: instant,
    end: optionalInstant,
    duration: z.number().positive().nullish().catch(null),
    eventTypeId: z.number().nullish().catch(null),
    eventType: z.object({ id: z.number().nullish() }).nullish().catch(null),
    hosts: z.array(host).catch([]),
    attendees: z.array(attendee).catch([]),
    metadata,
    createdAt: optionalInstant,
    updatedAt: optionalInstant,
    rescheduledFromUid: optionalText,
    rescheduledToUid: optionalText,
    cancellationReason: optionalText,
    absentHost: flag,
  })
  .transform(({ duration, ...booking }, context) => {
    const end = endOf(booking.start, booking.end, duration);
    if (end) return { ...booking, end };
    context.addIssue({ code: "custom", message: "not after its start", path: ["end"] });
    return z.NEVER;
  });

/** An end that is missing or not after the start is none: then the length tells. */
function endOf(start: Date, end: Date | null, minutes: number | null | undefined): Date | null {
  if (end !== null && end > start) return end;
  return minutes == null ? null : parseInstant(new Date(start.getTime() + minutes * MINUTE_MS));
}

/** A booking with the attendees' addresses as Cal.com lists them, made-up ones included. */
export interface ListedBooking {
  booking: CalcomBooking;
  addresses: string[];
}

/** Reads one booking out of a list; null for a row that is none. */
export function readListed(row: unknown): ListedBooking | null {
  const parsed = schema.safeParse(row);
  if (!parsed.success) return null;
  const { eventType, eventTypeId, attendees, hosts, ...rest } = parsed.data;
  return {
    booking: {
      ...rest,
      eventTypeId: eventType?.id ?? eventTypeId ?? null,
      hosts: hosts.map((each) => ({ ...each, email: each.email?.toLowerCase() ?? null })),
      attendees: attendees.map(({ phoneNumber, email, ...each }) => ({
        ...each,
        email: realEmail(email),
        phone: phoneNumber ?? phoneOfMadeUpEmail(email),
      })),
    },
    addresses: attendees.flatMap(({ email }) => (email ? [email.toLowerCase()] : [])),
  };
}

const single = z.object({ status: z.literal("success"), data: z.unknown() });

/**
 * Reads the booking of a success; undefined when there is none.
 *
 * @throws CalcomError `unsupported` for the array with which recurring event types answer
 */
export function readBooking(json: unknown, write: boolean): CalcomBooking | undefined {
  const parsed = single.safeParse(json);
  if (!parsed.success) return undefined;
  if (Array.isArray(parsed.data.data))
    throw new CalcomError("unsupported", "recurring bookings are not supported", { mayHaveHappened: write });
  return readListed(parsed.data.data)?.booking;
}

const page = z.object({
  status: z.literal("success"),
  data: z.array(z.unknown()),
  pagination: z.object({ hasNextPage: z.boolean() }).nullish().catch(null),
});

/** Reads a page of a list; `more` is what Cal.com says, null when it says nothing. */
export function readPage(json: unknown): { rows: unknown[]; more: boolean | null } | undefined {
  const parsed = page.safeParse(json);
  return parsed.success
    ? { rows: parsed.data.data, more: parsed.data.pagination?.hasNextPage ?? null }
    : undefined;
}
