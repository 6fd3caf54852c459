import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon } from "../support/salon.js";
import { HOSTS } from "../support/salon-document.js";
import { cancel, inboxWorkedOff, move, seen, standing, standingAt, startsOf } from "./booking-situations.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

const FIFTY = Array.from({ length: 50 }, (_, index) => index);

describe("fifty clients at once", () => {
  it("who want one slot: one gets it, forty-nine hear 409 with alternatives, Cal.com has one booking", async () => {
    const answers = await Promise.all(FIFTY.map(() => salon.book({ start: slot(0) })));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(49);
    for (const refused of answers.filter((answer) => answer.status === 409)) {
      expect(refused.body.type).toBe("https://askpro.dev/problems/slot-taken");
      const starts = startsOf(refused);
      expect(starts.length).toBeGreaterThan(0);
      expect(starts.length).toBeLessThanOrEqual(3);
      expect(starts).not.toContain(Date.parse(slot(0)));
    }
    expect(standingAt(salon, HOSTS.emma, slot(0))).toHaveLength(1);
    const rows = await salon.admin.sql`SELECT 1 FROM appointments WHERE start_at = ${slot(0)}`;
    expect(rows).toHaveLength(1);
  });

  it("who want overlapping times of one person: no two of those that are booked overlap", async () => {
    const starts = Array.from({ length: 12 }, (_, index) =>
      new Date(Date.parse(slot(4)) + index * 10 * 60_000).toISOString(),
    );
    const answers = await Promise.all(starts.map((start) => salon.book({ start })));
    const booked = answers
      .filter((answer) => answer.status === 201)
      .map((answer) => [Date.parse(answer.body.start), Date.parse(answer.body.end)] as const)
      .sort(([a], [b]) => a - b);
    expect(booked.length).toBeGreaterThan(0);
    for (const [index, [start]] of booked.entries()) {
      const before = booked[index - 1];
      if (before) expect(start).toBeGreaterThanOrEqual(before[1]);
    }
    expect(answers.every((answer) => answer.status === 201 || answer.status === 409)).toBe(true);
  });

  it("who do not mind by whom: two get it, one each, and nobody is left in between", async () => {
    const answers = await Promise.all(
      FIFTY.slice(0, 10).map(() => salon.book({ service: "beliebig", staff: null, start: slot(14) })),
    );
    const booked = answers.filter((answer) => answer.status === 201);
    expect(booked).toHaveLength(2);
    expect(new Set(booked.map((answer) => answer.body.staff.slug))).toEqual(new Set(["emma", "fabian"]));
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(8);
    for (const host of Object.values(HOSTS)) expect(standingAt(salon, host, slot(14))).toHaveLength(1);
    await inboxWorkedOff(salon);
    const conflicts = await salon.admin.sql`SELECT 1 FROM busy_intervals WHERE conflict`;
    expect(conflicts).toHaveLength(0);
    for (const answer of booked) {
      const [there] = standing(salon, answer.body.id);
      const now = await salon.get(`/api/v2/bookings/${answer.body.id}`);
      expect(there?.hostIds).toEqual([HOSTS[now.body.staff.slug as keyof typeof HOSTS]]);
    }
  });
});

