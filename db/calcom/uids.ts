import { asSystem, type Database, type Transaction } from "../client.js";

/** Whether any of these bookings belongs to an appointment of this tenant. */
export async function isUidKnown(tx: Transaction, uids: readonly string[]): Promise<boolean> {
  const rows = await tx`SELECT 1 FROM calcom_uids WHERE uid = ANY(${[...uids]}::text[]) LIMIT 1`;
  return rows.length > 0;
}

export interface UidOwner {
  uid: string;
  workflowId: string;
  appointmentId: string;
}

export async function ownersOfUids(tx: Transaction, uids: readonly string[]): Promise<UidOwner[]> {
  return await tx<UidOwner[]>`
    SELECT uid, workflow_id, appointment_id FROM calcom_uids WHERE uid = ANY(${[...uids]}::text[])`;
}

/**
 * Gives uids to a lifecycle, unless they have one: the first router wins, and whoever comes at the same
 * instant reads what it decided. Written in one order, so that two cannot wait for each other.
 */
export async function claimUids(
  tx: Transaction,
  companyId: string,
  uids: readonly string[],
  owner: { workflowId: string; appointmentId: string },
): Promise<UidOwner[]> {
  const rows = [...uids].sort().map((uid) => ({
    company_id: companyId,
    uid,
    workflow_id: owner.workflowId,
    appointment_id: owner.appointmentId,
  }));
  await tx`INSERT INTO calcom_uids ${tx(rows)} ON CONFLICT (company_id, uid) DO NOTHING`;
  return await ownersOfUids(tx, uids);
}

/** The lifecycle of an appointment that a booking's metadata names; it must be this tenant's own. */
export async function ownerOfAppointment(tx: Transaction, appointmentId: string): Promise<UidOwner | null> {
  const [row] = await tx<{ workflowId: string; id: string }[]>`
    SELECT workflow_id, id FROM appointments WHERE id = ${appointmentId}`;
  return row ? { uid: "", workflowId: row.workflowId, appointmentId: row.id } : null;
}

/**
 * Whose booking this is, for an event that names no event type (no-shows). `null` when nobody's, or when two
 * tenants on different instances have the same uid.
 */
export async function companyOfUid(db: Database, uid: string): Promise<string | null> {
  const rows = await asSystem(
    db,
    (tx) => tx<{ companyId: string }[]>`SELECT company_id FROM calcom_uids WHERE uid = ${uid} LIMIT 2`,
  );
  return rows.length === 1 ? (rows[0]?.companyId ?? null) : null;
}
