import { type RouteConfig, z } from "@hono/zod-openapi";
import { problemSchema } from "../booking/schemas.js";

type Registry = { registerPath(route: RouteConfig): void };

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});
const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { "application/json": { schema } },
});
const body = (description: string, schema: z.ZodType) => ({
  body: { required: true, description, content: { "application/json": { schema } } },
});
const bearsSignature = {
  401: problem("`unauthorized`: the signature is missing or wrong; an unknown company looks the same"),
  429: problem("`rate-limited`: `Retry-After` says when to come again"),
  500: problem("`internal`"),
  503: problem("`temporarily-unavailable`: nothing was accepted"),
};

const calcomBody = z
  .looseObject({
    triggerEvent: z.string().openapi({ example: "BOOKING_CREATED" }),
    createdAt: z.string().optional().openapi({ format: "date-time" }),
    payload: z.looseObject({}).optional().openapi({ description: "`MEETING_*` are flat and have none" }),
  })
  .openapi("CalcomWebhook");
const receivedSchema = z
  .object({
    received: z.literal(true),
    status: z.enum(["accepted", "duplicate", "ignored", "quarantined"]),
  })
  .openapi("WebhookReceived");
const companySlug = z.object({ companySlug: z.string() });

const CALCOM_PATHS = [
  { path: "/api/webhooks/calcom/{companySlug}", of: "a company with its own secrets", params: companySlug },
  { path: "/api/webhooks/calcom", of: "the installation", params: null },
  { path: "/api/calcom/webhook", of: "the installation (as the system before it was called)", params: null },
] as const;

const call = z.looseObject({
  call_id: z.string(),
  agent_id: z.string().optional(),
  from_number: z.string().optional(),
  to_number: z.string().optional(),
});
const toolAnswerSchema = z
  .looseObject({
    ok: z.boolean(),
    code: z.string(),
    say: z.string().openapi({ description: "German, to be said as it is" }),
    next: z.string().nullable(),
  })
  .openapi("RetellToolAnswer");

/**
 * Describes the routes that answer Cal.com and Retell. They read raw bytes, because their signature is over them, and
 * take whatever is signed: no schema of theirs decides, so the description stands apart from them (contract.md 4, 5).
 */
export function describeWebhooks(registry: Registry): void {
  for (const { path, of, params } of CALCOM_PATHS) {
    const tags = ["Cal.com webhooks"];
    const request = params ? { params } : {};
    registry.registerPath({
      method: "get",
      path,
      summary: `Says that the webhook of ${of} can be reached`,
      tags,
      security: [],
      request,
      responses: { 200: json("It can", z.object({ status: z.literal("ok") })) },
    });
    registry.registerPath({
      method: "post",
      path,
      summary: `Takes in what Cal.com tells, for ${of}`,
      tags,
      security: [{ calcomSignature: [] }],
      request: {
        ...request,
        ...body("As Cal.com sends it; fields that are not known are dropped", calcomBody),
      },
      responses: {
        200: json("Signed and durable, whatever it says", receivedSchema),
        400: problem("`malformed-webhook`: signed, but not JSON or without a trigger"),
        413: problem("`payload-too-large`: over 256 KiB"),
        ...bearsSignature,
      },
    });
  }
  describeRetell(registry);
}

function describeRetell(registry: Registry): void {
  const tags = ["Retell"];
  const security = [{ retellSignature: [] }];
  const shared = {
    400: problem("`malformed-json`: the body ended before its time"),
    413: problem("`payload-too-large`: over 2 MiB"),
    ...bearsSignature,
  };
  registry.registerPath({
    method: "post",
    path: "/api/webhooks/retell/function",
    summary: "Runs a tool for a call of Retell",
    tags,
    security,
    request: body(
      "As Retell sends it",
      z.looseObject({ name: z.string(), args: z.looseObject({}), call }).openapi("RetellFunction"),
    ),
    responses: { 200: json("Always, once the signature holds", toolAnswerSchema), ...shared },
  });
  registry.registerPath({
    method: "post",
    path: "/api/webhooks/retell/inbound",
    summary: "Gives a call that begins its context",
    tags,
    security,
    request: body("As Retell sends it", z.looseObject({ call_inbound: call }).openapi("RetellInbound")),
    responses: {
      200: json("Empty for a number of no tenant", z.object({ call_inbound: z.looseObject({}) })),
      ...shared,
    },
  });
  registry.registerPath({
    method: "post",
    path: "/api/webhooks/retell",
    summary: "Takes in what became of a call",
    tags,
    security,
    request: body("As Retell sends it", z.looseObject({ event: z.string(), call }).openapi("RetellEvent")),
    responses: { 204: { description: "Taken in" }, ...shared },
  });
}
