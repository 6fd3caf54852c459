import type { CalcomClient } from "../../calcom/client.js";
import { type CalendarNotice, listenForCalendarChanges } from "../../db/availability/changes.js";
import type { Database } from "../../db/client.js";
import type { Directory } from "../../db/tenant/directory.js";
import type { Availability } from "./availability.js";
import { createEventTypeBook } from "./event-type-facts.js";
import { createSearch } from "./search.js";
import { createSlotCache } from "./slot-cache.js";
import { createWarmer } from "./warm.js";

export interface AvailabilityDeps {
  db: Database;
  directory: Directory;
  calcom: CalcomClient;
  /** A pool that is kept for LISTEN; it is closed by whoever opened it. */
  listening: Database;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

/** The availability of this process. Until LISTEN is up nothing may be kept, so it is waited for. */
export async function createAvailability(deps: AvailabilityDeps): Promise<Availability> {
  const slots = createSlotCache(deps);
  const eventTypes = createEventTypeBook(deps.calcom);
  await listenForCalendarChanges(deps.listening, {
    async calendar(notice) {
      const during = { start: notice.start, end: notice.end };
      const { companyId } = notice;
      slots.changed({ companyId, eventTypeIds: await touched(deps.directory, notice), during });
    },
    tenant(companyId) {
      slots.forget(companyId);
      eventTypes.forget(companyId);
    },
    interrupted: () => slots.doubtAll(),
  });
  const parts = { ...deps, slots, eventTypes };
  return { ...createSearch(parts), warm: createWarmer(parts) };
}

/**
 * The event types whose slots a change touches: the person's own and those on which Cal.com chooses among several.
 *
 * @returns `null`: nobody knows whose calendar it was, so any
 */
async function touched(
  directory: Pick<Directory, "catalogue">,
  notice: CalendarNotice,
): Promise<number[] | null> {
  try {
    const { staff, eventTypes } = await directory.catalogue(notice.companyId);
    const member = staff.find((one) =>
      notice.staffId === null
        ? notice.hostId !== null && one.calcomUserId === notice.hostId
        : one.id === notice.staffId,
    );
    if (!member) return null;
    const ids = eventTypes
      .filter((mapping) => mapping.staffId === null || mapping.staffId === member.id)
      .map((mapping) => mapping.calcomEventTypeId);
    return [...ids, ...(notice.eventTypeId === null ? [] : [notice.eventTypeId])];
  } catch {
    return null;
  }
}
