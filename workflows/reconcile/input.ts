/** What a run is started with. */
export interface ReconcileInput {
  companyId: string;
  /** ISO instant to read Cal.com's changes from; without one the run goes on where the last one ended. */
  since?: string | null;
}

/** What a run found. */
export interface ReconcileResult {
  /** Bookings of ours that were compared. */
  checked: number;
  /** Lost events that were put into the inbox; each is applied by its lifecycle, as its webhook would have been. */
  queued: number;
  /** Why nothing could be compared (the kind of Cal.com's error); the next run goes on from the same place. */
  error: string | null;
}

/** How the API asks for a run: workflow type and arguments, without the workflow's code. */
export type ReconcileCompany = (input: ReconcileInput) => Promise<ReconcileResult>;

/** The workflow type (contract.md 9). */
export const RECONCILE_WORKFLOW = "reconcileCompany";
