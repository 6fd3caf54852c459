import type { BudgetStore, Lane, RateLimitNotice } from "../domain/calcom/budget.js";
import { CalcomError } from "./errors.js";
import { createMemoryBudget } from "./memory-budget.js";

/** Longest wait for a token: a person on the phone hears silence, a sweep does not mind. */
const MAX_WAIT_MS: Record<Lane, number> = { live: 2_000, webhook: 10_000, background: 45_000 };
const MAX_BLOCK = 5;
/** Unused tokens go back to the other processes after this. */
const LEASE_MS = 5_000;

/** A logger that takes fields; never given a key, a uid or an address. */
export interface Log {
  warn(fields: object, message: string): void;
}

/** Hands out tokens of one process's leases. */
export interface TokenDesk {
  /** @throws CalcomError `budget_exhausted` or `aborted`; nothing was sent then. */
  take(keyHash: string, lane: Lane, signal: AbortSignal | undefined): Promise<void>;
  /** What an answer said of Cal.com's own limiter. */
  notice(keyHash: string, notice: RateLimitNotice): void;
  /** After a 429: no process calls with this key for so long. */
  block(keyHash: string, forMs: number): Promise<void>;
  budget(keyHash: string): { limit: number; remaining: number };
  close(): Promise<void>;
}

/** Leases tokens in small blocks, so that a call costs no round trip to the store of its own. */
export function createTokenDesk(store: BudgetStore, limitPerMinute: number, log: Log | undefined): TokenDesk {
  const keys = new Map<string, KeyDesk>();
  const of = (keyHash: string) => {
    const desk = keys.get(keyHash) ?? new KeyDesk(keyHash, store, limitPerMinute, log);
    keys.set(keyHash, desk);
    return desk;
  };
  return {
    take: (keyHash, lane, signal) => of(keyHash).take(lane, signal),
    notice: (keyHash, notice) => of(keyHash).note(notice),
    block: (keyHash, forMs) => of(keyHash).block(forMs),
    budget: (keyHash) => keys.get(keyHash)?.budget() ?? { limit: limitPerMinute, remaining: limitPerMinute },
    close: async () => {
      await Promise.all([...keys.values()].map((desk) => desk.returnAll()));
    },
  };
}

interface Block {
  tokens: number;
  /** How many to lease next: doubles while blocks are used up, one again after one expired. */
  next: number;
  expiry: NodeJS.Timeout | null;
  leasing: Promise<void> | null;
  waiting: number;
  retryAt: number;
}

