import type postgres from "postgres";
import { busyIntervalsOf, type PlannedPhase } from "../../domain/booking/phases.js";
import { type Interval, lockingCalendars, takingIntervals } from "../booking/intervals.js";
import {
  Closing,
  type Database,
  EXCLUSION_VIOLATION,
  inTenantUnsynced,
  json,
  type Statement,
  sqlState,
  type Transaction,
} from "../client.js";

/** A free time as it is to be offered, with everything that the commit needs. */
export interface NewOffer {
  id: string;
  serviceId: string;
  branchId: string;
  staffId: string;
  /** The caller asked for this person by name. */
  staffWished: boolean;
  start: Date;
  end: Date;
  timeZone: string;
  phases: PlannedPhase[];
  priceCents: number;
  bufferAfterMinutes: number;
  kind: "wish" | "alternative";
  /** Milliseconds that the offer may be taken. */
  validMs: number;
  /** Milliseconds that the chair is kept; after them whoever comes first has it. */
  holdMs: number;
}

export interface OfferRow {
  id: string;
  callId: string;
  serviceId: string;
  branchId: string;
  staffId: string;
  staffWished: boolean;
  startAt: Date;
  endAt: Date;
  timeZone: string;
  phases: PlannedPhase[];
  priceCents: number;
  bufferAfterMinutes: number;
  kind: "wish" | "alternative";
  state: "open" | "taken" | "released";
  appointmentId: string | null;
  expired: boolean;
}

/** Live holds of one number at most (voice-agents 3.6): one undecided caller must not empty the day. */
export const LIVE_HOLDS = 3;

/** What is free as far as the caller of `holdOffers` knows, and what of it is to be offered. */
export interface ToHold<T extends { phases: PlannedPhase[] }> {
  companyId: string;
  callId: string;
  /** Appointments of the caller: their chairs are kept by themselves already. */
  own: readonly string[];
  bufferAfterMinutes: number;
  free: readonly T[];
  /** At most `LIVE_HOLDS`; asked once more with what is left when somebody else was quicker. */
  choose(free: readonly T[]): readonly T[];
  offerOf(chosen: T, index: number): NewOffer;
}

/**
 * Offers times to a call and keeps the chairs, each for its time. Older offers of the call stay good, but give
 * their chairs back as far as more than `LIVE_HOLDS` would be kept: the commit decides then. A time that somebody
 * else has taken meanwhile is not offered, but another of those that are free. Should the database forget it with a
 * crash, the offer is gone: that is said, and asked for anew.
 *
 * @returns what is held; nothing where somebody else has taken all of it
 */
export async function holdOffers<T extends { phases: PlannedPhase[] }>(
  db: Database,
  wanted: ToHold<T>,
): Promise<{ chosen: T; offer: NewOffer }[]> {
  const { companyId, own } = wanted;
  const best = holdsOf(wanted, wanted.choose(wanted.free));
  if (best.length === 0) return [];
  if (own.length === 0) {
    // Nearly always all of them are still free. Sent in one go: whoever else wants a chair of these people waits as
    // long as the calendars are locked.
    try {
      return await inTenantUnsynced(db, companyId, async (tx) => {
        const staffIds = best.flatMap(({ intervals }) => intervals.map(({ staffId }) => staffId));
        return Closing.with(best, [lockingCalendars(tx, staffIds), ...holding(tx, wanted, best)]);
      });
    } catch (error) {
      if (sqlState(error) !== EXCLUSION_VIOLATION) throw error;
    }
  }
  return await inTenantUnsynced(db, companyId, (tx) => holdWhatIsLeft(tx, wanted));
}

interface Hold<T> {
  chosen: T;
  offer: NewOffer;
  intervals: Interval[];
}

