import { asSystem, type Database, inTenant } from "../client.js";

/** A callback whose workflow is not started, or does not know yet what has become of it. */
export interface UntoldCallback {
  id: string;
  companyId: string;
  workflowId: string;
  appointmentId: string | null;
  status: "open" | "completed" | "cancelled";
  /** Names this claim: what changes afterwards has to be told once more. */
  claim: string;
}

/** A claim that is not settled in this time is anybody's again (its process has died). */
const LEASE_MS = 10_000;

/** Takes some of what waits; two relays never take the same. */
export async function claimCallbacks(db: Database, limit: number): Promise<UntoldCallback[]> {
  return await asSystem(
    db,
    (tx) => tx<UntoldCallback[]>`
      UPDATE callbacks SET relay_attempts = relay_attempts + 1,
        relay_at = clock_timestamp() + least(60000, ${LEASE_MS}::float8 * power(2, least(relay_attempts, 6))) * interval '1 ms'
      WHERE id IN (
        SELECT id FROM callbacks WHERE started_at IS NULL AND relay_at <= clock_timestamp()
        ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING id, company_id, workflow_id, appointment_id, status, relay_at::text AS claim`,
  );
}

/** Its workflow knows it as it was claimed. */
export async function markCallbackTold(db: Database, callback: UntoldCallback): Promise<void> {
  await inTenant(
    db,
    callback.companyId,
    (tx) => tx`UPDATE callbacks SET started_at = now(), relay_attempts = 0
               WHERE id = ${callback.id} AND started_at IS NULL AND relay_at::text = ${callback.claim}`,
  );
}

/** Temporal could not be reached: soon again. */
export async function postponeCallback(
  db: Database,
  callback: UntoldCallback,
  afterMs: number,
): Promise<void> {
  await inTenant(
    db,
    callback.companyId,
    (tx) => tx`UPDATE callbacks SET relay_at = clock_timestamp() + ${afterMs}::float8 * interval '1 ms'
               WHERE id = ${callback.id} AND relay_at::text = ${callback.claim}`,
  );
}

/**
 * Open, overdue, and nobody was reminded for so long that its workflow cannot be alive (terminated, or lost with its
 * server): it is told again, which starts another.
 */
export async function reviveCallbacks(db: Database, silentMs: number): Promise<number> {
  const revived = await asSystem(
    db,
    (tx) => tx`
      UPDATE callbacks SET started_at = NULL, relay_at = clock_timestamp(), relay_attempts = 0
      WHERE status = 'open' AND started_at IS NOT NULL
        AND greatest(due_at, started_at, reminded_at) < now() - ${silentMs}::float8 * interval '1 ms'`,
  );
  return revived.count;
}
