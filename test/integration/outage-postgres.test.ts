import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asSystem, connect, type Transaction } from "../../db/client.js";
import { migrate } from "../../db/migrate.js";
import { freePort } from "../../dev/embedded/port.js";
import { type EmbeddedPostgres, startPostgres } from "../../dev/embedded/postgres.js";
import { createTestDatabase } from "../support/database.js";
import { closeGateways, type Gateway, SECRETS, startGateway } from "../support/processes.js";
import { slot, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";

const OUTAGE_MS = 6_000;

let directory: string;
let port: number;
let server: EmbeddedPostgres;
let gateway: Gateway;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "askpro-postgres-"));
  port = await freePort();
  server = await startServer();
  await migrate(server.url);
  const adminUrl = Object.assign(new URL(server.adminUrl), { pathname: "/askpro" }).href;
  gateway = await startGateway({
    database: { url: server.url, adminUrl },
    env: { CALCOM_TIMEOUT_SECONDS: "5" },
  });
  await Promise.all([gateway.startApi(), gateway.startWorker()]);
});
afterAll(async () => {
  await closeGateways();
  await server.stop();
  await rm(server.dataDir, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
});

/** The same server again: its port and what it has on disk. */
function startServer(): Promise<EmbeddedPostgres> {
  return startPostgres({
    dataDir: join(directory, "data"),
    logFile: join(directory, "postgres.log"),
    password: "0123456789abcdef0123456789abcdef",
    port,
  });
}

describe("Postgres down", () => {
  it("is said with 503 and leaves nothing half done; when it is back the next booking is answered at once.", async () => {
    const before = await gateway.book({ start: slot(0) });
    expect(before?.status).toBe(201);
    // One is under way in Cal.com when the database dies.
    gateway.calcom.control.set({ latency: { create: 2_000 } });
    const key = randomUUID();
    const wish = { start: slot(2), customer: { name: "Ada Lang", email: "ada@example.org" } };
    const underWay = gateway.book(wish, { key, wait: 20 });
    await until("the request in Cal.com", async () => {
      const sent = await gateway.admin.sql`SELECT 1 FROM remote_operations WHERE state = 'sent'`;
      return sent.length > 0;
    });
    await server.stop();
    gateway.calcom.control.set({ latency: {} });

    const began = Date.now();
    const refusedKey = randomUUID();
    const refusedWish = { start: slot(4), customer: { name: "Eva Kurz", email: "eva@example.org" } };
    const refused = await gateway.book(refusedWish, { key: refusedKey, wait: 20 });
    expect(refused?.status).toBe(503);
    expect(refused?.body.type).toBe("https://askpro.dev/problems/temporarily-unavailable");
    expect(Number(refused?.headers.get("Retry-After"))).toBeGreaterThan(0);
    const read = await gateway.get(`/api/v2/bookings/${before?.body.id}`);
    expect(read.status).toBe(503);
    expect(Number(read.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect((await webhook()).status).toBe(503);
    expect((await gateway.get("/api/health")).status).toBe(200);
    expect((await gateway.get("/api/health/ready")).status).toBe(503);
    expect(Date.now() - began).toBeLessThan(10_000);
    // Whoever waits is told at once too, not after his time.
    expect((await underWay)?.status).toBe(503);
    expect(Date.now() - began).toBeLessThan(15_000);

    // Long enough that whoever asks less and less often would come late.
    while (Date.now() - began < OUTAGE_MS) {
      const one = Date.now();
      expect((await gateway.get("/api/v2/bookings")).status).toBe(503);
      expect(Date.now() - one).toBeLessThan(3_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }

    server = await startServer();
    await until(
      "the database seen again",
      async () => (await gateway.get("/api/v2/bookings")).status === 200,
    );
    const asked = Date.now();
    const after = await gateway.book({ start: slot(6) }, { wait: 30 });
    expect(after?.status).toBe(201);
    // NOTIFY is heard again: nobody waits for the next look.
    expect(Date.now() - asked).toBeLessThan(5_000);
    const again = await gateway.book(refusedWish, { key: refusedKey });
    expect(again?.status).toBe(201);
    expect(again?.headers.get("Idempotency-Replayed")).toBeNull();
    const known = await gateway.book(wish, { key });
    expect([201, 202]).toContain(known?.status);
    expect(known?.headers.get("Idempotency-Replayed")).toBe("true");
    await until(
      "the booking that was under way",
      async () => (await gateway.get(`/api/v2/bookings/${known?.body.id}`)).body.status === "confirmed",
      40_000,
    );
    expect((await webhook()).status).toBe(200);

    const standing = gateway.calcom.control.bookings().filter((booking) => booking.status === "accepted");
    expect(standing).toHaveLength(4);
    const [rows] = await gateway.admin.sql`
      SELECT (SELECT count(*)::int FROM appointments WHERE status = 'confirmed') AS confirmed,
        (SELECT count(*)::int FROM appointments) AS all,
        (SELECT count(*)::int FROM commands WHERE settled_at IS NULL) AS unsettled,
        (SELECT count(*)::int FROM busy_intervals WHERE kind = 'hold') AS held`;
    expect(rows).toEqual({ confirmed: 4, all: 4, unsettled: 0, held: 0 });
  });
});

describe("a connection that is cut inside a transaction", () => {
  it.each(["at once", "in a savepoint"])(
    "fails that transaction alone, %s, and never the process.",
    async (where) => {
      const database = await createTestDatabase();
      const db = connect(database.url, { max: 4 });
      const cut = (tx: Transaction) => tx`SELECT pg_terminate_backend(pg_backend_pid())`;
      try {
        // What the driver throws outside of any query would be reported by the runner as an error of its own.
        const cuts = Array.from({ length: 4 }, () =>
          asSystem(db, async (tx) => {
            await tx`SELECT 1`;
            await (where === "at once" ? cut(tx) : tx.savepoint(cut));
          }),
        );
        // They wait for a connection behind those that are cut, and are given one that is going away.
        const others = Array.from({ length: 24 }, () =>
          asSystem(db, (tx) => tx<{ alive: number }[]>`SELECT 1 AS alive`),
        );
        const ended = await Promise.allSettled(cuts);
        expect((await Promise.all(others)).map(([row]) => row?.alive)).toEqual(others.map(() => 1));
        expect(new Set(ended.map((one) => one.status))).toEqual(new Set(["rejected"]));
        const [row] = await asSystem(db, (tx) => tx<{ alive: number }[]>`SELECT 1 AS alive`);
        expect(row).toEqual({ alive: 1 });
      } finally {
        await db.close();
        await database.close();
      }
    },
  );
});

/** A person cancels a booking that nobody here knows: signed, and about nothing of ours. */
async function webhook(): Promise<Response> {
  const body = JSON.stringify({
    triggerEvent: "BOOKING_CANCELLED",
    createdAt: new Date().toISOString(),
    payload: {
      uid: randomUUID(),
      eventTypeId: TYPES.cutEmma,
      title: "Schnitt",
      startTime: slot(8),
      endTime: slot(9),
      status: "CANCELLED",
      organizer: { name: "Emma", email: "emma@salon.test", timeZone: "Europe/Berlin" },
      attendees: [{ name: "Otto", email: "otto@example.org", timeZone: "Europe/Berlin" }],
    },
  });
  return await fetch(`${gateway.url}/api/webhooks/calcom/salon`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Cal-Signature-256": createHmac("sha256", SECRETS.webhook).update(body).digest("hex"),
    },
    body,
  });
}
