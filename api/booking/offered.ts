import { randomUUID } from "node:crypto";
import { acceptBooking, acceptChange } from "../../db/booking/accept.js";
import { type CommandProgress, commandProgress } from "../../db/booking/answer.js";
import { keepRefusedChange, readSubject, type Subject } from "../../db/booking/commands.js";
import { readFacts } from "../../db/booking/outcome.js";
import { type Database, inTenant } from "../../db/client.js";
import type { Person } from "../../db/customer/find-or-create.js";
import type { Directory } from "../../db/tenant/directory.js";
import type { OfferRow } from "../../db/voice/offers.js";
import { type ChangeDecision, type ChangeRefusal, decideChange } from "../../domain/booking/changeable.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import { type PlannedPhase, planMove } from "../../domain/booking/phases.js";
import { QUOTA_WINDOW_DAYS } from "../../domain/policy/policy.js";
import type { Catalogue } from "../../domain/tenant/catalogue.js";
import { appointmentIdOf, voiceBookingWorkflowId } from "../../workflows/booking/ids.js";
import { freshFacts, type SettledDeps, type SignalDeps, signal, whenSettled } from "./settled.js";

/** Bookings, moves and cancels of a caller: what is changed was offered or listed in the same call. */
export interface OfferedDeps extends SettledDeps, SignalDeps {
  db: Database;
  directory: Directory;
}

export type Result =
  | {
      result: "done";
      appointmentId: string;
      /** Of a booking that was asked for before: it may have been moved since. */
      standsAt?: { start: Date; staffId: string | null };
    }
  /** Held and going on durably. */
  | { result: "pending"; appointmentId: string }
  /** Somebody else has the chair, here or in Cal.com. */
  | { result: "taken" }
  /** The offer was taken, released or ran out meanwhile. */
  | { result: "expired" }
  | { result: "refused"; problem: string; refusal: ChangeRefusal | null };

/** No key of a REST client can be one of these: theirs are visible ASCII. */
const keyOf = (...parts: string[]) => `§voice:${parts.join(":")}`;

export interface OfferedBooking {
  companyId: string;
  callId: string;
  offer: OfferRow;
  person: Person;
  notes: string | null;
  /** Milliseconds since the epoch. */
  deadline: number;
  /** Told as soon as intent and chair are durable: from now on it is on its way, however late the rest is. */
  accepted(appointmentId: string): void;
}

/**
 * Books what was offered, once per call, service, person and start, however often it is asked for. The offer
 * carries the plan: nothing is resolved twice.
 */
export async function bookOffer(deps: OfferedDeps, booking: OfferedBooking): Promise<Result> {
  const { companyId, callId, offer, person } = booking;
  for (let again = 0; ; again += 1) {
    const workflowId = voiceBookingWorkflowId(companyId, {
      callId,
      serviceId: offer.serviceId,
      staffId: offer.staffId,
      start: offer.startAt,
      again,
    });
    const appointmentId = appointmentIdOf(workflowId);
    const idempotencyKey = keyOf(workflowId);
    const commandId = randomUUID();
    const acceptance = await acceptBooking(deps.db, {
      companyId,
      commandId,
      appointmentId,
      workflowId,
      idempotencyKey,
      requestHash: null,
      actor: "customer",
      source: "voice",
      serviceId: offer.serviceId,
      branchId: offer.branchId,
      timeZone: offer.timeZone,
      priceCents: offer.priceCents,
      bufferAfterMinutes: offer.bufferAfterMinutes,
      person,
      notes: booking.notes,
      staffWished: offer.staffWished,
      plans: [offer.phases],
      offer: { callId, offerId: offer.id },
    });
    if (acceptance.result === "taken") return { result: "taken" };
    if (acceptance.result === "expired") return { result: "expired" };
    if (acceptance.result === "known") {
      const known = await commandProgress(deps.db, companyId, { idempotencyKey });
      // Rolled back between our insert and our look: nothing happened, so we try again.
      if (!known) {
        again -= 1;
        continue;
      }
      const stands = await readStanding(deps.db, companyId, appointmentId);
      const over = stands?.status === "cancelled" || stands?.status === "failed";
      // It was cancelled or given up since, and this is another offer: the caller wants it anew.
      if (over && offer.appointmentId !== appointmentId) continue;
      // The old offer of what was cancelled since: nothing may be said to be booked that is not.
      if (stands?.status === "cancelled") return { result: "expired" };
      const result = await resultOf(deps, booking, known, Promise.resolve(true), true);
      if (result.result !== "done" || !stands) return result;
      return { ...result, standsAt: { start: stands.startAt, staffId: stands.staffId } };
    }
    booking.accepted(appointmentId);
    const signalled = signal(deps, {
      companyId,
      appointmentId,
      workflowId,
      appointment: freshFacts(acceptance.plan),
      message: { kind: "book", commandId },
    });
    return await resultOf(deps, booking, { id: commandId, appointmentId }, signalled, false);
  }
}

