import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { type CallbackWish, requestCallback } from "../../db/callback/request.js";
import { connect } from "../../db/client.js";
import { freePort } from "../../dev/embedded/port.js";
import { startTemporal } from "../../dev/embedded/temporal.js";
import { createTestDatabase } from "../support/database.js";
import { closeGateways, startGateway } from "../support/processes.js";
import { closeSalons, startSalon, until } from "../support/salon.js";

afterAll(async () => {
  await closeSalons();
  await closeGateways();
});

const wish = (companyId: string, more: Partial<CallbackWish> = {}): CallbackWish => ({
  companyId,
  priority: "urgent",
  reason: "technical_failure",
  topic: "Termin für Anna Schmidt",
  name: "Anna Schmidt",
  phone: "+4915112345678",
  within: { urgent: 300, high: 400, normal: 60_000 },
  ...more,
});

describe("Callbacks", () => {
  it("are taken in while Temporal is away, also finished, and are watched over when it is back.", async () => {
    const directory = await mkdtemp(join(tmpdir(), "askpro-callbacks-"));
    const port = await freePort();
    const start = () =>
      startTemporal({
        cli: inject("temporalCliPath"),
        logFile: join(directory, "temporal.log"),
        dbFile: join(directory, "temporal.db"),
        port,
        uiPort: null,
      });
    let server = await start();
    const salon = await startSalon({
      env: { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace },
      callbackReminders: { firstMs: 500, longestMs: 1_000 },
    });
    const db = connect(salon.database.url, { max: 2 });
    try {
      await server.stop();
      const began = Date.now();
      const requested = await Promise.all(
        Array.from({ length: 10 }, () => requestCallback(db, wish(salon.companyId))),
      );
      const [done, ...open] = requested;
      const completed = await salon.post(`/api/v2/callbacks/${done?.id}/complete`, { by: "Emma" });
      expect(completed.status).toBe(200);
      expect(Date.now() - began).toBeLessThan(2_000);
      expect((await salon.get("/api/v2/callbacks")).body.items).toHaveLength(9);

      server = await start();
      for (const { id } of open) {
        await until(
          "the reminder",
          async () => {
            const rows = await salon.admin.sql`
              SELECT 1 FROM alerts WHERE type = 'callback.overdue' AND data->>'callbackId' = ${id}`;
            return rows.length > 0;
          },
          40_000,
        );
      }
      await until("all told", async () => {
        const rows = await salon.admin.sql`SELECT 1 FROM callbacks WHERE started_at IS NULL`;
        return rows.length === 0;
      });
      const overdue = await salon.admin.sql`
        SELECT 1 FROM alerts WHERE type = 'callback.overdue' AND data->>'callbackId' = ${done?.id ?? ""}`;
      expect(overdue).toHaveLength(0);
    } finally {
      await db.close();
      await closeSalons();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("survive kill -9 of API and worker at any moment: each is reminded of, and ends when it is completed; no log names anybody.", async () => {
    const database = await createTestDatabase();
    const gateway = await startGateway({ database });
    const db = connect(database.url, { max: 2 });
    try {
      let api = await gateway.startApi();
      let worker = await gateway.startWorker();
      const requested = [];
      for (let round = 0; round < 2; round += 1) {
        const some = Array.from({ length: 5 }, () => requestCallback(db, wish(gateway.companyId)));
        requested.push(...(await Promise.all(some)));
        await Promise.all([api.kill(), worker.kill()]);
        requested.push(await requestCallback(db, wish(gateway.companyId)));
        [api, worker] = await Promise.all([gateway.startApi(), gateway.startWorker()]);
      }
      for (const { id } of requested) {
        const alerts = await until(
          "the reminder",
          async () => {
            const rows = await gateway.admin.sql<{ type: string }[]>`
              SELECT type FROM alerts WHERE data->>'callbackId' = ${id} ORDER BY created_at`;
            return rows.length >= 2 ? rows : null;
          },
          60_000,
        );
        expect(alerts.map(({ type }) => type)).toEqual(["callback.requested", "callback.overdue"]);
      }
      await worker.kill();
      for (const { id } of requested) await gateway.post(`/api/v2/callbacks/${id}/complete`, { by: "Emma" });
      await gateway.startWorker();
      for (const { workflowId } of requested) {
        const result = await gateway.temporal.workflow.getHandle(workflowId).result();
        expect(result).toEqual({ status: "completed", reminders: 1 });
      }
      expect(await gateway.output()).not.toMatch(/Schmidt|15112345678/);
    } finally {
      await db.close();
      await closeGateways();
      await database.close();
    }
  }, 240_000);
});
