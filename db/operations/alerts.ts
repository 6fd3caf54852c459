import { asSystem, type Database, inTenant, json, type Statement, type Transaction } from "../client.js";

/** Something that a person has to know. `data` goes to a webhook and into logs: ids, names of reasons, instants. */
export interface NewAlert {
  companyId: string;
  type: string;
  data: Readonly<Record<string, unknown>>;
  /** One occasion is one alert. */
  dedupeKey: string;
  /** The branch that has to know; `null`: whoever watches the installation. */
  branchId?: string | null;
}

/** Writes an alert in the transaction of what raises it; the relays tell it. */
export async function raiseAlert(tx: Transaction, alert: NewAlert): Promise<void> {
  await raisingAlert(tx, alert);
}

/** The statement of `raiseAlert`. */
export function raisingAlert(tx: Transaction, alert: NewAlert): Statement {
  return tx`INSERT INTO alerts (company_id, type, data, dedupe_key, branch_id)
           VALUES (${alert.companyId}, ${alert.type}, ${json(tx, alert.data)}, ${alert.dedupeKey}, ${alert.branchId ?? null})
           ON CONFLICT DO NOTHING`;
}

/** An alert that waits to be told. */
export interface WaitingAlert {
  id: string;
  companyId: string;
  type: string;
  data: Record<string, unknown>;
  createdAt: Date;
  attempts: number;
}

const LEASE_MS = 30_000;

/** Takes some of what waits; two relays never take the same. */
export async function claimAlerts(db: Database, limit: number): Promise<WaitingAlert[]> {
  return await asSystem(
    db,
    (tx) => tx<WaitingAlert[]>`
      UPDATE alerts SET attempts = attempts + 1,
        relay_at = clock_timestamp() + ${LEASE_MS}::float8 * power(2, least(attempts, 7)) * interval '1 ms'
      WHERE id IN (
        SELECT id FROM alerts WHERE delivered_at IS NULL AND relay_at <= clock_timestamp()
        ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING id, company_id, type, data, created_at, attempts`,
  );
}

export async function markAlertDelivered(
  db: Database,
  alert: { id: string; companyId: string },
): Promise<void> {
  await inTenant(
    db,
    alert.companyId,
    (tx) => tx`UPDATE alerts SET delivered_at = now() WHERE id = ${alert.id}`,
  );
}