async function readStanding(
  db: Database,
  companyId: string,
  appointmentId: string,
): Promise<{ status: string; startAt: Date; staffId: string | null } | null> {
  const [row] = await inTenant(
    db,
    companyId,
    (tx) => tx<{ status: string; startAt: Date; staffId: string | null }[]>`
      SELECT status, start_at, staff_id FROM appointments WHERE id = ${appointmentId}`,
  );
  return row ?? null;
}

export interface OwnChange {
  companyId: string;
  callId: string;
  appointmentId: string;
  reason: string | null;
  /** Milliseconds since the epoch. */
  deadline: number;
  /** Told as soon as the intent is durable. */
  accepted(appointmentId: string): void;
}

/** What a caller's appointment stands like, and whether the tenant's policy lets the caller change it. */
export interface ChangeSubject extends Subject {
  catalogue: Catalogue;
  appointment: NonNullable<Subject["appointment"]>;
  facts: AppointmentFacts;
  decided: ChangeDecision;
}

/** Policy first, before anything else is asked (salon-gateway 8); the workflow decides the same once more. */
export async function readOwnChange(
  deps: OfferedDeps,
  companyId: string,
  appointmentId: string,
  action: "cancel" | "reschedule",
): Promise<ChangeSubject | null> {
  const catalogue = await deps.directory.catalogue(companyId);
  return await inTenant(deps.db, companyId, async (tx) => {
    const subject = await readSubject(tx, appointmentId, null, QUOTA_WINDOW_DAYS);
    const { appointment } = subject;
    if (!appointment) return null;
    const facts = await readFacts(tx, appointmentId);
    const decided = decideChange({
      action,
      policies: catalogue.policies,
      appointment,
      cancellationsInMonth: subject.cancellationsInMonth,
      at: new Date(),
      byOperator: false,
    });
    return { ...subject, catalogue, appointment, facts, decided };
  });
}

/** Keeps why a caller was refused: who complains later can be told. */
export async function keepRefusal(
  deps: OfferedDeps,
  companyId: string,
  appointmentId: string,
  action: "cancel" | "reschedule",
  decided: ChangeDecision & { allowed: false },
): Promise<void> {
  await keepRefusedChange(deps.db, { companyId, appointmentId, action, ...decided });
}

/** Moves an appointment to what was offered. The old time stands until the new one is made. */
export async function moveToOffer(
  deps: OfferedDeps,
  change: OwnChange & { offer: OfferRow; subject: ChangeSubject },
): Promise<Result> {
  const { callId, appointmentId, offer, subject } = change;
  const plan = planOf(subject, offer);
  if (!plan) return { result: "refused", problem: "not-bookable", refusal: null };
  const changesStaff = plan.some((phase) => {
    const now = subject.phases.find((candidate) => candidate.key === phase.key);
    return phase.staffRequired && now?.staffId !== phase.staffId;
  });
  const start = offer.startAt.toISOString();
  const staffId = changesStaff ? offer.staffId : null;
  return await changeOwn(deps, change, {
    kind: "reschedule",
    idempotencyKey: keyOf(callId, "reschedule", appointmentId, offer.id),
    bufferAfterMinutes: subject.appointment.bufferAfterMinutes,
    payload: { start, staffId, phases: plan, reason: change.reason },
    offer: { callId, offerId: offer.id },
    message: (commandId) => ({ kind: "reschedule", commandId, start, staffId }),
  });
}

