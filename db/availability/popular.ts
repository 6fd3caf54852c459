import { type Database, inTenant } from "../client.js";

/** The services that were booked most in the last sixty days, most first; of one branch or of all. */
export async function popularServices(
  db: Database,
  companyId: string,
  branchId: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await inTenant(
    db,
    companyId,
    (tx) => tx<{ serviceId: string }[]>`
      SELECT service_id FROM appointments
      WHERE start_at > now() - interval '60 days' AND status <> 'failed'
        ${branchId === null ? tx`` : tx`AND branch_id = ${branchId}`}
      GROUP BY service_id ORDER BY count(*) DESC, service_id LIMIT ${limit}`,
  );
  return rows.map((row) => row.serviceId);
}
