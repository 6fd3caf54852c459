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
  | { kind: "create"; confirmed: boolean }
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
  | { kind: "ask"; uid: string };

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
        sameInstant(event.start, operation.wantedStart)
      );
    case "cancel":
      return event.kind === "cancelled" && event.uid === operation.uid && !event.requestReschedule;
  }
}

function decideBooked(event: CalcomEvent, uid: string, known: KnownBooking): EventDecision {
  if (event.start === null || event.end === null) return { kind: "ask", uid };
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
  return { kind: "create", confirmed };
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
