import { randomUUID } from "node:crypto";
import { WorkflowFailedError } from "@temporalio/client";
import { manualReconcileWorkflowId } from "../../workflows/reconcile/ids.js";
import {
  RECONCILE_WORKFLOW,
  type ReconcileCompany,
  type ReconcileResult,
} from "../../workflows/reconcile/input.js";
import { Problem } from "../problems.js";
import type { OperationsDeps } from "./dependencies.js";

const START_MS = 3_000;
const RUN_TIMEOUT = "15m";

export type ReconcileOutcome =
  | { finished: true; result: ReconcileResult }
  | { finished: false; workflowId: string };

/**
 * Starts a run of its own and waits for it as long as the caller does.
 *
 * @param since ISO instant; `null`: from where the last run ended
 * @throws Problem `temporarily-unavailable` when Temporal or Cal.com cannot be asked
 */
export async function reconcileNow(
  { client, backgroundTaskQueue }: OperationsDeps["temporal"],
  companyId: string,
  since: string | null,
  waitMs: number,
): Promise<ReconcileOutcome> {
  const workflowId = manualReconcileWorkflowId(companyId, randomUUID());
  const handle = await client
    .withDeadline(Date.now() + START_MS, () =>
      client.workflow.start<ReconcileCompany>(RECONCILE_WORKFLOW, {
        workflowId,
        taskQueue: backgroundTaskQueue,
        args: [{ companyId, since }],
        workflowRunTimeout: RUN_TIMEOUT,
      }),
    )
    .catch(() => {
      throw new Problem("temporarily-unavailable", "The run could not be started; try again in a moment.");
    });
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), waitMs);
  try {
    const result = await client.withAbortSignal(enough.signal, () => handle.result());
    if (result.error === null) return { finished: true, result };
  } catch (error) {
    // The wait is over, or the connection is; the run goes on by itself.
    if (!(error instanceof WorkflowFailedError)) return { finished: false, workflowId };
  } finally {
    clearTimeout(timer);
  }
  throw new Problem("temporarily-unavailable", "Cal.com cannot be asked now; the next run makes up for it.");
}
