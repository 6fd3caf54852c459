import { z } from "@hono/zod-openapi";

/** `code` when the tool did, or will do, what was asked (contract.md 5). */
export const OK_CODES = [
  "OFFERS",
  "BOOKED",
  "RESCHEDULED",
  "CANCELLED",
  "APPOINTMENTS",
  "NO_APPOINTMENTS",
  "SERVICES",
  "CALLBACK",
  "CONFIRM",
  "PENDING",
] as const;

export const NOT_OK_CODES = [
  "SLOT_TAKEN",
  "OFFER_EXPIRED",
  "CLOSED",
  "TOO_SOON",
  "TOO_FAR",
  "IN_PAST",
  "NOTHING_FREE",
  "UNKNOWN_SERVICE",
  "AMBIGUOUS_SERVICE",
  "STAFF_CANNOT_DO_SERVICE",
  "UNKNOWN_STAFF",
  "AMBIGUOUS_DATE",
  "NEEDS_SERVICE",
  "NEEDS_DATE",
  "NEEDS_NAME",
  "NEEDS_PHONE",
  "NOT_IDENTIFIED",
  "WHICH_APPOINTMENT",
  "POLICY",
  "TOO_MANY",
  "TEMPORARY",
  "UNKNOWN_TOOL",
  "INVALID",
] as const;

export const NEXT_STEPS = [
  "ask_choice",
  "ask_service",
  "ask_date",
  "ask_name",
  "ask_phone",
  "ask_which",
  "confirm",
  "offer_callback",
  "end",
] as const;

export type OkCode = (typeof OK_CODES)[number];
export type NotOkCode = (typeof NOT_OK_CODES)[number];
export type NextStep = (typeof NEXT_STEPS)[number];

export const offerSchema = z
  .object({
    offer_id: z.string(),
    start: z.string().openapi({ format: "date-time" }),
    end: z.string().openapi({ format: "date-time" }),
    staff: z.string().openapi({ description: "Empty where Cal.com chooses the person when it is booked" }),
    label: z.string(),
  })
  .openapi("VoiceOffer");

export const ownAppointmentSchema = z
  .object({
    appointment_ref: z.string(),
    start: z.string().openapi({ format: "date-time" }),
    service: z.string(),
    staff: z.string().nullable(),
    label: z.string(),
  })
  .openapi("VoiceAppointment");

export const toolAnswerSchema = z
  .object({
    ok: z.boolean(),
    code: z.enum([...OK_CODES, ...NOT_OK_CODES]),
    /** German, to be spoken as it is: at most two sentences and 35 words. */
    say: z.string(),
    next: z.enum(NEXT_STEPS),
    offers: z.array(offerSchema).optional(),
    appointment_id: z.string().optional(),
    appointments: z.array(ownAppointmentSchema).optional(),
    callback_id: z.string().optional(),
  })
  .openapi("VoiceToolAnswer");

/** What every tool answers, whatever platform asked. */
export type ToolAnswer = z.output<typeof toolAnswerSchema>;
export type OfferView = z.output<typeof offerSchema>;
export type AppointmentRefView = z.output<typeof ownAppointmentSchema>;

type Extra = Pick<ToolAnswer, "offers" | "appointment_id" | "appointments" | "callback_id">;

export function done(code: OkCode, say: string, next: NextStep, extra: Extra = {}): ToolAnswer {
  return { ok: true, code, say, next, ...extra };
}

export function refused(code: NotOkCode, say: string, next: NextStep, extra: Extra = {}): ToolAnswer {
  return { ok: false, code, say, next, ...extra };
}
