import type { UndoOutcome } from "../../domain/booking/attempt.js";
import type { KnownBooking } from "../../domain/booking/calcom-event.js";
import type { AppointmentFacts, PhaseFacts } from "../../domain/booking/facts.js";
import type { Operation } from "../../domain/booking/operation.js";
import { REMEMBERED_OPERATIONS } from "../../domain/booking/operation.js";
import type { ReviewDecision, ReviewReason } from "../../domain/booking/review.js";
import type { BookingInput } from "./input.js";

/** The whole state: plain JSON, carried through continue-as-new. */
export interface BookingState {
  status: "none" | "pending" | "confirmed" | "cancelled" | "completed" | "no_show" | "failed";
  start: string | null;
  end: string | null;
  phases: PhaseState[];
  /** Every write to Cal.com, noted here before it is sent. */
  operations: Operation[];
  tombstones: string[];
  /** All messages, whoever sent them, in order of arrival. */
  inbox: InboxItem[];
  /** Commands that wait until the work under way is settled. */
  waiting: CommandItem[];
  /** Ids of messages already taken in. */
  seen: string[];
  task: Task | null;
  review: Review | null;
  /** When to look for surplus bookings after doubt (ms since epoch). */
  surplusLookups: { at: number; operationIds: string[] }[];
  /** Events on which Cal.com has to be asked again (`at`: ms since epoch). */
  unclear: { eventId: string; at: number; attempt: number }[];
  /** Outcome of each operator's decision, for the update that waits for it. */
  decided: { id: string; problem: string | null }[];
  /** The search attributes as last set, so that they are set only when they change. */
  shown: { status: string; uid: string | null; start: string | null; reason: string | null };
  /** Operator pressed Cancel in the Web UI: the workflow ends as cancelled. */
  cancelledInUi: boolean;
}

export interface PhaseState extends PhaseFacts {
  /** Older uids of its chain, oldest first. */
  pastUids: string[];
}

export type CommandItem =
  | { type: "book"; commandId: string }
  | { type: "reschedule"; commandId: string; start: string | null; staffId: string | null }
  | { type: "cancel"; commandId: string };

export type InboxItem =
  | CommandItem
  /** `attempt`: how often it was left unclear before. */
  | { type: "calcomEvent"; eventId: string; attempt: number }
  | { type: "decision"; id: string; decision: ReviewDecision };

/** The change to Cal.com that is under way. There is never more than one. */
export interface Task {
  kind: "book" | "move" | "cancel" | "undo";
  commandId: string | null;
  operationIds: string[];
  attempt: number;
  /** Slow attempts after the interactive ones. */
  slowAttempt: number;
  /** ms since epoch. */
  dueAt: number;
  lastError: string | null;
  /** `undo`: which operation takes back which, and what to write when everything is taken back. */
  undoes: { of: string; by: string }[];
  after: UndoOutcome | null;
  /** `undo` of a segment's new booking: the phase whose review goes on when that is taken back. */
  segment: string | null;
}

export interface Review {
  reason: ReviewReason;
  /** ms since epoch. */
  since: number;
  phaseKey: string | null;
  /** Lines without personal data: what Cal.com said when it was last asked. */
  calcomSays: string[];
}

const REMEMBERED_MESSAGES = 300;

export function initialState(input: BookingInput): BookingState {
  return {
    status: input.appointment?.status ?? "none",
    start: input.appointment?.start ?? null,
    end: input.appointment?.end ?? null,
    phases: (input.appointment?.phases ?? []).map((phase) => ({ ...phase, pastUids: [] })),
    operations: [],
    tombstones: [],
    inbox: [],
    waiting: [],
    seen: [],
    task: null,
    review: null,
    surplusLookups: [],
    unclear: [],
    decided: [],
    shown: { status: "Pending", uid: null, start: input.appointment?.start ?? null, reason: null },
    cancelledInUi: false,
  };
}

/** Takes a message in once; a signal sent twice (relay, retry) is one message. */
export function takeIn(state: BookingState, id: string, item: InboxItem): void {
  if (state.seen.includes(id)) return;
  state.seen = [...state.seen, id].slice(-REMEMBERED_MESSAGES);
  state.inbox.push(item);
}

/** Notes the operations before they are sent. */
export function remember(state: BookingState, operations: readonly Operation[]): void {
  const fresh = new Set(operations.map((operation) => operation.id));
  state.operations = [...state.operations.filter((known) => !fresh.has(known.id)), ...operations].slice(
    -REMEMBERED_OPERATIONS,
  );
}

export function operationsOf(state: BookingState, ids: readonly string[]): Operation[] {
  return state.operations.filter((operation) => ids.includes(operation.id));
}

export function knownBooking(state: BookingState): KnownBooking {
  return {
    status: state.status,
    phases: state.phases
      .filter((phase) => phase.staffRequired)
      .map(({ key, uid, pastUids, start, end, cancelled }) => ({
        key,
        uid,
        pastUids,
        start,
        end,
        cancelled,
      })),
    operations: state.operations,
    tombstones: state.tombstones,
  };
}

/** Brings the state in line with what an activity has written. */
export function adopt(state: BookingState, facts: AppointmentFacts): void {
  state.status = facts.status;
  state.start = facts.start;
  state.end = facts.end;
  state.phases = facts.phases.map((phase) => {
    const before = state.phases.find((known) => known.key === phase.key);
    const past = before?.pastUids ?? [];
    const replaced =
      before?.uid && before.uid !== phase.uid && !past.includes(before.uid) ? [before.uid] : [];
    return { ...phase, pastUids: [...past, ...replaced].filter((uid) => uid !== phase.uid) };
  });
}
