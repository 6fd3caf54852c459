import { LRUCache } from "lru-cache";
import type { CalcomAccount, CalcomClient, Lane } from "../../calcom/client.js";
import { CalcomError, type CalcomErrorKind } from "../../calcom/errors.js";
import type { Span } from "../../domain/availability/spans.js";

const DAY_MS = 86_400_000;
/** Changes are told by webhook and NOTIFY; what nobody tells (an external calendar) is seen after this. */
const FRESH_MS = 60_000;
/** Older than fresh, but good enough to answer with while it is read again. */
const USABLE_MS = 10 * 60_000;
/** While Cal.com cannot be asked, even this old is better than nothing: the commit decides. */
const LAST_KNOWN_MS = 6 * 3_600_000;
/** In trouble one wants to know soon that it is over; the breaker keeps the questions few. */
const FRESH_IN_TROUBLE_MS = 5_000;
/** What the phone asks about is soon asked about a little later: one request answers both. */
const LIVE_SPAN_DAYS = 14;
/** About forty bytes each. */
const MOST_SLOTS = 500_000;
/** Cal.com answers in 300 to 800 ms (calcom.md): who asks again after this would wait for an answer that may never come. */
const SLOW_MS = 1_000;
/** Below this share of the budget urgent requests do not wait for those that may have to wait for a token. */
const CROWDED = 0.4;
const ROUNDS = 3;

/** Free times of event types to be known. */
export interface SlotRequest {
  account: CalcomAccount;
  /** `minutes`: for a type with several lengths; `movedUid`: the booking whose time counts as free. */
  eventTypes: readonly { id: number; minutes: number | null; movedUid: string | null }[];
  from: Date;
  to: Date;
  timeZone: string;
  lane: Lane;
  /** How long Cal.com is waited for at most, in milliseconds. */
  patienceMs: number;
}

export interface KnownSlots {
  /** By event type, sorted by start; whole UTC days around the window. */
  slots: Map<number, Span[]>;
  /** Cal.com could not be asked, so that the last known ones are in use. */
  stale: boolean;
  /** Something is known of each day; a day without would look as if nothing were free. */
  everyDay: boolean;
  /** Epoch milliseconds at which the oldest of them was read. */
  asOf: number;
}

/** What has changed in calendars. */
export interface CalendarChange {
  companyId: string;
  /** `null`: any. */
  eventTypeIds: readonly number[] | null;
  /** Epoch milliseconds; `null`: at any time. */
  during: Span | null;
}

/**
 * Cal.com's free slots, kept in process by tenant, event type, length and UTC day. Filled by one range query per
 * event type and window; requests of one key that run at the same time are one.
 */
export interface SlotCache {
  /** @throws CalcomError when Cal.com cannot be asked and nothing is known of any of the event types */
  read(request: SlotRequest): Promise<KnownSlots>;
  /** What was read before is not believed any more; kept only for the time that Cal.com cannot be asked. */
  changed(change: CalendarChange): void;
  /** Whose Cal.com it was is not sure any more. */
  forget(companyId: string): void;
  /** Changes may have been missed. */
  doubtAll(): void;
}

interface Entry {
  companyId: string;
  eventTypeId: number;
  day: number;
  slots: readonly Span[];
  readAt: number;
  /** Nothing is known to have changed since. */
  valid: boolean;
}

interface Flight {
  companyId: string;
  eventTypeId: number;
  line: string;
  days: Set<number>;
  lane: Lane;
  askedAt: number;
  /** Slots by UTC day. */
  landed: Promise<Map<number, Span[]>>;
}

/** Refusals that say something of the event type and nothing of Cal.com's health. */
const NO_SUCH_TYPE: readonly CalcomErrorKind[] = [
  "not_found",
  "forbidden",
  "invalid",
  "rejected",
  "unsupported",
];
const URGENCY: Record<Lane, number> = { live: 2, webhook: 1, background: 0 };

export function createSlotCache(deps: {
  calcom: Pick<CalcomClient, "slots" | "state">;
  log: { warn(fields: Record<string, unknown>, message: string): void };
  now?: () => number;
}): SlotCache {
  return new Slots(deps.calcom, deps.log, deps.now ?? Date.now);
}

