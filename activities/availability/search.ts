import { readTaken } from "../../db/availability/busy.js";
import type { Database } from "../../db/client.js";
import type { Directory } from "../../db/tenant/directory.js";
import { bestAlternatives } from "../../domain/availability/alternatives.js";
import { addDays, dayBounds, localDate } from "../../domain/availability/hours.js";
import { type Limits, limitsOf } from "../../domain/availability/limits.js";
import { eventTypesOf, type OpeningsWish, openingsOf } from "../../domain/availability/openings.js";
import { whyNot } from "../../domain/availability/why-not.js";
import { type Branch, type Catalogue, canDo, serviceMinutes } from "../../domain/tenant/catalogue.js";
import type {
  AlternativesQuery,
  Availability,
  FoundAlternatives,
  FoundOpenings,
  OpeningsQuery,
  Wanted,
} from "./availability.js";
import type { EventTypeBook } from "./event-type-facts.js";
import type { SlotCache } from "./slot-cache.js";

export interface SearchDeps {
  db: Database;
  directory: Pick<Directory, "catalogue" | "calcomAccount">;
  slots: SlotCache;
  eventTypes: EventTypeBook;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A person on the phone hears nothing meanwhile; the tool has 1.5 s in all. */
const PATIENCE_MS = 1_200;
/** Below this nothing can be had from Cal.com any more. */
const LAST_TRY_MS = 50;
const NEAR_DAYS = 14;
const FAR_DAYS = 31;

/** The searching half of {@link Availability}: one read of Postgres and cached slots, then the calculus. */
export function createSearch(
  deps: SearchDeps,
): Pick<Availability, "findOpenings" | "alternativesFor" | "whyNot" | "limits"> {
  const prepare = async (wanted: Wanted) => {
    const { companyId, service, staff: member, branch } = wanted;
    const [catalogue, account] = await Promise.all([
      deps.directory.catalogue(companyId),
      deps.directory.calcomAccount(companyId),
    ]);
    const branches: readonly Branch[] = branch ? [branch] : catalogue.branches;
    const bounds = deps.eventTypes.of(account);
    return { catalogue, account, bounds, wish: { catalogue, service, branches, member } };
  };
  const limits = async (wanted: Wanted): Promise<Limits> => {
    const { wish, bounds } = await prepare(wanted);
    return limitsOf(wish, bounds);
  };

  const findOpenings = async (query: OpeningsQuery): Promise<FoundOpenings> => {
    const { now, service } = query;
    const { catalogue, account, bounds, wish: wanted } = await prepare(query);
    const from = new Date(Math.max(query.from.getTime(), now.getTime()));
    const to = new Date(Math.min(query.to.getTime(), now.getTime() + service.maximumDaysAhead * DAY_MS + 1));
    const wish: OpeningsWish = { ...wanted, from, to, now };
    const eventTypeIds = eventTypesOf(wish);
    if (from >= to || eventTypeIds.length === 0)
      return { openings: [], stale: false, everyDay: true, generatedAt: now };

    const lengthMs = serviceMinutes(service) * MINUTE_MS;
    const { timeZone } = catalogue.company;
    const until = to.getTime() + lengthMs + service.bufferAfterMinutes * MINUTE_MS;
    const able = catalogue.staff.filter((member) =>
      wish.branches.some((branch) => canDo(member, service, branch)),
    );
    const [taken, known] = await Promise.all([
      readTaken(deps.db, query.companyId, {
        staffIds: able.map((member) => member.id),
        branchIds: wish.branches.map((branch) => branch.id),
        // Whole days: the rotation goes by what a day holds.
        from: new Date(dayBounds(localDate(from.getTime(), timeZone), timeZone).start),
        to: new Date(dayBounds(localDate(until, timeZone), timeZone).end),
      }),
      deps.slots.read({
        account,
        eventTypes: eventTypeIds.map((id) => ({
          id,
          minutes: lengthToAskFor(wanted.service, catalogue, id, bounds.get(id)?.otherLengths ?? []),
          movedUid: movedUid(query, id),
        })),
        // A later phase may begin in a slot that began before the window.
        from: new Date(Math.max(now.getTime(), from.getTime() - lengthMs)),
        to: new Date(to.getTime() + lengthMs),
        timeZone,
        lane: query.lane ?? "live",
        patienceMs: query.patienceMs ?? PATIENCE_MS,
      }),
    ]);
    const openings = openingsOf(
      wish,
      {
        slots: known.slots,
        busy: taken.busy,
        unassigned: taken.unassigned,
        appointments: new Map(taken.appointments.map(({ staffId, count }) => [staffId, count])),
        ignoreOwners: new Set(query.ignoreOwners),
        movedOwner: query.moving?.appointmentId ?? null,
        notice: new Map([...bounds].map(([id, bound]) => [id, bound.noticeMinutes])),
      },
      query.limit,
    );
    const { stale, everyDay } = known;
    return { openings, stale, everyDay, generatedAt: stale ? new Date(known.asOf) : now };
  };

  return {
    findOpenings,
    limits,
    async whyNot(query) {
      const { wish, bounds } = await prepare(query);
      return whyNot({ ...wish, start: query.start, now: query.now }, limitsOf(wish, bounds));
    },
    async alternativesFor(query) {
      const deadline = Date.now() + (query.patienceMs ?? PATIENCE_MS);
      const { catalogue } = await prepare(query);
      const zone = query.branch?.timeZone ?? catalogue.company.timeZone;
      const day = localDate(query.wished.getTime(), zone);
      const horizon = query.now.getTime() + query.service.maximumDaysAhead * DAY_MS + 1;
      let from = dayBounds(day, zone).start;
      let to = Math.min(horizon, dayBounds(addDays(day, NEAR_DAYS), zone).end);
      let found = await alternativesWithin(findOpenings, query, from, to, deadline);
      while (found.alternatives.length === 0 && to < horizon && deadline - Date.now() > LAST_TRY_MS) {
        from = to;
        to = Math.min(horizon, from + FAR_DAYS * DAY_MS);
        found = await alternativesWithin(findOpenings, query, from, to, deadline);
      }
      return found;
    },
  };
}

async function alternativesWithin(
  findOpenings: (query: OpeningsQuery) => Promise<FoundOpenings>,
  query: AlternativesQuery,
  from: number,
  to: number,
  deadline: number,
): Promise<FoundAlternatives> {
  const { wished, window, limit, ...wanted } = query;
  const { openings, stale, generatedAt } = await findOpenings({
    ...wanted,
    from: new Date(from),
    to: new Date(to),
    patienceMs: Math.max(0, deadline - Date.now()),
  });
  const alternatives = bestAlternatives(openings, { wished, window }, limit);
  return { alternatives, stale, generatedAt, searchedTo: new Date(to) };
}

/** The length of the phase that the type carries, where the type has several to choose from. */
function lengthToAskFor(
  service: Wanted["service"],
  catalogue: Catalogue,
  eventTypeId: number,
  otherLengths: readonly number[],
): number | null {
  if (otherLengths.length === 0) return null;
  const mapping = catalogue.eventTypes.find(
    (one) => one.calcomEventTypeId === eventTypeId && one.serviceId === service.id,
  );
  const minutes = service.phases.find((phase) => phase.key === mapping?.phaseKey)?.minutes;
  return minutes !== undefined && otherLengths.includes(minutes) ? minutes : null;
}

/** Cal.com frees the time of one booking for its own event type; a type of another person needs none freed. */
function movedUid({ moving }: Wanted, eventTypeId: number): string | null {
  return moving?.phases.find((phase) => phase.calcomEventTypeId === eventTypeId)?.calcomUid ?? null;
}
