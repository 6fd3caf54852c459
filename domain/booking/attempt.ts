import type { AppointmentFacts } from "./facts.js";
import type { Operation } from "./operation.js";
import type { ReviewReason } from "./review.js";

/** One try at a change in Cal.com. Repeating it is safe: the operations' rows say what may have been sent. */
export interface AttemptRequest {
  companyId: string;
  appointmentId: string;
  commandId: string | null;
  operations: Operation[];
  limits: AttemptLimits;
}

/** Milliseconds. */
export interface AttemptLimits {
  lookupWindowMs: number;
  writeTimeoutMs: number;
  readTimeoutMs: number;
}

/** A compensation: `by` takes back `of`. */
export interface UndoPair {
  of: Operation;
  by: Operation;
}

/** How a saga ends once all its effects in Cal.com are gone. */
export interface UndoOutcome {
  /** The appointment's status afterwards; `null` leaves it (a failed move). */
  status: "failed" | "cancelled" | null;
  /** Commands that end as refused. */
  refuse: { commandId: string; problem: string }[];
  /** Commands that are done with it (a cancel that overtook a booking). */
  complete: string[];
}

export interface UndoRequest extends AttemptRequest {
  pairs: UndoPair[];
  after: UndoOutcome;
}

export type AttemptReport = {
  /** As they stand after the attempt. */
  operations: Operation[];
  /** Some request may have had an effect that nobody has seen yet. */
  doubt: boolean;
  /** The appointment, when the attempt changed it. */
  appointment: AppointmentFacts | null;
} & (
  | { outcome: "done" }
  /** Settled: nothing of it stands in Cal.com. */
  | { outcome: "refused"; problem: string }
  /** The caller has been told no, but something of it stands in Cal.com: it has to be taken back. */
  | { outcome: "undo"; problem: string }
  | {
      outcome: "retry";
      error: string;
      /** Nothing doubtful may be sent again before (ms since epoch). */
      doubtUntil: number | null;
      retryAfterMs: number | null;
    }
  /** Trying again will not help before somebody has done something. */
  | { outcome: "blocked"; error: string; reason: ReviewReason }
);
