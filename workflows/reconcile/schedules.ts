import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from "@temporalio/client";
import { COMPANY_ID } from "../booking/search-attributes.js";
import { reconcileScheduleId } from "./ids.js";
import { RECONCILE_WORKFLOW, type ReconcileInput } from "./input.js";

/** Temporal's schedules know no shorter interval. */
const SHORTEST_MS = 1_000;
/** A run that was missed is not made up for: the next one reads from the same watermark. */
const CATCH_UP = "1m";
const RUN_TIMEOUT = "15m";
const IN_PARALLEL = 8;

/** A company of this installation. */
export interface ReconciledCompany {
  id: string;
  active: boolean;
}

/** What {@link ensureReconcileSchedules} did; unchanged schedules are not counted. */
export interface EnsuredSchedules {
  created: number;
  updated: number;
  deleted: number;
}

/**
 * Makes the Schedules what the companies ask for: one per active company, none for the others. Idempotent, and
 * safe to run in several processes at once. Only the companies that are given are touched, because another
 * installation may share the namespace.
 *
 * @param everyMs from one run to the next, in milliseconds; whole seconds, at least one
 * @param taskQueue where the workers of `reconcileCompany` poll
 * @throws what the client throws when Temporal cannot be reached; what was made until then stands
 */
export async function ensureReconcileSchedules(
  client: Client,
  companies: readonly ReconciledCompany[],
  everyMs: number,
  taskQueue: string,
): Promise<EnsuredSchedules> {
  const interval = Math.max(SHORTEST_MS, Math.ceil(everyMs / 1_000) * 1_000);
  const done: EnsuredSchedules = { created: 0, updated: 0, deleted: 0 };
  for (let next = 0; next < companies.length; next += IN_PARALLEL) {
    const outcomes = await Promise.all(
      companies
        .slice(next, next + IN_PARALLEL)
        .map((company) =>
          company.active ? ensure(client, company.id, interval, taskQueue) : remove(client, company.id),
        ),
    );
    for (const outcome of outcomes) if (outcome !== null) done[outcome] += 1;
  }
  return done;
}

async function ensure(
  client: Client,
  companyId: string,
  everyMs: number,
  taskQueue: string,
): Promise<keyof EnsuredSchedules | null> {
  const handle = client.schedule.getHandle(reconcileScheduleId(companyId));
  const wanted = scheduleOf(companyId, everyMs, taskQueue);
  let found: ScheduleDescription;
  try {
    found = await handle.describe();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return await create(client, wanted);
  }
  if (isAsWanted(found, everyMs, taskQueue)) return null;
  await handle.update((previous) => ({
    ...wanted,
    // A person who pauses it in the Web UI means it.
    state: { paused: previous.state.paused, ...(previous.state.note ? { note: previous.state.note } : {}) },
  }));
  return "updated";
}

async function create(client: Client, wanted: ScheduleOptions): Promise<"created" | null> {
  try {
    await client.schedule.create(wanted);
    return "created";
  } catch (error) {
    // Another process was quicker.
    if (error instanceof ScheduleAlreadyRunning) return null;
    throw error;
  }
}

async function remove(client: Client, companyId: string): Promise<"deleted" | null> {
  try {
    await client.schedule.getHandle(reconcileScheduleId(companyId)).delete();
    return "deleted";
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

function isAsWanted(found: ScheduleDescription, everyMs: number, taskQueue: string): boolean {
  const [interval, ...more] = found.spec.intervals ?? [];
  return (
    more.length === 0 &&
    interval?.every === everyMs &&
    found.action.type === "startWorkflow" &&
    found.action.taskQueue === taskQueue
  );
}

function scheduleOf(companyId: string, everyMs: number, taskQueue: string) {
  const input: ReconcileInput = { companyId };
  return {
    scheduleId: reconcileScheduleId(companyId),
    // Every company at another moment: they may share a key, and then a budget.
    spec: { intervals: [{ every: everyMs, offset: phaseOf(companyId, everyMs) }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
    action: {
      type: "startWorkflow",
      workflowType: RECONCILE_WORKFLOW,
      workflowId: reconcileScheduleId(companyId),
      taskQueue,
      args: [input],
      workflowRunTimeout: RUN_TIMEOUT,
      typedSearchAttributes: [{ key: COMPANY_ID, value: companyId }],
    },
  } satisfies ScheduleOptions;
}

function phaseOf(companyId: string, everyMs: number): number {
  const seed = Number.parseInt(companyId.replaceAll("-", "").slice(-8), 16);
  return Number.isNaN(seed) ? 0 : Math.floor((seed % everyMs) / 1_000) * 1_000;
}
