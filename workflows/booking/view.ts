import type { BookingState } from "./state.js";

/** What the query `view` and every decision answer: ids, instants and states, no personal data. */
export interface BookingView {
  appointmentId: string;
  status: BookingState["status"];
  start: string | null;
  end: string | null;
  phases: {
    key: string;
    start: string;
    end: string;
    staffId: string | null;
    calcomUid: string | null;
    cancelled: boolean;
  }[];
  underWay: { kind: string; attempt: number; nextAttemptAt: string; lastError: string | null } | null;
  review: { reason: string; since: string; phaseKey: string | null } | null;
  operations: { id: string; kind: string; phaseKey: string; state: string; wantedStart: string | null }[];
  messagesWaiting: number;
  /** When Cal.com is next searched for a second booking of a doubtful attempt, or asked about an event. */
  nextLookUpAt: string | null;
}

export function viewOf(appointmentId: string, state: BookingState): BookingView {
  const lookUps = [...state.surplusLookups, ...state.unclear].map((lookUp) => lookUp.at);
  return {
    appointmentId,
    status: state.status,
    start: state.start,
    end: state.end,
    phases: state.phases.map((phase) => ({
      key: phase.key,
      start: phase.start,
      end: phase.end,
      staffId: phase.staffId,
      calcomUid: phase.uid,
      cancelled: phase.cancelled,
    })),
    underWay: state.task && {
      kind: state.task.kind,
      attempt: state.task.attempt + state.task.slowAttempt,
      nextAttemptAt: new Date(state.task.dueAt).toISOString(),
      lastError: state.task.lastError,
    },
    review: state.review && {
      reason: state.review.reason,
      since: new Date(state.review.since).toISOString(),
      phaseKey: state.review.phaseKey,
    },
    operations: state.operations.map(({ id, kind, phaseKey, state: progress, wantedStart }) => ({
      id,
      kind,
      phaseKey,
      state: progress,
      wantedStart,
    })),
    messagesWaiting: state.inbox.length + state.waiting.length,
    nextLookUpAt: lookUps.length === 0 ? null : new Date(Math.min(...lookUps)).toISOString(),
  };
}
