import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";
import { ask, expectProblem, makeCompany, type Reply, wish } from "./contract-http.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

const BOOKINGS = "/api/v2/bookings";
const post = (body: unknown, key: string | null, prefer = "wait=30", path = BOOKINGS) =>
  ask(salon, "POST", path, { body, key, prefer });
let last = 0;
const fresh = () => {
  last += 2;
  return slot(last);
};
const settled = (id: string) =>
  until("a settled booking", async () => {
    const seen = await ask(salon, "GET", `${BOOKINGS}/${id}`);
    return seen.body.status === "pending" ? null : seen.body;
  });
const standingIn = (id: string) =>
  salon.calcom.control
    .bookings()
    .filter((one) => one.metadata.appointmentId === id && one.status === "accepted");

/** The same answer once more: byte for byte, and it says so. */
function expectReplay(again: Reply, first: Reply): void {
  expect(again.text).toBe(first.text);
  expect(again.status).toBe(first.status);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect(again.headers.get("location")).toBe(first.headers.get("location"));
  expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
}

describe("an Idempotency-Key", () => {
  it.each([
    ["missing", null],
    ["empty", ""],
    ["of 256 characters", "k".repeat(256)],
    ["with a space", "a key"],
    ["with an umlaut", "schlüssel"],
    ["with a tab", "a\tb"],
  ])("that is %s is refused, for a booking, a move and a cancel", async (_, key) => {
    const there = `${BOOKINGS}/${randomUUID()}`;
    for (const reply of [
      await post(wish(slot(0)), key),
      await post({ start: slot(0) }, key, "", `${there}/reschedule`),
      await post({}, key, "", `${there}/cancel`),
    ]) {
      expectProblem(reply, 400, "idempotency-key-missing", ["Idempotency-Key"]);
    }
  });

  it("may be 255 visible characters of any kind; the workflow then carries its hash", async () => {
    const visible = Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).join("");
    const key = (visible + visible + visible).slice(0, 255);
    const booked = await post(wish(fresh()), key);
    expect(booked.status, booked.text).toBe(201);
    expect(booked.body.workflowId).toMatch(/^booking:[^:]+:api:sha256-[0-9a-f]{64}$/);
    expectReplay(await post(wish(slot(last)), key), booked);
  });

  it("of up to 64 plain characters names the workflow as it is", async () => {
    const key = `Key._-${"x".repeat(58)}`;
    const booked = await post(wish(fresh()), key);
    expect(booked.body.workflowId, booked.text).toBe(`booking:${salon.companyId}:api:${key}`);
  });

  it("that comes again with the same body answers what was answered first, byte for byte", async () => {
    const key = randomUUID();
    const body = wish(fresh(), { notes: "bitte ohne Föhn" });
    const first = await post(body, key);
    expect(first.status, first.text).toBe(201);
    expect(first.headers.get("location")).toBe(`${BOOKINGS}/${first.body.id}`);
    const moved = await post(
      { start: fresh() },
      randomUUID(),
      "wait=30",
      `${BOOKINGS}/${first.body.id}/reschedule`,
    );
    expect(moved.status, moved.text).toBe(200);
    expectReplay(await post(body, key), first);
    expectReplay(await post(body, key, "wait=0"), first);
  });

  it("compares bodies by value: order of keys, spelling of the instant, of the phone, what is null or left out", async () => {
    const key = randomUUID();
    const start = new Date(fresh());
    const first = await post(wish(start.toISOString()), key);
    expect(first.status, first.text).toBe(201);
    const local = new Date(start.getTime() + 9 * 3_600_000).toISOString().slice(0, 19);
    const other = `{ "customer": {"phone": "0151 123 456 78", "email": "JOERG@example.org", "name": " Jörg O'Neill "},
      "start": "${local}+09:00", "notes": null, "branch": null, "source": "api", "staff": "emma", "service": "schnitt" }`;
    expectReplay(await post(other, key), first);
  });

  it.each<[string, Record<string, unknown>]>([
    ["start", { start: "2099-01-01T10:00:00Z" }],
    ["customer", { customer: { name: "Anna", phone: "+4915112345678" } }],
    ["notes", { notes: "x" }],
    ["staff", { staff: "fabian" }],
    ["service that does not exist", { service: "nix" }],
  ])("with another %s is reused, and changes nothing", async (_, over) => {
    const key = randomUUID();
    const body = wish(fresh());
    const first = await post(body, key);
    expect(first.status, first.text).toBe(201);
    expectProblem(await post({ ...body, ...over }, key), 422, "idempotency-key-reused", ["Idempotency-Key"]);
    expectReplay(await post(body, key), first);
    expect(standingIn(first.body.id)).toHaveLength(1);
  });

  it("names one operation, whatever its path", async () => {
    const key = randomUUID();
    const first = await post(wish(fresh()), key);
    const there = `${BOOKINGS}/${first.body.id}`;
    expectProblem(await post({}, key, "", `${there}/cancel`), 422, "idempotency-key-reused");
    expectProblem(
      await post({ start: fresh() }, key, "", `${there}/reschedule`),
      422,
      "idempotency-key-reused",
    );
    const cancelKey = randomUUID();
    expect((await post({}, cancelKey, "wait=30", `${there}/cancel`)).status).toBe(200);
    expectProblem(await post(wish(fresh()), cancelKey), 422, "idempotency-key-reused");
    const other = await post(wish(fresh()), randomUUID());
    const elsewhere = await post({}, cancelKey, "", `${BOOKINGS}/${other.body.id}/cancel`);
    expectProblem(elsewhere, 422, "idempotency-key-reused");
    expect((await ask(salon, "GET", `${BOOKINGS}/${other.body.id}`)).body.status).toBe("confirmed");
  });

  it("of a move and of a cancel answers the same again, though the appointment has changed since", async () => {
    const booked = await post(wish(fresh()), randomUUID());
    const there = `${BOOKINGS}/${booked.body.id}`;
    const [moveKey, cancelKey] = [randomUUID(), randomUUID()];
    const move = { start: fresh(), reason: "Zug verpasst" };
    const moved = await post(move, moveKey, "wait=30", `${there}/reschedule`);
    expect(moved.status, moved.text).toBe(200);
    const cancelled = await post({ reason: "krank" }, cancelKey, "wait=30", `${there}/cancel`);
    expect(cancelled.status, cancelled.text).toBe(200);
    expectReplay(await post(move, moveKey, "wait=30", `${there}/reschedule`), moved);
    expectReplay(await post({ reason: "krank" }, cancelKey, "wait=30", `${there}/cancel`), cancelled);
  });

  it("belongs to the tenant: with another company's it has nothing to do", async () => {
    const token = await makeCompany(salon, "nachbar", {
      name: "Nachbar",
      branches: [{ slug: "laden", name: "Laden", openingHours: { mon: ["09:00-18:00"] } }],
      services: [{ slug: "schnitt", name: "Schnitt", phases: [{ key: "main", minutes: 30 }] }],
    });
    const key = randomUUID();
    const first = await post(wish(fresh()), key);
    expect(first.status, first.text).toBe(201);
    const there = await ask(salon, "POST", BOOKINGS, { body: wish(slot(last)), key, token });
    expectProblem(there, 404, "not-found", ["staff"]);
    const bare = { ...wish(slot(last)), staff: undefined };
    expectProblem(await ask(salon, "POST", BOOKINGS, { body: bare, key, token }), 422, "not-bookable");
  });
});

