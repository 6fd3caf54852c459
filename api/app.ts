import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import postgres from "postgres";
import type { Availability } from "../activities/availability/availability.js";
import type { CalcomClient } from "../calcom/client.js";
import type { Inbox } from "../db/calcom/inbox.js";
import type { Database } from "../db/client.js";
import type { Directory, Installation } from "../db/tenant/directory.js";
import { say } from "../domain/speech/say.js";
import { requireAdmin, requireCompany } from "./auth.js";
import { availabilityRoutes } from "./availability/routes.js";
import { limitedBody, onlyJson } from "./body.js";
import { createAlternatives } from "./booking/alternatives.js";
import type { Dispatcher } from "./booking/dispatch.js";
import { bookingRoutes } from "./booking/routes.js";
import type { Waiting } from "./booking/waiting.js";
import { calcomWebhookRoutes } from "./calcom/routes.js";
import { callbackRoutes } from "./callback/routes.js";
import type { RequestContext } from "./context.js";
import { documentation } from "./documentation/routes.js";
import { describeWebhooks } from "./documentation/webhooks.js";
import type { Log } from "./log.js";
import { operationsRoutes } from "./operations/routes.js";
import { instanceOf, Problem, problemBody } from "./problems.js";
import { createRateLimits } from "./rate-limits.js";
import type { TemporalAccess } from "./temporal.js";
import { tenantRoutes } from "./tenant/routes.js";
import type { HoldTimes } from "./voice/invocation.js";
import { retellRoutes } from "./voice/retell/routes.js";
import { voiceRoutes } from "./voice/routes.js";

export interface AppDeps {
  db: Database;
  directory: Directory;
  calcom: CalcomClient;
  availability: Availability;
  dispatcher: Dispatcher;
  waiting: Waiting;
  inbox: Inbox;
  temporal: TemporalAccess;
  installation: Installation;
  secretsKey: string;
  adminToken: string | null;
  limits: { apiPerMinute: number | null; webhookPerMinute: number | null };
  holds: HoldTimes;
  publicUrl: string;
  log: Log;
}

const KIB = 1_024;
const REST_BODY = 64 * KIB;
const WEBHOOK_BODY = 256 * KIB;
/** Retell sends the whole conversation along, every word three times. */
const VOICE_BODY = 2_048 * KIB;
const VOICE_PATHS = ["/api/webhooks/retell", "/api/webhooks/retell/*", "/api/v2/voice/tools/*"];
const SANE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The whole ingress; listening is `server.ts`. */
export function createApp(deps: AppDeps): OpenAPIHono<RequestContext> {
  const app = new OpenAPIHono<RequestContext>();
  const limits = createRateLimits(deps.limits);

  app.use(async (c, next) => {
    const given = c.req.header("X-Request-Id");
    const requestId = given !== undefined && SANE_REQUEST_ID.test(given) ? given : randomUUID();
    c.set("requestId", requestId);
    await next();
    c.res.headers.set("X-Request-Id", requestId);
  });
  app.onError((error, c) => {
    const problem = toProblem(error, deps.log, c.get("requestId"));
    return c.body(
      JSON.stringify(problemBody(problem, instanceOf(c.req.raw), c.get("requestId"))),
      problem.status,
      {
        ...problem.headers,
        "Content-Type": "application/problem+json",
        "X-Request-Id": c.get("requestId"),
      },
    );
  });
  app.notFound((c) => {
    const problem = new Problem("not-found", "there is nothing at this path");
    return c.body(JSON.stringify(problemBody(problem, instanceOf(c.req.raw), c.get("requestId"))), 404, {
      "Content-Type": "application/problem+json",
    });
  });

  app.use("/api/webhooks/calcom/*", limitedBody(WEBHOOK_BODY));
  app.use("/api/calcom/webhook", limitedBody(WEBHOOK_BODY));
  for (const path of VOICE_PATHS) app.use(path, limitedBody(VOICE_BODY));
  const rest = limitedBody(REST_BODY);
  app.use("/api/v2/*", (c, next) => (c.req.path.startsWith("/api/v2/voice/tools/") ? next() : rest(c, next)));
  app.use("/api/admin/*", limitedBody(REST_BODY * 16));

  const company = requireCompany(deps.directory, limits);
  const admin = requireAdmin(deps.adminToken, limits);
  app.use("/api/v2/*", company);
  app.use("/api/admin/*", admin);
  app.use("/api/health/calcom", admin);
  app.use("/api/v2/*", onlyJson);
  app.use("/api/admin/*", onlyJson);

  app.route(
    "/",
    calcomWebhookRoutes({ ...deps, limits, installationSecrets: deps.installation.webhookSecrets }),
  );
  app.route("/", bookingRoutes({ ...deps, alternatives: createAlternatives(deps.availability) }));
  app.route("/", availabilityRoutes(deps));
  app.route("/", callbackRoutes(deps));
  const voice = { ...deps, say };
  app.route("/", voiceRoutes(voice));
  app.route("/", retellRoutes({ ...voice, limits, installationKeys: deps.installation.retellKeys }));

  app.route("/", operationsRoutes(deps));
  app.route("/", tenantRoutes(deps));
  app.openAPIRegistry.registerComponent("securitySchemes", "companyToken", {
    type: "http",
    scheme: "bearer",
    description: "A company's token; it alone decides the tenant",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "adminToken", {
    type: "http",
    scheme: "bearer",
    description: "`ADMIN_TOKEN`",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "calcomSignature", {
    type: "apiKey",
    in: "header",
    name: "X-Cal-Signature-256",
    description: "HMAC-SHA256 of the raw body with a secret of the webhook, in hex",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "retellSignature", {
    type: "apiKey",
    in: "header",
    name: "X-Retell-Signature",
    description: "Retell's signature of the raw body, with an API key of the tenant",
  });
  describeWebhooks(app.openAPIRegistry);
  app.route("/", documentation(app));
  return app;
}

/** Whatever was thrown, as something a client may see: nothing internal ever shows. */
function toProblem(error: unknown, log: Log, requestId: string): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException) {
    if (error.status === 400) return new Problem("malformed-json", "the body is no valid JSON");
    if (error.status === 413) return new Problem("payload-too-large", "the body is too large");
  }
  if (isUnreachable(error)) {
    log.warn({ requestId, error: codeOf(error) }, "the database cannot be reached");
    // A COMMIT whose answer was lost may have happened: nothing more can be promised than what a repetition does.
    return new Problem("temporarily-unavailable", REPEAT, {}, undefined, { "Retry-After": "2" });
  }
  log.error(
    {
      requestId,
      code: codeOf(error),
      error: error instanceof Error ? error.name : "unknown",
      at: placeOf(error),
    },
    "unexpected error",
  );
  return new Problem("internal", "something unexpected happened; it has been recorded");
}

const REPEAT =
  "repeat it shortly; with the same Idempotency-Key it is done once, whether or not it was accepted now";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "ETIMEDOUT",
  "EPIPE",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  // Shutting down, starting up, crashed, out of connections.
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);

function codeOf(error: unknown): string | null {
  if (error instanceof postgres.PostgresError) return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}

function isUnreachable(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && (UNREACHABLE.has(code) || code.startsWith("08"));
}

const FRAME = /^\s+at \S/;

/** The first line of our own in the stack: enough to find it, without a message that may hold data. */
function placeOf(error: unknown): string | null {
  const line = error instanceof Error ? error.stack?.split("\n").find((text) => FRAME.test(text)) : undefined;
  return line?.trim() ?? null;
}