class Slots implements SlotCache {
  readonly #byCompany = new Map<string, Map<number, Set<string>>>();
  readonly #flights = new Map<string, Flight>();
  /** Companies whose last request failed for want of an answer. */
  readonly #trouble = new Set<string>();
  readonly #entries = new LRUCache<string, Entry>({
    maxSize: MOST_SLOTS,
    sizeCalculation: (entry) => entry.slots.length + 1,
    dispose: (entry, key, reason) => {
      if (reason !== "set") this.#unlist(entry, key);
    },
  });

  constructor(
    readonly calcom: Pick<CalcomClient, "slots" | "state">,
    readonly log: { warn(fields: Record<string, unknown>, message: string): void },
    readonly now: () => number,
  ) {}

  async read(request: SlotRequest): Promise<KnownSlots> {
    const firstDay = dayOf(request.from.getTime());
    const lastDay = Math.max(firstDay, dayOf(request.to.getTime() - 1));
    const deadline = this.now() + request.patienceMs;
    const known = await Promise.all(
      request.eventTypes.map((type) => this.#readType(request, type, firstDay, lastDay, deadline)),
    );
    const failure = known.find((one) => one.error !== null)?.error ?? null;
    if (failure !== null && known.every((one) => one.slots === null)) throw failure;
    const companyId = request.account.companyId;
    return {
      slots: new Map(known.map((one) => [one.eventTypeId, one.slots ?? []])),
      stale: failure !== null || this.#trouble.has(companyId),
      everyDay: daysFrom(firstDay, lastDay).every((day) => known.some(({ days }) => days.has(day))),
      asOf: Math.min(this.now(), ...known.map((one) => one.asOf)),
    };
  }

  changed({ companyId, eventTypeIds, during }: CalendarChange): void {
    const first = during ? dayOf(during.start) : -Infinity;
    const last = during ? dayOf(during.end) : Infinity;
    const within = (day: number) => first <= day && day <= last;
    const types = this.#byCompany.get(companyId);
    for (const eventTypeId of eventTypeIds ?? types?.keys() ?? []) {
      for (const key of types?.get(eventTypeId) ?? []) {
        const entry = this.#entries.peek(key);
        if (entry && within(entry.day)) entry.valid = false;
      }
    }
    this.#disown(
      (flight) =>
        flight.companyId === companyId &&
        (eventTypeIds === null || eventTypeIds.includes(flight.eventTypeId)),
      within,
    );
  }

  forget(companyId: string): void {
    for (const keys of [...(this.#byCompany.get(companyId)?.values() ?? [])]) {
      for (const key of [...keys]) this.#entries.delete(key);
    }
    this.#trouble.delete(companyId);
    this.#disown(
      (flight) => flight.companyId === companyId,
      () => true,
    );
  }

  doubtAll(): void {
    for (const entry of this.#entries.values()) entry.valid = false;
    this.#disown(
      () => true,
      () => true,
    );
  }

  /** A request that was under way when something changed may have read what was before: it is not kept. */
  #disown(of: (flight: Flight) => boolean, within: (day: number) => boolean): void {
    for (const [key, flight] of this.#flights) {
      if (of(flight) && within(Number(key.slice(key.lastIndexOf("|") + 1)))) this.#flights.delete(key);
    }
  }

  async #readType(
    request: SlotRequest,
    type: SlotRequest["eventTypes"][number],
    firstDay: number,
    lastDay: number,
    deadline: number,
  ): Promise<{
    eventTypeId: number;
    slots: Span[] | null;
    /** Of which something is known. */
    days: Set<number>;
    asOf: number;
    error: unknown;
  }> {
    const { companyId } = request.account;
    const line = `${companyId}|${type.id}|${type.minutes ?? ""}|${type.movedUid ?? ""}`;
    const read = new Map<number, Span[]>();
    let error: unknown = null;
    for (let round = 0; round < ROUNDS && error === null; round += 1) {
      const missing = this.#missing(request, type, line, firstDay, lastDay);
      if (missing.size === 0) break;
      try {
        const landed = await patiently(
          Promise.all([...missing].map((flight) => flight.landed)),
          deadline - this.now(),
        );
        for (const days of landed) for (const [day, slots] of days) read.set(day, slots);
      } catch (failed) {
        error = failed;
      }
    }
    let asOf = this.now();
    const known = new Set<number>();
    const slots: Span[] = [];
    for (let day = firstDay; day <= lastDay; day += 1) {
      const entry = this.#entries.get(`${line}|${day}`);
      const answered = entry?.valid ? undefined : read.get(day);
      if (answered) {
        slots.push(...answered);
        known.add(day);
      } else if (entry && this.now() - entry.readAt < LAST_KNOWN_MS) {
        slots.push(...entry.slots);
        asOf = Math.min(asOf, entry.readAt);
        known.add(day);
      }
    }
    return { eventTypeId: type.id, slots: known.size > 0 ? slots : null, days: known, asOf, error };
  }

  /**
   * Sees to it that every day is known or asked about.
   *
   * @returns the requests that have to be waited for
   */
  #missing(
    request: SlotRequest,
    type: SlotRequest["eventTypes"][number],
    line: string,
    firstDay: number,
    lastDay: number,
  ): Set<Flight> {
    const waitFor = new Set<Flight>();
    const toAsk: number[] = [];
    let urgent = false;
    const fresh = this.#trouble.has(request.account.companyId) ? FRESH_IN_TROUBLE_MS : FRESH_MS;
    for (let day = firstDay; day <= lastDay; day += 1) {
      const key = `${line}|${day}`;
      const entry = this.#entries.peek(key);
      const age = entry?.valid ? this.now() - entry.readAt : Infinity;
      if (age < fresh) continue;
      const flight = this.#flights.get(key);
      const needed = age >= USABLE_MS;
      if (flight && (!needed || this.#mayJoin(request, flight))) {
        if (needed) waitFor.add(flight);
        continue;
      }
      toAsk.push(day);
      urgent ||= needed;
    }
    const [from] = toAsk;
    const until = toAsk.at(-1);
    if (from === undefined || until === undefined) return waitFor;
    const to = request.lane === "live" ? Math.max(until, from + LIVE_SPAN_DAYS - 1) : until;
    const flight = this.#ask(request, type, line, from, to);
    if (urgent) waitFor.add(flight);
    return waitFor;
  }

  /** One request that hangs must not make all others of its key hang along: a caller is on the phone. */
  #mayJoin(request: SlotRequest, flight: Flight): boolean {
    if (request.lane === "live" && this.now() - flight.askedAt > SLOW_MS) return false;
    if (URGENCY[flight.lane] >= URGENCY[request.lane]) return true;
    const { budget } = this.calcom.state(request.account);
    return budget.remaining > budget.limit * CROWDED;
  }

  #ask(
    request: SlotRequest,
    type: SlotRequest["eventTypes"][number],
    line: string,
    from: number,
    to: number,
  ): Flight {
    const { account, lane, timeZone } = request;
    const days = new Set(daysFrom(from, to));
    const askedAt = this.now();
    const landed = this.calcom
      .slots(
        account,
        {
          eventTypeId: type.id,
          start: new Date(from * DAY_MS),
          end: new Date((to + 1) * DAY_MS),
          timeZone,
          ...(type.minutes === null ? {} : { durationMinutes: type.minutes }),
          ...(type.movedUid === null ? {} : { bookingUidToReschedule: type.movedUid }),
        },
        { lane },
      )
      .catch((error: unknown) => {
        if (!(error instanceof CalcomError) || !NO_SUCH_TYPE.includes(error.kind)) throw error;
        // One type that is gone must not take the others with it.
        this.log.warn({ eventTypeId: type.id, kind: error.kind }, "Cal.com gives no slots of an event type");
        return [];
      })
      .then(
        (slots) => {
          this.#trouble.delete(account.companyId);
          const byDay = new Map([...days].map((day) => [day, [] as Span[]]));
          for (const slot of slots) {
            const start = slot.start.getTime();
            byDay.get(dayOf(start))?.push({ start, end: slot.end.getTime() });
          }
          for (const [day, found] of byDay) this.#keep(flight, day, found, askedAt);
          return byDay;
        },
        (error: unknown) => {
          this.#trouble.add(account.companyId);
          for (const day of days) this.#land(flight, day);
          throw error;
        },
      );
    const flight: Flight = {
      companyId: account.companyId,
      eventTypeId: type.id,
      line,
      days,
      lane,
      askedAt,
      landed,
    };
    for (const day of days) this.#flights.set(`${line}|${day}`, flight);
    // Whoever waits hears of it; a refresh in the background has nobody.
    landed.catch(() => {});
    return flight;
  }

  /** @returns whether it was still wanted for that day */
  #land(flight: Flight, day: number): boolean {
    const key = `${flight.line}|${day}`;
    return this.#flights.get(key) === flight && this.#flights.delete(key);
  }

  #keep(flight: Flight, day: number, slots: Span[], readAt: number): void {
    if (!this.#land(flight, day)) return;
    const { companyId, eventTypeId, line } = flight;
    const key = `${line}|${day}`;
    const types = this.#byCompany.get(companyId) ?? new Map<number, Set<string>>();
    const keys = types.get(eventTypeId) ?? new Set<string>();
    this.#byCompany.set(companyId, types.set(eventTypeId, keys.add(key)));
    this.#entries.set(key, { companyId, eventTypeId, day, slots, readAt, valid: true });
  }

  #unlist({ companyId, eventTypeId }: Entry, key: string): void {
    const types = this.#byCompany.get(companyId);
    const keys = types?.get(eventTypeId);
    keys?.delete(key);
    if (keys?.size === 0) types?.delete(eventTypeId);
    if (types?.size === 0) this.#byCompany.delete(companyId);
  }
}

const daysFrom = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

function dayOf(instant: number): number {
  return Math.floor(instant / DAY_MS);
}

/** @throws CalcomError `aborted` when it takes longer */
async function patiently<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<never>((_, reject) => {
    const tooLong = () => reject(new CalcomError("aborted", "Cal.com was not waited for any longer"));
    timer = setTimeout(tooLong, Math.max(0, ms));
  });
  try {
    return await Promise.race([work, impatience]);
  } finally {
    clearTimeout(timer);
  }
}
