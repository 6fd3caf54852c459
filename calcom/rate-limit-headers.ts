import type { RateLimitNotice } from "../domain/calcom/budget.js";
import type { HttpAnswer } from "./http.js";

const HEADER = /^x-ratelimit-(limit|remaining|reset)(?:-(.+))?$/i;
const MAX_RESET_MS = 60_000;

/**
 * Reads `X-RateLimit-{Limit,Remaining,Reset}-{name}`; reset is in seconds from now. A key may have several
 * named limits, and a request passes unless all are used up: the roomiest one counts.
 */
export function rateLimitNotice(headers: HttpAnswer["headers"]): RateLimitNotice {
  const limits = new Map<string, Record<string, number>>();
  for (const [header, value] of Object.entries(headers)) {
    const [, part, name = ""] = HEADER.exec(header) ?? [];
    const number = Number(Array.isArray(value) ? value[0] : value);
    if (part === undefined || value === undefined || !Number.isFinite(number) || number < 0) continue;
    limits.set(name, { ...limits.get(name), [part.toLowerCase()]: number });
  }
  const roomiest = [...limits.values()].sort((a, b) => (b.remaining ?? 0) - (a.remaining ?? 0))[0];
  return {
    limit: roomiest?.limit ? Math.floor(roomiest.limit) : null,
    remaining: roomiest?.remaining === undefined ? null : Math.floor(roomiest.remaining),
    resetInMs: roomiest?.reset === undefined ? null : Math.min(roomiest.reset * 1_000, MAX_RESET_MS),
  };
}

/**
 * How long to keep away after a 429: until the announced reset, at most 60 s, which is as long as Cal.com
 * blocks. Cal.com sends no `Retry-After`, a proxy before it may.
 */
export function blockMs(headers: HttpAnswer["headers"], random: () => number = Math.random): number {
  const retryAfter = headers["retry-after"];
  const seconds = Number(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter);
  const asked = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
  const reset = rateLimitNotice(headers).resetInMs ?? asked ?? MAX_RESET_MS;
  return Math.ceil(Math.min(reset, MAX_RESET_MS) + 250 + random() * 1_000);
}
