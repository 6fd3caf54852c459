import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "../../domain/tenant/document.js";
import { closeSalons, type Salon, slot, startSalon } from "../support/salon.js";
import { ask, expectProblem, type Reply, wish } from "./contract-http.js";

const BOOKINGS = "/api/v2/bookings";
const DAY = 1_440;
const RULES: Record<string, Record<string, unknown>> = {
  vorlauf: {
    cancel: { noticeMinutes: DAY, feeCents: 500 },
    reschedule: { noticeMinutes: 2 * DAY, feeCents: 300 },
  },
  einmal: { cancel: { maxPerCustomerPerMonth: 1 }, reschedule: { maxPerAppointment: 1, feeCents: 300 } },
  prozent: { cancel: { fee: { percent: 12.5 } }, reschedule: { fee: { percent: 100 } } },
  stufen: {
    cancel: {
      fee: {
        tiers: [
          { minHours: 24, cents: 700 },
          { minHours: 0, cents: 1_500 },
          { minHours: 240, cents: 0 },
        ],
      },
    },
  },
  frei: {},
};

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon({
    document: (base) =>
      parseDocument({
        ...base,
        services: [
          ...base.services,
          ...Object.keys(RULES).map((slug) => ({
            slug,
            name: slug,
            skill: "cut",
            priceCents: 2_500,
            minimumNoticeMinutes: 0,
            phases: [{ key: "main", minutes: 30 }],
          })),
        ],
        eventTypes: [
          ...base.eventTypes,
          ...Object.keys(RULES).flatMap((service, index) => [
            { service, staff: "emma", calcomEventTypeId: 300 + index },
            { service, staff: "fabian", calcomEventTypeId: 320 + index },
          ]),
        ],
        policies: [
          { for: {}, cancel: { feeCents: 11 } },
          { for: { branch: "zentrale" }, reschedule: { feeCents: 22 } },
          { for: { staff: "fabian" }, cancel: { feeCents: 33 } },
          ...Object.entries(RULES).map(([service, rules]) => ({ for: { service }, ...rules })),
        ],
      }),
  });
});
afterAll(closeSalons);

let last = 0;
const fresh = () => {
  last += 2;
  return slot(last);
};
/** On the half hour, about so many hours from now; each call another one. */
const soon = (hours: number) =>
  new Date(Math.ceil(Date.now() / 1_800_000) * 1_800_000 + hours * 3_600_000).toISOString();

async function book(service: string, over: Record<string, unknown> = {}): Promise<Reply["body"]> {
  const customer = { name: "Anna", email: `${randomUUID()}@example.org` };
  const body = wish(fresh(), { service, customer, ...over });
  const reply = await ask(salon, "POST", BOOKINGS, { body, prefer: "wait=30" });
  expect(reply.status, reply.text).toBe(201);
  return reply.body;
}
const cancel = (id: string, body: unknown = {}, key = randomUUID()) =>
  ask(salon, "POST", `${BOOKINGS}/${id}/cancel`, { body, key, prefer: "wait=30" });
const move = (id: string, start: string, over: Record<string, unknown> = {}) =>
  ask(salon, "POST", `${BOOKINGS}/${id}/reschedule`, { body: { start, ...over }, prefer: "wait=30" });
const seen = async (id: string) => (await ask(salon, "GET", `${BOOKINGS}/${id}`)).body;
const decisions = async (id: string) => {
  const [row] = await salon.admin.sql<{ policyDecisions: Record<string, unknown>[] }[]>`
    SELECT policy_decisions FROM appointments WHERE id = ${id}`;
  return row?.policyDecisions ?? [];
};

describe("the notice of a policy", () => {
  it("refuses a late cancel and a late move with its figures, and leaves everything as it was", async () => {
    const booked = await book("vorlauf", { start: soon(12) });
    const refused = expectProblem(await cancel(booked.id), 422, "policy");
    expect(refused).toMatchObject({ rule: "notice", requiredMinutes: DAY, feeCents: 500 });
    const left = (Date.parse(booked.start) - Date.now()) / 60_000;
    expect(Math.abs(refused.remainingMinutes - left)).toBeLessThan(2);
    expect(Number.isInteger(refused.remainingMinutes)).toBe(true);
    expect(expectProblem(await move(booked.id, fresh()), 422, "policy")).toMatchObject({
      rule: "notice",
      requiredMinutes: 2 * DAY,
      feeCents: 300,
    });
    expect(await seen(booked.id)).toMatchObject({ status: "confirmed", start: booked.start, feeCents: 0 });
    expect(salon.calcom.control.requests({ operation: "cancel" })).toHaveLength(0);
  });

  it("lets an early one pass, and the fee is in the answer and stays with the appointment", async () => {
    const booked = await book("vorlauf");
    const moved = await move(booked.id, fresh());
    expect(moved.status, moved.text).toBe(200);
    expect(moved.body).toMatchObject({ feeCents: 300, rescheduleCount: 1, previousStart: booked.start });
    const cancelled = await cancel(booked.id, { reason: "krank" });
    expect(cancelled.status, cancelled.text).toBe(200);
    expect(cancelled.body.feeCents).toBe(800);
    expect((await seen(booked.id)).feeCents).toBe(800);
  });
});

