import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { CalcomError } from "./errors.js";
import { createTransport, type HttpRequest, type HttpTransport } from "./http.js";

const opened: { servers: Server[]; sockets: Set<Socket>; transports: HttpTransport[] } = {
  servers: [],
  sockets: new Set(),
  transports: [],
};

afterEach(async () => {
  for (const socket of opened.sockets) socket.destroy();
  for (const server of opened.servers.splice(0)) server.close();
  await Promise.allSettled(opened.transports.splice(0).map((transport) => transport.close()));
});

/** A server that does to the bare socket what the test says, once a whole request has arrived. */
async function serve(onRequest: (socket: Socket, request: string) => void): Promise<URL> {
  const server = createServer((socket) => {
    opened.sockets.add(socket);
    socket.on("error", () => {});
    let seen = "";
    socket.on("data", (chunk) => {
      seen += chunk.toString("latin1");
      const [head = "", body] = seen.split("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (body === undefined || body.length < length) return;
      const request = seen;
      seen = "";
      onRequest(socket, request);
    });
  });
  opened.servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return new URL(`http://127.0.0.1:${address.port}/v2/bookings`);
}

function send(url: URL, overrides: Partial<HttpRequest> = {}) {
  const transport = createTransport();
  opened.transports.push(transport);
  return transport.send({
    method: "POST",
    url,
    headers: {},
    body: "{}",
    write: true,
    timeoutMs: 5_000,
    signal: undefined,
    ...overrides,
  });
}

async function failure(sending: Promise<unknown>): Promise<CalcomError> {
  const error = await sending.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CalcomError)) throw new Error("expected a CalcomError", { cause: error });
  return error;
}

const answer = (status: string, body: string, headers = "") =>
  `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

describe("the transport", () => {
  it("gives back a complete answer of any status", async () => {
    const url = await serve((socket) =>
      socket.write(answer("418 Teapot", "gr\u00fcn", "x-request-id: r7\r\n")),
    );
    expect(await send(url)).toMatchObject({ status: 418, body: "grün", headers: { "x-request-id": "r7" } });
  });

  it("keeps connections for calls that follow each other", async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((socket) => {
      ports.add(socket.remotePort);
      socket.write(answer("200 OK", "{}"));
    });
    const transport = createTransport();
    opened.transports.push(transport);
    const call = { method: "GET", url, headers: {}, body: null, write: false, signal: undefined } as const;
    for (let i = 0; i < 12; i += 1) await transport.send({ ...call, timeoutMs: 5_000 });
    // undici frees a connection one tick after its answer, so two may take turns
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it("knows that nothing happened when nobody listens", async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => opened.servers[0]?.close(resolve));
    const error = await failure(send(url));
    expect(error).toMatchObject({
      kind: "unavailable",
      mayHaveHappened: false,
      status: null,
      cause: "ECONNREFUSED",
    });
  });

  it("knows that nothing happened when the name cannot be resolved", async () => {
    const error = await failure(send(new URL("http://no-such-host.invalid/v2/bookings")));
    expect(error).toMatchObject({ kind: "unavailable", mayHaveHappened: false });
    expect(error.message).not.toContain("invalid");
  });

  it("knows that nothing happened when the secure connection never stands", async () => {
    const url = await serve(() => {});
    const begun = Date.now();
    const error = await failure(send(new URL(url.href.replace("http:", "https:")), { timeoutMs: 200 }));
    expect(error).toMatchObject({ kind: "unavailable", mayHaveHappened: false });
    expect(Date.now() - begun).toBeLessThan(2_000);
  });

  it("does not send a request that was aborted while it waited for a connection", async () => {
    let requests = 0;
    const url = await serve(() => {
      requests += 1;
    });
    const transport = createTransport();
    opened.transports.push(transport);
    const call = { method: "POST", url, headers: {}, body: "{}", write: true } as const;
    const busy = Array.from({ length: 64 }, () =>
      transport.send({ ...call, timeoutMs: 1_000, signal: undefined }),
    );
    const settled = Promise.allSettled(busy);
    const error = await failure(transport.send({ ...call, timeoutMs: 300, signal: undefined }));
    expect(error).toMatchObject({ kind: "unavailable", mayHaveHappened: false });
    await settled;
    expect(requests).toBe(64);
  });

  it("takes a write as doubtful when the connection breaks after it was sent", async () => {
    const url = await serve((socket) => socket.resetAndDestroy());
    expect(await failure(send(url))).toMatchObject({
      kind: "ambiguous",
      mayHaveHappened: true,
      status: null,
    });
  });

  it("takes a write as doubtful when the connection ends without an answer", async () => {
    const url = await serve((socket) => socket.end());
    expect(await failure(send(url))).toMatchObject({ kind: "ambiguous", mayHaveHappened: true });
  });

  it("takes a write as doubtful when the answer is cut off", async () => {
    const url = await serve((socket) =>
      socket.end('HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{"status"'),
    );
    expect(await failure(send(url))).toMatchObject({ kind: "ambiguous", mayHaveHappened: true, status: 201 });
  });

  it("takes a read as unavailable, not doubtful, when the connection breaks", async () => {
    const url = await serve((socket) => socket.resetAndDestroy());
    const error = await failure(send(url, { method: "GET", body: null, write: false }));
    expect(error).toMatchObject({ kind: "unavailable", mayHaveHappened: false });
  });

  it("takes a write as doubtful when no answer comes in time", async () => {
    const url = await serve(() => {});
    const begun = Date.now();
    expect(await failure(send(url, { timeoutMs: 150 }))).toMatchObject({
      kind: "ambiguous",
      mayHaveHappened: true,
    });
    expect(Date.now() - begun).toBeLessThan(2_000);
  });

  it("counts a body that trickles in as too late as well", async () => {
    const url = await serve((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"));
    const error = await failure(send(url, { timeoutMs: 150 }));
    expect(error).toMatchObject({ kind: "ambiguous", mayHaveHappened: true, status: 200 });
  });

  it("stops for the caller's signal and says whether the request was on its way", async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    expect(await failure(send(url, { signal: stop.signal }))).toMatchObject({
      kind: "aborted",
      mayHaveHappened: true,
    });
    expect(await failure(send(url, { signal: AbortSignal.abort() }))).toMatchObject({
      kind: "aborted",
      mayHaveHappened: false,
    });
  });

  it("does not follow a redirect", async () => {
    let requests = 0;
    const url = await serve((socket) => {
      requests += 1;
      socket.write(answer("307 Temporary Redirect", "", `location: ${url.href}\r\n`));
    });
    expect(await send(url)).toMatchObject({ status: 307 });
    expect(requests).toBe(1);
  });

  it("sends once, whatever happens", async () => {
    let requests = 0;
    const url = await serve((socket) => {
      requests += 1;
      socket.resetAndDestroy();
    });
    await failure(send(url, { method: "GET", body: null, write: false }));
    expect(requests).toBe(1);
  });
});
