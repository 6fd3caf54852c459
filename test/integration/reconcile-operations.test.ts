import { randomUUID } from "node:crypto";
import { Client, Connection, ScheduleNotFoundError } from "@temporalio/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHealth } from "../../api/operations/health.js";
import { reconcileNow } from "../../api/operations/reconcile.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { reconcileScheduleId } from "../../workflows/reconcile/ids.js";
import { ensureReconcileSchedules } from "../../workflows/reconcile/schedules.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { type Operations, startOperations } from "./reconcile-rig.js";
import { shop } from "./tenant-shop.js";

let salon: Salon;
let operations: Operations;

beforeAll(async () => {
  salon = await startSalon();
  operations = await startOperations(salon);
});
afterAll(async () => {
  await operations?.close();
  await closeSalons();
});

describe("the schedules of reconcile", () => {
  const describeSchedule = (companyId: string) =>
    salon.temporal.schedule.getHandle(reconcileScheduleId(companyId)).describe();
  const ensure = (companies: { id: string; active: boolean }[], everyMs: number, taskQueue = "unused") =>
    ensureReconcileSchedules(salon.temporal, companies, everyMs, taskQueue);

  it("are made once, follow the interval, and go with the company.", async () => {
    const id = randomUUID();
    expect(await ensure([{ id, active: true }], 300_000)).toEqual({ created: 1, updated: 0, deleted: 0 });
    expect(await ensure([{ id, active: true }], 300_000)).toEqual({ created: 0, updated: 0, deleted: 0 });
    expect(await describeSchedule(id)).toMatchObject({
      policies: { overlap: "SKIP", catchupWindow: 60_000 },
      spec: { intervals: [{ every: 300_000 }] },
      action: { workflowType: "reconcileCompany", args: [{ companyId: id }] },
    });
    expect(await ensure([{ id, active: true }], 60_000)).toEqual({ created: 0, updated: 1, deleted: 0 });
    expect((await describeSchedule(id)).spec.intervals).toMatchObject([{ every: 60_000 }]);
    expect(await ensure([{ id, active: false }], 60_000)).toEqual({ created: 0, updated: 0, deleted: 1 });
    await expect(describeSchedule(id)).rejects.toBeInstanceOf(ScheduleNotFoundError);
    expect(await ensure([{ id, active: false }], 60_000)).toEqual({ created: 0, updated: 0, deleted: 0 });
  });

  it("stay paused when a person paused them, and are made once by two processes at a time.", async () => {
    const id = randomUUID();
    const both = await Promise.all([
      ensure([{ id, active: true }], 60_000),
      ensure([{ id, active: true }], 60_000),
    ]);
    expect(both.reduce((sum, { created }) => sum + created, 0)).toBe(1);
    await salon.temporal.schedule.getHandle(reconcileScheduleId(id)).pause("looking into it");
    await ensure([{ id, active: true }], 120_000);
    expect((await describeSchedule(id)).state).toMatchObject({ paused: true, note: "looking into it" });
    await ensure([{ id, active: false }], 60_000);
  });

  it("start runs that heal by themselves.", async () => {
    salon.calcom.control.addWebhookRule({ mode: "lost", times: -1 });
    const made = await salon.calcom.control.book({
      eventTypeId: 101,
      start: slot(90),
      name: "Anna Muster",
      email: "anna@example.org",
    });
    const companies = [{ id: salon.companyId, active: true }];
    await ensure(companies, 1_000, operations.backgroundTaskQueue);
    await until("the healed appointment", async () => {
      const rows = await salon.admin.sql`SELECT 1 FROM appointment_phases WHERE calcom_uid = ${made.uid}`;
      return rows.length > 0;
    });
    await ensure([{ id: salon.companyId, active: false }], 1_000);
    salon.calcom.control.clearWebhookRules();
  });
});

