import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BookingView } from "../../workflows/booking/view.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import {
  cancel,
  inboxWorkedOff,
  move,
  seen,
  standing,
  standingAt,
  timelineOf,
  viewOf,
} from "./booking-situations.js";

/** Slow retries come so late that only a decision can end a review. */
let salon: Salon;
/** A start that no other test uses; three hours are free behind it. */
let start: string;
let next = 0;
const later = (halfHours: number) => new Date(Date.parse(start) + halfHours * 1_800_000).toISOString();
const ENV = { RETRY_DELAYS_SECONDS: "0.05,0.1", CALCOM_TIMEOUT_SECONDS: "1", BREAKER_OPEN_SECONDS: "0.1" };
const durations = { lookupWindowMs: 600, surplusLookupsMs: [1_000, 3_000] };

beforeAll(async () => {
  salon = await startSalon({ env: { ...ENV, SLOW_RETRY_SECONDS: "3600" }, durations });
});
afterAll(closeSalons);
const anew = (of: Salon) => {
  of.calcom.control.clearFaults();
  of.calcom.control.clearWebhookRules();
  of.calcom.control.set({ replicaLagMs: 0, webhookMode: "normal", down: false });
  of.calcom.control.clearRequests();
};
beforeEach(() => {
  anew(salon);
  start = slot(next);
  next += 8;
});
afterEach(() => anew(salon));

const decide = (workflowId: string, decision: object, of = salon) =>
  of.temporal.workflow.getHandle(workflowId).executeUpdate<BookingView, [object]>("resolveReview", {
    args: [{ actor: "Erika", note: "am Telefon geklärt", ...decision }],
  });

/** What the operator's dialog would show. */
async function refusalOf(decision: Promise<unknown>): Promise<string> {
  try {
    await decision;
  } catch (error) {
    const { cause } = error as { cause?: { message?: string } };
    return cause?.message ?? String(error);
  }
  throw new Error("the decision was taken, though it should have been refused");
}

async function underReview(id: string, reason = "calcom_unreachable", of = salon): Promise<void> {
  await seen(
    of,
    id,
    `a review for ${reason}`,
    (now) => now.sync.reviewReason === reason && now.sync.state === "manual_review",
  );
}

const chairsOf = (id: string) => salon.admin.sql<{ from: Date; kind: string }[]>`
  SELECT lower(during) AS from, kind FROM busy_intervals WHERE owner_id = ${id} ORDER BY 1`;

async function bookedInReview(): Promise<{ id: string; workflowId: string }> {
  salon.calcom.control.set({ down: "503" });
  const asked = await salon.book({ start }, { wait: 0 });
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  await underReview(asked.body.id);
  salon.calcom.control.set({ down: false });
  return { id: asked.body.id, workflowId: asked.body.workflowId };
}

async function movedInReview() {
  const booked = await salon.book({ start });
  salon.calcom.control.set({ down: "503" });
  const { id, workflowId } = booked.body;
  const asked = await move(salon, id, { start: later(3) }, 0);
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  await underReview(id);
  salon.calcom.control.set({ down: false });
  return { id, workflowId, uid: booked.body.phases[0].calcomUid };
}

async function cancelInReview() {
  const booked = await salon.book({ start });
  salon.calcom.control.set({ down: "503" });
  const { id, workflowId } = booked.body;
  const asked = await cancel(salon, id, 0);
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  await underReview(id);
  salon.calcom.control.set({ down: false });
  return { id, workflowId, uid: booked.body.phases[0].calcomUid };
}

