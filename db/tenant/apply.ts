import { randomUUID } from "node:crypto";
import { calcomInstance } from "../../domain/tenant/calcom-instance.js";
import { type Difference, differences } from "../../domain/tenant/differences.js";
import { InvalidTenantError, type TenantDocument } from "../../domain/tenant/document.js";
import { isSlug } from "../../domain/tenant/slug.js";
import { type Database, inTenant, type Transaction } from "../client.js";
import { notifyTenantChanged } from "./changes.js";
import { findCompanyId } from "./companies.js";
import { documentOf } from "./export.js";
import { loadTenantRows } from "./rows.js";
import { createVault, type Vault } from "./secrets.js";
import { loadStoredSecrets, storeSecrets, withSecrets } from "./stored-secrets.js";
import {
  writeBranches,
  writeCallRoutes,
  writeEventTypes,
  writePolicies,
  writeServices,
  writeStaff,
} from "./write.js";

export interface ApplyOptions {
  /** Says what would change and leaves everything as it is; what is invalid is refused all the same. */
  dryRun?: boolean;
  secretsKey: string;
  installation: { baseUrl: string };
}

export interface Applied {
  /** Of a dry run for a company that does not exist: an id that will not be used. */
  companyId: string;
  differences: Difference[];
}

/** Another document made the company while this one looked for it. */
class CompanyAppeared extends Error {}

class DryRun extends Error {
  constructor(readonly applied: Applied) {
    super("dry run");
  }
}

/**
 * Makes a company what its document says, in one transaction: what the document leaves out becomes inactive and
 * is never deleted, ids stay, secrets that are left out stay. All processes hear of it with the COMMIT.
 *
 * @throws InvalidTenantError when the slug is none or an event type belongs to another company.
 */
export async function applyDocument(
  db: Database,
  slug: string,
  document: TenantDocument,
  options: ApplyOptions,
): Promise<Applied> {
  if (!isSlug(slug)) {
    throw new InvalidTenantError([
      { path: "slug", message: "lower case letters and digits, joined by single - or _, up to 64" },
    ]);
  }
  const vault = await createVault(options.secretsKey);
  for (;;) {
    const existing = await findCompanyId(db, slug);
    const companyId = existing ?? randomUUID();
    try {
      return await inTenant(db, companyId, async (tx) => {
        const applied = await write(tx, vault, {
          companyId,
          slug,
          isNew: existing === null,
          document,
          options,
        });
        // The whole of it was tried, so that a dry run finds every refusal; the rollback takes it back.
        if (options.dryRun) throw new DryRun(applied);
        return applied;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.applied;
      if (!(error instanceof CompanyAppeared)) throw error;
    }
  }
}

interface Work {
  companyId: string;
  slug: string;
  isNew: boolean;
  document: TenantDocument;
  options: ApplyOptions;
}

async function write(tx: Transaction, vault: Vault, work: Work): Promise<Applied> {
  const { companyId, document } = work;
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`tenant:${work.slug}`}, 0))`;
  const instance = calcomInstance(document.calcom.baseUrl ?? work.options.installation.baseUrl);
  const rows = await loadTenantRows(tx, companyId);
  const before = rows ? withSecrets(documentOf(rows), await loadStoredSecrets(tx, vault, companyId)) : null;

  await writeCompany(tx, work, instance);
  const branches = await writeBranches(tx, companyId, document);
  const staff = await writeStaff(tx, companyId, document, branches);
  const services = await writeServices(tx, companyId, document);
  const ids = { branches, staff, services };
  await writeEventTypes(tx, companyId, document, instance, ids);
  await writePolicies(tx, companyId, document, ids);
  await writeCallRoutes(tx, companyId, document, branches);
  await storeSecrets(tx, vault, companyId, document);
  await notifyTenantChanged(tx, companyId);
  return { companyId, differences: differences(before, document) };
}

async function writeCompany(tx: Transaction, work: Work, instance: string): Promise<void> {
  const { companyId, slug, document } = work;
  if (work.isNew) {
    const [made] = await tx`
      INSERT INTO companies (id, slug, name, time_zone, locale, currency)
      VALUES (${companyId}, ${slug}, ${document.name}, ${document.timeZone}, ${document.locale}, ${document.currency})
      ON CONFLICT (slug) DO NOTHING RETURNING id`;
    if (!made) throw new CompanyAppeared();
  }
  await tx`
    UPDATE companies SET name = ${document.name}, time_zone = ${document.timeZone}, locale = ${document.locale},
      currency = ${document.currency}, settings = ${JSON.stringify(document.settings)}::text::jsonb,
      calcom_base_url = ${document.calcom.baseUrl}, calcom_instance = ${instance},
      calcom_team_id = ${document.calcom.teamId},
      retell_agent_ids = ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(document.retell.agentIds)}::text::jsonb)),
      active = true, updated_at = now()
    WHERE id = ${companyId}`;
}
