import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from "@temporalio/client";
import {
  claimCallbacks,
  markCallbackTold,
  postponeCallback,
  reviveCallbacks,
  type UntoldCallback,
} from "../../db/callback/relay.js";
import type { Database } from "../../db/client.js";
import { APPOINTMENT_ID, COMPANY_ID } from "../../workflows/booking/search-attributes.js";
import {
  CALLBACK_WORKFLOW,
  type CallbackReminders,
  type CallbackRequest,
} from "../../workflows/callback/input.js";
import { callbackChangedSignal } from "../../workflows/callback/messages.js";
import { type Pump, startPump } from "./pump.js";

export interface CallbackRelayDeps {
  db: Database;
  client: Client;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

export interface CallbackRelayOptions {
  taskQueue: string;
  reminders: CallbackReminders;
  maxHistoryEvents: number | null;
}

/** By the clock alone: no callback is due within a second, and who has just been promised one is still talking. */
const EVERY_MS = 1_000;
const BATCH = 4;
/** Two at a time: a hundred that are promised at once must not keep Temporal from those who are booking. */
const SLOTS = 2;
const TEMPORAL_PAUSE_MS = 1_000;
const SIGNAL_MS = 5_000;
const REVIVE_EVERY_MS = 600_000;
/** Two of the longest intervals without a reminder: its workflow is not there any more. */
const SILENT_INTERVALS = 2;

/**
 * Starts the workflow of every callback, and tells it when its row has changed. A row is what makes a callback; this
 * is what brings it to Temporal, however long that was away. It also finds those whose workflow is gone.
 */
export function startCallbackRelay(deps: CallbackRelayDeps, options: CallbackRelayOptions): Pump {
  const { longestMs } = options.reminders;
  let reviveAt = 0;
  return startPump<UntoldCallback>({
    claim: async (limit) => {
      if (Date.now() >= reviveAt) {
        await reviveCallbacks(deps.db, SILENT_INTERVALS * longestMs);
        reviveAt = Date.now() + Math.min(REVIVE_EVERY_MS, longestMs);
      }
      return await claimCallbacks(deps.db, limit);
    },
    work: (callback) => tell(deps, options, callback),
    failed: (error) => deps.log.warn({ error: nameOf(error) }, "the callbacks could not be relayed"),
    everyMs: EVERY_MS,
    batch: BATCH,
    slots: () => SLOTS,
  });
}

async function tell(
  deps: CallbackRelayDeps,
  options: CallbackRelayOptions,
  callback: UntoldCallback,
): Promise<void> {
  const { workflowId } = callback;
  try {
    await deps.client.withDeadline(Date.now() + SIGNAL_MS, () => signal(deps.client, options, callback));
  } catch (error) {
    // It has ended by itself and has nothing to learn; one that is over and was never started had nothing to do.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowNotFoundError)) {
      deps.log.warn({ workflowId, error: nameOf(error) }, "a callback waits for Temporal");
      await postponeCallback(deps.db, callback, TEMPORAL_PAUSE_MS);
      return;
    }
  }
  await markCallbackTold(deps.db, callback);
}

async function signal(
  client: Client,
  { taskQueue, reminders, maxHistoryEvents }: CallbackRelayOptions,
  { id: callbackId, companyId, workflowId, appointmentId, status }: UntoldCallback,
): Promise<void> {
  if (status !== "open") {
    await client.workflow.getHandle(workflowId).signal(callbackChangedSignal);
    return;
  }
  await client.workflow.signalWithStart<CallbackRequest, []>(CALLBACK_WORKFLOW, {
    workflowId,
    taskQueue,
    args: [{ companyId, callbackId, reminders, maxHistoryEvents }],
    signal: callbackChangedSignal,
    signalArgs: [],
    // One that was terminated watches over nobody.
    workflowIdReusePolicy: "ALLOW_DUPLICATE_FAILED_ONLY",
    workflowIdConflictPolicy: "USE_EXISTING",
    typedSearchAttributes: [
      { key: COMPANY_ID, value: companyId },
      ...(appointmentId === null ? [] : [{ key: APPOINTMENT_ID, value: appointmentId }]),
    ],
  });
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");
