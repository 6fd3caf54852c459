import { createHash } from "node:crypto";
import type { Breakers } from "./breaker.js";
import { classify, unanswered } from "./classify.js";
import type { CalcomAccount, CallOptions } from "./client.js";
import { parseJson } from "./error-body.js";
import { CalcomError } from "./errors.js";
import { type HttpAnswer, type HttpTransport, requestIdOf } from "./http.js";
import type { Log, TokenDesk } from "./lease.js";
import { blockMs, rateLimitNotice } from "./rate-limit-headers.js";
import type { ApiVersions } from "./versions.js";

/** One call of the API. */
export interface ApiCall {
  method: "GET" | "POST" | "DELETE";
  /** The path with its parameters as `:uid`; this form may be logged, the filled-in one never. */
  route: string;
  params?: Record<string, string | number>;
  query?: Record<string, string | number | undefined>;
  body?: object;
  version: keyof ApiVersions;
  /** Making and moving a booking runs calendars and webhooks inside the request: they get the longer timeout. */
  slow?: boolean;
}

/** Sends calls through breaker and budget and turns every failure into a {@link CalcomError}. */
export interface Api {
  /** @param read turns the JSON of a success into the result; undefined when it is not what it should be */
  call<T>(
    account: CalcomAccount,
    call: ApiCall,
    options: CallOptions,
    read: (json: unknown) => T | undefined,
  ): Promise<T>;
}

/** What {@link createApi} needs. */
export interface ApiDeps {
  http: HttpTransport;
  breakers: Breakers;
  desk: TokenDesk;
  versions: ApiVersions;
  timeouts: { writeMs: number; readMs: number };
  log: Log | undefined;
}

/** Sends calls through breaker and budget. */
export function createApi(deps: ApiDeps): Api {
  return {
    call: async (account, call, options, read) => {
      const write = call.method !== "GET";
      const url = urlOf(account.baseUrl, call);
      const key = keyHash(account);
      const begun = Date.now();
      try {
        deps.breakers.check(key, options.lane);
        await deps.desk.take(key, options.lane, options.signal);
        return await deps.breakers.run(key, options.lane, async () => {
          const answer = await deps.http.send({
            method: call.method,
            url,
            headers: headersOf(account, deps.versions[call.version], call.body !== undefined),
            body: call.body === undefined ? null : JSON.stringify(call.body),
            write,
            timeoutMs: options.timeoutMs ?? (call.slow ? deps.timeouts.writeMs : deps.timeouts.readMs),
            signal: options.signal,
          });
          return await settle(deps.desk, key, answer, write, read);
        });
      } catch (error) {
        if (error instanceof CalcomError) {
          const { kind, status, requestId, mayHaveHappened } = error;
          deps.log?.warn(
            {
              route: `${call.method} ${call.route}`,
              lane: options.lane,
              kind,
              status,
              requestId,
              mayHaveHappened,
              durationMs: Date.now() - begun,
            },
            "Cal.com call failed",
          );
        }
        throw error;
      }
    },
  };
}

async function settle<T>(
  desk: TokenDesk,
  key: string,
  answer: HttpAnswer,
  write: boolean,
  read: (json: unknown) => T | undefined,
): Promise<T> {
  const { status, headers, body } = answer;
  const requestId = requestIdOf(headers);
  desk.notice(key, rateLimitNotice(headers));
  if (status === 429) {
    const retryAfterMs = blockMs(headers);
    await desk.block(key, retryAfterMs);
    throw new CalcomError("rate_limited", "Cal.com's rate limit is reached", {
      status,
      requestId,
      retryAfterMs,
    });
  }
  if (status < 200 || status >= 300) throw classify({ status, requestId, body }, write);
  const result = read(parseJson(body));
  if (result === undefined) throw unanswered("Cal.com's answer cannot be read", write, { status, requestId });
  return result;
}

/** Names a key in tables and logs without giving it away: SHA-256 of base URL and key, in hex. */
export function keyHash(account: CalcomAccount): string {
  return createHash("sha256")
    .update(`${baseOf(account.baseUrl).href}\n${account.apiKey}`)
    .digest("hex");
}

function baseOf(baseUrl: string): URL {
  const text = baseUrl.trim();
  if (!URL.canParse(text) || !/^https?:/i.test(text))
    throw new CalcomError("invalid", "the base URL is not an http(s) URL", { field: "baseUrl" });
  const url = new URL(text);
  url.pathname = url.pathname.replace(/\/+$/, "");
  url.search = "";
  url.hash = "";
  return url;
}

function urlOf(baseUrl: string, call: ApiCall): URL {
  const url = baseOf(baseUrl);
  const path = call.route.replace(/:(\w+)/g, (_, name: string) => pathParam(name, call.params?.[name]));
  url.pathname = `${url.pathname.replace(/\/$/, "")}${path}`;
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

/** A uid is one path segment of plain signs: `..` or a slash would reach another endpoint. */
function pathParam(name: string, value: string | number | undefined): string {
  const text = String(value ?? "");
  if (!/^[\w-][\w.~@-]{0,199}$/.test(text))
    throw new CalcomError("invalid", "an id in the path is not valid", { field: name });
  return encodeURIComponent(text);
}

function headersOf(account: CalcomAccount, version: string, hasBody: boolean): Record<string, string> {
  if (!/^[\x21-\x7e]+$/.test(account.apiKey))
    throw new CalcomError("unauthorized", "the company has no usable API key");
  return {
    authorization: `Bearer ${account.apiKey}`,
    "cal-api-version": version,
    accept: "application/json",
    "user-agent": "askpro-gateway",
    ...(hasBody ? { "content-type": "application/json" } : {}),
  };
}