/** A phase that was booked alone in Cal.com moves alone; else the offer's plan is the plan. */
function planOf(subject: ChangeSubject, offer: OfferRow): PlannedPhase[] | null {
  const keys = subject.phases.map((phase) => phase.key);
  if (keys.length === offer.phases.length) return offer.phases;
  const { catalogue } = subject;
  const service = catalogue.services.find((candidate) => candidate.id === offer.serviceId);
  const branch = catalogue.branches.find((candidate) => candidate.id === offer.branchId);
  const member = catalogue.staff.find((candidate) => candidate.id === offer.staffId);
  if (!service || !branch || !member) return null;
  return planMove(catalogue, service, branch, member, offer.startAt, keys);
}

/** Cancels an appointment of the caller; done only when nothing stands in Cal.com any more. */
export async function cancelOwn(
  deps: OfferedDeps,
  change: OwnChange & { subject: ChangeSubject },
): Promise<Result> {
  return await changeOwn(deps, change, {
    kind: "cancel",
    idempotencyKey: keyOf(change.callId, "cancel", change.appointmentId),
    bufferAfterMinutes: 0,
    payload: { reason: change.reason },
    message: (commandId) => ({ kind: "cancel", commandId }),
  });
}

/** What became of a move or cancel that was asked for before in this call; `null`: it was not. */
export async function repeatedChange(
  deps: OfferedDeps,
  change: Pick<OwnChange, "companyId" | "callId" | "appointmentId" | "deadline">,
  kind: { kind: "cancel" } | { kind: "reschedule"; offerId: string },
): Promise<Result | null> {
  const { companyId, callId, appointmentId } = change;
  const idempotencyKey =
    kind.kind === "cancel"
      ? keyOf(callId, "cancel", appointmentId)
      : keyOf(callId, "reschedule", appointmentId, kind.offerId);
  const known = await commandProgress(deps.db, companyId, { idempotencyKey });
  return known ? await resultOf(deps, change, known, Promise.resolve(true), true) : null;
}

interface Asked {
  kind: "reschedule" | "cancel";
  idempotencyKey: string;
  bufferAfterMinutes: number;
  payload: Parameters<typeof acceptChange>[1]["payload"];
  offer?: { callId: string; offerId: string };
  message: (commandId: string) => Parameters<OfferedDeps["dispatcher"]["send"]>[0]["message"];
}

async function changeOwn(
  deps: OfferedDeps,
  change: OwnChange & { subject: ChangeSubject },
  asked: Asked,
): Promise<Result> {
  const { companyId, appointmentId, subject } = change;
  const { workflowId } = subject.appointment;
  const commandId = randomUUID();
  const { message, ...intent } = asked;
  const accepted = await acceptChange(deps.db, {
    ...intent,
    id: commandId,
    companyId,
    appointmentId,
    workflowId,
    requestHash: null,
    actor: "customer",
  });
  if (accepted === "taken") return { result: "taken" };
  if (accepted === "expired") return { result: "expired" };
  if (accepted === "known") {
    const known = await commandProgress(deps.db, companyId, { idempotencyKey: asked.idempotencyKey });
    if (!known) return { result: "pending", appointmentId };
    return await resultOf(deps, change, known, Promise.resolve(true), true);
  }
  change.accepted(appointmentId);
  const signalled = signal(deps, {
    companyId,
    appointmentId,
    workflowId,
    appointment: subject.facts,
    message: message(commandId),
  });
  return await resultOf(deps, change, { id: commandId, appointmentId }, signalled, false);
}

async function resultOf(
  deps: OfferedDeps,
  wait: { companyId: string; deadline: number },
  command: Pick<CommandProgress, "id" | "appointmentId">,
  signalled: Promise<boolean>,
  replayed: boolean,
): Promise<Result> {
  const progress = await whenSettled(deps, {
    companyId: wait.companyId,
    commandId: command.id,
    deadline: wait.deadline,
    signalled,
    replayed,
  });
  const { appointmentId } = command;
  const outcome = progress?.outcome;
  if (!outcome) return { result: "pending", appointmentId };
  if (outcome.result === "done") {
    // An event type on request: Cal.com has the booking, the salon has not said yes.
    return { result: outcome.status === "pending" ? "pending" : "done", appointmentId };
  }
  if (outcome.problem === "slot-taken") return { result: "taken" };
  return { result: "refused", problem: outcome.problem, refusal: outcome.refusal ?? null };
}
