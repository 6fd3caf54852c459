import type { Transaction } from "../client.js";

/** The caller was offered to move instead of cancelling (FR-3). @returns whether it was offered before in this call */
export async function noteMoveOffered(
  tx: Transaction,
  companyId: string,
  callId: string,
  appointmentId: string,
): Promise<boolean> {
  const made = await tx`
    INSERT INTO reschedule_offers (company_id, call_id, appointment_id)
    VALUES (${companyId}, ${callId}, ${appointmentId}) ON CONFLICT DO NOTHING RETURNING 1`;
  return made.length === 0;
}

/** What the caller made of the offer; the first decision counts. */
export async function decideMoveOffer(
  tx: Transaction,
  callId: string,
  appointmentId: string,
  outcome: "accepted" | "declined",
): Promise<void> {
  await tx`
    UPDATE reschedule_offers SET outcome = ${outcome}, decided_at = now()
    WHERE call_id = ${callId} AND appointment_id = ${appointmentId} AND outcome IS NULL`;
}

/** The counters of FR-3 (salon-gateway 1.2). */
export interface MoveOfferCounters {
  offered: number;
  accepted: number;
  declined: number;
}

export async function moveOfferCounters(tx: Transaction, since: Date): Promise<MoveOfferCounters> {
  const [row] = await tx<MoveOfferCounters[]>`
    SELECT count(*)::int AS offered, count(*) FILTER (WHERE outcome = 'accepted')::int AS accepted,
      count(*) FILTER (WHERE outcome = 'declined')::int AS declined
    FROM reschedule_offers WHERE offered_at >= ${since}`;
  return row ?? { offered: 0, accepted: 0, declined: 0 };
}
