import {
  insertCommand,
  keepDecision,
  notingCommand,
  readSubject,
  type Subject,
} from "../../db/booking/commands.js";
import { takeIntervals } from "../../db/booking/intervals.js";
import { readFacts, refuse, settleUnmoved } from "../../db/booking/outcome.js";
import { EXCLUSION_VIOLATION, inTenant, json, sqlState, type Transaction } from "../../db/client.js";
import { decideChange } from "../../domain/booking/changeable.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import {
  busyIntervalsOf,
  type PlannedPhase,
  planMove,
  standsAsPlanned,
} from "../../domain/booking/phases.js";
import { QUOTA_WINDOW_DAYS } from "../../domain/policy/policy.js";
import type { Catalogue } from "../../domain/tenant/catalogue.js";
import { parseInstant } from "../../domain/time/instant.js";
import type { BookingDependencies } from "./dependencies.js";

export interface PrepareRequest {
  companyId: string;
  appointmentId: string;
  commandId: string;
}

export type Prepared =
  | { result: "ready"; phases: PlannedPhase[] }
  /** Settled: refused, or there is nothing to be done. */
  | { result: "refused"; appointment: AppointmentFacts | null };

/**
 * Decides a cancel in the workflow's loop, by the rule the ingress refuses with early. Sent by hand, without a
 * row, it is an operator's: the row is made here and no policy binds it.
 */
export async function prepareCancel(
  deps: BookingDependencies,
  request: PrepareRequest & { byOperator?: boolean },
): Promise<Prepared> {
  const catalogue = await deps.directory.catalogue(request.companyId);
  return await inTenant(deps.db, request.companyId, async (tx) => {
    const subject = await readSubject(tx, request.appointmentId, request.commandId, QUOTA_WINDOW_DAYS);
    if (!subject.appointment) return { result: "refused", appointment: null };
    if (!subject.command && !(await insertByHand(tx, request, subject, "cancel", {}))) {
      return { result: "refused", appointment: await readFacts(tx, request.appointmentId) };
    }
    if (subject.command?.outcome)
      return { result: "refused", appointment: await readFacts(tx, request.appointmentId) };
    if (!(await isAllowed(tx, catalogue, request, subject, "cancel"))) {
      return { result: "refused", appointment: await readFacts(tx, request.appointmentId) };
    }
    return { result: "ready", phases: [] };
  });
}

/**
 * Decides a move in the workflow's loop. What came with a row was planned and held when it was accepted; what
 * an operator sent by hand is planned and held here.
 */
export async function prepareReschedule(
  deps: BookingDependencies,
  request: PrepareRequest & { start: string | null; staffId: string | null },
): Promise<Prepared> {
  const catalogue = await deps.directory.catalogue(request.companyId);
  return await inTenant(deps.db, request.companyId, async (tx) => {
    const subject = await readSubject(tx, request.appointmentId, request.commandId, QUOTA_WINDOW_DAYS);
    const refused = async (): Promise<Prepared> => ({
      result: "refused",
      appointment: subject.appointment ? await readFacts(tx, request.appointmentId) : null,
    });
    if (!subject.appointment || subject.command?.outcome) return await refused();
    if (subject.command) {
      const phases = subject.command.payload.phases ?? [];
      if (await isUnmoved(tx, request, subject, phases)) return await refused();
      if (!(await isAllowed(tx, catalogue, request, subject, "reschedule"))) return await refused();
      return { result: "ready", phases };
    }
    const planned = planByHand(catalogue, subject, request.start, request.staffId);
    const inserted = await insertByHand(tx, request, subject, "reschedule", {
      ...(request.start === null ? {} : { start: request.start }),
      staffId: request.staffId,
      phases: planned ?? [],
    });
    if (!inserted) return await refused();
    const problem = planned === null ? "invalid-request" : await hold(tx, request, subject, planned);
    if (problem !== null) {
      await refuse(tx, request, { problem, fails: false, release: true });
      return await refused();
    }
    if (await isUnmoved(tx, request, subject, planned ?? [])) return await refused();
    if (!(await isAllowed(tx, catalogue, request, subject, "reschedule"))) return await refused();
    return { result: "ready", phases: planned ?? [] };
  });
}

