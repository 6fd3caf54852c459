import { type Database, inTenant } from "../client.js";
import type { CommandOutcome } from "../schema/booking.js";
import { appointmentView } from "./view.js";

/** Where a command stands, for who waits for it. */
export interface CommandProgress {
  id: string;
  appointmentId: string;
  requestHash: string | null;
  outcome: CommandOutcome | null;
  answer: Answer | null;
}

/** What the caller was answered first. */
export interface Answer {
  status: number;
  body: unknown;
}

interface ProgressRow {
  id: string;
  appointmentId: string;
  requestHash: string | null;
  outcome: CommandOutcome | null;
  answerStatus: number | null;
  answerBody: unknown;
}

const toProgress = (row: ProgressRow): CommandProgress => ({
  id: row.id,
  appointmentId: row.appointmentId,
  requestHash: row.requestHash,
  outcome: row.outcome,
  answer: row.answerStatus === null ? null : { status: row.answerStatus, body: row.answerBody },
});

export async function commandProgress(
  db: Database,
  companyId: string,
  by: { id: string } | { idempotencyKey: string },
): Promise<CommandProgress | null> {
  const [row] = await inTenant(
    db,
    companyId,
    (tx) => tx<ProgressRow[]>`
      SELECT id, appointment_id, request_hash, outcome, answer_status, answer_body FROM commands
      WHERE ${"id" in by ? tx`id = ${by.id}` : tx`idempotency_key = ${by.idempotencyKey}`}`,
  );
  return row ? toProgress(row) : null;
}

/**
 * Keeps an answer unless one was given already, and returns the one that counts: the same key answers the
 * same for ever. Without a body it is the appointment as it stands. (`::text::json`: a `jsonb` parameter would
 * change the order of the fields.)
 */
export async function keepAnswer(
  db: Database,
  companyId: string,
  command: { id: string; appointmentId: string },
  status: number,
  body?: unknown,
): Promise<Answer> {
  return await inTenant(db, companyId, async (tx) => {
    const kept = body ?? (await appointmentView(tx, command.appointmentId));
    const [row] = await tx<{ answerStatus: number; answerBody: unknown }[]>`
      UPDATE commands SET
        answer_body = CASE WHEN answer_status IS NULL THEN ${JSON.stringify(kept)}::text::json ELSE answer_body END,
        answer_status = coalesce(answer_status, ${status}::int)
      WHERE id = ${command.id} RETURNING answer_status, answer_body`;
    if (!row) throw new Error("the command vanished while it was answered");
    return { status: row.answerStatus, body: row.answerBody };
  });
}