describe("a quota", () => {
  it("counts a customer's own cancellations, and not another's", async () => {
    const customer = { name: "Vielfach", phone: "0151 20000001" };
    const [first, second] = [await book("einmal", { customer }), await book("einmal", { customer })];
    const other = await book("einmal");
    expect((await cancel(first.id)).status).toBe(200);
    const refused = expectProblem(await cancel(second.id), 422, "policy");
    expect(refused.rule).toBe("quota");
    expect(refused).not.toHaveProperty("requiredMinutes");
    expect(refused).not.toHaveProperty("remainingMinutes");
    expect((await cancel(other.id)).status).toBe(200);
    expect((await seen(second.id)).status).toBe("confirmed");
  });

  it("of moves counts those of the appointment", async () => {
    const booked = await book("einmal");
    const moved = await move(booked.id, fresh());
    expect(moved.body.feeCents, moved.text).toBe(300);
    expect(expectProblem(await move(booked.id, fresh()), 422, "policy")).toMatchObject({
      rule: "per_appointment",
    });
    expect(await seen(booked.id)).toMatchObject({
      start: moved.body.start,
      rescheduleCount: 1,
      feeCents: 300,
    });
  });

  it("does not count a move that Cal.com refused", async () => {
    const booked = await book("einmal");
    const to = fresh();
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_CREATED" }, times: 1, mode: "lost" });
    await salon.calcom.control.book({ eventTypeId: 301, start: to, name: "Eine", email: "eine@example.org" });
    expectProblem(await move(booked.id, to), 409, "slot-taken");
    expect(await seen(booked.id)).toMatchObject({ start: booked.start, rescheduleCount: 0, feeCents: 0 });
    expect((await move(booked.id, fresh())).status).toBe(200);
  });
});

describe("a fee", () => {
  it("in percent is that of the price, half a cent upwards", async () => {
    expect((await cancel((await book("prozent")).id)).body.feeCents).toBe(313);
    const moved = await move((await book("prozent")).id, fresh());
    expect(moved.body.feeCents, moved.text).toBe(2_500);
  });

  it("in tiers is that of the hours left", async () => {
    const fee = async (start: string) => (await cancel((await book("stufen", { start })).id)).body.feeCents;
    expect(await fee(soon(5))).toBe(1_500);
    expect(await fee(soon(30))).toBe(700);
    expect(await fee(soon(250))).toBe(0);
  });

  it("is that of the narrowest policy which says something: person, service, branch, company", async () => {
    expect((await cancel((await book("frei")).id)).body.feeCents).toBe(11);
    expect((await move((await book("frei")).id, fresh())).body.feeCents).toBe(22);
    expect((await cancel((await book("prozent", { staff: "fabian" })).id)).body.feeCents).toBe(33);
    expect((await move((await book("einmal", { staff: "fabian" })).id, fresh())).body.feeCents).toBe(300);
  });
});

describe("an appointment", () => {
  it("that is cancelled can be neither moved nor cancelled again, whatever the policy", async () => {
    const booked = await book("vorlauf");
    const key = randomUUID();
    expect((await cancel(booked.id, {}, key)).status).toBe(200);
    expectProblem(await cancel(booked.id), 409, "not-changeable");
    expectProblem(await move(booked.id, fresh()), 409, "not-changeable");
    const again = await cancel(booked.id, {}, key);
    expect(again.status).toBe(200);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  it("that is under way or over cannot be changed either", async () => {
    for (const minutes of [10, 300]) {
      const booked = await book("frei");
      await salon.admin.sql`UPDATE appointments SET start_at = now() - ${minutes}::int * interval '1 minute',
        end_at = now() + (30 - ${minutes}::int) * interval '1 minute' WHERE id = ${booked.id}`;
      expectProblem(await cancel(booked.id), 409, "not-changeable");
      expectProblem(await move(booked.id, fresh()), 409, "not-changeable");
    }
  });

  it("is moved to a time that keeps the booking's rules, and not to one that breaks them", async () => {
    const booked = await book("frei");
    expectProblem(await move(booked.id, "2020-01-01T10:00:00Z"), 422, "in-past", ["start"]);
    expectProblem(await move(booked.id, "2098-01-01T10:00:00Z"), 422, "too-far", ["start"]);
    expectProblem(await move(booked.id, fresh(), { staff: "nobody" }), 404, "not-found", ["staff"]);
    const taken = await book("frei");
    const problem = expectProblem(await move(booked.id, taken.start), 409, "slot-taken");
    expect(problem.alternatives.length).toBeGreaterThan(0);
    expect(await seen(booked.id)).toMatchObject({ status: "confirmed", start: booked.start });
    const elsewhere = await move(booked.id, taken.start, { staff: "fabian" });
    expect(elsewhere.status, elsewhere.text).toBe(200);
    expect(elsewhere.body).toMatchObject({ id: booked.id, staff: { slug: "fabian" }, start: taken.start });
  });
});

describe("every decision of a policy", () => {
  it("stays with the appointment, with what it was decided on, whether it was yes or no", async () => {
    const booked = await book("vorlauf", { start: soon(40) });
    expectProblem(await move(booked.id, fresh()), 422, "policy");
    expect((await cancel(booked.id)).status).toBe(200);
    const kept = await decisions(booked.id);
    expect(kept).toEqual([
      expect.objectContaining({ allowed: false, rule: "notice", requiredMinutes: 2 * DAY }),
      expect.objectContaining({ allowed: true, feeCents: 500 }),
    ]);
    expect(kept[1]?.policy).toMatchObject({
      action: "cancel",
      scope: "service",
      noticeMinutes: DAY,
      priceCents: 2_500,
    });
    const timeline = await ask(salon, "GET", `${BOOKINGS}/${booked.id}/timeline`);
    expect(timeline.body.items).toContainEqual(
      expect.objectContaining({
        kind: "command",
        action: "reschedule",
        outcome: "refused",
        detail: expect.objectContaining({ problem: "policy", rule: "notice", requiredMinutes: 2 * DAY }),
      }),
    );
  });
});