describe("a refusal", () => {
  it("before the slot was held is not kept: the key may be used again", async () => {
    const key = randomUUID();
    expectProblem(await post(wish("2020-01-01T10:00:00Z"), key), 422, "in-past");
    expectProblem(await post(wish(fresh(), { service: "nix" }), key), 404, "not-found");
    expectProblem(await post(wish(slot(last), { colour: 1 }), key), 422, "invalid-request");
    const taken = slot(last);
    expect((await post(wish(taken), randomUUID())).status).toBe(201);
    const refused = await post(wish(taken), key);
    expectProblem(refused, 409, "slot-taken");
    expect(refused.headers.get("location")).toBeNull();
    const booked = await post(wish(fresh()), key);
    expect(booked.status, booked.text).toBe(201);
    expect(booked.headers.get("idempotency-replayed")).toBeNull();
  });

  it("by Cal.com, after the slot was held, is kept: the same key answers it for good", async () => {
    const start = fresh();
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_CREATED" }, times: 1, mode: "lost" });
    const there = await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Eine",
      email: "e@x.org",
    });
    const key = randomUUID();
    const first = await post(wish(start), key);
    const problem = expectProblem(first, 409, "slot-taken");
    expect(problem.alternatives.length).toBeGreaterThan(0);
    await salon.calcom.control.cancel({ uid: there.uid });
    expectReplay(await post(wish(start), key), first);
    expectProblem(await post(wish(fresh()), key), 422, "idempotency-key-reused");
    const later = await post(wish(start), randomUUID());
    expect(later.status, later.text).toBe(201);
  });
});

