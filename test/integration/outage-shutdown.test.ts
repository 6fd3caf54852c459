import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeGateways, type Gateway, type GatewayProcess, startGateway } from "../support/processes.js";
import { type Answer, slot, until } from "../support/salon.js";

const LIMIT_MS = 30_000;

let gateway: Gateway;
let api: GatewayProcess;
let worker: GatewayProcess;
beforeAll(async () => {
  gateway = await startGateway({ env: { CALCOM_TIMEOUT_SECONDS: "10" } });
  [api, worker] = await Promise.all([gateway.startApi(), gateway.startWorker()]);
});
afterAll(closeGateways);

describe("SIGTERM and SIGINT", () => {
  it("let the API answer whatever it has accepted, refuse new connections and end with 0.", async () => {
    gateway.calcom.control.set({ latency: { create: 1_000 } });
    const answers = Array.from({ length: 20 }, (_, n) => gateway.book({ start: slot(n) }, { wait: 20 }));
    await until("all accepted", async () => (await accepted()) === 20);
    const began = Date.now();
    api.signal("SIGTERM");
    await until("new connections refused", () => isRefused(gateway.url));
    expect(await api.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - began).toBeLessThan(LIMIT_MS);
    const given = await Promise.all(answers);
    expect(given.map((answer) => answer?.status)).toEqual(Array.from({ length: 20 }, () => 201));
    // Otherwise a client that keeps its connections would send the next request into a closing one.
    expect(given.map((answer) => answer?.headers.get("Connection"))).not.toContain("keep-alive");
    api = await gateway.startApi();
  });

  it("let a caller who would wait longer know that his booking is pending, also when sent twice to the whole group.", async () => {
    worker.signal("SIGTERM");
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    let ended = false;
    const answer = gateway.book({ start: slot(30) }, { wait: 30 });
    void answer.then(() => {
      ended = true;
    });
    await until("accepted", async () => (await accepted()) === 21);
    const began = Date.now();
    api.signal("SIGINT", "group");
    await until("new connections refused", () => isRefused(gateway.url));
    expect(ended).toBe(false);
    api.signal("SIGINT", "group");
    api.signal("SIGTERM");
    expect(await api.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - began).toBeLessThan(LIMIT_MS);
    const told = await answer;
    expect(told?.status).toBe(202);
    expect(told?.body).toMatchObject({ status: "pending" });
    [api, worker] = await Promise.all([gateway.startApi(), gateway.startWorker()]);
    const seen = await confirmed(told);
    expect(seen.phases[0].calcomUid).not.toBeNull();
  });

  it("let the worker finish what it has sent and lose nothing, also when both come, and to the whole group.", async () => {
    gateway.calcom.control.set({ latency: { create: 1_500 } });
    gateway.calcom.control.clearRequests();
    const answers = Array.from({ length: 12 }, (_, n) => gateway.book({ start: slot(40 + n) }, { wait: 30 }));
    await until("under way in Cal.com", async () => (await sentOperations()) >= 4);
    const began = Date.now();
    for (const signal of ["SIGINT", "SIGTERM", "SIGINT"] as const) worker.signal(signal, "group");
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - began).toBeLessThan(LIMIT_MS);
    gateway.calcom.control.set({ latency: {} });
    worker = await gateway.startWorker();
    for (const answer of await Promise.all(answers)) {
      expect([201, 202]).toContain(answer?.status);
      await confirmed(answer);
    }
    // Sent once each: what was under way at the signal was heard to its end, what was not is begun elsewhere.
    expect(gateway.calcom.control.requests({ operation: "create" })).toHaveLength(12);
    const [doubt] = await gateway.admin
      .sql`SELECT count(*)::int AS n FROM remote_operations WHERE sends > 1 OR doubtful`;
    expect(doubt).toEqual({ n: 0 });
  });
});

async function accepted(): Promise<number> {
  const [row] = await gateway.admin.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM commands`;
  return row?.n ?? 0;
}

async function sentOperations(): Promise<number> {
  const [row] = await gateway.admin.sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM remote_operations WHERE state = 'sent'`;
  return row?.n ?? 0;
}

async function confirmed(answer: Answer | null): Promise<Answer["body"]> {
  return await until(
    "the booking confirmed",
    async () => {
      const { body } = await gateway.get(`/api/v2/bookings/${answer?.body.id}`);
      return body.status === "confirmed" ? body : null;
    },
    40_000,
  );
}

function isRefused(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", () => resolve(true));
  });
}
