import { z } from "@hono/zod-openapi";
import { normalisePhone } from "../../domain/customer/phone.js";
import { freeText, instantField, matching } from "../validation.js";

/**
 * Any Unicode letter, digits, apostrophes, hyphens, dots (middle ones too), and what else stands between names:
 * in Persian a zero-width non-joiner, in Hebrew geresh and gershayim.
 */
const PERSON_NAME = /^(?=.*[\p{L}\p{N}])[\p{L}\p{M}\p{N}\p{Zs}\u200c'’‘ʼ`´׳״.·・,&/()\-‐‑–]+$/u;
const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;
const slug = z.string().min(1).max(100);
const phone = z
  .string()
  .max(40)
  .transform((text, context) => {
    const normalised = normalisePhone(text);
    if (normalised !== null) return normalised;
    context.addIssue({ code: "custom", message: "is no valid phone number; give it as +4915112345678" });
    return z.NEVER;
  });

export const customerSchema = z
  .strictObject({
    name: matching(
      z.string().trim().min(1, "is missing").max(200, "is longer than 200 characters"),
      PERSON_NAME,
      "may hold letters, digits, apostrophes, hyphens and dots",
      "Any Unicode letters, digits, blanks, apostrophes, hyphens and dots; at least one letter or digit",
    ),
    email: z
      .email("is no valid e-mail address")
      .max(254)
      .transform((text) => text.toLowerCase())
      .nullish(),
    phone: phone.nullish(),
  })
  .superRefine((customer, context) => {
    if (customer.email || customer.phone) return;
    context.addIssue({
      code: "custom",
      path: ["phone"],
      message: "give a phone number or an e-mail address",
    });
  });

export const bookingBodySchema = z
  .strictObject({
    service: slug,
    branch: slug.nullish(),
    staff: slug.nullish(),
    start: instantField,
    customer: customerSchema,
    notes: freeText(2000).nullish(),
    source: z.enum(["api", "voice", "dashboard"]).default("api"),
  })
  .openapi("BookingRequest");
export type BookingBody = z.output<typeof bookingBodySchema>;

export const rescheduleBodySchema = z
  .strictObject({ start: instantField, staff: slug.nullish(), reason: freeText(500).nullish() })
  .openapi("RescheduleRequest");
export const cancelBodySchema = z.strictObject({ reason: freeText(500).nullish() }).openapi("CancelRequest");

// Checked by the handler, because a missing key has a problem of its own; to a reader it is required.
export const commandHeadersSchema = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .openapi({
      param: { required: true },
      minLength: 1,
      maxLength: 255,
      description: "1–255 visible ASCII characters; names one operation of the tenant, whatever its path",
    }),
  prefer: z
    .string()
    .optional()
    .openapi({ description: "`wait=N`: seconds the caller waits, 0–30, default 3.5", example: "wait=3.5" }),
});

export const answerHeadersSchema = z.object({
  Location: z.string().openapi({ description: "The appointment" }),
  "Idempotency-Replayed": z
    .literal("true")
    .optional()
    .openapi({ description: "This is what was answered first to this key" }),
});

export function isIdempotencyKey(text: string | undefined): text is string {
  return text !== undefined && VISIBLE_ASCII.test(text);
}

const DEFAULT_WAIT_MS = 3_500;
const LONGEST_WAIT_MS = 30_000;

/** `Prefer: wait=N` in seconds (RFC 7240), as milliseconds; what is not understood is the default. */
export function waitMs(prefer: string | undefined): number {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d+(?:\.\d+)?)"?/i.exec(prefer ?? "")?.[1];
  if (seconds === undefined) return DEFAULT_WAIT_MS;
  return Math.min(Math.round(Number(seconds) * 1_000), LONGEST_WAIT_MS);
}

const nullableString = z.string().nullable();
const named = z.object({ slug: z.string(), name: z.string() });
const zonedInstant = z.string().openapi({ format: "date-time" });

export const appointmentSchema = z
  .object({
    id: z.uuid(),
    version: z.number().int(),
    status: z.enum(["pending", "confirmed", "cancelled", "completed", "no_show", "failed"]),
    start: zonedInstant,
    end: zonedInstant,
    timeZone: z.string(),
    service: named,
    branch: named,
    staff: named.nullable(),
    customer: z.object({ id: z.uuid(), name: z.string(), email: nullableString, phone: nullableString }),
    phases: z.array(
      z.object({
        key: z.string(),
        start: zonedInstant,
        end: zonedInstant,
        staffRequired: z.boolean(),
        staff: nullableString,
        calcomUid: nullableString,
        sync: z.string(),
      }),
    ),
    source: z.string(),
    priceCents: z.number().int(),
    feeCents: z.number().int(),
    previousStart: nullableString,
    rescheduleCount: z.number().int(),
    cancellation: z
      .object({ at: zonedInstant, by: z.string(), reason: nullableString, kind: z.string() })
      .nullable(),
    sync: z.object({
      state: z.enum(["synced", "pending", "failed", "manual_review"]),
      verifiedAt: nullableString,
      lastError: nullableString,
      nextAttemptAt: nullableString,
      reviewReason: nullableString,
    }),
    workflowId: z.string(),
    createdAt: zonedInstant,
    updatedAt: zonedInstant,
  })
  .openapi("Appointment");

const slotSchema = z
  .object({
    start: zonedInstant,
    end: zonedInstant,
    staff: named,
    phases: z.array(
      z.object({ key: z.string(), start: zonedInstant, end: zonedInstant, staff: nullableString }),
    ),
  })
  .openapi("Slot");

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    alternatives: z.array(slotSchema).optional().openapi({ description: "With `slot-taken`: up to three" }),
    rule: z.enum(["notice", "quota", "per_appointment"]).optional().openapi({ description: "With `policy`" }),
    requiredMinutes: z.number().int().optional(),
    remainingMinutes: z.number().int().optional(),
    feeCents: z.number().int().optional(),
    requestId: z.string(),
  })
  .openapi("Problem");
