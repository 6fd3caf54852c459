import { note } from "../booking/timeline.js";
import { asSystem, type Database, inTenant } from "../client.js";

/** An alert that waits to be mailed. */
export interface UnmailedAlert {
  id: string;
  companyId: string;
  type: string;
  data: Record<string, unknown>;
  createdAt: Date;
  branchId: string | null;
  mailAttempts: number;
}

/** Longer than a mail server may take: a process that died is taken over from, one that is slow is not. */
const LEASE_MS = 180_000;
/** Doubling from one failure to the next. */
const RETRY_MS = 30_000;
/** An older alert tells nobody anything that he could act on: after a long absence of the mail server it stays unmailed. */
const LONGEST_WAIT_MS = 3 * 86_400_000;

/** Takes some of what waits; two processes never take the same. */
export async function claimMails(db: Database, limit: number): Promise<UnmailedAlert[]> {
  return await asSystem(
    db,
    (tx) => tx<UnmailedAlert[]>`
      UPDATE alerts SET mail_attempts = mail_attempts + 1,
        mail_at = clock_timestamp() + ${LEASE_MS}::float8 * interval '1 ms'
      WHERE id IN (
        SELECT id FROM alerts WHERE mailed_at IS NULL AND mail_at <= clock_timestamp()
          AND created_at > now() - ${LONGEST_WAIT_MS}::float8 * interval '1 ms'
        ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING id, company_id, type, data, created_at, branch_id, mail_attempts`,
  );
}

/**
 * It was sent: never again. The appointment's timeline says so, and so does the offer to move that came before a
 * cancel.
 *
 * @param told `branch`: whether it went to the branch and not to whoever watches the installation
 */
export async function markMailed(
  db: Database,
  alert: UnmailedAlert,
  told: { branch: boolean; appointmentId: string | null },
): Promise<void> {
  const { companyId, id, type } = alert;
  await inTenant(db, companyId, async (tx) => {
    const [row] = await tx<
      { id: string }[]
    >`UPDATE alerts SET mailed_at = now() WHERE id = ${id} AND mailed_at IS NULL RETURNING id`;
    if (!row || told.appointmentId === null) return;
    await note(tx, companyId, told.appointmentId, {
      kind: "notification",
      action: type,
      outcome: "mailed",
      detail: { to: told.branch ? "branch" : "operator" },
      dedupeKey: `mailed:${id}`,
    });
    if (!told.branch || !type.startsWith("appointment.")) return;
    await tx`UPDATE reschedule_offers SET branch_notified_at = now()
             WHERE appointment_id = ${told.appointmentId} AND outcome IS NOT NULL AND branch_notified_at IS NULL`;
  });
}

/** The mail server did not take it: later, and later each time. */
export async function postponeMail(db: Database, alert: UnmailedAlert): Promise<void> {
  const afterMs = RETRY_MS * 2 ** Math.min(alert.mailAttempts - 1, 8);
  await inTenant(
    db,
    alert.companyId,
    (tx) => tx`UPDATE alerts SET mail_at = clock_timestamp() + ${afterMs}::float8 * interval '1 ms'
               WHERE id = ${alert.id} AND mailed_at IS NULL AND mail_attempts = ${alert.mailAttempts}`,
  );
}

/** It will not be mailed: nobody is there to read it, or what it speaks of is over. */
export async function dropMail(db: Database, alert: UnmailedAlert): Promise<void> {
  await inTenant(
    db,
    alert.companyId,
    (tx) => tx`UPDATE alerts SET mail_at = 'infinity', mail_attempts = mail_attempts - 1
               WHERE id = ${alert.id} AND mailed_at IS NULL`,
  );
}

/** Out of the queue what is too old to be mailed. */
export async function dropOldMails(db: Database): Promise<void> {
  await asSystem(
    db,
    (tx) => tx`UPDATE alerts SET mail_at = 'infinity'
               WHERE mailed_at IS NULL AND mail_at < 'infinity'
                 AND created_at <= now() - ${LONGEST_WAIT_MS}::float8 * interval '1 ms'`,
  );
}