class KeyDesk {
  readonly #blocks: Record<Lane, Block> = {
    live: emptyBlock(),
    webhook: emptyBlock(),
    background: emptyBlock(),
  };
  readonly #fallback: BudgetStore = createMemoryBudget();
  #notice: RateLimitNotice | null = null;
  #noticedAt = 0;
  #known: { limit: number; remaining: number; at: number };
  #blockedUntil = 0;

  constructor(
    readonly keyHash: string,
    readonly store: BudgetStore,
    readonly configuredLimit: number,
    readonly log: Log | undefined,
  ) {
    this.#known = { limit: configuredLimit, remaining: configuredLimit, at: Date.now() };
  }

  async take(lane: Lane, signal: AbortSignal | undefined): Promise<void> {
    const deadline = Date.now() + MAX_WAIT_MS[lane];
    const block = this.#blocks[lane];
    block.waiting += 1;
    try {
      for (;;) {
        if (signal?.aborted) throw new CalcomError("aborted", "the call was aborted");
        const blockedMs = this.#blockedUntil - Date.now();
        if (blockedMs <= 0 && block.tokens > 0) {
          block.tokens -= 1;
          return;
        }
        const waitMs = Math.max(blockedMs, block.retryAt - Date.now());
        if (Date.now() + waitMs > deadline) throw exhausted(waitMs);
        if (waitMs > 0) {
          await pause(waitMs, signal);
          continue;
        }
        block.leasing ??= this.#lease(lane, block).finally(() => {
          block.leasing = null;
        });
        await block.leasing;
      }
    } finally {
      block.waiting -= 1;
    }
  }

  async #lease(lane: Lane, block: Block): Promise<void> {
    const tokens = Math.min(MAX_BLOCK, Math.max(block.next, block.waiting));
    const notice = this.#takeNotice();
    const request = { keyHash: this.keyHash, lane, tokens, limitPerMinute: this.configuredLimit, notice };
    const lease = await this.store.lease(request).catch((error: unknown) => {
      // calls must not stop because the bucket cannot be reached; half the limit each is careful enough
      this.log?.warn({ cause: nameOf(error) }, "Cal.com's shared budget cannot be reached");
      return this.#fallback.lease({ ...request, limitPerMinute: Math.ceil(this.configuredLimit / 2) });
    });
    this.#known = { limit: lease.limitPerMinute, remaining: lease.remaining, at: Date.now() };
    if (lease.granted === 0) {
      block.retryAt = Date.now() + lease.retryAfterMs;
      return;
    }
    block.tokens += lease.granted;
    block.next = Math.min(MAX_BLOCK, block.next * 2);
    block.retryAt = 0;
    if (block.expiry) clearTimeout(block.expiry);
    block.expiry = setTimeout(() => void this.#expire(block), LEASE_MS);
    block.expiry.unref();
  }

  async #expire(block: Block): Promise<void> {
    if (block.expiry) clearTimeout(block.expiry);
    block.expiry = null;
    block.next = 1;
    const unused = block.tokens;
    block.tokens = 0;
    // what cannot be given back is refilled by time
    if (unused > 0) await this.store.giveBack(this.keyHash, unused).catch(() => {});
  }

  note(notice: RateLimitNotice): void {
    if (notice.limit === null && notice.remaining === null) return;
    this.#notice = notice;
    this.#noticedAt = Date.now();
    // the next request would be answered 429 and block the key for longer than the window lasts
    if (notice.remaining === 0 && notice.resetInMs !== null)
      this.#blockedUntil = Math.max(this.#blockedUntil, Date.now() + notice.resetInMs);
  }

  #takeNotice(): RateLimitNotice | null {
    const notice = this.#notice;
    this.#notice = null;
    if (notice?.resetInMs == null) return notice;
    const resetInMs = notice.resetInMs - (Date.now() - this.#noticedAt);
    return resetInMs > 0 ? { ...notice, resetInMs } : { ...notice, remaining: null, resetInMs: null };
  }

  async block(forMs: number): Promise<void> {
    this.#blockedUntil = Math.max(this.#blockedUntil, Date.now() + forMs);
    await this.store.block(this.keyHash, forMs).catch((error: unknown) => {
      this.log?.warn({ cause: nameOf(error) }, "Cal.com's shared budget cannot be reached");
    });
  }

  budget(): { limit: number; remaining: number } {
    const { limit, remaining, at } = this.#known;
    if (Date.now() < this.#blockedUntil) return { limit, remaining: 0 };
    const leased = Object.values(this.#blocks).reduce((sum, block) => sum + block.tokens, 0);
    const refilled = Math.floor(((Date.now() - at) * limit) / 60_000);
    return { limit, remaining: Math.min(limit, remaining + leased + refilled) };
  }

  async returnAll(): Promise<void> {
    await Promise.all(Object.values(this.#blocks).map((block) => this.#expire(block)));
  }
}

function emptyBlock(): Block {
  return { tokens: 0, next: 1, expiry: null, leasing: null, waiting: 0, retryAt: 0 };
}

function exhausted(waitMs: number): CalcomError {
  return new CalcomError("budget_exhausted", "the request budget of this key is used up", {
    retryAfterMs: Math.ceil(waitMs),
  });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

/** A little longer than asked, so that all who wait do not come back in the same moment. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms + Math.random() * 50);
    signal?.addEventListener("abort", done, { once: true });
  });
}
