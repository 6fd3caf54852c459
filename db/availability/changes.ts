import { z } from "zod";
import type { Database } from "../client.js";
import { TENANT_CHANGED } from "../tenant/changes.js";

/** The channel of migration 0004. */
export const CALENDAR_CHANGED = "calendar_changed";

const instant = z.string().transform((text, context) => {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  context.addIssue({ code: "custom", message: "is no instant" });
  return z.NEVER;
});
const payloadSchema = z.object({
  companyId: z.string(),
  staffId: z.string().nullish(),
  hostId: z.number().nullish(),
  eventTypeId: z.number().nullish(),
  start: instant,
  end: instant.nullish().catch(null),
});

/** Something stands in a calendar now, or stands there no more. */
export interface CalendarNotice {
  companyId: string;
  /** Whose calendar, as we name the person; `null`: see `hostId`. */
  staffId: string | null;
  /** As Cal.com does; `null` with `staffId: null`: nobody knows whose. */
  hostId: number | null;
  eventTypeId: number | null;
  /** Epoch milliseconds. */
  start: number;
  end: number;
}

export interface CalendarChangeHandlers {
  calendar(notice: CalendarNotice): void;
  tenant(companyId: string): void;
  /** Listening has begun, or begun again: anything may have changed meanwhile. */
  interrupted(): void;
}

/** Hears of every calendar and every tenant that any process changes. `db` is a pool that is kept for LISTEN. */
export async function listenForCalendarChanges(
  db: Database,
  handlers: CalendarChangeHandlers,
): Promise<void> {
  await db.sql.listen(
    CALENDAR_CHANGED,
    (payload) => {
      const notice = noticeOf(payload);
      if (notice) handlers.calendar(notice);
      else handlers.interrupted();
    },
    handlers.interrupted,
  );
  await db.sql.listen(TENANT_CHANGED, handlers.tenant);
}

function noticeOf(payload: string): CalendarNotice | null {
  try {
    const read = payloadSchema.parse(JSON.parse(payload));
    return {
      companyId: read.companyId,
      staffId: read.staffId ?? null,
      hostId: read.hostId ?? null,
      eventTypeId: read.eventTypeId ?? null,
      start: read.start,
      end: read.end ?? read.start,
    };
  } catch {
    return null;
  }
}
