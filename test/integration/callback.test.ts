import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type CallbackWish, requestCallback, requestCallbackWithin } from "../../db/callback/request.js";
import { connect, type Database, inTenant } from "../../db/client.js";
import { closeSalons, type Salon, startSalon, until } from "../support/salon.js";

let salon: Salon;
let db: Database;
beforeAll(async () => {
  salon = await startSalon({ callbackReminders: { firstMs: 300, longestMs: 1_200 } });
  db = connect(salon.database.url, { max: 4 });
});
afterAll(async () => {
  await db.close();
  await closeSalons();
});

const SOON = { urgent: 200, high: 400, normal: 600 };

function wish(more: Partial<CallbackWish> = {}): CallbackWish {
  return {
    companyId: salon.companyId,
    priority: "normal",
    reason: "asked",
    topic: "Dauerwelle bei empfindlicher Kopfhaut",
    name: "Jörg O'Neill",
    phone: "+4915112345678",
    ...more,
  };
}

const alerts = async (callbackId: string, type: string) =>
  await salon.admin.sql<{ data: Record<string, unknown>; branchId: string | null }[]>`
    SELECT data, branch_id FROM alerts WHERE data->>'callbackId' = ${callbackId} AND type = ${type} ORDER BY created_at`;

const runs = (workflowId: string) => salon.temporal.workflow.getHandle(workflowId);

