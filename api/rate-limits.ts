import type { Context } from "hono";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { Problem } from "./problems.js";

const MINUTE_S = 60;
const PER_TOKEN = 600;
const WITHOUT_TOKEN = 60;
const WEBHOOKS = 1_200;

/** Requests a minute, counted in this process (contract.md 1). */
export interface RateLimits {
  perToken(c: Context, tokenId: string): Promise<void>;
  withoutToken(c: Context, address: string): Promise<void>;
  perTenantWebhook(c: Context, companyId: string): Promise<void>;
}

/** @param configured `API_RATE_LIMIT` replaces both API limits, `WEBHOOK_RATE_LIMIT` that of webhooks */
export function createRateLimits(configured: {
  apiPerMinute: number | null;
  webhookPerMinute: number | null;
}): RateLimits {
  const perToken = limiter("token", configured.apiPerMinute ?? PER_TOKEN);
  const withoutToken = limiter("address", configured.apiPerMinute ?? WITHOUT_TOKEN);
  const webhooks = limiter("webhook", configured.webhookPerMinute ?? WEBHOOKS);
  return {
    perToken: (c, tokenId) => perToken(c, tokenId),
    withoutToken: (c, address) => withoutToken(c, address),
    perTenantWebhook: (c, companyId) => webhooks(c, companyId),
  };
}

function limiter(name: string, points: number): (c: Context, key: string) => Promise<void> {
  const memory = new RateLimiterMemory({ points, duration: MINUTE_S });
  const policy = `"${name}";q=${points};w=${MINUTE_S}`;
  return async (c, key) => {
    try {
      const state = await memory.consume(key);
      c.header("RateLimit-Policy", policy);
      c.header(
        "RateLimit",
        `"${name}";r=${state.remainingPoints};t=${Math.ceil(state.msBeforeNext / 1_000)}`,
      );
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1_000));
      throw new Problem("rate-limited", `more than ${points} requests a minute`, {}, undefined, {
        "Retry-After": String(seconds),
        "RateLimit-Policy": policy,
        RateLimit: `"${name}";r=0;t=${seconds}`,
      });
    }
  };
}
