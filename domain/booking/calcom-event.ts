import type { CalcomEvent } from "../calcom/event.js";
import type { Operation } from "./operation.js";

/** What the workflow knows of its booking when an event of Cal.com comes in. */
export interface KnownBooking {
  status: "none" | "pending" | "confirmed" | "cancelled" | "completed" | "no_show" | "failed";
  phases: KnownPhase[];
  operations: readonly Operation[];
  /** uids whose cancel came before their booking. */
  tombstones: readonly string[];
}

export interface KnownPhase {
  key: string;
  /** The newest uid of the chain. */
  uid: string | null;
  pastUids: readonly string[];
  /** ISO instants. */
  start: string;
  end: string;
  /** The booking of this phase was cancelled by a person while the appointment stands. */
  cancelled: boolean;
}

export type EventDecision =
  | {
      kind: "echo";
      operationId: string;
      uid: string | null;
      start: string | null;
      end: string | null;
      surplus: boolean;
    }
  /** `booking`: what Cal.com says of the newest link of the chain, where it is another than the event's. */
  | { kind: "create"; confirmed: boolean; booking: NewestBooking | null }
  /** The booking of a phase that an operator had marked as made, without naming it. */
  | { kind: "adopt"; phaseKey: string; uid: string }
  | {
      kind: "move";
      phaseKey: string;
      fromUid: string;
      uid: string;
      start: string;
      end: string;
      confirmed: boolean;
      cancelledAfter: boolean;
    }
  | { kind: "cancel"; phaseKey: string; uid: string; requestReschedule: boolean }
  | { kind: "confirm"; phaseKey: string; uid: string }
  | { kind: "reject"; phaseKey: string; uid: string }
  | { kind: "reassign"; phaseKey: string; uid: string; hostId: number | null }
  | { kind: "no_show"; absent: boolean }
  | { kind: "tombstone"; uid: string }
  | { kind: "note"; why: string }
  | { kind: "stale"; why: string }
  /** Content does not tell: GET decides (design.md 3). */
  | { kind: "ask"; uid: string }
  /** Cal.com had to be asked and has not answered, or its replica has not got it yet: later again. */
  | { kind: "unclear"; why: string };

/** The newest booking of a chain, as Cal.com has it. Instants are ISO. */
export interface NewestBooking {
  uid: string;
  fromUid: string | null;
  start: string;
  end: string;
  hostId: number | null;
}

/**
 * Reads one event against what is known. Events are compared by content and by the chain of uids, never by
 * arrival: Cal.com loses, repeats, delays and reorders them (calcom.md 2.4).
 */
export function decideEvent(event: CalcomEvent, known: KnownBooking): EventDecision {
  if (event.uid === null) return { kind: "note", why: "no_uid" };
  const operation = matchEcho(event, known.operations);
  const asked =
    operation?.state === "done" &&
    known.status === "pending" &&
    known.phases.some((phase) => phase.uid === event.uid);
  // The request was ours, its confirmation is a person's, although it may carry our metadata.
  const confirmation = asked && event.kind === "created" && event.status !== "pending";
  if (operation && !confirmation) {
    const phase = known.phases.find((candidate) => candidate.key === operation.phaseKey);
    if (operation.state === "abandoned" && phase?.uid === null && isOpen(known)) {
      return { kind: "adopt", phaseKey: phase.key, uid: event.uid };
    }
    const surplus =
      operation.state === "refused" ||
      operation.state === "abandoned" ||
      (operation.kind !== "cancel" && operation.resultUid !== null && operation.resultUid !== event.uid);
    return {
      kind: "echo",
      operationId: operation.id,
      uid: event.uid,
      start: event.start,
      end: event.end,
      surplus,
    };
  }
  switch (event.kind) {
    case "created":
    case "requested":
    case "rescheduled":
      return decideBooked(event, event.uid, known);
    case "cancelled":
      return decideCancelled(event, event.uid, known);
    case "rejected": {
      const phase = phaseOf(event.uid, known);
      if (!phase)
        return known.phases.length === 0
          ? { kind: "tombstone", uid: event.uid }
          : { kind: "ask", uid: event.uid };
      if (phase.uid !== event.uid) return { kind: "stale", why: "older_uid" };
      if (!isOpen(known)) return { kind: "stale", why: `already_${known.status}` };
      return { kind: "reject", phaseKey: phase.key, uid: event.uid };
    }
    case "reassigned": {
      const phase = phaseOf(event.uid, known);
      if (!phase) return { kind: "ask", uid: event.uid };
      if (phase.uid !== event.uid) return { kind: "stale", why: "older_uid" };
      return { kind: "reassign", phaseKey: phase.key, uid: event.uid, hostId: event.organizerId };
    }
    case "no_show":
      if (event.noShow === null) return { kind: "note", why: "host_no_show" };
      return { kind: "no_show", absent: event.noShow };
    default:
      return { kind: "note", why: event.kind };
  }
}

/** The operation of ours that this event is the echo of, if any. */
export function matchEcho(event: CalcomEvent, operations: readonly Operation[]): Operation | null {
  return operations.find((operation) => isEcho(event, operation)) ?? null;
}

function isEcho(event: CalcomEvent, operation: Operation): boolean {
  switch (operation.kind) {
    case "create":
      return (
        (event.kind === "created" || event.kind === "requested") &&
        event.rescheduleUid === null &&
        event.operationId === operation.id &&
        sameInstant(event.start, operation.wantedStart)
      );
    case "reschedule":
      return (
        (event.kind === "rescheduled" || event.kind === "requested") &&
        event.rescheduleUid === operation.uid &&
        sameInstant(event.start, operation.wantedStart) &&
        // What we were refused or gave up, a person did by hand: a real change, and the old booking is dead.
        mayStillHappen(operation)
      );
    case "cancel":
      return (
        event.kind === "cancelled" &&
        event.uid === operation.uid &&
        !event.requestReschedule &&
        mayStillHappen(operation)
      );
  }
}

