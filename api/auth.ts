import { createHash, timingSafeEqual } from "node:crypto";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import type { Directory } from "../db/tenant/directory.js";
import type { RequestContext, TenantContext } from "./context.js";
import { Problem } from "./problems.js";
import type { RateLimits } from "./rate-limits.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest();

function bearer(c: Context): string | null {
  return /^Bearer\s+(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? null;
}

/** Who is at the other end of the connection; a proxy in front is to be the only one that can reach us. */
export function addressOf(c: Context): string {
  try {
    return getConnInfo(c).remote.address ?? "unknown";
  } catch {
    // `app.request()` has no connection.
    return "unknown";
  }
}

/** A company's token; it alone decides the tenant. Guesses are limited by address. */
export function requireCompany(directory: Directory, limits: RateLimits): MiddlewareHandler<TenantContext> {
  return async (c, next) => {
    const token = bearer(c);
    const found = token === null ? null : await directory.companyOfToken(token);
    if (!found) {
      await limits.withoutToken(c, addressOf(c));
      throw unauthorized();
    }
    await limits.perToken(c, found.tokenId);
    c.set("companyId", found.companyId);
    await next();
  };
}

/** `ADMIN_TOKEN`, compared in constant time. Without one in the environment nobody is an admin. */
export function requireAdmin(
  adminToken: string | null,
  limits: RateLimits,
): MiddlewareHandler<RequestContext> {
  const expected = adminToken === null ? null : sha256(adminToken);
  return async (c, next) => {
    const token = bearer(c);
    if (token === null || expected === null || !timingSafeEqual(sha256(token), expected)) {
      await limits.withoutToken(c, addressOf(c));
      throw unauthorized();
    }
    await limits.perToken(c, "admin");
    await next();
  };
}

function unauthorized(): Problem {
  return new Problem("unauthorized", "Authorization: a valid Bearer token is needed", {}, undefined, {
    "WWW-Authenticate": 'Bearer realm="askpro"',
  });
}
