import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { temporalConnectionOptions } from "../../api/temporal.js";
import { connect, type Database } from "../../db/client.js";
import { migrate } from "../../db/migrate.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { createToken } from "../../db/tenant/tokens.js";
import { freePort } from "../embedded/port.js";
import { startPostgres } from "../embedded/postgres.js";
import { commandLine } from "../embedded/process.js";
import { startTemporal } from "../embedded/temporal.js";
import { findTemporalCli } from "../embedded/temporal-cli.js";
import { seedSimulator, simulatorSeed } from "../seed/simulator.js";
import { report, step } from "../start/report.js";
import { type Child, startChild } from "./children.js";
import { BARE_TABLE } from "./contenders/bare-activities.js";
import type { Processes } from "./cpu.js";
import type { BenchOptions } from "./options.js";
import { type Recorder, startRecorder } from "./recorder.js";
import { benchDocument, COMPANY_SLUG } from "./world.js";

const PREFIX = "askpro-bench-";
const API_KEY = "cal_bench";
export const WEBHOOK_SECRET = "webhook-secret-of-the-bench";
export const SECRETS_KEY = "secrets-key-of-the-bench-32-chars!!!";

export type ServiceName = "api" | "worker" | "floor" | "bareApi" | "bareWorker";

interface ServiceDefinition {
  entry: string;
  ready: string;
}

const SERVICES: Record<ServiceName, ServiceDefinition> = {
  api: { entry: "dev/bench/contenders/api.ts", ready: "listening on port" },
  worker: { entry: "worker.ts", ready: "worker running" },
  floor: { entry: "dev/bench/contenders/floor.ts", ready: "listening on port" },
  bareApi: { entry: "dev/bench/contenders/bare-api.ts", ready: "listening on port" },
  bareWorker: { entry: "dev/bench/contenders/bare-worker.ts", ready: "worker running" },
};

/** The contenders' processes; started again they may have another way to the database. */
export interface Services {
  urls: { ours: string; floor: string; bare: string };
  pids: Record<ServiceName, number>;
  stop(): Promise<void>;
}

/** Everything that the contenders share. */
export interface Installation {
  databaseUrl: string;
  /** As superuser, past row security. */
  admin: Database;
  temporal: Client;
  /** Null when the environment names one: its processes are not ours to measure. */
  temporalPid: number | null;
  simulatorUrl: string;
  recorder: Recorder;
  companyId: string;
  token: string;
  processes(services: Services): Processes;
  /** @param databaseUrls another way to the database for some, who are then not profiled */
  startServices(databaseUrls?: Partial<Record<ServiceName, string>>): Promise<Services>;
  /** How the simulator delivers webhooks from now on. */
  webhooks(mode: "normal" | "lost"): Promise<void>;
  close(): Promise<void>;
}

