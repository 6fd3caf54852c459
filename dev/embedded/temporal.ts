import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Connection } from "@temporalio/client";
import proto from "@temporalio/proto";
import { freePort } from "./port.js";
import { endOrphan, logTail, type Managed, ProcessError, poll, startManaged } from "./process.js";

const START_MS = 60_000;
const { IndexedValueType } = proto.temporal.api.enums.v1;

/** Contract 9. */
const SEARCH_ATTRIBUTES = {
  CompanyId: "Keyword",
  AppointmentId: "Keyword",
  BookingStatus: "Keyword",
  ReviewReason: "Keyword",
  CalcomUid: "Keyword",
  AppointmentStart: "Datetime",
} as const;

const VALUE_TYPE = {
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Datetime: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
} as const;

export interface TemporalOptions {
  readonly cli: string;
  readonly logFile: string;
  /** SQLite file that keeps the workflows; in memory when it is left out. */
  readonly dbFile?: string;
  /** Free ones are chosen when they are left out. */
  readonly port?: number;
  /** Null: no Web UI. */
  readonly uiPort: number | null;
  /** Made if it is not `default`. */
  readonly namespace?: string;
  /** JSON values by key, on top of ours. */
  readonly dynamicConfig?: Readonly<Record<string, string>>;
}

/** A Temporal dev server of our own on the loopback address. */
export interface EmbeddedTemporal {
  /** `host:port` of the frontend. */
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
  readonly pid: number;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Managed["exited"];
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/**
 * Starts the dev server of the Temporal CLI and waits until its namespace takes workflows and knows our search
 * attributes (the server ignores `--search-attribute` for a database file that already exists).
 *
 * @throws ProcessError with the end of the server's log.
 */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  const port = options.port ?? (await freePort());
  const namespace = options.namespace ?? "default";
  const address = `127.0.0.1:${port}`;
  if (options.dbFile !== undefined) await endLastRun(options.dbFile);
  const server = await startManaged({
    command: options.cli,
    args: await commandLine(options, port, namespace),
    logFile: options.logFile,
    deathSignal: "TERM",
  });
  if (options.dbFile !== undefined) writeFileSync(pidFile(options.dbFile), String(server.pid));
  try {
    await ready(address, namespace, server, options.logFile);
  } catch (error) {
    await server.stop("SIGKILL", 1_000);
    throw error;
  }
  return {
    address,
    namespace,
    uiUrl: options.uiPort === null ? null : `http://localhost:${options.uiPort}`,
    pid: server.pid,
    exited: server.exited,
    stop: async () => {
      await server.stop("SIGTERM", 10_000);
      if (options.dbFile !== undefined) rmSync(pidFile(options.dbFile), { force: true });
    },
    kill: async () => void (await server.stop("SIGKILL", 1_000)),
  };
}

async function commandLine(options: TemporalOptions, port: number, namespace: string): Promise<string[]> {
  const dynamicConfig = {
    // Saves a trip through matching for every activity whose worker has just run the workflow task.
    "system.enableActivityEagerExecution": "true",
    ...options.dynamicConfig,
  };
  return [
    "server",
    "start-dev",
    ...["--ip", "127.0.0.1", "--port", String(port), "--http-port", String(await freePort())],
    ...["--metrics-port", String(await freePort()), "--log-level", "error"],
    ...(namespace === "default" ? [] : ["--namespace", namespace]),
    ...(options.uiPort === null
      ? ["--headless"]
      : ["--ui-ip", "127.0.0.1", "--ui-port", String(options.uiPort), "--ui-disable-news-fetch"]),
    ...(options.dbFile === undefined ? [] : ["--db-filename", options.dbFile]),
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ["--search-attribute", `${name}=${type}`]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => ["--dynamic-config-value", `${key}=${value}`]),
  ];
}

const pidFile = (dbFile: string) => `${dbFile}.pid`;

/** Two servers on one SQLite file would each believe that they own the shard. */
async function endLastRun(dbFile: string): Promise<void> {
  mkdirSync(dirname(dbFile), { recursive: true });
  const file = pidFile(dbFile);
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
  if (Number.isInteger(pid)) await endOrphan(pid, dbFile, "SIGTERM", 10_000);
  rmSync(file, { force: true });
}

async function ready(address: string, namespace: string, server: Managed, logFile: string): Promise<void> {
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  let last = "";
  const up = await poll(
    async () => {
      if (ended) return true;
      try {
        const connection = await Connection.connect({ address, connectTimeout: 1_000 });
        try {
          await connection.withDeadline(Date.now() + 5_000, async () => {
            await connection.workflowService.describeNamespace({ namespace });
            await registerSearchAttributes(connection, namespace);
          });
          return true;
        } finally {
          await connection.close();
        }
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
        return false;
      }
    },
    START_MS,
    100,
  );
  if (ended) throw new ProcessError(`the Temporal dev server ended while it started:\n${logTail(logFile)}`);
  if (!up) {
    throw new ProcessError(
      `Temporal did not answer within ${START_MS / 1_000} s (${last}):\n${logTail(logFile)}`,
    );
  }
}

/** Idempotent: only what the namespace does not know yet is added. */
async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, VALUE_TYPE[type]])),
  });
}