describe("a booking that Cal.com does not answer for good", () => {
  it("holds the slot and is found in the Web UI's list by BookingStatus, with the reason", async () => {
    const { id, workflowId } = await bookedInReview();
    expect((await salon.book({ start })).status).toBe(409);
    const query = `BookingStatus="ManualReview" AND ReviewReason="calcom_unreachable" AND AppointmentId="${id}"`;
    const found = await until("the workflow in the list", async () => {
      for await (const workflow of salon.temporal.workflow.list({ query })) return workflow.workflowId;
      return null;
    });
    expect(found).toBe(workflowId);
    const alerts = await salon.admin
      .sql`SELECT data FROM alerts WHERE type = 'booking.manual_review' AND data->>'appointmentId' = ${id}`;
    expect(alerts).toHaveLength(1);
    expect(JSON.stringify(alerts)).not.toMatch(/Jörg|example\.org/);
    await decide(workflowId, { decision: "give_up" });
    await until("its end in the list", async () => {
      for await (const _ of salon.temporal.workflow.list({ query })) return false;
      return true;
    });
  });

  it("tells the operator what happened, and the JSON to paste for each decision, without a name", async () => {
    const { workflowId } = await bookedInReview();
    const handle = salon.temporal.workflow.getHandle(workflowId);
    const details = await until("the details", async () => {
      const { currentDetails } = await handle.query<{ currentDetails: string }>(
        "__temporal_workflow_metadata",
      );
      return currentDetails.includes("being asked") ? null : currentDetails;
    });
    for (const decision of ["retry", "adopt", "cancel", "give_up", "mark_synced"]) {
      expect(details).toContain(`{"decision":"${decision}",`);
    }
    expect(details).toMatch(/calcom_unreachable/);
    expect(details).not.toMatch(/Jörg|O'Neill|example\.org/);
    await decide(workflowId, { decision: "cancel" });
    const after = await handle.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
    expect(after.currentDetails ?? "").toBe("");
  });

  it("retry books it", async () => {
    const { id, workflowId } = await bookedInReview();
    const view = await decide(workflowId, { decision: "retry" });
    expect(view).toMatchObject({ status: "confirmed", review: null, underWay: null });
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(here).toMatchObject({
      status: "confirmed",
      sync: { state: "synced", reviewReason: null, lastError: null },
    });
    expect(standing(salon, id)).toHaveLength(1);
    const reviews = (await timelineOf(salon, id)).filter((item) => item.kind === "review");
    expect(reviews.map((item) => [item.action, item.outcome])).toEqual([
      ["opened", "calcom_unreachable"],
      ["decided", "retry"],
      ["closed", "closed"],
    ]);
  });

  it("retry while Cal.com is still down stays under review, and may be repeated", async () => {
    const { id, workflowId } = await bookedInReview();
    salon.calcom.control.set({ down: "drop" });
    const view = await decide(workflowId, { decision: "retry" });
    expect(view.review).toMatchObject({ reason: "calcom_unreachable" });
    salon.calcom.control.set({ down: false });
    await until(
      "a breaker that lets calls through",
      async () => (await decide(workflowId, { decision: "retry" }).catch(() => null))?.review === null,
    );
    expect(standing(salon, id)).toHaveLength(1);
  });

  it("adopt takes over what was booked by hand, and its webhook has made no second appointment of it", async () => {
    const { id, workflowId } = await bookedInReview();
    const made = await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Jörg O'Neill",
      email: "joerg@example.org",
      force: true,
    });
    await inboxWorkedOff(salon);
    const view = await decide(workflowId, { decision: "adopt", calcomUid: made.uid });
    expect(view).toMatchObject({ status: "confirmed", review: null, phases: [{ calcomUid: made.uid }] });
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(here).toMatchObject({
      status: "confirmed",
      sync: { state: "synced" },
      phases: [{ calcomUid: made.uid }],
    });
    const open = await salon.admin
      .sql`SELECT id FROM appointments WHERE start_at = ${start} AND status = 'confirmed'`;
    expect(open).toEqual([{ id }]);
    expect(await salon.admin.sql`SELECT 1 FROM busy_intervals WHERE conflict`).toHaveLength(0);
    expect(
      await salon.admin.sql`SELECT 1 FROM drifts WHERE status = 'open' AND calcom_uid = ${made.uid}`,
    ).toHaveLength(0);
    // From here on it is ours: a person's move arrives, and our own goes out.
    const there = await salon.calcom.control.move({ uid: made.uid, start: later(2) });
    await seen(salon, id, "the move in Cal.com", (now) => now.phases[0].calcomUid === there.uid);
    expect((await move(salon, id, { start: later(4) })).status).toBe(200);
    expect(standingAt(salon, HOSTS.emma, start)).toHaveLength(0);
  });

  it("adopt refuses what cannot be this booking, says why, and leaves everything as it is", async () => {
    const { id, workflowId } = await bookedInReview();
    const { control } = salon.calcom;
    const other = await salon.book({ start: later(2) });
    const elsewhere = await control.book({
      eventTypeId: TYPES.cutEmma,
      start: later(4),
      name: "A",
      email: "a@example.org",
    });
    const ofFabian = await control.book({
      eventTypeId: TYPES.cutFabian,
      start,
      name: "B",
      email: "b@example.org",
    });
    const gone = await control.book({
      eventTypeId: TYPES.cutEmma,
      start: later(5),
      name: "C",
      email: "c@example.org",
    });
    await control.cancel({ uid: gone.uid });
    const adopt = (calcomUid: string) => refusalOf(decide(workflowId, { decision: "adopt", calcomUid }));
    expect(await adopt("gibtesnicht")).toBe("calcomUid: Cal.com knows no such booking");
    expect(await adopt(other.body.phases[0].calcomUid)).toBe(
      "calcomUid: that booking belongs to another appointment",
    );
    expect(await adopt(ofFabian.uid)).toBe("calcomUid: no open phase has that booking's event type");
    expect(await adopt(gone.uid)).toBe("calcomUid: that booking is cancelled in Cal.com");
    expect(await adopt(elsewhere.uid)).toContain(`that booking starts at ${later(4)}, this one at ${start}`);
    expect((await viewOf(salon, workflowId)).review).not.toBeNull();
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("pending");
    await decide(workflowId, { decision: "give_up" });
  });

  it("cancel cancels it here, and nothing is left there", async () => {
    const { id, workflowId } = await bookedInReview();
    const view = await decide(workflowId, { decision: "cancel" });
    expect(view.review).toBeNull();
    const here = await seen(
      salon,
      id,
      "the cancel",
      (now) => now.status === "cancelled" && now.sync.state === "synced",
    );
    expect(here.cancellation.by).toBe("operator");
    expect(standing(salon, id)).toHaveLength(0);
    expect(await chairsOf(id)).toEqual([]);
  });

  it("cancel cancels also what stands there unseen", async () => {
    salon.calcom.control.set({ webhookMode: "lost" });
    salon.calcom.control.addFault({ match: { operation: "create" }, effect: { kind: "commit-then-500" } });
    const fault = salon.calcom.control.addFault({
      match: { operation: "list" },
      times: -1,
      effect: { kind: "status", code: 503 },
    });
    const asked = await salon.book({ start }, { wait: 0 });
    await underReview(asked.body.id);
    expect(standing(salon, asked.body.id)).toHaveLength(1);
    salon.calcom.control.clearFaults(fault.id);
    await decide(asked.body.workflowId, { decision: "cancel" });
    await seen(
      salon,
      asked.body.id,
      "the cancel",
      (now) => now.status === "cancelled" && now.sync.state === "synced",
    );
    expect(standing(salon, asked.body.id)).toHaveLength(0);
  });

  it("give_up lets it fail and frees the slot, and the key still answers as it did first", async () => {
    salon.calcom.control.set({ down: "503" });
    const key = randomUUID();
    const wish = { start, customer: { name: "Anna", email: "anna@example.org" } };
    const asked = await salon.book(wish, { key, wait: 0 });
    const { id, workflowId } = asked.body;
    await underReview(id);
    salon.calcom.control.set({ down: false });
    expect(await decide(workflowId, { decision: "give_up" })).toMatchObject({ review: null });
    await seen(
      salon,
      id,
      "the failed booking",
      (now) => now.status === "failed" && now.sync.state === "synced",
    );
    expect(standing(salon, id)).toHaveLength(0);
    const again = await salon.book(wish, { key });
    expect([again.status, again.body]).toEqual([202, asked.body]);
    expect((await salon.book({ start })).status).toBe(201);
  });

  it("mark_synced takes it as made, and finds what was made by hand at its time", async () => {
    const { id, workflowId } = await bookedInReview();
    const made = await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Jörg",
      email: "joerg@example.org",
      force: true,
    });
    await inboxWorkedOff(salon);
    const view = await decide(workflowId, { decision: "mark_synced" });
    expect(view).toMatchObject({ status: "confirmed", review: null });
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(here).toMatchObject({
      status: "confirmed",
      sync: { state: "synced" },
      phases: [{ calcomUid: made.uid, sync: "synced" }],
    });
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(
      salon.calcom.control.requests({ operation: "create" }).filter((request) => request.status === 503)
        .length,
    );
    expect((await cancel(salon, id)).status).toBe(200);
    expect(standingAt(salon, HOSTS.emma, start)).toHaveLength(0);
  });

  it("mark_synced is right about our own late booking too: its webhook gives it its uid, nothing cancels it", async () => {
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_CREATED" }, mode: "held" });
    salon.calcom.control.addFault({ match: { operation: "create" }, effect: { kind: "commit-then-500" } });
    const fault = salon.calcom.control.addFault({
      match: { operation: "list" },
      times: -1,
      effect: { kind: "status", code: 503 },
    });
    const asked = await salon.book({ start }, { wait: 0 });
    const { id, workflowId } = asked.body;
    await underReview(id);
    await decide(workflowId, { decision: "mark_synced" });
    await salon.calcom.control.release();
    const here = await seen(salon, id, "the uid", (now) => now.phases[0].calcomUid !== null);
    salon.calcom.control.clearFaults(fault.id);
    await until(
      "an end of all look-ups",
      async () => (await viewOf(salon, workflowId)).nextLookUpAt === null,
    );
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([here.phases[0].calcomUid]);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
  });
});

