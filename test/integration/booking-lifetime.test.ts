import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BookingView } from "../../workflows/booking/view.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";
import { cancel, inboxWorkedOff, move, seen, standing, timelineOf, viewOf } from "./booking-situations.js";

afterAll(closeSalons);

async function runsOf(salon: Salon, workflowId: string): Promise<string[]> {
  const runs: string[] = [];
  for await (const run of salon.temporal.workflow.list({ query: `WorkflowId="${workflowId}"` }))
    runs.push(run.runId);
  return runs;
}

describe("a lifecycle that is continued as new again and again", () => {
  let salon: Salon;
  beforeAll(async () => {
    salon = await startSalon({
      env: { MAX_HISTORY_EVENTS: "40", SLOW_RETRY_SECONDS: "0.2", BREAKER_OPEN_SECONDS: "0.1" },
    });
  });

  it("loses no message of those that stream in from both sides meanwhile", async () => {
    const booked = await salon.book({ start: slot(0) });
    const { id, workflowId } = booked.body;
    let uid = booked.body.phases[0].calcomUid;
    const ours: Promise<{ status: number }>[] = [];
    for (let index = 1; index <= 12; index += 1) {
      ours.push(move(salon, id, { start: slot(index * 3) }, 30));
      // A person does the same on whatever stands just now, and marks and unmarks the customer as absent.
      const [there] = standing(salon, id);
      uid = there?.uid ?? uid;
      await salon.calcom.control.move({ uid, start: slot(index * 3 + 1) }).catch(() => undefined);
      await salon.calcom.control.markNoShow({ uid, attendee: index % 2 === 1 }).catch(() => undefined);
    }
    const answers = await Promise.all(ours);
    for (const answer of answers) expect([200, 202, 409]).toContain(answer.status);
    await inboxWorkedOff(salon, 60_000);
    await until("an outcome for every command", async () => {
      const open = await salon.admin
        .sql`SELECT 1 FROM commands WHERE appointment_id = ${id} AND outcome IS NULL`;
      return open.length === 0;
    });
    await until("several runs", async () => (await runsOf(salon, workflowId)).length > 2);
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([here.phases[0].calcomUid]);
    expect(Date.parse(standing(salon, id)[0]?.start ?? "")).toBe(Date.parse(here.start));
    const chairs = await salon.admin
      .sql`SELECT lower(during) AS from FROM busy_intervals WHERE owner_id = ${id}`;
    expect(chairs).toEqual([{ from: new Date(here.start) }]);
    const view = await viewOf(salon, workflowId);
    expect(view).toMatchObject({
      underWay: null,
      messagesWaiting: 0,
      phases: [{ calcomUid: here.phases[0].calcomUid }],
    });
  });

  it("keeps a review, its details and its decisions", async () => {
    salon.calcom.control.set({ down: "503" });
    const asked = await salon.book({ staff: "fabian", start: slot(0) }, { wait: 0 });
    const { id, workflowId } = asked.body;
    await seen(salon, id, "the review", (now) => now.sync.state === "manual_review");
    await until("another run", async () => (await runsOf(salon, workflowId)).length > 1);
    const handle = salon.temporal.workflow.getHandle(workflowId);
    const { currentDetails } = await handle.query<{ currentDetails: string }>("__temporal_workflow_metadata");
    expect(currentDetails).toContain('{"decision":"give_up",');
    await handle.executeUpdate<BookingView, [object]>("resolveReview", {
      args: [{ decision: "cancel", actor: "Erika", note: "" }],
    });
    salon.calcom.control.set({ down: false });
    await seen(
      salon,
      id,
      "the cancel",
      (now) => now.status === "cancelled" && now.sync.state === "synced",
      60_000,
    );
    expect(standing(salon, id)).toHaveLength(0);
  });
});

