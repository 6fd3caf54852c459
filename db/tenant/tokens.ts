import { createHash, randomBytes } from "node:crypto";
import { type Database, inTenant } from "../client.js";
import { notifyTenantChanged } from "./changes.js";

export interface TokenSummary {
  id: string;
  label: string;
  createdAt: Date;
  /** Written at most once a minute. */
  lastUsedAt: Date | null;
}

/** The token is another company's already. */
export class TokenTakenError extends Error {
  constructor() {
    super("this token is already in use by another company");
    this.name = "TokenTakenError";
  }
}

/** SHA-256 in hex: all that is kept of a token. Tokens are random, so no slow hash is needed. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Makes a new token; what is returned is the only place where it is ever seen. */
export async function createToken(
  db: Database,
  companyId: string,
  label: string,
): Promise<{ id: string; label: string; token: string }> {
  const token = `askpro_${randomBytes(32).toString("base64url")}`;
  const id = await registerToken(db, companyId, label, token);
  return { id, label, token };
}

/**
 * Makes a given token valid, once: for a development set-up whose token outlives a restart.
 *
 * @throws TokenTakenError
 */
export async function registerToken(
  db: Database,
  companyId: string,
  label: string,
  token: string,
): Promise<string> {
  const hash = tokenHash(token);
  return await inTenant(db, companyId, async (tx) => {
    await tx`
      INSERT INTO api_tokens (id, company_id, label, token_hash)
      VALUES (gen_random_uuid(), ${companyId}, ${label}, ${hash}) ON CONFLICT (token_hash) DO NOTHING`;
    const [row] = await tx<{ id: string }[]>`
      SELECT id FROM api_tokens WHERE company_id = ${companyId} AND token_hash = ${hash}`;
    if (!row) throw new TokenTakenError();
    await notifyTenantChanged(tx, companyId);
    return row.id;
  });
}

/** Tokens that are valid, oldest first. */
export async function listTokens(db: Database, companyId: string): Promise<TokenSummary[]> {
  return await inTenant(db, companyId, async (tx) => [
    ...(await tx<TokenSummary[]>`
      SELECT id, label, created_at, last_used_at FROM api_tokens
      WHERE company_id = ${companyId} AND revoked_at IS NULL ORDER BY created_at, id`),
  ]);
}

/** Makes a token invalid for good. `false`: the company has no such valid token. */
export async function revokeToken(db: Database, companyId: string, tokenId: string): Promise<boolean> {
  return await inTenant(db, companyId, async (tx) => {
    const revoked = await tx`
      UPDATE api_tokens SET revoked_at = now()
      WHERE company_id = ${companyId} AND id = ${tokenId} AND revoked_at IS NULL`;
    await notifyTenantChanged(tx, companyId);
    return revoked.count > 0;
  });
}
