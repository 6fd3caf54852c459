import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SeededRandom } from "../../dev/calcom-simulator/random.js";
import { closeGateways, type Gateway, type GatewayProcess, startGateway } from "../support/processes.js";
import { type Answer, daysAhead, slot, until } from "../support/salon.js";
import { HOSTS } from "../support/salon-document.js";

/** Another run of the dice: CRASH_SEED=7 npx vitest run test/integration/crash.test.ts */
const SEED = Number(process.env.CRASH_SEED ?? 20_261_125);
const COMMANDS = 200;
const CLIENTS = 16;
const LEAST_KILLS = 2;

let gateway: Gateway;
const running: { api: GatewayProcess | null; worker: GatewayProcess | null } = { api: null, worker: null };
beforeAll(async () => {
  gateway = await startGateway();
  [running.api, running.worker] = await Promise.all([gateway.startApi(), gateway.startWorker()]);
});
afterAll(closeGateways);

/** What a caller asked for and was told. */
interface Asked {
  kind: "book" | "reschedule" | "cancel";
  path: string;
  body: Record<string, unknown>;
  key: string;
  start: string | null;
  answer: Answer;
}

describe("kill -9 of the API and the worker", () => {
  it("leaves both sides in agreement, one to one, and every answer true, whatever was under way.", async () => {
    const { control } = gateway.calcom;
    control.seedRandom(SEED);
    control.addFault({
      match: { operation: "any" },
      times: -1,
      probability: 0.12,
      effect: {
        kind: "one-of",
        effects: [
          { kind: "commit-then-500" },
          { kind: "commit-then-drop" },
          { kind: "drop-before-commit" },
          { kind: "delay-then-commit", ms: 2_500 },
          { kind: "commit-then-delay", ms: 2_500 },
          { kind: "status", code: 503, envelope: "html" },
          { kind: "replica-lag", ms: 1_000 },
        ],
      },
    });
    let left = COMMANDS;
    const clients = Array.from({ length: CLIENTS }, (_, n) => {
      const next = () => left-- > 0;
      return live(n, new SeededRandom(SEED + n), next);
    });
    let over = false;
    const killed = killAtRandom(new SeededRandom(SEED), () => over);
    const lives = await Promise.all(clients);
    over = true;
    const kills = await killed;
    control.clearFaults();
    expect(kills.api).toBeGreaterThanOrEqual(LEAST_KILLS);
    expect(kills.worker).toBeGreaterThanOrEqual(LEAST_KILLS);
    await until("everything quiet", isQuiet, 90_000);
    await expectAgreement();
    const appointments = lives.flat();
    for (const appointment of appointments) await expectTrue(appointment);
    const asked = appointments.flat();
    expect(asked).toHaveLength(COMMANDS);
    const [done] = await gateway.admin.sql<{ n: number }[]>`
      SELECT count(*)::int AS n FROM commands WHERE outcome->>'result' = 'done'`;
    expect(done?.n).toBeGreaterThan(COMMANDS / 2);
    await expectSameAnswers(asked);
  }, 240_000);

  it("between COMMIT and signal is healed by the relay of the next one.", async () => {
    await running.api?.kill();
    // It reaches the database but not Temporal: what it accepts, it cannot tell.
    const deaf = await gateway.startApi({ TEMPORAL_ADDRESS: "127.0.0.1:1" });
    const key = randomUUID();
    const wish = { start: slot(0, daysAhead(170)), customer: { name: "Ada Lang", email: "ada@example.org" } };
    const answer = gateway.book(wish, { key, wait: 30 });
    const [command] = await until("the intent durable", async () => {
      const rows = await gateway.admin.sql<{ id: string; workflowId: string }[]>`
        SELECT id, workflow_id FROM commands WHERE idempotency_key = ${key}`;
      return rows.length > 0 && rows;
    });
    await deaf.kill();
    expect(await answer).toBeNull();
    await expect(gateway.temporal.workflow.getHandle(command?.workflowId ?? "").describe()).rejects.toThrow();

    running.api = await gateway.startApi();
    const again = await gateway.book(wish, { key, wait: 30 });
    expect(again?.status).toBe(201);
    expect(again?.headers.get("Idempotency-Replayed")).toBe("true");
    const [relayed] = await gateway.admin.sql<{ relayAttempts: number }[]>`
      SELECT relay_attempts FROM commands WHERE idempotency_key = ${key}`;
    expect(relayed?.relayAttempts).toBeGreaterThan(0);
    await expectAgreement();
  });
});

