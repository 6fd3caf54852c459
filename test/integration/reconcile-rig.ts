import { randomUUID } from "node:crypto";
import { NativeConnection, Worker } from "@temporalio/worker";
import { Hono } from "hono";
import { inject } from "vitest";
import { createReconcileActivities } from "../../activities/reconcile/activities.js";
import { type Foundation, layFoundation } from "../../api/composition.js";
import type { TenantContext } from "../../api/context.js";
import { operationsRoutes } from "../../api/operations/routes.js";
import { Problem, problemBody } from "../../api/problems.js";
import type { Answer, Salon } from "../support/salon.js";

/** The operators' routes of a salon and a worker of its own for what runs in the background. */
export interface Operations {
  foundation: Foundation;
  backgroundTaskQueue: string;
  /** As the salon, or as another company. */
  get(path: string, companyId?: string): Promise<Answer>;
  /** Waits for the end unless told otherwise. */
  reconcile(body?: object | null, prefer?: string): Promise<Answer>;
  close(): Promise<void>;
}

export async function startOperations(salon: Salon): Promise<Operations> {
  const foundation = await layFoundation(salon.config, "worker");
  const backgroundTaskQueue = `background-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address: inject("temporalAddress") });
  const worker = await Worker.create({
    connection,
    namespace: inject("temporalNamespace"),
    taskQueue: backgroundTaskQueue,
    activities: createReconcileActivities(foundation),
    workflowBundle: { codePath: inject("workflowBundlePath") },
  });
  const running = worker.run();
  const routes = operationsRoutes({
    ...foundation,
    temporal: {
      client: salon.temporal,
      namespace: inject("temporalNamespace"),
      taskQueue: salon.taskQueue,
      backgroundTaskQueue,
    },
  });
  const app = new Hono<TenantContext>();
  app.use(async (c, next) => {
    c.set("companyId", c.req.header("X-Company") ?? salon.companyId);
    await next();
  });
  app.onError((error, c) => {
    if (!(error instanceof Problem)) throw error;
    return Response.json(problemBody(error, c.req.path, "test"), { status: error.status });
  });
  app.route("/", routes);

  const answer = async (response: Response): Promise<Answer> => ({
    status: response.status,
    body: await response.json(),
    headers: response.headers,
  });
  return {
    foundation,
    backgroundTaskQueue,
    get: async (path, companyId) =>
      answer(await app.request(path, { headers: companyId ? { "X-Company": companyId } : {} })),
    reconcile: async (body = {}, prefer = "wait=30") => {
      const text = body === null ? null : JSON.stringify(body);
      // As a client on a socket says it; `app.request` does not by itself.
      const length = text === null ? 0 : Buffer.byteLength(text);
      return answer(
        await app.request("/api/v2/calcom/reconcile", {
          method: "POST",
          headers: { "Content-Type": "application/json", "Content-Length": String(length), Prefer: prefer },
          body: text,
        }),
      );
    },
    async close() {
      worker.shutdown();
      await running;
      await connection.close();
      await foundation.close();
    },
  };
}
