import {
  type BudgetStore,
  limitUnder,
  reservedTokens,
  usableRemaining,
  WINDOW_JITTER_MS,
} from "../domain/calcom/budget.js";

interface Bucket {
  tokens: number;
  limit: number;
  refilledAt: number;
  blockedUntil: number;
  windowLeft: number | null;
  windowResetsAt: number;
}

const MINUTE = 60_000;

/**
 * Token buckets of this process alone, with the rules of the shared ones: for a single process without a
 * database, and so that callers are still served carefully while the shared store cannot be reached.
 */
export function createMemoryBudget(now: () => number = Date.now): BudgetStore {
  const buckets = new Map<string, Bucket>();
  const bucketOf = (keyHash: string, limit: number) => {
    const at = now();
    const bucket = buckets.get(keyHash) ?? {
      tokens: limit,
      limit,
      refilledAt: at,
      blockedUntil: 0,
      windowLeft: null,
      windowResetsAt: 0,
    };
    const refill = ((at - bucket.refilledAt) * bucket.limit) / MINUTE;
    bucket.tokens = Math.min(bucket.limit, bucket.tokens + Math.max(0, refill));
    bucket.refilledAt = at;
    if (bucket.windowLeft !== null && at >= bucket.windowResetsAt) bucket.windowLeft = null;
    buckets.set(keyHash, bucket);
    return bucket;
  };

  return {
    async lease({ keyHash, lane, tokens, limitPerMinute, notice }) {
      const bucket = bucketOf(keyHash, limitPerMinute);
      const at = bucket.refilledAt;
      if (notice) bucket.limit = limitUnder(notice) ?? bucket.limit;
      const usable = notice && usableRemaining(notice);
      if (notice?.resetInMs != null && usable !== null) {
        const sameWindow = at + notice.resetInMs <= bucket.windowResetsAt + WINDOW_JITTER_MS;
        bucket.windowLeft = sameWindow ? Math.min(usable, bucket.windowLeft ?? usable) : usable;
        bucket.windowResetsAt = at + notice.resetInMs;
      }
      bucket.tokens = Math.min(bucket.tokens, bucket.limit);
      const reserve = reservedTokens(lane, bucket.limit);
      const inWindow = bucket.windowLeft ?? Number.POSITIVE_INFINITY;
      const free = at < bucket.blockedUntil ? 0 : Math.floor(Math.min(bucket.tokens, inWindow) - reserve);
      const granted = Math.max(0, Math.min(tokens, free));
      bucket.tokens -= granted;
      if (bucket.windowLeft !== null) bucket.windowLeft -= granted;
      const refillMs = ((1 + reserve - bucket.tokens) * MINUTE) / bucket.limit;
      const windowMs = inWindow < 1 + reserve ? bucket.windowResetsAt - at : 0;
      return {
        granted,
        limitPerMinute: bucket.limit,
        remaining: Math.max(0, Math.floor(Math.min(bucket.tokens, bucket.windowLeft ?? bucket.tokens))),
        retryAfterMs: granted > 0 ? 0 : Math.ceil(Math.max(1, refillMs, windowMs, bucket.blockedUntil - at)),
      };
    },
    async giveBack(keyHash, tokens) {
      const bucket = buckets.get(keyHash);
      if (!bucket) return;
      bucket.tokens = Math.min(bucket.limit, bucket.tokens + tokens);
      if (bucket.windowLeft !== null) bucket.windowLeft += tokens;
    },
    async block(keyHash, forMs) {
      const bucket = buckets.get(keyHash);
      if (bucket) bucket.blockedUntil = Math.max(bucket.blockedUntil, now() + forMs);
    },
  };
}
