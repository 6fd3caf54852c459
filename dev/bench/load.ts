import { setTimeout as sleep } from "node:timers/promises";

/** What a run of requests came to. */
export interface Run {
  /** Milliseconds of each request that succeeded. */
  latencies: number[];
  /** From the first request until the last answer. */
  elapsedMs: number;
  /** How often each failure was seen. */
  failures: Record<string, number>;
}

export const emptyRun = (): Run => ({ latencies: [], elapsedMs: 0, failures: {} });

export function merge(runs: readonly Run[]): Run {
  const merged = emptyRun();
  for (const run of runs) {
    merged.latencies.push(...run.latencies);
    merged.elapsedMs += run.elapsedMs;
    for (const [what, times] of Object.entries(run.failures)) count(merged.failures, what, times);
  }
  return merged;
}

/** Successes per second. */
export const throughput = (run: Run): number => (run.latencies.length * 1_000) / run.elapsedMs;

/**
 * Callers that each send their next request when they have their answer, until the time is over.
 *
 * @param send rejects when the request failed; its message is counted
 */
export async function closedLoop(callers: number, ms: number, send: () => Promise<void>): Promise<Run> {
  const run = emptyRun();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() - began < ms) await timed(run, send);
    }),
  );
  run.elapsedMs = performance.now() - began;
  return run;
}

/** So many requests, by callers that each wait for their answer. */
export async function fixedNumber(
  callers: number,
  requests: number,
  send: () => Promise<void>,
): Promise<Run> {
  const run = emptyRun();
  const began = performance.now();
  let left = requests;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left > 0) {
        left -= 1;
        await timed(run, send);
      }
    }),
  );
  run.elapsedMs = performance.now() - began;
  return run;
}

/** Starts one piece of work every `everyMs`, whether or not those before have ended. */
export async function atRate(
  everyMs: number,
  times: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const began = performance.now();
  const started: Promise<void>[] = [];
  for (let index = 0; index < times; index += 1) {
    const wait = began + index * everyMs - performance.now();
    if (wait > 0) await sleep(wait);
    const one = work(index);
    // Whoever fails early is heard at the end, with all others.
    one.catch(() => undefined);
    started.push(one);
  }
  await Promise.all(started);
}

async function timed(run: Run, send: () => Promise<void>): Promise<void> {
  const began = performance.now();
  try {
    await send();
    run.latencies.push(performance.now() - began);
  } catch (error) {
    count(run.failures, error instanceof Error ? error.message : String(error), 1);
  }
}

function count(counts: Record<string, number>, what: string, times: number): void {
  counts[what] = (counts[what] ?? 0) + times;
}
