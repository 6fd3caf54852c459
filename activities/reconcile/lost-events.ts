import type { CalcomBooking } from "../../calcom/client.js";
import { bookingToEvent, type ListedChange } from "../../calcom/webhook/booking-event.js";
import type { KnownHere, KnownUid, LostEvent, NewLink } from "../../db/calcom/reconcile.js";
import type { Catalogue } from "../../domain/tenant/catalogue.js";
import { explainsBooking, explainsCancellation } from "./explained.js";

/** What a page of bookings is read against. */
export interface Comparison {
  /** The company's event types; a booking of another one counts only if it is known already. */
  ownEventTypes: ReadonlySet<number>;
  staff: Catalogue["staff"];
  known: KnownHere;
  /** Every booking of this run, whichever page it was on. */
  run: ReadonlyMap<string, CalcomBooking>;
  /** uids of this run that another booking of it replaces. */
  replaced: ReadonlySet<string>;
  now: Date;
}

/** What a page needs to be put right. */
export interface Findings {
  lost: LostEvent[];
  links: NewLink[];
  /** Changed here so lately that Cal.com's replica may lag behind: to be looked at again by the next run. */
  deferred: CalcomBooking[];
}

/** The relay takes events of one booking in this distance: each builds on the one before. */
const STEP_MS = 5_000;
/** Far more than Cal.com's replica lags (seconds), far less than the overlap of two runs. */
const REPLICA_LAG_MS = 60_000;
const LONGEST_CHAIN = 50;

/**
 * Reads bookings as they are listed against what we know and says which webhooks must have been lost. What a
 * webhook would not tell (a booking that vanished, one of two) is drift and not found here.
 */
export function findLost(bookings: readonly CalcomBooking[], comparison: Comparison): Findings {
  const findings: Findings = { lost: [], links: [], deferred: [] };
  const known = new Map(comparison.known.uids.map((row) => [row.uid, row]));
  for (const booking of bookings) {
    // The move that replaced it says all there is to say, with the uid that stands now.
    if (booking.rescheduledToUid !== null || comparison.replaced.has(booking.uid)) continue;
    const row = known.get(booking.uid);
    if (row && row.phaseKey !== null) compareKnown(booking, row, comparison, findings);
    else if (row === undefined || !row.tombstoned) compareUnknown(booking, row, known, comparison, findings);
  }
  return findings;
}

function compareKnown(
  booking: CalcomBooking,
  row: KnownUid,
  comparison: Comparison,
  findings: Findings,
): void {
  // An older link of its chain, or one that has ended here: if Cal.com thinks otherwise, that is drift.
  if (row.currentUid !== booking.uid || row.phaseSync === "cancelled") return;
  const open = row.status === "pending" || row.status === "confirmed";
  if (!isActive(booking)) {
    if (open && !explainsCancellation(booking, comparison.known.operations)) {
      add(findings, comparison, booking, booking.rescheduledFromUid, [endOf(booking)]);
    }
    return;
  }
  const changes: ListedChange[] = [];
  const doubtful: ListedChange[] = [];
  const moved = open && row.phaseStart?.getTime() !== booking.start.getTime();
  if (moved) doubtful.push("rescheduled");
  else if (open && hostDiffers(booking, row, comparison.staff)) doubtful.push("reassigned");
  if (row.status === "pending" && booking.status === "accepted" && !anySibling(row, comparison, isPending)) {
    changes.push("created");
  }
  const attended = row.status === "confirmed" || row.status === "completed" || changes.includes("created");
  if (attended && isAbsent(booking)) changes.push("no_show");
  if (row.status === "no_show" && !isAbsent(booking) && allSiblings(row, comparison, (one) => !isAbsent(one)))
    doubtful.push("no_show");
  if (doubtful.length > 0 && mayBeOld(booking, row, comparison.now)) findings.deferred.push(booking);
  else changes.push(...doubtful);
  add(findings, comparison, booking, booking.rescheduledFromUid, changes);
}

/** A booking, or a link of a chain, that no webhook told us of. */
function compareUnknown(
  booking: CalcomBooking,
  row: KnownUid | undefined,
  known: ReadonlyMap<string, KnownUid>,
  comparison: Comparison,
  findings: Findings,
): void {
  const chain = followBack(booking, known, comparison.run);
  const owner = chain.anchor ?? row ?? chain.claimed;
  const ours = booking.eventTypeId !== null && comparison.ownEventTypes.has(booking.eventTypeId);
  if (!ours && !owner) return;
  if (explainsBooking(booking, comparison.known.operations)) return;
  const { anchor } = chain;
  if (!isActive(booking)) {
    // Cancelled before we ever heard of it: nothing to cancel, unless its making is still to be applied.
    const standing = anchor !== null && anchor.currentUid === anchor.uid && isOpen(anchor);
    const waiting = comparison.known.openEvents.some((event) => event.uid === booking.uid);
    if (!standing && !waiting) return;
    add(findings, comparison, booking, chain.from, [endOf(booking)]);
  } else {
    const made = chain.from === null ? "created" : "rescheduled";
    const changes: ListedChange[] = [booking.status === "pending" ? "requested" : made];
    if (isAbsent(booking)) changes.push("no_show");
    add(findings, comparison, booking, chain.from, changes);
  }
  if (owner) {
    const { workflowId, appointmentId } = owner;
    findings.links.push(...chain.links.map((link) => ({ ...link, workflowId, appointmentId })));
  }
}

