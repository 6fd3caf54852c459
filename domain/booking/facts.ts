import type { PlannedPhase } from "./phases.js";

/** The appointment as it stands in Postgres, without personal data: what activities report to the workflow. */
export interface AppointmentFacts {
  status: "pending" | "confirmed" | "cancelled" | "completed" | "no_show" | "failed";
  /** ISO instants. */
  start: string;
  end: string;
  phases: PhaseFacts[];
}

export interface PhaseFacts extends PlannedPhase {
  /** The newest uid of the phase's booking. */
  uid: string | null;
  /** A person cancelled this phase's booking while the rest stands. */
  cancelled: boolean;
}
