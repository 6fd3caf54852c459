import { randomUUID } from "node:crypto";
import { Client, Connection } from "@temporalio/client";
import { inject, onTestFinished } from "vitest";
import { type ApiOptions, type RunningApi, startApi } from "../../api/process.js";
import { connect, type Database } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { createToken } from "../../db/tenant/tokens.js";
import { type Simulator, startSimulator } from "../../dev/calcom-simulator/simulator.js";
import { seedSimulator, simulatorSeed } from "../../dev/seed/simulator.js";
import { type Config, parseEnvironment } from "../../domain/config/environment.js";
import type { TenantDocument } from "../../domain/tenant/document.js";
import { type RunningWorker, startWorker } from "../../worker.js";
import { BEGAN } from "./calendar.js";
import { createTestDatabase, type TestDatabase } from "./database.js";
import { salonDocument, TYPES } from "./salon-document.js";

const SECRETS_KEY = "secrets-key-of-the-tests-32-chars!!";
const ADMIN_TOKEN = "admin-token-of-the-tests";
export const WEBHOOK_SECRET = "webhook-secret-of-the-salon";

export interface SalonOptions {
  env?: Record<string, string>;
  /** Lifecycle durations beyond what the environment says. */
  durations?: ApiOptions["durations"];
  callbackReminders?: ApiOptions["callbackReminders"];
  document?: (base: TenantDocument) => TenantDocument;
  /** Start only some of it. */
  worker?: boolean;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  body: any;
  headers: Headers;
}

/** A whole installation of its own: database, Cal.com, API and worker, with one salon in it. */
export interface Salon {
  url: string;
  token: string;
  adminToken: string;
  companyId: string;
  config: Config;
  database: TestDatabase;
  /** As superuser, past row security: what really stands in the tables. */
  admin: Database;
  calcom: Simulator;
  temporal: Client;
  taskQueue: string;
  api(): RunningApi;
  startApi(): Promise<void>;
  stopApi(): Promise<void>;
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  get(path: string): Promise<Answer>;
  post(
    path: string,
    body: unknown,
    options?: { key?: string; wait?: number; headers?: Record<string, string> },
  ): Promise<Answer>;
  book(wish?: Partial<BookWish>, options?: { key?: string; wait?: number }): Promise<Answer>;
}

export interface BookWish {
  service: string;
  staff: string | null;
  start: string;
  customer: { name: string; email?: string; phone?: string };
}

/** A start that no other test of this salon uses: `n` half hours into a day next month. */
export function slot(n: number, base = daysAhead(20)): string {
  return new Date(base.getTime() + n * 30 * 60_000).toISOString();
}

export function daysAhead(days: number): Date {
  const noon = new Date(BEGAN.toMillis() + days * 86_400_000);
  noon.setUTCHours(8, 0, 0, 0);
  return noon;
}

export async function startSalon(options: SalonOptions = {}): Promise<Salon> {
  const database = await createTestDatabase();
  const calcom = await startSimulator({ rateLimit: null, randomSeed: 7 });
  const taskQueue = `bookings-${randomUUID()}`;
  const backgroundTaskQueue = `background-${randomUUID()}`;
  const config = parseEnvironment({
    NODE_ENV: "test",
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: inject("temporalNamespace"),
    CALCOM_BASE_URL: `${calcom.url}/v2`,
    CALCOM_API_KEY: "cal_test",
    CALCOM_REQUESTS_PER_MINUTE: "100000",
    SECRETS_KEY,
    ADMIN_TOKEN,
    LOG_LEVEL: process.env.LOG_LEVEL ?? "fatal",
    RETRY_DELAYS_SECONDS: "0.1,0.3,0.6",
    SLOW_RETRY_SECONDS: "0.5",
    CALCOM_TIMEOUT_SECONDS: "2",
    BREAKER_OPEN_SECONDS: "1",
    RECONCILE_SECONDS: "3600",
    API_RATE_LIMIT: "100000",
    WEBHOOK_RATE_LIMIT: "100000",
    ...options.env,
  });
  const anyPort = { ...config, port: 0 };
  const apiOptions: ApiOptions = {
    taskQueue,
    backgroundTaskQueue,
    host: "127.0.0.1",
    ...(options.durations ? { durations: options.durations } : {}),
    ...(options.callbackReminders ? { callbackReminders: options.callbackReminders } : {}),
  };
  let api: RunningApi | null = await startApi(anyPort, apiOptions);
  const { port } = api;
  let worker: RunningWorker | null = null;
  const db = connect(database.url, { max: 2 });
  const installation = { baseUrl: config.calcom.baseUrl, apiKey: "cal_test", webhookSecrets: [] };
  const base = salonDocument(`${calcom.url}/v2`, WEBHOOK_SECRET);
  const document = options.document ? options.document(base) : base;
  const { companyId } = await applyDocument(db, "salon", document, { secretsKey: SECRETS_KEY, installation });
  const { token } = await createToken(db, companyId, "tests");
  const url = `http://127.0.0.1:${port}`;
  await seedSimulator(
    calcom.url,
    simulatorSeed(document, {
      companySlug: "salon",
      apiKey: "cal_test",
      webhook: { url: `${url}/api/webhooks/calcom/salon`, secret: WEBHOOK_SECRET },
    }),
  );
  calcom.control.editEventType(TYPES.onRequest, { requiresConfirmation: true });
  const connection = await Connection.connect({ address: config.temporal.address ?? "" });
  const temporal = new Client({ connection, namespace: config.temporal.namespace });
  const admin = connect(database.adminUrl, { max: 2 });

  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      body: text === "" ? null : JSON.parse(text),
      headers: response.headers,
    };
  };
  const salon: Salon = {
    url,
    token,
    adminToken: ADMIN_TOKEN,
    companyId,
    config,
    database,
    admin,
    calcom,
    temporal,
    taskQueue,
    api() {
      if (!api) throw new Error("the API is stopped");
      return api;
    },
    async startApi() {
      api = await startApi({ ...config, port }, apiOptions);
    },
    async stopApi() {
      await api?.close();
      api = null;
    },
    async startWorker() {
      worker = await startWorker(config, {
        taskQueue,
        backgroundTaskQueue,
        workflowBundle: { codePath: inject("workflowBundlePath") },
      });
    },
    async stopWorker() {
      await worker?.close();
      worker = null;
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
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    book: (wish = {}, bookOptions = {}) => {
      const { staff, ...rest } = {
        service: "schnitt",
        staff: "emma" as string | null,
        start: slot(0),
        customer: { name: "Jörg O'Neill", email: `${randomUUID()}@example.org` },
        ...wish,
      };
      return salon.post(
        "/api/v2/bookings",
        { ...rest, ...(staff === null ? {} : { staff }) },
        { wait: 20, ...bookOptions },
      );
    },
  };
  if (options.worker !== false) await salon.startWorker();
  onSalonFinished(async () => {
    await salon.stopApi();
    await salon.stopWorker();
    await calcom.close();
    await connection.close();
    await admin.close();
    await db.close();
    await database.close();
  });
  return salon;
}

/** Within a test it ends with the test; in `beforeAll` whoever starts it stops it. */
let finishers: (() => Promise<void>)[] = [];

function onSalonFinished(finish: () => Promise<void>): void {
  try {
    onTestFinished(finish, 30_000);
  } catch {
    finishers.push(finish);
  }
}

/** For `afterAll`. */
export async function closeSalons(): Promise<void> {
  const all = finishers;
  finishers = [];
  await Promise.all(all.map((finish) => finish()));
}

/** Polls until `look` gives something, or fails with the last thing seen. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  ms = 20_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`never seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
