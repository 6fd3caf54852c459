import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { layFoundation } from "../../../api/composition.js";
import { temporalConnectionOptions } from "../../../api/temporal.js";
import { parseEnvironment } from "../../../domain/config/environment.js";
import { createBareActivities } from "./bare-activities.js";
import { BARE_TASK_QUEUE } from "./bare-task-queue.js";
import { contenderSettings } from "./settings.js";

const config = parseEnvironment(process.env);
const { BENCH_COMPANY: companyId } = contenderSettings.parse(process.env);
Runtime.install({ shutdownSignals: [], logger: new DefaultLogger("WARN") });
const { db, directory, calcom } = await layFoundation(config, "worker");
const connection = await NativeConnection.connect(
  temporalConnectionOptions(config.temporal.address).connectionOptions,
);
const worker = await Worker.create({
  connection,
  namespace: config.temporal.namespace,
  taskQueue: BARE_TASK_QUEUE,
  maxConcurrentActivityTaskExecutions: 100,
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL("./bare-workflow.ts", import.meta.url)),
    logger: new DefaultLogger("WARN"),
  }),
  activities: createBareActivities({
    db,
    calcom,
    account: await directory.calcomAccount(companyId),
    catalogue: await directory.catalogue(companyId),
  }),
});
process.once("SIGTERM", () => worker.shutdown());
const running = worker.run();
process.stdout.write("worker running\n");
await running;
process.exit(0);
