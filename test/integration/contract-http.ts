import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { expect } from "vitest";
import type { Salon } from "../support/salon.js";

/** What came back, also as it was on the wire. */
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  body: any;
}

export interface Ask {
  /** `null`: no Authorization at all. Left out: the salon's. */
  token?: string | null;
  /** `null`: no Idempotency-Key at all. Left out: a fresh one for POST. */
  key?: string | null;
  prefer?: string;
  headers?: Record<string, string>;
  /** A string is sent as it is. */
  body?: unknown;
}

/** A client that knows the contract and nothing of the code. */
export async function ask(salon: Salon, method: string, path: string, options: Ask = {}): Promise<Reply> {
  const { body, prefer } = options;
  const token = options.token === undefined ? salon.token : options.token;
  const key = options.key === undefined ? (method === "POST" ? randomUUID() : null) : options.key;
  const response = await fetch(`${salon.url}${path}`, {
    method,
    redirect: "manual",
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(key === null ? {} : { "Idempotency-Key": key }),
      ...(prefer === undefined ? {} : { Prefer: prefer }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return toReply(response.status, response.headers, await response.text());
}

/** Sends a body in chunks, without telling its length beforehand. */
export async function askChunked(
  salon: Salon,
  path: string,
  chunks: readonly string[],
  headers: Record<string, string> = {},
): Promise<Reply> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      `${salon.url}${path}`,
      {
        method: "POST",
        headers: {
          Authorization: `Bearer ${salon.token}`,
          "Idempotency-Key": randomUUID(),
          "Content-Type": "application/json",
          "Transfer-Encoding": "chunked",
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => {
          const got = new Headers();
          for (const [name, value] of Object.entries(response.headers)) {
            got.set(name, Array.isArray(value) ? value.join(", ") : (value ?? ""));
          }
          resolve(toReply(response.statusCode ?? 0, got, text));
        });
      },
    );
    sent.on("error", reject);
    for (const chunk of chunks) sent.write(chunk);
    sent.end();
  });
}

function toReply(status: number, headers: Headers, text: string): Reply {
  const isJson = /[/+]json\b/.test(headers.get("content-type") ?? "");
  return { status, headers, text, body: isJson && text !== "" ? JSON.parse(text) : null };
}

const TITLES = /^[A-Z][\w -]+$/;

/** RFC 9457 as the contract has it, whole; and nothing in it that is nobody's business. */
export function expectProblem(
  reply: Reply,
  status: number,
  slug: string,
  fields?: readonly string[],
): Reply["body"] {
  expect(reply.body, reply.text).toMatchObject({ type: `https://askpro.dev/problems/${slug}`, status });
  expect(reply.status, reply.text).toBe(status);
  expect(reply.headers.get("content-type")).toMatch(/^application\/problem\+json\b/);
  expect(reply.body.title).toMatch(TITLES);
  expect(reply.body.detail.length).toBeGreaterThan(5);
  expect(reply.body.instance).toMatch(/^\//);
  expect(reply.body.requestId).toBe(reply.headers.get("x-request-id"));
  expect(reply.text).not.toMatch(/node_modules|postgres|SELECT |\.ts:\d|at \w+ \(/i);
  if (fields) {
    const named = (reply.body.errors ?? []).map((error: { field: string }) => error.field);
    expect(named.sort(), reply.text).toEqual([...fields].sort());
    for (const error of reply.body.errors) expect(error.message.length).toBeGreaterThan(3);
  }
  return reply.body;
}

/** A body that would be booked as it is. */
export function wish(start: string, over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    service: "schnitt",
    staff: "emma",
    start,
    customer: { name: "Jörg O'Neill", email: "joerg@example.org", phone: "+4915112345678" },
    ...over,
  };
}

/** Makes another company through the admin API and gives its token. */
export async function makeCompany(salon: Salon, slug: string, document: unknown): Promise<string> {
  const admin = { token: salon.adminToken, key: null };
  const made = await ask(salon, "PUT", `/api/admin/companies/${slug}`, { ...admin, body: document });
  expect(made.status, made.text).toBe(200);
  const token = await ask(salon, "POST", `/api/admin/companies/${slug}/tokens`, {
    ...admin,
    body: { label: "tests" },
  });
  expect(token.status, token.text).toBe(201);
  return token.body.token;
}
