import { afterEach, describe, expect, it } from "vitest";
import type { BudgetStore, LeaseRequest } from "../domain/calcom/budget.js";
import { keyHash } from "./api.js";
import type { BreakerChange } from "./breaker.js";
import type { CalcomClientDeps } from "./create-client.js";
import {
  BOOKING,
  failure,
  INPUT,
  LIVE,
  raw,
  reply,
  type Scripted,
  scripted,
} from "./fixtures/scripted-server.js";
import { createMemoryBudget } from "./memory-budget.js";

const opened: Scripted[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function cal(overrides: Partial<CalcomClientDeps> = {}): Promise<Scripted> {
  const each = await scripted(overrides);
  opened.push(each);
  return each;
}

/** A store that keeps what it was asked. */
function watched(): BudgetStore & { leases: LeaseRequest[]; returned: number; blocked: number[] } {
  const inner = createMemoryBudget();
  const self = {
    leases: [] as LeaseRequest[],
    returned: 0,
    blocked: [] as number[],
    lease: (request: LeaseRequest) => {
      self.leases.push(request);
      return inner.lease(request);
    },
    giveBack: (keyHash: string, tokens: number) => {
      self.returned += tokens;
      return inner.giveBack(keyHash, tokens);
    },
    block: (keyHash: string, forMs: number) => {
      self.blocked.push(forMs);
      return inner.block(keyHash, forMs);
    },
  };
  return self;
}

const get = (c: Scripted, lane: "live" | "webhook" | "background" = "live") =>
  c.client.getBooking(c.account, "u", { lane });
const headers = (limit: number, remaining: number, reset: number) => ({
  "X-RateLimit-Limit-Default": String(limit),
  "X-RateLimit-Remaining-Default": String(remaining),
  "X-RateLimit-Reset-Default": String(reset),
});

describe("the budget of a key", () => {
  it("costs far fewer leases than calls, and gives back what was not used", async () => {
    const budget = watched();
    const c = await cal({ budget });
    c.handler = reply(BOOKING);
    for (let i = 0; i < 40; i += 1) await get(c);
    expect(budget.leases.length).toBeLessThanOrEqual(11);
    await c.client.close();
    const taken = budget.leases.reduce((sum, lease) => sum + lease.tokens, 0);
    expect(taken - budget.returned).toBe(40);
  });

  it("refuses a live call that would wait longer than a caller does, and sends nothing", async () => {
    const c = await cal({ requestsPerMinute: 6 });
    c.handler = reply(BOOKING);
    for (let i = 0; i < 6; i += 1) await get(c);
    const begun = Date.now();
    const error = await failure(c.client.createBooking(c.account, INPUT, LIVE));
    expect(error).toMatchObject({ kind: "budget_exhausted", mayHaveHappened: false, status: null });
    expect(error.retryAfterMs).toBeGreaterThan(2_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(10_000);
    expect(Date.now() - begun).toBeLessThan(1_500);
    expect(c.seen).toHaveLength(6);
    expect(c.client.state(c.account).budget).toEqual({ limit: 6, remaining: 0 });
  });

  it("lets a call wait for a token that comes soon", async () => {
    const c = await cal({ requestsPerMinute: 60 });
    c.handler = reply(BOOKING);
    for (let i = 0; i < 60; i += 1) await get(c);
    await get(c);
    expect(c.seen).toHaveLength(61);
  });

  it("keeps the last tenth from webhooks and the last third from background work", async () => {
    const c = await cal({ requestsPerMinute: 10 });
    c.handler = reply(BOOKING);
    const gone = new AbortController();
    for (let i = 0; i < 7; i += 1) await get(c, "background");
    const waiting = failure(c.client.getBooking(c.account, "u", { lane: "background", signal: gone.signal }));
    for (let i = 0; i < 2; i += 1) await get(c, "webhook");
    await get(c, "live");
    expect(c.seen).toHaveLength(10);
    gone.abort();
    expect(await waiting).toMatchObject({ kind: "aborted", mayHaveHappened: false });
    expect(c.seen).toHaveLength(10);
  });

  it("is blocked for every process after a 429, as long as Cal.com says", async () => {
    const budget = watched();
    const c = await cal({ budget });
    c.handler = raw(
      429,
      '{"status":"error","error":{"code":"ThrottlerException","message":"m","details":"m"}}',
      headers(120, 0, 43),
    );
    const error = await failure(c.client.createBooking(c.account, INPUT, LIVE));
    expect(error).toMatchObject({ kind: "rate_limited", status: 429, mayHaveHappened: false });
    expect(error.retryAfterMs).toBeGreaterThanOrEqual(43_000);
    expect(error.retryAfterMs).toBeLessThan(45_000);
    expect(budget.blocked).toEqual([error.retryAfterMs]);
    expect(await failure(get(c))).toMatchObject({ kind: "budget_exhausted" });
    expect(c.seen).toHaveLength(1);

    const otherProcess = await cal({ budget });
    const sameKey = otherProcess.client.getBooking(c.account, "u", LIVE);
    expect(await failure(sameKey)).toMatchObject({ kind: "budget_exhausted" });
    const otherKey = { ...c.account, apiKey: "cal_live_two" };
    c.handler = reply(BOOKING);
    await c.client.getBooking(otherKey, "u", LIVE);
    expect(c.seen).toHaveLength(2);
  });

  it("waits at most a minute when Cal.com announces more or nothing", async () => {
    for (const announced of [headers(120, 0, 4_000), {}]) {
      const c = await cal();
      c.handler = raw(429, "", announced);
      const { retryAfterMs } = await failure(get(c));
      expect(retryAfterMs).toBeGreaterThanOrEqual(60_000);
      expect(retryAfterMs).toBeLessThan(62_000);
    }
  });

  it("follows the limit that Cal.com announces, a little below it", async () => {
    const c = await cal({ requestsPerMinute: 100 });
    c.handler = reply(BOOKING, 200, headers(240, 239, 60));
    await get(c);
    await get(c);
    expect(c.client.state(c.account).budget.limit).toBe(200);
  });

  it("stops before the request that Cal.com would answer with 429", async () => {
    const c = await cal();
    c.handler = reply(BOOKING, 200, headers(120, 0, 30));
    await get(c);
    expect(await failure(get(c))).toMatchObject({ kind: "budget_exhausted" });
    expect(c.seen).toHaveLength(1);
  });

  it("does not stop calls when the shared store cannot be reached", async () => {
    const broken: BudgetStore = {
      lease: () => Promise.reject(new Error("connect postgres://secret")),
      giveBack: () => Promise.reject(new Error("down")),
      block: () => Promise.reject(new Error("down")),
    };
    const c = await cal({ budget: broken, requestsPerMinute: 10 });
    c.handler = reply(BOOKING);
    for (let i = 0; i < 5; i += 1) await get(c);
    expect(await failure(get(c))).toMatchObject({ kind: "budget_exhausted" });
    expect(c.logged.join()).not.toContain("secret");
  });
});

describe("the breaker of a key and lane", () => {
  const outage = raw(503, "");

  it("opens after five failures in a row, for its lane alone, and refuses without a request", async () => {
    const changes: BreakerChange[] = [];
    const c = await cal({ onBreakerChange: (change) => changes.push(change) });
    c.handler = outage;
    for (let i = 0; i < 5; i += 1) await failure(get(c, "background"));
    const error = await failure(get(c, "background"));
    expect(error).toMatchObject({ kind: "breaker_open", mayHaveHappened: false, status: null });
    expect(error.retryAfterMs).toBeGreaterThan(50_000);
    expect(c.seen).toHaveLength(5);
    expect(changes).toEqual([{ keyHash: keyHash(c.account), lane: "background", state: "open" }]);
    expect(c.client.state(c.account).breaker).toBe("open");
    c.handler = reply(BOOKING);
    await get(c, "live");
    await c.client.getBooking({ ...c.account, apiKey: "cal_live_two" }, "u", { lane: "background" });
    expect(c.client.state({ ...c.account, apiKey: "cal_live_two" }).breaker).toBe("closed");
  });

  it("does not change how a call ends when its watcher throws", async () => {
    const c = await cal({
      onBreakerChange: () => {
        throw new Error("watcher");
      },
    });
    c.handler = outage;
    for (let i = 0; i < 5; i += 1) expect(await failure(get(c))).toMatchObject({ kind: "unavailable" });
    expect(c.client.state(c.account).breaker).toBe("open");
  });

  it("counts timeouts, broken connections and 429, and nothing that is an answer", async () => {
    const c = await cal();
    c.handler = raw(404, '{"status":"error","error":{"code":"NotFoundException","message":"x"}}');
    for (let i = 0; i < 8; i += 1) await failure(get(c));
    c.handler = raw(200, "not json");
    for (let i = 0; i < 8; i += 1) await failure(get(c));
    expect(c.client.state(c.account).breaker).toBe("closed");
    c.handler = (_, response) => response.destroy();
    for (let i = 0; i < 3; i += 1) await failure(get(c));
    c.handler = () => {};
    for (let i = 0; i < 2; i += 1)
      await failure(c.client.getBooking(c.account, "u", { lane: "live", timeoutMs: 30 }));
    expect(await failure(get(c))).toMatchObject({ kind: "breaker_open" });
  });

  it("starts counting again after a success, but not after a refusal", async () => {
    const c = await cal();
    const fail = async (times: number) => {
      c.handler = outage;
      for (let i = 0; i < times; i += 1) await failure(get(c));
    };
    await fail(4);
    c.handler = reply(BOOKING);
    await get(c);
    await fail(4);
    expect(c.client.state(c.account).breaker).toBe("closed");
    c.handler = raw(400, '{"statusCode":400,"message":"no"}');
    await failure(get(c));
    await fail(1);
    expect(c.client.state(c.account).breaker).toBe("open");
  });

  it("lets one call through after its pause, and closes after two successes", async () => {
    const changes: string[] = [];
    const c = await cal({ breaker: { openMs: 100 }, onBreakerChange: ({ state }) => changes.push(state) });
    c.handler = outage;
    for (let i = 0; i < 5; i += 1) await failure(get(c));
    const through = async () => {
      await expect
        .poll(
          () =>
            get(c).then(
              () => "ok",
              (error: { kind: string }) => error.kind,
            ),
          { timeout: 3_000, interval: 20 },
        )
        .not.toBe("breaker_open");
    };
    // still down: one probe, and it is open again
    const before = c.seen.length;
    await through();
    expect(c.seen.length).toBe(before + 1);
    expect(c.client.state(c.account).breaker).toBe("open");

    // a refusal proves nothing yet, the first success is only the first
    c.handler = raw(404, '{"statusCode":404,"message":"no"}');
    await through();
    expect(c.client.state(c.account).breaker).toBe("half_open");
    c.handler = reply(BOOKING);
    await get(c);
    expect(c.client.state(c.account).breaker).toBe("half_open");
    await get(c);
    expect(c.client.state(c.account).breaker).toBe("closed");
    expect(changes).toEqual(["open", "half_open", "open", "half_open", "closed"]);
  });

  it("opens again at the first failure before it was sure", async () => {
    const c = await cal({ breaker: { openMs: 50 } });
    c.handler = outage;
    for (let i = 0; i < 5; i += 1) await failure(get(c));
    c.handler = reply(BOOKING);
    await expect
      .poll(
        () =>
          get(c).then(
            () => "ok",
            () => "no",
          ),
        { timeout: 3_000, interval: 10 },
      )
      .toBe("ok");
    c.handler = outage;
    await failure(get(c));
    expect(c.client.state(c.account).breaker).toBe("open");
  });

  it("sends one probe at a time and tells the others at once", async () => {
    const c = await cal({ breaker: { openMs: 50 } });
    c.handler = outage;
    for (let i = 0; i < 5; i += 1) await failure(get(c));
    const answers: (() => void)[] = [];
    c.handler = (each, response) => answers.push(() => reply(BOOKING)(each, response));
    const probe = expect
      .poll(
        () =>
          Promise.race([
            get(c).then(
              () => "ok",
              () => "no",
            ),
            seenAnother(),
          ]),
        { timeout: 3_000, interval: 10 },
      )
      .toBe("sent");
    async function seenAnother() {
      await expect.poll(() => answers.length, { timeout: 200, interval: 5 }).toBe(1);
      return "sent";
    }
    await probe;
    const others = await Promise.all([failure(get(c)), failure(get(c))]);
    expect(others.map((each) => each.kind)).toEqual(["breaker_open", "breaker_open"]);
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await expect.poll(() => c.client.state(c.account).breaker).toBe("half_open");
  });
});