describe("sync status", () => {
  it("shows what is in sync, how fast webhooks are applied, budget and breaker.", async () => {
    expect((await salon.book({ start: slot(0) })).status).toBe(201);
    await salon.calcom.control.book({
      eventTypeId: 102,
      start: slot(1),
      name: "Bea Muster",
      email: "bea@example.org",
    });
    const status = await until("both in sync", async () => {
      const { body } = await operations.get("/api/v2/calcom/sync-status");
      const done = body.inbox.waiting === 0 && body.states.synced >= 2 && body.webhookLatencyMs.p50 !== null;
      return done ? body : null;
    });
    expect(status).toMatchObject({
      states: { pending: 0, failed: 0, manual_review: 0 },
      successRate24h: 1,
      oldestPendingSeconds: null,
      reviewCount: 0,
      conflicts: 0,
      inbox: { waiting: 0, dead: 0 },
      breaker: "closed",
    });
    expect(status.webhookLatencyMs.p95).toBeGreaterThanOrEqual(status.webhookLatencyMs.p50);
    expect(status.budget.remaining).toBeLessThanOrEqual(status.budget.limit);
  });

  it("counts what Cal.com's failures broke off, what waits, what is dead and what is in conflict.", async () => {
    const booked = await salon.book({ start: slot(2) });
    const { id } = booked.body;
    const before = await until("an empty inbox", async () => {
      const { body } = await operations.get("/api/v2/calcom/sync-status");
      return body.inbox.waiting === 0 ? body : null;
    });
    const { sql } = salon.admin;
    const [command] = await sql<{ id: string }[]>`SELECT id FROM commands WHERE appointment_id = ${id}`;
    await sql`UPDATE commands SET outcome = ${sql.json({ result: "refused", problem: "not-changeable" })}
      WHERE appointment_id = ${id}`;
    await sql`UPDATE remote_operations SET state = 'abandoned', error = 'unavailable' WHERE command_id = ${command?.id ?? null}`;
    await sql`UPDATE appointments SET sync_state = 'pending', updated_at = now() - interval '90 seconds' WHERE id = ${id}`;
    await sql`INSERT INTO drifts (company_id, kind, severity, dedupe_key) VALUES (${salon.companyId}, 'conflict', 'high', 'x')`;
    for (const status of ["waiting", "dead"]) {
      await sql`INSERT INTO webhook_events (id, company_id, source, semantic_key, trigger, event, person, status, relay_at)
        VALUES (${randomUUID()}, ${salon.companyId}, 'webhook', ${randomUUID()}, 'PING', '{}', '{}', ${status}, now() + interval '1 day')`;
    }
    const { body } = await operations.get("/api/v2/calcom/sync-status");
    expect(body.successRate24h).toBeGreaterThan(0);
    expect(body.successRate24h).toBeLessThan(before.successRate24h);
    expect(body).toMatchObject({
      states: { pending: 1 },
      conflicts: before.conflicts + 1,
      inbox: { waiting: 1, dead: 1 },
    });
    expect(body.oldestPendingSeconds).toBeGreaterThanOrEqual(90);
    expect(body.oldestPendingSeconds).toBeLessThan(120);
    const refused = { result: "refused", problem: "slot-taken" };
    await sql`UPDATE commands SET outcome = ${sql.json(refused)} WHERE appointment_id = ${id}`;
    expect((await operations.get("/api/v2/calcom/sync-status")).body.successRate24h).toBe(1);
    await sql`DELETE FROM webhook_events WHERE trigger = 'PING'`;
  });

  it("of one appointment shows its uids and every write, and is nobody else's.", async () => {
    const booked = await salon.book({ start: slot(4) });
    const { id } = booked.body;
    const first = booked.body.phases[0].calcomUid;
    const moved = await salon.post(`/api/v2/bookings/${id}/reschedule`, { start: slot(5) }, { wait: 20 });
    const second = moved.body.phases[0].calcomUid;
    const path = `/api/v2/calcom/sync-status/${id}`;
    const { status, body } = await operations.get(path);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      appointmentId: id,
      workflowId: booked.body.workflowId,
      sync: { state: "synced", lastError: null, reviewReason: null },
      phases: [{ key: "main", calcomUid: second, sync: "synced", uids: [first, second] }],
      operations: [
        { kind: "create", state: "done", attempts: 1, resultUid: first, lastError: null },
        { kind: "reschedule", state: "done", attempts: 1, calcomUid: first, resultUid: second },
      ],
      chain: [
        { calcomUid: first, previousUid: null },
        { calcomUid: second, previousUid: first },
      ],
    });
    const installation = { ...operations.foundation.installation };
    const other = await applyDocument(operations.foundation.db, "other", shop(), {
      secretsKey: operations.foundation.secretsKey,
      installation,
    });
    expect((await operations.get(path, other.companyId)).status).toBe(404);
    expect((await operations.get(`/api/v2/calcom/sync-status/${randomUUID()}`)).status).toBe(404);
    const theirs = await operations.get("/api/v2/calcom/sync-status", other.companyId);
    expect(theirs.body).toMatchObject({ states: { synced: 0 }, successRate24h: null });
  });
});

