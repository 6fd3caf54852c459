import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "./problems.js";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

function hasBody(c: Context): boolean {
  const length = c.req.header("Content-Length");
  return c.req.header("Transfer-Encoding") !== undefined || (length !== undefined && length !== "0");
}

/** Refuses a body that does not say it is JSON: taken for an empty one, what a client wrote would be lost. */
export const onlyJson: MiddlewareHandler = async (c, next) => {
  if (hasBody(c) && !JSON_TYPE.test(c.req.header("Content-Type") ?? "")) {
    const message = "must be application/json";
    throw new Problem(
      "invalid-request",
      `Content-Type: ${message}`,
      { errors: [{ field: "Content-Type", message }] },
      415,
    );
  }
  await next();
};

/** For a body that may be left out: many clients announce JSON and then send nothing. */
export const bodyMayBeMissing: MiddlewareHandler = async (c, next) => {
  if (!hasBody(c) && c.req.header("Content-Type") !== undefined) {
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.raw.url, { method: c.req.method, headers, signal: c.req.raw.signal });
  }
  await next();
};
