import { json, type Transaction } from "../client.js";
import type { Cancellation } from "../schema/booking.js";
import { releaseIntervals } from "./intervals.js";
import { rememberUid } from "./outcome.js";
import { note } from "./timeline.js";

/**
 * The appointment that was made of a booking in Cal.com, where that booking turns out to be another
 * appointment's: an operator made by hand what we could not, and its webhook looked like a new customer's.
 *
 * @returns `null` when the booking is nobody's, "own" when it is this appointment's already, and "foreign" when
 * it belongs to one that was born here and cannot be given away
 */
export async function importedAs(
  tx: Transaction,
  appointmentId: string,
  uid: string,
): Promise<{ imported: string } | "own" | "foreign" | null> {
  const [row] = await tx<{ appointmentId: string; source: string | null }[]>`
    SELECT u.appointment_id, a.source FROM calcom_uids u LEFT JOIN appointments a ON a.id = u.appointment_id
    WHERE u.uid = ${uid} AND u.phase_key IS NOT NULL`;
  if (!row) return null;
  if (row.appointmentId === appointmentId) return "own";
  return row.source === "calcom" ? { imported: row.appointmentId } : "foreign";
}

/** The imported appointment ends; its bookings, and all that Cal.com will say of them, are the other's. */
export async function absorbImported(
  tx: Transaction,
  scope: { companyId: string; appointmentId: string },
  taken: { imported: string; uid: string; phaseKey: string },
): Promise<void> {
  const cancellation: Cancellation = {
    at: new Date().toISOString(),
    by: "operator",
    reason: null,
    kind: "cancelled",
  };
  await tx`UPDATE calcom_uids u SET appointment_id = a.id, workflow_id = a.workflow_id, phase_key = ${taken.phaseKey}
           FROM appointments a WHERE a.id = ${scope.appointmentId} AND u.appointment_id = ${taken.imported}`;
  await tx`UPDATE appointment_phases SET calcom_uid = NULL, sync = 'cancelled'
           WHERE appointment_id = ${taken.imported} AND staff_required`;
  await tx`UPDATE appointments SET status = 'cancelled', cancellation = ${json(tx, cancellation)}, sync_state = 'synced',
             version = version + 1, updated_at = now()
           WHERE id = ${taken.imported}`;
  await releaseIntervals(tx, taken.imported);
  await tx`UPDATE drifts SET status = 'resolved', resolved_at = now()
           WHERE appointment_id = ${taken.imported} AND status = 'open' AND kind IN ('conflict', 'host_unknown')`;
  await rememberUid(tx, scope, taken.uid, taken.phaseKey, null);
  await note(tx, scope.companyId, taken.imported, {
    kind: "review",
    action: "taken_over",
    outcome: "cancelled",
    detail: { by: scope.appointmentId },
  });
}

/** Bookings that a person made in Cal.com where phases of ours are still without one: same type, same start. */
export async function absorbMadeByHand(
  tx: Transaction,
  scope: { companyId: string; appointmentId: string },
): Promise<void> {
  const found = await tx<{ imported: string; uid: string; phaseKey: string }[]>`
    SELECT DISTINCT ON (p.key) o.appointment_id AS imported, o.calcom_uid AS uid, p.key AS phase_key
    FROM appointment_phases p
    JOIN appointment_phases o ON o.calcom_event_type_id = p.calcom_event_type_id AND o.start_at = p.start_at
      AND o.appointment_id <> p.appointment_id AND o.calcom_uid IS NOT NULL AND o.sync <> 'cancelled'
    JOIN appointments a ON a.id = o.appointment_id AND a.source = 'calcom' AND a.status IN ('pending', 'confirmed')
    WHERE p.appointment_id = ${scope.appointmentId} AND p.staff_required AND p.calcom_uid IS NULL
      AND o.staff_id IS NOT DISTINCT FROM p.staff_id
    ORDER BY p.key, a.created_at`;
  for (const taken of found) {
    await absorbImported(tx, scope, taken);
    await tx`UPDATE appointment_phases SET calcom_uid = ${taken.uid}
             WHERE appointment_id = ${scope.appointmentId} AND key = ${taken.phaseKey}`;
  }
}
