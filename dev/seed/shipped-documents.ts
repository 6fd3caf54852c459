import { createHash } from "node:crypto";
import type { TenantDocument } from "../../domain/tenant/document.js";

/**
 * Fingerprints of every `dev/tenants/friseur-1.json` that was ever shipped, the present one last. A company that is
 * exactly one of them was never changed by anybody, so a later version may replace it.
 */
export const SHIPPED: readonly string[] = [
  "c33314e108db6079b8405980d5de5d63b4ee45762c5e6835099c1adf346a4765",
  "fa7db27586b69b52ed119e1e7d5f9655e6ee38740955361eb27f2c61e78f4cb4",
];

/**
 * SHA-256 of a document in hex. The order of fields and of event types, and what is empty or left out, makes no
 * difference: none of that is kept by the tables.
 */
export function fingerprint(document: TenantDocument): string {
  const eventTypes = document.eventTypes.map((mapping) => JSON.stringify(canonical(mapping))).toSorted();
  return createHash("sha256")
    .update(JSON.stringify(canonical({ ...document, eventTypes })))
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
