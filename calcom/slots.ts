import { z } from "zod";
import { parseInstant } from "../domain/calcom/instant.js";
import type { Api } from "./api.js";
import type { CalcomAccount, CallOptions, SlotQuery } from "./client.js";
import { CalcomError } from "./errors.js";

const DAY = 86_400_000;
const MINUTE = 60_000;

const schema = z.object({
  status: z.literal("success"),
  data: z.record(
    z.string(),
    z.array(
      z.object({
        start: z.string(),
        end: z.string().nullish(),
        away: z.boolean().nullish(),
        seatsRemaining: z.number().nullish(),
      }),
    ),
  ),
});

/** See `CalcomClient.slots`. */
export async function slots(
  api: Api,
  account: CalcomAccount,
  q: SlotQuery,
  options: CallOptions,
): Promise<{ start: Date; end: Date }[]> {
  for (const [field, bound] of Object.entries({ start: q.start, end: q.end }))
    if (Number.isNaN(bound.getTime())) throw new CalcomError("invalid", "the window is not valid", { field });
  if (q.end <= q.start) return [];

  const all = await api.call(
    account,
    {
      method: "GET",
      route: "/slots",
      version: "slots",
      query: {
        eventTypeId: q.eventTypeId,
        // Cal.com cuts windows by days of more than one zone and has lost slots at their edges
        start: new Date(q.start.getTime() - DAY).toISOString(),
        end: new Date(q.end.getTime() + DAY).toISOString(),
        timeZone: q.timeZone,
        format: "range",
        duration: q.durationMinutes,
        bookingUidToReschedule: q.bookingUidToReschedule,
      },
    },
    options,
    (json) => readSlots(json, q.durationMinutes ?? null),
  );
  return all
    .filter((slot) => slot.start >= q.start && slot.start < q.end)
    .sort((a, b) => a.start.getTime() - b.start.getTime());
}

/** The free slots of an answer, each start once; undefined when it is no such answer. */
function readSlots(json: unknown, minutes: number | null): { start: Date; end: Date }[] | undefined {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return undefined;
  const byStart = new Map<number, { start: Date; end: Date }>();
  for (const slot of Object.values(parsed.data.data).flat()) {
    if (slot.away || slot.seatsRemaining === 0) continue;
    const start = parseInstant(slot.start);
    const end =
      parseInstant(slot.end) ?? (start && minutes ? new Date(start.getTime() + minutes * MINUTE) : null);
    if (!start || !end || end <= start) return undefined;
    byStart.set(start.getTime(), { start, end });
  }
  return [...byStart.values()];
}
