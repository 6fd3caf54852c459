import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FaultInput } from "./settings.js";
import type { Simulator } from "./simulator.js";
import { at, bookingBody, call, startSalon, TYPE, until } from "./test-rig.js";

let sim: Simulator;
beforeAll(async () => {
  sim = await startSalon();
});
afterAll(() => sim.close());
beforeEach(async () => {
  await sim.control.reset("bookings");
  sim.control.setRateLimit(null);
});

const book = (start: string, email?: string, type: number = TYPE.single) =>
  call(sim, "POST", "/v2/bookings", bookingBody(type, start, email));
const onCreate = (effect: FaultInput["effect"], times = 1) =>
  sim.control.addFault({ match: { operation: "create" }, times, effect });

describe("ambiguous answers", () => {
  it("commits and cuts the connection", async () => {
    onCreate({ kind: "commit-then-drop" });
    await expect(book(at(9))).rejects.toThrow();
    expect(sim.control.bookings()).toHaveLength(1);
    expect(sim.control.requests().at(-1)?.status).toBe(0);
  });

  it("cuts the connection before anything happened", async () => {
    onCreate({ kind: "drop-before-commit" });
    await expect(book(at(9))).rejects.toThrow();
    expect(sim.control.bookings()).toHaveLength(0);
    expect((await book(at(9))).status).toBe(201);
  });

  it("commits and answers a raw 500, or the text of a taken slot", async () => {
    onCreate({ kind: "commit-then-500" });
    expect((await book(at(9))).body).toEqual({ statusCode: 500, message: "Internal server error" });
    onCreate({ kind: "400-although-created" });
    const reply = await book(at(10));
    expect([reply.status, reply.message]).toEqual([
      400,
      "User either already has booking at this time or is not available",
    ]);
    expect(sim.control.bookings()).toHaveLength(2);
  });

  it("says taken without having looked", async () => {
    onCreate({ kind: "taken-400" });
    expect((await book(at(9), "a@x.test", TYPE.robin)).message).toContain(
      "One of the hosts either already has booking",
    );
    expect(sim.control.bookings()).toHaveLength(0);
  });

  it("answers later than the client waits, though it committed at once", async () => {
    onCreate({ kind: "commit-then-delay", ms: 300 });
    const impatient = fetch(`${sim.url}/v2/bookings`, {
      method: "POST",
      headers: { "content-type": "application/json", "cal-api-version": "2024-08-13" },
      body: JSON.stringify(bookingBody(TYPE.single, at(9))),
      signal: AbortSignal.timeout(100),
    });
    await expect(impatient).rejects.toThrow();
    expect(sim.control.bookings()).toHaveLength(1);
  });

  it.each([
    ["delay-then-commit", 1],
    ["delay", 0],
  ] as const)("with %s leaves %i bookings once the client has gone", async (kind, count) => {
    onCreate({ kind, ms: 200 });
    const impatient = fetch(`${sim.url}/v2/bookings`, {
      method: "POST",
      headers: { "content-type": "application/json", "cal-api-version": "2024-08-13" },
      body: JSON.stringify(bookingBody(TYPE.single, at(9))),
      signal: AbortSignal.timeout(60),
    });
    await expect(impatient).rejects.toThrow();
    const lookup = await call(sim, "GET", "/v2/bookings?attendeeEmail=guest@example.test");
    expect(lookup.body.data).toEqual([]);
    await until(
      () => sim.control.requests({ operation: "create" })[0]?.status !== null,
      "the slow request's end",
    );
    expect(sim.control.bookings()).toHaveLength(count);
  });

  it("lets a late commit collide with the retry on the unique key, or double it by force", async () => {
    onCreate({ kind: "delay-then-commit", ms: 100 });
    const late = book(at(9));
    await until(() => sim.control.requests().length === 1, "the slow request's arrival");
    expect((await book(at(9))).status).toBe(201);
    expect((await late).status).toBe(409);
    onCreate({ kind: "delay-then-commit", ms: 100, force: true });
    const forced = book(at(11));
    await until(() => sim.control.requests().length === 3, "the second slow request's arrival");
    expect((await book(at(11))).status).toBe(201);
    expect((await forced).status).toBe(201);
    expect(sim.control.bookings()).toHaveLength(3);
  });

  it("forgets a slow request when it is reset meanwhile", async () => {
    onCreate({ kind: "delay-then-commit", ms: 80 });
    const late = book(at(9));
    await until(() => sim.control.requests().length === 1, "the slow request's arrival");
    await sim.control.reset("bookings");
    await expect(late).rejects.toThrow();
    expect(sim.control.bookings()).toHaveLength(0);
  });

  it("puts somebody else's older booking into the answer, or leaves the uid out", async () => {
    const older = await book(at(8), "older@x.test");
    onCreate({ kind: "return-older-foreign-booking" });
    const reply = await book(at(9));
    expect([reply.status, reply.data.uid]).toEqual([201, older.data.uid]);
    onCreate({ kind: "answer-without-uid" });
    const bare = await book(at(10));
    expect(bare.status).toBe(201);
    expect(bare.data).not.toHaveProperty("uid");
    expect(sim.control.bookings()).toHaveLength(2);
  });

  it("hides new bookings and changes from GET and list while the replica lags", async () => {
    onCreate({ kind: "replica-lag", ms: 250 });
    const made = await book(at(9));
    const path = `/v2/bookings/${String(made.data.uid)}`;
    expect((await call(sim, "GET", path)).status).toBe(404);
    expect((await call(sim, "GET", "/v2/bookings")).body.data).toEqual([]);
    expect((await book(at(9), "b@x.test")).status).toBe(400);
    const started = Date.now();
    while ((await call(sim, "GET", path)).status === 404 && Date.now() - started < 3_000);
    expect((await call(sim, "GET", "/v2/bookings")).body.data).toHaveLength(1);
    sim.control.set({ replicaLagMs: 60_000 });
    await call(sim, "POST", `${path}/cancel`, { cancellationReason: "x" });
    expect((await call(sim, "GET", path)).data.status).toBe("accepted");
    const again = await call(sim, "POST", `${path}/cancel`, { cancellationReason: "x" });
    expect(again.body).toEqual({ statusCode: 400, message: "This booking has already been cancelled." });
    sim.control.set({ replicaLagMs: 0 });
    expect((await call(sim, "GET", path)).data.status).toBe("cancelled");
  });

  it("answers a raw 500 although the booking exists, where create re-reads a lagging replica", async () => {
    sim.control.set({ replicaLagMs: 60_000, createReadsReplica: true });
    expect((await book(at(9))).status).toBe(500);
    expect(sim.control.bookings()).toHaveLength(1);
  });
});

