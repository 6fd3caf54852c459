import { randomUUID } from "node:crypto";
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createActivities } from "../../activities/index.js";
import { type Foundation, layFoundation } from "../../api/composition.js";
import { closeSalons, type Salon, slot, startSalon } from "../support/salon.js";

let salon: Salon;
let foundation: Foundation;
beforeAll(async () => {
  // Without a worker: what is accepted stays pending, and the attempt here is the only one.
  salon = await startSalon({ worker: false });
  foundation = await layFoundation(salon.config, "worker");
});
afterAll(async () => {
  await foundation.close();
  await closeSalons();
});

const LIMITS = { lookupWindowMs: 5_000, writeTimeoutMs: 2_000, readTimeoutMs: 2_000 };

it("An attempt at a booking without operations is never taken for done: nothing stands in Cal.com.", async () => {
  const pending = await salon.book({ start: slot(0) }, { wait: 0 });
  const [command] = await salon.admin.sql<{ id: string }[]>`
    SELECT id FROM commands WHERE appointment_id = ${pending.body.id}`;
  const { attemptBook } = createActivities(foundation);
  const report = await new MockActivityEnvironment().run(attemptBook, {
    companyId: salon.companyId,
    appointmentId: pending.body.id,
    commandId: command?.id ?? randomUUID(),
    operations: [],
    limits: LIMITS,
  });
  expect(report).toMatchObject({ outcome: "blocked", error: "no_operations" });
  expect((await salon.get(`/api/v2/bookings/${pending.body.id}`)).body.status).toBe("pending");
  expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(0);
});

it("An attempt at a move without operations is never taken for done: the old time stands.", async () => {
  const pending = await salon.book({ start: slot(4) }, { wait: 0 });
  const { id } = pending.body;
  await salon.post(`/api/v2/bookings/${id}/reschedule`, { start: slot(8) }, { wait: 0 });
  const [command] = await salon.admin.sql<{ id: string }[]>`
    SELECT id FROM commands WHERE appointment_id = ${id} AND kind = 'reschedule'`;
  const { attemptMove } = createActivities(foundation);
  const report = await new MockActivityEnvironment().run(attemptMove, {
    companyId: salon.companyId,
    appointmentId: id,
    commandId: command?.id ?? randomUUID(),
    operations: [],
    limits: LIMITS,
  });
  expect(report).toMatchObject({ outcome: "blocked", error: "no_operations" });
  expect(Date.parse((await salon.get(`/api/v2/bookings/${id}`)).body.start)).toBe(Date.parse(slot(4)));
});
