/** `limit` requests per window, then a block; all times in milliseconds. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
  readonly blockMs: number;
}

/** Cal.com's default for an API key: 120 a minute, then blocked for a minute. */
export const DEFAULT_RATE_LIMIT: RateLimit = { limit: 120, windowMs: 60_000, blockMs: 60_000 };

interface Window {
  count: number;
  until: number;
  blockedUntil: number;
}

export interface Verdict {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window, or the block, ends: not a unix time. */
  readonly resetSeconds: number;
}

/** Fixed windows per API key, or per address without one. */
export class RateLimiter {
  #windows = new Map<string, Window>();

  constructor(public rule: RateLimit | null) {}

  reset(): void {
    this.#windows.clear();
  }

  /** Blocks a caller as if he had gone over his limit; works while the limiter is off, too. */
  block(caller: string, ms: number): void {
    const now = Date.now();
    this.#windows.set(caller, { count: 0, until: now + ms, blockedUntil: now + ms });
  }

  take(caller: string, ownLimit?: number): Verdict | undefined {
    const { rule } = this;
    const now = Date.now();
    let window = this.#windows.get(caller);
    if (window !== undefined && window.blockedUntil > now) {
      const resetSeconds = Math.ceil((window.blockedUntil - now) / 1000);
      return { allowed: false, limit: ownLimit ?? rule?.limit ?? 120, remaining: 0, resetSeconds };
    }
    if (rule === null) return undefined;
    if (window === undefined || window.until <= now) {
      window = { count: 0, until: now + rule.windowMs, blockedUntil: 0 };
      this.#windows.set(caller, window);
    }
    const limit = ownLimit ?? rule.limit;
    window.count++;
    if (window.count > limit) {
      window.blockedUntil = now + rule.blockMs;
      window.until = window.blockedUntil;
      return { allowed: false, limit, remaining: 0, resetSeconds: Math.ceil(rule.blockMs / 1000) };
    }
    return {
      allowed: true,
      limit,
      remaining: limit - window.count,
      resetSeconds: Math.ceil((window.until - now) / 1000),
    };
  }
}
