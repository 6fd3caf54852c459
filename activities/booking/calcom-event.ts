import { Context } from "@temporalio/activity";
import type { CalcomBooking } from "../../calcom/client.js";
import { UnknownAppointmentError } from "../../db/booking/attempt.js";
import { importBooking } from "../../db/booking/imported.js";
import { readFacts } from "../../db/booking/outcome.js";
import {
  adoptRemote,
  applyNoShow,
  applyRemoteCancel,
  applyRemoteConfirmation,
  applyRemoteMove,
  applyRemoteReassignment,
  applyRemoteRejection,
  leaveTombstone,
} from "../../db/booking/remote-change.js";
import { note } from "../../db/booking/timeline.js";
import {
  alertDeadEvent,
  closeInboxEvent,
  type InboxEvent,
  readInboxEvent,
} from "../../db/calcom/inbox-event.js";
import { inTenant, type Transaction } from "../../db/client.js";
import type { Cancellation } from "../../db/schema/booking.js";
import { type AppliedEvent, NOTHING_APPLIED } from "../../domain/booking/applied-event.js";
import type { AttemptLimits } from "../../domain/booking/attempt.js";
import {
  decideByNewest,
  decideEvent,
  type EventDecision,
  type KnownBooking,
  type KnownPhase,
} from "../../domain/booking/calcom-event.js";
import type { CalcomEvent } from "../../domain/calcom/event.js";
import type { Catalogue } from "../../domain/tenant/catalogue.js";
import { type Asking, alive, callOptions } from "./context.js";
import type { BookingDependencies } from "./dependencies.js";
import { getIfThere, isActive, newestOf } from "./look-up.js";
import { decideNoShow } from "./no-show.js";
import { isPermanent, NOT_IN_CALCOM, setAside, TRIED_BEFORE_SET_ASIDE } from "./set-aside.js";
import { calcomError } from "./step.js";

export interface ApplyEventRequest {
  companyId: string;
  appointmentId: string;
  /** The inbox row. */
  eventId: string;
  /** The workflow's state: it alone decides whether this is an echo. */
  known: KnownBooking;
  limits: AttemptLimits;
  /** What is still unclear is given up now. */
  last: boolean;
}

/**
 * Applies one event of Cal.com. The decision is pure and made on the workflow's state; it is stored with the
 * inbox row in the same transaction as its effects, so that a repeated activity changes nothing twice. One that can
 * never be applied is set aside: what people want of the appointment waits behind it.
 */
export async function applyCalcomEvent(
  deps: BookingDependencies,
  request: ApplyEventRequest,
): Promise<AppliedEvent> {
  return await alive(async () => {
    try {
      return await applyOne(deps, request);
    } catch (error) {
      if (!isPermanent(error) || Context.current().info.attempt < TRIED_BEFORE_SET_ASIDE) throw error;
      return await setAside(deps, request, error);
    }
  });
}

async function applyOne(deps: BookingDependencies, request: ApplyEventRequest): Promise<AppliedEvent> {
  const { companyId, appointmentId, eventId, known } = request;
  const catalogue = await deps.directory.catalogue(companyId);
  const inbox = await inTenant(deps.db, companyId, (tx) => readInboxEvent(tx, eventId));
  // Named by hand, or erased meanwhile: a failure here would end the whole lifecycle.
  if (!inbox) return NOTHING_APPLIED;
  if (inbox.decision) return await again(deps, request, inbox.decision);
  let decision = decideEvent(inbox.event, known);
  if (decision.kind === "ask") decision = await ask(deps, request, inbox.event, decision.uid);
  if (decision.kind === "no_show") decision = await decideNoShow(deps, request, inbox, decision.absent);
  if (decision.kind === "unclear") {
    if (!request.last) return { ...NOTHING_APPLIED, decision: "unclear" };
    // Nobody answers: left to `reconcile`, which reads the same change from Cal.com's list.
    decision = { kind: "note", why: decision.why };
  }
  const dead = "why" in decision && decision.why === NOT_IN_CALCOM;
  return await inTenant(deps.db, companyId, async (tx) => {
    const row = await readInboxEvent(tx, eventId);
    if (row?.decision) return row.decision;
    const applied = await apply(tx, request, catalogue, inbox, decision);
    const appointment = (await exists(tx, appointmentId)) ? await readFacts(tx, appointmentId) : null;
    const result: AppliedEvent = { ...applied, decision: decision.kind, appointment };
    const status = decision.kind === "note" || decision.kind === "stale" ? "ignored" : "processed";
    await Promise.all([
      closeInboxEvent(tx, eventId, result, dead ? "dead" : status),
      note(tx, companyId, appointmentId, {
        kind: decision.kind === "echo" ? "echo" : "webhook",
        action: inbox.event.kind,
        outcome: "why" in decision ? decision.why : decision.kind,
        detail: { source: inbox.source },
        dedupeKey: `event:${eventId}`,
      }),
      healed(tx, companyId, inbox, decision),
      ...(dead ? [alertDeadEvent(tx, { ...request, trigger: inbox.event.trigger }, NOT_IN_CALCOM)] : []),
    ]);
    return result;
  });
}

