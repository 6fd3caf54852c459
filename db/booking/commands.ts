import type { ChangeRefusal } from "../../domain/booking/changeable.js";
import type { PolicyDecision } from "../../domain/policy/policy.js";
import { type Database, inTenant, json, type Statement, type Transaction, violatedKey } from "../client.js";
import type { CommandPayload } from "../schema/booking.js";
import {
  type AppointmentRow,
  appointmentColumns,
  type CommandRow,
  commandColumns,
  type PhaseRow,
  phaseColumns,
} from "./attempt.js";
import { note, noting, type TimelineEntry } from "./timeline.js";

/** How long the ingress itself has to signal before the relay does it. */
const RELAY_AFTER_MS = 2_000;

export interface NewCommand {
  id: string;
  companyId: string;
  appointmentId: string;
  workflowId: string;
  kind: CommandRow["kind"];
  idempotencyKey: string | null;
  requestHash: string | null;
  actor: CommandRow["actor"];
  payload: CommandPayload;
}

/** @returns `false` when the idempotency key (or the id) names a command already */
export async function insertCommand(tx: Transaction, command: NewCommand): Promise<boolean> {
  const inserted = await tx`${insertingCommand(tx, command)} ON CONFLICT DO NOTHING RETURNING id`;
  return inserted.length > 0;
}

/** To be sent with others: where it fails (`isKnownCommand`), so do they. */
export function insertingCommand(tx: Transaction, command: NewCommand): Statement {
  return tx`
    INSERT INTO commands (id, company_id, appointment_id, workflow_id, kind, idempotency_key, request_hash, actor,
      payload, relay_at)
    VALUES (${command.id}, ${command.companyId}, ${command.appointmentId}, ${command.workflowId}, ${command.kind},
      ${command.idempotencyKey}, ${command.requestHash}, ${command.actor}, ${json(tx, command.payload)},
      clock_timestamp() + ${RELAY_AFTER_MS}::float8 * interval '1 ms')`;
}

const KEYS_OF_COMMANDS = ["commands_idempotency_key", "commands_pkey"];

/** The idempotency key (or the id) names a command already. */
export function isKnownCommand(error: unknown): boolean {
  return KEYS_OF_COMMANDS.includes(violatedKey(error) ?? "");
}

/** With what its customer has done to it so far. */
export interface SubjectAppointment extends AppointmentRow {
  /** Moves that were carried out, without those to where it stood already. */
  movesByCustomer: number;
}

export interface Subject {
  command: CommandRow | null;
  appointment: SubjectAppointment | null;
  phases: PhaseRow[];
  /** Cancellations of this customer in the window, without this appointment's. */
  cancellationsInMonth: number;
}

/** What the rules of a change are decided on. */
export async function readSubject(
  tx: Transaction,
  appointmentId: string,
  commandId: string | null,
  windowDays: number,
): Promise<Subject> {
  const [commands, appointments, phases, usage] = await Promise.all([
    commandId === null
      ? Promise.resolve([])
      : tx<CommandRow[]>`
          SELECT ${commandColumns(tx)} FROM commands WHERE id = ${commandId} AND appointment_id = ${appointmentId}`,
    tx<SubjectAppointment[]>`
      SELECT ${appointmentColumns(tx)}, (
        SELECT count(*)::int FROM commands m
        WHERE m.appointment_id = a.id AND m.kind = 'reschedule' AND m.actor = 'customer'
          AND m.outcome->>'result' = 'done' AND m.outcome->'unmoved' IS NULL) AS moves_by_customer
      FROM appointments a JOIN services sv ON sv.id = a.service_id
      WHERE a.id = ${appointmentId}`,
    tx<PhaseRow[]>`
      SELECT ${phaseColumns(tx)} FROM appointment_phases WHERE appointment_id = ${appointmentId} ORDER BY position`,
    tx<{ cancellations: number }[]>`
      SELECT count(*)::int AS cancellations FROM appointments c
      WHERE c.customer_id = (SELECT customer_id FROM appointments WHERE id = ${appointmentId})
        AND c.id <> ${appointmentId} AND c.status = 'cancelled' AND c.cancellation->>'by' = 'customer'
        AND (c.cancellation->>'at')::timestamptz > now() - ${windowDays}::int * interval '1 day'`,
  ]);
  return {
    command: commands[0] ?? null,
    appointment: appointments[0] ?? null,
    phases,
    cancellationsInMonth: usage[0]?.cancellations ?? 0,
  };
}

/** The inputs and the result of a policy decision stay with the appointment (salon-gateway I-14). */
export async function keepDecision(tx: Transaction, appointmentId: string, decision: unknown): Promise<void> {
  await tx`UPDATE appointments SET policy_decisions = policy_decisions || ${json(tx, [decision])}::jsonb
           WHERE id = ${appointmentId}`;
}

/** Far more than a person ever asks for; who asks in a loop must not make the row grow without end. */
const DECISIONS_KEPT = 100;

/** A change that was refused before it became a command: who complains later can be told why. */
export async function keepRefusedChange(
  db: Database,
  refused: {
    companyId: string;
    appointmentId: string;
    action: "cancel" | "reschedule";
    refusal: ChangeRefusal;
    decision: PolicyDecision | null;
  },
): Promise<void> {
  const { companyId, appointmentId, action, refusal, decision } = refused;
  if (decision === null || refusal.problem !== "policy") return;
  await inTenant(db, companyId, async (tx) => {
    const kept = await tx`
      UPDATE appointments SET policy_decisions = policy_decisions || ${json(tx, [decision])}::jsonb
      WHERE id = ${appointmentId} AND jsonb_array_length(policy_decisions) < ${DECISIONS_KEPT}`;
    if (kept.count === 0) return;
    const figures = Object.entries(refusal).filter(([, value]) => value !== undefined);
    await note(tx, companyId, appointmentId, {
      kind: "command",
      action,
      outcome: "refused",
      detail: { ...Object.fromEntries(figures), by: "customer" },
    });
  });
}

/** The line of the timeline that says that a command was accepted. */
export function acceptedEntry(command: { id: string; kind: string; actor: string }) {
  return {
    kind: "command",
    action: command.kind,
    outcome: "accepted",
    detail: { by: command.actor },
    dedupeKey: `accepted:${command.id}`,
  } as const satisfies TimelineEntry;
}

export function notingCommand(
  tx: Transaction,
  command: { id: string; companyId: string; appointmentId: string; kind: string; actor: string },
): Statement {
  return noting(tx, command.companyId, command.appointmentId, [acceptedEntry(command)]);
}

/** Commands that nobody has started: their signal was lost with its process or with Temporal. */
export interface UnstartedCommand {
  id: string;
  companyId: string;
  appointmentId: string;
  workflowId: string;
  kind: CommandRow["kind"];
  payload: CommandPayload;
}

export async function readCommand(db: Database, companyId: string, id: string): Promise<CommandRow | null> {
  const [row] = await inTenant(
    db,
    companyId,
    (tx) => tx<CommandRow[]>`SELECT ${commandColumns(tx)} FROM commands WHERE id = ${id}`,
  );
  return row ?? null;
}
