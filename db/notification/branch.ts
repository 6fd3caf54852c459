import type postgres from "postgres";
import type { Transaction } from "../client.js";

/**
 * A part of the statement that settles a command, for its WITH list, after `settled` (one row with the `kind` of a
 * command that was settled just now, else none): the branch learns of every appointment that a caller, the API or the
 * dashboard has moved or cancelled. What people do in Cal.com is no command, and the salon did it itself.
 *
 * One more part and not one more statement: a caller waits for this transaction.
 */
export function branchLearns(
  tx: Transaction,
  command: { companyId: string; appointmentId: string; commandId: string },
): postgres.PendingQuery<postgres.Row[]> {
  const { companyId, appointmentId, commandId } = command;
  const instant = (column: string) =>
    tx`to_char(${tx(column)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return tx`
    INSERT INTO alerts (company_id, type, data, dedupe_key, branch_id)
    SELECT ${companyId}::uuid, CASE settled.kind WHEN 'cancel' THEN 'appointment.cancelled' ELSE 'appointment.moved' END,
      jsonb_strip_nulls(jsonb_build_object('appointmentId', a.id, 'rebooked', settled.kind = 'reschedule',
        'start', ${instant("a.start_at")},
        'previousStart', CASE settled.kind WHEN 'reschedule' THEN ${instant("a.previous_start")} END,
        'workflowId', a.workflow_id)),
      ${`command:${commandId}`}::text, a.branch_id
    FROM settled JOIN appointments a ON a.id = ${appointmentId}::uuid
    WHERE settled.kind IN ('reschedule', 'cancel')
    ON CONFLICT DO NOTHING`;
}
