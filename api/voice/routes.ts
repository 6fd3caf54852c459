import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { inTenant } from "../../db/client.js";
import { type CallSummary, listCalls, readCall } from "../../db/voice/ledger.js";
import { moveOfferCounters } from "../../db/voice/reschedule-offers.js";
import { normalisePhone } from "../../domain/customer/phone.js";
import { isoInZone } from "../../domain/time/instant.js";
import { givenText } from "../../domain/voice/given.js";
import { afterCursor, cursorOf } from "../booking/cursor.js";
import { isIdempotencyKey, problemSchema } from "../booking/schemas.js";
import type { TenantContext } from "../context.js";
import { invalidField, Problem } from "../problems.js";
import { invalidRequest, queryInstantField, toInstant } from "../validation.js";
import { AGENT_PROMPT, BEGIN_MESSAGE, DEFAULT_VARIABLES, POST_CALL_ANALYSIS } from "./agent-prompt.js";
import { toolAnswerSchema } from "./answer.js";
import type { VoiceDeps } from "./invocation.js";
import { runTool, ToolKeyReusedError } from "./run-tool.js";
import { retellTools } from "./tool-catalogue.js";

const tags = ["Voice"];
const security = [{ companyToken: [] }];
const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

const toolRoute = createRoute({
  method: "post",
  path: "/api/v2/voice/tools/{tool}",
  summary: "One of the seven tools, for any platform; always something to say",
  description:
    "What an agent gets wrong is answered with `ok: false` and a sentence, never with an error. `call` is what the platform knows of the call; the caller is identified by `call.from` and nothing else.",
  tags,
  security,
  request: {
    params: z.object({ tool: z.string() }),
    headers: z.object({
      "idempotency-key": z.string().optional().openapi({ description: "1 to 255 visible ASCII characters" }),
    }),
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z
            .object({
              args: z
                .unknown()
                .optional()
                .openapi({ type: "object", description: "See `GET /api/v2/voice/tools`" }),
              call: z
                .object({
                  id: z.unknown().optional(),
                  from: z.unknown().optional(),
                  to: z.unknown().optional(),
                })
                .partial()
                .nullish()
                .catch(null)
                .openapi({
                  type: "object",
                  example: { id: "call_7f", from: "+4915112345678", to: "+493033081738" },
                }),
            })
            .openapi("VoiceToolRequest"),
        },
      },
    },
  },
  responses: {
    200: {
      description: "What to say and what comes next",
      content: { "application/json": { schema: toolAnswerSchema } },
    },
    400: problem("`malformed-json` or `idempotency-key-missing`"),
    401: problem("`unauthorized`"),
    422: problem("`idempotency-key-reused`"),
  },
});

const catalogueRoute = createRoute({
  method: "get",
  path: "/api/v2/voice/tools",
  summary: "The tools as Retell takes them, with the agent's prompt",
  tags,
  security,
  responses: {
    200: {
      description: "Ready to paste",
      content: {
        "application/json": {
          schema: z.object({
            tools: z.array(
              z.looseObject({ name: z.string(), parameters: z.record(z.string(), z.unknown()) }),
            ),
            agentPrompt: z.string(),
            beginMessage: z.string(),
            defaultDynamicVariables: z.record(z.string(), z.string()),
            postCallAnalysis: z.array(z.looseObject({ name: z.string() })),
            webhooks: z.object({ function: z.string(), inbound: z.string(), events: z.string() }),
          }),
        },
      },
    },
    401: problem("`unauthorized`"),
  },
});

const callSchema = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    providerCallId: z.string(),
    branch: z.string().nullable(),
    caller: z.enum(["known", "unknown", "anonymous"]),
    startedAt: z.string().openapi({ format: "date-time" }),
    endedAt: z.string().nullable().openapi({ format: "date-time" }),
    endReason: z.string().nullable(),
    durationMs: z.int().nullable(),
    toolCalls: z.int(),
    claimsBooking: z.boolean().nullable(),
    appointmentIds: z.array(z.uuid()),
  })
  .openapi("VoiceCall");

const callsRoute = createRoute({
  method: "get",
  path: "/api/v2/voice/calls",
  summary: "Calls, newest first; without numbers and without what was said",
  tags,
  security,
  request: {
    query: z
      .object({
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
          schema: z.object({ items: z.array(callSchema), nextCursor: z.string().nullable() }),
        },
      },
    },
    401: problem("`unauthorized`"),
    422: problem("`invalid-request`"),
  },
});

const callRoute = createRoute({
  method: "get",
  path: "/api/v2/voice/calls/{id}",
  summary: "One call with every use of a tool; arguments are masked",
  tags,
  security,
  request: { params: z.object({ id: z.string().openapi({ format: "uuid" }) }) },
  responses: {
    200: {
      description: "Oldest use first",
      content: {
        "application/json": {
          schema: callSchema.extend({
            tools: z.array(
              z.object({
                at: z.string().openapi({ format: "date-time" }),
                tool: z.string(),
                args: z.record(z.string(), z.unknown()),
                code: z.string().nullable(),
                latencyMs: z.int().nullable(),
              }),
            ),
          }),
        },
      },
    },
    401: problem("`unauthorized`"),
    404: problem("`not-found`"),
  },
});

