import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { readAppointmentSync } from "../../db/operations/appointment-sync.js";
import { readSyncNumbers } from "../../db/operations/sync-status.js";
import { bodyMayBeMissing } from "../body.js";
import { waitMs } from "../booking/schemas.js";
import type { TenantContext } from "../context.js";
import { Problem } from "../problems.js";
import { invalidRequest, toInstant } from "../validation.js";
import { accountState } from "./account-state.js";
import type { OperationsDeps } from "./dependencies.js";
import { createHealth } from "./health.js";
import { reconcileNow } from "./reconcile.js";
import {
  appointmentSyncSchema,
  calcomHealthSchema,
  json,
  problem,
  readySchema,
  reconcileBodySchema,
  reconcileResultSchema,
  syncStatusSchema,
} from "./schemas.js";

const security = [{ companyToken: [] }];
const sync = ["Sync"];
const health = ["Health"];

const statusRoute = createRoute({
  method: "get",
  path: "/api/v2/calcom/sync-status",
  summary: "How well we and Cal.com agree",
  tags: sync,
  security,
  responses: { 200: json(syncStatusSchema, "Of this company"), 401: problem("`unauthorized`") },
});

const appointmentRoute = createRoute({
  method: "get",
  path: "/api/v2/calcom/sync-status/{appointmentId}",
  summary: "How one appointment and Cal.com agree, with every write of ours",
  tags: sync,
  security,
  request: { params: z.object({ appointmentId: z.uuid() }) },
  responses: {
    200: json(appointmentSyncSchema, "Of this appointment"),
    401: problem("`unauthorized`"),
    404: problem("`not-found`"),
  },
});

const reconcileRoute = createRoute({
  method: "post",
  path: "/api/v2/calcom/reconcile",
  summary: "Looks for what lost webhooks would have told",
  tags: sync,
  security,
  middleware: bodyMayBeMissing,
  request: {
    headers: z.object({
      prefer: z.string().optional().openapi({
        description: "`wait=N`: seconds the caller waits, 0–30, default 3.5",
        example: "wait=30",
      }),
    }),
    body: { required: false, content: { "application/json": { schema: reconcileBodySchema } } },
  },
  responses: {
    200: json(reconcileResultSchema, "Finished"),
    202: json(z.object({ workflowId: z.string() }), "Still under way"),
    400: problem("`malformed-json`, or a local time without offset"),
    401: problem("`unauthorized`"),
    422: problem("`invalid-request`"),
    503: problem("`temporarily-unavailable`: Temporal or Cal.com cannot be asked"),
  },
});

const aliveRoute = createRoute({
  method: "get",
  path: "/api/health",
  summary: "The process is alive",
  tags: health,
  responses: { 200: json(z.object({ status: z.literal("ok") }), "Alive") },
});

const readyRoute = createRoute({
  method: "get",
  path: "/api/health/ready",
  summary: "Database, Temporal and a worker can be reached",
  tags: health,
  responses: { 200: json(readySchema, "Ready"), 503: json(readySchema, "With the part that fails") },
});

const calcomRoute = createRoute({
  method: "get",
  path: "/api/health/calcom",
  summary: "Cal.com is reachable and the keys are valid; found at most 30 s ago",
  tags: health,
  security: [{ adminToken: [] }],
  responses: {
    200: json(calcomHealthSchema, "Usable"),
    401: problem("`unauthorized`"),
    503: json(calcomHealthSchema, "Not usable now"),
  },
});

/** Sync status, reconcile and health (contract.md 8). Authentication and limits stand in front of it. */
export function operationsRoutes(deps: OperationsDeps): OpenAPIHono<TenantContext> {
  const state = createHealth(deps);
  const app = new OpenAPIHono<TenantContext>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });

  app.openapi(statusRoute, async (c) => {
    const companyId = c.get("companyId");
    const account = await deps.directory.calcomAccount(companyId);
    const [numbers, { budget, breaker }] = await Promise.all([
      readSyncNumbers(deps.db, companyId),
      accountState(deps.db, deps.calcom, account),
    ]);
    return c.json({ ...numbers, reviewCount: numbers.states.manual_review, budget, breaker }, 200);
  });

  app.openapi(appointmentRoute, async (c) => {
    const { appointmentId } = c.req.valid("param");
    const found = await readAppointmentSync(deps.db, c.get("companyId"), appointmentId);
    if (!found) throw new Problem("not-found", "There is no such appointment.");
    return c.json(found, 200);
  });

  app.openapi(reconcileRoute, async (c) => {
    const since = c.req.valid("json")?.since ?? null;
    const outcome = await reconcileNow(
      deps.temporal,
      c.get("companyId"),
      since === null ? null : toInstant(since).toISOString(),
      waitMs(c.req.header("Prefer")),
    );
    if (!outcome.finished) return c.json({ workflowId: outcome.workflowId }, 202);
    const { checked, queued } = outcome.result;
    return c.json({ checked, healed: queued }, 200);
  });

  app.openapi(aliveRoute, (c) => c.json({ status: "ok" as const }, 200));

  app.openapi(readyRoute, async (c) => {
    const ready = await state.ready();
    return c.json(ready, ready.status === "ok" ? 200 : 503);
  });

  app.openapi(calcomRoute, async (c) => {
    const found = await state.calcom();
    return c.json(found, found.status === "ok" ? 200 : 503);
  });

  return app;
}
