import type { CalcomClient } from "../../calcom/client.js";
import { CalcomError } from "../../calcom/errors.js";
import { readFacts } from "../../db/booking/outcome.js";
import { claimUids, ownerOfAppointment, ownersOfUids, type UidOwner } from "../../db/calcom/uids.js";
import { type Database, inTenant } from "../../db/client.js";
import type { Directory } from "../../db/tenant/directory.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import type { CalcomEvent } from "../../domain/calcom/event.js";
import { appointmentIdOf, calcomBookingWorkflowId } from "../../workflows/booking/ids.js";

export interface Route {
  workflowId: string;
  appointmentId: string;
  /** The appointment as it stands, when it is one already. */
  appointment: AppointmentFacts | null;
}

export interface RouteDeps {
  db: Database;
  calcom: CalcomClient;
  directory: Directory;
}

/** Which lifecycle it belongs to cannot be told before Cal.com has been asked. */
export class RouteUnclearError extends Error {}

const LONGEST_CHAIN = 20;

/**
 * The lifecycle that an event belongs to: the owner of its uids, else of the appointment that its metadata
 * names, else the first uid of its chain. Links that we never saw are asked for, so that a reschedule that
 * overtook its predecessor does not begin a second life.
 *
 * @param patient whether an unanswered question postpones the event or its own uid has to do
 */
export async function routeEvent(
  deps: RouteDeps,
  companyId: string,
  event: CalcomEvent,
  patient: boolean,
): Promise<Route> {
  const uids = [event.rescheduleUid, event.uid].filter((uid) => uid !== null);
  const known = await inTenant(deps.db, companyId, async (tx) => {
    const owner =
      (await ownerAmong(tx, uids)) ??
      (event.appointmentId ? await ownerOfAppointment(tx, event.appointmentId) : null);
    return owner ? await routeTo(tx, owner) : null;
  });
  if (known) return known;
  const asked = needsPredecessors(event)
    ? await walkBack(deps, companyId, event, patient)
    : { chain: [], owner: null };
  return await inTenant(deps.db, companyId, async (tx) => {
    const first = asked.chain.at(-1) ?? event.rescheduleUid ?? event.uid ?? "unknown";
    const workflowId = calcomBookingWorkflowId(companyId, first);
    const proposed = asked.owner ?? { workflowId, appointmentId: appointmentIdOf(workflowId) };
    const owners = await claimUids(tx, companyId, [...new Set([...uids, ...asked.chain])], proposed);
    const owner = owners.find((candidate) => candidate.uid === uids[0]) ?? { uid: "", ...proposed };
    return await routeTo(tx, owner);
  });
}

type Tx = Parameters<typeof ownersOfUids>[0];

async function ownerAmong(tx: Tx, uids: readonly string[]): Promise<UidOwner | null> {
  const owners = await ownersOfUids(tx, uids);
  // The older link first: its lifecycle is the chain's.
  return (
    uids.map((uid) => owners.find((owner) => owner.uid === uid)).find((owner) => owner !== undefined) ?? null
  );
}

async function routeTo(tx: Tx, owner: UidOwner): Promise<Route> {
  const { workflowId, appointmentId } = owner;
  const rows = await tx`SELECT 1 FROM appointments WHERE id = ${appointmentId}`;
  return {
    workflowId,
    appointmentId,
    appointment: rows.length > 0 ? await readFacts(tx, appointmentId) : null,
  };
}

/** A new booking has no past; everything else about a booking that we do not know may have one. */
function needsPredecessors(event: CalcomEvent): boolean {
  return event.rescheduleUid !== null || (event.kind !== "created" && event.kind !== "requested");
}

async function walkBack(
  deps: RouteDeps,
  companyId: string,
  event: CalcomEvent,
  patient: boolean,
): Promise<{ chain: string[]; owner: UidOwner | null }> {
  const account = await deps.directory.calcomAccount(companyId);
  const chain: string[] = [];
  let uid = event.rescheduleUid ?? event.uid;
  while (uid !== null && !chain.includes(uid) && chain.length < LONGEST_CHAIN) {
    chain.push(uid);
    try {
      const booking = await deps.calcom.getBooking(account, uid, { lane: "webhook" });
      const { appointmentId } = booking.metadata;
      const older = booking.rescheduledFromUid;
      const owner = await inTenant(
        deps.db,
        companyId,
        async (tx) =>
          (older === null ? null : await ownerAmong(tx, [older])) ??
          (appointmentId ? await ownerOfAppointment(tx, appointmentId) : null),
      );
      if (owner) return { chain, owner };
      uid = older;
    } catch (error) {
      if (!(error instanceof CalcomError)) throw error;
      // What an event tells of may not be on the replica yet; of its predecessors that would be a surprise.
      if (error.kind === "not_found" && (chain.length > 1 || !patient)) break;
      if (patient) throw new RouteUnclearError(error.kind);
      break;
    }
  }
  return { chain, owner: null };
}
