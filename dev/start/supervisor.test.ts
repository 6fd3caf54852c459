import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { logTail, poll, startManaged } from "../embedded/process.js";
import { type Supervised, supervise } from "./supervisor.js";

let supervised: Supervised | null = null;
afterEach(async () => {
  await supervised?.stop(1_000);
  supervised = null;
});

async function sleeper(script = "setInterval(() => {}, 1000)") {
  const child = await startManaged({ command: process.execPath, args: ["-e", script], deathSignal: "TERM" });
  return { pid: child.pid, exited: child.exited, stop: (graceMs: number) => child.stop("SIGTERM", graceMs) };
}

it("starts again what was killed.", async () => {
  const lines: string[] = [];
  supervised = await supervise({ name: "the worker", start: sleeper, report: (line) => lines.push(line) });
  const first = supervised.pid;
  expect(first).not.toBeNull();
  process.kill(first ?? 0, "SIGKILL");
  const healed = await poll(() => supervised?.pid !== null && supervised?.pid !== first, 10_000, 20);
  expect(healed).toBe(true);
  expect(lines[0]).toBe("the worker ended (signal SIGKILL): starting it again in 0.25 s");
});

it("stops for good, and does not start again what it has stopped.", async () => {
  let starts = 0;
  const lines: string[] = [];
  const keeper = await supervise({
    name: "the worker",
    start: () => {
      starts++;
      return sleeper();
    },
    report: (line) => lines.push(line),
  });
  const pid = keeper.pid ?? 0;
  await keeper.stop(5_000);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect({ starts, lines }).toEqual({ starts: 1, lines: [] });
});

it("can be stopped while it waits to start again.", async () => {
  let starts = 0;
  const keeper = await supervise({
    name: "the worker",
    start: () => {
      starts++;
      return starts === 1 ? sleeper("process.exit(3)") : Promise.reject(new Error("no"));
    },
    report: () => undefined,
  });
  expect(await poll(() => starts >= 3, 10_000, 10)).toBe(true);
  const before = starts;
  await keeper.stop(1_000);
  expect(starts).toBe(before);
});

it("ends what was being started when it was told to stop.", async () => {
  let starts = 0;
  const pids: number[] = [];
  let begun = () => {};
  const secondBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const keeper = await supervise({
    name: "the worker",
    start: async () => {
      starts++;
      if (starts > 1) {
        begun();
        await held;
      }
      const child = await sleeper(starts === 1 ? "process.exit(3)" : undefined);
      pids.push(child.pid);
      return child;
    },
    report: () => undefined,
  });
  await secondBegun;
  const stopped = keeper.stop(5_000);
  release();
  await stopped;
  expect(pids).toHaveLength(2);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

it("kills what does not end within its time.", async () => {
  const directory = mkdtempSync(join(tmpdir(), "askpro-supervisor-"));
  const logFile = join(directory, "stubborn.log");
  try {
    const keeper = await supervise({
      name: "the API",
      start: async () => {
        const script = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')";
        const child = await startManaged({
          command: process.execPath,
          args: ["-e", script],
          deathSignal: "TERM",
          logFile,
        });
        await poll(() => logTail(logFile) === "deaf", 10_000, 20);
        return { ...child, stop: (graceMs: number) => child.stop("SIGTERM", graceMs) };
      },
      report: () => undefined,
    });
    const pid = keeper.pid ?? 0;
    const began = Date.now();
    await keeper.stop(300);
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

it("reports a command that does not exist as an error of the first start.", async () => {
  const start = async () => {
    const child = await startManaged({ command: "/nonexistent/command", args: [], deathSignal: "TERM" });
    const { code } = await child.exited;
    throw new Error(`ended with ${code}`);
  };
  await expect(supervise({ name: "nothing", start, report: () => undefined })).rejects.toThrow();
});
