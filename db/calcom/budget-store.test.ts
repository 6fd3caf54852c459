import { randomUUID } from "node:crypto";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lane, RateLimitNotice } from "../../domain/calcom/budget.js";
import { createTestDatabase, type TestDatabase } from "../../test/support/database.js";
import { connect, type Database } from "../client.js";
import { createBudgetStore, readBreakers, readBudget, recordBreaker } from "./budget-store.js";

let database: TestDatabase;
let connection: Database;
let sql: postgres.Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  connection = connect(database.url);
  sql = connection.sql;
});

afterAll(async () => {
  await connection?.close();
  await database?.close();
});

/** A key that no other test has used. */
const newKey = () => randomUUID();

function lease(
  keyHash: string,
  tokens: number,
  over: { lane?: Lane; limitPerMinute?: number; notice?: RateLimitNotice } = {},
) {
  const { lane = "live", limitPerMinute = 100, notice = null } = over;
  return createBudgetStore(sql).lease({ keyHash, lane, tokens, limitPerMinute, notice });
}

/** Moves a key's clock back, as if so much time had gone by. */
async function pass(keyHash: string, ms: number) {
  const back = sql`${ms}::float8 * interval '1 ms'`;
  await sql`
    update calcom_budgets set refilled_at = refilled_at - ${back},
      blocked_until = blocked_until - ${back}, window_resets_at = window_resets_at - ${back}
    where key_hash = ${keyHash}`;
}

