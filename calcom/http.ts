import { Agent, DecoratorHandler, type Dispatcher, errors, request } from "undici";
import { unanswered } from "./classify.js";
import { CalcomError } from "./errors.js";

/** One HTTP request. */
export interface HttpRequest {
  method: "GET" | "POST" | "DELETE";
  url: URL;
  headers: Record<string, string>;
  body: string | null;
  /** Whether it could change something. */
  write: boolean;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** A complete answer, whatever its status. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Connections of one process, kept alive per origin. */
export interface HttpTransport {
  /** @throws CalcomError `ambiguous`, `unavailable` or `aborted`; never follows redirects, never sends twice. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

const CONNECTIONS_PER_ORIGIN = 64;
const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than the pauses within a call, shorter than what proxies before Cal.com keep. */
const KEEP_ALIVE_MS = 15_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Opens no connection before the first request. */
export function createTransport(): HttpTransport {
  const agent = new Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    // one deadline for the whole call stands in `send`
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return { send: (call) => send(agent, call), close: () => agent.close() };
}

async function send(agent: Agent, call: HttpRequest): Promise<HttpAnswer> {
  const sent = { begun: false };
  // not AbortSignal.any: a worker's signal lives long and would keep every call it was combined with
  const stop = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, call.timeoutMs);
  const abort = () => stop.abort();
  call.signal?.addEventListener("abort", abort, { once: true });
  if (call.signal?.aborted) stop.abort();
  let status: number | null = null;
  let requestId: string | null = null;
  try {
    const answer = await request(call.url, {
      dispatcher: agent.compose(
        (dispatch) => (options, handler) => dispatch(options, new Watch(handler, sent)),
      ),
      method: call.method,
      headers: call.headers,
      body: call.body,
      signal: stop.signal,
    });
    status = answer.statusCode;
    requestId = headerOf(answer.headers, "x-request-id");
    return { status, headers: answer.headers, body: await readBody(answer.body) };
  } catch (error) {
    const mayHaveHappened = call.write && sent.begun;
    const facts = { status, requestId, cause: safeCause(error) };
    if (call.signal?.aborted)
      throw new CalcomError("aborted", "the call was aborted", { ...facts, mayHaveHappened });
    if (late)
      throw unanswered(
        sent.begun ? "Cal.com did not answer in time" : "no connection to Cal.com in time",
        mayHaveHappened,
        facts,
      );
    throw unanswered(
      sent.begun ? "the connection to Cal.com broke" : "Cal.com cannot be reached",
      mayHaveHappened,
      facts,
    );
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener("abort", abort);
  }
}

/** Tells whether the request went onto a connection: before that nothing can have happened, after it anything. */
class Watch extends DecoratorHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #sent: { begun: boolean };

  constructor(handler: Dispatcher.DispatchHandler, sent: { begun: boolean }) {
    super(handler);
    this.#handler = handler;
    this.#sent = sent;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#sent.begun = true;
    this.#handler.onRequestStart?.(controller, context);
  }
}

async function readBody(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new errors.ResponseExceededMaxSizeError("answer too large");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** First value of a header, by lower-case name. */
export function headerOf(headers: HttpAnswer["headers"], name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** Of an error only its code: messages of sockets and certificates name hosts and addresses. */
function safeCause(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
