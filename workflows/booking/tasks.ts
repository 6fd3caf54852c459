import { patched, uuid4 } from "@temporalio/workflow";
import type { AttemptReport, AttemptRequest, UndoOutcome } from "../../domain/booking/attempt.js";
import type { Operation } from "../../domain/booking/operation.js";
import type { ReviewReason } from "../../domain/booking/review.js";
import type { BookingInput } from "./input.js";
import { nextAttemptAt } from "./next-attempt.js";
import { attemptLimits, local, remote } from "./proxies.js";
import { enterReview, leaveReview } from "./review.js";
import type { BookingState, PhaseState, Task } from "./state.js";
import { adopt, operationsOf, remember } from "./state.js";

/** A look within a doubt that is reported after its end does not end the attempts. */
const LATE_LOOKS_COUNT = "late-looks-count";

/** Notes the operations in the state and makes them the work under way. */
export function begin(
  state: BookingState,
  kind: Task["kind"],
  commandId: string | null,
  operations: Operation[],
): void {
  remember(state, operations);
  state.task = {
    kind,
    commandId,
    operationIds: operations.map((operation) => operation.id),
    attempt: 0,
    slowAttempt: 0,
    dueAt: Date.now(),
    lastError: null,
    undoes: [],
    after: null,
    segment: null,
  };
}

export function newOperation(
  kind: Operation["kind"],
  phaseKey: string,
  uid: string | null,
  wantedStart: string | null,
): Operation {
  return { id: uuid4(), kind, phaseKey, uid, wantedStart, resultUid: null, state: "open" };
}

/** One attempt at the work under way, and what follows from its report. */
export async function attemptTask(input: BookingInput, state: BookingState): Promise<void> {
  const task = state.task;
  if (!task) return;
  const before = state.phases;
  const report = await send(input, state, task);
  remember(state, report.operations);
  task.operationIds = [
    ...new Set([...task.operationIds, ...report.operations.map((operation) => operation.id)]),
  ];
  if (report.appointment) adopt(state, report.appointment);
  if (report.doubt) watchForSurplus(input, state, task.operationIds);
  switch (report.outcome) {
    case "done":
    case "refused":
      if (report.outcome === "refused") markRefused(state, task.operationIds);
      state.task = null;
      if (report.outcome === "refused" && task.kind === "book" && task.commandId === null) {
        // A segment that a person had cancelled could not be booked again: that stays somebody's to decide.
        await enterReview(input, state, "segment_cancelled", segmentOf(state, task));
      } else if (state.review) {
        await leaveReview(input, state);
      }
      if (task.kind === "undo" && task.segment !== null) {
        await enterReview(input, state, "segment_cancelled", task.segment);
      }
      if (report.outcome === "done" && task.kind === "move") cancelReplaced(state, task, before);
      return;
    case "undo":
      await leaveReview(input, state);
      beginUndo(state, task, { status: null, refuse: [], complete: [] }, segmentOf(state, task));
      return;
    case "blocked":
      task.lastError = report.error;
      await postponeSlowly(input, state, task, report.reason, null);
      return;
    case "retry":
      task.lastError = report.error;
      await postpone(input, state, task, report.doubtUntil, report.retryAfterMs);
  }
}

function send(input: BookingInput, state: BookingState, task: Task): Promise<AttemptReport> {
  const operations = operationsOf(state, task.operationIds);
  const request: AttemptRequest = {
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    commandId: task.commandId,
    operations,
    limits: attemptLimits(input),
  };
  switch (task.kind) {
    case "book":
      return remote(input).attemptBook(request);
    case "move":
      return remote(input, operations.length).attemptMove(request);
    case "cancel":
      return remote(input).attemptCancel(request);
    case "undo": {
      const pairs = task.undoes.flatMap(({ of, by }) => {
        const [undone] = operationsOf(state, [of]);
        const [undoing] = operationsOf(state, [by]);
        return undone && undoing ? [{ of: undone, by: undoing }] : [];
      });
      return remote(input, pairs.length).attemptUndo({
        ...request,
        pairs,
        after: task.after ?? { status: null, refuse: [], complete: [] },
      });
    }
  }
}