interface Chain {
  /** The newest link that an appointment of ours has made its own. */
  anchor: KnownUid | null;
  /** A link that was given to a lifecycle, where there is no anchor. */
  claimed: KnownUid | null;
  /** The uid that the move is told from: the anchor's, else the oldest that we can see; `null` for none. */
  from: string | null;
  /** The links that lie between, the newest one included. */
  links: { uid: string; previousUid: string | null }[];
}

/**
 * Several moves in a row become one, from the link that we know to the newest: the lifecycle then needs no
 * order of arrival, and no chair is taken for a time that is over already.
 */
function followBack(
  booking: CalcomBooking,
  known: ReadonlyMap<string, KnownUid>,
  run: ReadonlyMap<string, CalcomBooking>,
): Chain {
  const links = [{ uid: booking.uid, previousUid: booking.rescheduledFromUid }];
  let claimed: KnownUid | null = null;
  let from = booking.rescheduledFromUid;
  while (from !== null && links.length < LONGEST_CHAIN) {
    const row = known.get(from);
    if (row && row.phaseKey !== null) return { anchor: row, claimed, from, links };
    claimed ??= row ?? null;
    const previous = run.get(from);
    links.push({ uid: from, previousUid: previous?.rescheduledFromUid ?? null });
    const older = previous?.rescheduledFromUid ?? null;
    if (older === null || links.some((link) => link.uid === older)) break;
    from = older;
  }
  return { anchor: null, claimed, from, links };
}

function add(
  findings: Findings,
  comparison: Comparison,
  booking: CalcomBooking,
  rescheduleUid: string | null,
  changes: readonly ListedChange[],
): void {
  let step = 0;
  for (const change of changes) {
    const { event, person } = bookingToEvent(booking, change);
    const told = { ...event, rescheduleUid };
    if (isOnItsWay(told, comparison.known)) continue;
    findings.lost.push({
      event: told,
      person,
      semanticKey: keyOf(booking, change),
      delayMs: step * STEP_MS,
    });
    step += 1;
  }
}

/** Its webhook was not lost: it stands in the inbox and has not been applied yet. */
function isOnItsWay(event: LostEvent["event"], known: KnownHere): boolean {
  return known.openEvents.some(
    (open) =>
      open.uid === event.uid &&
      open.kind === event.kind &&
      (event.kind === "no_show"
        ? open.noShow === event.noShow
        : open.start?.toISOString() === event.start &&
          (event.kind !== "reassigned" || open.organizerId === event.organizerId)),
  );
}

/** The same finding of another run is the same row of the inbox. */
function keyOf(booking: CalcomBooking, change: ListedChange): string {
  const { uid, status, start, hosts, updatedAt } = booking;
  const facts = [start.toISOString(), hosts[0]?.id ?? "", isAbsent(booking), updatedAt?.toISOString() ?? ""];
  return ["reconcile", change, uid, status, ...facts].join("|").slice(0, 500);
}

/**
 * By id only. A host whom we cannot place is told only where we could place the one before: else nothing has
 * changed that we know of.
 */
function hostDiffers(booking: CalcomBooking, row: KnownUid, staff: Catalogue["staff"]): boolean {
  const hostId = booking.hosts[0]?.id;
  if (hostId === undefined || hostId === row.calcomUserId) return false;
  const [member, ...more] = staff.filter((one) => one.calcomUserId === hostId);
  if (member && more.length === 0) return member.id !== row.staffId;
  return row.calcomUserId !== null;
}

/** The listing may be older than what we applied a moment ago. */
function mayBeOld(booking: CalcomBooking, row: KnownUid, now: Date): boolean {
  if (row.changedAt === null) return false;
  const updated = booking.updatedAt ?? booking.createdAt;
  const fresh = now.getTime() - row.changedAt.getTime() < REPLICA_LAG_MS;
  return fresh && updated !== null && updated < row.changedAt;
}

function anySibling(row: KnownUid, comparison: Comparison, is: (booking: CalcomBooking) => boolean): boolean {
  return row.siblings.some((uid) => {
    const booking = comparison.run.get(uid);
    return booking !== undefined && is(booking);
  });
}

/** One that is not listed has not changed, and so cannot be what takes a mark back. */
function allSiblings(
  row: KnownUid,
  comparison: Comparison,
  are: (booking: CalcomBooking) => boolean,
): boolean {
  return row.siblings.every((uid) => {
    const booking = comparison.run.get(uid);
    return booking !== undefined && are(booking);
  });
}

const endOf = (booking: CalcomBooking): ListedChange =>
  booking.status === "rejected" ? "rejected" : "cancelled";
const isActive = (booking: CalcomBooking) => booking.status === "accepted" || booking.status === "pending";
const isPending = (booking: CalcomBooking) => booking.status === "pending";
const isAbsent = (booking: CalcomBooking) => booking.attendees[0]?.absent ?? false;
const isOpen = (row: KnownUid) => row.status === "pending" || row.status === "confirmed";
