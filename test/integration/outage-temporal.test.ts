import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../../dev/embedded/port.js";
import { type EmbeddedTemporal, startTemporal } from "../../dev/embedded/temporal.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";

let directory: string;
let port: number;
let server: EmbeddedTemporal;
let salon: Salon;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "askpro-temporal-"));
  port = await freePort();
  server = await startServer();
  salon = await startSalon({
    env: { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace },
  });
});
afterAll(async () => {
  await closeSalons();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The same server again: its port and what it has on disk. */
function startServer(): Promise<EmbeddedTemporal> {
  return startTemporal({
    cli: inject("temporalCliPath"),
    logFile: join(directory, "temporal.log"),
    dbFile: join(directory, "temporal.db"),
    port,
    uiPort: null,
  });
}

describe("Temporal down", () => {
  it("costs no booking and no webhook: both are taken in, the slots are held, and all is done when it is back.", async () => {
    const before = await salon.book({ start: slot(0) });
    expect(before.status).toBe(201);
    // Its echo is not one of those that wait for Temporal.
    await salon.calcom.control.settle();
    await until("its echo", async () => {
      const [echo] = await salon.admin.sql<{ n: number }[]>`
        SELECT count(*)::int AS n FROM webhook_events WHERE status = 'processed'`;
      return echo?.n === 1;
    });
    await server.stop();

    const began = Date.now();
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, n) => salon.book({ start: slot(1 + n) }, { wait: 2 })),
    );
    expect(Date.now() - began).toBeLessThan(10_000);
    for (const answer of answers) {
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      expect(answer.body.status).toBe("pending");
    }
    const clash = await salon.book({ start: slot(1) }, { wait: 2 });
    expect(clash.status).toBe(409);
    const cancel = await salon.post(`/api/v2/bookings/${before.body.id}/cancel`, {}, { wait: 1 });
    expect(cancel.status).toBe(202);

    salon.calcom.control.clearDeliveries();
    const people = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        salon.calcom.control.book({
          eventTypeId: TYPES.cutFabian,
          start: slot(n),
          name: `Anna Nummer ${n}`,
          email: `anna${n}@example.org`,
        }),
      ),
    );
    await salon.calcom.control.settle();
    const deliveries = salon.calcom.control.deliveries();
    expect(deliveries).toHaveLength(20);
    expect(new Set(deliveries.map((delivery) => delivery.status))).toEqual(new Set([200]));
    const [waiting] = await salon.admin.sql`
      SELECT count(*)::int AS n FROM webhook_events WHERE status = 'waiting'`;
    expect(waiting).toEqual({ n: 20 });

    server = await startServer();
    for (const answer of answers) {
      await until(
        "the booking confirmed",
        async () => (await salon.get(`/api/v2/bookings/${answer.body.id}`)).body.status === "confirmed",
        40_000,
      );
    }
    await until("the cancel", async () => {
      return (await salon.get(`/api/v2/bookings/${before.body.id}`)).body.status === "cancelled";
    });
    await until("every webhook applied", async () => {
      const imported = await salon.admin.sql`
        SELECT 1 FROM appointments WHERE source = 'calcom' AND status = 'confirmed'`;
      return imported.length === people.length;
    });
    await until("an empty inbox", async () => {
      const left = await salon.admin.sql`
        SELECT 1 FROM webhook_events WHERE status NOT IN ('processed', 'ignored')`;
      return left.length === 0;
    });
    const after = await salon.book({ start: slot(30) });
    expect(after.status).toBe(201);
    const standing = salon.calcom.control.bookings().filter((booking) => booking.status === "accepted");
    expect(standing).toHaveLength(5 + 20 + 1);
  });
});
