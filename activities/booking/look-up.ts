import type { CalcomBooking } from "../../calcom/client.js";
import { CalcomError } from "../../calcom/errors.js";
import { createProvenByWebhook, type OperationRow } from "../../db/booking/attempt.js";
import { type Asking, type AttemptContext, possibleHosts } from "./context.js";

const HOUR_MS = 3_600_000;
const LONGEST_CHAIN = 20;

export type OwnBooking =
  /** Where a person has moved it on already, the newest booking of its chain. */
  | { found: "own"; booking: CalcomBooking }
  /** It was made, and a person has cancelled it already. */
  | { found: "ended" }
  /** Somebody else's booking holds every host that could have taken it. */
  | { found: "taken" }
  | { found: "nothing" };

/**
 * Looks for the booking that an operation of ours may have made: by its webhook, which is the fastest proof,
 * then in Cal.com's list, compared by our own operation id and start. A booking that is not ours, or not at our
 * start, is never adopted.
 *
 * @throws CalcomError when Cal.com cannot be asked
 */
export async function lookUpCreated(context: AttemptContext, operation: OperationRow): Promise<OwnBooking> {
  const { deps, account, read } = context;
  const companyId = account.companyId;
  const start = operation.wantedStart;
  if (!start) return { found: "nothing" };
  const proven = await createProvenByWebhook(deps.db, companyId, operation.id);
  if (proven !== null) {
    const booking = await getIfThere(context, proven);
    if (booking && carriesOperation(booking, operation)) return await whatBecameOf(context, booking);
  }
  const phase = context.attempt.phases.find((candidate) => candidate.key === operation.phaseKey);
  const end = new Date(start.getTime() + (phase ? phase.endAt.getTime() - phase.startAt.getTime() : HOUR_MS));
  const around = await deps.calcom.listBookings(
    account,
    {
      afterStart: new Date(start.getTime() - 6 * HOUR_MS),
      beforeEnd: new Date(end.getTime() + 6 * HOUR_MS),
      sortCreated: "desc",
      maxItems: 250,
    },
    read,
  );
  const own = around.filter((booking) => carriesOperation(booking, operation));
  const made = own.find(isActive) ?? own[0];
  if (made) return await whatBecameOf(context, made);
  const inTheWay = around.filter(
    (booking) => isActive(booking) && booking.start < end && booking.end > start,
  );
  const hosts = possibleHosts(context, operation);
  const taken =
    hosts.length > 0
      ? hosts.every((host) => inTheWay.some((booking) => booking.hosts.some((other) => other.id === host)))
      : inTheWay.some((booking) => booking.eventTypeId === operation.calcomEventTypeId);
  return taken ? { found: "taken" } : { found: "nothing" };
}

/** A person may have been quicker than our look: never made again is what was made, moved or cancelled since. */
async function whatBecameOf(context: AttemptContext, booking: CalcomBooking): Promise<OwnBooking> {
  if (isActive(booking)) return { found: "own", booking };
  const found = await newestOf(context, booking.uid);
  if (found && isActive(found.newest)) return { found: "own", booking: found.newest };
  return { found: "ended" };
}

/** Ours: our operation, our start, made new (a moved booking carries the metadata of the first one). */
function carriesOperation(booking: CalcomBooking, operation: OperationRow): boolean {
  return (
    booking.metadata.operationId === operation.id &&
    booking.rescheduledFromUid === null &&
    booking.start.getTime() === operation.wantedStart?.getTime()
  );
}

export function isOwn(booking: CalcomBooking, operation: OperationRow): boolean {
  return carriesOperation(booking, operation) && isActive(booking);
}

export function isActive(booking: CalcomBooking): boolean {
  return booking.status === "accepted" || booking.status === "pending";
}

/** @returns `null` when Cal.com knows no such booking (or its replica does not yet). */
export async function getIfThere(context: Asking, uid: string): Promise<CalcomBooking | null> {
  try {
    return await context.deps.calcom.getBooking(context.account, uid, context.read);
  } catch (error) {
    if (error instanceof CalcomError && error.kind === "not_found") return null;
    throw error;
  }
}

/** The newest booking of a chain, its links oldest first; bounded, and a circle ends it. */
export async function newestOf(
  context: Asking,
  uid: string,
): Promise<{ newest: CalcomBooking; chain: string[] } | null> {
  let booking = await getIfThere(context, uid);
  if (!booking) return null;
  const chain = [booking.uid];
  while (booking.rescheduledToUid !== null && chain.length < LONGEST_CHAIN) {
    if (chain.includes(booking.rescheduledToUid)) break;
    const next: CalcomBooking | null = await getIfThere(context, booking.rescheduledToUid);
    if (!next) break;
    booking = next;
    chain.push(booking.uid);
  }
  return { newest: booking, chain };
}

const LEAST_LOOK_UP_MS = 5_000;

/**
 * When a doubtful attempt may be taken for one that did nothing (ms since epoch). Where no answer came, the
 * request may be under way for as long as Cal.com itself takes. Where Cal.com said "taken", only its replica
 * could hide our own booking, and nobody is left waiting for longer than that takes.
 */
export function doubtUntil(context: AttemptContext, operation: OperationRow): number {
  const { lookupWindowMs, writeTimeoutMs } = context.limits;
  const since = operation.lastSentAt?.getTime() ?? Date.now();
  const window =
    operation.error === "taken"
      ? Math.min(lookupWindowMs, LEAST_LOOK_UP_MS)
      : Math.max(lookupWindowMs, writeTimeoutMs);
  return since + window;
}

/** Whether Cal.com offers this very start now. */
export async function isOffered(
  context: AttemptContext,
  eventTypeId: number,
  start: Date,
  bookingUidToReschedule?: string,
): Promise<boolean> {
  const slots = await context.deps.calcom.slots(
    context.account,
    {
      eventTypeId,
      start,
      end: new Date(start.getTime() + 60_000),
      timeZone: context.attempt.appointment.timeZone,
      ...(bookingUidToReschedule === undefined ? {} : { bookingUidToReschedule }),
    },
    context.read,
  );
  return slots.some((slot) => slot.start.getTime() === start.getTime());
}
