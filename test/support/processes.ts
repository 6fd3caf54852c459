import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import { inject } from "vitest";
import { connect, type Database } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { createToken } from "../../db/tenant/tokens.js";
import { type Simulator, startSimulator } from "../../dev/calcom-simulator/simulator.js";
import { freePort } from "../../dev/embedded/port.js";
import { type Exit, logTail, startManaged } from "../../dev/embedded/process.js";
import { type EmbeddedTemporal, startTemporal } from "../../dev/embedded/temporal.js";
import { seedSimulator, simulatorSeed } from "../../dev/seed/simulator.js";
import type { TenantDocument } from "../../domain/tenant/document.js";
import { createTestDatabase } from "./database.js";
import { type Answer, type BookWish, until } from "./salon.js";
import { salonDocument } from "./salon-document.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const START_MS = 60_000;
/** What must never be seen in a log. */
export const SECRETS = {
  secretsKey: `secrets-key-${randomBytes(16).toString("hex")}`,
  adminToken: `admin-token-${randomBytes(16).toString("hex")}`,
  apiKey: `cal_test_${randomBytes(16).toString("hex")}`,
  webhook: `webhook-secret-${randomBytes(16).toString("hex")}`,
};

/** The API or the worker as the process that production runs, in a process group of its own. */
export interface GatewayProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** To the process alone, or to its whole group as a terminal and `docker stop` do. */
  signal(signal: NodeJS.Signals, to?: "process" | "group"): void;
  /** `kill -9`. */
  kill(): Promise<void>;
}

export interface GatewayOptions {
  env?: Record<string, string>;
  document?: (base: TenantDocument) => TenantDocument;
  /** In place of a database of the run's server. */
  database?: { url: string; adminUrl: string };
  /** In place of a Temporal server of its own. */
  temporal?: EmbeddedTemporal;
}

/** A whole installation with one salon in it, whose API and worker are child processes that can be killed. */
export interface Gateway {
  readonly url: string;
  readonly token: string;
  readonly companyId: string;
  /** As superuser, past row security. */
  readonly admin: Database;
  readonly calcom: Simulator;
  readonly temporal: Client;
  /** @param env on top of the installation's own, for this process only */
  startApi(env?: Record<string, string>): Promise<GatewayProcess>;
  startWorker(env?: Record<string, string>): Promise<GatewayProcess>;
  /** Everything that all its processes have said so far. */
  output(): Promise<string>;
  get(path: string): Promise<Answer>;
  /** `null`: no answer, because the process was killed or did not listen. */
  post(
    path: string,
    body: unknown,
    options?: { key?: string; wait?: number; headers?: Record<string, string> },
  ): Promise<Answer | null>;
  book(wish: Partial<BookWish>, options?: { key?: string; wait?: number }): Promise<Answer | null>;
}

let finishers: (() => Promise<void>)[] = [];

/** For `afterAll`. */
export async function closeGateways(): Promise<void> {
  const all = finishers.reverse();
  finishers = [];
  for (const finish of all) await finish();
}