describe("the end of an appointment", () => {
  let salon: Salon;
  beforeAll(async () => {
    salon = await startSalon({ env: { CLOSE_AFTER_SECONDS: "3" }, durations: { surplusLookupsMs: [500] } });
  });
  const HALF_HOUR = 1_800_000;
  /** A start from which half an hour is over in `seconds`. */
  const endingIn = (seconds: number) => new Date(Date.now() - HALF_HOUR + seconds * 1_000).toISOString();

  /** Booked here, and moved by its host to now, as only a host can in Cal.com. */
  async function almostOver(staff: string, seconds: number, n: number) {
    const booked = await salon.book({ staff, start: slot(n) });
    const end = endingIn(seconds);
    const there = await salon.calcom.control.move({
      uid: booked.body.phases[0].calcomUid,
      start: end,
      force: true,
    });
    await seen(salon, booked.body.id, "the move", (now) => now.phases[0].calcomUid === there.uid);
    return { id: booked.body.id, workflowId: booked.body.workflowId, uid: there.uid };
  }
  const ended = (workflowId: string) =>
    until("the end of the workflow", async () => {
      const { status } = await salon.temporal.workflow.getHandle(workflowId).describe();
      return status.name === "COMPLETED";
    });

  it("makes it completed, closes the lifecycle later, and what comes after goes to the timeline and opens a drift", async () => {
    const { id, workflowId, uid } = await almostOver("emma", 3, 0);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
    await seen(salon, id, "the completion", (now) => now.status === "completed");
    const running = await salon.temporal.workflow.getHandle(workflowId).describe();
    expect(running.status.name).toBe("RUNNING");
    await ended(workflowId);

    for (const refused of [await cancel(salon, id), await move(salon, id, { start: slot(4) })]) {
      expect(refused.status).toBe(409);
      expect(refused.body.type).toBe("https://askpro.dev/problems/not-changeable");
    }
    await salon.calcom.control.markNoShow({ uid, attendee: true });
    const moved = await salon.calcom.control.move({ uid, start: slot(6), force: true });
    await inboxWorkedOff(salon);
    const late = (await timelineOf(salon, id)).filter((item) => item.outcome === "after_close");
    expect(late.map((item) => item.action).sort()).toEqual(["no_show", "rescheduled"]);
    const drifts = await salon.admin.sql`
      SELECT kind, status, calcom_uid FROM drifts WHERE appointment_id = ${id} ORDER BY kind`;
    expect(drifts).toEqual([
      { kind: "status", status: "open", calcomUid: uid },
      { kind: "time", status: "open", calcomUid: moved.uid },
    ]);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("completed");
    expect(await runsOf(salon, workflowId)).toHaveLength(1);
  });

  it("is a no-show while the customer is marked as absent, before the end and after it", async () => {
    const { id, workflowId, uid } = await almostOver("fabian", 12, 0);
    await salon.calcom.control.markNoShow({ uid, attendee: true });
    await seen(salon, id, "the absence", (now) => now.status === "no_show");
    await salon.calcom.control.markNoShow({ uid, attendee: false });
    await seen(salon, id, "its withdrawal", (now) => now.status === "confirmed");
    await seen(salon, id, "the completion", (now) => now.status === "completed");
    await salon.calcom.control.markNoShow({ uid, attendee: true });
    await seen(salon, id, "the absence", (now) => now.status === "no_show");
    await ended(workflowId);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("no_show");
  });

  it("of a booking that was born in Cal.com is the same", async () => {
    const made = await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: endingIn(3),
      name: "Anna",
      email: "anna@example.org",
      force: true,
    });
    const row = await until("the appointment", async () => {
      const [found] = await salon.admin.sql<{ id: string; workflowId: string }[]>`
        SELECT appointment_id AS id, workflow_id FROM calcom_uids WHERE uid = ${made.uid} AND phase_key IS NOT NULL`;
      return found;
    });
    await seen(salon, row.id, "the completion", (now) => now.status === "completed");
    await ended(row.workflowId);
  });

  it("closes what was never made, and what only a tombstone is left of", async () => {
    salon.calcom.control.addWebhookRule({ mode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: slot(8),
      name: "E",
      email: "e@example.org",
    });
    const refused = await salon.book({ start: slot(8) });
    expect(refused.status).toBe(409);
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_CREATED" }, mode: "lost" });
    const unknown = await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: slot(10),
      name: "U",
      email: "u@example.org",
    });
    await salon.calcom.control.cancel({ uid: unknown.uid });
    const workflowIds = await until("both lifecycles", async () => {
      const rows = await salon.admin.sql<{ workflowId: string }[]>`
        SELECT workflow_id FROM appointments WHERE start_at = ${slot(8)} AND status = 'failed'
        UNION SELECT workflow_id FROM calcom_uids WHERE uid = ${unknown.uid} AND tombstoned_at IS NOT NULL`;
      return rows.length === 2 ? rows.map((row) => row.workflowId) : null;
    });
    for (const workflowId of workflowIds) await ended(workflowId);
  });

  it("leaves nothing behind of a cancelled one that is still to come: its lifecycle stays for what Cal.com may say", async () => {
    const booked = await salon.book({ start: slot(12) });
    await cancel(salon, booked.body.id);
    await inboxWorkedOff(salon);
    const { status } = await salon.temporal.workflow.getHandle(booked.body.workflowId).describe();
    expect(status.name).toBe("RUNNING");
    expect(await viewOf(salon, booked.body.workflowId)).toMatchObject({
      status: "cancelled",
      underWay: null,
    });
  });
});
