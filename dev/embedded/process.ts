import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from "node:fs";
import { dirname } from "node:path";

/** What a process that we started ended with. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that ends with us: by `stop`, or by the kernel if we are killed. */
export interface Managed {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Sends `signal`, waits `graceMs` and kills what has not ended by then. Safe to call again. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<Exit>;
}

/** A command that could not be started, or that ended with an error. */
export class ProcessError extends Error {
  override readonly name = "ProcessError";
}

export interface ManagedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** File that takes both outputs; without it they go to ours. */
  readonly logFile?: string;
  /** What the kernel sends it when we die without a word. */
  readonly deathSignal: "TERM" | "INT";
}

let tether: boolean | null = null;

/** `setpriv` (util-linux, in every Debian image) asks the kernel to signal the child when its parent dies. */
function canTether(): boolean {
  tether ??=
    process.platform === "linux" &&
    spawnSync("setpriv", ["--pdeathsig", "TERM", "true"], { stdio: "ignore" }).status === 0;
  return tether;
}

/**
 * Starts a process in a session of its own: Ctrl-C reaches the whole foreground group, and a database that
 * stops before the API has drained would lose what the API has still to write. In turn it is tied to our life,
 * so that nothing is left behind by `kill -9`.
 *
 * @throws ProcessError when the command cannot be executed.
 */
export async function startManaged(options: ManagedOptions): Promise<Managed> {
  const { command, args } = canTether()
    ? {
        command: "setpriv",
        args: ["--pdeathsig", options.deathSignal, "--", options.command, ...options.args],
      }
    : options;
  const log = options.logFile === undefined ? null : openLog(options.logFile);
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", log ?? "inherit", log ?? "inherit"],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  if (log !== null) closeSync(log);
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(new ProcessError(`${options.command}: ${error.message}`)));
  });
  const pid = child.pid;
  if (pid === undefined) throw new ProcessError(`${options.command}: it has no process id`);
  return {
    pid,
    exited,
    async stop(signal, graceMs) {
      child.kill(signal);
      const killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(killer);
      }
    },
  };
}

/** Keeps the log of the run before: after a crash that is the one to read. */
function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) renameSync(path, `${path}.previous`);
  return openSync(path, "a");
}

/** The end of a log file, for the message of a failure. */
export function logTail(path: string, lines = 15): string {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "(no log was written)";
  }
}

/** The command line of a running process, or null when there is none of that id. */
export function commandLine(pid: number): string | null {
  if (existsSync("/proc/self/cmdline")) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    } catch {
      return null;
    }
  }
  const shown = spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  return shown.status === 0 ? shown.stdout.trim() : null;
}

/**
 * Ends a process of an earlier run that still holds our data, after its command line has shown that it is ours:
 * the id of a stale pid file may belong to anybody by now.
 */
export async function endOrphan(
  pid: number,
  marker: string,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  const ours = () => commandLine(pid)?.includes(marker) ?? false;
  if (!ours()) return;
  process.kill(pid, signal);
  await poll(() => !ours(), graceMs, 50);
  if (ours()) process.kill(pid, "SIGKILL");
  await poll(() => !ours(), 5_000, 50);
}

/** Asks again every `everyMs` until the answer is true or `withinMs` are over; gives the last answer. */
export async function poll(
  ask: () => boolean | Promise<boolean>,
  withinMs: number,
  everyMs: number,
): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    if (await ask()) return true;
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
