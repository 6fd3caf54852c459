import { busyIntervalsOf, type PlannedPhase } from "../../domain/booking/phases.js";
import {
  type Database,
  DEADLOCK,
  EXCLUSION_VIOLATION,
  inTenant,
  SERIALIZATION_FAILURE,
  sqlState,
} from "../client.js";
import { findOrCreateCustomer, type Person } from "../customer/find-or-create.js";
import type { CommandPayload } from "../schema/booking.js";
import { insertCommand, type NewCommand, noteCommand } from "./commands.js";
import { lockCalendars, takeIntervals } from "./intervals.js";

/** A booking as the ingress wants it accepted. */
export interface BookingIntent {
  companyId: string;
  commandId: string;
  appointmentId: string;
  workflowId: string;
  idempotencyKey: string;
  requestHash: string;
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
}

export type Acceptance =
  | { result: "accepted"; plan: PlannedPhase[] }
  /** The key names a command already. */
  | { result: "known" }
  | { result: "taken" };

const ATTEMPTS = 5;

/**
 * Intent and hold in one transaction: its COMMIT is the acceptance. Two writers that race for a chair are
 * decided by the exclusion constraint, two with one key by the key's unique index.
 */
export async function acceptBooking(db: Database, intent: BookingIntent): Promise<Acceptance> {
  return await retried(() => acceptOnce(db, intent));
}

async function acceptOnce(db: Database, intent: BookingIntent): Promise<Acceptance> {
  const { companyId, appointmentId, commandId, person } = intent;
  let accepted: PlannedPhase[] | null = null;
  try {
    const known = await inTenant(db, companyId, async (tx) => {
      const payload: CommandPayload = {};
      const command = { ...intent, id: commandId, kind: "book" as const, payload };
      const [fresh, customerId] = await Promise.all([
        insertCommand(tx, command),
        findOrCreateCustomer(tx, companyId, person, intent.source),
      ]);
      if (!fresh) return true;
      if (intent.plans.length > 1) {
        await lockCalendars(
          tx,
          intent.plans.flat().flatMap((phase) => phase.staffId ?? []),
        );
      }
      for (const [index, plan] of intent.plans.entries()) {
        const owner = { companyId, ownerId: appointmentId, kind: "hold" as const, commandId };
        const intervals = busyIntervalsOf(plan, intent.bufferAfterMinutes);
        if (index === intent.plans.length - 1) {
          await takeIntervals(tx, owner, intervals);
          accepted = plan;
          break;
        }
        try {
          await tx.savepoint((inner) => takeIntervals(inner, owner, intervals));
          accepted = plan;
          break;
        } catch (error) {
          if (sqlState(error) !== EXCLUSION_VIOLATION) throw error;
        }
      }
      const plan = accepted ?? [];
      const first = plan[0];
      const last = plan.at(-1);
      if (!first || !last) throw new NothingFree();
      const staffId = plan.find((phase) => phase.staffRequired)?.staffId ?? null;
      await Promise.all([
        tx`INSERT INTO appointments (id, company_id, workflow_id, status, start_at, end_at, time_zone, service_id, branch_id,
             staff_id, staff_wished, customer_id, attendee_name, attendee_email, attendee_phone, notes, source, price_cents,
             buffer_after_minutes, sync_state)
           VALUES (${appointmentId}, ${companyId}, ${intent.workflowId}, 'pending', ${first.start}, ${last.end},
             ${intent.timeZone}, ${intent.serviceId}, ${intent.branchId}, ${staffId}, ${intent.staffWished}, ${customerId},
             ${person.name}, ${person.email}, ${person.phone}, ${intent.notes}, ${intent.source}, ${intent.priceCents},
             ${intent.bufferAfterMinutes}, 'pending')`,
        tx`INSERT INTO appointment_phases ${tx(plan.map((phase) => phaseRow(companyId, appointmentId, phase)))}`,
        noteCommand(tx, { ...intent, id: commandId, kind: "book" }),
      ]);
      return false;
    });
    if (known) return { result: "known" };
    return { result: "accepted", plan: accepted ?? [] };
  } catch (error) {
    if (error instanceof NothingFree || sqlState(error) === EXCLUSION_VIOLATION) return { result: "taken" };
    throw error;
  }
}

/** No plan at all could be taken; the transaction is left without a trace. */
class NothingFree extends Error {}

function phaseRow(companyId: string, appointmentId: string, phase: PlannedPhase) {
  return {
    company_id: companyId,
    appointment_id: appointmentId,
    position: phase.position,
    key: phase.key,
    start_at: new Date(phase.start),
    end_at: new Date(phase.end),
    staff_required: phase.staffRequired,
    staff_id: phase.staffId,
    calcom_event_type_id: phase.calcomEventTypeId,
    sync: phase.staffRequired ? "pending" : "not_applicable",
  };
}

/** A move or a cancel as the ingress wants it accepted. */
export interface ChangeIntent extends NewCommand {
  kind: "reschedule" | "cancel";
  bufferAfterMinutes: number;
}

/** Intent, and for a move the hold of the new time, in one transaction. The old time stands until it is done. */
export async function acceptChange(
  db: Database,
  intent: ChangeIntent,
): Promise<"accepted" | "known" | "taken"> {
  return await retried(async () => {
    try {
      return await inTenant(db, intent.companyId, async (tx) => {
        if (!(await insertCommand(tx, intent))) return "known";
        await Promise.all([
          intent.payload.phases
            ? takeIntervals(
                tx,
                {
                  companyId: intent.companyId,
                  ownerId: intent.appointmentId,
                  kind: "hold",
                  commandId: intent.id,
                },
                busyIntervalsOf(intent.payload.phases, intent.bufferAfterMinutes),
              )
            : Promise.resolve(),
          tx`UPDATE appointments SET sync_state = CASE WHEN sync_state = 'synced' THEN 'pending' ELSE sync_state END,
               version = version + 1, updated_at = now()
             WHERE id = ${intent.appointmentId}`,
          noteCommand(tx, intent),
        ]);
        return "accepted";
      });
    } catch (error) {
      if (sqlState(error) === EXCLUSION_VIOLATION) return "taken";
      throw error;
    }
  });
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
