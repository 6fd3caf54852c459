import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "../../domain/tenant/document.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { OPEN_ALWAYS } from "../support/salon-document.js";
import { ask, expectProblem, type Reply, wish } from "./contract-http.js";

const BOOKINGS = "/api/v2/bookings";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon({
    document: (base) =>
      parseDocument({
        ...base,
        branches: [
          ...base.branches,
          { slug: "kathmandu", name: "Kathmandu", timeZone: "Asia/Kathmandu", openingHours: OPEN_ALWAYS },
        ],
        staff: [
          ...base.staff,
          {
            slug: "tara",
            name: "Tara",
            branches: ["kathmandu"],
            skills: ["cut"],
            workingHours: OPEN_ALWAYS,
            calcomUserId: 13,
          },
        ],
        eventTypes: [...base.eventTypes, { service: "schnitt", staff: "tara", calcomEventTypeId: 103 }],
      }),
  });
});
afterAll(closeSalons);

let last = 0;
const fresh = () => {
  last += 5;
  return slot(last);
};
const book = (over: Record<string, unknown> = {}, prefer = "wait=30") =>
  ask(salon, "POST", BOOKINGS, { body: wish(fresh(), over), prefer });
const change = (id: string, what: string, body: unknown) =>
  ask(salon, "POST", `${BOOKINGS}/${id}/${what}`, { body, prefer: "wait=30" });
const seen = async (id: string): Promise<Reply["body"]> =>
  (await ask(salon, "GET", `${BOOKINGS}/${id}`)).body;
const timeline = async (id: string): Promise<Reply["body"][]> => {
  const reply = await ask(salon, "GET", `${BOOKINGS}/${id}/timeline`);
  expect(reply.status, reply.text).toBe(200);
  expect(Object.keys(reply.body)).toEqual(["items"]);
  return reply.body.items;
};

const BERLIN = "+0[12]:00";
/** A wall time with the offset of a zone. */
const local = (offset: string) =>
  expect.stringMatching(new RegExp(`^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?\\${offset}$`));

