import { setTimeout as sleep, setImmediate as yieldOnce } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context, Hono } from "hono";
import { type Answer, ApiError, badRequest, Dropped, raw } from "./answers.js";
import { bookingRoutes } from "./api-bookings.js";
import { catalogueRoutes } from "./api-catalogue.js";
import { eventTypeRoutes } from "./api-event-types.js";
import type { Change } from "./bookings.js";
import { alterAnswer, faultAnswer, type RequestIds } from "./fault-answers.js";
import { applyLatency, type Faults } from "./faults.js";
import type { ApiKey, Host } from "./model.js";
import { fallbackUser } from "./output.js";
import type { SeededRandom } from "./random.js";
import type { RateLimiter, Verdict } from "./rate-limit.js";
import type { LoggedRequest, RequestLog } from "./request-log.js";
import type { Call, Route, World } from "./routes.js";
import type { Effect, Operation } from "./settings.js";

export type Env = { Bindings: HttpBindings };

export interface ApiDeps extends World {
  readonly limiter: RateLimiter;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly random: () => SeededRandom;
  /** Counts resets. */
  readonly epoch: () => number;
}

const routes: readonly Route[] = [...catalogueRoutes, ...eventTypeRoutes, ...bookingRoutes];

/** Registers the whole of /v2 on the app. */
export function registerApi(app: Hono<Env>, deps: ApiDeps): void {
  for (const route of routes) {
    app.on(route.method, route.pattern, (c) => serve(c, deps, route.operation, route));
  }
  app.all("/v2/*", (c) => serve(c, deps, "unknown", undefined));
}

const isGone = (c: Context<Env>): boolean => c.env.incoming.socket.destroyed || c.env.outgoing.destroyed;

async function serve(
  c: Context<Env>,
  deps: ApiDeps,
  operation: Operation,
  route: Route | undefined,
): Promise<Response> {
  const started = performance.now();
  const url = c.env.incoming.url ?? "/";
  const method = c.req.method;
  const text = method === "GET" ? "" : await c.req.text();
  const body = parseBody(text);
  const query = new URLSearchParams(url.split("?")[1] ?? "");
  const authorization = c.req.header("authorization");
  const bearer = authorization?.startsWith("Bearer ") === true ? authorization.slice(7) : undefined;
  const version = c.req.header("cal-api-version") ?? "";
  const params = paramsOf(c);
  const seen = readIds(deps, params.uid, body instanceof ApiError ? undefined : body, query);
  const log = deps.requests.begin({
    method,
    path: url,
    operation,
    version: version === "" ? null : version,
    key: bearer ?? null,
    operationId: seen.operationId ?? null,
    uid: params.uid ?? null,
    eventTypeId: seen.eventTypeId ?? null,
  });
  const after: (() => Promise<void>)[] = [];
  c.env.outgoing.once("close", () => {
    for (const task of after) void task();
  });
  const caller = bearer ?? `ip:${c.env.incoming.socket.remoteAddress ?? ""}`;
  let verdict: Verdict | undefined;
  let answer: Answer;
  try {
    await assertUp(deps);
    const apiKey = bearer === undefined ? undefined : deps.store.keys.get(bearer);
    const fault = deps.faults.strike({
      operation,
      eventTypeId: seen.eventTypeId,
      uid: params.uid,
      key: bearer,
    });
    log.fault = fault?.kind ?? null;
    if (fault?.kind === "429-block") deps.limiter.block(caller, fault.ms);
    verdict = deps.limiter.take(caller, apiKey?.limit);
    if (verdict !== undefined && bearer !== undefined && apiKey === undefined) {
      throw new ApiError(401, "CustomThrottlerGuard - Invalid API Key");
    }
    if (verdict?.allowed === false) {
      throw new ApiError(429, "CustomThrottlerGuard - Too many requests. Please try again later.");
    }
    await applyLatency(deps.settings().latency[operation] ?? deps.settings().latency.any, deps.random());
    answer = faultAnswer(fault, seen, deps) ?? (await run());

    async function run(): Promise<Answer> {
      if (body instanceof ApiError) throw body;
      const available = route !== undefined && isAvailable(route, version, deps);
      if (!available) throw new ApiError(404, `Cannot ${method} ${url.split("?")[0] ?? ""}`);
      const user = authenticate(deps, apiKey, authorization, route.auth);
      const change = changeOf(
        deps,
        operation,
        fault,
        () => isGone(c),
        (task) => after.push(task),
      );
      // A read has no commit to wait before; the delay comes first.
      if (method === "GET" && change.beforeCommit !== undefined) await change.beforeCommit();
      const call: Call = { method, params, query, body, version, user, apiKey, change };
      return alterAnswer(fault, await route.handle(call, deps), seen, deps);
    }
    if (fault?.kind === "commit-then-delay") await sleep(fault.ms);
    if (fault?.kind === "commit-then-drop") throw new Dropped();
  } catch (error) {
    if (error instanceof Dropped) return drop(c, log, started);
    answer = (error instanceof ApiError ? error : raw(500, "Internal server error")).answer(url);
    if (!(error instanceof ApiError))
      log.fault = error instanceof Error ? `defect: ${error.stack ?? error.message}` : "defect";
  }
  log.status = answer.status;
  log.durationMs = Math.round((performance.now() - started) * 100) / 100;
  return respond(answer, verdict, log.id);
}

