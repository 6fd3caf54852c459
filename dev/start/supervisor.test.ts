import { afterEach, expect, it } from "vitest";
import { poll, startManaged } from "../embedded/process.js";
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

it("kills what does not end within its time.", async () => {
  const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); process.stdout.write('')";
  const keeper = await supervise({
    name: "the API",
    start: () => sleeper(stubborn),
    report: () => undefined,
  });
  const pid = keeper.pid ?? 0;
  await keeper.stop(300);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

it("reports a command that does not exist as an error of the first start.", async () => {
  const start = async () => {
    const child = await startManaged({ command: "/nonexistent/command", args: [], deathSignal: "TERM" });
    const { code } = await child.exited;
    throw new Error(`ended with ${code}`);
  };
  await expect(supervise({ name: "nothing", start, report: () => undefined })).rejects.toThrow();
});
