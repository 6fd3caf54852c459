import type { AppointmentFacts } from "../../domain/booking/facts.js";
import type { ReviewDecision, ReviewReason } from "../../domain/booking/review.js";
import { type Database, inTenant, json } from "../client.js";
import { readFacts } from "./outcome.js";
import { note } from "./timeline.js";

interface Scope {
  companyId: string;
  appointmentId: string;
}

/** An attempt failed and another one will follow: what `sync` shows. */
export async function recordAttempt(
  db: Database,
  scope: Scope & { error: string | null; nextAttemptAt: string },
): Promise<void> {
  await inTenant(db, scope.companyId, async (tx) => {
    await Promise.all([
      tx`UPDATE appointments SET sync_state = CASE WHEN sync_state = 'manual_review' THEN sync_state ELSE 'pending' END,
           last_error = ${scope.error}, next_attempt_at = ${scope.nextAttemptAt}, updated_at = now()
         WHERE id = ${scope.appointmentId}`,
      note(tx, scope.companyId, scope.appointmentId, {
        kind: "remote",
        action: "attempt",
        outcome: "failed",
        detail: { error: scope.error, nextAttemptAt: scope.nextAttemptAt },
        dedupeKey: `attempt:${scope.nextAttemptAt}`,
      }),
    ]);
  });
}

/** The booking is in the queue: visible in `sync`, in the timeline and, when new, as an alert. */
export async function recordReview(
  db: Database,
  scope: Scope & {
    reason: ReviewReason;
    error: string | null;
    attempts: number;
    nextAttemptAt: string | null;
    fresh: boolean;
  },
): Promise<void> {
  const { companyId, appointmentId, reason, error } = scope;
  await inTenant(db, companyId, async (tx) => {
    await tx`UPDATE appointments SET sync_state = 'manual_review', review_reason = ${reason}, last_error = ${error},
               next_attempt_at = ${scope.nextAttemptAt}, version = version + 1, updated_at = now()
             WHERE id = ${appointmentId}`;
    if (!scope.fresh) return;
    const [row] = await tx<{ workflowId: string; startAt: Date }[]>`
      SELECT workflow_id, start_at FROM appointments WHERE id = ${appointmentId}`;
    await Promise.all([
      note(tx, companyId, appointmentId, {
        kind: "review",
        action: "opened",
        outcome: reason,
        detail: { error, attempts: scope.attempts },
        dedupeKey: `review:${reason}:${scope.nextAttemptAt ?? "waiting"}`,
      }),
      tx`INSERT INTO alerts (company_id, type, data, dedupe_key)
         VALUES (${companyId}, 'booking.manual_review',
           ${json(tx, { appointmentId, reason, workflowId: row?.workflowId, start: row?.startAt.toISOString() })},
           ${`review:${appointmentId}:${reason}:${scope.nextAttemptAt ?? ""}`})
         ON CONFLICT DO NOTHING`,
    ]);
  });
}

/** @param scope `since`: when the review was opened, ms since epoch */
export async function closeReview(db: Database, scope: Scope & { since: number }): Promise<void> {
  await inTenant(db, scope.companyId, async (tx) => {
    await Promise.all([
      tx`UPDATE appointments SET review_reason = NULL, version = version + 1, updated_at = now(),
           sync_state = CASE WHEN sync_state = 'manual_review' THEN 'pending' ELSE sync_state END
         WHERE id = ${scope.appointmentId} AND (review_reason IS NOT NULL OR sync_state = 'manual_review')`,
      note(tx, scope.companyId, scope.appointmentId, {
        kind: "review",
        action: "closed",
        outcome: "closed",
        dedupeKey: `review:closed:${scope.since}`,
      }),
    ]);
  });
}

/** Who decided what and why: the Web UI itself keeps no names. */
export async function recordDecision(
  db: Database,
  scope: Scope & { decision: ReviewDecision["decision"]; actor: string; note: string },
): Promise<void> {
  await inTenant(db, scope.companyId, (tx) =>
    note(tx, scope.companyId, scope.appointmentId, {
      kind: "review",
      action: "decided",
      outcome: scope.decision,
      detail: { actor: scope.actor, note: scope.note },
    }),
  );
}

/** The appointment's time is over and it took place. */
export async function completeAppointment(db: Database, scope: Scope): Promise<AppointmentFacts> {
  return await inTenant(db, scope.companyId, async (tx) => {
    const completed = await tx<{ id: string }[]>`
      UPDATE appointments SET status = 'completed', version = version + 1, updated_at = now()
      WHERE id = ${scope.appointmentId} AND status = 'confirmed' RETURNING id`;
    if (completed.length > 0) {
      await note(tx, scope.companyId, scope.appointmentId, {
        kind: "notification",
        action: "completed",
        outcome: "completed",
        dedupeKey: "completed",
      });
    }
    return await readFacts(tx, scope.appointmentId);
  });
}
