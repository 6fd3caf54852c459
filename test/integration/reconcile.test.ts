import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import { type Operations, startOperations } from "./reconcile-rig.js";

let salon: Salon;
let operations: Operations;
let lastSlot = 0;

beforeAll(async () => {
  salon = await startSalon();
  operations = await startOperations(salon);
});
afterAll(async () => {
  await operations?.close();
  await closeSalons();
});
beforeEach(async () => {
  salon.calcom.control.clearWebhookRules();
  salon.calcom.control.clearFaults();
  // What an earlier test left to be found must not count here.
  await operations.reconcile();
  await settled();
});

/** Two hours that no other test of this file uses. */
function next(): number {
  lastSlot += 4;
  return lastSlot;
}

function loseWebhooks(): void {
  salon.calcom.control.addWebhookRule({ mode: "lost", times: -1 });
}

interface EventRow {
  kind: string;
  status: string;
  outcome: string | null;
}

async function queued(uid: string): Promise<EventRow[]> {
  return await salon.admin.sql<EventRow[]>`
    SELECT event->>'kind' AS kind, status, decision->>'decision' AS outcome FROM webhook_events
    WHERE source = 'reconcile' AND uid = ${uid} ORDER BY received_at`;
}

/** Everything in the inbox has been applied. */
async function settled(): Promise<void> {
  await until("an empty inbox", async () => {
    const rows = await salon.admin
      .sql`SELECT 1 FROM webhook_events WHERE status IN ('waiting', 'delivered') LIMIT 1`;
    return rows.length === 0;
  });
}

async function appointment(id: string) {
  const answer = await salon.get(`/api/v2/bookings/${id}`);
  expect(answer.status).toBe(200);
  return answer.body;
}

async function appointmentOf(uid: string) {
  const [row] = await salon.admin.sql<{ id: string }[]>`
    SELECT appointment_id AS id FROM appointment_phases WHERE calcom_uid = ${uid}`;
  return row ? await appointment(row.id) : null;
}

async function person(eventTypeId: number, n: number, more: { hostId?: number } = {}) {
  return await salon.calcom.control.book({
    eventTypeId,
    start: slot(n),
    name: "Anna Muster",
    email: `${randomUUID()}@example.org`,
    ...more,
  });
}

/** An appointment that we know, made by a person in Cal.com. */
async function knownBooking(eventTypeId: number, n: number, more: { hostId?: number } = {}) {
  const made = await person(eventTypeId, n, more);
  const known = await until("the imported appointment", () => appointmentOf(made.uid));
  return { uid: made.uid, id: String(known.id) };
}

