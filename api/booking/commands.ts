import { randomUUID } from "node:crypto";
import type { Availability } from "../../activities/availability/availability.js";
import { acceptBooking, acceptChange } from "../../db/booking/accept.js";
import { type Answer, type CommandProgress, commandProgress, keepAnswer } from "../../db/booking/answer.js";
import { keepRefusedChange, readSubject } from "../../db/booking/commands.js";
import { readFacts } from "../../db/booking/outcome.js";
import { type Database, inTenant } from "../../db/client.js";
import type { Directory } from "../../db/tenant/directory.js";
import { decideChange } from "../../domain/booking/changeable.js";
import { type PlannedPhase, planMove, standsAsPlanned } from "../../domain/booking/phases.js";
import { QUOTA_WINDOW_DAYS } from "../../domain/policy/policy.js";
import type { StaffMember } from "../../domain/tenant/catalogue.js";
import { apiBookingWorkflowId, appointmentIdOf } from "../../workflows/booking/ids.js";
import { Problem, problemBody } from "../problems.js";
import { toInstant } from "../validation.js";
import type { Alternatives, Moving } from "./alternatives.js";
import type { Dispatcher } from "./dispatch.js";
import { checkRules, plansFor, resolveWish, type Wish } from "./intake.js";
import { ChangeRefused, refusalProblem } from "./refusals.js";
import { hashOf } from "./request-hash.js";
import type { BookingBody } from "./schemas.js";
import { freshFacts, signal, whenSettled } from "./settled.js";
import type { Waiting } from "./waiting.js";