/**
 * The saga's way back. Every operation that may stand in Cal.com was noted before it was sent, so each has
 * its compensation here, newest first: a booking is cancelled, a move is moved back.
 */
export function beginUndo(
  state: BookingState,
  task: Task,
  after: UndoOutcome,
  segment: string | null = null,
): void {
  const undone = operationsOf(state, task.operationIds)
    .filter((operation) => operation.kind !== "cancel" && operation.state !== "refused")
    .reverse();
  const pairs = undone.map((of) => {
    const phase = state.phases.find((candidate) => candidate.key === of.phaseKey);
    const by =
      of.kind === "create"
        ? newOperation("cancel", of.phaseKey, of.resultUid, null)
        : newOperation("reschedule", of.phaseKey, of.resultUid, phase?.start ?? null);
    return { of, by };
  });
  begin(
    state,
    "undo",
    task.commandId,
    pairs.map((pair) => pair.by),
  );
  const undo = state.task;
  if (!undo) return;
  undo.undoes = pairs.map(({ of, by }) => ({ of: of.id, by: by.id }));
  undo.after = after;
  undo.segment = segment;
}

/** The phase that an operator wants booked again; `null` for any other work. */
function segmentOf(state: BookingState, task: Task): string | null {
  if (task.kind !== "book" || task.commandId !== null) return null;
  return operationsOf(state, task.operationIds)[0]?.phaseKey ?? null;
}

/** Where a phase went to another event type, its old booking still stands and is cancelled now. */
function cancelReplaced(state: BookingState, task: Task, before: readonly PhaseState[]): void {
  const pairs = operationsOf(state, task.operationIds).flatMap((of) => {
    const old = before.find((phase) => phase.key === of.phaseKey)?.uid ?? null;
    return of.kind === "create" && old !== null
      ? [{ of, by: newOperation("cancel", of.phaseKey, old, null) }]
      : [];
  });
  if (pairs.length === 0) return;
  begin(
    state,
    "undo",
    null,
    pairs.map((pair) => pair.by),
  );
  if (!state.task) return;
  state.task.undoes = pairs.map(({ of, by }) => ({ of: of.id, by: by.id }));
  state.task.after = { status: null, refuse: [], complete: [] };
}

function markRefused(state: BookingState, ids: readonly string[]): void {
  remember(
    state,
    operationsOf(state, ids).map((operation) =>
      operation.state === "open" ? { ...operation, state: "refused" } : operation,
    ),
  );
}

/** Interactive attempts first; after them the booking is flagged for review and goes on trying slowly. */
async function postpone(
  input: BookingInput,
  state: BookingState,
  task: Task,
  doubtUntil: number | null,
  retryAfterMs: number | null,
): Promise<void> {
  const { retryDelaysMs } = input.durations;
  const unfinished = { attempt: task.attempt, retryDelaysMs, now: Date.now(), doubtUntil, retryAfterMs };
  const dueAt = state.review === null ? nextAttemptAt(unfinished, () => patched(LATE_LOOKS_COUNT)) : null;
  if (dueAt === null) {
    const reason = task.kind === "undo" ? "compensation_failed" : "calcom_unreachable";
    await postponeSlowly(input, state, task, reason, retryAfterMs);
    return;
  }
  task.attempt += 1;
  task.dueAt = dueAt;
  await local.recordAttempt({
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    error: task.lastError,
    nextAttemptAt: new Date(task.dueAt).toISOString(),
  });
}

async function postponeSlowly(
  input: BookingInput,
  state: BookingState,
  task: Task,
  reason: ReviewReason,
  retryAfterMs: number | null,
): Promise<void> {
  const { slowRetryMs, slowRetryMaxMs } = input.durations;
  const delay = Math.min(slowRetryMs * 2 ** Math.min(task.slowAttempt, 20), slowRetryMaxMs);
  task.slowAttempt += 1;
  task.dueAt = Date.now() + Math.max(delay, retryAfterMs ?? 0);
  await enterReview(input, state, reason, segmentOf(state, task));
}