/** Starts Postgres, Temporal and the simulator with data of their own, and the one company that is measured. */
export async function startBenchInstallation(options: BenchOptions): Promise<Installation> {
  await removeLeftovers();
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) {
      await closer().catch((error: unknown) =>
        report(error instanceof Error ? error.message : String(error)),
      );
    }
  };
  try {
    return await start(options, directory, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** A run that is killed ends its servers, but cannot remove their data any more. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || commandLine(Number(pid)) !== null) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function start(
  options: BenchOptions,
  directory: string,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Installation> {
  const logs = join(directory, "logs");
  const postgres = await step("Postgres", () =>
    startPostgres({
      dataDir: join(directory, "postgres"),
      logFile: join(logs, "postgres.log"),
      password: randomBytes(16).toString("hex"),
    }),
  );
  closers.push(async () => {
    await postgres.stop();
    await rm(postgres.dataDir, { recursive: true, force: true });
  });
  const temporal = await step("Temporal", () => temporalServer(directory, logs));
  closers.push(temporal.stop);
  await migrate(postgres.url);

  const simulatorPort = await freePort();
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
  const simulator = await startChild({
    name: "simulator",
    entry: "dev/calcom-simulator/main.ts",
    env: { ...process.env, PORT: String(simulatorPort), SIM_HOST: "127.0.0.1", SIM_RATE_LIMIT: "off" },
    logs,
    ready: "Cal.com simulator",
    profile: null,
  });
  closers.push(simulator.stop);

  const admin = connect(postgres.adminUrl.replace(/\/postgres$/, "/askpro"), { max: 2 });
  closers.push(admin.close);
  const baseUrl = `${simulatorUrl}/v2`;
  const { companyId, token } = await makeCompany(postgres.url, baseUrl);
  let apiUrl = "";
  const recorder = await startRecorder(() => `${apiUrl}/api/webhooks/calcom/${COMPANY_SLUG}`);
  closers.push(recorder.close);
  await seedSimulator(
    simulatorUrl,
    simulatorSeed(benchDocument(baseUrl, API_KEY, WEBHOOK_SECRET), {
      companySlug: COMPANY_SLUG,
      apiKey: API_KEY,
      webhook: { url: recorder.url, secret: WEBHOOK_SECRET },
    }),
  );
  const connection = await Connection.connect(temporalConnectionOptions(temporal.address).connectionOptions);
  closers.push(() => connection.close());

  const env = {
    ...process.env,
    NODE_ENV: "development",
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    CALCOM_BASE_URL: baseUrl,
    CALCOM_API_KEY: API_KEY,
    CALCOM_REQUESTS_PER_MINUTE: "1000000",
    SECRETS_KEY,
    ADMIN_TOKEN: "admin-token-of-the-bench",
    LOG_LEVEL: "error",
    API_RATE_LIMIT: "1000000000",
    WEBHOOK_RATE_LIMIT: "1000000000",
    RECONCILE_SECONDS: "86400",
    BENCH_COMPANY: companyId,
    BENCH_WEBHOOK_SECRET: WEBHOOK_SECRET,
  };
  return {
    databaseUrl: postgres.url,
    admin,
    temporal: new Client({ connection, namespace: temporal.namespace }),
    temporalPid: temporal.pid,
    simulatorUrl,
    recorder,
    companyId,
    token,
    processes: ({ pids }) => ({
      api: [pids.api],
      worker: [pids.worker],
      floor: [pids.floor],
      bareApi: [pids.bareApi],
      bareWorker: [pids.bareWorker],
      ...(temporal.pid === null ? {} : { temporal: [temporal.pid] }),
      postgres: [postgres.pid],
      simulator: [simulator.pid],
    }),
    async startServices(databaseUrls = {}) {
      const started = await startAll({ env, logs, options, databaseUrls, databaseUrl: postgres.url });
      apiUrl = started.urls.ours;
      closers.push(started.stop);
      return started;
    },
    async webhooks(mode) {
      const answer = await fetch(`${simulatorUrl}/_sim/settings`, {
        method: "POST",
        body: JSON.stringify({ webhookMode: mode }),
      });
      if (!answer.ok) throw new Error(`the simulator refused its settings (${answer.status})`);
    },
    close,
  };
}

async function temporalServer(directory: string, logs: string) {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace = "default" } = process.env;
  if (address) return { address, namespace, pid: null, stop: () => Promise.resolve() };
  const server = await startTemporal({
    cli: await findTemporalCli(process.env, report),
    // As `npm start` runs it: with a file, so that it is durable.
    dbFile: join(directory, "temporal.db"),
    logFile: join(logs, "temporal.log"),
    uiPort: null,
    namespace,
  });
  return { address: server.address, namespace, pid: server.pid, stop: () => server.stop() };
}

async function makeCompany(databaseUrl: string, baseUrl: string) {
  const db = connect(databaseUrl, { max: 1 });
  try {
    await db.sql.unsafe(BARE_TABLE);
    const { companyId } = await applyDocument(
      db,
      COMPANY_SLUG,
      benchDocument(baseUrl, API_KEY, WEBHOOK_SECRET),
      { secretsKey: SECRETS_KEY, installation: { baseUrl } },
    );
    const { token } = await createToken(db, companyId, "bench");
    return { companyId, token };
  } finally {
    await db.close();
  }
}

async function startAll(deps: {
  env: NodeJS.ProcessEnv;
  logs: string;
  options: BenchOptions;
  databaseUrl: string;
  databaseUrls: Partial<Record<ServiceName, string>>;
}): Promise<Services> {
  const children: Child[] = [];
  const stop = async () => void (await Promise.all(children.splice(0).map((child) => child.stop())));
  const start = async (name: ServiceName) => {
    const port = await freePort();
    const child = await startChild({
      name,
      ...SERVICES[name],
      env: { ...deps.env, PORT: String(port), DATABASE_URL: deps.databaseUrls[name] ?? deps.databaseUrl },
      logs: deps.logs,
      profile: Object.keys(deps.databaseUrls).length > 0 ? null : deps.options.profile,
    });
    children.push(child);
    return { pid: child.pid, url: `http://127.0.0.1:${port}` };
  };
  try {
    return await step("API, worker and contenders", async () => {
      const [api, worker, floor, bareApi, bareWorker] = await Promise.all([
        start("api"),
        start("worker"),
        start("floor"),
        start("bareApi"),
        start("bareWorker"),
      ]);
      return {
        urls: { ours: api.url, floor: floor.url, bare: bareApi.url },
        pids: {
          api: api.pid,
          worker: worker.pid,
          floor: floor.pid,
          bareApi: bareApi.pid,
          bareWorker: bareWorker.pid,
        },
        stop,
      };
    });
  } catch (error) {
    await stop();
    throw error;
  }
}