function holdsOf<T extends { phases: PlannedPhase[] }>(
  { offerOf, bufferAfterMinutes }: ToHold<T>,
  chosen: readonly T[],
): Hold<T>[] {
  return chosen.map((one, index) => ({
    chosen: one,
    offer: offerOf(one, index),
    intervals: busyIntervalsOf(one.phases, bufferAfterMinutes),
  }));
}

/** The calendars are locked, so that what is free stays free until it is held. */
async function holdWhatIsLeft<T extends { phases: PlannedPhase[] }>(
  tx: Transaction,
  wanted: ToHold<T>,
): Promise<Closing<Hold<T>[]> | Hold<T>[]> {
  const { callId, own, free, bufferAfterMinutes } = wanted;
  const wishes = free.map((one) => ({ one, intervals: busyIntervalsOf(one.phases, bufferAfterMinutes) }));
  const all = wishes.flatMap(({ intervals }) => intervals);
  const staffIds = [...new Set(all.map(({ staffId }) => staffId))];
  const from = new Date(Math.min(...all.map(({ start }) => start.getTime())));
  const to = new Date(Math.max(...all.map(({ end }) => end.getTime())));
  const [, standing] = await Promise.all([
    lockingCalendars(tx, staffIds).execute(),
    tx<{ staffId: string; start: Date; end: Date; own: boolean }[]>`
      SELECT staff_id, lower(during) AS start, upper(during) AS "end", owner_id = ANY(${[...own]}::uuid[]) AS own
      FROM busy_intervals WHERE staff_id = ANY(${staffIds}::uuid[]) AND during && tstzrange(${from}, ${to}, '[)')
        AND owner_id <> ${callId} AND (expires_at IS NULL OR expires_at > clock_timestamp())`.execute(),
  ]);
  const taken = standing.filter((one) => !one.own);
  const overlaps = (interval: Interval) =>
    taken.some(
      ({ staffId, start, end }) =>
        staffId === interval.staffId && start < interval.end && interval.start < end,
    );
  const left = wishes.filter(({ intervals }) => !intervals.some(overlaps)).map(({ one }) => one);
  const ownSpans = standing.filter((one) => one.own);
  const holds = holdsOf(wanted, wanted.choose(left)).map((hold) => ({
    ...hold,
    intervals: hold.intervals.flatMap((interval) => without(interval, ownSpans)),
  }));
  return holds.length === 0 ? [] : Closing.with(holds, holding(tx, wanted, holds));
}

/** The statements that keep the chairs and write the offers; the calendars are to be locked before. */
function holding<T extends { phases: PlannedPhase[] }>(
  tx: Transaction,
  { companyId, callId }: ToHold<T>,
  holds: readonly Hold<T>[],
): Statement[] {
  const now = Date.now();
  const taking = holds.flatMap(({ offer, intervals }) => {
    const expiresAt = new Date(now + offer.holdMs);
    const owner = { companyId, ownerId: callId, kind: "hold", commandId: null, expiresAt } as const;
    return takingIntervals(tx, owner, intervals);
  });
  const offers = holds.map(({ offer }) => offer);
  return [
    freeingOldest(tx, callId, LIVE_HOLDS - holds.length),
    ...taking,
    writingOffers(tx, companyId, callId, offers, now),
  ];
}

function writingOffers(
  tx: Transaction,
  companyId: string,
  callId: string,
  offers: readonly NewOffer[],
  now: number,
): Statement {
  return tx`INSERT INTO offers ${tx(
    offers.map((offer) => ({
      company_id: companyId,
      id: offer.id,
      call_id: callId,
      service_id: offer.serviceId,
      branch_id: offer.branchId,
      staff_id: offer.staffId,
      staff_wished: offer.staffWished,
      start_at: offer.start,
      end_at: offer.end,
      time_zone: offer.timeZone,
      phases: json(tx, offer.phases),
      price_cents: offer.priceCents,
      buffer_after_minutes: offer.bufferAfterMinutes,
      kind: offer.kind,
      expires_at: new Date(now + offer.validMs),
    })),
  )}`;
}