function mayStillHappen(operation: Operation): boolean {
  return operation.state === "open" || operation.state === "done";
}

/** Whether the times of a booking make sense: what ends before it begins is in no calendar. */
function isSpan<T extends { start: string | null; end: string | null }>(
  times: T,
): times is T & { start: string; end: string } {
  return times.start !== null && times.end !== null && Date.parse(times.end) > Date.parse(times.start);
}

function decideBooked(event: CalcomEvent, uid: string, known: KnownBooking): EventDecision {
  if (!isSpan(event)) return { kind: "ask", uid };
  const confirmed = event.kind === "requested" ? false : event.status !== "pending";
  const cancelledAfter = known.tombstones.includes(uid);
  const current = known.phases.find((phase) => phase.uid === uid);
  if (current) {
    if (!sameInstant(event.start, current.start)) return { kind: "ask", uid };
    if (!isOpen(known)) return { kind: "stale", why: `already_${known.status}` };
    if (confirmed && known.status === "pending") return { kind: "confirm", phaseKey: current.key, uid };
    return { kind: "note", why: "already_known" };
  }
  if (known.phases.some((phase) => phase.pastUids.includes(uid))) return { kind: "stale", why: "older_uid" };
  if (event.rescheduleUid !== null) {
    const from = event.rescheduleUid;
    const phase = known.phases.find((candidate) => candidate.uid === from);
    // A cancelled booking moves only after a host's "request reschedule"; or the move is older than the cancel.
    if (phase && (!isOpen(known) || phase.cancelled)) return { kind: "ask", uid };
    if (phase) {
      return {
        kind: "move",
        phaseKey: phase.key,
        fromUid: from,
        uid,
        start: event.start,
        end: event.end,
        confirmed,
        cancelledAfter,
      };
    }
    // A change of an older uid that was overtaken by a newer one, or a link of the chain that we missed.
    if (known.phases.length > 0) return { kind: "ask", uid };
  } else if (known.phases.length > 0) {
    // Our chain, but no link says how: only Cal.com knows.
    return { kind: "ask", uid };
  }
  if (cancelledAfter) return { kind: "stale", why: "tombstone" };
  // A later link of this chain was cancelled: whether this one was moved on to it, only Cal.com knows.
  if (known.tombstones.length > 0) return { kind: "ask", uid };
  return { kind: "create", confirmed, booking: null };
}

function decideCancelled(event: CalcomEvent, uid: string, known: KnownBooking): EventDecision {
  const phase = phaseOf(uid, known);
  if (!phase) return known.phases.length === 0 ? { kind: "tombstone", uid } : { kind: "ask", uid };
  if (phase.uid !== uid) return { kind: "stale", why: "older_uid" };
  if (phase.cancelled || !isOpen(known)) return { kind: "stale", why: `already_${known.status}` };
  return { kind: "cancel", phaseKey: phase.key, uid, requestReschedule: event.requestReschedule };
}

function phaseOf(uid: string, known: KnownBooking): KnownPhase | undefined {
  return known.phases.find((phase) => phase.uid === uid || phase.pastUids.includes(uid));
}

function isOpen(known: KnownBooking): boolean {
  return known.status === "pending" || known.status === "confirmed";
}

/** Instants, never strings: Cal.com writes the same one in three ways (calcom.md 2.3). */
export function sameInstant(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && Date.parse(a) === Date.parse(b);
}

/**
 * Decides by what Cal.com itself says of the newest booking of the event's chain. The event is the better
 * witness of one thing: Cal.com announces a cancel before it is written, and a replica may lag (calcom.md 2.4).
 *
 * @param phase whose chain it is; `null` where nothing of this booking is known yet
 */
export function decideByNewest(
  event: CalcomEvent,
  known: KnownBooking,
  phase: KnownPhase | null,
  newest: NewestBooking & { active: boolean; confirmed: boolean },
): EventDecision {
  const { uid, fromUid, start, end, hostId, confirmed } = newest;
  const saysGone = event.kind === "cancelled" || event.kind === "rejected";
  const gone = !newest.active || known.tombstones.includes(uid) || (saysGone && event.uid === uid);
  const senseless = !isSpan(newest);
  if (senseless && !gone) return { kind: "note", why: "times_make_no_sense" };
  if (phase === null) {
    if (gone) return { kind: "stale", why: "gone_in_calcom" };
    return { kind: "create", confirmed, booking: { uid, fromUid, start, end, hostId } };
  }
  if (phase.pastUids.includes(uid)) return { kind: "stale", why: "older_uid" };
  const open = isOpen(known) && !phase.cancelled;
  if (gone) {
    if (!open) return { kind: "stale", why: `already_${known.status}` };
    const requestReschedule = event.kind === "cancelled" && event.requestReschedule && event.uid === uid;
    if (uid === phase.uid || phase.uid === null || requestReschedule || senseless) {
      return { kind: "cancel", phaseKey: phase.key, uid, requestReschedule };
    }
    return {
      kind: "move",
      phaseKey: phase.key,
      fromUid: phase.uid,
      uid,
      start,
      end,
      confirmed,
      cancelledAfter: true,
    };
  }
  if (uid === phase.uid && sameInstant(start, phase.start) && open) return { kind: "stale", why: "in_sync" };
  return {
    kind: "move",
    phaseKey: phase.key,
    fromUid: phase.uid ?? fromUid ?? uid,
    uid,
    start,
    end,
    confirmed,
    cancelledAfter: false,
  };
}
