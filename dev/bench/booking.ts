import { Agent, request } from "undici";
import { type CpuSeconds, cpuSeconds, idleRate, quiet, since } from "./cpu.js";
import { type HistoryFacts, historyFacts } from "./history.js";
import type { Installation, Services } from "./installation.js";
import { closedLoop, fixedNumber, merge, type Run, throughput } from "./load.js";
import type { BenchOptions, Contender } from "./options.js";
import {
  type PostgresProxy,
  perRequest,
  scaled,
  startPostgresProxy,
  type Traffic,
} from "./postgres-proxy.js";
import { progress } from "./progress.js";
import { latency, median } from "./statistics.js";
import { type FreshBooking, SERVICE_SLUG, slotDealer } from "./world.js";

export interface BookingSeries {
  contender: Contender;
  callers: number;
  requests: number;
  failures: Record<string, number>;
  /** Milliseconds. */
  p50: number;
  p95: number;
  p99: number;
  perSecond: number;
  /** Above idle, per 1,000 bookings, with what goes on behind the answer. */
  cpuSecondsPer1000: CpuSeconds;
  /** Of ours, against this contender in the same round: the median over the rounds and all of them. */
  oursToThis: { p50: number; p95: number; rounds: number[] };
}

export interface BookingResult {
  series: BookingSeries[];
  history: Partial<Record<Contender, HistoryFacts>>;
  /** Per request, one caller. */
  database: Partial<Record<Contender, Traffic>>;
}

interface Round {
  run: Run;
  cpu: CpuSeconds;
}

const WARM_UP = { callers: 10, requests: 80 };
const COUNTED = 50;
const IDLE_MS = 3_000;
const SAMPLE = 10;

/** Sends bookings to the contenders, each to fresh slots. */
export class Bookers {
  readonly #agent = new Agent({ connections: 256, pipelining: 1 });
  readonly #ours = slotDealer("ours");
  readonly #floor = slotDealer("floor");
  readonly #bare = slotDealer("bare");
  readonly #workflowIds: Record<Contender, string[]> = { ours: [], floor: [], bare: [], echo: [] };
  #keys = 0;

  #services: Services | null = null;

  constructor(readonly installation: Installation) {}

  /** From now on these are asked. Slots and keys go on: the database stays the same. */
  turnTo(services: Services): void {
    this.#services = services;
  }

  /** One booking until the 201. */
  async book(contender: Contender): Promise<void> {
    if (!this.#services) throw new Error("nobody to ask");
    const { urls } = this.#services;
    const key = `bench-${contender}-${this.#keys++}`;
    switch (contender) {
      case "floor":
        await this.#post(`${urls.floor}/bookings`, this.#floor(), key);
        return;
      case "bare":
        await this.#post(`${urls.bare}/bookings`, this.#bare(), key);
        this.#workflowIds.bare.push(key);
        return;
      default:
        await this.#post(`${urls.ours}/api/v2/bookings`, this.#ours(), key);
        this.#workflowIds[contender].push(`booking:${this.installation.companyId}:api:${key}`);
    }
  }

  lastWorkflows(contender: Contender, number: number): string[] {
    return this.#workflowIds[contender].slice(-number);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #post(url: string, { chair, start, customer }: FreshBooking, key: string): Promise<void> {
    const response = await request(url, {
      dispatcher: this.#agent,
      method: "POST",
      headers: {
        authorization: `Bearer ${this.installation.token}`,
        "content-type": "application/json",
        "idempotency-key": key,
        prefer: "wait=30",
      },
      body: JSON.stringify({ service: SERVICE_SLUG, staff: chair.staff, start, customer }),
    });
    const text = await response.body.text();
    if (response.statusCode !== 201) throw new Error(`${response.statusCode} ${slugOf(text)}`);
  }
}

/** What went wrong, without what differs from one answer to the next. */
function slugOf(text: string): string {
  return (
    /"type":"[^"]*\/([a-z-]+)"/.exec(text)?.[1] ??
    /"(?:status|error)":"([^"]*)"/.exec(text)?.[1] ??
    "no problem named"
  );
}

