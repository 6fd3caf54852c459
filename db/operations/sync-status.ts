import { z } from "zod";
import { type Database, inTenant } from "../client.js";

/** Kinds of Cal.com's errors (calcom/errors.ts) that say it failed, as opposed to having refused. */
const FAILURES = [
  "ambiguous",
  "unavailable",
  "rate_limited",
  "budget_exhausted",
  "breaker_open",
  "aborted",
  "unauthorized",
  "forbidden",
  "invalid",
  "missing_field",
  "not_found",
  "version",
  "rejected",
  "unsupported",
];
/** Answers of a business that works. */
const REFUSALS = ["slot-taken", "too-soon", "too-far", "policy", "closed", "staff-cannot-do-service"];

const count = z.coerce.number().int();
const orNull = z.coerce.number().nullable();

const rowSchema = z.object({
  synced: count,
  pending: count,
  failed: count,
  manualReview: count,
  oldestPendingSeconds: orNull,
  done: count,
  brokenOff: count,
  latencyP50: orNull,
  latencyP95: orNull,
  healed: count,
  conflicts: count,
  waiting: count,
  dead: count,
});

/** How well a company and its Cal.com agree, as far as our tables know. */
export interface SyncNumbers {
  states: { synced: number; pending: number; failed: number; manual_review: number };
  /** Settled commands that were carried out, of those and the ones that Cal.com's failures ended; 0 to 1. */
  successRate24h: number | null;
  oldestPendingSeconds: number | null;
  /** From the receipt of a webhook until it was applied, over 24 hours. */
  webhookLatencyMs: { p50: number | null; p95: number | null };
  lostWebhooksHealed: number;
  conflicts: number;
  inbox: { waiting: number; dead: number };
}

/** One statement: the page that shows it is asked often, and mostly when something is wrong. */
export async function readSyncNumbers(db: Database, companyId: string): Promise<SyncNumbers> {
  const [found] = await inTenant(
    db,
    companyId,
    (tx) => tx`
      WITH states AS (
        SELECT count(*) FILTER (WHERE sync_state = 'synced') AS synced,
          count(*) FILTER (WHERE sync_state = 'pending') AS pending,
          count(*) FILTER (WHERE sync_state = 'failed') AS failed,
          count(*) FILTER (WHERE sync_state = 'manual_review') AS manual_review
        FROM appointments WHERE company_id = ${companyId}
      ), oldest AS (
        SELECT extract(epoch FROM now() - min(coalesce(
          (SELECT min(c.accepted_at) FROM commands c WHERE c.appointment_id = a.id AND c.settled_at IS NULL),
          a.updated_at))) AS seconds
        FROM appointments a WHERE a.company_id = ${companyId} AND a.sync_state = 'pending'
      ), settled AS (
        SELECT count(*) FILTER (WHERE c.outcome->>'result' = 'done') AS done,
          count(*) FILTER (WHERE c.outcome->>'result' = 'refused'
            AND c.outcome->>'problem' <> ALL(${REFUSALS}::text[])
            AND EXISTS (SELECT 1 FROM remote_operations o WHERE o.command_id = c.id
              AND (o.state = 'abandoned' OR o.error = ANY(${FAILURES}::text[])))) AS broken_off
        FROM commands c WHERE c.company_id = ${companyId} AND c.settled_at > now() - interval '24 hours'
      ), latency AS (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50, percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95
        FROM (SELECT extract(epoch FROM processed_at - received_at) * 1000 AS ms FROM webhook_events
          WHERE company_id = ${companyId} AND source = 'webhook' AND processed_at IS NOT NULL
            AND received_at > now() - interval '24 hours') applied
      ), inbox AS (
        SELECT count(*) FILTER (WHERE status <> 'dead') AS waiting, count(*) FILTER (WHERE status = 'dead') AS dead
        FROM webhook_events WHERE company_id = ${companyId} AND status IN ('waiting', 'delivered', 'dead')
      )
      SELECT states.*, ceil(CASE WHEN oldest.seconds < 0 THEN 0 ELSE oldest.seconds END) AS oldest_pending_seconds, settled.*,
        round(latency.p50) AS latency_p50, round(latency.p95) AS latency_p95, inbox.*,
        (SELECT coalesce(sum(healed), 0) FROM reconciliations WHERE company_id = ${companyId}) AS healed,
        (SELECT count(*) FROM drifts WHERE company_id = ${companyId} AND kind = 'conflict' AND status = 'open') AS conflicts
      FROM states, oldest, settled, latency, inbox`,
  );
  const row = rowSchema.parse(found);
  const { synced, pending, failed, manualReview, done, brokenOff } = row;
  return {
    states: { synced, pending, failed, manual_review: manualReview },
    successRate24h: done + brokenOff === 0 ? null : done / (done + brokenOff),
    oldestPendingSeconds: row.oldestPendingSeconds,
    webhookLatencyMs: { p50: row.latencyP50, p95: row.latencyP95 },
    lostWebhooksHealed: row.healed,
    conflicts: row.conflicts,
    inbox: { waiting: row.waiting, dead: row.dead },
  };
}