describe("the shared token bucket", () => {
  it("grants what is there, then nothing, and says when to ask again", async () => {
    const key = newKey();
    expect(await lease(key, 5, { limitPerMinute: 8 })).toMatchObject({
      granted: 5,
      limitPerMinute: 8,
      retryAfterMs: 0,
    });
    expect(await lease(key, 5)).toMatchObject({ granted: 3, remaining: 0 });
    const none = await lease(key, 5);
    expect(none).toMatchObject({ granted: 0, remaining: 0 });
    expect(none.retryAfterMs).toBeGreaterThan(6_000);
    expect(none.retryAfterMs).toBeLessThanOrEqual(7_500);
  });

  it("refills by time, never above its size", async () => {
    const key = newKey();
    await lease(key, 60, { limitPerMinute: 60 });
    await pass(key, 10_000);
    expect(await lease(key, 60)).toMatchObject({ granted: 10 });
    await pass(key, 3_600_000);
    expect(await lease(key, 600)).toMatchObject({ granted: 60 });
  });

  it("never grants more than there is, whoever asks at once", async () => {
    const key = newKey();
    const leases = await Promise.all(
      Array.from({ length: 60 }, () => lease(key, 5, { limitPerMinute: 100 })),
    );
    const granted = leases.reduce((sum, each) => sum + each.granted, 0);
    expect(granted).toBeGreaterThanOrEqual(100);
    // what came in by time meanwhile: 100 a minute
    expect(granted).toBeLessThanOrEqual(108);
  });

  it("keeps reserves for the more urgent lanes", async () => {
    const key = newKey();
    expect(await lease(key, 100, { lane: "background" })).toMatchObject({ granted: 70 });
    expect(await lease(key, 100, { lane: "background" })).toMatchObject({ granted: 0 });
    expect(await lease(key, 100, { lane: "webhook" })).toMatchObject({ granted: 20 });
    expect(await lease(key, 100, { lane: "live" })).toMatchObject({ granted: 10 });
    const { retryAfterMs } = await lease(key, 1, { lane: "background" });
    expect(retryAfterMs).toBeGreaterThan(17_000);
    expect(retryAfterMs).toBeLessThanOrEqual(18_700);
  });

  it("takes back what was not used", async () => {
    const key = newKey();
    await lease(key, 100);
    await createBudgetStore(sql).giveBack(key, 4);
    expect(await lease(key, 50)).toMatchObject({ granted: 4 });
    await createBudgetStore(sql).giveBack(key, 5_000);
    expect((await lease(key, 5_000)).granted).toBe(100);
  });

  it("blocks a key for everyone until its time, and no other key", async () => {
    const key = newKey();
    const store = createBudgetStore(sql);
    await lease(key, 1);
    await store.block(key, 40_000);
    await store.block(key, 5_000);
    const refused = await lease(key, 1);
    expect(refused.granted).toBe(0);
    expect(refused.retryAfterMs).toBeGreaterThan(38_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(40_000);
    expect(await readBudget(sql, key)).toEqual({ limit: 100, remaining: 0 });
    expect((await lease(newKey(), 1)).granted).toBe(1);
    await pass(key, 40_001);
    expect((await lease(key, 1)).granted).toBe(1);
  });

  it("does not let a fat-fingered block shut a key for hours", async () => {
    const key = newKey();
    await lease(key, 1);
    await createBudgetStore(sql).block(key, 86_400_000);
    expect((await lease(key, 1)).retryAfterMs).toBeLessThanOrEqual(120_000);
  });

  it("follows the limit that Cal.com announces, up and down", async () => {
    const key = newKey();
    await lease(key, 1);
    const up = { limit: 240, remaining: null, resetInMs: null };
    expect(await lease(key, 1, { notice: up })).toMatchObject({ limitPerMinute: 200 });
    expect(await lease(key, 1)).toMatchObject({ limitPerMinute: 200 });
    const down = await lease(key, 1, { notice: { limit: 12, remaining: null, resetInMs: null } });
    expect(down).toMatchObject({ limitPerMinute: 10, remaining: 9 });
  });

  it("leaves Cal.com's own window alone when others use the key too", async () => {
    const key = newKey();
    await lease(key, 1);
    const notice = { limit: 120, remaining: 16, resetInMs: 30_000 };
    expect(await lease(key, 50, { notice })).toMatchObject({ granted: 10, remaining: 0 });
    const none = await lease(key, 1, { notice: { ...notice, resetInMs: 29_000 } });
    expect(none.granted).toBe(0);
    expect(none.retryAfterMs).toBeGreaterThan(27_000);
    await pass(key, 30_000);
    expect((await lease(key, 5)).granted).toBe(5);
  });

  it("begins anew with Cal.com's next window", async () => {
    const key = newKey();
    await lease(key, 1);
    await lease(key, 1, { notice: { limit: 120, remaining: 6, resetInMs: 20_000 } });
    expect((await lease(key, 5)).granted).toBe(0);
    const next = { limit: 120, remaining: 119, resetInMs: 60_000 };
    expect((await lease(key, 5, { notice: next })).granted).toBe(5);
  });

  it("shows what is left", async () => {
    const key = newKey();
    expect(await readBudget(sql, key)).toBeNull();
    await lease(key, 30);
    expect(await readBudget(sql, key)).toEqual({ limit: 100, remaining: 70 });
  });
});

describe("the breakers of all processes", () => {
  it("show the worst that any process has seen lately, by lane", async () => {
    const keyHash = newKey();
    expect(await readBreakers(sql, keyHash)).toEqual({ worst: "closed", lanes: {} });
    await recordBreaker(sql, { keyHash, lane: "live", processId: "a", state: "closed" });
    await recordBreaker(sql, { keyHash, lane: "live", processId: "b", state: "half_open" });
    expect(await readBreakers(sql, keyHash)).toEqual({ worst: "half_open", lanes: { live: "half_open" } });
    await recordBreaker(sql, { keyHash, lane: "background", processId: "a", state: "open" });
    expect(await readBreakers(sql, keyHash)).toEqual({
      worst: "open",
      lanes: { live: "half_open", background: "open" },
    });
    await recordBreaker(sql, { keyHash, lane: "background", processId: "a", state: "closed" });
    await recordBreaker(sql, { keyHash, lane: "live", processId: "b", state: "closed" });
    expect((await readBreakers(sql, keyHash)).worst).toBe("closed");
  });

  it("forget a process that is gone", async () => {
    const keyHash = newKey();
    await recordBreaker(sql, { keyHash, lane: "live", processId: "a", state: "open" });
    await sql`update calcom_breakers set changed_at = now() - interval '1 hour' where key_hash = ${keyHash}`;
    expect((await readBreakers(sql, keyHash)).worst).toBe("closed");
  });
});
