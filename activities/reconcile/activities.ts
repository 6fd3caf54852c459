import { type PollRequest, pollChanges, type ReconcileDependencies } from "./poll-changes.js";

/** What `reconcileCompany` does, bound to what it works with. */
export function createReconcileActivities(deps: ReconcileDependencies) {
  return { pollChanges: (request: PollRequest) => pollChanges(deps, request) };
}

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;
