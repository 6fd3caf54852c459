import { Context } from "@temporalio/activity";
import type { CalcomAccount, CallOptions, Lane } from "../../calcom/client.js";
import { type Attempt, beginAttempt } from "../../db/booking/attempt.js";
import type { AttemptLimits } from "../../domain/booking/attempt.js";
import type { Operation } from "../../domain/booking/operation.js";
import { type Catalogue, canDo } from "../../domain/tenant/catalogue.js";
import type { BookingDependencies } from "./dependencies.js";

/** One attempt with everything it needs at hand. */
export interface AttemptContext {
  deps: BookingDependencies;
  account: CalcomAccount;
  catalogue: Catalogue;
  attempt: Attempt;
  limits: AttemptLimits;
  write: CallOptions;
  read: CallOptions;
}

/** What a question to Cal.com needs. */
export type Asking = Pick<AttemptContext, "deps" | "account" | "read">;

/** Timeouts come with the workflow's input; the signal ends calls when the activity is cancelled. */
export function callOptions(limits: AttemptLimits, lane: Lane): { write: CallOptions; read: CallOptions } {
  const signal = Context.current().cancellationSignal;
  return {
    write: { lane, signal, timeoutMs: limits.writeTimeoutMs },
    read: { lane, signal, timeoutMs: limits.readTimeoutMs },
  };
}

/**
 * Loads what an attempt works with and notes its operations.
 *
 * @param how `markSent`: mark them as "may have been sent" at once, before anything is (`beginAttempt`)
 */
export async function openAttempt(
  deps: BookingDependencies,
  request: {
    companyId: string;
    appointmentId: string;
    commandId: string | null;
    operations: readonly Operation[];
    limits: AttemptLimits;
  },
  how: { markSent: boolean; lane: Lane },
): Promise<AttemptContext> {
  const [account, catalogue] = await Promise.all([
    deps.directory.calcomAccount(request.companyId),
    deps.directory.catalogue(request.companyId),
  ]);
  const attempt = await beginAttempt(deps.db, request, how.markSent);
  const { limits } = request;
  return { deps, account, catalogue, attempt, limits, ...callOptions(limits, how.lane) };
}

const HEARTBEAT_EVERY_MS = 4_000;

/** Tells the server that the worker lives, so that a killed one is noticed before a slow Cal.com times out. */
export async function alive<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Cal.com's hosts that could have been put on this phase: the person's own, or all that are qualified where
 * Cal.com chooses. Empty when the document names none.
 */
export function possibleHosts(
  context: AttemptContext,
  operation: { phaseKey: string; calcomEventTypeId: number | null },
): number[] {
  const { attempt, catalogue } = context;
  const phase = attempt.phases.find((candidate) => candidate.key === operation.phaseKey);
  // By the operation's own type: a move may go to another person than the phase has now.
  const mapping = catalogue.eventTypes.find(
    (candidate) =>
      candidate.serviceId === attempt.appointment.serviceId &&
      candidate.phaseKey === operation.phaseKey &&
      candidate.calcomEventTypeId === operation.calcomEventTypeId,
  );
  const service = catalogue.services.find((candidate) => candidate.id === attempt.appointment.serviceId);
  const branch = catalogue.branches.find((candidate) => candidate.id === attempt.appointment.branchId);
  const members =
    mapping?.staffId == null && service && branch
      ? catalogue.staff.filter((member) => canDo(member, service, branch))
      : catalogue.staff.filter((member) => member.id === (mapping?.staffId ?? phase?.staffId));
  return members.flatMap((member) => (member.calcomUserId === null ? [] : [member.calcomUserId]));
}

/** Our person behind a host of Cal.com; by id only, never by a name that two may share (salon-gateway 1.7). */
export function staffOfHost(catalogue: Catalogue, hostId: number | null | undefined): string | null {
  if (hostId == null) return null;
  const found = catalogue.staff.filter((member) => member.calcomUserId === hostId);
  return found.length === 1 ? (found[0]?.id ?? null) : null;
}