async function again(
  deps: BookingDependencies,
  request: ApplyEventRequest,
  decided: AppliedEvent,
): Promise<AppliedEvent> {
  const appointment = await inTenant(deps.db, request.companyId, async (tx) =>
    (await exists(tx, request.appointmentId)) ? await readFacts(tx, request.appointmentId) : null,
  );
  return { ...decided, appointment };
}

async function exists(tx: Transaction, appointmentId: string): Promise<boolean> {
  const rows = await tx`SELECT 1 FROM appointments WHERE id = ${appointmentId}`;
  return rows.length > 0;
}

/** A change that a webhook should have told and `reconcile` found instead. */
async function healed(
  tx: Transaction,
  companyId: string,
  inbox: InboxEvent,
  decision: EventDecision,
): Promise<void> {
  if (inbox.source !== "reconcile") return;
  if (decision.kind === "note" || decision.kind === "stale" || decision.kind === "echo") return;
  await tx`UPDATE reconciliations SET healed = healed + 1 WHERE company_id = ${companyId}`;
}

async function apply(
  tx: Transaction,
  request: ApplyEventRequest,
  catalogue: Catalogue,
  inbox: InboxEvent,
  decision: EventDecision,
): Promise<AppliedEvent> {
  const { companyId, appointmentId, known } = request;
  const { event, person } = inbox;
  const cancellation = (kind: Cancellation["kind"]): Cancellation => ({
    at: new Date().toISOString(),
    by: "calcom",
    reason: person.reason,
    kind,
  });
  switch (decision.kind) {
    case "echo": {
      const operation = known.operations.find((candidate) => candidate.id === decision.operationId);
      await tx`UPDATE appointments SET verified_at = now() WHERE id = ${appointmentId}`;
      return {
        ...NOTHING_APPLIED,
        surplusOf: decision.surplus ? decision.operationId : null,
        proven: operation?.state === "open" && !decision.surplus,
      };
    }
    case "create": {
      const uid = decision.booking?.uid ?? event.uid;
      const start = decision.booking?.start ?? event.start;
      const end = decision.booking?.end ?? event.end;
      if (uid === null || start === null || end === null) return NOTHING_APPLIED;
      const imported = await importBooking(tx, catalogue, {
        companyId,
        appointmentId,
        workflowId: await workflowIdOf(tx, event.uid ?? uid),
        uid,
        previousUid: decision.booking?.fromUid ?? event.rescheduleUid,
        hostId: decision.booking ? decision.booking.hostId : event.organizerId,
        eventTypeId: event.eventTypeId,
        start: new Date(start),
        end: new Date(end),
        confirmed: decision.confirmed,
        person,
      });
      return imported ? NOTHING_APPLIED : { ...NOTHING_APPLIED, decision: "unmapped" };
    }
    case "move": {
      await applyRemoteMove(tx, request, catalogue, {
        phaseKey: decision.phaseKey,
        fromUid: decision.fromUid,
        uid: decision.uid,
        start: new Date(decision.start),
        end: new Date(decision.end),
        confirmed: decision.confirmed,
        hostId: event.organizerId,
      });
      if (!decision.cancelledAfter) return NOTHING_APPLIED;
      const segmentCancelled = await applyRemoteCancel(tx, request, {
        phaseKey: decision.phaseKey,
        uid: decision.uid,
        cancellation: cancellation("cancelled"),
      });
      return { ...NOTHING_APPLIED, segmentCancelled };
    }
    case "adopt":
      await adoptRemote(tx, request, decision);
      return NOTHING_APPLIED;
    case "cancel": {
      const segmentCancelled = await applyRemoteCancel(tx, request, {
        phaseKey: decision.phaseKey,
        uid: decision.uid,
        cancellation: cancellation(decision.requestReschedule ? "reschedule_requested" : "cancelled"),
      });
      return { ...NOTHING_APPLIED, segmentCancelled };
    }
    case "confirm":
      await applyRemoteConfirmation(tx, request, decision.phaseKey);
      return NOTHING_APPLIED;
    case "reject": {
      const segmentCancelled = await applyRemoteRejection(tx, request, {
        phaseKey: decision.phaseKey,
        uid: decision.uid,
        wasPending: known.status === "pending",
        cancellation: cancellation("rejected"),
      });
      return { ...NOTHING_APPLIED, segmentCancelled };
    }
    case "reassign":
      await applyRemoteReassignment(tx, request, catalogue, decision);
      return NOTHING_APPLIED;
    case "no_show":
      await applyNoShow(tx, request, decision.absent);
      return NOTHING_APPLIED;
    case "tombstone":
      await leaveTombstone(
        tx,
        { companyId, appointmentId, workflowId: await workflowIdOf(tx, decision.uid) },
        decision.uid,
      );
      return { ...NOTHING_APPLIED, tombstone: decision.uid };
    default:
      return NOTHING_APPLIED;
  }
}

