import { readFile } from "node:fs/promises";
import { connect } from "../db/client.js";
import { applyDocument } from "../db/tenant/apply.js";
import { followInstallation } from "../db/tenant/companies.js";
import { exportDocument } from "../db/tenant/export.js";
import { createToken, registerToken } from "../db/tenant/tokens.js";
import { parseDocument, type TenantDocument } from "../domain/tenant/document.js";
import { seedSimulator, simulatorSeed } from "./seed/simulator.js";

export interface SeedOptions {
  /** Of a database with the current schema. */
  databaseUrl: string;
  secretsKey: string;
  /** Origin of the simulator, which is made as the document says; `null`: Cal.com is a real one. */
  simulator: { url: string } | null;
  calcom: { baseUrl: string; apiKey: string; webhookSecret: string };
  /** Where the simulator reaches the API, without a slash at the end. */
  publicUrl: string;
  /** The company's bearer token; left out, a new one is made. */
  token?: string;
}

const COMPANY_SLUG = "friseur-1";
const DOCUMENT = new URL("./tenants/friseur-1.json", import.meta.url);

/**
 * Makes the first tenant, and everything that it needs in the simulator. A tenant that exists stays as somebody
 * may have changed it; the simulator then follows what it is now. May be called any number of times.
 */
export async function seed(options: SeedOptions): Promise<{ companySlug: string; token: string }> {
  const db = connect(options.databaseUrl, { max: 2, applicationName: "askpro-seed" });
  try {
    await followInstallation(db, options.calcom.baseUrl);
    const existing = await exportDocument(db, COMPANY_SLUG);
    const document = existing?.document ?? (await readDocument());
    const companyId =
      existing?.companyId ??
      (
        await applyDocument(db, COMPANY_SLUG, document, {
          secretsKey: options.secretsKey,
          installation: options.calcom,
        })
      ).companyId;
    const token = options.token ?? (await createToken(db, companyId, "development")).token;
    if (options.token !== undefined) await registerToken(db, companyId, "development", token);
    if (options.simulator) {
      await seedSimulator(
        options.simulator.url,
        simulatorSeed(document, {
          companySlug: COMPANY_SLUG,
          apiKey: options.calcom.apiKey,
          webhook: {
            url: `${options.publicUrl}/api/webhooks/calcom/${COMPANY_SLUG}`,
            secret: options.calcom.webhookSecret,
          },
        }),
      );
    }
    return { companySlug: COMPANY_SLUG, token };
  } finally {
    await db.close();
  }
}

async function readDocument(): Promise<TenantDocument> {
  return parseDocument(JSON.parse(await readFile(DOCUMENT, "utf8")));
}