/**
 * A slow first request may still commit after the look-up: look again later (design.md 3, Retries). Counted
 * from the last doubtful attempt, for with each of them a request may have been under way.
 */
function watchForSurplus(input: BookingInput, state: BookingState, operationIds: readonly string[]): void {
  const watched = new Set(operationIds);
  state.surplusLookups = state.surplusLookups
    .map((lookup) => ({ ...lookup, operationIds: lookup.operationIds.filter((id) => !watched.has(id)) }))
    .filter((lookup) => lookup.operationIds.length > 0);
  const now = Date.now();
  for (const delay of input.durations.surplusLookupsMs) {
    state.surplusLookups.push({ at: now + delay, operationIds: [...watched] });
  }
}

/** An event showed a booking that should not be there: look at once. */
export function lookForSurplusSoon(state: BookingState, operationId: string): void {
  state.surplusLookups.push({ at: Date.now(), operationIds: [operationId] });
}

const SURPLUS_RETRY_MS = 30_000;

/** Cal.com could not be asked, or the attempt itself is still at it. */
function laterLookUp(input: BookingInput): number {
  return Date.now() + (input.durations.surplusLookupsMs[0] ?? SURPLUS_RETRY_MS);
}

export async function lookForSurplus(input: BookingInput, state: BookingState, now: number): Promise<void> {
  const due = state.surplusLookups.filter((lookup) => lookup.at <= now);
  state.surplusLookups = state.surplusLookups.filter((lookup) => lookup.at > now);
  const ids = [...new Set(due.flatMap((lookup) => lookup.operationIds))];
  const operations = operationsOf(state, ids).filter((operation) => operation.kind !== "cancel");
  // What is still being tried is the attempt's own business.
  const settled = operations.filter((operation) => !state.task?.operationIds.includes(operation.id));
  const unsettled = operations.filter((operation) => state.task?.operationIds.includes(operation.id));
  if (unsettled.length > 0) {
    state.surplusLookups.push({
      at: laterLookUp(input),
      operationIds: unsettled.map((operation) => operation.id),
    });
  }
  if (settled.length === 0) return;
  const scope = {
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    limits: attemptLimits(input),
  };
  const found = await remote(input).findSurplus({ ...scope, operations: settled });
  if (found.unclear) {
    state.surplusLookups.push({
      at: laterLookUp(input),
      operationIds: settled.map((operation) => operation.id),
    });
  }
  if (found.surplus.length === 0) return;
  const cancels = found.surplus.map(({ uid, phaseKey }) => newOperation("cancel", phaseKey, uid, null));
  remember(state, cancels);
  const report = await remote(input, cancels.length).cancelSurplus({ ...scope, operations: cancels });
  remember(state, report.operations);
  if (report.unclear) {
    state.surplusLookups.push({
      at: laterLookUp(input),
      operationIds: settled.map((operation) => operation.id),
    });
  }
}

/**
 * The appointment begins and its booking or move is still not made: trying on would book a time that is
 * over. A cancel and a compensation go on.
 *
 * @returns whether anything was given up
 */
export async function giveUpAtStart(input: BookingInput, state: BookingState): Promise<boolean> {
  const task = state.task;
  if (!task || (task.kind !== "book" && task.kind !== "move")) return false;
  if (task.kind === "move" && task.attempt + task.slowAttempt === 0) return false;
  await giveUp(input, state, task, "in-past");
  return true;
}

/** Stops trying; whatever may stand in Cal.com is taken back first. */
export async function giveUp(
  input: BookingInput,
  state: BookingState,
  task: Task,
  problem: string,
): Promise<void> {
  await leaveReview(input, state);
  const segment = segmentOf(state, task);
  beginUndo(
    state,
    task,
    {
      // A segment that could not be booked again leaves the rest of the appointment standing.
      status: task.kind === "book" && segment === null ? "failed" : null,
      refuse: task.commandId === null ? [] : [{ commandId: task.commandId, problem }],
      complete: [],
    },
    segment,
  );
}
