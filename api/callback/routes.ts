import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type CallbackOutcome, finishCallback } from "../../db/callback/finish.js";
import { type CallbackView, callbackView, listCallbacks } from "../../db/callback/view.js";
import { type Database, inTenant } from "../../db/client.js";
import { bodyMayBeMissing } from "../body.js";
import { afterCursor, cursorOf } from "../booking/cursor.js";
import { problemSchema } from "../booking/schemas.js";
import type { TenantContext } from "../context.js";
import { invalidField, Problem } from "../problems.js";
import { freeText, invalidRequest } from "../validation.js";

const tags = ["Callbacks"];
const security = [{ companyToken: [] }];
const instant = z.iso.datetime({ offset: true }).openapi({ example: "2026-12-03T14:00:00+01:00" });

const callbackSchema = z
  .object({
    id: z.uuid(),
    status: z.enum(["open", "completed", "cancelled"]),
    priority: z.enum(["urgent", "high", "normal"]),
    reason: z.enum([
      "asked",
      "technical_failure",
      "not_identified",
      "nothing_free",
      "policy",
      "claimed_booking_missing",
      "booking_failed",
    ]),
    topic: z.string().openapi({ description: "What it is about" }),
    name: z.string().nullable(),
    phone: z.string().nullable().openapi({ description: "E.164" }),
    bestTime: z.string().nullable().openapi({ description: "When the caller wishes to be called" }),
    note: z.string().nullable(),
    branch: z.object({ slug: z.string(), name: z.string() }).nullable(),
    callId: z.uuid().nullable(),
    customerId: z.uuid().nullable(),
    appointmentId: z.uuid().nullable(),
    dueAt: instant,
    overdue: z.boolean(),
    remindedAt: instant.nullable(),
    createdAt: instant,
    completedAt: instant.nullable().openapi({ description: "When it was completed or cancelled" }),
    completedBy: z.string().nullable(),
    workflowId: z.string(),
  })
  .openapi("Callback");

const finishBodySchema = z
  .strictObject({
    by: freeText(200).nullish().openapi({ description: "Who has called, or decided" }),
    note: freeText(2000).nullish().openapi({ description: "What came of it; added to the callback's note" }),
  })
  .openapi("FinishCallbackRequest");

const one = (description: string) => ({
  description,
  content: { "application/json": { schema: callbackSchema } },
});
const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});
/** What is no UUID names nothing, like any other path: 404. */
const idParam = z.object({ id: z.string().openapi({ format: "uuid" }) });

const listRoute = createRoute({
  method: "get",
  path: "/api/v2/callbacks",
  summary: "Callbacks by due time and id, the most pressing first",
  tags,
  security,
  request: {
    query: z
      .object({
        status: z.enum(["open", "completed", "cancelled", "all"]).default("open"),
        cursor: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(100).default(50),
      })
      .strict(),
  },
  responses: {
    200: {
      description: "A page",
      content: {
        "application/json": {
          schema: z.object({ items: z.array(callbackSchema), nextCursor: z.string().nullable() }),
        },
      },
    },
    401: problem("`unauthorized`"),
    422: problem("`invalid-request`"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/api/v2/callbacks/{id}",
  summary: "One callback",
  tags,
  security,
  request: { params: idParam },
  responses: { 200: one("As it stands"), 401: problem("`unauthorized`"), 404: problem("`not-found`") },
});

const finishRoute = <Path extends string>(path: Path, summary: string, description: string) =>
  createRoute({
    method: "post",
    path,
    middleware: bodyMayBeMissing,
    summary,
    tags,
    security,
    request: {
      params: idParam,
      body: { required: false, content: { "application/json": { schema: finishBodySchema } } },
    },
    responses: {
      200: one(description),
      400: problem("`malformed-json`"),
      401: problem("`unauthorized`"),
      404: problem("`not-found`"),
      409: problem("`not-changeable`: it had ended the other way before"),
      422: problem("`invalid-request`"),
    },
  });

const completeRoute = finishRoute(
  "/api/v2/callbacks/{id}/complete",
  "Somebody has called back; asked again, it is what it was",
  "Completed; `completedBy` is who was first",
);
const cancelRoute = finishRoute(
  "/api/v2/callbacks/{id}/cancel",
  "Nobody has to call back any more",
  "Cancelled",
);

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function callbackId(text: string): string {
  if (!UUID.test(text)) throw noSuchCallback();
  return text.toLowerCase();
}

function noSuchCallback(): Problem {
  return new Problem("not-found", "there is no such callback");
}

/** The worklist of whom to call back. */
export function callbackRoutes(deps: { db: Database }): OpenAPIHono<TenantContext> {
  const app = new OpenAPIHono<TenantContext>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });
  app.openapi(listRoute, async (c) => {
    const { status, cursor, limit } = c.req.valid("query");
    const after = cursor === undefined ? undefined : afterCursor(cursor);
    if (after === null) throw invalidField("cursor", "is not one that was given out");
    const found = await inTenant(deps.db, c.get("companyId"), (tx) =>
      listCallbacks(tx, { status, limit: limit + 1, ...(after === undefined ? {} : { after }) }),
    );
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = found.length > limit && last ? cursorOf({ start: last.dueAt, id: last.id }) : null;
    return c.json({ items, nextCursor }, 200);
  });
  app.openapi(getRoute, async (c) => {
    const id = callbackId(c.req.valid("param").id);
    const found = await inTenant(deps.db, c.get("companyId"), (tx) => callbackView(tx, id));
    if (!found) throw noSuchCallback();
    return c.json(found, 200);
  });
  app.openapi(completeRoute, async (c) => {
    const id = callbackId(c.req.valid("param").id);
    return c.json(await finish(deps.db, c.get("companyId"), id, "completed", c.req.valid("json") ?? {}), 200);
  });
  app.openapi(cancelRoute, async (c) => {
    const id = callbackId(c.req.valid("param").id);
    return c.json(await finish(deps.db, c.get("companyId"), id, "cancelled", c.req.valid("json") ?? {}), 200);
  });
  return app;
}

async function finish(
  db: Database,
  companyId: string,
  id: string,
  outcome: CallbackOutcome,
  body: z.output<typeof finishBodySchema>,
): Promise<CallbackView> {
  const ended = await finishCallback(db, {
    companyId,
    callbackId: id,
    outcome,
    by: body.by ?? null,
    note: body.note ?? null,
  });
  if (ended === "unknown") throw noSuchCallback();
  if (ended === "other") {
    const now = outcome === "completed" ? "cancelled" : "completed";
    throw new Problem("not-changeable", `this callback is ${now} already`);
  }
  const view = await inTenant(db, companyId, (tx) => callbackView(tx, id));
  if (!view) throw noSuchCallback();
  return view;
}