describe("A callback", () => {
  it("is on the worklist, has a workflow of its own, and tells the branch in the same transaction.", async () => {
    const requested = await requestCallback(db, wish({ priority: "high" }));
    expect(requested).toMatchObject({ created: true, priority: "high", withinMs: 4 * 3_600_000 });
    const told = await alerts(requested.id, "callback.requested");
    expect(told).toHaveLength(1);
    expect(told[0]?.branchId).not.toBeNull();
    expect(JSON.stringify(told)).not.toMatch(/Neill|15112345678|Kopfhaut/);
    const shown = await salon.get(`/api/v2/callbacks/${requested.id}`);
    expect(shown.status).toBe(200);
    expect(shown.body).toMatchObject({
      status: "open",
      priority: "high",
      name: "Jörg O'Neill",
      phone: "+4915112345678",
      branch: { slug: "zentrale", name: "Zentrale" },
      overdue: false,
      workflowId: `callback:${salon.companyId}:${requested.id}`,
    });
    expect(new Date(shown.body.dueAt).getTime()).toBe(requested.dueAt.getTime());
    expect(shown.body.dueAt).toMatch(/\+0[12]:00$/);
    const description = await until("the workflow", () =>
      runs(requested.workflowId)
        .describe()
        .catch(() => null),
    );
    expect(description.type).toBe("callbackRequest");
    expect(description.status.name).toBe("RUNNING");
  });

  it("is reminded of at growing intervals until somebody has called, and ends then.", async () => {
    const { id, workflowId } = await requestCallback(db, wish({ within: SOON, priority: "urgent" }));
    const reminders = await until("three reminders", async () => {
      const seen = await salon.admin.sql<{ createdAt: Date }[]>`
        SELECT created_at FROM alerts WHERE data->>'callbackId' = ${id} AND type = 'callback.overdue' ORDER BY created_at`;
      return seen.length >= 3 ? seen.map((row) => row.createdAt.getTime()) : null;
    });
    const [first = 0, second = 0, third = 0] = reminders;
    expect(second - first).toBeGreaterThanOrEqual(290);
    expect(third - second).toBeGreaterThanOrEqual(590);
    expect((await salon.get(`/api/v2/callbacks/${id}`)).body).toMatchObject({ overdue: true });
    const done = await salon.post(`/api/v2/callbacks/${id}/complete`, {
      by: "Emma",
      note: "Termin vereinbart",
    });
    expect(done.body).toMatchObject({ status: "completed", completedBy: "Emma", note: "Termin vereinbart" });
    const result = await runs(workflowId).result();
    expect(result).toMatchObject({ status: "completed" });
    const { reminders: counted } = z.object({ reminders: z.number() }).parse(result);
    expect(await alerts(id, "callback.overdue")).toHaveLength(counted);
  });

  it("is completed once, though asked twenty times at the same instant, and cannot be cancelled afterwards.", async () => {
    const { id } = await requestCallback(db, wish());
    const names = Array.from({ length: 20 }, (_, n) => `Person ${n}`);
    const answers = await Promise.all(
      names.map((by) => salon.post(`/api/v2/callbacks/${id}/complete`, { by, note: `von ${by}` })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    const who = new Set(answers.map((answer) => answer.body.completedBy));
    expect(who.size).toBe(1);
    expect(answers[0]?.body.note).toBe(`von ${[...who][0]}`);
    const cancel = await salon.post(`/api/v2/callbacks/${id}/cancel`, {});
    expect(cancel.status).toBe(409);
    expect(cancel.body.type).toBe("https://askpro.dev/problems/not-changeable");
  });

  it("of one occasion is one, also when fifty ask at once; the more pressing wish counts.", async () => {
    const occasion = `occasion:${randomUUID()}`;
    const asked = await Promise.all(
      Array.from({ length: 50 }, () => requestCallback(db, wish({ occasion, phone: null }))),
    );
    expect(new Set(asked.map((one) => one.id)).size).toBe(1);
    expect(asked.filter((one) => one.created)).toHaveLength(1);
    const id = asked[0]?.id ?? "";
    const pressing = await requestCallback(db, wish({ occasion, priority: "urgent", phone: "+4930123456" }));
    expect(pressing).toMatchObject({ id, created: false, priority: "urgent", withinMs: 2 * 3_600_000 });
    const calmer = await requestCallback(db, wish({ occasion, phone: null }));
    expect(calmer).toMatchObject({ id, priority: "urgent", dueAt: pressing.dueAt });
    expect((await salon.get(`/api/v2/callbacks/${id}`)).body).toMatchObject({ phone: "+4930123456" });
    expect(await alerts(id, "callback.requested")).toHaveLength(2);
  });

  it("that has become more pressing is due then: its workflow does not sleep on.", async () => {
    const occasion = `occasion:${randomUUID()}`;
    const first = await requestCallback(db, wish({ occasion }));
    await until("the workflow", () =>
      runs(first.workflowId)
        .describe()
        .catch(() => null),
    );
    await requestCallback(db, wish({ occasion, priority: "urgent", within: SOON }));
    await until("the reminder", async () => (await alerts(first.id, "callback.overdue")).length > 0);
  });

  it("that was done is a new one when the caller asks anew, but a failure reported again is the same.", async () => {
    for (const [reason, fresh] of [
      ["asked", true],
      ["claimed_booking_missing", false],
    ] as const) {
      const occasion = `occasion:${randomUUID()}`;
      const first = await requestCallback(db, wish({ occasion, reason }));
      await salon.post(`/api/v2/callbacks/${first.id}/complete`, {});
      const again = await requestCallback(db, wish({ occasion, reason }));
      expect(again.created).toBe(fresh);
      expect(again.id === first.id).toBe(!fresh);
    }
  });

  it("takes any text and ids that name nothing: it must not fail itself.", async () => {
    const requested = await requestCallback(
      db,
      wish({
        topic: `Null\u0000 und halb \ud800 ${"lang ".repeat(1_000)}`,
        name: "",
        callId: randomUUID(),
        appointmentId: "call_1",
        customerId: randomUUID(),
        branchId: randomUUID(),
      }),
    );
    const shown = await salon.get(`/api/v2/callbacks/${requested.id}`);
    expect(shown.body).toMatchObject({ callId: null, appointmentId: null, customerId: null, name: null });
    expect(shown.body.topic).toMatch(/^Null {2}und halb {3}lang/);
    expect(shown.body.topic.length).toBeLessThanOrEqual(500);
  });

  it("within another transaction lives and dies with it.", async () => {
    const kept = await inTenant(db, salon.companyId, (tx) => requestCallbackWithin(tx, wish()));
    expect((await salon.get(`/api/v2/callbacks/${kept.id}`)).status).toBe(200);
    let lost = "";
    await expect(
      inTenant(db, salon.companyId, async (tx) => {
        lost = (await requestCallbackWithin(tx, wish())).id;
        throw new Error("the other thing failed");
      }),
    ).rejects.toThrow("the other thing failed");
    expect((await salon.get(`/api/v2/callbacks/${lost}`)).status).toBe(404);
  });

  it("is ended from the Web UI, by an update that refuses what makes no sense, or by Cancel.", async () => {
    const first = await requestCallback(db, wish());
    const handle = runs(first.workflowId);
    await until("the workflow", () => handle.describe().catch(() => null));
    await expect(
      handle.executeUpdate("finishCallback", { args: [{ outcome: "vielleicht", by: "Emma" }] }),
    ).rejects.toThrow();
    const answered = await handle.executeUpdate("finishCallback", {
      args: [{ outcome: "completed", by: "Emma" }],
    });
    expect(answered).toMatchObject({ status: "completed" });
    await handle.result();
    expect((await salon.get(`/api/v2/callbacks/${first.id}`)).body).toMatchObject({ completedBy: "Emma" });

    const second = await requestCallback(db, wish());
    await until("the workflow", () =>
      runs(second.workflowId)
        .describe()
        .catch(() => null),
    );
    await runs(second.workflowId).cancel();
    await until(
      "the row",
      async () => (await salon.get(`/api/v2/callbacks/${second.id}`)).body.status === "cancelled",
    );
    await expect(runs(second.workflowId).result()).rejects.toThrow();
  });

  it("whose workflow was terminated gets another, which reminds anew.", async () => {
    const { id, workflowId } = await requestCallback(db, wish());
    await until("the workflow", () =>
      runs(workflowId)
        .describe()
        .catch(() => null),
    );
    await runs(workflowId).terminate();
    await salon.admin
      .sql`UPDATE callbacks SET due_at = now() - interval '1 hour', started_at = now() - interval '1 hour' WHERE id = ${id}`;
    await until("the reminder", async () => (await alerts(id, "callback.overdue")).length > 0);
    expect((await runs(workflowId).describe()).status.name).toBe("RUNNING");
  });

  it("says nothing personal in its history, search attributes and current details.", async () => {
    const { workflowId, id } = await requestCallback(
      db,
      wish({ within: SOON, priority: "urgent", bestTime: "abends" }),
    );
    await until("the reminder", async () => (await alerts(id, "callback.overdue")).length > 0);
    const handle = runs(workflowId);
    const described = await handle.describe();
    const details = JSON.stringify(await handle.query("__temporal_workflow_metadata"));
    expect(details).toContain("finishCallback");
    const text = JSON.stringify([
      await handle.fetchHistory(),
      described.searchAttributes,
      details,
    ]).replaceAll(/"data": ?"([A-Za-z0-9+/=]+)"/g, (_, data: string) =>
      Buffer.from(data, "base64").toString("utf8"),
    );
    expect(text).not.toMatch(/Neill|15112345678|Kopfhaut|abends/);
    expect(described.searchAttributes.CompanyId).toEqual([salon.companyId]);
  });

  it("that nobody makes for a very long time goes on in a new run, with its count of reminders.", async () => {
    const impatient = await startSalon({
      callbackReminders: { firstMs: 1, longestMs: 1 },
      env: { MAX_HISTORY_EVENTS: "60" },
    });
    const own = connect(impatient.database.url, { max: 1 });
    const { id, workflowId } = await requestCallback(own, {
      ...wish({ companyId: impatient.companyId }),
      within: { urgent: 1, high: 1, normal: 1 },
    });
    await own.close();
    const handle = impatient.temporal.workflow.getHandle(workflowId);
    const first = await until("the first run", () => handle.describe().catch(() => null));
    await until("another run", async () => (await handle.describe()).runId !== first.runId, 50_000);
    await impatient.post(`/api/v2/callbacks/${id}/complete`, {});
    const result = z.object({ reminders: z.number() }).parse(await handle.result());
    const alerts = await impatient.admin.sql`
      SELECT 1 FROM alerts WHERE type = 'callback.overdue' AND data->>'callbackId' = ${id}`;
    expect(alerts).toHaveLength(result.reminders);
  });
});

describe("The worklist", () => {
  it("is ordered by due time, page by page, each callback once; what is done is on the other list.", async () => {
    const own = await startSalon({ worker: false });
    const ownDb = connect(own.database.url, { max: 2 });
    const made: { id: string; due: number }[] = [];
    for (let n = 0; n < 7; n += 1) {
      const requested = await requestCallback(ownDb, {
        ...wish({ companyId: own.companyId }),
        within: { urgent: 1, high: 1, normal: ((n * 5) % 7) * 60_000 },
      });
      made.push({ id: requested.id, due: requested.dueAt.getTime() });
    }
    await ownDb.close();
    const seen: string[] = [];
    for (let cursor: string | null = null, pages = 0; pages < 10; pages += 1) {
      const page: Awaited<ReturnType<Salon["get"]>> = await own.get(
        `/api/v2/callbacks?limit=3${cursor === null ? "" : `&cursor=${cursor}`}`,
      );
      expect(page.status).toBe(200);
      seen.push(...page.body.items.map((item: { id: string }) => item.id));
      cursor = page.body.nextCursor;
      if (cursor === null) break;
    }
    expect(seen).toEqual([...made].sort((a, b) => a.due - b.due).map(({ id }) => id));
    await own.post(`/api/v2/callbacks/${seen[0]}/complete`, "");
    const ids = async (status: string) =>
      (await own.get(`/api/v2/callbacks?status=${status}`)).body.items.map((item: { id: string }) => item.id);
    expect(await ids("open")).toEqual(seen.slice(1));
    expect(await ids("completed")).toEqual(seen.slice(0, 1));
    expect(await ids("all")).toEqual(seen);
  });

  it("knows neither a stranger's callback, nor fields that are none of its own.", async () => {
    const { id } = await requestCallback(db, wish());
    const other = await startSalon({ worker: false });
    for (const path of [id, randomUUID(), "call_1"]) {
      expect((await other.get(`/api/v2/callbacks/${path}`)).status).toBe(404);
      expect((await other.post(`/api/v2/callbacks/${path}/complete`, {})).status).toBe(404);
      expect((await other.post(`/api/v2/callbacks/${path}/cancel`, {})).status).toBe(404);
    }
    const wrong = await salon.post(`/api/v2/callbacks/${id}/complete`, { who: "Emma" });
    expect(wrong.status).toBe(422);
    expect(wrong.body.errors).toEqual([expect.objectContaining({ field: "who" })]);
    expect((await salon.get("/api/v2/callbacks?status=offen")).status).toBe(422);
    expect((await salon.get("/api/v2/callbacks?cursor=x")).status).toBe(422);
    expect((await salon.get(`/api/v2/callbacks/${id}`)).body.status).toBe("open");
  });
});
