import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";

const secret = () => randomBytes(24).toString("base64url");

/** What this checkout's installation is protected with. Each has a default, so that a file of an older version gains what it lacks. */
const SECRETS = z.object({
  adminToken: z.string().min(1).default(secret),
  secretsKey: z
    .string()
    .min(1)
    .default(() => randomBytes(32).toString("base64")),
  calcomApiKey: z
    .string()
    .min(1)
    .default(() => `cal_test_${randomBytes(16).toString("hex")}`),
  calcomWebhookSecret: z.string().min(1).default(secret),
  /** Signs the calls that are played against the seeded tenant, which has no key of its own. */
  retellApiKey: z
    .string()
    .min(1)
    .default(() => `key_${randomBytes(16).toString("hex")}`),
  /** Bearer token of the seeded tenant. */
  tenantToken: z.string().min(1).default(secret),
  postgresPassword: z
    .string()
    .regex(/^[0-9a-f]{16,}$/)
    .default(() => randomBytes(24).toString("hex")),
});

export type DevelopmentSecrets = z.infer<typeof SECRETS>;

/**
 * The secrets of `.data/secrets.json`, made on the first start: a restart accepts the same tokens and can read what
 * it has encrypted.
 *
 * @throws Error that names the file when it is there but not readable as such.
 */
export function loadSecrets(path: string): DevelopmentSecrets {
  let found: unknown = {};
  if (existsSync(path)) {
    try {
      found = JSON.parse(readFileSync(path, "utf8"));
    } catch {
      throw new Error(`${path} is not JSON; remove it to get new secrets`);
    }
  }
  const parsed = SECRETS.safeParse(found);
  if (!parsed.success)
    throw new Error(`${path}: ${z.prettifyError(parsed.error)}; remove it to get new secrets`);
  saveSecrets(path, parsed.data);
  return parsed.data;
}

/** Written beside and renamed: a crash leaves the old file or the new one. */
function saveSecrets(path: string, secrets: DevelopmentSecrets): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.unfinished`;
  writeFileSync(unfinished, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, path);
}
