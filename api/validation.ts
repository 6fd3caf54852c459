import { z } from "@hono/zod-openapi";
import { parseInstant } from "../domain/time/instant.js";
import { type FieldError, Problem } from "./problems.js";

/** Marks an issue whose answer is a 400: a local time, whose instant cannot be known. */
const NO_OFFSET = "no_offset";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused here
const READABLE = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\p{Cs}]*$/u;

/** Control characters have no business in what a person reads, and half a character cannot be stored. */
export const freeText = (maxLength: number) =>
  matching(
    z.string().max(maxLength),
    READABLE,
    "holds characters that are no text",
    "Text without control characters",
  );

/**
 * A pattern with Unicode properties: `regex()` would write it into the OpenAPI document, where many tools refuse to
 * compile it. There it stands in words.
 */
export function matching(
  schema: z.ZodString,
  pattern: RegExp,
  message: string,
  description: string,
): z.ZodString {
  return schema.refine((text) => pattern.test(text), message).openapi({ description });
}

/** An instant with offset or `Z`; a local time is refused in words that say so. */
export const instantField = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseInstant(text);
    // A rule of the booking refuses it: it is too far ahead, or in the past.
    if (parsed.ok || parsed.reason === "out_of_reach") return;
    const message =
      parsed.reason === "no_offset"
        ? "must carry an offset or Z, as in 2026-12-03T14:00:00+01:00; a local time does not say which instant is meant"
        : "must be an ISO 8601 instant, as in 2026-12-03T14:00:00+01:00";
    context.addIssue({ code: "custom", message, params: { reason: parsed.reason } });
  })
  .openapi({ type: "string", format: "date-time", example: "2026-12-03T14:00:00+01:00" });

/** Reads what `instantField` has let through. */
export function toInstant(text: string): Date {
  const parsed = parseInstant(text);
  if (parsed.ok) return parsed.instant;
  if (parsed.reason === "out_of_reach") return parsed.nearest;
  throw new Error("an instant that was not validated");
}

/** An instant in a query, where a plus that was not encoded arrives as a blank. */
export const queryInstantField = z
  .string()
  .transform((text) => text.replace(/ (?=\d{2}:?\d{2}$)/, (blank, at) => (at > DATE_LENGTH ? "+" : blank)))
  .pipe(instantField)
  .openapi({ type: "string", format: "date-time", example: "2026-12-03T14:00:00Z" });

/** A blank right behind the date stands for a `T`. */
const DATE_LENGTH = "2026-12-03".length;

/** Every fault of a request with the field it is in; of several in one field the first. */
export function invalidRequest(error: z.ZodError): Problem {
  const all = error.issues.flatMap(fieldErrors);
  const errors = all.filter((one, index) => all.findIndex((other) => other.field === one.field) === index);
  const onlyLocalTimes = error.issues.every(
    (issue) => issue.code === "custom" && issue.params?.reason === NO_OFFSET,
  );
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return new Problem("invalid-request", detail, { errors }, onlyLocalTimes ? 400 : 422);
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: path ? `${path}.${key}` : key,
      message: "is not a field of this request",
    }));
  }
  if (issue.code === "invalid_type" && issue.message.includes("received undefined")) {
    return [{ field: path || "body", message: "is missing" }];
  }
  return [{ field: path || "body", message: issue.message }];
}
