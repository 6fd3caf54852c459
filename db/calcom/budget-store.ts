import type postgres from "postgres";
import {
  type BreakerState,
  type BudgetStore,
  type Lane,
  type LeaseRequest,
  limitUnder,
  reservedTokens,
  usableRemaining,
  WINDOW_JITTER_MS,
} from "../../domain/calcom/budget.js";

/** Longest block that anyone may set: Cal.com's own lasts 60 s. */
const MAX_BLOCK_MS = 120_000;
/** A process that has not been heard of for this long is gone, and what its breaker said with it. */
const BREAKER_FRESH_MS = 300_000;

interface LeaseRow {
  granted: number;
  remaining: number;
  limitPerMinute: number;
  retryAfterMs: number;
}

/** The token buckets in Postgres: one statement and one row lock per lease. */
export function createBudgetStore(sql: postgres.Sql): BudgetStore {
  return {
    async lease(request) {
      const [lease] = await leaseFrom(sql, request);
      if (lease) return lease;
      await sql`
        insert into calcom_budgets (key_hash, tokens, limit_per_minute, refilled_at)
        values (${request.keyHash}, ${request.limitPerMinute}, ${request.limitPerMinute}, clock_timestamp())
        on conflict (key_hash) do nothing`;
      const [first] = await leaseFrom(sql, request);
      if (!first) throw new Error("the budget of a key vanished while it was leased");
      return first;
    },

    async giveBack(keyHash, tokens) {
      await sql`
        update calcom_budgets
        set tokens = least(limit_per_minute, tokens + ${tokens}::int), window_left = window_left + ${tokens}::int
        where key_hash = ${keyHash}`;
    },

    async block(keyHash, forMs) {
      const ms = Math.min(forMs, MAX_BLOCK_MS);
      await sql`
        update calcom_budgets
        set blocked_until = greatest(blocked_until, clock_timestamp() + ${ms}::float8 * interval '1 ms')
        where key_hash = ${keyHash}`;
    },
  };
}

/**
 * Refills by time, takes in what Cal.com announced, grants what is left above the lane's reserve. Everything
 * is counted with the database's clock: those of the processes differ.
 */
function leaseFrom(sql: postgres.Sql, request: LeaseRequest) {
  const { keyHash, lane, tokens, notice } = request;
  const announced = notice && limitUnder(notice);
  const usable = notice && usableRemaining(notice);
  const resetMs = notice?.resetInMs ?? null;
  const share = reservedTokens(lane, 1_000) / 1_000;
  return sql<LeaseRow[]>`
    with held as (
      select *, clock_timestamp() as now from calcom_budgets where key_hash = ${keyHash} for update
    ), bucket as (
      select key_hash, now, blocked_until, coalesce(${announced}::int, limit_per_minute) as limit_now,
        tokens + greatest(0, extract(epoch from now - refilled_at)) * limit_per_minute / 60.0 as refilled,
        case when window_resets_at > now then window_left end as left_before,
        window_resets_at as resets_before,
        ${usable}::int as usable, now + ${resetMs}::float8 * interval '1 ms' as resets_announced
      from held
    ), window_now as (
      select *, floor(limit_now * ${share}::float8) as reserve, least(refilled, limit_now) as tokens_now,
        case
          when usable is null or resets_announced is null then left_before
          when resets_announced <= resets_before + ${WINDOW_JITTER_MS}::float8 * interval '1 ms'
            then least(usable, left_before)
          else usable
        end as left_now,
        case when usable is null or resets_announced is null then resets_before else resets_announced end as resets_now
      from bucket
    ), verdict as (
      select *, case when blocked_until > now then 0
        else greatest(0, least(${tokens}::int, floor(least(tokens_now, left_now) - reserve)))::int end as granted
      from window_now
    )
    update calcom_budgets b set
      tokens = v.tokens_now - v.granted,
      limit_per_minute = v.limit_now,
      refilled_at = greatest(b.refilled_at, v.now),
      window_left = v.left_now - v.granted,
      window_resets_at = v.resets_now
    from verdict v
    where b.key_hash = v.key_hash
    returning
      v.granted as "granted",
      greatest(0, floor(least(v.tokens_now, v.left_now) - v.granted))::int as "remaining",
      v.limit_now as "limitPerMinute",
      case when v.granted > 0 then 0 else ceil(greatest(
        1,
        (1 + v.reserve - v.tokens_now) * 60000.0 / v.limit_now,
        case when v.left_now < 1 + v.reserve then extract(epoch from v.resets_now - v.now) * 1000 else 0 end,
        extract(epoch from v.blocked_until - v.now) * 1000
      ))::int end as "retryAfterMs"`;
}

/** A breaker of one process and lane. */
export interface BreakerRow {
  keyHash: string;
  lane: Lane;
  /** Names the process among all that run; not reused. */
  processId: string;
  state: BreakerState;
}

/** Writes down what a breaker of this process says, so that any other process can show it. */
export async function recordBreaker(sql: postgres.Sql, row: BreakerRow): Promise<void> {
  await sql`
    insert into calcom_breakers (key_hash, lane, process_id, state, changed_at)
    values (${row.keyHash}, ${row.lane}, ${row.processId}, ${row.state}, clock_timestamp())
    on conflict (key_hash, lane, process_id)
    do update set state = excluded.state, changed_at = excluded.changed_at`;
}

/** The worst state that any process has seen lately; the rows of processes that are gone count no more. */
export async function readBreakers(
  sql: postgres.Sql,
  keyHash: string,
  freshMs: number = BREAKER_FRESH_MS,
): Promise<{ worst: BreakerState; lanes: Partial<Record<Lane, BreakerState>> }> {
  const rows = await sql<{ lane: Lane; state: BreakerState }[]>`
    select lane, case when bool_or(state = 'open') then 'open'
                      when bool_or(state = 'half_open') then 'half_open' else 'closed' end as state
    from calcom_breakers
    where key_hash = ${keyHash} and changed_at > clock_timestamp() - ${freshMs}::float8 * interval '1 ms'
    group by lane`;
  const states = rows.map((row) => row.state);
  const worst = states.find((state) => state === "open") ?? states.find((state) => state === "half_open");
  return {
    worst: worst ?? "closed",
    lanes: Object.fromEntries(rows.map(({ lane, state }) => [lane, state])),
  };
}

/** What is left of a key's budget, for pages that show it; null when the key was never used. */
export async function readBudget(
  sql: postgres.Sql,
  keyHash: string,
): Promise<{ limit: number; remaining: number } | null> {
  const [row] = await sql<{ limit: number; remaining: number }[]>`
    select limit_per_minute as "limit",
      case when blocked_until > now() then 0 else greatest(0, floor(least(
        limit_per_minute,
        tokens + extract(epoch from now() - refilled_at) * limit_per_minute / 60.0,
        case when window_resets_at > now() then window_left end
      )))::int end as "remaining"
    from calcom_budgets where key_hash = ${keyHash}`;
  return row ?? null;
}
