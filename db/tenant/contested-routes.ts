import { asSystem, type Database } from "../client.js";

/** A number or an agent that leads to another company, because that one named it first. */
export interface ContestedRoute {
  kind: "phone" | "agent";
  /** E.164, or the id of an agent. */
  value: string;
}

/**
 * Which of a company's numbers and agents another active company named before it (see
 * `Directory.companiesOfCall`). Whose they are is nobody else's business and not told.
 */
export async function contestedRoutes(db: Database, companyId: string): Promise<ContestedRoute[]> {
  const rows = await asSystem(
    db,
    (tx) => tx<ContestedRoute[]>`
      SELECT own.kind, own.value FROM call_routes own
      WHERE own.company_id = ${companyId} AND EXISTS (
        SELECT 1 FROM call_routes other JOIN companies c ON c.id = other.company_id AND c.active
        WHERE other.kind = own.kind AND other.value = own.value AND other.company_id <> own.company_id
          AND (other.claimed_at, other.company_id) < (own.claimed_at, own.company_id))
      ORDER BY own.kind DESC, own.value`,
  );
  return [...rows];
}
