import { z } from "@hono/zod-openapi";
import { parseInstant } from "../../domain/time/instant.js";
import { queryInstantField } from "../validation.js";

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** A date that exists. */
function isDate(text: string): boolean {
  return DATE.test(text) && parseInstant(`${text}T00:00:00Z`).ok;
}

/** An instant with offset, or a whole local day of the branch. */
const dateOrInstant = z
  .string()
  .superRefine((text, context) => {
    if (isDate(text)) return;
    if (DATE.test(text)) {
      context.addIssue({ code: "custom", message: "is no date that exists" });
      return;
    }
    for (const issue of queryInstantField.safeParse(text).error?.issues ?? []) {
      const params = issue.code === "custom" ? issue.params : undefined;
      context.addIssue({ code: "custom", message: issue.message, ...(params ? { params } : {}) });
    }
  })
  .transform((text) => (DATE.test(text) ? text : queryInstantField.parse(text)))
  .openapi({
    type: "string",
    description: "An instant with offset, or a date `YYYY-MM-DD` of the branch; a date as `to` is included",
    example: "2026-12-03",
  });

const slug = z.string().min(1).max(100);

export const availabilityQuerySchema = z.object({
  service: slug,
  branch: slug.optional(),
  staff: slug.optional(),
  from: dateOrInstant,
  to: dateOrInstant,
  limit: z.coerce.number().int().min(1).max(5_000).optional(),
});

export const weekQuerySchema = z.object({
  service: slug,
  weekStart: z
    .string()
    .refine(isDate, "must be a date that exists, as in 2026-11-23")
    .openapi({ type: "string", format: "date", example: "2026-11-23", description: "Any day of the week" }),
  staff: slug.optional(),
  branch: slug.optional(),
  duration: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_440)
    .optional()
    .openapi({ description: "Minutes; `duration_ok` says whether so many fit from that start" }),
});

const named = z.object({ slug: z.string(), name: z.string() });
const instant = z.iso.datetime({ offset: true });

export const availabilitySchema = z
  .object({
    service: named,
    timeZone: z.string(),
    slots: z.array(
      z.object({
        start: instant,
        end: instant,
        staff: named,
        branch: named.optional().openapi({ description: "Where none was asked for and there are several" }),
        phases: z.array(
          z.object({ key: z.string(), start: instant, end: instant, staff: z.string().nullable() }),
        ),
      }),
    ),
    generatedAt: instant,
    stale: z.boolean().openapi({ description: "Cal.com cannot be reached; these are the last known slots" }),
  })
  .openapi("Availability");

const cell = z.object({
  time: z.string().openapi({ description: "Local time of the branch, `HH:MM`", example: "09:00" }),
  full_datetime: instant,
  availability: z.literal("available"),
  duration_ok: z.boolean(),
});

export const WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

export type WeekDay = (typeof WEEK)[number];
export type WeekCell = z.output<typeof cell>;

export const weekSchema = z
  .object({
    monday: z.array(cell),
    tuesday: z.array(cell),
    wednesday: z.array(cell),
    thursday: z.array(cell),
    friday: z.array(cell),
    saturday: z.array(cell),
    sunday: z.array(cell),
  })
  .openapi("WeekAvailability");
