import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import {
  bundleWorkflowCode,
  DefaultLogger,
  type Logger,
  type LogLevel,
  type LogMetadata,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions as WorkerSettings,
  type WorkflowBundleOption,
} from "@temporalio/worker";
import { createActivities } from "./activities/index.js";
import { namelessFailures } from "./activities/nameless-failures.js";
import { createLog, type Foundation, layFoundation } from "./api/composition.js";
import { drainOnSignal } from "./api/shutdown.js";
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
/** What does not heed its cancellation is left to another worker: whatever it sent is in its operation's row. */
const SHUTDOWN_FORCE = "25s";

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
    shutdownForceTime: SHUTDOWN_FORCE,
    interceptors: { activity: [() => ({ inbound: namelessFailures })] },
  } satisfies Partial<WorkerSettings>;
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
      await Promise.all([temporal.close(), connection.close(), foundation.close()]);
    },
  };
}

const SCHEDULES_EVERY_MS = 60_000;
const SCHEDULES_STOP_MS = 1_000;

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
      // It may be asking a Temporal that is away, and loses nothing when it is left.
      await Promise.race([loop, new Promise((resolve) => setTimeout(resolve, SCHEDULES_STOP_MS).unref())]);
    },
  };
}

/** The worker as a process of its own, set up by its environment, until a signal ends it. */
export async function runWorker(options: WorkerOptions = {}): Promise<void> {
  const config = parseEnvironment(process.env);
  Runtime.install({
    logger: temporalLogger(createLog(config, "worker")),
    // We stop both workers ourselves and then close what they used.
    shutdownSignals: [],
    ...(config.metricsPort === null
      ? {}
      : { telemetryOptions: { metrics: { prometheus: { bindAddress: `0.0.0.0:${config.metricsPort}` } } } }),
  });
  const starting = startWorker(config, options);
  drainOnSignal(starting);
  const worker = await starting;
  process.stdout.write("worker running\n");
  await worker.finished.catch((error: unknown) => {
    process.stderr.write(`the worker died: ${error instanceof Error ? error.message : "unknown"}\n`);
    process.exit(1);
  });
}

/** The SDK's log in ours. Of its fields only those that name something go on: an error's message may quote data. */
function temporalLogger(log: Foundation["log"]): Logger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const { error, ...rest } = meta ?? {};
    const named = Object.entries(rest).filter(
      ([name, value]) => NAMING.has(name) && (typeof value === "string" || typeof value === "number"),
    );
    const what = error instanceof ApplicationFailure ? { error: error.message } : { err: error };
    log[PINO_LEVEL[level]]({ ...Object.fromEntries(named), ...(error === undefined ? {} : what) }, message);
  };
  return {
    log: write,
    trace: (message, meta) => write("TRACE", message, meta),
    debug: (message, meta) => write("DEBUG", message, meta),
    info: (message, meta) => write("INFO", message, meta),
    warn: (message, meta) => write("WARN", message, meta),
    error: (message, meta) => write("ERROR", message, meta),
  };
}

const NAMING = new Set([
  ...["namespace", "taskQueue", "workflowId", "runId", "workflowType", "activityId", "activityType"],
  ...["attempt", "durationMs", "sdkComponent", "state"],
]);
const PINO_LEVEL = { TRACE: "trace", DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error" } as const;

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) await runWorker();
