import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from "@temporalio/worker";
import { createActivities } from "./activities/index.js";
import { layFoundation } from "./api/composition.js";
import { BACKGROUND_TASK_QUEUE, TASK_QUEUE, temporalConnectionOptions } from "./api/temporal.js";
import { type Config, parseEnvironment } from "./domain/config/environment.js";

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
  const activities = createActivities(foundation);
  const shared = {
    connection,
    namespace: config.temporal.namespace,
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
    taskQueue: options.backgroundTaskQueue ?? BACKGROUND_TASK_QUEUE,
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
      await connection.close();
      await foundation.close();
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
