import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from "@temporalio/worker";
import { createActivities } from "./activities/index.js";
import { type Foundation, layFoundation } from "./api/composition.js";
import {
  BACKGROUND_TASK_QUEUE,
  createTemporalClient,
  ensureSearchAttributes,
  TASK_QUEUE,
  temporalConnectionOptions,
} from "./api/temporal.js";
import { listCompanies } from "./db/tenant/companies.js";
import { type Config, parseEnvironment } from "./domain/config/environment.js";
import { ensureReconcileSchedules } from "./workflows/reconcile/schedules.js";

export interface RunningWorker {
  /** Takes no new tasks, finishes the activities under way, then lets go of everything. */
  close(): Promise<void>;
  /** Rejects when a worker dies. */
  finished: Promise<void>;
}

export interface WorkerOptions {
  taskQueue?: string;
  backgroundTaskQueue?: string;
  /** Tests bundle once for many workers. */
  workflowBundle?: WorkflowBundleOption;
}

/** An activity may be waiting for Cal.com: below the container's grace of 30 s. */
const SHUTDOWN_GRACE = "20s";

const BUNDLE = fileURLToPath(new URL("./workflow-bundle.js", import.meta.url));

/** Prebuilt in production (cold start 1.3 s instead of 2.8 s), bundled once at start in development. */
async function workflowBundle(): Promise<WorkflowBundleOption> {
  if (existsSync(BUNDLE)) return { codePath: BUNDLE };
  const workflowsPath = fileURLToPath(new URL("./workflows/index.ts", import.meta.url));
  return await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("WARN") });
}

/** The worker process: workflows and every side effect. */
export async function startWorker(config: Config, options: WorkerOptions = {}): Promise<RunningWorker> {
  const foundation = await layFoundation(config, "worker");
  const { connectionOptions } = temporalConnectionOptions(config.temporal.address);
  const connection = await NativeConnection.connect(connectionOptions);
  const { namespace } = config.temporal;
  const temporal = createTemporalClient({ address: config.temporal.address, namespace });
  await ensureSearchAttributes({ client: temporal.client, namespace }, (problem) =>
    foundation.log.warn({ problem }, "search attributes could not be created; an administrator has to"),
  );
  const backgroundTaskQueue = options.backgroundTaskQueue ?? BACKGROUND_TASK_QUEUE;
  const schedules = keepSchedules(
    foundation,
    temporal.client,
    config.durations.reconcileMs,
    backgroundTaskQueue,
  );
  const activities = createActivities(foundation);
  const shared = {
    connection,
    namespace,
    activities,
    workflowBundle: options.workflowBundle ?? (await workflowBundle()),
    shutdownGraceTime: SHUTDOWN_GRACE,
  } as const;
  const bookings = await Worker.create({
    ...shared,
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    maxConcurrentActivityTaskExecutions: 100,
  });
  const background = await Worker.create({
    ...shared,
    taskQueue: backgroundTaskQueue,
    maxConcurrentActivityTaskExecutions: 10,
  });
  const running = [bookings, background].map((worker) => worker.run());
  return {
    finished: Promise.all(running).then(() => undefined),
    async close() {
      for (const worker of [bookings, background]) {
        if (worker.getState() === "RUNNING") worker.shutdown();
      }
      await Promise.allSettled(running);
      await schedules.stop();
      await temporal.close();
      await connection.close();
      await foundation.close();
    },
  };
}

const SCHEDULES_EVERY_MS = 60_000;

/** A company that was added or closed gets or loses its reconcile Schedule within a minute. */
function keepSchedules(
  foundation: Foundation,
  client: Client,
  everyMs: number,
  taskQueue: string,
): { stop(): Promise<void> } {
  let stopped = false;
  let wake = () => {};
  const loop = (async () => {
    while (!stopped) {
      try {
        const companies = await listCompanies(foundation.db);
        await ensureReconcileSchedules(client, companies, everyMs, taskQueue);
      } catch (error) {
        foundation.log.warn({ err: error }, "the reconcile schedules could not be brought up to date");
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, SCHEDULES_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (stopped) wake();
      });
    }
  })();
  return {
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}

async function main(): Promise<void> {
  const config = parseEnvironment(process.env);
  Runtime.install({
    // We stop both workers ourselves and then close what they used.
    shutdownSignals: [],
    ...(config.metricsPort === null
      ? {}
      : { telemetryOptions: { metrics: { prometheus: { bindAddress: `0.0.0.0:${config.metricsPort}` } } } }),
  });
  const worker = await startWorker(config);
  process.stdout.write("worker running\n");
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      worker.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
  await worker.finished.catch((error: unknown) => {
    process.stderr.write(`the worker died: ${error instanceof Error ? error.message : "unknown"}\n`);
    process.exit(1);
  });
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) await main();
