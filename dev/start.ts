import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "../db/migrate.js";
import { superviseChild, untilReady } from "./start/children.js";
import { startInstallation } from "./start/installation.js";
import { lockData } from "./start/lock.js";
import { report, step } from "./start/report.js";
import { noteRunning } from "./start/running.js";
import { seedTenant } from "./start/seeding.js";
import { summary } from "./start/summary.js";
import type { Supervised } from "./start/supervisor.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DATA = join(ROOT, ".data");
/** The whole stop, as long as a container's grace; each part's share of it follows. */
const STOP_MS = 29_000;
const API_DRAINS_MS = 14_000;
const PROCESSES_MS = 22_000;
/** For what was still being started; beyond it the kernel ends it with us. */
const LATE_MS = 5_000;

/** We were told to stop while something was still being started. */
class Stopped extends Error {}

let stopping: Promise<void> | null = null;
const servers: Supervised[] = [];
const processes: { api: Supervised | null; worker: Supervised | null } = { api: null, worker: null };
let unlock = () => {};
let forget = () => {};
let starting: Promise<void> = Promise.resolve();

async function main(): Promise<void> {
  const envFile = join(ROOT, ".env");
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  unlock = lockData(join(DATA, "start.pid"), "bootstrap.mjs");
  const installation = await startInstallation(process.env, DATA, {
    async add(server) {
      servers.push(server);
      if (stopping === null) return;
      await server.stop(LATE_MS);
      throw new Stopped();
    },
  });
  goOn();
  await step("database schema", () => migrate(installation.databaseUrl));
  goOn();
  const seeded = await seedTenant(installation);
  goOn();
  const logs = join(DATA, "logs");
  processes.api = await superviseChild({
    name: "API",
    entry: "api/server.ts",
    env: installation.env,
    logFile: join(logs, "api.log"),
  });
  processes.worker = await superviseChild({
    name: "worker",
    entry: "worker.ts",
    env: { ...installation.env, METRICS_PORT: String(installation.workerMetricsPort) },
    logFile: join(logs, "worker.log"),
  });
  goOn();
  await untilReady(installation.config.port, () => stopping !== null);
  goOn();
  if (seeded !== null) forget = noteRunning(DATA, installation, seeded);
  process.stdout.write(summary(installation, seeded, DATA));
}

function goOn(): void {
  if (stopping !== null) throw new Stopped();
}

/**
 * The API first, because the requests that it still answers wait for the worker; then the worker, which still needs
 * Temporal and Postgres to hand in what it has under way; then those.
 */
async function stopAll(): Promise<void> {
  const began = Date.now();
  forget();
  const left = (untilMs: number) => Math.max(500, untilMs - (Date.now() - began));
  const api = processes.api?.stop(PROCESSES_MS);
  await Promise.race([api, new Promise((resolve) => setTimeout(resolve, API_DRAINS_MS).unref())]);
  await Promise.allSettled([api, processes.worker?.stop(left(PROCESSES_MS))]);
  await Promise.allSettled(servers.map((server) => server.stop(left(STOP_MS - 2_000))));
  await Promise.race([starting, new Promise((resolve) => setTimeout(resolve, LATE_MS).unref())]);
  unlock();
}

function stop(why: string, exitCode: number): void {
  if (stopping !== null) return;
  report(exitCode === 0 ? `${why}: stopping` : why);
  setTimeout(() => process.exit(exitCode === 0 ? 1 : exitCode), STOP_MS).unref();
  stopping = stopAll().finally(() => {
    if (exitCode === 0) report("stopped");
    process.exit(exitCode);
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop(signal, 0));
process.on("uncaughtException", (error) => stop(error.stack ?? String(error), 1));
process.on("unhandledRejection", (reason) =>
  stop(reason instanceof Error ? (reason.stack ?? "") : String(reason), 1),
);
// `npm start | head` closes our output; the program goes on without.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

starting = main().catch((error: unknown) => {
  if (error instanceof Stopped) return;
  stop(error instanceof Error ? error.message : String(error), 1);
});
