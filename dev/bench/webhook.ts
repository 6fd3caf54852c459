import { createHmac, randomUUID } from "node:crypto";
import { Agent, request } from "undici";
import { z } from "zod";
import { type CpuSeconds, cpuSeconds, idleRate, quiet, since } from "./cpu.js";
import { type Installation, type Services, WEBHOOK_SECRET } from "./installation.js";
import { atRate, closedLoop, merge, type Run, throughput } from "./load.js";
import type { BenchOptions } from "./options.js";
import { progress } from "./progress.js";
import { latency, median } from "./statistics.js";
import { COMPANY_SLUG, type FreshBooking, SLOT_MINUTES, slotDealer } from "./world.js";

/**
 * `ours` with everything behind it at work; `alone`: the same ingress while worker and Temporal stand still, so that
 * it has the machine to itself as the floor has.
 */
export const INGRESS = ["ours", "floor", "alone"] as const;
export type Ingress = (typeof INGRESS)[number];

export interface IngressSeries {
  contender: Ingress;
  callers: number;
  requests: number;
  failures: Record<string, number>;
  p50: number;
  p95: number;
  p99: number;
  perSecond: number;
  cpuSecondsPer1000: CpuSeconds;
  /** Throughput as a share of the floor's in the same round: the median and all. */
  ofFloor: number;
  ofFloorRounds: number[];
}

export interface WebhookResult {
  ingress: IngressSeries[];
  /** From the POST until the event is applied, at ten a second (ms). */
  applied: { perSecond: number; events: number; notApplied: number; p50: number; p95: number; p99: number };
}

const CALLERS = 50;
const PER_SECOND = 10;
const DAY_MS = 86_400_000;
const APPLIED_AT_LEAST_S = 12;
const APPLIED_DEADLINE_MS = 30_000;

export async function measureWebhook(
  installation: Installation,
  services: Services,
  options: BenchOptions,
): Promise<WebhookResult> {
  const book = slotDealer("cal");
  const applied = await measureApplied(installation, options, book);
  const ingress = await measureIngress(installation, services, options, book);
  return { ingress, applied };
}

async function measureIngress(
  installation: Installation,
  services: Services,
  options: BenchOptions,
  book: () => FreshBooking,
): Promise<IngressSeries[]> {
  const agent = new Agent({ connections: CALLERS, pipelining: 1 });
  const template = await recordedWebhook(installation, book());
  const processes = installation.processes(services);
  const urls = {
    ours: `${services.urls.ours}/api/webhooks/calcom/${COMPANY_SLUG}`,
    alone: `${services.urls.ours}/api/webhooks/calcom/${COMPANY_SLUG}`,
    floor: `${services.urls.floor}/webhook`,
  };
  const rounds = new Map<Ingress, { run: Run; cpu: CpuSeconds }[]>();
  try {
    await dropBacklog(installation);
    await quiet(processes, {}, 5_000);
    const idle = await idleRate(processes, 2_000);
    const send = async (contender: Ingress) => {
      const { body, signature } = variant(template, book());
      const response = await request(urls[contender], {
        dispatcher: agent,
        method: "POST",
        headers: { "content-type": "application/json", "x-cal-signature-256": signature },
        body,
      });
      const text = await response.body.text();
      if (response.statusCode !== 200 || !text.includes("accepted"))
        throw new Error(`${response.statusCode} ${text.slice(0, 60)}`);
    };
    for (const contender of INGRESS) await closedLoop(CALLERS, 1_000, () => send(contender));
    for (let round = 0; round < options.rounds; round += 1) {
      const first = round % INGRESS.length;
      for (const contender of [...INGRESS.slice(first), ...INGRESS.slice(0, first)]) {
        progress(`webhook ingress, round ${round + 1} of ${options.rounds}: ${contender}`);
        await dropBacklog(installation);
        await quiet(processes, idle);
        const resume = contender === "alone" ? pause(installation, services) : () => undefined;
        try {
          const before = cpuSeconds(processes);
          const run = await closedLoop(CALLERS, options.seconds * 1_000, () => send(contender));
          const cpu = since(before, cpuSeconds(processes));
          rounds.set(contender, [...(rounds.get(contender) ?? []), { run, cpu }]);
          await dropBacklog(installation);
        } finally {
          resume();
        }
      }
    }
  } finally {
    await dropBacklog(installation);
    await agent.close();
  }
  return INGRESS.map((contender) => {
    const mine = rounds.get(contender) ?? [];
    const floor = rounds.get("floor") ?? [];
    const run = merge(mine.map((round) => round.run));
    const ofFloorRounds = mine.flatMap((round, index) => {
      const beside = floor[index];
      return beside ? [throughput(round.run) / throughput(beside.run)] : [];
    });
    return {
      contender,
      callers: CALLERS,
      requests: run.latencies.length,
      failures: run.failures,
      ...latency(run.latencies),
      perSecond: throughput(run),
      cpuSecondsPer1000: Object.fromEntries(
        Object.keys(mine[0]?.cpu ?? {}).map((name) => [
          name,
          (mine.reduce((sum, round) => sum + (round.cpu[name] ?? 0), 0) * 1_000) / run.latencies.length,
        ]),
      ),
      ofFloor: median(ofFloorRounds),
      ofFloorRounds,
    };
  });
}

