import { Context } from "@temporalio/activity";
import type { CalcomBooking, CalcomClient } from "../../calcom/client.js";
import { CalcomError } from "../../calcom/errors.js";
import {
  beginReconciliation,
  endReconciliation,
  isUuid,
  queueLost,
  readKnown,
} from "../../db/calcom/reconcile.js";
import type { Database } from "../../db/client.js";
import { type Directory, UnknownCompanyError } from "../../db/tenant/directory.js";
import { alive } from "../booking/context.js";
import type { Log } from "../booking/dependencies.js";
import { findLost } from "./lost-events.js";

/** What the activity works with. */
export interface ReconcileDependencies {
  db: Database;
  calcom: Pick<CalcomClient, "listBookings">;
  directory: Pick<Directory, "catalogue" | "calcomAccount">;
  log: Log;
}

export interface PollRequest {
  companyId: string;
  /** ISO instant; `null`: from the watermark. */
  since: string | null;
}

export interface PollResult {
  checked: number;
  queued: number;
  /** Kind of Cal.com's error, or why the company cannot be asked for. */
  error: string | null;
}

/** Replicas lag and clocks differ: each run reads so much of the last one again (calcom.md 1.7). */
const OVERLAP_MS = 5 * 60_000;
const PAGE = 250;

/**
 * Lists what changed in Cal.com, compares it with what we know and queues what a lost webhook would have told.
 * A failure of Cal.com is a result, not an error: the watermark stays, and the next run goes on from there.
 *
 * @throws whatever our own database throws
 */
export async function pollChanges(deps: ReconcileDependencies, request: PollRequest): Promise<PollResult> {
  return await alive(() => poll(deps, request));
}

async function poll(deps: ReconcileDependencies, request: PollRequest): Promise<PollResult> {
  const { companyId } = request;
  const result: PollResult = { checked: 0, queued: 0, error: null };
  try {
    const [catalogue, account] = await Promise.all([
      deps.directory.catalogue(companyId),
      deps.directory.calcomAccount(companyId),
    ]);
    const begunAt = new Date();
    const { watermark, eventTypeIds } = await beginReconciliation(deps.db, companyId);
    const since =
      request.since === null ? new Date(watermark.getTime() - OVERLAP_MS) : new Date(request.since);
    const own = new Set(catalogue.eventTypes.map((mapping) => mapping.calcomEventTypeId));
    const listed = await deps.calcom.listBookings(
      account,
      {
        eventTypeIds: [...new Set([...own, ...eventTypeIds])],
        afterUpdatedAt: since,
        sortUpdatedAt: "asc",
      },
      { lane: "background", signal: Context.current().cancellationSignal },
    );
    const run = new Map(listed.map((booking) => [booking.uid, booking]));
    const replaced = new Set(listed.flatMap(({ rescheduledFromUid }) => rescheduledFromUid ?? []));
    // A run that began after the watermark has not seen what lies between.
    let mayAdvance = since <= watermark;
    for (let first = 0; first < listed.length; first += PAGE) {
      const page = listed.slice(first, first + PAGE);
      const known = await readKnown(deps.db, companyId, uidsOf(page, run), operationsOf(page));
      const comparison = {
        ownEventTypes: own,
        staff: catalogue.staff,
        known,
        run,
        replaced,
        now: new Date(),
      };
      const { lost, links, deferred } = findLost(page, comparison);
      if (deferred.length > 0) mayAdvance = false;
      const upTo = mayAdvance ? newest(page, begunAt) : null;
      result.queued += await queueLost(deps.db, companyId, lost, links, upTo);
      result.checked += page.length;
    }
    await endReconciliation(deps.db, companyId, null);
    if (result.queued > 0) deps.log.info({ companyId, ...result }, "lost webhooks of Cal.com were found");
    return result;
  } catch (error) {
    if (error instanceof UnknownCompanyError) return { ...result, error: "company_not_active" };
    if (!(error instanceof CalcomError)) throw error;
    await endReconciliation(deps.db, companyId, error.kind);
    deps.log.warn({ companyId, kind: error.kind }, "Cal.com could not be asked for its changes");
    return { ...result, error: error.kind };
  }
}

/** The page's bookings and every link before them that this run has seen. */
function uidsOf(page: readonly CalcomBooking[], run: ReadonlyMap<string, CalcomBooking>): string[] {
  const uids = new Set<string>();
  for (const booking of page) {
    uids.add(booking.uid);
    let from = booking.rescheduledFromUid;
    while (from !== null && !uids.has(from)) {
      uids.add(from);
      from = run.get(from)?.rescheduledFromUid ?? null;
    }
  }
  return [...uids];
}

function operationsOf(page: readonly CalcomBooking[]): string[] {
  return page.flatMap(({ metadata: { operationId } }) =>
    operationId !== undefined && isUuid(operationId) ? [operationId] : [],
  );
}

/** Up to where everything is known; a clock of Cal.com's that is ahead must not make us skip what comes. */
function newest(page: readonly CalcomBooking[], begunAt: Date): Date | null {
  const updates = page.flatMap(({ updatedAt, createdAt }) => (updatedAt ?? createdAt)?.getTime() ?? []);
  return updates.length === 0 ? null : new Date(Math.min(Math.max(...updates), begunAt.getTime()));
}
