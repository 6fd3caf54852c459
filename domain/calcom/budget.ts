/**
 * How urgent a call to Cal.com is. A person on the phone waits for `live`, a person's change in Cal.com for
 * `webhook`, nobody for `background`.
 */
export type Lane = "live" | "webhook" | "background";

/** The lanes, most urgent first. */
export const LANES: readonly Lane[] = ["live", "webhook", "background"];

/** State of a circuit breaker as operators see it. */
export type BreakerState = "closed" | "open" | "half_open";

const RESERVE: Record<Lane, number> = { live: 0, webhook: 0.1, background: 0.3 };

/** Tokens that a lane must leave in the bucket for more urgent ones. */
export function reservedTokens(lane: Lane, limitPerMinute: number): number {
  return Math.floor(limitPerMinute * RESERVE[lane]);
}

/** Share of the limit that Cal.com announces which we allow ourselves: 120 a minute become 100. */
const SHARE_OF_ANNOUNCED_LIMIT = 5 / 6;

/** What the answer of Cal.com said about its own limiter (`X-RateLimit-*`). */
export interface RateLimitNotice {
  /** Requests per minute that Cal.com allows this key; null when it was not announced. */
  limit: number | null;
  /** Requests left in Cal.com's current window. */
  remaining: number | null;
  /** Milliseconds until that window ends, counted from now. */
  resetInMs: number | null;
}

/**
 * What the notice lets us use: a little less than is left, because tokens that other processes hold and have
 * not sent yet are not in Cal.com's count.
 */
export function usableRemaining(notice: RateLimitNotice): number | null {
  if (notice.remaining === null) return null;
  return Math.max(0, notice.remaining - Math.floor((notice.limit ?? 0) * 0.05));
}

/** Our limit per minute under the one that Cal.com announces; null when it announces none. */
export function limitUnder(notice: RateLimitNotice): number | null {
  return notice.limit === null ? null : Math.max(1, Math.floor(notice.limit * SHARE_OF_ANNOUNCED_LIMIT));
}

/** Resets are announced in whole seconds: only a larger jump than this is a new window. */
export const WINDOW_JITTER_MS = 2_000;

/** A request for tokens of one API key. */
export interface LeaseRequest {
  keyHash: string;
  lane: Lane;
  /** Tokens wanted; fewer may be granted. */
  tokens: number;
  /** Limit to begin with when nothing is known of this key yet. */
  limitPerMinute: number;
  /** The newest notice not yet told to the store, so that it costs no round trip of its own. */
  notice: RateLimitNotice | null;
}

/** The answer to a {@link LeaseRequest}. */
export interface Lease {
  granted: number;
  /** Tokens left for the most urgent lane after this lease. */
  remaining: number;
  limitPerMinute: number;
  /** When nothing was granted: milliseconds after which asking again makes sense; else 0. */
  retryAfterMs: number;
}

/** The token buckets, one per API key, shared by all processes. */
export interface BudgetStore {
  /** Takes tokens out of the bucket of a key. */
  lease(request: LeaseRequest): Promise<Lease>;
  /** Puts tokens back that were leased and not used. */
  giveBack(keyHash: string, tokens: number): Promise<void>;
  /** Blocks a key for every process, after a 429; a longer block that exists stays. */
  block(keyHash: string, forMs: number): Promise<void>;
}