export async function measureBooking(
  installation: Installation,
  services: Services,
  bookers: Bookers,
  options: BenchOptions,
): Promise<BookingResult> {
  bookers.turnTo(services);
  const { contenders } = options;
  try {
    await warmUp(installation, bookers, contenders);
    const processes = installation.processes(services);
    await quiet(processes, {}, 5_000);
    const idle = await idleRate(processes, IDLE_MS);
    const rounds = new Map<string, Round[]>();
    for (const callers of options.callers) {
      for (let round = 0; round < options.rounds; round += 1) {
        // Each begins a round once, so that none is always the one after the same other.
        const first = round % contenders.length;
        for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
          progress(`booking, ${callers} callers, round ${round + 1} of ${options.rounds}: ${contender}`);
          await installation.webhooks(contender === "echo" ? "normal" : "lost");
          const before = cpuSeconds(processes);
          const began = performance.now();
          const run = await closedLoop(callers, options.seconds * 1_000, () => bookers.book(contender));
          await quiet(processes, idle);
          const seconds = (performance.now() - began) / 1_000;
          const used = since(before, cpuSeconds(processes));
          const cpu = Object.fromEntries(
            Object.entries(used).map(([name, value]) => [
              name,
              Math.max(0, value - (idle[name] ?? 0) * seconds),
            ]),
          );
          const key = `${contender} ${callers}`;
          rounds.set(key, [...(rounds.get(key) ?? []), { run, cpu }]);
        }
      }
    }
    const history: BookingResult["history"] = {};
    for (const contender of contenders) {
      if (contender === "floor") continue;
      history[contender] = await historyFacts(
        installation.temporal,
        bookers.lastWorkflows(contender, SAMPLE),
      );
    }
    const series = options.callers.flatMap((callers) =>
      contenders.map((contender) => seriesOf(contender, callers, rounds)),
    );
    return { series, history, database: {} };
  } finally {
    await installation.webhooks("lost");
  }
}

async function warmUp(
  installation: Installation,
  bookers: Bookers,
  contenders: readonly Contender[],
): Promise<void> {
  for (const contender of contenders) {
    progress(`booking, warming up: ${contender}`);
    await installation.webhooks(contender === "echo" ? "normal" : "lost");
    const { failures } = await fixedNumber(WARM_UP.callers, WARM_UP.requests, () => bookers.book(contender));
    if (Object.keys(failures).length > 0)
      throw new Error(`${contender} does not book: ${JSON.stringify(failures)}`);
  }
}

function seriesOf(
  contender: Contender,
  callers: number,
  rounds: ReadonlyMap<string, readonly Round[]>,
): BookingSeries {
  const mine = rounds.get(`${contender} ${callers}`) ?? [];
  const ours = rounds.get(`ours ${callers}`) ?? [];
  const run = merge(mine.map((round) => round.run));
  const ratios = (share: "p50" | "p95") =>
    mine.flatMap((round, index) => {
      const beside = ours[index];
      return beside ? [latency(beside.run.latencies)[share] / latency(round.run.latencies)[share]] : [];
    });
  const names = Object.keys(mine[0]?.cpu ?? {});
  return {
    contender,
    callers,
    requests: run.latencies.length,
    failures: run.failures,
    ...latency(run.latencies),
    perSecond: throughput(run),
    cpuSecondsPer1000: Object.fromEntries(
      names.map((name) => [
        name,
        (mine.reduce((sum, round) => sum + (round.cpu[name] ?? 0), 0) * 1_000) / run.latencies.length,
      ]),
    ),
    oursToThis: { p50: median(ratios("p50")), p95: median(ratios("p95")), rounds: ratios("p50") },
  };
}

/** Who talks to the database for a contender. */
const SPEAKERS = {
  ours: ["api", "worker"],
  echo: ["api", "worker"],
  floor: ["floor"],
  bare: ["bareWorker"],
} as const;

/**
 * Counts round trips, in processes of their own whose way to the database leads through a counter: it costs time, so
 * nothing is timed here.
 */
export async function countRoundTrips(
  installation: Installation,
  bookers: Bookers,
  contenders: readonly Contender[],
): Promise<BookingResult["database"]> {
  const names = ["api", "worker", "floor", "bareWorker"] as const;
  const proxies = new Map<string, PostgresProxy>();
  for (const name of names) proxies.set(name, await startPostgresProxy(installation.databaseUrl));
  const urls = Object.fromEntries([...proxies].map(([name, proxy]) => [name, proxy.url]));
  const services = await installation.startServices(urls);
  bookers.turnTo(services);
  try {
    await warmUp(installation, bookers, contenders);
    const processes = installation.processes(services);
    const result: BookingResult["database"] = {};
    for (const contender of contenders) {
      progress(`booking, counting database round trips: ${contender}`);
      await installation.webhooks(contender === "echo" ? "normal" : "lost");
      const traffic = () => sum(SPEAKERS[contender].flatMap((name) => proxies.get(name)?.traffic() ?? []));
      await quiet(processes, {}, 5_000);
      const idleBefore = traffic();
      await idleRate(processes, IDLE_MS);
      const idleAfter = traffic();
      const began = performance.now();
      const run = await fixedNumber(1, COUNTED, () => bookers.book(contender));
      await quiet(processes, {}, 5_000);
      const idle = scaled(idleBefore, idleAfter, (performance.now() - began) / IDLE_MS);
      result[contender] = perRequest(idleAfter, traffic(), idle, run.latencies.length);
    }
    return result;
  } finally {
    await services.stop();
    await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
  }
}

function sum(parts: readonly Traffic[]): Traffic {
  const commands: Record<string, number> = {};
  for (const part of parts) {
    for (const [name, times] of Object.entries(part.commands)) commands[name] = (commands[name] ?? 0) + times;
  }
  return { roundTrips: parts.reduce((total, part) => total + part.roundTrips, 0), commands };
}