describe("two requests with one key at once", () => {
  it("are one booking: the second waits for the first and answers the same", async () => {
    const fault = { match: { operation: "create" }, times: 1, effect: { kind: "delay", ms: 700 } } as const;
    salon.calcom.control.addFault(fault);
    const key = randomUUID();
    const body = wish(fresh());
    const replies = await Promise.all(Array.from({ length: 8 }, () => post(body, key)));
    expect(new Set(replies.map((reply) => `${reply.status} ${reply.text}`)).size).toBe(1);
    expect(replies[0]?.status, replies[0]?.text).toBe(201);
    expect(replies.filter((reply) => reply.headers.get("idempotency-replayed") === null)).toHaveLength(1);
    expect(standingIn(replies[0]?.body.id)).toHaveLength(1);
  });

  it("and different bodies are one booking and one refusal", async () => {
    const key = randomUUID();
    const replies = await Promise.all([post(wish(fresh()), key), post(wish(fresh()), key)]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([201, 422]);
    const refused = replies.find((reply) => reply.status === 422);
    if (refused) expectProblem(refused, 422, "idempotency-key-reused");
  });
});

describe("Prefer: wait", () => {
  it("of 0 answers 202 at once with the pending appointment, and so does the same key later", async () => {
    const key = randomUUID();
    const body = wish(fresh());
    const first = await post(body, key, "wait=0");
    expect(first.status, first.text).toBe(202);
    expect(first.body).toMatchObject({ status: "pending", sync: { state: "pending" }, cancellation: null });
    expect(first.headers.get("location")).toBe(`${BOOKINGS}/${first.body.id}`);
    expect((await settled(first.body.id)).status).toBe("confirmed");
    expectReplay(await post(body, key), first);
  });

  it("that is over while Cal.com is slow gives 202, and the work goes on", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create" },
      times: 1,
      effect: { kind: "delay", ms: 1_200 },
    });
    const started = Date.now();
    const reply = await post(wish(fresh()), randomUUID(), "wait=0.3");
    expect(reply.status, reply.text).toBe(202);
    expect(Date.now() - started).toBeLessThan(1_200);
    expect((await settled(reply.body.id)).status).toBe("confirmed");
  });

  it.each([
    "wait=31",
    "wait=9999999999999999999999",
    "wait=-1",
    "wait=abc",
    "wait",
    "respond-async, wait=20",
    'wait="20"',
    "x;y=z",
  ])("given as %s still books", async (prefer) => {
    const reply = await post(wish(fresh()), randomUUID(), prefer);
    expect(reply.status, reply.text).toBe(201);
  });

  it("counts for a move and a cancel as well: 202 while pending, then done", async () => {
    const booked = await post(wish(fresh()), randomUUID());
    const there = `${BOOKINGS}/${booked.body.id}`;
    const to = fresh();
    const moved = await post({ start: to }, randomUUID(), "wait=0", `${there}/reschedule`);
    expect(moved.status, moved.text).toBe(202);
    await until("the move", async () => {
      const seen = await ask(salon, "GET", there);
      return Date.parse(seen.body.start) === Date.parse(to);
    });
    const cancelled = await post(undefined, randomUUID(), "wait=0", `${there}/cancel`);
    expect(cancelled.status, cancelled.text).toBe(202);
    expect(cancelled.headers.get("location")).toBe(there);
    await until("the cancel", async () => (await ask(salon, "GET", there)).body.status === "cancelled");
  });

  it("is not needed: without it 3.5 seconds are waited", async () => {
    const reply = await ask(salon, "POST", BOOKINGS, { body: wish(fresh()) });
    expect(reply.status, reply.text).toBe(201);
  });
});

describe("a cancel", () => {
  it("may come without a body, with an empty one that calls itself JSON, and with an empty object", async () => {
    for (const [body, headers] of [
      [undefined, {}],
      [undefined, { "Content-Type": "application/json" }],
      [{}, {}],
      [{ reason: null }, {}],
    ] as const) {
      const booked = await post(wish(fresh()), randomUUID());
      const there = `${BOOKINGS}/${booked.body.id}/cancel`;
      const reply = await ask(salon, "POST", there, { body, headers, prefer: "wait=30" });
      expect(reply.status, reply.text).toBe(200);
      expect(reply.body.cancellation.reason).toBeNull();
    }
  });
});