describe("a move under review", () => {
  it("retry makes it", async () => {
    const { id, workflowId } = await movedInReview();
    const view = await decide(workflowId, { decision: "retry" });
    expect(view).toMatchObject({ status: "confirmed", review: null });
    expect(standing(salon, id).map((booking) => booking.start)).toEqual([later(3)]);
    expect(await chairsOf(id)).toEqual([{ from: new Date(later(3)), kind: "busy" }]);
  });

  it("give_up leaves the old time standing, here and there", async () => {
    const { id, workflowId, uid } = await movedInReview();
    await decide(workflowId, { decision: "give_up" });
    const here = await seen(salon, id, "the old time", (now) => now.sync.state === "synced");
    expect(Date.parse(here.start)).toBe(Date.parse(start));
    expect(here.status).toBe("confirmed");
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([uid]);
    expect(await chairsOf(id)).toEqual([{ from: new Date(start), kind: "busy" }]);
  });

  it("cancel cancels the appointment as a whole", async () => {
    const { id, workflowId } = await movedInReview();
    await decide(workflowId, { decision: "cancel" });
    await seen(salon, id, "the cancel", (now) => now.status === "cancelled" && now.sync.state === "synced");
    expect(standing(salon, id)).toHaveLength(0);
    expect(await chairsOf(id)).toEqual([]);
  });

  it("adopt takes over what was moved by hand, of which no webhook told", async () => {
    const { id, workflowId, uid } = await movedInReview();
    salon.calcom.control.set({ webhookMode: "lost" });
    const there = await salon.calcom.control.move({ uid, start: later(3) });
    const view = await decide(workflowId, { decision: "adopt", calcomUid: there.uid });
    expect(view).toMatchObject({ review: null, start: later(3), phases: [{ calcomUid: there.uid }] });
    expect(await chairsOf(id)).toEqual([{ from: new Date(later(3)), kind: "busy" }]);
  });

  it("mark_synced takes the new time for made", async () => {
    const { id, workflowId, uid } = await movedInReview();
    salon.calcom.control.set({ webhookMode: "lost" });
    const there = await salon.calcom.control.move({ uid, start: later(3) });
    salon.calcom.control.clearRequests();
    const view = await decide(workflowId, { decision: "mark_synced" });
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
    const view = await decide(workflowId, { decision: "retry" });
    expect(view).toMatchObject({ status: "cancelled", review: null });
    expect(standing(salon, id)).toHaveLength(0);
  });

  it("give_up leaves the appointment standing", async () => {
    const { id, workflowId, uid } = await cancelInReview();
    await decide(workflowId, { decision: "give_up" });
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
    await decide(workflowId, { decision: "mark_synced" });
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "cancelled",
      sync: { state: "synced" },
    });
    expect(salon.calcom.control.requests({ operation: "cancel" })).toHaveLength(0);
    expect((await salon.book({ start })).status).toBe(201);
  });
});

