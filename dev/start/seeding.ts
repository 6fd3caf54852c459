import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Installation } from "./installation.js";
import { step } from "./report.js";
import { saveSecrets } from "./secrets.js";

const SEED = new URL("../seed.ts", import.meta.url);

/** What the seed is given. URLs have no trailing slash. */
export interface SeedOptions {
  readonly databaseUrl: string;
  readonly secretsKey: string;
  /** Origin of the simulator; its API is at `/v2`. */
  readonly simulator: { readonly url: string };
  readonly calcom: { readonly baseUrl: string; readonly apiKey: string; readonly webhookSecret: string };
  /** Where the simulator reaches the API. */
  readonly publicUrl: string;
  /** The bearer token to register, the same after every restart. */
  readonly token: string;
}

const seedModule = z.object({
  seed: z.custom<(options: SeedOptions) => Promise<unknown>>((value) => typeof value === "function"),
});
const seeded = z.object({ companySlug: z.string(), token: z.string() });
export type Seeded = z.infer<typeof seeded>;

/**
 * Puts the first tenant into new data, and only there: what somebody has changed since stays. Where the environment
 * names a real Cal.com nothing is seeded: its tenants are somebody's own.
 */
export async function seedTenant(installation: Installation, data: string): Promise<Seeded | null> {
  const { simulatorUrl, secrets, config } = installation;
  if (simulatorUrl === null || !existsSync(fileURLToPath(SEED))) return null;
  const publicUrl = `http://127.0.0.1:${config.port}`;
  const { host, pathname } = new URL(installation.databaseUrl);
  // Ports move when they are taken; the tenant and the webhook subscription must follow.
  const fingerprint = [host, pathname, simulatorUrl, publicUrl].join(" ");
  const known = { companySlug: "friseur-1", token: secrets.tenantToken };
  if (!installation.isNew && secrets.seededFor === fingerprint) return known;
  const { seed } = seedModule.parse(await import(SEED.href));
  const result = await step("first tenant", () =>
    seed({
      databaseUrl: installation.databaseUrl,
      secretsKey: installation.secretsKey,
      simulator: { url: simulatorUrl },
      calcom: {
        baseUrl: `${simulatorUrl}/v2`,
        apiKey: config.calcom.apiKey ?? secrets.calcomApiKey,
        webhookSecret: config.calcom.webhookSecrets[0] ?? secrets.calcomWebhookSecret,
      },
      publicUrl,
      token: secrets.tenantToken,
    }),
  );
  saveSecrets(join(data, "secrets.json"), { ...secrets, seededFor: fingerprint });
  return seeded.parse(result);
}
