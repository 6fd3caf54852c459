import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TenantDocument } from "../../domain/tenant/document.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import { cancel, move, seen, standing, standingAt, startsOf, viewOf } from "./booking-situations.js";

let salon: Salon;
/** A start that no other test uses. */
let next = 0;
const nextStart = () => {
  next += 4;
  return slot(next - 4);
};

const FAULTS = [
  { name: "the connection is dropped after the commit", effect: { kind: "commit-then-drop" } },
  { name: "a raw 500 comes after the commit", effect: { kind: "commit-then-500" } },
  { name: "the answer comes later than we wait", effect: { kind: "commit-then-delay", ms: 2_500 } },
  { name: "it commits after our first look-up", effect: { kind: "delay-then-commit", ms: 2_500 } },
  { name: "a 400 says taken although it was created", effect: { kind: "400-although-created" } },
  { name: "the answer has no uid", effect: { kind: "answer-without-uid" } },
  { name: "the connection is dropped before the commit", effect: { kind: "drop-before-commit" } },
  { name: "an HTML page answers 502", effect: { kind: "status", code: 502, envelope: "html" } },
  {
    name: "the answer is cut off after nothing",
    effect: { kind: "status", code: 201, envelope: "truncated" },
  },
] as const;
/** A cancel answers with the booking, and is never refused as taken. */
const CANCEL_FAULTS = FAULTS.filter(
  ({ effect }) => effect.kind !== "answer-without-uid" && effect.kind !== "400-although-created",
);
/** Each fault has a service of its own, with an event type that only it strikes: so they can run at once. */
const typeOf = (fault: number) => 301 + fault;

function withServiceForEachFault(document: TenantDocument): TenantDocument {
  const [cut] = document.services;
  if (!cut) throw new Error("the salon has services");
  return {
    ...document,
    services: [
      ...document.services,
      ...FAULTS.map((_, fault) => ({ ...cut, slug: `fall-${fault}`, name: `Fall ${fault}` })),
    ],
    eventTypes: [
      ...document.eventTypes,
      ...FAULTS.map((_, fault) => ({
        service: `fall-${fault}`,
        phase: "main",
        staff: "emma",
        branch: null,
        calcomEventTypeId: typeOf(fault),
      })),
    ],
  };
}

beforeAll(async () => {
  salon = await startSalon({
    document: withServiceForEachFault,
    // The last look comes well after the slowest commit of these tests, however slow the machine is.
    durations: { lookupWindowMs: 5_000, surplusLookupsMs: [1_500, 9_000] },
    // What is tested here is doubt, not the breaker.
    env: { BREAKER_OPEN_SECONDS: "0.1", CALCOM_TIMEOUT_SECONDS: "1" },
  });
});
afterAll(closeSalons);

const later = (start: string) => new Date(Date.parse(start) + 3_600_000).toISOString();

function anew(settings: { replicaLagMs?: number; webhookMode?: "normal" | "lost" } = {}): void {
  const { control } = salon.calcom;
  control.clearFaults();
  control.clearWebhookRules();
  control.set({
    replicaLagMs: 0,
    webhookMode: "normal",
    createReadsReplica: false,
    down: false,
    ...settings,
  });
  control.clearRequests();
}

/** One booking here and there, the same one. */
async function isOne(id: string): Promise<void> {
  const here = await seen(
    salon,
    id,
    "a confirmed appointment",
    (now) => now.status === "confirmed" && now.sync.state === "synced",
  );
  await until("one booking in Cal.com", async () => standing(salon, id).length === 1, 20_000);
  const [there] = standing(salon, id);
  expect(there?.uid).toBe(here.phases[0].calcomUid);
  expect(Date.parse(there?.start ?? "")).toBe(Date.parse(here.start));
}

/** Every look-up that doubt has set in motion is over: what is not seen by then is never seen. */
async function doubtIsOver(id: string): Promise<void> {
  const { workflowId } = (await salon.get(`/api/v2/bookings/${id}`)).body;
  await until("an end of all look-ups", async () => {
    const { underWay, nextLookUpAt } = await viewOf(salon, workflowId);
    return underWay === null && nextLookUpAt === null;
  });
}

const SITUATIONS = (["normal", "lost"] as const).flatMap((webhookMode) =>
  [0, 3_000].map((replicaLagMs) => ({ webhookMode, replicaLagMs })),
);

describe.each(SITUATIONS)(
  "with webhooks $webhookMode and a replica lag of $replicaLagMs ms, a booking stands once",
  (situation) => {
    beforeAll(() => anew(situation));

    it.concurrent.each(FAULTS.map((fault, index) => ({ ...fault, index })))(
      "when $name",
      async ({ effect, index }) => {
        const start = nextStart();
        salon.calcom.control.addFault({ match: { operation: "create", eventTypeId: typeOf(index) }, effect });
        const answer = await salon.book({ service: `fall-${index}`, start }, { wait: 30 });
        expect(answer.status, JSON.stringify(answer.body)).toBe(201);
        await isOne(answer.body.id);
        await doubtIsOver(answer.body.id);
        expect(standingAt(salon, HOSTS.emma, start)).toHaveLength(1);
      },
    );
  },
);

