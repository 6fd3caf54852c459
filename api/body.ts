import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "./problems.js";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const KIB = 1_024;
/** What is read of a body that is too large, so that its sender gets to read why. */
const DISCARDED = 4_096 * KIB;

function isChunked(c: Context): boolean {
  return c.req.header("Transfer-Encoding") !== undefined;
}

function declaredLength(c: Context): number {
  return Number(c.req.header("Content-Length") ?? 0);
}

function hasBody(c: Context): boolean {
  return isChunked(c) || declaredLength(c) > 0;
}

/**
 * Reads the whole body, up to so many bytes. It is read before anything is answered, and one that is too large is
 * read and dropped: a connection on which a body was left unread is closed by the server a moment later, in the
 * middle of whatever its client sends next.
 */
export function limitedBody(maxBytes: number): MiddlewareHandler {
  return async (c, next) => {
    if (hasBody(c)) {
      if (isChunked(c)) await readChunks(c, maxBytes);
      else if (declaredLength(c) > maxBytes) throw await tooLarge(c, maxBytes, declaredLength(c));
      // Kept by the request for whoever asks for the body, in any form.
      else await c.req.arrayBuffer().catch(cutShort);
    }
    await next();
  };
}

async function readChunks(c: Context, maxBytes: number): Promise<void> {
  const { raw } = c.req;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = raw.body?.getReader();
  for (;;) {
    const read = await reader?.read().catch(cutShort);
    if (!read || read.done) break;
    size += read.value.byteLength;
    if (size <= maxBytes) chunks.push(read.value);
    else if (size > DISCARDED) throw payloadTooLarge(maxBytes, true);
  }
  if (size > maxBytes) throw payloadTooLarge(maxBytes, false);
  c.req.raw = new Request(raw, { body: Buffer.concat(chunks) });
}

async function tooLarge(c: Context, maxBytes: number, declared: number): Promise<Problem> {
  if (declared > DISCARDED) return payloadTooLarge(maxBytes, true);
  const reader = c.req.raw.body?.getReader();
  while (reader && !(await reader.read().catch(cutShort)).done);
  return payloadTooLarge(maxBytes, false);
}

function payloadTooLarge(maxBytes: number, close: boolean): Problem {
  const headers: Record<string, string> = close ? { Connection: "close" } : {};
  return new Problem(
    "payload-too-large",
    `the body is larger than ${maxBytes / KIB} KiB`,
    {},
    undefined,
    headers,
  );
}

/** Its sender has gone; nobody will read this. */
function cutShort(): never {
  throw new Problem("malformed-json", "the body ended before its time");
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Refuses a body that does not say it is JSON (taken for an empty one, what a client wrote would be lost), and one that is
 * no UTF-8: read all the same, a name in it would be kept with signs that nobody wrote.
 */
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
  if (hasBody(c)) {
    const bytes = await c.req.arrayBuffer();
    try {
      UTF_8.decode(bytes);
    } catch {
      throw new Problem("malformed-json", "the body is no valid UTF-8");
    }
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
