import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { commandLine } from "../embedded/process.js";
import type { Installation } from "./installation.js";
import type { Seeded } from "./seeding.js";

/** Where the installation of `npm start` is, for the commands that are run beside it. */
const runningSchema = z.object({
  pid: z.number(),
  apiUrl: z.url(),
  simulatorUrl: z.url(),
  databaseUrl: z.string().min(1),
  temporal: z.object({ address: z.string().min(1), namespace: z.string().min(1) }),
  companySlug: z.string().min(1),
  token: z.string().min(1),
  retellKey: z.string().min(1),
});

export type RunningInstallation = z.infer<typeof runningSchema>;

const fileIn = (data: string) => join(data, "running.json");

/**
 * Written once everything runs; readable by its owner only, for it holds a token.
 *
 * @returns takes it back
 */
export function noteRunning(data: string, installation: Installation, seeded: Seeded): () => void {
  const { config, env, simulatorUrl, databaseUrl } = installation;
  const [retellKey] = config.retell.apiKeys;
  if (simulatorUrl === null || retellKey === undefined || env.TEMPORAL_ADDRESS === undefined) return () => {};
  const running: RunningInstallation = {
    pid: process.pid,
    apiUrl: `http://127.0.0.1:${config.port}`,
    simulatorUrl,
    databaseUrl,
    temporal: { address: env.TEMPORAL_ADDRESS, namespace: config.temporal.namespace },
    companySlug: seeded.companySlug,
    token: seeded.token,
    retellKey,
  };
  writeFileSync(fileIn(data), `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
  return () => rmSync(fileIn(data), { force: true });
}

/** `null`: nothing runs here, or it has no simulator. After a crash the file is left behind: the process decides. */
export function findRunning(data: string): RunningInstallation | null {
  const file = fileIn(data);
  if (!existsSync(file)) return null;
  const running = runningSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  return commandLine(running.pid)?.includes("bootstrap.mjs") ? running : null;
}
