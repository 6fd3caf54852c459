import { randomUUID } from "node:crypto";
import { serve } from "@hono/node-server";
import { WithStartWorkflowOperation } from "@temporalio/client";
import { defineUpdate } from "@temporalio/workflow";
import { Hono } from "hono";
import { createTemporalClient } from "../../../api/temporal.js";
import { parseEnvironment } from "../../../domain/config/environment.js";
import { BARE_TASK_QUEUE } from "./bare-task-queue.js";
import type { bareBooking } from "./bare-workflow.js";
import { type Wish, wishSchema } from "./settings.js";

// The bare contender's ingress: one update-with-start, and its result is the answer.
const config = parseEnvironment(process.env);
const { client } = createTemporalClient(config.temporal);
/** By name: the workflow's file is for the sandbox. */
const BOOK = defineUpdate<string, [Wish]>("book");
const app = new Hono();

app.post("/bookings", async (c) => {
  const wish = wishSchema.parse(await c.req.json());
  const workflowId = c.req.header("Idempotency-Key") ?? randomUUID();
  const uid = await client.workflow.executeUpdateWithStart(BOOK, {
    args: [wish],
    startWorkflowOperation: new WithStartWorkflowOperation<typeof bareBooking>("bareBooking", {
      workflowId,
      taskQueue: BARE_TASK_QUEUE,
      workflowIdConflictPolicy: "USE_EXISTING",
    }),
  });
  return c.json({ uid }, 201);
});

serve({ fetch: app.fetch, port: config.port, hostname: "127.0.0.1" }, ({ port }) =>
  process.stdout.write(`listening on port ${port}\n`),
);
process.once("SIGTERM", () => process.exit(0));