describe("rules", () => {
  it("strike only what they match and as often as they say", async () => {
    sim.control.addFault({
      match: { operation: "create", eventTypeId: TYPE.lengths },
      times: 2,
      effect: { kind: "taken-400" },
    });
    expect((await book(at(9))).status).toBe(201);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await book(at(10 + i), "a@x.test", TYPE.lengths)).status);
    expect(statuses).toEqual([400, 400, 201]);
    const { uid } = (await book(at(20))).data;
    sim.control.addFault({ match: { uid: String(uid) }, times: -1, effect: { kind: "401" } });
    expect((await call(sim, "GET", `/v2/bookings/${String(uid)}`)).status).toBe(401);
    sim.control.clearFaults();
    expect((await call(sim, "GET", `/v2/bookings/${String(uid)}`)).status).toBe(200);
  });

  it("draw the same chaos from the same seed", async () => {
    const run = async () => {
      await sim.control.reset("bookings");
      sim.control.seedRandom(7);
      sim.control.addFault({
        times: -1,
        probability: 0.5,
        effect: { kind: "one-of", effects: [{ kind: "401" }, { kind: "status", code: 500, envelope: "c" }] },
      });
      const statuses: number[] = [];
      for (let i = 0; i < 20; i++) statuses.push((await call(sim, "GET", "/v2/me")).status);
      return statuses;
    };
    const first = await run();
    expect(new Set(first)).toEqual(new Set([200, 401, 500]));
    expect(await run()).toEqual(first);
  });

  it("refuse everything while Cal.com is down, by 503 or by silence", async () => {
    sim.control.set({ down: "503" });
    expect((await call(sim, "GET", "/v2/me")).status).toBe(503);
    sim.control.set({ down: "drop" });
    await expect(call(sim, "GET", "/v2/me")).rejects.toThrow();
    sim.control.set({ down: false });
    expect((await call(sim, "GET", "/v2/me")).status).toBe(200);
  });

  it("make one operation slow and leave the others alone", async () => {
    sim.control.set({ latency: { get: 120 } });
    const time = async (path: string) => {
      const started = performance.now();
      await call(sim, "GET", path);
      return performance.now() - started;
    };
    expect(await time("/v2/bookings/nobody")).toBeGreaterThanOrEqual(115);
    expect(await time("/v2/me")).toBeLessThan(115);
  });
});

describe("rate limit", () => {
  it("allows 120 a minute, then blocks for a minute, with suffixed headers in seconds and no Retry-After", async () => {
    sim.control.setRateLimit({ limit: 120, windowMs: 60_000, blockMs: 60_000 });
    const replies = [];
    for (let i = 0; i < 121; i++) replies.push(await call(sim, "GET", "/v2/me"));
    const [first] = replies;
    const last = replies[120];
    expect(replies.slice(0, 120).every((reply) => reply.status === 200)).toBe(true);
    expect(first?.headers.get("x-ratelimit-limit-default")).toBe("120");
    expect(first?.headers.get("x-ratelimit-remaining-default")).toBe("119");
    expect(last?.status).toBe(429);
    expect(Number(last?.headers.get("x-ratelimit-reset-default"))).toBe(60);
    expect(last?.headers.has("retry-after")).toBe(false);
    expect(last?.body.error).toEqual({
      code: "ThrottlerException",
      message: "CustomThrottlerGuard - Too many requests. Please try again later.",
      details: "CustomThrottlerGuard - Too many requests. Please try again later.",
    });
    expect((await call(sim, "GET", "/v2/me", undefined, { authorization: "Bearer cal_member" })).status).toBe(
      200,
    );
    const unknown = await call(sim, "GET", "/v2/me", undefined, { authorization: "Bearer cal_wrong" });
    expect(unknown.message).toBe("CustomThrottlerGuard - Invalid API Key");
  });

  it("blocks one key on demand and lets it go when the block ends", async () => {
    sim.control.addFault({ effect: { kind: "429-block", ms: 200 } });
    expect((await call(sim, "GET", "/v2/me")).status).toBe(429);
    expect((await call(sim, "GET", "/v2/me")).status).toBe(429);
    expect((await call(sim, "GET", "/v2/me", undefined, { authorization: "Bearer cal_member" })).status).toBe(
      200,
    );
    const deadline = Date.now() + 3_000;
    let status = 429;
    while (status === 429 && Date.now() < deadline) status = (await call(sim, "GET", "/v2/me")).status;
    expect(status).toBe(200);
  });
});
