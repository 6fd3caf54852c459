import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import {
  anew,
  cancel,
  decide,
  move,
  SOON_IN_REVIEW,
  seen,
  standing,
  underReview,
  viewOf,
} from "./booking-situations.js";

/** Slow retries come so late that only a decision can end a review. */
let salon: Salon;
/** A start that no other test uses; three hours are free behind it. */
let start: string;
let next = 0;
const later = (halfHours: number) => new Date(Date.parse(start) + halfHours * 1_800_000).toISOString();

beforeAll(async () => {
  salon = await startSalon({ ...SOON_IN_REVIEW, env: { ...SOON_IN_REVIEW.env, SLOW_RETRY_SECONDS: "3600" } });
});
afterAll(closeSalons);
beforeEach(() => {
  anew(salon);
  start = slot(next);
  next += 8;
});
afterEach(() => anew(salon));

const chairsOf = (id: string) => salon.admin.sql<{ from: Date; kind: string }[]>`
  SELECT lower(during) AS from, kind FROM busy_intervals WHERE owner_id = ${id} ORDER BY 1`;

async function movedInReview() {
  const booked = await salon.book({ start });
  salon.calcom.control.set({ down: "503" });
  const { id, workflowId } = booked.body;
  const asked = await move(salon, id, { start: later(3) }, 0);
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  await underReview(salon, id);
  salon.calcom.control.set({ down: false });
  return { id, workflowId, uid: booked.body.phases[0].calcomUid };
}

async function cancelInReview() {
  const booked = await salon.book({ start });
  salon.calcom.control.set({ down: "503" });
  const { id, workflowId } = booked.body;
  const asked = await cancel(salon, id, 0);
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  await underReview(salon, id);
  salon.calcom.control.set({ down: false });
  return { id, workflowId, uid: booked.body.phases[0].calcomUid };
}

describe("a move under review", () => {
  it("retry makes it", async () => {
    const { id, workflowId } = await movedInReview();
    const view = await decide(salon, workflowId, { decision: "retry" });
    expect(view).toMatchObject({ status: "confirmed", review: null });
    expect(standing(salon, id).map((booking) => booking.start)).toEqual([later(3)]);
    expect(await chairsOf(id)).toEqual([{ from: new Date(later(3)), kind: "busy" }]);
  });

  it("give_up leaves the old time standing, here and there", async () => {
    const { id, workflowId, uid } = await movedInReview();
    await decide(salon, workflowId, { decision: "give_up" });
    const here = await seen(salon, id, "the old time", (now) => now.sync.state === "synced");
    expect(Date.parse(here.start)).toBe(Date.parse(start));
    expect(here.status).toBe("confirmed");
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([uid]);
    expect(await chairsOf(id)).toEqual([{ from: new Date(start), kind: "busy" }]);
  });

  it("cancel cancels the appointment as a whole", async () => {
    const { id, workflowId } = await movedInReview();
    await decide(salon, workflowId, { decision: "cancel" });
    await seen(salon, id, "the cancel", (now) => now.status === "cancelled" && now.sync.state === "synced");
    expect(standing(salon, id)).toHaveLength(0);
    expect(await chairsOf(id)).toEqual([]);
  });

  it("adopt takes over what was moved by hand, of which no webhook told", async () => {
    const { id, workflowId, uid } = await movedInReview();
    salon.calcom.control.set({ webhookMode: "lost" });
    const there = await salon.calcom.control.move({ uid, start: later(3) });
    const view = await decide(salon, workflowId, { decision: "adopt", calcomUid: there.uid });
    expect(view).toMatchObject({ review: null, start: later(3), phases: [{ calcomUid: there.uid }] });
    expect(await chairsOf(id)).toEqual([{ from: new Date(later(3)), kind: "busy" }]);
  });

  it("mark_synced takes the new time for made", async () => {
    const { id, workflowId, uid } = await movedInReview();
    salon.calcom.control.set({ webhookMode: "lost" });
    const there = await salon.calcom.control.move({ uid, start: later(3) });
    salon.calcom.control.clearRequests();
    const view = await decide(salon, workflowId, { decision: "mark_synced" });
    expect(view).toMatchObject({ review: null, start: later(3), status: "confirmed" });
    expect(salon.calcom.control.requests({ operation: "reschedule" })).toHaveLength(0);
    const answer = await cancel(salon, id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(salon.calcom.control.booking(there.uid)?.status).toBe("cancelled");
  });

  it("ends by itself when a person moves it by hand: the webhook settles it", async () => {
    const { id, workflowId, uid } = await movedInReview();
    await salon.calcom.control.move({ uid, start: later(3) });
    await seen(
      salon,
      id,
      "the new time",
      (now) => Date.parse(now.start) === Date.parse(later(3)) && now.sync.state === "synced",
    );
    expect(await viewOf(salon, workflowId)).toMatchObject({ review: null, underWay: null });
  });
});

describe("a cancel under review", () => {
  it("retry makes it", async () => {
    const { id, workflowId } = await cancelInReview();
    const view = await decide(salon, workflowId, { decision: "retry" });
    expect(view).toMatchObject({ status: "cancelled", review: null });
    expect(standing(salon, id)).toHaveLength(0);
  });

  it("give_up leaves the appointment standing", async () => {
    const { id, workflowId, uid } = await cancelInReview();
    await decide(salon, workflowId, { decision: "give_up" });
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(here).toMatchObject({ status: "confirmed", sync: { state: "synced", reviewReason: null } });
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([uid]);
    // And what a person does with it afterwards is no echo of what we gave up.
    await salon.calcom.control.cancel({ uid });
    await seen(salon, id, "the person's cancel", (now) => now.status === "cancelled");
  });

  it("mark_synced takes it for cancelled, without a call", async () => {
    const { id, workflowId, uid } = await cancelInReview();
    salon.calcom.control.set({ webhookMode: "lost" });
    await salon.calcom.control.cancel({ uid });
    salon.calcom.control.clearRequests();
    await decide(salon, workflowId, { decision: "mark_synced" });
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "cancelled",
      sync: { state: "synced" },
    });
    expect(salon.calcom.control.requests({ operation: "cancel" })).toHaveLength(0);
    expect((await salon.book({ start })).status).toBe(201);
  });
});