/** To where it stands already: done as it is, whatever the policy says of moves. */
async function isUnmoved(
  tx: Transaction,
  request: PrepareRequest,
  { appointment, phases }: Subject,
  planned: readonly PlannedPhase[],
): Promise<boolean> {
  const status = appointment?.status;
  if (status !== "pending" && status !== "confirmed") return false;
  if (!standsAsPlanned(phases, planned)) return false;
  await settleUnmoved(tx, request, status);
  return true;
}

async function isAllowed(
  tx: Transaction,
  catalogue: Catalogue,
  request: PrepareRequest,
  subject: Subject,
  action: "cancel" | "reschedule",
): Promise<boolean> {
  const { appointment, command } = subject;
  if (!appointment) return false;
  const decided = decideChange({
    action,
    policies: catalogue.policies,
    appointment,
    cancellationsInMonth: subject.cancellationsInMonth,
    at: command?.acceptedAt ?? new Date(),
    byOperator: command === null || command.actor === "operator",
  });
  if (decided.decision) await keepDecision(tx, request.appointmentId, decided.decision);
  if (decided.allowed) {
    await tx`UPDATE commands SET payload = payload || ${json(tx, { feeCents: decided.feeCents })}::jsonb
             WHERE id = ${request.commandId}`;
    return true;
  }
  await refuse(tx, request, {
    problem: decided.refusal.problem,
    fails: false,
    release: true,
    refusal: decided.refusal,
  });
  return false;
}

/** @returns `false` when the id is another appointment's command: a slip of the hand that must not reach it */
async function insertByHand(
  tx: Transaction,
  request: PrepareRequest,
  subject: Subject,
  kind: "cancel" | "reschedule",
  payload: { start?: string; staffId?: string | null; phases?: PlannedPhase[] },
): Promise<boolean> {
  const command = {
    id: request.commandId,
    companyId: request.companyId,
    appointmentId: request.appointmentId,
    workflowId: subject.appointment?.workflowId ?? "",
    kind,
    idempotencyKey: null,
    requestHash: null,
    actor: "operator" as const,
    payload,
  };
  if (!(await insertCommand(tx, command))) return false;
  await tx`UPDATE commands SET started_at = now() WHERE id = ${request.commandId}`;
  await notingCommand(tx, command);
  return true;
}

function planByHand(
  catalogue: Catalogue,
  subject: Subject,
  start: string | null,
  staffId: string | null,
): PlannedPhase[] | null {
  const parsed = start === null ? null : parseInstant(start);
  const { appointment } = subject;
  if (!parsed?.ok || !appointment || parsed.instant <= new Date()) return null;
  const service = catalogue.services.find((candidate) => candidate.id === appointment.serviceId);
  const branch = catalogue.branches.find((candidate) => candidate.id === appointment.branchId);
  const member = catalogue.staff.find((candidate) => candidate.id === (staffId ?? appointment.staffId));
  return service && branch && member
    ? planMove(
        catalogue,
        service,
        branch,
        member,
        parsed.instant,
        subject.phases.map((phase) => phase.key),
      )
    : null;
}

async function hold(
  tx: Transaction,
  request: PrepareRequest,
  subject: Subject,
  planned: PlannedPhase[],
): Promise<string | null> {
  try {
    await tx.savepoint((inner) =>
      takeIntervals(
        inner,
        {
          companyId: request.companyId,
          ownerId: request.appointmentId,
          kind: "hold",
          commandId: request.commandId,
        },
        busyIntervalsOf(planned, subject.appointment?.bufferAfterMinutes ?? 0),
      ),
    );
    return null;
  } catch (error) {
    if (sqlState(error) === EXCLUSION_VIOLATION) return "slot-taken";
    throw error;
  }
}