export interface BookingCommandDeps {
  db: Database;
  directory: Directory;
  dispatcher: Dispatcher;
  waiting: Waiting;
  alternatives: Alternatives;
  availability: Pick<Availability, "limits">;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

/** Who asks, for how long, and under which key. */
export interface Caller {
  companyId: string;
  idempotencyKey: string;
  waitMs: number;
  /** For the problem details of a refusal. */
  instance: string;
  requestId: string;
}

export interface Answered extends Answer {
  appointmentId: string;
  replayed: boolean;
}

/** Accepts a booking, sets its lifecycle going and waits for the outcome as long as the caller does. */
export async function book(deps: BookingCommandDeps, caller: Caller, body: BookingBody): Promise<Answered> {
  const { companyId, idempotencyKey } = caller;
  const start = toInstant(body.start);
  const requestHash = hashOf("bookings.create", { ...body, start: start.toISOString() });
  const catalogue = await deps.directory.catalogue(companyId);
  const commandId = randomUUID();
  const workflowId = apiBookingWorkflowId(companyId, idempotencyKey);
  const appointmentId = appointmentIdOf(workflowId);
  let wish: Wish;
  let plans: PlannedPhase[][];
  try {
    wish = resolveWish(catalogue, {
      service: body.service,
      branch: body.branch ?? null,
      staff: body.staff ?? null,
      start,
    });
    const now = new Date();
    const limits = await deps.availability.limits({ ...wish, companyId, staff: wish.member, now });
    plans = await plansFor(deps.db, wish, checkRules(wish, now, limits));
  } catch (refusal) {
    return await knownOr(deps, caller, requestHash, refusal);
  }
  const acceptance = await acceptBooking(deps.db, {
    companyId,
    commandId,
    appointmentId,
    workflowId,
    idempotencyKey,
    requestHash,
    actor: "customer",
    source: body.source,
    serviceId: wish.service.id,
    branchId: wish.branch.id,
    timeZone: wish.branch.timeZone,
    priceCents: wish.service.priceCents,
    bufferAfterMinutes: wish.service.bufferAfterMinutes,
    person: {
      name: body.customer.name,
      email: body.customer.email ?? null,
      phone: body.customer.phone ?? null,
    },
    notes: body.notes ?? null,
    staffWished: wish.member !== null,
    plans,
  });
  if (acceptance.result === "known") return await replay(deps, caller, requestHash, wish);
  if (acceptance.result !== "accepted") throw await slotTaken(deps, wish);
  const signalled = signal(deps, {
    companyId,
    appointmentId,
    workflowId,
    appointment: freshFacts(acceptance.plan),
    message: { kind: "book", commandId },
  });
  return {
    ...(await answer(deps, caller, { id: commandId, appointmentId }, signalled, wish)),
    appointmentId,
    replayed: false,
  };
}

/** Accepts a move. The old time stands until the new one is made. */
export async function reschedule(
  deps: BookingCommandDeps,
  caller: Caller,
  appointmentId: string,
  body: { start: string; staff?: string | null | undefined; reason?: string | null | undefined },
): Promise<Answered> {
  const start = toInstant(body.start);
  const requestHash = hashOf(`bookings.reschedule:${appointmentId}`, { ...body, start: start.toISOString() });
  const { companyId } = caller;
  const { catalogue, subject, facts } = await readChange(deps, companyId, appointmentId);
  let wish: Wish;
  let plan: PlannedPhase[];
  try {
    const { appointment } = subject;
    const service = catalogue.services.find((candidate) => candidate.id === appointment.serviceId);
    const branch = catalogue.branches.find((candidate) => candidate.id === appointment.branchId);
    const current = catalogue.staff.find((candidate) => candidate.id === appointment.staffId);
    if (!service || !branch) throw new Problem("not-bookable", "service: is not offered any more");
    wish = resolveWish(catalogue, {
      service: service.slug,
      branch: branch.slug,
      staff: body.staff ?? current?.slug ?? null,
      start,
    });
    const keys = subject.phases.map((phase) => phase.key);
    const planFor = (member: StaffMember | null | undefined) =>
      member ? planMove(catalogue, service, branch, member, start, keys) : null;
    const standing = planFor(wish.member);
    // Where it stands already it may stay, whatever the rules say of moves (`prepareReschedule`).
    const unmoved = standing !== null && standsAsPlanned(subject.phases, standing);
    refuseUnlessAllowed(catalogue.policies, subject, "reschedule", unmoved);
    const now = new Date();
    const limits = await deps.availability.limits({ ...wish, companyId, staff: wish.member, now });
    const planned = unmoved ? standing : planFor(checkRules(wish, now, limits)[0]);
    if (!planned) throw new Problem("not-bookable", "service: has no complete set of event types in Cal.com");
    plan = planned;
  } catch (refusal) {
    return await knownOr(deps, caller, requestHash, refusal, appointmentId);
  }
  const commandId = randomUUID();
  const changesStaff = plan.some((phase) => {
    const now = subject.phases.find((candidate) => candidate.key === phase.key);
    return phase.staffRequired && now?.staffId !== phase.staffId;
  });
  const accepted = await acceptChange(deps.db, {
    id: commandId,
    companyId,
    appointmentId,
    workflowId: subject.appointment.workflowId,
    kind: "reschedule",
    idempotencyKey: caller.idempotencyKey,
    requestHash,
    actor: "customer",
    bufferAfterMinutes: subject.appointment.bufferAfterMinutes,
    payload: {
      start: start.toISOString(),
      staffId: changesStaff ? (wish.member?.id ?? null) : null,
      phases: plan,
      reason: body.reason ?? null,
    },
  });
  if (accepted === "known") return await replay(deps, caller, requestHash, wish);
  const moving = { appointmentId, phases: subject.phases };
  if (accepted === "taken") throw await slotTaken(deps, wish, moving);
  const signalled = signal(deps, {
    companyId,
    appointmentId,
    workflowId: subject.appointment.workflowId,
    appointment: facts,
    message: {
      kind: "reschedule",
      commandId,
      start: start.toISOString(),
      staffId: changesStaff ? (wish.member?.id ?? null) : null,
    },
  });
  const answered = await answer(deps, caller, { id: commandId, appointmentId }, signalled, wish, moving);
  return { ...answered, appointmentId, replayed: false };
}

/** Accepts a cancel; done only when nothing stands in Cal.com any more. */
export async function cancel(
  deps: BookingCommandDeps,
  caller: Caller,
  appointmentId: string,
  body: { reason?: string | null | undefined },
): Promise<Answered> {
  const requestHash = hashOf(`bookings.cancel:${appointmentId}`, body);
  const { catalogue, subject, facts } = await readChange(deps, caller.companyId, appointmentId);
  try {
    refuseUnlessAllowed(catalogue.policies, subject, "cancel");
  } catch (refusal) {
    return await knownOr(deps, caller, requestHash, refusal, appointmentId);
  }
  const commandId = randomUUID();
  const accepted = await acceptChange(deps.db, {
    id: commandId,
    companyId: caller.companyId,
    appointmentId,
    workflowId: subject.appointment.workflowId,
    kind: "cancel",
    idempotencyKey: caller.idempotencyKey,
    requestHash,
    actor: "customer",
    bufferAfterMinutes: 0,
    payload: { reason: body.reason ?? null },
  });
  if (accepted === "known") return await replay(deps, caller, requestHash, null);
  const signalled = signal(deps, {
    companyId: caller.companyId,
    appointmentId,
    workflowId: subject.appointment.workflowId,
    appointment: facts,
    message: { kind: "cancel", commandId },
  });
  const answered = await answer(deps, caller, { id: commandId, appointmentId }, signalled, null);
  return { ...answered, appointmentId, replayed: false };
}

async function readChange(deps: BookingCommandDeps, companyId: string, appointmentId: string) {
  const catalogue = await deps.directory.catalogue(companyId);
  return await inTenant(deps.db, companyId, async (tx) => {
    const subject = await readSubject(tx, appointmentId, null, QUOTA_WINDOW_DAYS);
    const { appointment } = subject;
    if (!appointment) throw new Problem("not-found", "there is no such booking");
    const facts = await readFacts(tx, appointmentId);
    return { catalogue, subject: { ...subject, appointment }, facts };
  });
}

/** @param unmoved nothing would change: then only what is not changeable at all is refused */
function refuseUnlessAllowed(
  policies: Parameters<typeof decideChange>[0]["policies"],
  subject: { appointment: Parameters<typeof decideChange>[0]["appointment"]; cancellationsInMonth: number },
  action: "cancel" | "reschedule",
  unmoved = false,
): void {
  const decided = decideChange({
    action,
    policies,
    appointment: subject.appointment,
    cancellationsInMonth: subject.cancellationsInMonth,
    at: new Date(),
    byOperator: unmoved,
  });
  if (!decided.allowed) throw new ChangeRefused(action, decided);
}

/** A key that is known answers as it did first, also when the rules would refuse a new request by now. */
async function knownOr(
  deps: BookingCommandDeps,
  caller: Caller,
  requestHash: string,
  refusal: unknown,
  appointmentId?: string,
): Promise<Answered> {
  if (!(refusal instanceof Problem)) throw refusal;
  const known = await commandProgress(deps.db, caller.companyId, { idempotencyKey: caller.idempotencyKey });
  if (!known) {
    if (refusal instanceof ChangeRefused && appointmentId !== undefined)
      await keepRefusedChange(deps.db, {
        ...caller,
        ...refusal.decided,
        appointmentId,
        action: refusal.action,
      });
    throw refusal;
  }
  return await replay(deps, caller, requestHash, null, known);
}

async function replay(
  deps: BookingCommandDeps,
  caller: Caller,
  requestHash: string,
  wish: Wish | null,
  found?: CommandProgress,
): Promise<Answered> {
  const known =
    found ?? (await commandProgress(deps.db, caller.companyId, { idempotencyKey: caller.idempotencyKey }));
  // Its first request was rolled back between our insert and our look: nothing happened, the key is free.
  if (!known)
    throw new Problem("temporarily-unavailable", "try again", {}, undefined, { "Retry-After": "1" });
  if (known.requestHash !== requestHash) {
    throw new Problem("idempotency-key-reused", "Idempotency-Key: was used for another request", {
      errors: [{ field: "Idempotency-Key", message: "was used for another request" }],
    });
  }
  const kept = await answer(deps, caller, known, Promise.resolve(true), wish, undefined, true);
  return { ...kept, appointmentId: known.appointmentId, replayed: true };
}

/** What was answered first is the answer for good; who waits in vain gets the appointment as it stands, and 202. */
async function answer(
  deps: BookingCommandDeps,
  caller: Caller,
  command: { id: string; appointmentId: string },
  signalled: Promise<boolean>,
  wish: Wish | null,
  moving?: Moving,
  replayed = false,
): Promise<Answer> {
  const { db } = deps;
  const { companyId } = caller;
  const progress = await whenSettled(deps, {
    companyId,
    commandId: command.id,
    deadline: Date.now() + caller.waitMs,
    signalled,
    replayed,
  });
  if (progress?.answer) return progress.answer;
  if (progress?.outcome?.result === "refused") {
    const refused = refusalProblem(progress.outcome);
    const alternatives =
      refused.slug === "slot-taken" && wish
        ? { alternatives: await deps.alternatives.near(wish, moving) }
        : {};
    const problem = new Problem(
      refused.slug,
      refused.detail,
      { ...refused.extra, ...alternatives },
      refused.status,
    );
    return await keepAnswer(
      db,
      companyId,
      command,
      problem.status,
      problemBody(problem, caller.instance, caller.requestId),
    );
  }
  return await keepAnswer(db, companyId, command, 202);
}

async function slotTaken(deps: BookingCommandDeps, wish: Wish, moving?: Moving): Promise<Problem> {
  return new Problem("slot-taken", "start: is held or booked by another", {
    alternatives: await deps.alternatives.near(wish, moving),
  });
}