describe("reconcile", () => {
  it("makes an appointment of a booking whose webhook was lost, once", async () => {
    loseWebhooks();
    const made = await person(TYPES.cutEmma, next());
    const first = await operations.reconcile();
    expect(first).toMatchObject({ status: 200, body: { healed: 1 } });
    expect(first.body.checked).toBeGreaterThan(0);
    const second = await operations.reconcile();
    expect(second.body.healed).toBe(0);
    await settled();
    expect(await appointmentOf(made.uid)).toMatchObject({ status: "confirmed", source: "calcom" });
    expect(await queued(made.uid)).toEqual([{ kind: "created", status: "processed", outcome: "create" }]);
    expect((await operations.reconcile()).body.healed).toBe(0);
  });

  it("moves an appointment of ours that a person moved, and causes no call that changes anything", async () => {
    const n = next();
    const booked = await salon.book({ start: slot(n) });
    loseWebhooks();
    const moved = await salon.calcom.control.move({
      uid: booked.body.phases[0].calcomUid,
      start: slot(n + 2),
    });
    salon.calcom.control.clearRequests();
    expect((await operations.reconcile()).body.healed).toBe(1);
    await settled();
    const after = await appointment(booked.body.id);
    expect(Date.parse(after.start)).toBe(Date.parse(slot(n + 2)));
    expect(after).toMatchObject({ status: "confirmed", phases: [{ calcomUid: moved.uid }] });
    expect((await operations.reconcile()).body.healed).toBe(0);
    for (const operation of ["create", "reschedule", "cancel"]) {
      expect(salon.calcom.control.requests({ operation })).toHaveLength(0);
    }
  });

  it("follows a chain of lost moves to its end, and every uid of it leads to the appointment", async () => {
    const n = next();
    const known = await knownBooking(TYPES.cutEmma, n);
    loseWebhooks();
    const once = await salon.calcom.control.move({ uid: known.uid, start: slot(n + 1) });
    const twice = await salon.calcom.control.move({ uid: once.uid, start: slot(n + 2) });
    expect((await operations.reconcile()).body.healed).toBe(1);
    await settled();
    const after = await appointment(known.id);
    expect(Date.parse(after.start)).toBe(Date.parse(slot(n + 2)));
    expect(after.phases[0].calcomUid).toBe(twice.uid);
    const links = await salon.admin.sql`
      SELECT uid FROM calcom_uids WHERE appointment_id = ${known.id} ORDER BY uid`;
    expect(links.map((link) => link.uid)).toEqual([known.uid, once.uid, twice.uid].sort());
    const standing = await salon.admin.sql`
      SELECT 1 FROM appointment_phases WHERE calcom_uid = ANY(${[known.uid, once.uid, twice.uid]}::text[])`;
    expect(standing).toHaveLength(1);
  });

  it("makes one appointment of a booking that was made and moved while nobody told us", async () => {
    const n = next();
    loseWebhooks();
    const made = await person(TYPES.cutEmma, n);
    const moved = await salon.calcom.control.move({ uid: made.uid, start: slot(n + 2) });
    expect((await operations.reconcile()).body.healed).toBe(1);
    await settled();
    expect(await appointmentOf(made.uid)).toBeNull();
    const found = await appointmentOf(moved.uid);
    expect(Date.parse(found.start)).toBe(Date.parse(slot(n + 2)));
  });

  it("cancels what a person cancelled, also after a move that was lost too", async () => {
    const n = next();
    const plain = await knownBooking(TYPES.cutEmma, n);
    const chained = await knownBooking(TYPES.cutEmma, n + 1);
    loseWebhooks();
    await salon.calcom.control.cancel({ uid: plain.uid });
    const moved = await salon.calcom.control.move({ uid: chained.uid, start: slot(n + 2) });
    await salon.calcom.control.cancel({ uid: moved.uid });
    expect((await operations.reconcile()).body.healed).toBe(2);
    await settled();
    expect(await appointment(plain.id)).toMatchObject({
      status: "cancelled",
      cancellation: { by: "calcom" },
    });
    expect(await appointment(chained.id)).toMatchObject({ status: "cancelled" });
    expect((await operations.reconcile()).body.healed).toBe(0);
  });

  it("confirms and declines requests that were decided in Cal.com", async () => {
    const n = next();
    const yes = await knownBooking(TYPES.onRequest, n);
    const no = await knownBooking(TYPES.onRequest, n + 1);
    expect(await appointment(yes.id)).toMatchObject({ status: "pending" });
    loseWebhooks();
    await salon.calcom.control.confirm({ uid: yes.uid });
    await salon.calcom.control.decline({ uid: no.uid });
    expect((await operations.reconcile()).body.healed).toBe(2);
    await settled();
    expect(await appointment(yes.id)).toMatchObject({ status: "confirmed" });
    expect(await appointment(no.id)).toMatchObject({ status: "failed" });
    expect((await operations.reconcile()).body.healed).toBe(0);
  });

  it("confirms a request of ours although the booking carries our own operation", async () => {
    const booked = await salon.book({ service: "anfrage", start: slot(next()) });
    expect(booked.status).toBe(202);
    const requested = await until("Cal.com's uid", async () => {
      const seen = await appointment(booked.body.id);
      return seen.phases[0].calcomUid === null ? null : seen;
    });
    loseWebhooks();
    await salon.calcom.control.confirm({ uid: requested.phases[0].calcomUid });
    expect((await operations.reconcile()).body.healed).toBe(1);
    await settled();
    expect(await appointment(booked.body.id)).toMatchObject({ status: "confirmed" });
  });

  it("gives an appointment to the host to whom it was reassigned", async () => {
    const known = await knownBooking(TYPES.anyone, next(), { hostId: HOSTS.emma });
    expect(await appointment(known.id)).toMatchObject({ staff: { slug: "emma" } });
    loseWebhooks();
    await salon.calcom.control.reassign({ uid: known.uid, hostId: HOSTS.fabian });
    expect((await operations.reconcile()).body.healed).toBe(1);
    await settled();
    expect(await appointment(known.id)).toMatchObject({ staff: { slug: "fabian" } });
    expect((await operations.reconcile()).body.healed).toBe(0);
  });

  it("notes a no-show, and that it was taken back", async () => {
    const made = await person(TYPES.cutFabian, next());
    const underWay = new Date(Math.floor(Date.now() / 60_000 - 10) * 60_000).toISOString();
    const known = await salon.calcom.control.move({ uid: made.uid, start: underWay, force: true });
    const { id } = await until("the appointment under way", () => appointmentOf(known.uid));
    loseWebhooks();
    await salon.calcom.control.markNoShow({ uid: known.uid, attendee: true });
    expect((await operations.reconcile()).body.healed).toBe(1);
    await settled();
    expect(await appointment(id)).toMatchObject({ status: "no_show" });
    expect((await operations.reconcile()).body.healed).toBe(0);
    await salon.calcom.control.markNoShow({ uid: known.uid, attendee: false });
    expect((await operations.reconcile()).body.healed).toBe(1);
    await settled();
    expect(await appointment(id)).toMatchObject({ status: "confirmed" });
  });

  it("counts what was healed", async () => {
    const before = await operations.get("/api/v2/calcom/sync-status");
    loseWebhooks();
    await person(TYPES.cutFabian, next());
    await operations.reconcile();
    await settled();
    const after = await operations.get("/api/v2/calcom/sync-status");
    expect(after.body.lostWebhooksHealed).toBe(before.body.lostWebhooksHealed + 1);
  });
});