/** Gives back the chairs of the call's oldest holds until at most `keep` offers hold one. */
function freeingOldest(tx: Transaction, callId: string, keep: number): Statement {
  return tx`
    DELETE FROM busy_intervals WHERE owner_id = ${callId} AND expires_at <= (
      SELECT expires_at FROM (SELECT DISTINCT expires_at FROM busy_intervals WHERE owner_id = ${callId}) AS h
      ORDER BY expires_at DESC OFFSET ${Math.max(0, keep)} LIMIT 1)`;
}

/** What of an interval is not covered by those of the same chair that stand already. */
function without(
  interval: Interval,
  standing: readonly { staffId: string; start: Date; end: Date }[],
): Interval[] {
  let left = [interval];
  for (const taken of standing) {
    if (taken.staffId !== interval.staffId) continue;
    left = left.flatMap((part) => {
      if (taken.end <= part.start || taken.start >= part.end) return [part];
      return [
        ...(taken.start > part.start ? [{ ...part, end: taken.start }] : []),
        ...(taken.end < part.end ? [{ ...part, start: taken.end }] : []),
      ];
    });
  }
  return left;
}

/** An offer of this company, whoever it was made to. */
export function offerRow(tx: Transaction, companyId: string, id: string): postgres.PendingQuery<OfferRow[]> {
  return tx<OfferRow[]>`
    SELECT id, call_id, service_id, branch_id, staff_id, staff_wished, start_at, end_at, time_zone, phases, price_cents,
      buffer_after_minutes, kind, state, appointment_id, expires_at <= clock_timestamp() AS expired
    FROM offers WHERE company_id = ${companyId} AND id = ${id}`;
}

/**
 * Makes the offer the call's choice: all that the call held is free again, and what was offered together with it
 * is gone. Offers of other questions stay good (for somebody else, say); the commit decides about them.
 * To be called when the calendars of the offer are locked, before its chairs are taken for the appointment.
 *
 * @returns `false` when it has been taken already, or is over
 */
export async function takeOffer(
  tx: Transaction,
  taken: { companyId: string; callId: string; offerId: string; appointmentId: string },
): Promise<boolean> {
  const { companyId, callId, offerId, appointmentId } = taken;
  const [chosen] = await Promise.all([
    tx`
      UPDATE offers SET state = 'taken', appointment_id = ${appointmentId}
      WHERE company_id = ${companyId} AND id = ${offerId} AND call_id = ${callId} AND state = 'open'
        AND expires_at > clock_timestamp() RETURNING 1`.execute(),
    tx`
      UPDATE offers SET state = 'released'
      WHERE call_id = ${callId} AND id <> ${offerId} AND state = 'open'
        AND created_at = (SELECT created_at FROM offers WHERE company_id = ${companyId} AND id = ${offerId})`.execute(),
    tx`DELETE FROM busy_intervals WHERE owner_id = ${callId}`.execute(),
  ]);
  return chosen.length > 0;
}

/** The call is over, or what was offered is not wanted: the chairs are free at once. */
export async function releaseOffers(tx: Transaction, callId: string): Promise<void> {
  await Promise.all([
    tx`UPDATE offers SET state = 'released' WHERE call_id = ${callId} AND state = 'open'`.execute(),
    tx`DELETE FROM busy_intervals WHERE owner_id = ${callId}`.execute(),
  ]);
}

/** Offers whose chairs other calls from this number keep at the moment. */
export function holdsElsewhere(
  tx: Transaction,
  phone: string,
  callId: string,
): postgres.PendingQuery<{ held: number }[]> {
  return tx<{ held: number }[]>`
    SELECT count(DISTINCT (b.owner_id, b.expires_at))::int AS held
    FROM calls k JOIN busy_intervals b ON b.company_id = k.company_id AND b.owner_id = k.id
    WHERE k.caller_phone = ${phone} AND k.id <> ${callId} AND b.expires_at > clock_timestamp()`;
}