function paramsOf(c: Context<Env>): Record<string, string> {
  return c.req.param();
}

function parseBody(text: string): unknown {
  if (text === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    return badRequest(error instanceof Error ? error.message : "Unexpected token");
  }
}

function readIds(deps: ApiDeps, uid: string | undefined, body: unknown, query: URLSearchParams): RequestIds {
  const fields = typeof body === "object" && body !== null ? body : {};
  const metadata = "metadata" in fields && typeof fields.metadata === "object" ? fields.metadata : null;
  const operationId = metadata !== null && "operationId" in metadata ? metadata.operationId : undefined;
  const fromBody = "eventTypeId" in fields ? fields.eventTypeId : undefined;
  const fromQuery = query.get("eventTypeId");
  const fromUid = uid === undefined ? undefined : deps.store.read(uid)?.eventTypeId;
  const eventTypeId =
    typeof fromBody === "number" ? fromBody : fromQuery === null ? fromUid : Number(fromQuery);
  const attendee = "attendee" in fields && typeof fields.attendee === "object" ? fields.attendee : null;
  const email = attendee !== null && "email" in attendee ? attendee.email : undefined;
  return {
    eventTypeId,
    operationId: typeof operationId === "string" ? operationId : undefined,
    attendeeEmail: typeof email === "string" ? email : undefined,
  };
}

async function assertUp(deps: ApiDeps): Promise<void> {
  const { down } = deps.settings();
  if (down === "drop") throw new Dropped();
  if (down === "503") throw raw(503, "Service Unavailable");
}

function isAvailable(route: Route, version: string, deps: ApiDeps): boolean {
  const hosted = deps.settings().edition === "hosted";
  if (route.hostedOnly === true && !hosted) return false;
  if (route.versions === undefined) return true;
  return route.versions.includes(version) && (hosted || !version.startsWith("2026"));
}

function authenticate(
  deps: ApiDeps,
  apiKey: ApiKey | undefined,
  authorization: string | undefined,
  auth: Route["auth"],
): Host | undefined {
  if (authorization === undefined) {
    if (auth === "optional") return undefined;
    throw new ApiError(
      401,
      "ApiAuthStrategy - No authentication method provided. Either pass an API key as 'Bearer' header or OAuth client credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers",
    );
  }
  if (apiKey === undefined) throw new ApiError(401, "ApiAuthStrategy - api key - Your api key is not valid");
  if (apiKey.expired) throw new ApiError(401, "ApiAuthStrategy - api key - Your api key is expired");
  return deps.store.hosts.get(apiKey.userId) ?? fallbackUser(apiKey.userId);
}

function changeOf(
  deps: ApiDeps,
  operation: Operation,
  fault: Effect | undefined,
  gone: () => boolean,
  afterAnswer: (task: () => Promise<void>) => void,
): Change {
  const settings = deps.settings();
  const epoch = deps.epoch();
  const delay = fault?.kind === "delay" || fault?.kind === "delay-then-commit" ? fault.ms : 0;
  const pause = Math.max(delay, settings.checkToCommitMs);
  // One turn of the event loop at least: concurrent writers all pass Cal.com's availability check before one inserts.
  const yields = operation === "create" || operation === "reschedule";
  return {
    source: "API_V2",
    lagMs: fault?.kind === "replica-lag" ? fault.ms : settings.replicaLagMs,
    afterAnswer,
    ...(fault?.kind === "delay-then-commit" && fault.force ? { ignoreUnique: true } : {}),
    ...(pause === 0 && !yields
      ? {}
      : {
          beforeCommit: async () => {
            await (pause > 0 ? sleep(pause) : yieldOnce());
            if ((fault?.kind === "delay" && gone()) || deps.epoch() !== epoch) throw new Dropped();
          },
        }),
  };
}

function drop(c: Context<Env>, log: LoggedRequest, started: number): Response {
  log.status = 0;
  log.durationMs = Math.round((performance.now() - started) * 100) / 100;
  c.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

function respond(answer: Answer, verdict: Verdict | undefined, id: number): Response {
  const headers: Record<string, string> = {
    "content-type": answer.raw?.contentType ?? "application/json; charset=utf-8",
    "access-control-allow-origin": "*",
    "x-request-id": `sim-${id}`,
  };
  if (verdict !== undefined) {
    headers["x-ratelimit-limit-default"] = String(verdict.limit);
    headers["x-ratelimit-remaining-default"] = String(verdict.remaining);
    headers["x-ratelimit-reset-default"] = String(verdict.resetSeconds);
  }
  return new Response(answer.raw?.text ?? JSON.stringify(answer.body), { status: answer.status, headers });
}
