import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { CallbackActivities } from "../../activities/callback/activities.js";
import type { CallbackCarried, CallbackInput, CallbackResult } from "./input.js";
import {
  callbackChangedSignal,
  callbackQuery,
  type FinishCallbackMessage,
  finishCallbackUpdate,
  readFinishCallback,
} from "./messages.js";

/** Our own database only: quick, repeatable, retried until it is back. */
const { readCallback, remindOfCallback, endCallback } = proxyActivities<CallbackActivities>({
  startToCloseTimeout: "15s",
  retry: { initialInterval: "200ms", backoffCoefficient: 2, maximumInterval: "10s" },
});

type State = NonNullable<Awaited<ReturnType<typeof readCallback>>>;

/** Taken in by the update's handler, carried out by the loop. */
interface Decision {
  message: FinishCallbackMessage;
  became: Awaited<ReturnType<typeof endCallback>> | null;
}

/** Timers beyond this are set again: Temporal takes any length, the number type does not. */
const LONGEST_TIMER_MS = 2_000_000_000;

/**
 * Watches over one callback until somebody has called back: reminds when it is due, and at growing intervals after.
 * What counts is the row in Postgres; a signal says that it has changed, and a decision made here is written there.
 */
export async function callbackRequest(
  input: CallbackInput,
  carried: CallbackCarried = { reminded: 0, lastReminderAt: null },
): Promise<CallbackResult> {
  const scope = { companyId: input.companyId, callbackId: input.callbackId };
  const progress = { ...carried };
  let state: State | null = null;
  let changed = true;
  let cancelled = false;
  const decisions: Decision[] = [];
  const view = (): CallbackResult => ({ status: state?.status ?? "open", reminders: progress.reminded });

  setHandler(callbackQuery, view, { description: "Whether it is done, and how often it was reminded of" });
  setHandler(
    callbackChangedSignal,
    () => {
      changed = true;
    },
    { description: "Look at the callback's row again; takes nothing" },
  );
  setHandler(
    finishCallbackUpdate,
    async (given) => {
      const decision: Decision = { message: parsed(given), became: null };
      decisions.push(decision);
      await condition(() => decision.became !== null);
      if (decision.became === "other" || decision.became === "unknown")
        throw ApplicationFailure.nonRetryable("this callback has ended already", "not-changeable");
      return { ...view(), status: decision.message.outcome };
    },
    {
      validator: (given) => void parsed(given),
      description: 'JSON: {"outcome": "completed | cancelled", "by": "your name", "note": "what came of it"}',
    },
  );
  // Cancel in the Web UI means the callback, not only its workflow.
  CancellationScope.current().cancelRequested.catch(() => {
    cancelled = true;
    changed = true;
  });

  await CancellationScope.nonCancellable(async () => {
    for (;;) {
      if (cancelled) await endCallback({ ...scope, outcome: "cancelled", by: "Temporal Web UI", note: null });
      for (let decision = decisions.shift(); decision; decision = decisions.shift()) {
        const { message } = decision;
        decision.became = await endCallback({ ...scope, ...message, note: message.note ?? null });
      }
      changed = false;
      const seen = await readCallback(scope);
      if (seen === null || seen.status !== "open") {
        state = seen;
        await condition(() => decisions.length > 0 || allHandlersFinished());
        if (decisions.length > 0) continue;
        return;
      }
      state = seen;
      showDetails(input, seen, progress.reminded);
      const due = nextReminder(input, seen, progress);
      if (due > Date.now()) {
        const news = () => changed || decisions.length > 0;
        await condition(news, Math.min(due - Date.now(), LONGEST_TIMER_MS));
        if (news() || Date.now() < due) continue;
      }
      const reminder = progress.reminded + 1;
      const reminderId = `${workflowInfo().firstExecutionRunId}:${reminder}`;
      if (!(await remindOfCallback({ ...scope, reminder, reminderId }))) continue;
      progress.reminded = reminder;
      progress.lastReminderAt = Date.now();
      if (isLong(input) && decisions.length === 0 && allHandlersFinished())
        await continueAsNew<typeof callbackRequest>(input, progress);
    }
  });
  if (cancelled) throw new CancelledFailure("cancelled in the Web UI; the callback is cancelled too");
  return state === null ? { ...view(), status: "gone" } : view();
}

function isLong({ maxHistoryEvents }: CallbackInput): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength >= (maxHistoryEvents ?? Number.POSITIVE_INFINITY);
}

function parsed(given: unknown): FinishCallbackMessage {
  const read = readFinishCallback(given);
  if (read.ok) return read.message;
  throw ApplicationFailure.nonRetryable(read.problem, "invalid-request");
}

/** Milliseconds since epoch. A callback that has become more pressing is reminded of when it is due now. */
function nextReminder(input: CallbackInput, state: State, progress: CallbackCarried): number {
  const due = Date.parse(state.dueAt);
  if (progress.lastReminderAt === null) return due;
  const { firstMs, longestMs } = input.reminders;
  return progress.lastReminderAt + Math.min(firstMs * 2 ** Math.min(progress.reminded - 1, 30), longestMs);
}

/** What an operator reads on the workflow's page. In memory only: set again after each start. */
function showDetails(input: CallbackInput, state: State, reminded: number): void {
  setCurrentDetails(
    [
      `## Callback, \`${state.priority}\``,
      "",
      `**Why.** \`${state.reason}\`. Who is to be called, and about what: \`GET /api/v2/callbacks/${input.callbackId}\`.`,
      "",
      `**Due.** ${state.dueAt} (UTC). ${reminded === 0 ? "Nobody has been reminded yet." : `Reminded ${reminded} times.`}`,
      "",
      "**Done?** More actions → Send an Update → `finishCallback`, with",
      "```json",
      JSON.stringify({ outcome: "completed", by: "your name", note: "what came of it" }),
      "```",
      "or over the API: `POST /api/v2/callbacks/{id}/complete`. *Cancel* cancels the callback.",
    ].join("\n"),
  );
}
