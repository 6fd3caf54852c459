import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  currentUpdateInfo,
  setHandler,
  sleep,
  uuid4,
  workflowInfo,
} from "@temporalio/workflow";
import { decisionsFor, parseReviewDecision, type ReviewDecision } from "../../domain/booking/review.js";
import { readCalcomEvent, readCommand, readReschedule } from "./by-hand.js";
import { applyEvent } from "./calcom-events.js";
import { closeTime, completeAtEnd, completionTime } from "./closing.js";
import { takeBook, takeChange } from "./commands.js";
import { decide } from "./decisions.js";
import type { BookingInput } from "./input.js";
import {
  bookSignal,
  calcomEventSignal,
  cancelSignal,
  rescheduleSignal,
  resolveReviewUpdate,
  viewQuery,
} from "./messages.js";
import { showReview, showStatus } from "./review.js";
import type { BookingState } from "./state.js";
import { initialState, takeIn } from "./state.js";
import { attemptTask, giveUpAtStart, lookForSurplus } from "./tasks.js";
import type { BookingView } from "./view.js";
import { viewOf } from "./view.js";

/**
 * One booking, from the first intent until some days after the appointment. Callers, Cal.com and operators
 * all write into one inbox; one loop works it off in order, so that no two changes ever overlap.
 */
export async function bookingLifecycle(input: BookingInput, carried?: BookingState): Promise<BookingView> {
  // What an older version carried over may lack a field that this one has.
  const state = { ...initialState(input), ...carried };
  const view = () => viewOf(input.appointmentId, state);

  setHandler(viewQuery, view, { description: "What this booking is and what is under way" });
  setHandler(
    bookSignal,
    (message) => {
      const { commandId } = readCommand(message);
      if (commandId !== undefined) takeIn(state, commandId, { type: "book", commandId });
    },
    { description: 'JSON: {"commandId": "<uuid of the command>"}' },
  );
  setHandler(
    rescheduleSignal,
    (message) => {
      const { commandId = uuid4(), start = null, staffId = null } = readReschedule(message);
      takeIn(state, commandId, { type: "reschedule", commandId, start, staffId });
    },
    { description: 'JSON: {"start": "2026-12-03T15:00:00+01:00"}' },
  );
  setHandler(
    cancelSignal,
    (message) => {
      const { commandId = uuid4() } = readCommand(message);
      takeIn(state, commandId, { type: "cancel", commandId });
    },
    { description: "JSON: {}" },
  );
  setHandler(
    calcomEventSignal,
    (message) => {
      const eventId = readCalcomEvent(message)?.eventId;
      if (eventId !== undefined) takeIn(state, eventId, { type: "calcomEvent", eventId, attempt: 0 });
    },
    { description: 'JSON: {"eventId": "<uuid of the inbox row>"}' },
  );
  setHandler(
    resolveReviewUpdate,
    async (decision) => {
      const id = currentUpdateInfo()?.id ?? uuid4();
      takeIn(state, id, { type: "decision", id, decision: parsedDecision(decision) });
      await condition(() => state.decided.some((decided) => decided.id === id));
      const problem = state.decided.find((decided) => decided.id === id)?.problem ?? null;
      if (problem !== null) throw ApplicationFailure.nonRetryable(problem, "decision-not-possible");
      return view();
    },
    {
      validator: (decision) => refuseUnlessFitting(state, decision),
      description:
        'JSON: {"decision": "retry | adopt | cancel | give_up | mark_synced", "actor": "your name", "note": "why"} (adopt also needs "calcomUid")',
    },
  );

  // Cancel in the Web UI means the booking, not only the workflow: it joins the inbox like every command, and
  // the loop, which cannot be cancelled, sees it through in Cal.com.
  CancellationScope.current().cancelRequested.catch(() => {
    state.cancelledInUi = true;
    takeIn(state, "cancelled-in-web-ui", { type: "cancel", commandId: uuid4() });
  });

  await CancellationScope.nonCancellable(() => live(input, state));
  if (state.cancelledInUi)
    throw new CancelledFailure("cancelled in the Web UI; the booking is cancelled too");
  return view();
}

