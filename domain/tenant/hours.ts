import { z } from "zod";

const SPAN = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))$/;

/** Minutes of the local day, `[from, to)`, `to` up to 1440; `null` when it is no span within one day. */
export function parseSpan(text: string): { from: number; to: number } | null {
  const match = SPAN.exec(text);
  if (!match) return null;
  const [, fromHour, fromMinute, toHour, toMinute, midnight] = match;
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = midnight ? 1440 : Number(toHour) * 60 + Number(toMinute);
  return from < to ? { from, to } : null;
}

const daySchema = z.array(z.string()).superRefine((spans, context) => {
  const taken: { from: number; to: number; text: string }[] = [];
  spans.forEach((text, index) => {
    const span = parseSpan(text);
    if (!span) {
      context.addIssue({
        code: "custom",
        path: [index],
        message: `"${text}" is no span HH:MM-HH:MM within one day (up to 24:00, not across midnight)`,
      });
      return;
    }
    const other = taken.find((one) => one.from < span.to && span.from < one.to);
    if (other) {
      context.addIssue({ code: "custom", path: [index], message: `"${text}" overlaps "${other.text}"` });
    }
    taken.push({ ...span, text });
  });
});

/** Opening or working hours per weekday, in local wall time; a weekday that is left out is closed. */
export const weekHoursSchema = z.strictObject({
  mon: daySchema.optional(),
  tue: daySchema.optional(),
  wed: daySchema.optional(),
  thu: daySchema.optional(),
  fri: daySchema.optional(),
  sat: daySchema.optional(),
  sun: daySchema.optional(),
});
