import { readFile } from "node:fs/promises";
import { connect, type Database, inTenant } from "../db/client.js";
import { applyDocument } from "../db/tenant/apply.js";
import { followInstallation, listCompanies } from "../db/tenant/companies.js";
import { exportDocument } from "../db/tenant/export.js";
import { createVault } from "../db/tenant/secrets.js";
import { loadStoredSecrets } from "../db/tenant/stored-secrets.js";
import { createToken, registerToken } from "../db/tenant/tokens.js";
import { parseDocument, type TenantDocument } from "../domain/tenant/document.js";
import { fingerprint, SHIPPED } from "./seed/shipped-documents.js";
import { seedSimulator, simulatorSeed } from "./seed/simulator.js";

export interface SeedOptions {
  /** Of a database with the current schema. */
  databaseUrl: string;
  secretsKey: string;
  /** Origin of the simulator, which is made as the documents say; `null`: Cal.com is a real one. */
  simulator: { url: string } | null;
  calcom: { baseUrl: string; apiKey: string; webhookSecret: string };
  /** Where the simulator reaches the API, without a slash at the end. */
  publicUrl: string;
  /** The company's bearer token; left out, a new one is made. */
  token?: string;
}

export interface SeededCompany {
  companySlug: string;
  token: string;
  /** What the person at the shell has to know, a line each; left out when there is nothing. */
  notices?: string[];
}

const COMPANY_SLUG = "friseur-1";
const FILE = "dev/tenants/friseur-1.json";
const DOCUMENT = new URL("./tenants/friseur-1.json", import.meta.url);

/**
 * The real team has two members of one name (salon-gateway 1.7): the other one works for nobody here, and whoever
 * looks for a host by name finds two.
 */
const OTHER_MEMBERS = [{ id: 1_414_768, name: "Fabian Spitzer" }];

/**
 * Makes the first tenant, and everything that it and the others need in the simulator. A tenant that exists stays
 * as somebody may have changed it; one that is exactly as an earlier version shipped it becomes what this version
 * ships. The simulator then follows what the tenants are now. May be called any number of times.
 */
export async function seed(options: SeedOptions): Promise<SeededCompany> {
  const db = connect(options.databaseUrl, { max: 2, applicationName: "askpro-seed" });
  try {
    await followInstallation(db, options.calcom.baseUrl);
    const notices: string[] = [];
    const companyId = await firstTenant(db, options, notices);
    const token = options.token ?? (await createToken(db, companyId, "development")).token;
    if (options.token !== undefined) await registerToken(db, companyId, "development", token);
    if (options.simulator) await followTenants(db, options, options.simulator.url, notices);
    return { companySlug: COMPANY_SLUG, token, ...(notices.length > 0 ? { notices } : {}) };
  } finally {
    await db.close();
  }
}

async function firstTenant(db: Database, options: SeedOptions, notices: string[]): Promise<string> {
  const shipped = parseDocument(JSON.parse(await readFile(DOCUMENT, "utf8")));
  const existing = await exportDocument(db, COMPANY_SLUG);
  if (existing) {
    const found = fingerprint(existing.document);
    if (found === fingerprint(shipped)) return existing.companyId;
    if (!SHIPPED.includes(found)) {
      notices.push(
        `${COMPANY_SLUG} stays as it is here; it is not what ${FILE} says. ` +
          `To take that over: npm run tenant -- apply ${FILE}, and restart`,
      );
      return existing.companyId;
    }
    notices.push(`${COMPANY_SLUG} was as an earlier version shipped it; it is now what ${FILE} says`);
  }
  const { companyId } = await applyDocument(db, COMPANY_SLUG, shipped, {
    secretsKey: options.secretsKey,
    installation: options.calcom,
  });
  return companyId;
}

/** Every company on the installation's Cal.com: the ports, or the simulator's data, may be others than before. */
async function followTenants(
  db: Database,
  options: SeedOptions,
  simulatorUrl: string,
  notices: string[],
): Promise<void> {
  const vault = await createVault(options.secretsKey);
  for (const { slug, active } of await listCompanies(db)) {
    const company = active ? await exportDocument(db, slug) : null;
    if (!company || !livesInSimulator(company.document)) continue;
    const { companyId, document } = company;
    const secrets = await inTenant(db, companyId, (tx) => loadStoredSecrets(tx, vault, companyId));
    const world = {
      companySlug: slug,
      apiKey: secrets.calcom_api_key[0] ?? options.calcom.apiKey,
      webhook: {
        url: `${options.publicUrl}/api/webhooks/calcom/${slug}`,
        secret: secrets.calcom_webhook_secret[0] ?? options.calcom.webhookSecret,
      },
      ...(slug === COMPANY_SLUG ? { otherMembers: OTHER_MEMBERS } : {}),
    };
    try {
      await seedSimulator(simulatorUrl, simulatorSeed(document, world));
    } catch (error) {
      // One company's document must not keep the others, and the whole installation, from starting.
      if (slug === COMPANY_SLUG) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      notices.push(`${slug} is not in the simulator: ${reason}`);
    }
  }
}

function livesInSimulator(document: TenantDocument): boolean {
  return document.calcom.baseUrl === null && document.calcom.teamId !== null;
}