describe.each([0, 3_000])(
  "with webhooks lost and a replica lag of %i ms, a move stands once",
  (replicaLagMs) => {
    beforeAll(() => anew({ replicaLagMs, webhookMode: "lost" }));

    it.concurrent.each(FAULTS)("when $name", async ({ effect }) => {
      const start = nextStart();
      const booked = await salon.book({ start });
      const { id } = booked.body;
      const uid = booked.body.phases[0].calcomUid;
      salon.calcom.control.addFault({ match: { operation: "reschedule", uid }, effect });
      const to = later(start);
      const answer = await move(salon, id, { start: to }, 30);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      expect(Date.parse(answer.body.start)).toBe(Date.parse(to));
      await isOne(id);
      await doubtIsOver(id);
      expect(standingAt(salon, HOSTS.emma, start)).toHaveLength(0);
      expect(standingAt(salon, HOSTS.emma, to)).toHaveLength(1);
    });
  },
);

describe.each([0, 3_000])(
  "with webhooks lost and a replica lag of %i ms, a cancel leaves nothing",
  (replicaLagMs) => {
    beforeAll(() => anew({ replicaLagMs, webhookMode: "lost" }));

    it.concurrent.each(CANCEL_FAULTS)("when $name", async ({ effect }) => {
      const booked = await salon.book({ start: nextStart() });
      const uid = booked.body.phases[0].calcomUid;
      salon.calcom.control.addFault({ match: { operation: "cancel", uid }, effect });
      const answer = await cancel(salon, booked.body.id, 30);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      expect(answer.body.status).toBe("cancelled");
      expect(standing(salon, booked.body.id)).toHaveLength(0);
    });
  },
);

describe("a slow request that commits beside its repetition", () => {
  let start: string;
  beforeEach(() => {
    anew();
    start = nextStart();
  });

  it("leaves one booking of two: the surplus is found and cancelled though webhooks are lost", async () => {
    salon.calcom.control.set({ webhookMode: "lost" });
    salon.calcom.control.addFault({
      match: { operation: "create" },
      effect: { kind: "delay-then-commit", ms: 8_000, force: true },
    });
    const answer = await salon.book({ start }, { wait: 30 });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    const { id } = answer.body;
    const made = () =>
      salon.calcom.control.bookings().filter((booking) => booking.metadata.appointmentId === id);
    await until("the second booking", async () => made().length === 2, 20_000);
    await until("its cancellation", async () => standing(salon, id).length === 1, 30_000);
    expect(standing(salon, id)[0]?.uid).toBe(
      (await salon.get(`/api/v2/bookings/${id}`)).body.phases[0].calcomUid,
    );
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
  });

  it("is cancelled at once when its webhook tells of it", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create" },
      effect: { kind: "delay-then-commit", ms: 8_000, force: true },
    });
    const answer = await salon.book({ start }, { wait: 30 });
    const { id } = answer.body;
    const made = () =>
      salon.calcom.control.bookings().filter((booking) => booking.metadata.appointmentId === id);
    await until("the second booking", async () => made().length === 2, 20_000);
    await until("its cancellation", async () => standing(salon, id).length === 1, 30_000);
    const here = await seen(salon, id, "a confirmed appointment", (now) => now.status === "confirmed");
    expect(standing(salon, id)[0]?.uid).toBe(here.phases[0].calcomUid);
  });
});

describe("a booking of somebody else in the answer", () => {
  let start: string;
  beforeEach(() => {
    anew();
    start = nextStart();
  });

  it("is never taken for ours: the caller hears that the slot is taken, and nothing of ours stands", async () => {
    const other = await salon.book({
      start: nextStart(),
      customer: { name: "Fremd", email: "fremd@example.org" },
    });
    salon.calcom.control.addFault({
      match: { operation: "create" },
      effect: { kind: "return-older-foreign-booking" },
    });
    const answer = await salon.book({ start });
    expect(answer.status, JSON.stringify(answer.body)).toBe(409);
    expect(JSON.stringify(answer.body)).not.toMatch(/Fremd|fremd/);
    expect(standingAt(salon, HOSTS.emma, start)).toHaveLength(0);
    expect(standing(salon, other.body.id)).toHaveLength(1);
    const owners = await salon.admin
      .sql`SELECT appointment_id FROM calcom_uids WHERE uid = ${other.body.phases[0].calcomUid}`;
    expect(owners).toEqual([{ appointmentId: other.body.id }]);
  });

  it("does not hide our own that was made all the same", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create" },
      effect: { kind: "return-older-foreign-booking", commit: true },
    });
    const answer = await salon.book({ start });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    await isOne(answer.body.id);
  });

  it("in the answer to a move changes nothing of it", async () => {
    const booked = await salon.book({ start });
    salon.calcom.control.addFault({
      match: { operation: "reschedule" },
      effect: { kind: "return-older-foreign-booking", commit: true },
    });
    const answer = await move(salon, booked.body.id, { start: later(start) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    await isOne(booked.body.id);
  });
});

