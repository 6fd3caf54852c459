import { ApiError, badRequest, OUT_OF_BOUNDS, raw, TEAM_TAKEN, USER_TAKEN } from "./answers.js";
import type { Span } from "./calendar.js";
import type { EventType } from "./model.js";
import type { Store } from "./store.js";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Whether one host can take the span: inside working hours, nothing else there, buffers of the type kept. */
export function hostIsFree(
  store: Store,
  type: EventType,
  hostId: number,
  start: number,
  end: number,
  exceptUid?: string,
): boolean {
  const calendar = store.calendar(hostId);
  if (calendar === undefined) return false;
  const before = type.beforeEventBuffer * MINUTE;
  const after = type.afterEventBuffer * MINUTE;
  return calendar.isWorking(start, end) && !calendar.isBusy(start - before, end + after, exceptUid);
}

/** The error of a slot that is taken; team types have their own text on create, and their own defect. */
export function takenError(type: EventType, kind: "create" | "reschedule"): ApiError {
  if (type.schedulingType === null) return badRequest(USER_TAKEN);
  if (type.teamTakenAnswer === "raw500") return raw(500, "Internal server error");
  return badRequest(kind === "create" ? TEAM_TAKEN : USER_TAKEN);
}

/** Past, minimum notice and booking window, in the order in which Cal.com checks them. */
export function assertInBounds(type: EventType, start: number): void {
  const now = Date.now();
  if (start < now) throw badRequest("Attempting to book a meeting in the past.");
  if (start < now + type.minimumBookingNotice * MINUTE) throw badRequest(OUT_OF_BOUNDS);
  if (type.bookingWindowDays !== null && start > now + type.bookingWindowDays * DAY)
    throw badRequest(OUT_OF_BOUNDS);
}

/**
 * Hosts of the booking, organizer first. A round robin takes the free host who was longest without a booking; a
 * collective type needs all.
 */
export function chooseHosts(
  store: Store,
  type: EventType,
  start: number,
  end: number,
  options: {
    readonly kind: "create" | "reschedule";
    readonly exceptUid?: string;
    readonly only?: number;
    readonly force?: boolean;
  },
): readonly number[] {
  const hosts = store.hostIds(type);
  if (hosts.length === 0) {
    if (type.teamId === null) throw takenError(type, options.kind);
    throw new ApiError(
      422,
      `Can't book this team event type because it has no hosts. Please, add at least 1 host to event type with id=${type.id} belonging to team with id=${type.teamId} and try again.`,
    );
  }
  const free = (id: number): boolean => hostIsFree(store, type, id, start, end, options.exceptUid);
  if (type.schedulingType === "collective") {
    if (options.force === true || hosts.every(free)) return hosts;
    throw takenError(type, options.kind);
  }
  const candidates = options.only === undefined ? hosts : hosts.filter((id) => id === options.only);
  const available = options.force === true ? candidates : candidates.filter(free);
  const chosen = [...available].sort((a, b) => store.lastBooked(a) - store.lastBooked(b))[0];
  if (chosen === undefined) throw takenError(type, options.kind);
  return [chosen];
}

/** Grid on which Cal.com rounds the first start of a free range up: the largest of these that divides the interval. */
function gridOf(interval: number): number {
  return [60, 30, 20, 15, 10, 5].find((step) => interval % step === 0) ?? 1;
}

/**
 * Free starts of a type in [from, to], in milliseconds. Free ranges of the hosts (union of a round robin, intersection
 * of a collective type) are cut into slots from their own beginning, as Cal.com does, so that a booking shifts what follows.
 */
export function freeSlots(
  store: Store,
  type: EventType,
  from: number,
  to: number,
  minutes: number,
  exceptUid?: string,
): number[] {
  if (type.schedulingType === "managed") return [];
  const now = Date.now();
  const length = minutes * MINUTE;
  const interval = type.slotInterval ?? minutes;
  const step = interval * MINUTE;
  const grid = gridOf(interval) * MINUTE;
  const earliest = Math.max(from, now + type.minimumBookingNotice * MINUTE);
  const latest = type.bookingWindowDays === null ? to : Math.min(to, now + type.bookingWindowDays * DAY);
  if (earliest > latest) return [];
  const perHost = store.hostIds(type).map((hostId) => {
    const reserved = [...store.reservations.values()].filter((r) => r.hostId === hostId && r.until > now);
    const calendar = store.calendar(hostId);
    if (calendar === undefined) return [];
    return calendar.free(
      earliest,
      latest,
      type.beforeEventBuffer * MINUTE,
      type.afterEventBuffer * MINUTE,
      exceptUid,
      reserved,
    );
  });
  const ranges =
    type.schedulingType === "collective"
      ? [perHost.reduce((a, b) => intersect(a, b), perHost[0] ?? [])]
      : perHost;
  const starts = new Set<number>();
  for (const range of ranges.flat()) {
    for (
      let at = Math.ceil(range.start / grid) * grid;
      at + length <= range.end && at <= latest;
      at += step
    ) {
      if (at >= earliest) starts.add(at);
    }
  }
  return [...starts].sort((a, b) => a - b);
}

function intersect(a: readonly Span[], b: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const x of a) {
    for (const y of b) {
      const start = Math.max(x.start, y.start);
      const end = Math.min(x.end, y.end);
      if (start < end) result.push({ start, end });
    }
  }
  return result;
}
