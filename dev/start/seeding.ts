import { seed } from "../seed.js";
import type { Installation } from "./installation.js";
import { report, step } from "./report.js";

/** The tenant that is there from the first start, and the token that speaks for it. */
export interface Seeded {
  readonly companySlug: string;
  readonly token: string;
}

/**
 * Makes the first tenant, in the database and in the simulator. Done at every start: the ports may have moved, and
 * either side's data may have been removed. Where the environment names a Cal.com nothing is seeded: what is there
 * belongs to somebody.
 */
export async function seedTenant(installation: Installation): Promise<Seeded | null> {
  const { simulatorUrl, secrets, config } = installation;
  if (simulatorUrl === null) return null;
  const { notices, ...seeded } = await step("first tenant", () =>
    seed({
      databaseUrl: installation.databaseUrl,
      secretsKey: installation.secretsKey,
      simulator: { url: simulatorUrl },
      calcom: {
        baseUrl: config.calcom.baseUrl,
        apiKey: config.calcom.apiKey ?? secrets.calcomApiKey,
        webhookSecret: config.calcom.webhookSecrets[0] ?? secrets.calcomWebhookSecret,
      },
      // Not the public URL: that may be a tunnel, and the simulator is on this machine.
      publicUrl: `http://127.0.0.1:${config.port}`,
      token: secrets.tenantToken,
    }),
  );
  for (const notice of notices ?? []) report(`  ${notice}`);
  return seeded;
}
