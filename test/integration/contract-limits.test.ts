import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, WEBHOOK_SECRET } from "../support/salon.js";
import { ask, expectProblem, makeCompany, type Reply, wish } from "./contract-http.js";

/** Empty is as if it were not set: the contract's own figures. */
const DEFAULTS = { API_RATE_LIMIT: "", WEBHOOK_RATE_LIMIT: "" };

let salon: Salon;
let lowered: Salon;
beforeAll(async () => {
  [salon, lowered] = await Promise.all([
    startSalon({ env: DEFAULTS, worker: false }),
    startSalon({ env: { API_RATE_LIMIT: "5", WEBHOOK_RATE_LIMIT: "7" }, worker: false }),
  ]);
});
afterAll(closeSalons);

/** So many, a handful at a time, in the order in which they were answered. */
async function burst(count: number, send: () => Promise<Reply>): Promise<Reply[]> {
  const replies: Reply[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      while (left > 0) {
        left -= 1;
        replies.push(await send());
      }
    }),
  );
  return replies;
}

const statuses = (replies: readonly Reply[]) => {
  const counted: Record<number, number> = {};
  for (const { status } of replies) counted[status] = (counted[status] ?? 0) + 1;
  return counted;
};

function expectLimited(reply: Reply, quota: number): void {
  expectProblem(reply, 429, "rate-limited");
  const seconds = Number(reply.headers.get("retry-after"));
  expect(Number.isInteger(seconds)).toBe(true);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(reply.headers.get("ratelimit-policy")).toMatch(new RegExp(`^"\\w+";q=${quota};w=60$`));
  expect(reply.headers.get("ratelimit")).toMatch(/^"\w+";r=0;t=\d+$/);
}

const webhook = (at: Salon, slug = "salon", secret = WEBHOOK_SECRET) => {
  const body = '{"triggerEvent":"PING","payload":{}}';
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  return ask(at, "POST", `/api/webhooks/calcom/${slug}`, {
    token: null,
    key: null,
    body,
    headers: { "X-Cal-Signature-256": signature },
  });
};

describe("by default", () => {
  it("a token may ask 600 times a minute, whatever it asks, and is told how often still", async () => {
    const first = await ask(salon, "GET", "/api/v2/bookings?limit=1");
    expect(first.headers.get("ratelimit-policy")).toMatch(/^"\w+";q=600;w=60$/);
    expect(first.headers.get("ratelimit")).toMatch(/^"\w+";r=599;t=\d+$/);
    const refused = await ask(salon, "GET", "/api/v2/nothing");
    expect(refused.headers.get("ratelimit")).toMatch(/;r=598;/);
    const replies = await burst(600, () => ask(salon, "GET", "/api/v2/bookings?limit=1"));
    expect(statuses(replies)).toEqual({ 200: 598, 429: 2 });
    for (const reply of replies.filter(({ status }) => status === 429)) expectLimited(reply, 600);
    expectLimited(await ask(salon, "POST", "/api/v2/bookings", { body: wish(slot(0)) }), 600);
  });

  it("another company's token has a count of its own", async () => {
    const other = await makeCompany(salon, "nachbar", {
      name: "Nachbar",
      branches: [{ slug: "laden", name: "Laden", openingHours: {} }],
    });
    const reply = await ask(salon, "GET", "/api/v2/bookings", { token: other });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("ratelimit")).toMatch(/;r=599;/);
  });

  it("an address without a valid token may ask 60 times a minute, whatever it tries", async () => {
    let tried = 0;
    const replies = await burst(70, () => {
      tried += 1;
      return ask(salon, "GET", tried % 2 ? "/api/v2/bookings" : "/api/admin/companies", {
        token: `guess-${tried}`,
      });
    });
    expect(statuses(replies)).toEqual({ 401: 60, 429: 10 });
    for (const reply of replies.filter(({ status }) => status === 429)) expectLimited(reply, 60);
    expectLimited(await ask(salon, "GET", "/api/v2/bookings", { token: null }), 60);
  });

  it("who has a valid token is not hindered by who guesses from the same address", async () => {
    const reply = await ask(salon, "GET", "/api/admin/companies", { token: salon.adminToken });
    expect(reply.status).toBe(200);
    for (const path of ["/api/openapi.json", "/docs", "/api/health"]) {
      expect((await ask(salon, "GET", path, { token: null })).status).toBe(200);
    }
  });

  it("a tenant takes 1,200 webhooks a minute, and another's are not counted with them", async () => {
    await makeCompany(salon, "dritter", {
      name: "Dritter",
      calcom: { webhookSecrets: ["third"] },
      branches: [{ slug: "laden", name: "Laden", openingHours: {} }],
    });
    const replies = await burst(1_203, () => webhook(salon));
    expect(statuses(replies)).toEqual({ 200: 1_200, 429: 3 });
    for (const reply of replies.filter(({ status }) => status === 429)) expectLimited(reply, 1_200);
    expect((await webhook(salon, "dritter", "third")).status).toBe(200);
    expectProblem(await webhook(salon, "salon", "wrong"), 401, "unauthorized");
  });
});

describe("the environment", () => {
  it("replaces both API limits with API_RATE_LIMIT and that of webhooks with WEBHOOK_RATE_LIMIT", async () => {
    const own = await burst(8, () => ask(lowered, "GET", "/api/v2/bookings"));
    expect(statuses(own)).toEqual({ 200: 5, 429: 3 });
    const guessed = await burst(8, () => ask(lowered, "GET", "/api/v2/bookings", { token: "guess" }));
    expect(statuses(guessed)).toEqual({ 401: 5, 429: 3 });
    const hooks = await burst(10, () => webhook(lowered));
    expect(statuses(hooks)).toEqual({ 200: 7, 429: 3 });
    expectLimited(await webhook(lowered), 7);
  });
});
