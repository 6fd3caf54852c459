import { join } from "node:path";
import { type Config, ENVIRONMENT_NAMES, parseEnvironment } from "../../domain/config/environment.js";
import { startSimulator } from "../calcom-simulator/simulator.js";
import { startPostgres } from "../embedded/postgres.js";
import { startTemporal } from "../embedded/temporal.js";
import { findTemporalCli } from "../embedded/temporal-cli.js";
import { API_PORT, Ports, SIMULATOR_PORT } from "./ports.js";
import { report, step } from "./report.js";
import { type DevelopmentSecrets, loadSecrets } from "./secrets.js";
import { type Running, type Supervised, supervise } from "./supervisor.js";

/** Usual ports; the next free one is taken where the environment names none. */
const PORTS = { postgres: 54_329, temporal: 7_233, temporalUi: 8_233, simulator: 4_100, metrics: 9_464 };

/** Everything that the API and the worker need, embedded or as the environment names it. */
export interface Installation {
  /** The environment of the API and the worker: ours, completed. */
  readonly env: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly secrets: DevelopmentSecrets;
  readonly databaseUrl: string;
  readonly adminToken: string;
  readonly secretsKey: string;
  /** Origin of the embedded simulator, or null when the environment names a Cal.com. */
  readonly simulatorUrl: string | null;
  readonly workerMetricsPort: number;
}

/** What has been started, so that it can be stopped in the opposite order. */
export interface Started {
  /** @throws when we have been told to stop meanwhile; it is stopped then. */
  add(supervised: Supervised): Promise<void>;
}

/**
 * Starts what the environment does not name: Postgres, Temporal and the Cal.com simulator, with data under `data`.
 *
 * @throws ConfigurationError, ProcessError, or an Error about a port that is taken.
 */
export async function startInstallation(
  environment: NodeJS.ProcessEnv,
  data: string,
  started: Started,
): Promise<Installation> {
  const names = (name: string) => (environment[name] ?? "").trim() !== "";
  const given = parseEnvironment(environment);
  const secrets = loadSecrets(join(data, "secrets.json"));
  const ports = new Ports(join(data, "ports.json"));
  const named = (name: string) => (names(name) ? name : null);
  const port = await ports.take(API_PORT, given.port, named("PORT"));
  const metricsPort = await ports.take("metrics", given.metricsPort ?? PORTS.metrics, named("METRICS_PORT"));
  const workerMetricsPort = await ports.take("the worker's metrics", metricsPort + 1, null);

  const needsTemporal = !["TEMPORAL_ADDRESS", "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"].some(names);
  const [database, temporal, simulator] = await Promise.all([
    given.databaseUrl ?? embeddedPostgres(data, ports, secrets, started),
    needsTemporal ? embeddedTemporal(data, ports, given, environment, started) : null,
    names("CALCOM_BASE_URL") ? null : embeddedSimulator(data, ports, started),
  ]);
  const adminToken = given.adminToken ?? secrets.adminToken;
  const secretsKey = given.secretsKey ?? secrets.secretsKey;
  const set = (name: string, value: string | null) =>
    names(name) || value === null ? {} : { [name]: value };
  const env: NodeJS.ProcessEnv = {
    ...withoutEmpty(environment),
    ...set("NODE_ENV", "development"),
    PORT: String(port),
    ...set("PUBLIC_URL", `http://localhost:${port}`),
    ...set("DATABASE_URL", database),
    ...(temporal === null ? {} : { TEMPORAL_ADDRESS: temporal.address }),
    ...set("TEMPORAL_UI_URL", temporal?.uiUrl ?? null),
    ...set("CALCOM_BASE_URL", simulator === null ? null : `${simulator}/v2`),
    ...(simulator === null ? {} : set("CALCOM_API_KEY", secrets.calcomApiKey)),
    ...(simulator === null ? {} : set("CALCOM_WEBHOOK_SECRET", secrets.calcomWebhookSecret)),
    ...(simulator === null ? {} : set("RETELL_API_KEY", secrets.retellApiKey)),
    ...set("ADMIN_TOKEN", adminToken),
    ...set("SECRETS_KEY", secretsKey),
    METRICS_PORT: String(metricsPort),
  };
  return {
    env,
    config: parseEnvironment(env),
    secrets,
    databaseUrl: database,
    adminToken,
    secretsKey,
    simulatorUrl: simulator,
    workerMetricsPort,
  };
}

/** A line of `.env` without a value is one that is not set, for libraries that read the environment themselves, too. */
function withoutEmpty(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => value !== "" || !ENVIRONMENT_NAMES.includes(name)),
  );
}

async function embeddedPostgres(data: string, ports: Ports, secrets: DevelopmentSecrets, started: Started) {
  const port = await ports.take("Postgres", PORTS.postgres, null);
  let url = "";
  const start = async (): Promise<Running> => {
    const server = await startPostgres({
      dataDir: join(data, "postgres"),
      logFile: join(data, "logs", "postgres.log"),
      port,
      password: secrets.postgresPassword,
    });
    url = server.url;
    return { ...server, stop: () => server.stop() };
  };
  await started.add(await step("Postgres", () => supervise({ name: "Postgres", start, report })));
  return url;
}

async function embeddedTemporal(
  data: string,
  ports: Ports,
  config: Config,
  environment: NodeJS.ProcessEnv,
  started: Started,
) {
  const port = await ports.take("Temporal", PORTS.temporal, null);
  const uiPort = await ports.take("Temporal's Web UI", PORTS.temporalUi, null);
  const cli = await findTemporalCli(environment, report);
  let found: { address: string; uiUrl: string | null } | null = null;
  const start = async (): Promise<Running> => {
    const server = await startTemporal({
      cli,
      dbFile: join(data, "temporal.db"),
      logFile: join(data, "logs", "temporal.log"),
      port,
      uiPort,
      namespace: config.temporal.namespace,
    });
    found = server;
    return { ...server, stop: () => server.stop() };
  };
  await started.add(await step("Temporal", () => supervise({ name: "Temporal", start, report })));
  return found ?? { address: `127.0.0.1:${port}`, uiUrl: `http://localhost:${uiPort}` };
}

/** Runs in this process: it is small, and its page must stay while the API is being killed. */
async function embeddedSimulator(data: string, ports: Ports, started: Started): Promise<string> {
  const port = await ports.takeAgain(SIMULATOR_PORT, PORTS.simulator);
  return step("Cal.com simulator", async () => {
    const simulator = await startSimulator({
      port,
      host: "127.0.0.1",
      stateFile: join(data, "simulator.json"),
    });
    await started.add({ pid: null, stop: () => simulator.close() });
    return simulator.url;
  });
}