describe("Cancel in the Web UI", () => {
  it("cancels the booking in Cal.com too, and the workflow ends as cancelled", async () => {
    const booked = await salon.book({ start });
    const handle = salon.temporal.workflow.getHandle(booked.body.workflowId);
    await handle.cancel();
    await seen(salon, booked.body.id, "the cancel", (now) => now.status === "cancelled");
    expect(standing(salon, booked.body.id)).toHaveLength(0);
    await until("the end of the workflow", async () => (await handle.describe()).status.name === "CANCELLED");
    expect((await salon.book({ start })).status).toBe(201);
  });

  it("under review ends the review, and what stands in Cal.com unseen is cancelled too", async () => {
    salon.calcom.control.set({ webhookMode: "lost" });
    salon.calcom.control.addFault({ match: { operation: "create" }, effect: { kind: "commit-then-500" } });
    const fault = salon.calcom.control.addFault({
      match: { operation: "list" },
      times: -1,
      effect: { kind: "status", code: 503 },
    });
    const asked = await salon.book({ start }, { wait: 0 });
    await underReview(salon, asked.body.id);
    salon.calcom.control.clearFaults(fault.id);
    const handle = salon.temporal.workflow.getHandle(asked.body.workflowId);
    await handle.cancel();
    await until("the end of the workflow", async () => (await handle.describe()).status.name === "CANCELLED");
    expect(standing(salon, asked.body.id)).toHaveLength(0);
    expect((await salon.get(`/api/v2/bookings/${asked.body.id}`)).body).toMatchObject({
      status: "cancelled",
      sync: { state: "synced", reviewReason: null },
    });
  });
});

describe("a review that nobody looks at", () => {
  let other: Salon;
  beforeAll(async () => {
    other = await startSalon({
      ...SOON_IN_REVIEW,
      env: { ...SOON_IN_REVIEW.env, SLOW_RETRY_SECONDS: "0.3" },
    });
  });
  beforeEach(() => anew(other));

  it("ends by itself when Cal.com is back", async () => {
    other.calcom.control.set({ down: "drop" });
    const asked = await other.book({ start }, { wait: 0 });
    await underReview(other, asked.body.id);
    other.calcom.control.set({ down: false });
    const here = await seen(
      other,
      asked.body.id,
      "the booking",
      (now) => now.status === "confirmed" && now.sync.state === "synced",
    );
    expect(here.sync.reviewReason).toBeNull();
    expect(standing(other, here.id)).toHaveLength(1);
    expect(await viewOf(other, here.workflowId)).toMatchObject({ review: null, underWay: null });
  });

  it("is given up when the appointment begins: it has failed, and the chair is free", async () => {
    other.calcom.control.set({ down: "503" });
    const soon = new Date(Date.now() + 8_000).toISOString();
    const asked = await other.book({ start: soon }, { wait: 0 });
    expect(asked.status, JSON.stringify(asked.body)).toBe(202);
    await underReview(other, asked.body.id);
    await until("its beginning", async () => Date.now() > Date.parse(soon));
    other.calcom.control.set({ down: false });
    const here = await seen(
      other,
      asked.body.id,
      "the failed booking",
      (now) => now.status === "failed" && now.sync.state === "synced",
    );
    expect(here.sync.reviewReason).toBeNull();
    await until("its end in Cal.com", async () => standing(other, here.id).length === 0);
    expect(await other.admin.sql`SELECT 1 FROM busy_intervals WHERE owner_id = ${here.id}`).toHaveLength(0);
    const { underWay } = await viewOf(other, here.workflowId);
    expect(underWay).toBeNull();
  });

  it("of a move is given up when the appointment begins: the old time stands", async () => {
    const soon = new Date(Date.now() + 8_000).toISOString();
    const booked = await other.book({ start: soon });
    expect(booked.status, JSON.stringify(booked.body)).toBe(201);
    other.calcom.control.set({ down: "503" });
    const { id } = booked.body;
    expect((await move(other, id, { start }, 0)).status).toBe(202);
    await underReview(other, id);
    await until("its beginning", async () => Date.now() > Date.parse(soon));
    other.calcom.control.set({ down: false });
    const here = await seen(other, id, "the old time", (now) => now.sync.state === "synced");
    expect(Date.parse(here.start)).toBe(Date.parse(soon));
    expect(standing(other, id).map((made) => made.start)).toEqual([soon]);
  });
});