describe("an appointment", () => {
  it("has exactly the contract's fields, with the offset of its branch", async () => {
    const start = fresh();
    const reply = await book({ staff: "tara", start, notes: "Stufen", source: "dashboard" });
    expect(reply.status, reply.text).toBe(201);
    const instant = local("+05:45");
    expect(reply.body).toEqual({
      id: expect.stringMatching(UUID),
      version: expect.any(Number),
      status: "confirmed",
      start: instant,
      end: instant,
      timeZone: "Asia/Kathmandu",
      service: { slug: "schnitt", name: "Schnitt" },
      branch: { slug: "kathmandu", name: "Kathmandu" },
      staff: { slug: "tara", name: "Tara" },
      customer: {
        id: expect.stringMatching(UUID),
        name: "Jörg O'Neill",
        email: "joerg@example.org",
        phone: "+4915112345678",
      },
      phases: [
        {
          key: "main",
          start: reply.body.start,
          end: reply.body.end,
          staffRequired: true,
          staff: "tara",
          calcomUid: expect.stringMatching(/^\w+$/),
          sync: "synced",
        },
      ],
      source: "dashboard",
      priceCents: 2500,
      feeCents: 0,
      previousStart: null,
      rescheduleCount: 0,
      cancellation: null,
      sync: {
        state: "synced",
        verifiedAt: instant,
        lastError: null,
        nextAttemptAt: null,
        reviewReason: null,
      },
      workflowId: expect.stringMatching(/^booking:[^:]+:api:[\w.-]+$/),
      createdAt: instant,
      updatedAt: instant,
    });
    expect(Date.parse(reply.body.start)).toBe(Date.parse(start));
    expect(Date.parse(reply.body.end) - Date.parse(start)).toBe(30 * 60_000);
    expect(reply.headers.get("content-type")).toMatch(/^application\/json/);
  });

  it("of several phases shows each of them, gaps without person and booking", async () => {
    const reply = await book({ service: "dauerwelle" });
    expect(reply.status, reply.text).toBe(201);
    const { phases } = reply.body;
    expect(phases.map((phase: { key: string }) => phase.key)).toEqual([
      "wind",
      "act",
      "fix",
      "rest",
      "rinse",
      "cut",
    ]);
    expect(phases[0].start).toBe(reply.body.start);
    expect(phases.at(-1).end).toBe(reply.body.end);
    for (const [index, phase] of phases.entries()) {
      if (index > 0) expect(phase.start).toBe(phases[index - 1].end);
      if (phase.staffRequired) expect(phase).toMatchObject({ staff: "emma", sync: "synced" });
      else expect(phase).toMatchObject({ staff: null, calcomUid: null });
    }
    const uids = phases.flatMap((phase: { calcomUid: string | null }) => phase.calcomUid ?? []);
    expect(new Set(uids).size).toBe(4);
  });

  it("is found at its Location, with 201 as with 202", async () => {
    const [made, pending] = [await book(), await book({}, "wait=0")];
    expect([made.status, pending.status]).toEqual([201, 202]);
    expect(pending.body).toMatchObject({ status: "pending", sync: { state: "pending", verifiedAt: null } });
    expect(pending.body.phases[0].calcomUid).toBeNull();
    for (const reply of [made, pending]) {
      const there = await ask(salon, "GET", reply.headers.get("location") ?? "");
      expect(there.body.id, there.text).toBe(reply.body.id);
    }
    const done = await until("the confirmation", async () => {
      const now = await seen(pending.body.id);
      return now.status === "confirmed" ? now : null;
    });
    expect(done.version).toBeGreaterThan(pending.body.version);
  });

  it("that was moved and cancelled says so, and keeps its id and its workflow", async () => {
    const booked = (await book()).body;
    const moved = await change(booked.id, "reschedule", { start: fresh(), reason: "Zug" });
    expect(moved.status, moved.text).toBe(200);
    expect(moved.body).toMatchObject({
      id: booked.id,
      workflowId: booked.workflowId,
      status: "confirmed",
      previousStart: booked.start,
      rescheduleCount: 1,
      cancellation: null,
    });
    expect(moved.body.phases[0].calcomUid).not.toBe(booked.phases[0].calcomUid);
    const cancelled = await change(booked.id, "cancel", { reason: "krank" });
    expect(cancelled.status, cancelled.text).toBe(200);
    expect(cancelled.body).toMatchObject({ id: booked.id, status: "cancelled", sync: { state: "synced" } });
    expect(cancelled.body.cancellation).toEqual({
      at: local(BERLIN),
      by: "customer",
      reason: "krank",
      kind: expect.any(String),
    });
    expect(cancelled.body.version).toBeGreaterThan(moved.body.version);
  });

  it("frees its time when it is cancelled, and its old time when it is moved", async () => {
    const [first, second] = [fresh(), fresh()];
    const booked = (await book({ start: first })).body;
    expect((await change(booked.id, "reschedule", { start: second })).status).toBe(200);
    expect((await book({ start: first })).status).toBe(201);
    expectProblem(await book({ start: second }), 409, "slot-taken");
    expect((await change(booked.id, "cancel", {})).status).toBe(200);
    expect((await book({ start: second })).status).toBe(201);
  });

  it("that needs confirmation is 202 and pending with its slot held, then as the salon says", async () => {
    for (const [say, becomes] of [
      ["confirm", "confirmed"],
      ["decline", "failed"],
    ] as const) {
      const start = fresh();
      const asked = await book({ service: "anfrage", start });
      expect(asked.status, asked.text).toBe(202);
      expect(asked.body.status).toBe("pending");
      const uid = await until(
        "the request in Cal.com",
        async () => (await seen(asked.body.id)).phases[0].calcomUid,
      );
      expectProblem(await book({ service: "anfrage", start }), 409, "slot-taken");
      await salon.calcom.control[say]({ uid });
      const done = await until(becomes, async () => {
        const now = await seen(asked.body.id);
        return now.status === becomes ? now : null;
      });
      expect(done.id).toBe(asked.body.id);
    }
  });

  it("that was never made is `failed`, listed as such, and named by nobody", async () => {
    const start = fresh();
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_CREATED" }, times: 1, mode: "lost" });
    await salon.calcom.control.book({ eventTypeId: 101, start, name: "Eine", email: "eine@example.org" });
    const refused = await book({ start });
    expectProblem(refused, 409, "slot-taken");
    expect(refused.headers.get("location")).toBeNull();
    expect(refused.text).not.toMatch(/Eine|eine@/);
    const list = await ask(salon, "GET", `${BOOKINGS}?status=failed&from=${start}&limit=1`);
    expect(list.body.items[0]).toMatchObject({ status: "failed", start: local(BERLIN) });
    expectProblem(await change(list.body.items[0].id, "cancel", {}), 409, "not-changeable");
  });

  it("whose host asks for another time is cancelled as such, and reopened by the booking that follows", async () => {
    const booked = (await book()).body;
    await salon.calcom.control.requestReschedule({ uid: booked.phases[0].calcomUid, reason: "Fortbildung" });
    const asked = await until("the cancellation", async () => {
      const now = await seen(booked.id);
      return now.status === "cancelled" ? now : null;
    });
    expect(asked.cancellation).toMatchObject({ kind: "reschedule_requested", reason: "Fortbildung" });
    const to = fresh();
    await salon.calcom.control.move({ uid: booked.phases[0].calcomUid, start: to, by: "attendee" });
    const reopened = await until("the new time", async () => {
      const now = await seen(booked.id);
      return now.status === "confirmed" ? now : null;
    });
    expect(reopened).toMatchObject({ id: booked.id, cancellation: null });
    expect(Date.parse(reopened.start)).toBe(Date.parse(to));
  });
});

describe("the timeline", () => {
  const KINDS = ["command", "remote", "webhook", "echo", "compensation", "review", "notification"];

  it("tells everything that happened, oldest first, in the contract's words", async () => {
    const booked = (await book({ staff: "tara" })).body;
    await salon.calcom.control.move({ uid: booked.phases[0].calcomUid, start: fresh() });
    await until("the move", async () => (await seen(booked.id)).start !== booked.start);
    expect((await change(booked.id, "cancel", { reason: "krank" })).status).toBe(200);
    const items = await until("the echo of the cancel", async () => {
      const all = await timeline(booked.id);
      return all.filter((item) => item.kind === "echo").length > 1 ? all : null;
    });
    for (const item of items) {
      expect(Object.keys(item).sort()).toEqual(["action", "at", "detail", "kind", "outcome"]);
      expect(KINDS).toContain(item.kind);
      expect(item.at).toEqual(local("+05:45"));
      expect(item.action).toMatch(/^[a-z_]+$/);
      expect(item.outcome).toMatch(/^[a-z_-]+$/);
      expect(typeof item.detail).toBe("object");
    }
    const times = items.map((item) => Date.parse(item.at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(items[0]).toMatchObject({ kind: "command", action: "book", outcome: "accepted" });
    expect(new Set(items.map((item) => item.kind))).toEqual(
      new Set(["command", "remote", "webhook", "echo"]),
    );
    expect(items.filter((item) => item.kind === "command" && item.action === "cancel")).toHaveLength(2);
  });
});