describe("POST /api/v2/calcom/reconcile", () => {
  it("answers 202 with the workflow when the caller does not wait for the end.", async () => {
    const answer = await operations.reconcile({}, "wait=0");
    expect(answer.status).toBe(202);
    const result = await salon.temporal.workflow.getHandle(answer.body.workflowId).result();
    expect(result).toMatchObject({ error: null });
  });

  it("reads from the instant that was given, without losing the place of the scheduled runs.", async () => {
    const watermark = async () => {
      const [row] = await salon.admin.sql<{ watermark: Date }[]>`
        SELECT watermark FROM reconciliations WHERE company_id = ${salon.companyId}`;
      return row?.watermark;
    };
    await operations.reconcile();
    const before = await watermark();
    const later = await operations.reconcile({ since: new Date(Date.now() + 3_600_000).toISOString() });
    expect(later.body).toEqual({ checked: 0, healed: 0 });
    expect(await watermark()).toEqual(before);
    const all = await operations.reconcile({ since: "2020-01-01T00:00:00Z" });
    expect(all.body.checked).toBeGreaterThan(0);
  });

  it("needs no body, although a client may announce one.", async () => {
    expect(await operations.reconcile(null)).toMatchObject({ status: 200, body: { healed: 0 } });
  });

  it("refuses a local time and fields that it does not know.", async () => {
    expect((await operations.reconcile({ since: "2026-12-03T14:00:00" })).status).toBe(400);
    const unknown = await operations.reconcile({ company: "other" });
    expect(unknown).toMatchObject({ status: 422, body: { errors: [{ field: "company" }] } });
  });

  it("is temporarily unavailable while Temporal cannot be reached.", async () => {
    const client = unreachable();
    const started = Date.now();
    const asked = reconcileNow(
      { client, namespace: "default", taskQueue: "x", backgroundTaskQueue: "y" },
      salon.companyId,
      null,
      1_000,
    );
    await expect(asked).rejects.toMatchObject({ slug: "temporarily-unavailable", status: 503 });
    expect(Date.now() - started).toBeLessThan(6_000);
  });
});

describe("health", () => {
  it("is alive, and ready when database, Temporal and a worker are there.", async () => {
    expect(await operations.get("/api/health")).toMatchObject({ status: 200, body: { status: "ok" } });
    const ok = { status: "ok" };
    await until("a poller", async () => (await operations.get("/api/health/ready")).status === 200);
    expect((await operations.get("/api/health/ready")).body).toEqual({
      status: "ok",
      checks: { database: ok, temporal: ok, worker: ok },
    });
  });

  it("names the part that fails, and takes about a second to find out.", async () => {
    const temporal = {
      client: salon.temporal,
      namespace: salon.config.temporal.namespace,
      taskQueue: `nobody-${randomUUID()}`,
      backgroundTaskQueue: "x",
    };
    const noWorker = await createHealth({ ...operations.foundation, temporal }).ready();
    expect(noWorker).toMatchObject({
      status: "unavailable",
      checks: { database: { status: "ok" }, temporal: { status: "ok" }, worker: { status: "unavailable" } },
    });
    const started = Date.now();
    const away = createHealth({
      ...operations.foundation,
      temporal: { ...temporal, client: unreachable() },
    });
    expect(await away.ready()).toMatchObject({
      status: "unavailable",
      checks: {
        database: { status: "ok" },
        temporal: { status: "unavailable" },
        worker: { status: "unavailable" },
      },
    });
    expect(Date.now() - started).toBeLessThan(2_500);
  });

  it("of Cal.com shows each account, tells a wrong key from an outage, and is asked once in 30 s.", async () => {
    const { control } = salon.calcom;
    const temporal = {
      client: salon.temporal,
      namespace: "default",
      taskQueue: "x",
      backgroundTaskQueue: "y",
    };
    const health = () => createHealth({ ...operations.foundation, temporal });
    const first = health();
    control.clearRequests();
    const fine = await first.calcom();
    expect(fine).toMatchObject({
      status: "ok",
      checks: { installation: { status: "ok", reachable: true, keyValid: true, breaker: "closed" } },
    });
    expect(fine.companies.find((company) => company.slug === "salon")).toMatchObject({ status: "ok" });
    await first.calcom();
    expect(control.requests({ operation: "me" })).toHaveLength(1);
    control.addFault({ match: { operation: "me" }, effect: { kind: "401" } });
    expect((await health().calcom()).checks.installation).toMatchObject({ reachable: true, keyValid: false });
    control.addFault({ match: { operation: "me" }, effect: { kind: "drop-before-commit" } });
    expect(await health().calcom()).toMatchObject({
      status: "unavailable",
      checks: { installation: { reachable: false, keyValid: null } },
    });
  });
});

/** A client of a server that is not there; nothing listens on port 9. */
function unreachable(): Client {
  return new Client({ connection: Connection.lazy({ address: "127.0.0.1:9" }) });
}