async function live(input: BookingInput, state: BookingState): Promise<void> {
  if (state.review) showReview(state);
  for (;;) {
    // Between two messages, never only when it is quiet: what waits goes along in the state.
    if (mustContinueAsNew(input) && allHandlersFinished()) {
      await continueAsNew<typeof bookingLifecycle>(input, state);
    }
    const item = state.inbox.shift();
    if (item) {
      switch (item.type) {
        case "calcomEvent":
          await applyEvent(input, state, item.eventId, item.attempt);
          break;
        case "decision":
          state.decided = [
            ...state.decided,
            { id: item.id, problem: await decide(input, state, item.decision) },
          ].slice(-REMEMBERED_DECISIONS);
          break;
        case "book":
          takeBook(state, item);
          break;
        default:
          await takeChange(input, state, item);
      }
      showStatus(state);
      continue;
    }
    const now = Date.now();
    if (
      state.task &&
      state.start !== null &&
      Date.parse(state.start) <= now &&
      (await giveUpAtStart(input, state))
    )
      continue;
    if (state.task && state.task.dueAt <= now) {
      await attemptTask(input, state);
      showStatus(state);
      continue;
    }
    if (!state.task && state.waiting.length > 0) {
      state.inbox.push(...state.waiting.splice(0));
      continue;
    }
    const askAgain = state.unclear.filter((event) => event.at <= now);
    if (askAgain.length > 0) {
      state.unclear = state.unclear.filter((event) => event.at > now);
      state.inbox.push(
        ...askAgain.map(({ eventId, attempt }) => ({ type: "calcomEvent" as const, eventId, attempt })),
      );
      continue;
    }
    if (state.surplusLookups.some((lookup) => lookup.at <= now)) {
      await lookForSurplus(input, state, now);
      continue;
    }
    const completion = completionTime(state);
    if (completion !== null && completion <= now) {
      await completeAtEnd(input, state);
      showStatus(state);
      continue;
    }
    const close = closeTime(input, state);
    const busy =
      state.task !== null ||
      state.review !== null ||
      state.surplusLookups.length > 0 ||
      state.unclear.length > 0;
    if (
      (close <= now || (state.cancelledInUi && state.status !== "confirmed" && state.status !== "pending")) &&
      !busy
    ) {
      await condition(allHandlersFinished);
      if (state.inbox.length === 0) return;
      continue;
    }
    const wakeAt = Math.min(
      state.task?.dueAt ?? Number.POSITIVE_INFINITY,
      state.task && state.start !== null && state.task.kind !== "undo" && state.task.kind !== "cancel"
        ? Math.max(Date.parse(state.start), now + 1)
        : Number.POSITIVE_INFINITY,
      ...state.surplusLookups.map((lookup) => lookup.at),
      ...state.unclear.map((event) => event.at),
      completion ?? Number.POSITIVE_INFINITY,
      busy ? Number.POSITIVE_INFINITY : close,
    );
    await waitForMessage(input, state, wakeAt - now);
  }
}

const REMEMBERED_DECISIONS = 20;

/** Timers beyond this are set again: Temporal takes any length, the number type does not. */
const LONGEST_TIMER_MS = 2_000_000_000;

/**
 * Like `condition` with a timeout, with half of its promises: for each of them the SDK takes down a stack trace, which
 * was a tenth of what a booking costs the worker.
 */
async function waitForMessage(input: BookingInput, state: BookingState, ms: number): Promise<void> {
  let over = false;
  const timer = new CancellationScope();
  timer
    .run(() => sleep(Math.max(1, Math.min(ms, LONGEST_TIMER_MS))))
    .then(
      () => {
        over = true;
      },
      () => {},
    );
  await condition(
    () => over || state.inbox.length > 0 || (mustContinueAsNew(input) && allHandlersFinished()),
  );
  timer.cancel();
}

function mustContinueAsNew(input: BookingInput): boolean {
  const info = workflowInfo();
  return (
    info.continueAsNewSuggested ||
    (input.maxHistoryEvents !== null && info.historyLength >= input.maxHistoryEvents)
  );
}

/** @throws ApplicationFailure that the operator reads in the Web UI's dialog. */
function refuseUnlessFitting(state: BookingState, decision: unknown): void {
  if (!state.review) {
    throw ApplicationFailure.nonRetryable("this booking is not under review", "not-under-review");
  }
  const parsed = parsedDecision(decision);
  const fitting = decisionsFor(state.review.reason, state.task?.kind ?? null);
  if (!fitting.includes(parsed.decision)) {
    throw ApplicationFailure.nonRetryable(
      `decision: ${parsed.decision} does not fit ${state.review.reason}; choose ${fitting.join(", ")}`,
      "invalid-request",
    );
  }
  if (parsed.decision === "adopt" && parsed.calcomUid === undefined) {
    throw ApplicationFailure.nonRetryable(
      "calcomUid: adopt needs the uid of the booking to take over",
      "invalid-request",
    );
  }
}

function parsedDecision(given: unknown): ReviewDecision {
  const parsed = parseReviewDecision(given);
  if (parsed.ok) return parsed.decision;
  throw ApplicationFailure.nonRetryable(parsed.problems.join("; "), "invalid-request");
}