/** One caller: books, moves and cancels, one after the other, and repeats with the same key until he is answered. */
async function live(n: number, random: SeededRandom, next: () => boolean): Promise<Asked[][]> {
  const refused: Asked[][] = [];
  const made = new Map<string, Asked[]>();
  const cancelled = new Set<string>();
  let day = 0;
  /** Mostly on days of his own; the first hours of one day are everybody's. */
  const start = () => {
    day += 1;
    if (random.next() < 0.1) return slot(Math.floor(random.next() * 6), daysAhead(5));
    return slot((n % 4) * 8, daysAhead(6 + Math.floor(n / 4) * 40 + day));
  };
  while (next()) {
    const dice = random.next();
    const id = random.pick([...made.keys()].filter((known) => !cancelled.has(known)));
    const kind = id === undefined || dice < 0.5 ? "book" : dice < 0.78 ? "reschedule" : "cancel";
    const wished = kind === "cancel" ? null : start();
    const asked: Omit<Asked, "answer"> = {
      kind,
      path: kind === "book" ? "/api/v2/bookings" : `/api/v2/bookings/${id}/${kind}`,
      key: randomUUID(),
      start: wished,
      body: {
        ...(wished === null ? {} : { start: wished }),
        ...(kind === "book" ? { ...random.pick(SERVICES), customer: customer(n) } : {}),
      },
    };
    const answered: Asked = { ...asked, answer: await untilAnswered(asked) };
    if (kind === "cancel" && id !== undefined) cancelled.add(id);
    const appointmentId = kind === "book" ? answered.answer.body.id : id;
    if (typeof appointmentId === "string")
      made.set(appointmentId, [...(made.get(appointmentId) ?? []), answered]);
    else refused.push([answered]);
  }
  return [...made.values(), ...refused];
}

const SERVICES = [
  { service: "schnitt", staff: "emma" },
  { service: "schnitt", staff: "fabian" },
  { service: "beliebig" },
  { service: "dauerwelle", staff: "emma" },
];

function customer(n: number) {
  return { name: `Kundin ${"ABCDEFGHIJKLMNOP"[n] ?? "Z"}`, email: `${randomUUID()}@example.org` };
}

async function untilAnswered({ path, body, key }: Omit<Asked, "answer">): Promise<Answer> {
  return await until(
    `an answer to ${path}`,
    async () => {
      const answer = await gateway.post(path, body, { key, wait: 3 });
      return answer !== null && answer.status < 500 && answer;
    },
    90_000,
  );
}

/** Kills one of the two, starts it again at once, and so on. */
async function killAtRandom(random: SeededRandom, over: () => boolean) {
  const kills = { api: 0, worker: 0 };
  const enough = () => Math.min(kills.api, kills.worker) >= LEAST_KILLS;
  while (!over() || !enough()) {
    await new Promise((resolve) => setTimeout(resolve, 1_000 + random.next() * 3_000));
    const role = kills.api < kills.worker ? "api" : "worker";
    await running[role]?.kill();
    kills[role] += 1;
    running[role] = role === "api" ? await gateway.startApi() : await gateway.startWorker();
  }
  return kills;
}

/** Nothing is under way: no command, no hold, no webhook, nothing that waits for Cal.com. */
async function isQuiet(): Promise<boolean> {
  const [open] = await gateway.admin.sql<{ n: number }[]>`
    SELECT (SELECT count(*) FROM commands WHERE settled_at IS NULL)
      + (SELECT count(*) FROM busy_intervals WHERE kind = 'hold')
      + (SELECT count(*) FROM webhook_events WHERE status NOT IN ('processed', 'ignored'))
      + (SELECT count(*) FROM appointments WHERE sync_state <> 'synced')
      + (SELECT count(*) FROM remote_operations WHERE state IN ('planned', 'sent')) AS n`;
  return Number(open?.n) === 0;
}

