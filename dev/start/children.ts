import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { logTail, poll, startManaged } from "../embedded/process.js";
import { report, step } from "./report.js";
import { type Running, type Supervised, supervise } from "./supervisor.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const READY_MS = 90_000;

export interface ChildOptions {
  /** As the operator knows it. */
  readonly name: string;
  /** Entry file, from the root of the repository. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}

/**
 * Runs one of the two production processes from source and starts it again whenever it ends. It is Node itself that
 * is started, not tsx's own command: that would be a process in between, which a `kill -9` would separate from it.
 */
export function superviseChild({ name, entry, env, logFile }: ChildOptions): Promise<Supervised> {
  const start = async (): Promise<Running> => {
    const child = await startManaged({
      command: process.execPath,
      args: ["--import", "tsx", "--enable-source-maps", join(ROOT, entry)],
      cwd: ROOT,
      env,
      logFile,
      deathSignal: "TERM",
    });
    let told = false;
    void child.exited.then(({ code, signal }) => {
      if (!told && signal !== "SIGKILL" && code !== 0)
        report(`${name}, end of its log:\n${logTail(logFile)}`);
    });
    return {
      pid: child.pid,
      exited: child.exited,
      stop: (graceMs) => {
        told = true;
        return child.stop("SIGTERM", graceMs);
      },
    };
  };
  return supervise({ name, start, report });
}

/**
 * Waits until the API says that the database, Temporal and a worker are there.
 *
 * @throws Error with what it said last.
 */
export async function untilReady(port: number, stopping: () => boolean): Promise<void> {
  let last = "it does not answer";
  const ready = await step("API and worker", () =>
    poll(
      async () => {
        if (stopping()) return true;
        try {
          const response = await fetch(`http://127.0.0.1:${port}/api/health/ready`, {
            signal: AbortSignal.timeout(5_000),
          });
          last = `${response.status} ${(await response.text()).slice(0, 500)}`;
          return response.ok;
        } catch {
          return false;
        }
      },
      READY_MS,
      200,
    ),
  );
  if (!ready) throw new Error(`the API was not ready after ${READY_MS / 1_000} s: ${last}`);
}