describe("reconcile leaves alone", () => {
  it("what is in sync, and what webhooks have told already", async () => {
    const n = next();
    const known = await knownBooking(TYPES.cutEmma, n);
    await salon.book({ start: slot(n + 1) });
    const moved = await salon.calcom.control.move({ uid: known.uid, start: slot(n + 2) });
    await until("the move", async () => (await appointmentOf(moved.uid)) !== null);
    const answer = await operations.reconcile();
    expect(answer.body.healed).toBe(0);
    expect(answer.body.checked).toBeGreaterThanOrEqual(3);
  });

  it("what a webhook in the inbox is about to tell", async () => {
    await salon.stopApi();
    const made = await person(TYPES.cutEmma, next());
    await salon.admin.sql`
      INSERT INTO webhook_events (id, company_id, source, semantic_key, trigger, uid, event, person, status, relay_at)
      VALUES (${randomUUID()}, ${salon.companyId}, 'webhook', ${randomUUID()}, 'BOOKING_CREATED', ${made.uid},
        ${salon.admin.sql.json({ kind: "created", start: made.start, organizerId: null, noShow: null })}, '{}', 'waiting',
        now() + interval '1 day')`;
    expect((await operations.reconcile()).body.healed).toBe(0);
    await salon.admin.sql`DELETE FROM webhook_events WHERE uid = ${made.uid}`;
    expect((await operations.reconcile()).body.healed).toBe(1);
    await salon.startApi();
    await settled();
  });

  it("a booking of our own that is still being made, until its operation is over", async () => {
    loseWebhooks();
    salon.calcom.control.addFault({
      match: { operation: "create" },
      effect: { kind: "commit-then-delay", ms: 1_200 },
    });
    const n = next();
    const booking = salon.book({ start: slot(n) });
    const there = await until("the booking in Cal.com", async () =>
      salon.calcom.control.bookings().find((row) => Date.parse(row.start) === Date.parse(slot(n))),
    );
    const during = await operations.reconcile();
    const [operation] = await salon.admin.sql<{ state: string }[]>`
      SELECT state FROM remote_operations WHERE id = ${String(there.metadata.operationId)}`;
    expect(operation?.state).toBe("sent");
    expect(during.body.healed).toBe(0);
    expect((await booking).status).toBe(201);
    expect((await operations.reconcile()).body.healed).toBe(0);
    expect(await queued(there.uid)).toEqual([]);
  });

  it("our own moves and cancels, whose webhooks were lost", async () => {
    const n = next();
    loseWebhooks();
    const booked = await salon.book({ start: slot(n) });
    const path = `/api/v2/bookings/${booked.body.id}`;
    await salon.post(`${path}/reschedule`, { start: slot(n + 1) }, { wait: 20 });
    await operations.reconcile();
    await salon.post(`${path}/cancel`, {}, { wait: 20 });
    expect((await operations.reconcile()).body.healed).toBe(0);
    expect(await appointment(booked.body.id)).toMatchObject({ status: "cancelled" });
  });

  it("bookings of event types that are none of ours", async () => {
    salon.calcom.control.putEventType({
      id: 999,
      title: "Privat",
      lengthInMinutes: 30,
      schedulingType: "roundRobin",
      teamId: 50,
      hosts: [HOSTS.emma],
    });
    loseWebhooks();
    const made = await person(999, next());
    expect((await operations.reconcile()).body.healed).toBe(0);
    expect(await queued(made.uid)).toEqual([]);
  });
});

describe("when Cal.com cannot be asked", () => {
  it("the run says so and the next one goes on from the same watermark", async () => {
    const watermark = async () => {
      const [row] = await salon.admin.sql<{ watermark: Date; lastError: string | null }[]>`
        SELECT watermark, last_error FROM reconciliations WHERE company_id = ${salon.companyId}`;
      return row;
    };
    const before = await watermark();
    loseWebhooks();
    const made = await person(TYPES.cutEmma, next());
    salon.calcom.control.addFault({
      match: { operation: "list" },
      effect: { kind: "status", code: 503, envelope: "html" },
    });
    const failed = await operations.reconcile();
    expect(failed.status).toBe(503);
    expect(failed.body.type).toBe("https://askpro.dev/problems/temporarily-unavailable");
    expect(await watermark()).toEqual({ ...before, lastError: "unavailable" });
    expect((await operations.reconcile()).body.healed).toBe(1);
    await settled();
    expect(await appointmentOf(made.uid)).toMatchObject({ status: "confirmed" });
    expect(await watermark()).toEqual({ watermark: new Date(made.updatedAt), lastError: null });
  });
});
