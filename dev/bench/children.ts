import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { logTail, type Managed, poll, startManaged } from "../embedded/process.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const READY_MS = 120_000;
const STOP_MS = 25_000;

export interface Child {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  /** Entry file, from the root of the repository. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  /** Directory of the log. */
  readonly logs: string;
  /** What it writes when it is ready. */
  readonly ready: string;
  /** Directory that takes its CPU profile. */
  readonly profile: string | null;
}

/**
 * Starts a Node process from source, as `npm start` does, and waits until it says that it is ready.
 *
 * @throws Error with the end of its log
 */
export async function startChild({ name, entry, env, logs, ready, profile }: ChildOptions): Promise<Child> {
  const logFile = join(logs, `${name}.log`);
  const child: Managed = await startManaged({
    command: process.execPath,
    args: [
      ...(profile === null
        ? []
        : // A directory each: every thread writes a file of its own.
          ["--cpu-prof", "--cpu-prof-dir", join(profile, name)]),
      ...["--import", "tsx", join(ROOT, entry)],
    ],
    cwd: ROOT,
    env,
    logFile,
    deathSignal: "TERM",
  });
  let ended = false;
  void child.exited.then(() => {
    ended = true;
  });
  const up = await poll(() => ended || readFileSync(logFile, "utf8").includes(ready), READY_MS, 50);
  if (!up || ended) {
    await child.stop("SIGKILL", 1_000);
    throw new Error(`${name} ${ended ? "ended" : "was not ready"} while it started:\n${logTail(logFile)}`);
  }
  return { pid: child.pid, stop: async () => void (await child.stop("SIGTERM", STOP_MS)) };
}
