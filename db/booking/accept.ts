import { busyIntervalsOf, type PlannedPhase } from "../../domain/booking/phases.js";
import {
  Closing,
  type Database,
  DEADLOCK,
  EXCLUSION_VIOLATION,
  inTenant,
  json,
  SERIALIZATION_FAILURE,
  type Statement,
  sqlState,
  type Transaction,
} from "../client.js";
import { findingCustomer, foundCustomer, type Person } from "../customer/find-or-create.js";
import { takeOffer } from "../voice/offers.js";
import {
  acceptedEntry,
  insertingCommand,
  isKnownCommand,
  type NewCommand,
  notingCommand,
} from "./commands.js";
import { type IntervalOwner, lockingCalendars, takeIntervals, takingIntervals } from "./intervals.js";

/** A booking as the ingress wants it accepted. */
export interface BookingIntent {
  companyId: string;
  commandId: string;
  appointmentId: string;
  workflowId: string;
  idempotencyKey: string;
  requestHash: string | null;
  actor: NewCommand["actor"];
  source: "api" | "voice" | "dashboard";
  serviceId: string;
  branchId: string;
  timeZone: string;
  priceCents: number;
  bufferAfterMinutes: number;
  person: Person;
  notes: string | null;
  staffWished: boolean;
  /** Plans in order of preference; the first whose chairs are all free is taken. */
  plans: PlannedPhase[][];
  /** Booked from what a call was offered: the call's holds are given up for it. */
  offer?: { callId: string; offerId: string };
}

export type Acceptance =
  | { result: "accepted"; plan: PlannedPhase[] }
  /** The key names a command already. */
  | { result: "known" }
  | { result: "taken" }
  /** The offer is not open any more. */
  | { result: "expired" };

const ATTEMPTS = 5;

/**
 * Intent and hold in one transaction: its COMMIT is the acceptance. Two writers that race for a chair are
 * decided by the exclusion constraint, two with one key by the key's unique index.
 */
export async function acceptBooking(db: Database, intent: BookingIntent): Promise<Acceptance> {
  return await retried(() => acceptOnce(db, intent));
}

async function acceptOnce(db: Database, intent: BookingIntent): Promise<Acceptance> {
  const [only, ...others] = intent.plans;
  try {
    const plan =
      only && others.length === 0 && !intent.offer
        ? await acceptTogether(db, intent, only)
        : await acceptFirstFree(db, intent);
    return { result: "accepted", plan };
  } catch (error) {
    if (isKnownCommand(error)) return { result: "known" };
    if (error instanceof OfferGone) return { result: "expired" };
    if (error instanceof NothingFree || sqlState(error) === EXCLUSION_VIOLATION) return { result: "taken" };
    throw error;
  }
}

/** The usual booking: nothing is to be decided on the way, so all goes out with COMMIT, in one round trip. */
async function acceptTogether(
  db: Database,
  intent: BookingIntent,
  plan: PlannedPhase[],
): Promise<PlannedPhase[]> {
  const { companyId, person, source } = intent;
  return await inTenant(db, companyId, async (tx) =>
    Closing.with(plan, [
      insertingCommand(tx, commandOf(intent)),
      findingCustomer(tx, companyId, person, source),
      ...takingIntervals(tx, ownerOf(intent), busyIntervalsOf(plan, intent.bufferAfterMinutes)),
      insertingAppointment(tx, intent, plan),
    ]),
  );
}

const commandOf = (intent: BookingIntent): NewCommand => ({
  ...intent,
  id: intent.commandId,
  kind: "book",
  payload: {},
});

const ownerOf = ({ companyId, appointmentId, commandId }: BookingIntent): IntervalOwner => ({
  companyId,
  ownerId: appointmentId,
  kind: "hold",
  commandId,
});

/** Several plans, or an offer whose holds are given up for it. */
async function acceptFirstFree(db: Database, intent: BookingIntent): Promise<PlannedPhase[]> {
  const { companyId, appointmentId, person, offer } = intent;
  return await inTenant(db, companyId, async (tx) => {
    const owner = ownerOf(intent);
    const intervals = (plan: readonly PlannedPhase[]) => busyIntervalsOf(plan, intent.bufferAfterMinutes);
    const staffIds = intent.plans.flat().flatMap((phase) => phase.staffId ?? []);
    // Sent together and in this order.
    await Promise.all([
      insertingCommand(tx, commandOf(intent)).execute(),
      findingCustomer(tx, companyId, person, intent.source).execute(),
      lockingCalendars(tx, staffIds).execute(),
      offer && takeOfferFor(tx, companyId, appointmentId, offer),
    ]);
    for (const [index, plan] of intent.plans.entries()) {
      if (index === intent.plans.length - 1) {
        // All together: where the chair is not free, nothing is written.
        return Closing.with(plan, [
          ...takingIntervals(tx, owner, intervals(plan)),
          insertingAppointment(tx, intent, plan),
        ]);
      }
      try {
        await tx.savepoint((inner) => takeIntervals(inner, owner, intervals(plan)));
        return Closing.with(plan, [insertingAppointment(tx, intent, plan)]);
      } catch (error) {
        if (sqlState(error) !== EXCLUSION_VIOLATION) throw error;
      }
    }
    throw new NothingFree();
  });
}

/**
 * The call's holds stand in nobody's way any more, least of all in their own caller's. The calendars are to be
 * locked before.
 */