/** The servers and the salon; the two processes are started by whoever wants to kill them. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const directory = await mkdtemp(join(tmpdir(), "askpro-processes-"));
  finishers.push(() => rm(directory, { recursive: true, force: true }));
  const temporalServer =
    options.temporal ??
    (await startTemporal({
      cli: inject("temporalCliPath"),
      logFile: join(directory, "temporal-server"),
      uiPort: null,
    }));
  if (!options.temporal) finishers.push(() => temporalServer.stop());
  const database = options.database ?? (await ownDatabase());
  const calcom = await startSimulator({ rateLimit: null, randomSeed: 11 });
  finishers.push(() => calcom.close());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = environment(port, database.url, temporalServer, calcom, options.env ?? {});

  const db = connect(database.url, { max: 2 });
  const base = salonDocument(`${calcom.url}/v2`, SECRETS.webhook);
  base.calcom.apiKey = SECRETS.apiKey;
  const document = options.document ? options.document(base) : base;
  const installation = { baseUrl: `${calcom.url}/v2`, apiKey: SECRETS.apiKey, webhookSecrets: [] };
  const { companyId } = await applyDocument(db, "salon", document, {
    secretsKey: SECRETS.secretsKey,
    installation,
  });
  const { token } = await createToken(db, companyId, "tests");
  await db.close();
  await seedSimulator(
    calcom.url,
    simulatorSeed(document, {
      companySlug: "salon",
      apiKey: SECRETS.apiKey,
      webhook: { url: `${url}/api/webhooks/calcom/salon`, secret: SECRETS.webhook },
    }),
  );
  const connection = await Connection.connect({ address: temporalServer.address });
  finishers.push(() => connection.close());
  const admin = connect(database.adminUrl, { max: 2 });
  finishers.push(() => admin.close());

  let started = 0;
  const start = async (
    role: "api" | "worker",
    ready: string,
    more: Record<string, string> = {},
  ): Promise<GatewayProcess> => {
    started += 1;
    const logFile = join(directory, `${String(started).padStart(4, "0")}-${role}.log`);
    const child = await startManaged({
      command: process.execPath,
      args: ["--import", "tsx", "--eval", entry(role)],
      cwd: ROOT,
      env: { ...env, ...more },
      logFile,
      deathSignal: "TERM",
    });
    finishers.push(async () => void (await child.stop("SIGKILL", 1_000)));
    let ended = false;
    void child.exited.then(() => {
      ended = true;
    });
    await until(
      `the ${role} running`,
      async () => {
        if (ended) throw new Error(`the ${role} ended while it started:\n${logTail(logFile)}`);
        return (await readFile(logFile, "utf8")).includes(ready);
      },
      START_MS,
    );
    return {
      pid: child.pid,
      exited: child.exited,
      signal: (signal, to = "process") => process.kill(to === "group" ? -child.pid : child.pid, signal),
      kill: async () => void (await child.stop("SIGKILL", 1_000)),
    };
  };

  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? null : JSON.parse(text),
      headers: response.headers,
    };
  };
  const gateway: Gateway = {
    url,
    token,
    companyId,
    admin,
    calcom,
    temporal: new Client({ connection, namespace: temporalServer.namespace }),
    startApi: (more) => start("api", "listening on port", more),
    startWorker: (more) => start("worker", "worker running", more),
    async output() {
      const files = (await readdir(directory)).filter((name) => name.endsWith(".log")).sort();
      const texts = await Promise.all(files.map((name) => readFile(join(directory, name), "utf8")));
      return texts.join("\n");
    },
    get: (path) => call(path, { headers: { Authorization: `Bearer ${token}` } }),
    post: (path, body, { key = randomUUID(), wait, headers = {} } = {}) =>
      call(path, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${token}`,
          "Content-Type": "application/json",
          "Idempotency-Key": key,
          ...(wait === undefined ? {} : { Prefer: `wait=${wait}` }),
          ...headers,
        },
        body: JSON.stringify(body),
      }).catch(() => null),
    book: ({ staff = "emma", ...wish }, bookOptions = {}) =>
      gateway.post(
        "/api/v2/bookings",
        {
          service: "schnitt",
          customer: { name: "Jörg O'Neill", email: `${randomUUID()}@example.org` },
          ...wish,
          ...(staff === null ? {} : { staff }),
        },
        { wait: 20, ...bookOptions },
      ),
  };
  return gateway;
}

/** The production entries, on the loopback address and with the bundle that the run has made already. */
function entry(role: "api" | "worker"): string {
  if (role === "api") return `import("./api/process.ts").then((api) => api.runApi({ host: "127.0.0.1" }));`;
  const options = { workflowBundle: { codePath: inject("workflowBundlePath") } };
  return `import("./worker.ts").then((worker) => worker.runWorker(${JSON.stringify(options)}));`;
}

async function ownDatabase(): Promise<{ url: string; adminUrl: string }> {
  const database = await createTestDatabase();
  finishers.push(() => database.close());
  return database;
}

function environment(
  port: number,
  databaseUrl: string,
  temporal: EmbeddedTemporal,
  calcom: Simulator,
  more: Record<string, string>,
): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_ENV: "test",
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    CALCOM_BASE_URL: `${calcom.url}/v2`,
    CALCOM_API_KEY: SECRETS.apiKey,
    CALCOM_REQUESTS_PER_MINUTE: "100000",
    SECRETS_KEY: SECRETS.secretsKey,
    ADMIN_TOKEN: SECRETS.adminToken,
    LOG_LEVEL: "info",
    RETRY_DELAYS_SECONDS: "0.2,0.5,1",
    SLOW_RETRY_SECONDS: "1",
    CALCOM_TIMEOUT_SECONDS: "1.5",
    BREAKER_OPEN_SECONDS: "1",
    RECONCILE_SECONDS: "3600",
    API_RATE_LIMIT: "100000",
    WEBHOOK_RATE_LIMIT: "100000",
    ...more,
  };
}
