import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { freePort } from "./port.js";
import { dataHome, type PostgresBinaries, postgresBinaries } from "./postgres-binaries.js";
import { endOrphan, logTail, type Managed, ProcessError, poll, startManaged } from "./process.js";

const MAJOR = "18";
const ROLE = "askpro";
const START_MS = 30_000;
const STOP_MS = 20_000;

export interface PostgresOptions {
  /** Where the cluster lives; it is made when it is not there yet. */
  readonly dataDir: string;
  readonly logFile: string;
  /** A free one is chosen when it is left out. */
  readonly port?: number;
  /** Hexadecimal. The same for the superuser and the role: both are reachable from this machine only. */
  readonly password: string;
  /** Tests gain speed by giving up what only a power cut needs. Default true. */
  readonly durable?: boolean;
}

/** A Postgres of our own on the loopback address. */
export interface EmbeddedPostgres {
  /** As role `askpro`: owner of database `askpro`, NOSUPERUSER NOBYPASSRLS NOCREATEROLE, as in production. */
  readonly url: string;
  /** As superuser, for what only a test or a start does. */
  readonly adminUrl: string;
  readonly port: number;
  readonly pid: number;
  /** Where the cluster really lives: as root, perhaps not where it was wanted. */
  readonly dataDir: string;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Managed["exited"];
  stop(): Promise<void>;
  /** `kill -9` to the whole server; its data stays and can be started again. */
  kill(): Promise<void>;
}

/**
 * Starts Postgres, with the data of an earlier run when there is any, however that run ended.
 *
 * @throws ProcessError with the end of the server's log.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  if (!/^[0-9a-f]{16,}$/.test(options.password)) throw new ProcessError("the password must be hexadecimal");
  const binaries = postgresBinaries();
  const dataDir = dataHome(options.dataDir, binaries.account);
  await endLastRun(dataDir);
  createCluster(dataDir, options.password, binaries);
  const port = options.port ?? (await freePort());
  const url = (user: string, database: string) =>
    `postgres://${user}:${options.password}@127.0.0.1:${port}/${database}`;
  const adminUrl = url("postgres", "postgres");
  let server = await startServer(dataDir, port, binaries, options);
  try {
    if ((await untilReady(adminUrl, server, options.logFile)) === "wrong password") {
      await server.stop("SIGINT", STOP_MS);
      setPassword(dataDir, options.password, binaries);
      server = await startServer(dataDir, port, binaries, options);
      await untilReady(adminUrl, server, options.logFile);
    }
    await createRole(adminUrl, options.password);
  } catch (error) {
    await server.stop("SIGQUIT", 5_000);
    throw error;
  }
  return {
    url: url(ROLE, ROLE),
    adminUrl,
    port,
    pid: server.pid,
    dataDir,
    exited: server.exited,
    // SIGINT is Postgres' fast shutdown: sessions are ended, everything is on disk.
    stop: async () => void (await server.stop("SIGINT", STOP_MS)),
    kill: async () => void (await server.stop("SIGKILL", 1_000)),
  };
}

/** After a crash the pid file is left, and perhaps the server; Postgres believes any process of that id. */
async function endLastRun(dataDir: string): Promise<void> {
  const file = join(dataDir, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
  if (Number.isInteger(pid)) await endOrphan(pid, dataDir, "SIGINT", 10_000);
  rmSync(file, { force: true });
}

/** Made beside its place and then renamed: a start that is interrupted leaves no half cluster. */
function createCluster(dataDir: string, password: string, binaries: PostgresBinaries): void {
  const version = join(dataDir, "PG_VERSION");
  if (existsSync(version)) {
    const found = readFileSync(version, "utf8").trim();
    if (found === MAJOR) return;
    throw new ProcessError(
      `${dataDir} was written by Postgres ${found}, this is ${MAJOR}: move it away or dump it`,
    );
  }
  const unfinished = `${dataDir}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const secretDir = mkdtempSync(join(tmpdir(), "askpro-initdb-"));
  const secret = join(secretDir, "password");
  writeFileSync(secret, `${password}\n`, { mode: 0o600 });
  const { account } = binaries;
  if (account !== null) {
    for (const path of [unfinished, secretDir, secret]) chownSync(path, account.uid, account.gid);
  }
  try {
    const made = spawnSync(
      binaries.initdb,
      [
        `--pgdata=${unfinished}`,
        "--username=postgres",
        `--pwfile=${secret}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        // The locale that Postgres brings along: umlauts sort and fold the same on every machine.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
      ],
      { encoding: "utf8", cwd: secretDir, ...(account ?? {}) },
    );
    if (made.status !== 0) {
      throw new ProcessError(
        `initdb failed: ${made.error?.message ?? ""}\n${made.stdout ?? ""}${made.stderr ?? ""}`,
      );
    }
  } finally {
    rmSync(secretDir, { recursive: true, force: true });
  }
  renameSync(unfinished, dataDir);
}

