import { ActivityCancellationType, proxyActivities } from "@temporalio/workflow";
import type { ReconcileActivities } from "../../activities/reconcile/activities.js";
import type { ReconcileInput, ReconcileResult } from "./input.js";

/**
 * Reads of a whole list and writes of our own, all of it repeatable. What Cal.com refuses comes back as a
 * result; what is thrown is ours, and after three attempts the next scheduled run is as good as a fourth.
 */
const { pollChanges } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: "10m",
  heartbeatTimeout: "30s",
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: "1s", backoffCoefficient: 3, maximumAttempts: 3 },
});

/** Finds what lost webhooks would have told and feeds it into the inbox (design.md 4). */
export async function reconcileCompany(input: ReconcileInput): Promise<ReconcileResult> {
  return await pollChanges({ companyId: input.companyId, since: input.since ?? null });
}
