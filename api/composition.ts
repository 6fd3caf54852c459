import { randomUUID } from "node:crypto";
import pino from "pino";
import type { CalcomClient } from "../calcom/client.js";
import { createCalcomClient } from "../calcom/create-client.js";
import { createBudgetStore, recordBreaker } from "../db/calcom/budget-store.js";
import { connect, type Database } from "../db/client.js";
import { migrate, unfitRole } from "../db/migrate.js";
import { createDirectory, type Directory, type Installation } from "../db/tenant/directory.js";
import { type Config, needed } from "../domain/config/environment.js";

type ProcessName = "api" | "worker";

/** What both processes, API and worker, are made of. */
export interface Foundation {
  db: Database;
  directory: Directory;
  calcom: CalcomClient;
  installation: Installation;
  secretsKey: string;
  log: pino.Logger;
  close(): Promise<void>;
}

/** Only in development: production demands a key of its own. */
const DEVELOPMENT_SECRETS_KEY = "development-only-secrets-key-0000";

/** Refuses a role that row security does not bind in production, warns of it elsewhere. */
async function checkRole(config: Config, url: string, log: pino.Logger): Promise<void> {
  const unfit = await unfitRole(url);
  if (unfit === null) return;
  if (config.nodeEnv === "production") throw new Error(`DATABASE_URL: ${unfit}`);
  log.warn({ problem: unfit }, "tenants are not kept apart by the database");
}

/** The log of a process. What holds personal data or a secret is not handed to it; that it is censored is the second net. */
export function createLog(config: Config, name: ProcessName): pino.Logger {
  return pino({
    name: `askpro-${name}`,
    level: config.logLevel,
    redact: {
      paths: ["*.apiKey", "*.token", "*.secret", "*.email", "*.phone", "*.name"],
      censor: "[redacted]",
    },
    serializers: { err: (error: unknown) => (error instanceof Error ? error.name : "unknown") },
  });
}

/** Connects, migrates under the advisory lock, and builds what activities and routes work with. */
export async function layFoundation(config: Config, name: ProcessName): Promise<Foundation> {
  const log = createLog(config, name);
  const url = needed(config.databaseUrl, "DATABASE_URL");
  await migrate(url);
  await checkRole(config, url, log);
  const db = connect(url, { max: name === "api" ? 16 : 24, applicationName: `askpro-${name}` });
  const secretsKey = config.secretsKey ?? DEVELOPMENT_SECRETS_KEY;
  const installation: Installation = {
    baseUrl: config.calcom.baseUrl,
    apiKey: config.calcom.apiKey ?? "",
    webhookSecrets: [...config.calcom.webhookSecrets],
    retellKeys: [...config.retell.apiKeys],
  };
  const directory = await createDirectory(db, { secretsKey, installation });
  const processId = `${name}-${randomUUID()}`;
  const { durations } = config;
  const calcom = createCalcomClient({
    budget: createBudgetStore(db.sql),
    timeouts: { writeMs: durations.calcomWriteTimeoutMs, readMs: durations.calcomReadTimeoutMs },
    breaker: { openMs: durations.breakerOpenMs },
    requestsPerMinute: config.calcom.requestsPerMinute,
    onBreakerChange: ({ keyHash, lane, state }) => {
      log.warn({ lane, state }, "circuit breaker");
      recordBreaker(db.sql, { keyHash, lane, processId, state }).catch((error: unknown) =>
        log.warn({ err: error }, "the breaker's state was not recorded"),
      );
    },
    log,
  });
  return {
    db,
    directory,
    calcom,
    installation,
    secretsKey,
    log,
    async close() {
      await directory.close();
      await calcom.close();
      await db.close();
    },
  };
}