/** The secrets were removed but the data was not: whoever owns the files may set a new password. */
function setPassword(dataDir: string, password: string, binaries: PostgresBinaries): void {
  const made = spawnSync(binaries.postgres, ["--single", "-D", dataDir, "postgres"], {
    input: `alter role postgres password '${password}'\n`,
    encoding: "utf8",
    cwd: dataDir,
    ...(binaries.account ?? {}),
  });
  if (made.status !== 0)
    throw new ProcessError(`the password of ${dataDir} could not be set:\n${made.stderr}`);
}

async function startServer(
  dataDir: string,
  port: number,
  binaries: PostgresBinaries,
  options: PostgresOptions,
): Promise<Managed> {
  const durable = options.durable ?? true;
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    jit: "off",
    // A container gives /dev/shm 64 MB, which parallel workers can use up.
    max_parallel_workers_per_gather: "0",
    ...(durable ? {} : { fsync: "off", full_page_writes: "off", synchronous_commit: "off" }),
  };
  return startManaged({
    command: binaries.postgres,
    args: ["-D", dataDir, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    cwd: dataDir,
    logFile: options.logFile,
    deathSignal: "INT",
    ...(binaries.account ?? {}),
  });
}

async function untilReady(
  adminUrl: string,
  server: Managed,
  logFile: string,
): Promise<"ready" | "wrong password"> {
  let state: "starting" | "ended" | "ready" | "wrong password" = "starting";
  void server.exited.then(() => {
    state = "ended";
  });
  let last = "";
  await poll(
    async () => {
      if (state === "ended") return true;
      const sql = postgres(adminUrl, { max: 1, connect_timeout: 2, onnotice: () => undefined });
      try {
        await sql`select 1`;
        state = "ready";
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
        if (error instanceof postgres.PostgresError && error.code === "28P01") state = "wrong password";
      } finally {
        await sql.end({ timeout: 1 });
      }
      return state !== "starting";
    },
    START_MS,
    50,
  );
  // What the callbacks have assigned, the compiler does not see.
  const reached: string = state;
  if (reached === "ready" || reached === "wrong password") return reached;
  throw new ProcessError(
    reached === "ended"
      ? `Postgres ended while it started:\n${logTail(logFile)}`
      : `Postgres did not answer within ${START_MS / 1_000} s (${last}):\n${logTail(logFile)}`,
  );
}

async function createRole(adminUrl: string, password: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => undefined });
  try {
    const [role] = await sql`select 1 from pg_roles where rolname = ${ROLE}`;
    if (role === undefined) await sql.unsafe(`create role ${ROLE}`);
    await sql.unsafe(
      `alter role ${ROLE} login nosuperuser nobypassrls nocreaterole nocreatedb noreplication password '${password}'`,
    );
    const [database] = await sql`select 1 from pg_database where datname = ${ROLE}`;
    if (database === undefined) await sql.unsafe(`create database ${ROLE} owner ${ROLE}`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