interface Standing {
  appointmentId: string;
  phase: string;
  uid: string;
  start: string;
  host: number | undefined;
}

const byPhase = (a: Standing, b: Standing) =>
  `${a.appointmentId} ${a.phase} ${a.uid}`.localeCompare(`${b.appointmentId} ${b.phase} ${b.uid}`);

/** Every staffed phase of every confirmed appointment has exactly one booking, and there is no other. */
async function expectAgreement(): Promise<void> {
  const rows = await gateway.admin.sql<
    { appointmentId: string; key: string; uid: string; startAt: Date; staff: keyof typeof HOSTS }[]
  >`
    SELECT p.appointment_id, p.key, p.calcom_uid AS uid, p.start_at, s.slug AS staff
    FROM appointment_phases p JOIN appointments a ON a.id = p.appointment_id JOIN staff s ON s.id = p.staff_id
    WHERE a.status = 'confirmed' AND p.staff_required`;
  const local = rows.map(
    (row): Standing => ({
      appointmentId: row.appointmentId,
      phase: row.key,
      uid: row.uid,
      start: row.startAt.toISOString(),
      host: HOSTS[row.staff],
    }),
  );
  const remote = gateway.calcom.control
    .bookings()
    .filter((booking) => booking.status === "accepted" || booking.status === "pending")
    .map(
      (booking): Standing => ({
        appointmentId: String(booking.metadata.appointmentId),
        phase: String(booking.metadata.phase),
        uid: booking.uid,
        start: booking.start,
        host: booking.hostIds[0],
      }),
    );
  expect(remote.sort(byPhase)).toEqual(local.sort(byPhase));
  const [doubled] = await gateway.admin.sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM busy_intervals a JOIN busy_intervals b
    ON a.staff_id = b.staff_id AND a.owner_id < b.owner_id AND a.during && b.during`;
  expect(doubled).toEqual({ n: 0 });
}

/** What one appointment is, is what its answers said, one after the other. */
async function expectTrue(asked: Asked[]): Promise<void> {
  let expected: { status: string; start?: string | null } = { status: "none" };
  for (const { kind, key, start, answer } of asked) {
    const [command] = await gateway.admin.sql<{ result: string }[]>`
      SELECT outcome->>'result' AS result FROM commands WHERE idempotency_key = ${key}`;
    const result = command?.result ?? "refused";
    const about = `${kind} answered ${answer.status} ${JSON.stringify(answer.body)}`;
    if (answer.status < 300 && answer.status !== 202) expect(result, about).toBe("done");
    if (answer.status >= 400) expect(result, about).toBe("refused");
    if (kind === "book") expected = result === "done" ? { status: "confirmed", start } : { status: "failed" };
    else if (result === "done")
      expected = kind === "cancel" ? { status: "cancelled" } : { status: "confirmed", start };
  }
  const id = asked[0]?.answer.body.id;
  if (typeof id !== "string") {
    expect(expected.status).toBe("failed");
    return;
  }
  const { body } = await gateway.get(`/api/v2/bookings/${id}`);
  expect(body.status, JSON.stringify([body, asked])).toBe(expected.status);
  if (expected.start)
    expect(Date.parse(body.start), JSON.stringify([body, asked])).toBe(Date.parse(expected.start));
}

/** The same key answers for good what it answered first. */
async function expectSameAnswers(asked: readonly Asked[]): Promise<void> {
  for (const { path, body, key, answer } of asked.filter((_, n) => n % 8 === 0)) {
    if (answer.status >= 400) continue;
    const again = await gateway.post(path, body, { key });
    expect({ status: again?.status, body: again?.body }).toEqual({
      status: answer.status,
      body: answer.body,
    });
  }
}
