import { createHash } from "node:crypto";
import type { TenantDocument } from "../../domain/tenant/document.js";

/**
 * Fingerprints of every `dev/tenants/friseur-1.json` that was ever shipped, the present one last. A company that is
 * exactly one of them was never changed by anybody, so a later version may replace it.
 */
export const SHIPPED: readonly string[] = [
  "8401f138099b4dac3f05b21408c7258544b801ca7c859c99e64a0192f006c694",
  "9f6e5a5d9010b423e84b70a2faf89ce71e7022054efaf7767256c8e88c4c95be",
];

/** SHA-256 of a document in hex; the order of fields, and what is empty or left out, makes no difference. */
export function fingerprint(document: TenantDocument): string {
  return createHash("sha256")
    .update(JSON.stringify(canonical(document) ?? null))
    .digest("hex");
}

function canonical(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((item) => canonical(item) ?? null);
  if (typeof value !== "object") return value;
  const fields = Object.entries(value)
    .map(([key, field]) => [key, canonical(field)] as const)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}
