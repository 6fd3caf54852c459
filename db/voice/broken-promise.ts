import { requestCallbackWithin } from "../callback/request.js";
import type { Transaction } from "../client.js";

/**
 * A caller was told that something is noted, hung up, and it came to nothing: somebody calls back. Looked at from
 * both sides, when a command is refused and when `PENDING` has been said, because either may be the later.
 */
export async function callBackIfPromiseBroken(
  tx: Transaction,
  companyId: string,
  appointmentId: string,
): Promise<void> {
  const broken = await tx<{ commandId: string; callId: string; kind: string }[]>`
    SELECT c.id AS command_id, t.call_id, c.kind FROM commands c
    JOIN tool_calls t ON t.company_id = c.company_id AND t.code = 'PENDING'
      AND t.answer->>'appointment_id' = c.appointment_id::text
      AND t.tool = CASE c.kind WHEN 'book' THEN 'book_appointment' WHEN 'cancel' THEN 'cancel_appointment'
        ELSE 'reschedule_appointment' END
      -- Of several moves of one appointment only the one that was promised: its key ends with the offer.
      AND (c.kind <> 'reschedule' OR t.args->>'offer_id' IS NULL
        OR c.idempotency_key LIKE '%:' || lower(t.args->>'offer_id'))
    WHERE c.appointment_id = ${appointmentId} AND c.outcome->>'result' = 'refused'
      AND starts_with(c.idempotency_key, '§voice:')`;
  for (const { commandId, callId, kind } of broken) {
    await requestCallbackWithin(tx, {
      companyId,
      callId,
      appointmentId,
      priority: "urgent",
      reason: "booking_failed",
      topic: TOPICS[kind] ?? "Ein vorgemerkter Wunsch konnte nicht erfüllt werden",
      occasion: `command:${commandId}:refused`,
    });
  }
}

const TOPICS: Readonly<Record<string, string>> = {
  book: "Ein vorgemerkter Termin konnte nicht gebucht werden",
  reschedule: "Ein Termin konnte nicht wie vorgemerkt verschoben werden",
  cancel: "Eine vorgemerkte Absage konnte nicht ausgeführt werden",
};
