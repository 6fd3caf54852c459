import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import {
  anew,
  cancel,
  decide,
  inboxWorkedOff,
  move,
  refusalOf,
  SOON_IN_REVIEW,
  seen,
  standing,
  standingAt,
  timelineOf,
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

async function bookedInReview(): Promise<{ id: string; workflowId: string }> {
  salon.calcom.control.set({ down: "503" });
  const asked = await salon.book({ start }, { wait: 0 });
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  await underReview(salon, asked.body.id);
  salon.calcom.control.set({ down: false });
  return { id: asked.body.id, workflowId: asked.body.workflowId };
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
    await decide(salon, workflowId, { decision: "give_up" });
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
    await decide(salon, workflowId, { decision: "cancel" });
    const after = await handle.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
    expect(after.currentDetails ?? "").toBe("");
  });

  it("retry books it", async () => {
    const { id, workflowId } = await bookedInReview();
    const view = await decide(salon, workflowId, { decision: "retry" });
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
    const view = await decide(salon, workflowId, { decision: "retry" });
    expect(view.review).toMatchObject({ reason: "calcom_unreachable" });
    salon.calcom.control.set({ down: false });
    await until(
      "a breaker that lets calls through",
      async () => (await decide(salon, workflowId, { decision: "retry" }).catch(() => null))?.review === null,
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
    const view = await decide(salon, workflowId, { decision: "adopt", calcomUid: made.uid });
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
    const adopt = (calcomUid: string) =>
      refusalOf(decide(salon, workflowId, { decision: "adopt", calcomUid }));
    expect(await adopt("gibtesnicht")).toBe("calcomUid: Cal.com knows no such booking");
    expect(await adopt(other.body.phases[0].calcomUid)).toBe(
      "calcomUid: that booking belongs to another appointment",
    );
    expect(await adopt(ofFabian.uid)).toBe("calcomUid: no open phase has that booking's event type");
    expect(await adopt(gone.uid)).toBe("calcomUid: that booking is cancelled in Cal.com");
    expect(await adopt(elsewhere.uid)).toContain(`that booking starts at ${later(4)}, this one at ${start}`);
    expect((await viewOf(salon, workflowId)).review).not.toBeNull();
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("pending");
    await decide(salon, workflowId, { decision: "give_up" });
  });

  it("cancel cancels it here, and nothing is left there", async () => {
    const { id, workflowId } = await bookedInReview();
    const view = await decide(salon, workflowId, { decision: "cancel" });
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
    await underReview(salon, asked.body.id);
    expect(standing(salon, asked.body.id)).toHaveLength(1);
    salon.calcom.control.clearFaults(fault.id);
    await decide(salon, asked.body.workflowId, { decision: "cancel" });
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
    await underReview(salon, id);
    salon.calcom.control.set({ down: false });
    expect(await decide(salon, workflowId, { decision: "give_up" })).toMatchObject({ review: null });
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
    const view = await decide(salon, workflowId, { decision: "mark_synced" });
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
    await underReview(salon, id);
    await decide(salon, workflowId, { decision: "mark_synced" });
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

describe("a decision that cannot be taken", () => {
  it("is refused in words, and changes nothing", async () => {
    const { workflowId } = await bookedInReview();
    const refusal = (decision: object) => refusalOf(decide(salon, workflowId, decision));
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
    await decide(salon, workflowId, { decision: "give_up" });
  });

  it("is refused when the booking is not under review", async () => {
    const booked = await salon.book({ start });
    const refused = await refusalOf(decide(salon, booked.body.workflowId, { decision: "retry" }));
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
    await underReview(salon, asked.body.id, "calcom_unauthorized");
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(1);
    salon.calcom.control.clearFaults(fault.id);
    expect(await decide(salon, asked.body.workflowId, { decision: "retry" })).toMatchObject({
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
    await underReview(salon, asked.body.id, "calcom_rejected");
    await decide(salon, asked.body.workflowId, { decision: "give_up" });
    await seen(salon, asked.body.id, "the failed booking", (now) => now.status === "failed");
    expect(await chairsOf(asked.body.id)).toEqual([]);
  });
});