/** Holds the worker and, where it is ours, Temporal, without ending them. */
function pause(installation: Installation, services: Services): () => void {
  const pids = [
    services.pids.worker,
    ...(installation.temporalPid === null ? [] : [installation.temporalPid]),
  ];
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  return () => {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  };
}

/** What 50 callers put into the inbox in seconds Temporal would work off in minutes: that is not measured here. */
async function dropBacklog({ admin }: Installation): Promise<void> {
  await admin.sql`UPDATE webhook_events SET status = 'ignored' WHERE status IN ('waiting', 'delivered')`;
}

/** A webhook about a new booking exactly as Cal.com sends it. */
async function recordedWebhook(
  installation: Installation,
  { chair, start, customer }: FreshBooking,
): Promise<string> {
  await installation.webhooks("normal");
  installation.recorder.take();
  await control(installation, "book", byHand(chair, start, customer));
  await installation.webhooks("lost");
  const [recorded] = installation.recorder.take();
  if (!recorded) throw new Error("the simulator sent no webhook");
  return recorded.body;
}

const webhookSchema = z
  .object({ triggerEvent: z.string(), payload: z.object({ uid: z.string() }).loose() })
  .loose();

/** The same webhook about another booking: another uid, another time. */
function variant(template: string, { start }: FreshBooking): { body: string; signature: string } {
  const parsed = webhookSchema.parse(JSON.parse(template));
  const end = new Date(Date.parse(start) + SLOT_MINUTES * 60_000).toISOString();
  const body = JSON.stringify({
    ...parsed,
    payload: {
      ...parsed.payload,
      uid: randomUUID().replaceAll("-", "").slice(0, 22),
      startTime: start,
      endTime: end,
    },
  });
  return { body, signature: createHmac("sha256", WEBHOOK_SECRET).update(body).digest("hex") };
}

/**
 * People at work in Cal.com, ten changes a second: of four one books and then moves, one books and then cancels. Each
 * webhook is timed from the moment it is posted to the gateway until its inbox row says that it was applied.
 */
async function measureApplied(
  installation: Installation,
  options: BenchOptions,
  book: () => FreshBooking,
): Promise<WebhookResult["applied"]> {
  const changes = Math.max(APPLIED_AT_LEAST_S, options.rounds * options.seconds) * PER_SECOND;
  progress(`webhooks at ${PER_SECOND} a second, until applied`);
  await installation.webhooks("normal");
  const booked: Promise<string>[] = [];
  // Half a year on, where nobody books; no start twice, whoever's chair it is.
  let moves = 0;
  const moved = (): string => {
    moves += 1;
    const day = Math.floor(Date.now() / DAY_MS) + 180;
    return new Date(day * DAY_MS + moves * SLOT_MINUTES * 60_000).toISOString();
  };
  const run = (number: number) =>
    atRate(1_000 / PER_SECOND, number, async (index) => {
      if (index % 4 < 2) {
        const { chair, start, customer } = book();
        const uid = control(installation, "book", byHand(chair, start, customer));
        booked[index] = uid;
        await uid;
        return;
      }
      const uid = await booked[index - 2];
      if (index % 4 === 2) await control(installation, "move", { uid, start: moved() });
      else await control(installation, "cancel", { uid });
    });
  await run(4 * PER_SECOND);
  await appliedTimes(installation, installation.recorder.take());
  await run(changes - (changes % 4));
  const sent = installation.recorder.take();
  const times = await appliedTimes(installation, sent);
  await installation.webhooks("lost");
  return {
    perSecond: PER_SECOND,
    events: sent.length,
    notApplied: sent.length - times.length,
    ...latency(times),
  };
}

async function appliedTimes(
  installation: Installation,
  sent: readonly { key: string; sentAt: number }[],
): Promise<number[]> {
  const deadline = performance.now() + APPLIED_DEADLINE_MS;
  const keys = sent.map(({ key }) => key);
  for (;;) {
    const rows = await installation.admin.sql<{ key: string; processedAt: number }[]>`
      SELECT trigger || ' ' || uid AS key, extract(epoch FROM processed_at)::float8 * 1000 AS processed_at
      FROM webhook_events WHERE processed_at IS NOT NULL AND trigger || ' ' || uid = ANY(${keys})`;
    if (rows.length >= sent.length || performance.now() > deadline) {
      const at = new Map(rows.map((row) => [row.key, row.processedAt]));
      return sent.flatMap(({ key, sentAt }) => {
        const processedAt = at.get(key);
        return processedAt === undefined ? [] : [processedAt - sentAt];
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const bookedSchema = z.object({ data: z.object({ uid: z.string() }) });

/** A booking as a person makes it in Cal.com, where the salon's event types ask for a title. */
function byHand({ eventTypeId }: FreshBooking["chair"], start: string, customer: FreshBooking["customer"]) {
  return { eventTypeId, start, ...customer, responses: { title: "Booked by a person" } };
}

/** What a person does in Cal.com's own pages. @returns the uid of the booking as it is then */
async function control(installation: Installation, action: string, body: object): Promise<string> {
  const response = await fetch(`${installation.simulatorUrl}/_sim/${action}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the simulator refused to ${action}: ${response.status} ${text}`);
  return bookedSchema.parse(JSON.parse(text)).data.uid;
}
