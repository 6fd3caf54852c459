import { calcomInstance } from "../../domain/tenant/calcom-instance.js";
import { asSystem, type Database, inTenant, sqlState, UNIQUE_VIOLATION } from "../client.js";
import { notifyTenantChanged } from "./changes.js";

/** A company as the list of all shows it. */
export interface CompanySummary {
  id: string;
  slug: string;
  name: string;
  active: boolean;
  createdAt: Date;
}

/** All companies of the installation, by slug; for the operator only. */
export async function listCompanies(db: Database): Promise<CompanySummary[]> {
  return await asSystem(db, async (tx) => [
    ...(await tx<CompanySummary[]>`SELECT id, slug, name, active, created_at FROM companies ORDER BY slug`),
  ]);
}

/** Also of a company that is not active. */
export async function findCompanyId(db: Database, slug: string): Promise<string | null> {
  const [row] = await asSystem(
    db,
    (tx) => tx<{ id: string }[]>`SELECT id FROM companies WHERE slug = ${slug}`,
  );
  return row?.id ?? null;
}

/**
 * Moves the companies that live on the installation's Cal.com to its present base URL: ownership of event types
 * is compared by it, and a changed `CALCOM_BASE_URL` must not make all their webhooks a stranger's. A company
 * one of whose event types is taken there stays where it is; the next document says which.
 */
export async function followInstallation(db: Database, baseUrl: string): Promise<void> {
  const instance = calcomInstance(baseUrl);
  const left = await asSystem(
    db,
    (tx) => tx<{ id: string }[]>`
      SELECT id FROM companies WHERE calcom_base_url IS NULL AND calcom_instance <> ${instance}`,
  );
  for (const { id } of left) {
    try {
      await inTenant(db, id, async (tx) => {
        await tx`UPDATE companies SET calcom_instance = ${instance} WHERE id = ${id}`;
        await tx`UPDATE event_types SET calcom_instance = ${instance} WHERE company_id = ${id}`;
        await tx`UPDATE event_type_owners SET calcom_instance = ${instance} WHERE company_id = ${id}`;
        await notifyTenantChanged(tx, id);
      });
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    }
  }
}
