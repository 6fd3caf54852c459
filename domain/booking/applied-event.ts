import type { AppointmentFacts } from "./facts.js";
import type { Operation } from "./operation.js";

/** What an event of Cal.com changed, as the workflow takes it over. */
export interface AppliedEvent {
  decision: string;
  operations: Operation[];
  appointment: AppointmentFacts | null;
  /** uid whose cancel came before its booking. */
  tombstone: string | null;
  /** Operation of which a booking stands that should not. */
  surplusOf: string | null;
  /** Phase of a composite that a person cancelled. */
  segmentCancelled: string | null;
  /** It proves an operation that is still open: the attempt under way can conclude at once. */
  proven: boolean;
}

export const NOTHING_APPLIED: AppliedEvent = {
  decision: "note",
  operations: [],
  appointment: null,
  tombstone: null,
  surplusOf: null,
  segmentCancelled: null,
  proven: false,
};