const statisticsRoute = createRoute({
  method: "get",
  path: "/api/v2/voice/statistics",
  summary: "How often callers who wanted to cancel were offered to move, and what they said",
  tags,
  security,
  request: { query: z.object({ since: queryInstantField.optional() }).strict() },
  responses: {
    200: {
      description: "Since the given instant, else of the last 30 days",
      content: {
        "application/json": {
          schema: z.object({
            rescheduleOffers: z.object({ offered: z.int(), accepted: z.int(), declined: z.int() }),
          }),
        },
      },
    },
    401: problem("`unauthorized`"),
    422: problem("`invalid-request`"),
  },
});

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const STATISTICS_MS = 30 * 86_400_000;

/** Voice for every platform that is not Retell, and what an installation is set up and watched with. */
export function voiceRoutes(deps: VoiceDeps & { publicUrl: string }): OpenAPIHono<TenantContext> {
  const app = new OpenAPIHono<TenantContext>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });

  app.openapi(toolRoute, async (c) => {
    const receivedAt = Date.now();
    const key = c.req.header("Idempotency-Key");
    if (!isIdempotencyKey(key)) {
      throw new Problem(
        "idempotency-key-missing",
        "Idempotency-Key: is needed, 1 to 255 visible ASCII characters",
        { errors: [{ field: "Idempotency-Key", message: "1 to 255 visible ASCII characters" }] },
      );
    }
    const { args, call } = c.req.valid("json");
    const companyId = c.get("companyId");
    const called = phone(call?.to);
    const owner = (await deps.directory.companiesOfCall({ phone: called, agentId: null })).find(
      (candidate) => candidate.companyId === companyId,
    );
    try {
      const answer = await runTool(deps, {
        origin: {
          companyId,
          provider: "generic",
          providerCallId: (givenText(call?.id) ?? "").slice(0, 200),
          callerPhone: phone(call?.from),
          calledPhone: called,
          agentId: null,
          branchId: owner?.branchId ?? null,
        },
        key,
        tool: c.req.valid("param").tool,
        args: args ?? {},
        receivedAt,
      });
      return c.json(answer, 200);
    } catch (error) {
      if (!(error instanceof ToolKeyReusedError)) throw error;
      throw new Problem("idempotency-key-reused", "Idempotency-Key: was used for another use of a tool", {
        errors: [{ field: "Idempotency-Key", message: "was used for another request" }],
      });
    }
  });

  app.openapi(catalogueRoute, (c) => {
    const { publicUrl } = deps;
    return c.json(
      {
        tools: retellTools(publicUrl).map((tool) => ({ ...tool })),
        agentPrompt: AGENT_PROMPT,
        beginMessage: BEGIN_MESSAGE,
        defaultDynamicVariables: { ...DEFAULT_VARIABLES },
        postCallAnalysis: POST_CALL_ANALYSIS.map((field) => ({ ...field })),
        webhooks: {
          function: `${publicUrl}/api/webhooks/retell/function`,
          inbound: `${publicUrl}/api/webhooks/retell/inbound`,
          events: `${publicUrl}/api/webhooks/retell`,
        },
      },
      200,
    );
  });

  app.openapi(callsRoute, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const companyId = c.get("companyId");
    const before = cursor === undefined ? undefined : afterCursor(cursor);
    if (before === null) throw invalidField("cursor", "is not one that was given out");
    const { company } = await deps.directory.catalogue(companyId);
    const found = await inTenant(deps.db, companyId, (tx) =>
      listCalls(tx, { limit: limit + 1, ...(before === undefined ? {} : { before }) }),
    );
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const nextCursor =
      found.length > limit && last ? cursorOf({ start: last.startedAt.toISOString(), id: last.id }) : null;
    return c.json({ items: items.map((call) => callView(call, company.timeZone)), nextCursor }, 200);
  });

  app.openapi(callRoute, async (c) => {
    const { id } = c.req.valid("param");
    const companyId = c.get("companyId");
    const { company } = await deps.directory.catalogue(companyId);
    const found = UUID.test(id) ? await inTenant(deps.db, companyId, (tx) => readCall(tx, id)) : null;
    if (!found) throw new Problem("not-found", "there is no such call");
    const { tools, ...call } = found;
    return c.json(
      {
        ...callView(call, company.timeZone),
        tools: tools.map((tool) => ({ ...tool, at: isoInZone(tool.at, company.timeZone) })),
      },
      200,
    );
  });

  app.openapi(statisticsRoute, async (c) => {
    const { since } = c.req.valid("query");
    const from = since === undefined ? new Date(Date.now() - STATISTICS_MS) : toInstant(since);
    const rescheduleOffers = await inTenant(deps.db, c.get("companyId"), (tx) => moveOfferCounters(tx, from));
    return c.json({ rescheduleOffers }, 200);
  });

  return app;
}

function callView(call: CallSummary, zone: string) {
  return {
    ...call,
    startedAt: isoInZone(call.startedAt, zone),
    endedAt: call.endedAt === null ? null : isoInZone(call.endedAt, zone),
  };
}

/** What platforms write for a withheld number is no number. */
function phone(number: unknown): string | null {
  const given = givenText(number);
  return given === null ? null : normalisePhone(given);
}
