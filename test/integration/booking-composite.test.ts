import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TenantDocument } from "../../domain/tenant/document.js";
import type { BookingView } from "../../workflows/booking/view.js";
import { closeSalons, daysAhead, type Salon, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";
import { cancel, inboxWorkedOff, move, seen, standing, startsOf } from "./booking-situations.js";

let salon: Salon;
/** A start that no other test uses; nine hours are free behind it. */
let start: string;
let day = 0;
const minutesLater = (minutes: number) => new Date(Date.parse(start) + minutes * 60_000).toISOString();

beforeAll(async () => {
  salon = await startSalon({ document: withTrim });
});
afterAll(closeSalons);
beforeEach(() => {
  const { control } = salon.calcom;
  control.clearFaults();
  control.clearWebhookRules();
  control.set({ replicaLagMs: 0, webhookMode: "normal", down: false });
  control.clearRequests();
  day += 1;
  start = daysAhead(20 + day).toISOString();
});

/** A quarter of an hour, that fits into the perm's first gap. */
function withTrim(document: TenantDocument): TenantDocument {
  const [cut] = document.services;
  if (!cut) throw new Error("the salon has services");
  return {
    ...document,
    services: [
      ...document.services,
      {
        ...cut,
        slug: "spitzen",
        name: "Spitzen",
        phases: [{ key: "main", minutes: 15, staffRequired: true }],
      },
    ],
    eventTypes: [
      ...document.eventTypes,
      { service: "spitzen", phase: "main", staff: "emma", branch: null, calcomEventTypeId: 401 },
    ],
  };
}

const perm = (wait = 25) => salon.book({ service: "dauerwelle", start }, { wait });
const [WIND, FIX, RINSE, CUT] = TYPES.perm.emma;
const STAFFED = [
  { key: "wind", after: 0, minutes: 50 },
  { key: "fix", after: 65, minutes: 5 },
  { key: "rinse", after: 80, minutes: 15 },
  { key: "cut", after: 95, minutes: 40 },
];
const startsFrom = (base: string) =>
  STAFFED.map(({ after }) => new Date(Date.parse(base) + after * 60_000).toISOString());
const chairsOf = (id: string) => salon.admin.sql<{ phaseKey: string; from: Date; kind: string }[]>`
  SELECT phase_key, lower(during) AS from, kind FROM busy_intervals WHERE owner_id = ${id} ORDER BY 2`;

/** Four bookings there, four chairs here, at the same times. */
async function standsAt(id: string, base: string): Promise<void> {
  const starts = standing(salon, id)
    .map((booking) => booking.start)
    .sort();
  expect(starts).toEqual(startsFrom(base));
  expect((await chairsOf(id)).map((chair) => [chair.phaseKey, chair.from.toISOString(), chair.kind])).toEqual(
    STAFFED.map(({ key }, index) => [key, startsFrom(base)[index], "busy"]),
  );
  const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
  expect(Date.parse(here.start)).toBe(Date.parse(base));
  const uids = here.phases.filter((phase: { staffRequired: boolean }) => phase.staffRequired);
  expect(uids.map((phase: { calcomUid: string }) => phase.calcomUid).sort()).toEqual(
    standing(salon, id)
      .map((booking) => booking.uid)
      .sort(),
  );
}

async function nothingIsLeft(id: string): Promise<void> {
  await until("nothing left in Cal.com", async () => standing(salon, id).length === 0);
  await until("free chairs", async () => (await chairsOf(id)).length === 0);
}

describe("a perm of four staffed phases", () => {
  it("is booked in parallel as four bookings, and its gaps are free for others", async () => {
    salon.calcom.control.set({ latency: { create: 400 } });
    const began = Date.now();
    const booked = await perm();
    salon.calcom.control.set({ latency: {} });
    expect(booked.status, JSON.stringify(booked.body)).toBe(201);
    // One after the other they would take 1.6 s for Cal.com alone.
    const times = salon.calcom.control
      .requests({ operation: "create" })
      .map((request) => Date.parse(request.at));
    expect(times).toHaveLength(4);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(400);
    expect(Date.now() - began).toBeGreaterThan(399);
    await standsAt(booked.body.id, start);
    const gaps = booked.body.phases.filter((phase: { staffRequired: boolean }) => !phase.staffRequired);
    expect(gaps).toEqual([
      expect.objectContaining({ key: "act", calcomUid: null, staff: null }),
      expect.objectContaining({ key: "rest", calcomUid: null, staff: null }),
    ]);
    const inGap = await salon.book({ service: "spitzen", start: minutesLater(50) });
    expect(inGap.status, JSON.stringify(inGap.body)).toBe(201);
    const onPhase = await salon.book({ service: "spitzen", start: minutesLater(64) });
    expect(onPhase.status).toBe(409);
  });

  it("of which the third is refused leaves nothing in Cal.com and frees every chair", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create", eventTypeId: RINSE },
      effect: {
        kind: "status",
        code: 400,
        message:
          "Attendee with this email can't book because the maximum number of active bookings has been reached.",
      },
    });
    const refused = await perm();
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    expect(startsOf(refused).length).toBeGreaterThan(0);
    const [row] = await salon.admin.sql<{ id: string; status: string }[]>`
      SELECT id, status FROM appointments WHERE start_at = ${start}`;
    expect(row?.status).toBe("failed");
    await nothingIsLeft(row?.id ?? "");
    expect((await perm()).status).toBe(201);
  });

  it("whose third slot a person took in Cal.com unheard is refused, and nothing is left", async () => {
    salon.calcom.control.addWebhookRule({ mode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: minutesLater(80),
      name: "Erika",
      email: "e@example.org",
    });
    const refused = await perm();
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    const [row] = await salon.admin.sql<
      { id: string }[]
    >`SELECT id FROM appointments WHERE start_at = ${start}`;
    await nothingIsLeft(row?.id ?? "");
  });

  it("whose compensation fails at first is taken back until nothing stands, and holds its chairs so long", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create", eventTypeId: RINSE },
      effect: {
        kind: "status",
        code: 400,
        message:
          "Attendee with this email can't book because the maximum number of active bookings has been reached.",
      },
    });
    const fault = salon.calcom.control.addFault({
      match: { operation: "cancel" },
      times: -1,
      effect: { kind: "drop-before-commit" },
    });
    const refused = await perm();
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    const [row] = await salon.admin.sql<
      { id: string }[]
    >`SELECT id FROM appointments WHERE start_at = ${start}`;
    const id = row?.id ?? "";
    const review = await seen(
      salon,
      id,
      "the review",
      (now) => now.sync.reviewReason === "compensation_failed",
    );
    expect(review.status).toBe("failed");
    expect(standing(salon, id)).toHaveLength(3);
    expect((await chairsOf(id)).length).toBe(4);
    expect((await salon.book({ start })).status).toBe(409);
    salon.calcom.control.clearFaults(fault.id);
    await nothingIsLeft(id);
    const after = await seen(salon, id, "the end of the review", (now) => now.sync.state === "synced");
    expect(after.sync.reviewReason).toBeNull();
    expect((await salon.book({ start })).status).toBe(201);
  });

  it.each([15, -15, 120, -60])("moves by %i minutes into or out of its own time", async (minutes) => {
    const booked = await perm();
    const to = minutesLater(minutes);
    const moved = await move(salon, booked.body.id, { start: to });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    await inboxWorkedOff(salon);
    await standsAt(booked.body.id, to);
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(4);
  });

  it("whose move fails half-way is moved back: the old times stand, here and there", async () => {
    const booked = await perm();
    const { id } = booked.body;
    salon.calcom.control.addWebhookRule({ match: { eventTypeId: TYPES.cutEmma }, mode: "lost" });
    // In the way of the first phase only, which is moved last.
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: minutesLater(240),
      name: "Erika",
      email: "e@example.org",
    });
    const refused = await move(salon, id, { start: minutesLater(240) });
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    expect(salon.calcom.control.requests({ operation: "reschedule" }).length).toBeGreaterThan(3);
    await seen(
      salon,
      id,
      "the old times",
      (now) => now.sync.state === "synced" && now.status === "confirmed",
    );
    await inboxWorkedOff(salon);
    await standsAt(id, start);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
  });

  it("goes to another person as four new bookings, and the old four are cancelled", async () => {
    const booked = await perm();
    const moved = await move(salon, booked.body.id, { start: minutesLater(30), staff: "fabian" });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    await until("four bookings", async () => standing(salon, booked.body.id).length === 4);
    await inboxWorkedOff(salon);
    await standsAt(booked.body.id, minutesLater(30));
    expect(new Set(standing(salon, booked.body.id).map((made) => made.eventTypeId))).toEqual(
      new Set(TYPES.perm.fabian),
    );
  });

  it("is cancelled as a whole, also when one of the four cannot be cancelled at first", async () => {
    const booked = await perm();
    const fix = booked.body.phases.find((phase: { key: string }) => phase.key === "fix");
    salon.calcom.control.addFault({
      match: { operation: "cancel", uid: fix.calcomUid },
      times: 2,
      effect: { kind: "drop-before-commit" },
    });
    const answer = await cancel(salon, booked.body.id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.status).toBe("cancelled");
    await nothingIsLeft(booked.body.id);
    await inboxWorkedOff(salon);
    expect((await salon.get(`/api/v2/bookings/${booked.body.id}`)).body.status).toBe("cancelled");
  });

  it("that is doubtful in every phase stands once in each", async () => {
    salon.calcom.control.set({ webhookMode: "lost", replicaLagMs: 1_500 });
    const effects = [
      { kind: "commit-then-drop" },
      { kind: "commit-then-500" },
      { kind: "400-although-created" },
      { kind: "answer-without-uid" },
    ] as const;
    for (const [index, eventTypeId] of [WIND, FIX, RINSE, CUT].entries()) {
      salon.calcom.control.addFault({
        match: { operation: "create", eventTypeId },
        effect: effects[index] ?? effects[0],
      });
    }
    const booked = await perm(30);
    expect(booked.status, JSON.stringify(booked.body)).toBe(201);
    await standsAt(booked.body.id, start);
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(4);
  });
});