/** The relay noted the uid when it chose this workflow. */
async function workflowIdOf(tx: Transaction, uid: string): Promise<string> {
  const [row] = await tx<{ workflowId: string }[]>`SELECT workflow_id FROM calcom_uids WHERE uid = ${uid}`;
  if (!row) throw new UnknownAppointmentError();
  return row.workflowId;
}

/**
 * Content did not tell, so Cal.com decides: the newest booking of the chain against ours. What a replica has
 * not got yet, or Cal.com does not say now, stays unclear and is asked again.
 */
async function ask(
  deps: BookingDependencies,
  request: ApplyEventRequest,
  event: CalcomEvent,
  uid: string,
): Promise<EventDecision> {
  const account = await deps.directory.calcomAccount(request.companyId);
  const asking = { deps, account, ...callOptions(request.limits, "webhook") };
  const { known } = request;
  try {
    const found = await newestOf(asking, uid);
    if (!found) return { kind: "unclear", why: NOT_IN_CALCOM };
    const { newest, chain } = found;
    const phase = known.phases.length === 0 ? null : await phaseOfChain(asking, request, newest, chain);
    if (phase === undefined) return { kind: "note", why: "no_phase_of_this_appointment" };
    return decideByNewest(event, known, phase, {
      uid: newest.uid,
      fromUid: newest.rescheduledFromUid,
      start: newest.start.toISOString(),
      end: newest.end.toISOString(),
      hostId: newest.hosts[0]?.id ?? null,
      active: isActive(newest),
      confirmed: newest.status === "accepted",
    });
  } catch (thrown) {
    const { kind } = calcomError(thrown);
    return { kind: "unclear", why: `calcom_${kind}` };
  }
}

/** The phase whose chain a booking belongs to: a link that we know, or the only phase there is. */
async function phaseOfChain(
  asking: Asking,
  { known, appointmentId }: ApplyEventRequest,
  newest: CalcomBooking,
  chain: readonly string[],
): Promise<KnownPhase | undefined> {
  const ofLink = (link: string) =>
    known.phases.find((phase) => phase.uid === link || phase.pastUids.includes(link));
  const linked = chain.map(ofLink).find((phase) => phase !== undefined);
  if (linked) return linked;
  let from = newest.rescheduledFromUid;
  for (let hop = 0; from !== null && hop < 20; hop += 1) {
    const phase = ofLink(from);
    if (phase) return phase;
    const older = await getIfThere(asking, from);
    from = older?.rescheduledFromUid ?? null;
  }
  const named = known.phases.find((phase) => phase.key === newest.metadata.phase);
  if (named && newest.metadata.appointmentId === appointmentId) return named;
  return known.phases.length === 1 && newest.rescheduledFromUid !== null ? known.phases[0] : undefined;
}