describe("one idempotency key", () => {
  it("fifty times at once makes one booking and fifty equal answers", async () => {
    const key = randomUUID();
    const wish = { start: slot(20), customer: { name: "Anna", email: "anna@example.org" } };
    const answers = await Promise.all(FIFTY.map(() => salon.book(wish, { key })));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const replayed = answers.map((answer) => answer.headers.get("Idempotency-Replayed"));
    expect(replayed.filter((header) => header === "true")).toHaveLength(49);
    expect(new Set(answers.map((answer) => answer.headers.get("Location"))).size).toBe(1);
    expect(standingAt(salon, HOSTS.emma, slot(20))).toHaveLength(1);
  });

  it("answers a refusal by Cal.com the same for ever, also when the slot has become free", async () => {
    const key = randomUUID();
    const wish = { start: slot(22), customer: { name: "Anna", email: "anna@example.org" } };
    salon.calcom.control.addWebhookRule({ mode: "lost" });
    const other = await salon.calcom.control.book({
      eventTypeId: 101,
      start: slot(22),
      name: "Erika",
      email: "e@example.org",
    });
    const refused = await salon.book(wish, { key });
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    await salon.calcom.control.cancel({ uid: other.uid });
    const again = await salon.book(wish, { key });
    expect(again.status).toBe(409);
    expect(again.body).toEqual(refused.body);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
  });

  it("may be used again after a refusal that was given before anything was held", async () => {
    const key = randomUUID();
    await salon.book({ start: slot(24) });
    const refused = await salon.book(
      { start: slot(24), customer: { name: "B", email: "b@example.org" } },
      { key },
    );
    expect(refused.status).toBe(409);
    const other = await salon.book(
      { start: slot(25), customer: { name: "B", email: "b@example.org" } },
      { key },
    );
    expect(other.status).toBe(201);
  });

  it("is compared by value, and refused with another body or another path", async () => {
    const key = randomUUID();
    const customer = { name: "Anna", email: "anna@example.org" };
    const booked = await salon.book({ start: slot(28), customer }, { key });
    const body = { service: "schnitt", staff: "emma", start: slot(28), customer };
    const reordered = `{"customer": ${JSON.stringify({ email: customer.email, name: customer.name })},
      "start": "${new Date(slot(28)).toISOString().replace("Z", "+00:00")}", "staff": "emma", "service": "schnitt"}`;
    const same = await salon.post("/api/v2/bookings", reordered, { key, wait: 20 });
    expect(same.status, JSON.stringify(same.body)).toBe(201);
    expect(same.body).toEqual(booked.body);
    const others = [
      await salon.post("/api/v2/bookings", { ...body, start: slot(30) }, { key }),
      await salon.post("/api/v2/bookings", { ...body, notes: "mehr" }, { key }),
      await salon.post(`/api/v2/bookings/${booked.body.id}/reschedule`, { start: slot(30) }, { key }),
      await salon.post(`/api/v2/bookings/${booked.body.id}/cancel`, {}, { key }),
    ];
    for (const other of others) {
      expect(other.status, JSON.stringify(other.body)).toBe(422);
      expect(other.body.type).toBe("https://askpro.dev/problems/idempotency-key-reused");
    }
    expect(standing(salon, booked.body.id)).toHaveLength(1);
    expect((await salon.get(`/api/v2/bookings/${booked.body.id}`)).body.status).toBe("confirmed");
  });

  it("of a move and of a cancel answers as it did first, though the appointment has changed since", async () => {
    const booked = await salon.book({ start: slot(32) });
    const { id } = booked.body;
    const [moveKey, cancelKey] = [randomUUID(), randomUUID()];
    const path = `/api/v2/bookings/${id}`;
    const moved = await Promise.all(
      FIFTY.slice(0, 10).map(() =>
        salon.post(`${path}/reschedule`, { start: slot(34) }, { key: moveKey, wait: 25 }),
      ),
    );
    expect(new Set(moved.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(new Set(moved.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const cancelled = await Promise.all(
      FIFTY.slice(0, 10).map(() => salon.post(`${path}/cancel`, {}, { key: cancelKey, wait: 25 })),
    );
    expect(new Set(cancelled.map((answer) => answer.status))).toEqual(new Set([200]));
    const replayed = await salon.post(`${path}/reschedule`, { start: slot(34) }, { key: moveKey, wait: 25 });
    expect(replayed.body).toEqual(moved[0]?.body);
    expect(salon.calcom.control.requests({ operation: "reschedule" })).toHaveLength(1);
    expect(standing(salon, id)).toHaveLength(0);
  });
});

describe("many commands at once for one appointment", () => {
  it("twenty moves end as one appointment at one of the wished times, here and there alike", async () => {
    const booked = await salon.book({ start: slot(40) });
    const { id } = booked.body;
    const wished = Array.from({ length: 20 }, (_, index) => slot(42 + index));
    const answers = await Promise.all(wished.map((start) => move(salon, id, { start }, 30)));
    expect(
      answers.every((answer) => [200, 202].includes(answer.status)),
      JSON.stringify(answers.map((a) => a.body)),
    ).toBe(true);
    const here = await seen(salon, id, "a settled appointment", (now) => now.sync.state === "synced", 60_000);
    const there = standing(salon, id);
    expect(there).toHaveLength(1);
    expect(there[0]?.uid).toBe(here.phases[0].calcomUid);
    expect(Date.parse(there[0]?.start ?? "")).toBe(Date.parse(here.start));
    const chairs = await salon.admin.sql`SELECT kind FROM busy_intervals WHERE owner_id = ${id}`;
    expect(chairs).toEqual([expect.objectContaining({ kind: "busy" })]);
  });

  it("moves and cancels mixed end cancelled on both sides, and every caller has an answer", async () => {
    const booked = await salon.book({ staff: "fabian", start: slot(40) });
    const { id } = booked.body;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 4 === 3 ? cancel(salon, id, 30) : move(salon, id, { start: slot(44 + index) }, 30),
      ),
    );
    for (const answer of answers)
      expect([200, 202, 409], JSON.stringify(answer.body)).toContain(answer.status);
    await seen(
      salon,
      id,
      "a cancelled appointment",
      (now) => now.status === "cancelled" && now.sync.state === "synced",
      60_000,
    );
    expect(standing(salon, id)).toHaveLength(0);
    const open = await salon.admin
      .sql`SELECT kind, outcome FROM commands WHERE appointment_id = ${id} AND outcome IS NULL`;
    expect(open).toHaveLength(0);
    const chairs = await salon.admin.sql`SELECT 1 FROM busy_intervals WHERE owner_id = ${id}`;
    expect(chairs).toHaveLength(0);
  });
});