describe("a phase that a person cancels in Cal.com", () => {
  async function withRinseCancelled(): Promise<{ id: string; workflowId: string; uid: string }> {
    const booked = await perm();
    const rinse = booked.body.phases.find((phase: { key: string }) => phase.key === "rinse");
    salon.calcom.control.clearRequests();
    await salon.calcom.control.cancel({ uid: rinse.calcomUid, reason: "irrtümlich" });
    const here = await seen(
      salon,
      booked.body.id,
      "the review",
      (now) => now.sync.reviewReason === "segment_cancelled",
    );
    expect(here).toMatchObject({ status: "confirmed", sync: { state: "manual_review" } });
    expect(standing(salon, booked.body.id)).toHaveLength(3);
    const writes = ["create", "reschedule", "cancel"].flatMap((operation) =>
      salon.calcom.control.requests({ operation }),
    );
    expect(writes).toHaveLength(0);
    return { id: booked.body.id, workflowId: booked.body.workflowId, uid: rinse.calcomUid };
  }
  const decide = (workflowId: string, decision: object) =>
    salon.temporal.workflow.getHandle(workflowId).executeUpdate<BookingView, [object]>("resolveReview", {
      args: [{ actor: "Erika", note: "", ...decision }],
    });

  it("waits for a decision, and retry books it again", async () => {
    const { id, workflowId } = await withRinseCancelled();
    const view = await decide(workflowId, { decision: "retry" });
    expect(view.review).toBeNull();
    await inboxWorkedOff(salon);
    await standsAt(id, start);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "confirmed",
      sync: { state: "synced" },
    });
  });

  it("cannot be booked again where the slot is gone: it stays under review, and the rest stands", async () => {
    const { id, workflowId } = await withRinseCancelled();
    salon.calcom.control.addWebhookRule({ mode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: minutesLater(80),
      name: "Erika",
      email: "e@example.org",
      force: true,
    });
    const view = await decide(workflowId, { decision: "retry" });
    expect(view.review).toMatchObject({ reason: "segment_cancelled", phaseKey: "rinse" });
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(here).toMatchObject({
      status: "confirmed",
      sync: { state: "manual_review", reviewReason: "segment_cancelled" },
    });
    expect(standing(salon, id)).toHaveLength(3);
    const done = await decide(workflowId, { decision: "mark_synced" });
    expect(done.review).toBeNull();
  });

  it("that is booked again while Cal.com is down can be given up without harm to the rest", async () => {
    const { id, workflowId } = await withRinseCancelled();
    salon.calcom.control.set({ down: "503" });
    const trying = await decide(workflowId, { decision: "retry" });
    expect(trying.underWay).toMatchObject({ kind: "book" });
    expect(trying.review).toMatchObject({ phaseKey: "rinse" });
    await decide(workflowId, { decision: "give_up" });
    salon.calcom.control.set({ down: false });
    const here = await seen(
      salon,
      id,
      "the review of before",
      (now) => now.sync.reviewReason === "segment_cancelled",
      60_000,
    );
    expect(here.status).toBe("confirmed");
    await until("three bookings", async () => standing(salon, id).length === 3);
    expect(await decide(workflowId, { decision: "mark_synced" })).toMatchObject({ review: null });
  });

  it("cancel cancels all the others", async () => {
    const { id, workflowId } = await withRinseCancelled();
    await decide(workflowId, { decision: "cancel" });
    await nothingIsLeft(id);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "cancelled",
      cancellation: { by: "operator" },
    });
  });

  it("mark_synced lets it be: its chair is free, and the rest can be moved and cancelled", async () => {
    const { id, workflowId } = await withRinseCancelled();
    await decide(workflowId, { decision: "mark_synced" });
    expect((await chairsOf(id)).map((chair) => chair.phaseKey)).toEqual(["wind", "fix", "cut"]);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "confirmed",
      sync: { state: "synced", reviewReason: null },
    });
    const moved = await move(salon, id, { start: minutesLater(240) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    expect(standing(salon, id)).toHaveLength(3);
    expect((await chairsOf(id)).map((chair) => chair.phaseKey)).toEqual(["wind", "fix", "cut"]);
    expect((await cancel(salon, id)).status).toBe(200);
    await nothingIsLeft(id);
  });

  it.each(["adopt", "give_up"])("refuses what does not fit, in words: %s", async (decision) => {
    const { workflowId } = await withRinseCancelled();
    await expect(decide(workflowId, { decision, calcomUid: "x" })).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(/does not fit segment_cancelled; choose retry, cancel, mark_synced/),
      },
    });
  });

  it("and the last of them too ends as a cancelled appointment without review", async () => {
    const { id } = await withRinseCancelled();
    for (const booking of standing(salon, id)) await salon.calcom.control.cancel({ uid: booking.uid });
    const here = await seen(salon, id, "the cancel", (now) => now.status === "cancelled");
    expect(here.cancellation.by).toBe("calcom");
    await seen(
      salon,
      id,
      "the end of the review",
      (now) => now.sync.reviewReason === null && now.sync.state === "synced",
    );
    await nothingIsLeft(id);
  });
});

describe("a phase that a person moves in Cal.com", () => {
  it("is applied: the appointment spans its phases, and the next move takes all along", async () => {
    const booked = await perm();
    const { id } = booked.body;
    const cut = booked.body.phases.find((phase: { key: string }) => phase.key === "cut");
    await salon.calcom.control.move({ uid: cut.calcomUid, start: minutesLater(150) });
    const here = await seen(
      salon,
      id,
      "the moved phase",
      (now) => Date.parse(now.end) === Date.parse(minutesLater(190)),
    );
    expect(Date.parse(here.start)).toBe(Date.parse(start));
    const moved = await move(salon, id, { start: minutesLater(15) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    await inboxWorkedOff(salon);
    await standsAt(id, minutesLater(15));
  });
});
