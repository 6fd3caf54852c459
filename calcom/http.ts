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
  let closing: Promise<void> | null = null;
  return {
    send: (call) => send(agent, call),
    close: () => {
      closing ??= agent.close();
      return closing;
    },
  };
}

async function send(agent: Agent, call: HttpRequest): Promise<HttpAnswer> {
  const progress: Progress = { sent: false, status: null, requestId: null };
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
  try {
    return await unlessStopped(exchange(agent, call, stop.signal, progress), stop.signal);
  } catch (error) {
    const { sent, status, requestId } = progress;
    const doubtful = call.write && sent;
    const facts = { status, requestId, cause: safeCause(error) };
    if (call.signal?.aborted)
      throw new CalcomError("aborted", "the call was aborted", { ...facts, mayHaveHappened: doubtful });
    if (late)
      throw unanswered(sent ? "Cal.com did not answer in time" : "no connection in time", doubtful, facts);
    throw unanswered(sent ? "the connection to Cal.com broke" : "Cal.com cannot be reached", doubtful, facts);
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener("abort", abort);
  }
}

/** How far a request came. */
interface Progress {
  /** It went onto a connection: before that nothing can have happened, after it anything. */
  sent: boolean;
  status: number | null;
  requestId: string | null;
}

async function exchange(
  agent: Agent,
  call: HttpRequest,
  stopped: AbortSignal,
  progress: Progress,
): Promise<HttpAnswer> {
  const { statusCode, headers, body } = await request(call.url, {
    dispatcher: agent.compose(
      (dispatch) => (options, handler) => dispatch(options, new Watch(handler, stopped, progress)),
    ),
    method: call.method,
    headers: call.headers,
    body: call.body,
    signal: stopped,
  });
  progress.status = statusCode;
  progress.requestId = requestIdOf(headers);
  return { status: statusCode, headers, body: await readBody(body) };
}

/** Undici tells an abort only once a connection stands; a caller does not wait for that. */
function unlessStopped<T>(work: Promise<T>, stopped: AbortSignal): Promise<T> {
  const stop = new Promise<never>((_, reject) => {
    const tell = () => reject(new errors.RequestAbortedError());
    if (stopped.aborted) tell();
    stopped.addEventListener("abort", tell, { once: true });
  });
  stop.catch(() => {});
  work.catch(() => {});
  return Promise.race([work, stop]);
}

class Watch extends DecoratorHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #stopped: AbortSignal;
  readonly #progress: Progress;

  constructor(handler: Dispatcher.DispatchHandler, stopped: AbortSignal, progress: Progress) {
    super(handler);
    this.#handler = handler;
    this.#stopped = stopped;
    this.#progress = progress;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    // undici calls this right before it writes, but drops a request that was aborted while it waited
    if (!this.#stopped.aborted) this.#progress.sent = true;
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

/** `X-Request-Id` of an answer, if it looks like one: it goes into logs. */
export function requestIdOf(headers: HttpAnswer["headers"]): string | null {
  const given = headers["x-request-id"];
  const id = (Array.isArray(given) ? given[0] : given) ?? "";
  return /^[\w.:-]{1,128}$/.test(id) ? id : null;
}

/** Of an error only its code: messages of sockets and certificates name hosts and addresses. */
function safeCause(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
