/**
 * A write of ours to Cal.com as the workflow remembers it. It is in the state before the request is sent:
 * an event of Cal.com is our echo only if it matches one of these by kind, uid chain and start
 * (calcom.md 2.5: the operation id alone proves nothing, later changes by others carry it too).
 */
export interface Operation {
  /** Travels in the booking's metadata as `operationId`. */
  id: string;
  kind: "create" | "reschedule" | "cancel";
  phaseKey: string;
  /** The booking that is changed; `null` for a create. */
  uid: string | null;
  /** ISO instant; `null` for a cancel. */
  wantedStart: string | null;
  /** The booking that came of it. */
  resultUid: string | null;
  state: "open" | "done" | "refused" | "abandoned";
}

/** Operations older than this many are forgotten: their echoes are long since in. */
export const REMEMBERED_OPERATIONS = 60;
