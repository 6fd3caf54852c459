import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Linux counts process time in ticks of 10 ms, whatever the kernel's own rate is. */
const TICKS_PER_SECOND = 100;

/** CPU seconds by what used them. */
export type CpuSeconds = Record<string, number>;

/** The processes whose time is told apart, by name. Children count with their parent (Postgres' sessions). */
export type Processes = Record<string, readonly number[]>;

interface Stat {
  pid: number;
  parent: number;
  /** Of itself and of children that have ended. */
  ticks: number;
}

/** User and system time so far, from /proc. */
export function cpuSeconds(processes: Processes): CpuSeconds {
  const stats = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (read(name) ?? []) : []));
  return Object.fromEntries(
    Object.entries(processes).map(([name, pids]) => {
      const own = stats.filter((stat) => pids.includes(stat.pid) || pids.includes(stat.parent));
      return [name, own.reduce((sum, stat) => sum + stat.ticks, 0) / TICKS_PER_SECOND];
    }),
  );
}

/** Null for a process that has just ended. */
function read(pid: string): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // The name in brackets may hold blanks and brackets itself: what counts begins after the last one.
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [, parent = 0] = fields;
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
  return { pid: Number(pid), parent, ticks };
}

export function since(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]),
  );
}

/** Seconds used per second while nothing is asked: polls, timers, housekeeping. */
export async function idleRate(processes: Processes, ms: number): Promise<CpuSeconds> {
  const before = cpuSeconds(processes);
  const began = performance.now();
  await sleep(ms);
  const seconds = (performance.now() - began) / 1_000;
  return Object.fromEntries(
    Object.entries(since(before, cpuSeconds(processes))).map(([name, used]) => [name, used / seconds]),
  );
}

const LOOK_EVERY_MS = 200;
const QUIET_LOOKS = 2;
/** Above what they use when idle, of one core. */
const QUIET_SHARE = 0.1;

/**
 * Waits until what goes on behind the answers (closing of workflow tasks, search attributes, echoes) is done, so that
 * it is neither missing in one contender's bill nor on the next one's.
 *
 * @returns whether it became quiet in time
 */
export async function quiet(processes: Processes, idle: CpuSeconds, withinMs = 30_000): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  const idleShare = Object.values(idle).reduce((sum, rate) => sum + rate, 0);
  let looks = 0;
  while (performance.now() < deadline) {
    const before = cpuSeconds(processes);
    const began = performance.now();
    await sleep(LOOK_EVERY_MS);
    const used = Object.values(since(before, cpuSeconds(processes))).reduce(
      (sum, seconds) => sum + seconds,
      0,
    );
    const share = used / ((performance.now() - began) / 1_000) - idleShare;
    looks = share < QUIET_SHARE ? looks + 1 : 0;
    if (looks >= QUIET_LOOKS) return true;
  }
  return false;
}
