import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { migrate } from "../../db/migrate.js";
import { startPostgres } from "../../dev/embedded/postgres.js";
import { commandLine } from "../../dev/embedded/process.js";
import { startTemporal } from "../../dev/embedded/temporal.js";
import { findTemporalCli } from "../../dev/embedded/temporal-cli.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Superuser of the run's Postgres: makes and drops databases. */
    databaseAdminUrl: string;
    /** Role `askpro` on a migrated database that `createTestDatabase` copies; nobody connects to it. */
    databaseTemplateUrl: string;
    /** `host:port` of the run's Temporal dev server. */
    temporalAddress: string;
    temporalNamespace: string;
    /** For a test that starts a server of its own, to stop it. */
    temporalCliPath: string;
    workflowBundlePath: string;
  }
}

const PREFIX = "askpro-test-";

interface Server {
  stop(): Promise<void>;
}

/**
 * One Postgres and one Temporal dev server per run, on free ports and in a directory that is removed afterwards.
 * Tests share them: each takes a database, a task queue and workflow ids of its own.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers();
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const started: Server[] = [];
  const teardown = async () => {
    await Promise.allSettled(started.map((server) => server.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.all([
      provideDatabase(project, directory, started),
      provideTemporal(project, directory, started),
      provideWorkflowBundle(project, directory),
    ]);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

/** A run that is killed ends its servers, but cannot remove their data any more. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || commandLine(Number(pid)) !== null) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function provideDatabase(project: TestProject, directory: string, started: Server[]) {
  const server = await startPostgres({
    dataDir: join(directory, "postgres"),
    logFile: join(directory, "postgres.log"),
    password: randomBytes(16).toString("hex"),
    durable: false,
  });
  started.push({
    stop: async () => {
      await server.stop();
      await rm(server.dataDir, { recursive: true, force: true });
    },
  });
  await migrate(server.url);
  const admin = postgres(server.adminUrl, { max: 1, onnotice: () => undefined });
  try {
    await admin`alter database askpro with is_template true`;
  } finally {
    await admin.end({ timeout: 5 });
  }
  project.provide("databaseAdminUrl", server.adminUrl);
  project.provide("databaseTemplateUrl", server.url);
}

/** Bundled once, as the image has it; every worker of the run loads the same code. */
async function provideWorkflowBundle(project: TestProject, directory: string) {
  const workflowsPath = fileURLToPath(new URL("../../workflows/index.ts", import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("WARN") });
  const path = join(directory, "workflow-bundle.js");
  await writeFile(path, code);
  project.provide("workflowBundlePath", path);
}

async function provideTemporal(project: TestProject, directory: string, started: Server[]) {
  const cli = await findTemporalCli(process.env, (line) => process.stderr.write(`${line}\n`));
  const server = await startTemporal({
    cli,
    logFile: join(directory, "temporal.log"),
    dbFile: join(directory, "temporal.db"),
    uiPort: null,
  });
  started.push(server);
  project.provide("temporalAddress", server.address);
  project.provide("temporalNamespace", server.namespace);
  project.provide("temporalCliPath", cli);
}
