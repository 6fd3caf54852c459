import { type Database, inTenant } from "../client.js";

export type CallbackOutcome = "completed" | "cancelled";

/** `other`: it had ended the other way before. */
export type Finished = "finished" | "already" | "other" | "unknown";

/**
 * Ends a callback, once: asked twice at the same instant, the second finds it ended. Its workflow learns of it
 * through the relay.
 *
 * @param change `by`: who called; `note`: what came of it, added to what stands there
 */
export async function finishCallback(
  db: Database,
  change: {
    companyId: string;
    callbackId: string;
    outcome: CallbackOutcome;
    by: string | null;
    note: string | null;
  },
): Promise<Finished> {
  const { companyId, callbackId, outcome, by, note } = change;
  return await inTenant(db, companyId, async (tx) => {
    // Who asks anew after he was called back is called back anew; a failure that is reported again is the same one.
    const ended = await tx<{ id: string }[]>`
      UPDATE callbacks SET status = ${outcome}, completed_at = date_trunc('milliseconds', now()), completed_by = ${by},
        note = nullif(concat_ws(E'\\n', note, ${note}::text), ''),
        dedupe_key = CASE WHEN reason IN ('asked', 'not_identified', 'nothing_free', 'policy') THEN dedupe_key || ':' || id::text ELSE dedupe_key END,
        started_at = NULL, relay_at = clock_timestamp(), relay_attempts = 0
      WHERE id = ${callbackId} AND status = 'open' RETURNING id`;
    if (ended.length > 0) return "finished";
    const [row] = await tx<{ status: string }[]>`SELECT status FROM callbacks WHERE id = ${callbackId}`;
    if (!row) return "unknown";
    return row.status === outcome ? "already" : "other";
  });
}