async function takeOfferFor(
  tx: Transaction,
  companyId: string,
  appointmentId: string,
  offer: { callId: string; offerId: string },
): Promise<void> {
  if (!(await takeOffer(tx, { companyId, appointmentId, ...offer }))) throw new OfferGone();
}

/** Taken, released or run out; the transaction is left without a trace. */
class OfferGone extends Error {}

/** No plan at all could be taken; the transaction is left without a trace. */
class NothingFree extends Error {}

/** The appointment of the found customer with its phases and the first line of its story, in one statement. */
function insertingAppointment(
  tx: Transaction,
  intent: BookingIntent,
  plan: readonly PlannedPhase[],
): Statement {
  const { companyId, appointmentId, person } = intent;
  const first = plan[0];
  const last = plan.at(-1);
  if (!first || !last) throw new NothingFree();
  const staffId = plan.find((phase) => phase.staffRequired)?.staffId ?? null;
  const phases = plan.map((phase) => ({
    position: phase.position,
    key: phase.key,
    start_at: phase.start,
    end_at: phase.end,
    staff_required: phase.staffRequired,
    staff_id: phase.staffId,
    calcom_event_type_id: phase.calcomEventTypeId,
    sync: phase.staffRequired ? "pending" : "not_applicable",
  }));
  const noted = acceptedEntry({ id: intent.commandId, kind: "book", actor: intent.actor });
  return tx`
    WITH appointment AS (
      INSERT INTO appointments (id, company_id, workflow_id, status, start_at, end_at, time_zone, service_id, branch_id,
        staff_id, staff_wished, customer_id, attendee_name, attendee_email, attendee_phone, notes, source, price_cents,
        buffer_after_minutes, sync_state)
      VALUES (${appointmentId}, ${companyId}, ${intent.workflowId}, 'pending', ${first.start}, ${last.end},
        ${intent.timeZone}, ${intent.serviceId}, ${intent.branchId}, ${staffId}, ${intent.staffWished}, ${foundCustomer(tx)},
        ${person.name}, ${person.email}, ${person.phone}, ${intent.notes}, ${intent.source}, ${intent.priceCents},
        ${intent.bufferAfterMinutes}, 'pending')),
    noted AS (
      INSERT INTO timeline (company_id, appointment_id, kind, action, outcome, detail, dedupe_key)
      VALUES (${companyId}, ${appointmentId}, ${noted.kind}, ${noted.action}, ${noted.outcome}, ${json(tx, noted.detail)},
        ${noted.dedupeKey})
      ON CONFLICT DO NOTHING)
    INSERT INTO appointment_phases (company_id, appointment_id, position, key, start_at, end_at, staff_required, staff_id,
      calcom_event_type_id, sync)
    SELECT ${companyId}::uuid, ${appointmentId}::uuid, p.position, p.key, p.start_at, p.end_at, p.staff_required, p.staff_id,
      p.calcom_event_type_id, p.sync
    FROM jsonb_to_recordset(${json(tx, phases)}) AS p(position int, key text, start_at timestamptz, end_at timestamptz,
      staff_required boolean, staff_id uuid, calcom_event_type_id int, sync text)`;
}

/** A move or a cancel as the ingress wants it accepted. */
export interface ChangeIntent extends NewCommand {
  kind: "reschedule" | "cancel";
  bufferAfterMinutes: number;
  /** Moved to what a call was offered. */
  offer?: { callId: string; offerId: string };
}

/** Intent, and for a move the hold of the new time, in one transaction. The old time stands until it is done. */
export async function acceptChange(
  db: Database,
  intent: ChangeIntent,
): Promise<"accepted" | "known" | "taken" | "expired"> {
  return await retried(async () => {
    try {
      await inTenant(db, intent.companyId, (tx) => acceptChangeWithin(tx, intent));
      return "accepted";
    } catch (error) {
      if (isKnownCommand(error)) return "known";
      if (error instanceof OfferGone) return "expired";
      if (sqlState(error) === EXCLUSION_VIOLATION) return "taken";
      throw error;
    }
  });
}

async function acceptChangeWithin(tx: Transaction, intent: ChangeIntent): Promise<Closing<null>> {
  const { id, companyId, appointmentId, bufferAfterMinutes, offer } = intent;
  const phases = intent.payload.phases ?? [];
  const command = insertingCommand(tx, intent);
  if (offer) {
    const staffIds = phases.flatMap((phase) => phase.staffId ?? []);
    await Promise.all([
      command.execute(),
      lockingCalendars(tx, staffIds).execute(),
      takeOfferFor(tx, companyId, appointmentId, offer),
    ]);
  }
  const owner = { companyId, ownerId: appointmentId, kind: "hold", commandId: id } as const;
  return Closing.with(null, [
    command,
    ...takingIntervals(tx, owner, busyIntervalsOf(phases, bufferAfterMinutes)),
    tx`UPDATE appointments SET sync_state = CASE WHEN sync_state = 'synced' THEN 'pending' ELSE sync_state END,
         version = version + 1, updated_at = now()
       WHERE id = ${appointmentId}`,
    notingCommand(tx, intent),
  ]);
}

/** Two transactions that wait for each other: one of them is told to start again. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const state = sqlState(error);
      if (attempt >= ATTEMPTS || (state !== DEADLOCK && state !== SERIALIZATION_FAILURE)) throw error;
    }
  }
}