describe("a slot that a person took in Cal.com, of which no webhook told", () => {
  let start: string;
  beforeEach(() => {
    anew();
    start = nextStart();
  });

  it("is refused promptly with alternatives that are free there too", async () => {
    salon.calcom.control.set({ webhookMode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Erika",
      email: "erika@example.org",
    });
    const began = Date.now();
    const answer = await salon.book({ start });
    expect(answer.status, JSON.stringify(answer.body)).toBe(409);
    // Long before a caller's patience and the look-up window of doubt are over.
    expect(Date.now() - began).toBeLessThan(4_500);
    expect(startsOf(answer).length).toBeGreaterThan(0);
    for (const alternative of startsOf(answer)) {
      expect(standingAt(salon, HOSTS.emma, new Date(alternative).toISOString())).toHaveLength(0);
    }
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(1);
  });

  it("is refused promptly in round robin too, when every host is taken", async () => {
    salon.calcom.control.set({ webhookMode: "lost" });
    for (const eventTypeId of [TYPES.cutEmma, TYPES.cutFabian]) {
      await salon.calcom.control.book({ eventTypeId, start, name: "Erika", email: "erika@example.org" });
    }
    const began = Date.now();
    const answer = await salon.book({ service: "beliebig", staff: null, start });
    expect(answer.status, JSON.stringify(answer.body)).toBe(409);
    expect(Date.now() - began).toBeLessThan(4_500);
    expect(startsOf(answer).length).toBeGreaterThan(0);
  });

  it("in round robin goes to the host who is free there, and the chair follows", async () => {
    salon.calcom.control.set({ webhookMode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Erika",
      email: "erika@example.org",
    });
    const answer = await salon.book({ service: "beliebig", staff: null, start });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    expect(answer.body.staff.slug).toBe("fabian");
    const chairs = await salon.admin.sql`
      SELECT s.slug FROM busy_intervals b JOIN staff s ON s.id = b.staff_id WHERE b.owner_id = ${answer.body.id}`;
    expect(chairs).toEqual([{ slug: "fabian" }]);
  });

  it("refuses a move promptly, and the old time stands here and there", async () => {
    const booked = await salon.book({ start });
    const to = later(start);
    salon.calcom.control.set({ webhookMode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: to,
      name: "Erika",
      email: "erika@example.org",
    });
    const began = Date.now();
    const answer = await move(salon, booked.body.id, { start: to });
    expect(answer.status, JSON.stringify(answer.body)).toBe(409);
    expect(answer.body.type).toBe("https://askpro.dev/problems/slot-taken");
    expect(Date.now() - began).toBeLessThan(4_500);
    expect(startsOf(answer).length).toBeGreaterThan(0);
    const here = await seen(salon, booked.body.id, "the old time", (now) => now.sync.state === "synced");
    expect(Date.parse(here.start)).toBe(Date.parse(start));
    expect(here.status).toBe("confirmed");
    expect(standing(salon, booked.body.id).map((booking) => Date.parse(booking.start))).toEqual([
      Date.parse(start),
    ]);
    const holds = await salon.admin
      .sql`SELECT 1 FROM busy_intervals WHERE owner_id = ${booked.body.id} AND kind = 'hold'`;
    expect(holds).toHaveLength(0);
  });
});

describe("a replica that lags behind Cal.com itself", () => {
  let start: string;
  beforeEach(() => {
    anew();
    start = nextStart();
  });

  it("that creates, re-reads its replica and answers 500 makes one booking", async () => {
    salon.calcom.control.set({ replicaLagMs: 3_000, createReadsReplica: true, webhookMode: "lost" });
    const answer = await salon.book({ start }, { wait: 30 });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    await isOne(answer.body.id);
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(1);
  });

  it("lets a cancel that comes right after the booking find it", async () => {
    salon.calcom.control.set({ replicaLagMs: 3_000, webhookMode: "lost" });
    const booked = await salon.book({ start });
    const answer = await cancel(salon, booked.body.id, 30);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(standing(salon, booked.body.id)).toHaveLength(0);
    expect((await salon.get(`/api/v2/bookings/${booked.body.id}`)).body.sync.state).toBe("synced");
  });
});