describe("a decision that cannot be taken", () => {
  it("is refused in words, and changes nothing", async () => {
    const { workflowId } = await bookedInReview();
    const refusal = (decision: object) => refusalOf(decide(workflowId, decision));
    expect(await refusal({ decision: "try harder" })).toMatch(/^decision: .*retry/);
    expect(await refusal({ decision: "retry", actor: "" })).toMatch(/^actor: /);
    expect(await refusal({ decision: "adopt" })).toBe(
      "calcomUid: adopt needs the uid of the booking to take over",
    );
    const nothing = salon.temporal.workflow
      .getHandle(workflowId)
      .executeUpdate("resolveReview", { args: ["retry"] });
    expect(await refusalOf(nothing)).toMatch(/the JSON: /);
    expect((await viewOf(salon, workflowId)).review).not.toBeNull();
    await decide(workflowId, { decision: "give_up" });
  });

  it("is refused when the booking is not under review", async () => {
    const booked = await salon.book({ start });
    const refused = await refusalOf(decide(booked.body.workflowId, { decision: "retry" }));
    expect(refused).toBe("this booking is not under review");
  });
});

describe("what trying again does not help", () => {
  it("a refused key goes to review at once, and is booked when the key is right again", async () => {
    const fault = salon.calcom.control.addFault({
      match: { operation: "create" },
      times: -1,
      effect: { kind: "401" },
    });
    const asked = await salon.book({ start }, { wait: 0 });
    await underReview(asked.body.id, "calcom_unauthorized");
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(1);
    salon.calcom.control.clearFaults(fault.id);
    expect(await decide(asked.body.workflowId, { decision: "retry" })).toMatchObject({
      status: "confirmed",
      review: null,
    });
  });

  it("a new required question goes to review, where it can be given up", async () => {
    const message = "Missing required booking field response: allergien";
    salon.calcom.control.addFault({
      match: { operation: "create" },
      times: -1,
      effect: { kind: "status", code: 400, message },
    });
    const asked = await salon.book({ start }, { wait: 0 });
    await underReview(asked.body.id, "calcom_rejected");
    await decide(asked.body.workflowId, { decision: "give_up" });
    await seen(salon, asked.body.id, "the failed booking", (now) => now.status === "failed");
    expect(await chairsOf(asked.body.id)).toEqual([]);
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
    await underReview(asked.body.id);
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
    other = await startSalon({ env: { ...ENV, SLOW_RETRY_SECONDS: "0.3" }, durations });
  });
  beforeEach(() => anew(other));

  it("ends by itself when Cal.com is back", async () => {
    other.calcom.control.set({ down: "drop" });
    const asked = await other.book({ start }, { wait: 0 });
    await underReview(asked.body.id, "calcom_unreachable", other);
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
    await underReview(asked.body.id, "calcom_unreachable", other);
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
    await underReview(id, "calcom_unreachable", other);
    await until("its beginning", async () => Date.now() > Date.parse(soon));
    other.calcom.control.set({ down: false });
    const here = await seen(other, id, "the old time", (now) => now.sync.state === "synced");
    expect(Date.parse(here.start)).toBe(Date.parse(soon));
    expect(standing(other, id).map((made) => made.start)).toEqual([soon]);
  });
});
