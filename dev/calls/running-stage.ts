import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTemporalClient } from "../../api/temporal.js";
import { connect } from "../../db/client.js";
import { exportDocument } from "../../db/tenant/export.js";
import { commandLine } from "../embedded/process.js";
import { findRunning, type RunningInstallation } from "../start/running.js";
import { gatewayOf, poll, type Stage } from "./stage.js";

const DATA = fileURLToPath(new URL("../../.data", import.meta.url));
/** Attempts after 1, 5 and 30 s with their look-ups, and then the first slow one. */
const PATIENCE_MS = 300_000;
const HOLD_MS = 300_000;
const ROOM = 0.5;
const BUSY_MS = 75_000;

export interface RunningStage {
  stage: Stage;
  /** Until Cal.com's minute has room for another call, and the breaker is closed. */
  untilCalm(): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error when nothing runs */
export function running(): RunningInstallation {
  const found = findRunning(DATA);
  if (!found) {
    throw new Error(
      "npm start is not running here, or with a real Cal.com: calls are played against its simulator",
    );
  }
  return found;
}

/**
 * The installation of `npm start`, from outside.
 *
 * @param patient whether a play may wait until a hold has run out
 */
export async function openRunningStage({ patient }: { patient: boolean }): Promise<RunningStage> {
  const found = running();
  const database = connect(found.databaseUrl, { max: 2, applicationName: "askpro-calls" });
  const temporal = createTemporalClient(found.temporal);
  const company = await exportDocument(database, found.companySlug);
  if (!company) throw new Error(`${found.companySlug} is not there`);
  const stage: Stage = {
    apiUrl: found.apiUrl,
    token: found.token,
    retellKey: found.retellKey,
    companyId: company.companyId,
    document: company.document,
    simulatorUrl: found.simulatorUrl,
    temporal: temporal.client,
    database,
    killWorker: existsSync("/proc/self/status") ? () => killWorker(found.pid) : null,
    holdMs: patient ? HOLD_MS : null,
    patienceMs: PATIENCE_MS,
  };
  const gateway = gatewayOf(stage);
  return {
    stage,
    async untilCalm() {
      await poll(
        () => gateway.account(),
        ({ breaker, remaining, limit }) => breaker !== "open" && remaining > limit * ROOM,
        BUSY_MS,
      );
    },
    async close() {
      await Promise.all([database.close(), temporal.close()]);
    },
  };
}

/** The supervisor of `npm start` starts another one. */
function killWorker(parent: number): Promise<void> {
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || !commandLine(pid)?.includes("worker.ts")) continue;
    if (parentOf(pid) === parent) process.kill(pid, "SIGKILL");
  }
  return Promise.resolve();
}

function parentOf(pid: number): number | null {
  try {
    const status = readFileSync(join("/proc", String(pid), "status"), "utf8");
    return Number(/^PPid:\s*(\d+)/mu.exec(status)?.[1] ?? Number.NaN);
  } catch {
    return null;
  }
}
