import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import {
  anew,
  cancel,
  inboxWorkedOff,
  move,
  seen,
  standing,
  standingAt,
  startsOf,
  timelineOf,
} from "./booking-situations.js";

let salon: Salon;
/** A start that no other test uses; four hours are free behind it. */
let start: string;
let next = 0;
const later = (halfHours: number) => new Date(Date.parse(start) + halfHours * 1_800_000).toISOString();

beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);
beforeEach(() => {
  anew(salon);
  start = slot(next);
  next += 10;
});

const chairsOf = (id: string) => salon.admin.sql<{ slug: string; from: Date; kind: string }[]>`
  SELECT s.slug, lower(b.during) AS from, b.kind FROM busy_intervals b JOIN staff s ON s.id = b.staff_id
  WHERE b.owner_id = ${id} ORDER BY 2`;

describe("a move", () => {
  it("three times in a row, alternately from both sides, keeps the id and ends at the last time", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const here = await move(salon, id, { start: later(1), reason: "Stau" });
    expect(here.status, JSON.stringify(here.body)).toBe(200);
    expect(Date.parse(here.body.previousStart)).toBe(Date.parse(start));
    const there = await salon.calcom.control.move({ uid: here.body.phases[0].calcomUid, start: later(3) });
    await seen(salon, id, "the move in Cal.com", (now) => now.phases[0].calcomUid === there.uid);
    const again = await move(salon, id, { start: later(5) });
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    expect(again.body).toMatchObject({ id, status: "confirmed", rescheduleCount: 3 });
    await inboxWorkedOff(salon);
    expect(standing(salon, id).map((booking) => booking.start)).toEqual([later(5)]);
    expect(await chairsOf(id)).toEqual([{ slug: "emma", from: new Date(later(5)), kind: "busy" }]);
    const uids = await salon.admin.sql`SELECT uid FROM calcom_uids WHERE appointment_id = ${id}`;
    expect(uids).toHaveLength(4);
  });

  it("alternately from both sides with every webhook lost still goes out under the newest uid", async () => {
    salon.calcom.control.set({ webhookMode: "lost" });
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const there = await salon.calcom.control.move({ uid: booked.body.phases[0].calcomUid, start: later(2) });
    const further = await salon.calcom.control.move({ uid: there.uid, start: later(3) });
    const moved = await move(salon, id, { start: later(5) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([moved.body.phases[0].calcomUid]);
    expect(salon.calcom.control.booking(further.uid)?.toUid).toBe(moved.body.phases[0].calcomUid);
  });

  it("by a quarter of an hour, into its own time, is made", async () => {
    const booked = await salon.book({ start });
    const to = new Date(Date.parse(start) + 15 * 60_000).toISOString();
    const moved = await move(salon, booked.body.id, { start: to });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    const back = await move(salon, booked.body.id, { start });
    expect(back.status, JSON.stringify(back.body)).toBe(200);
    expect(standing(salon, booked.body.id).map((booking) => booking.start)).toEqual([start]);
    expect(await chairsOf(booked.body.id)).toEqual([{ slug: "emma", from: new Date(start), kind: "busy" }]);
  });

  it.each(["schnitt", "beliebig"])(
    "to the very time where it stands is done without harm: %s",
    async (service) => {
      const booked = await salon.book({ service, ...(service === "beliebig" ? { staff: null } : {}), start });
      const moved = await move(salon, booked.body.id, { start });
      expect(moved.status, JSON.stringify(moved.body)).toBe(200);
      await inboxWorkedOff(salon);
      const here = (await salon.get(`/api/v2/bookings/${booked.body.id}`)).body;
      expect(here).toMatchObject({ status: "confirmed", sync: { state: "synced" } });
      expect(standing(salon, booked.body.id).map((booking) => booking.uid)).toEqual([
        here.phases[0].calcomUid,
      ]);
    },
  );

  it("to another person makes a booking there and cancels the old one", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const old = booked.body.phases[0].calcomUid;
    const moved = await move(salon, id, { start, staff: "fabian" });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    expect(moved.body).toMatchObject({ id, staff: { slug: "fabian" }, status: "confirmed" });
    await until(
      "the end of the old booking",
      async () => salon.calcom.control.booking(old)?.status === "cancelled",
    );
    await inboxWorkedOff(salon);
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(here.status).toBe("confirmed");
    expect(standing(salon, id).map((booking) => booking.hostIds)).toEqual([[HOSTS.fabian]]);
    expect(await chairsOf(id)).toEqual([{ slug: "fabian", from: new Date(start), kind: "busy" }]);
    expect((await salon.book({ start })).status).toBe(201);
  });

  it("to another person whose old booking cannot be cancelled at first is seen through", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const old = booked.body.phases[0].calcomUid;
    salon.calcom.control.addFault({
      match: { operation: "cancel", uid: old },
      times: 3,
      effect: { kind: "drop-before-commit" },
    });
    const moved = await move(salon, id, { start: later(1), staff: "fabian" });
    expect(moved.status).toBe(200);
    await until(
      "the end of the old booking",
      async () => salon.calcom.control.booking(old)?.status === "cancelled",
    );
    await inboxWorkedOff(salon);
    expect(standing(salon, id)).toHaveLength(1);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
  });

  it("onto another's time is refused with alternatives, and nothing has changed", async () => {
    const booked = await salon.book({ start });
    await salon.book({ start: later(2) });
    const refused = await move(salon, booked.body.id, { start: later(2) });
    expect(refused.status).toBe(409);
    expect(startsOf(refused).length).toBeGreaterThan(0);
    expect(startsOf(refused)).not.toContain(Date.parse(later(2)));
    expect(salon.calcom.control.requests({ operation: "reschedule" })).toHaveLength(0);
    expect(await chairsOf(booked.body.id)).toEqual([{ slug: "emma", from: new Date(start), kind: "busy" }]);
  });

  it("to a person who turns out to be taken in Cal.com leaves the old booking standing, here and there", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    salon.calcom.control.addWebhookRule({ mode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutFabian,
      start: later(1),
      name: "Erika",
      email: "e@example.org",
    });
    const began = Date.now();
    const refused = await move(salon, id, { start: later(1), staff: "fabian" });
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    expect(Date.now() - began).toBeLessThan(4_500);
    const here = await seen(salon, id, "the old time", (now) => now.sync.state === "synced");
    expect(here).toMatchObject({ status: "confirmed", staff: { slug: "emma" } });
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([booked.body.phases[0].calcomUid]);
    expect(await chairsOf(id)).toEqual([{ slug: "emma", from: new Date(start), kind: "busy" }]);
  });

  it("while the booking is still being tried waits for it and then is made", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create" },
      times: 2,
      effect: { kind: "429-block", ms: 300 },
    });
    const booking = salon.book({ start }, { wait: 0 });
    const { id } = (await booking).body;
    const moved = await move(salon, id, { start: later(3) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    await inboxWorkedOff(salon);
    expect(standing(salon, id).map((made) => made.start)).toEqual([later(3)]);
    expect(await chairsOf(id)).toEqual([{ slug: "emma", from: new Date(later(3)), kind: "busy" }]);
  });

  it("of a cancelled appointment is refused as not changeable", async () => {
    const booked = await salon.book({ start });
    await cancel(salon, booked.body.id);
    const refused = await move(salon, booked.body.id, { start: later(2) });
    expect(refused.status).toBe(409);
    expect(refused.body.type).toBe("https://askpro.dev/problems/not-changeable");
    expect((await salon.book({ start: later(2) })).status).toBe(201);
  });
});

describe("a cancel", () => {
  it("while the booking is still being tried ends it, and nothing is left in Cal.com", async () => {
    salon.calcom.control.addFault({ match: { operation: "create" }, effect: { kind: "commit-then-500" } });
    salon.calcom.control.addFault({
      match: { operation: "list" },
      times: 2,
      effect: { kind: "status", code: 503 },
    });
    salon.calcom.control.set({ webhookMode: "lost" });
    const { body } = await salon.book({ start }, { wait: 0 });
    const answer = await cancel(salon, body.id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.status).toBe("cancelled");
    expect(standing(salon, body.id)).toHaveLength(0);
    expect(await chairsOf(body.id)).toEqual([]);
    expect((await salon.book({ start })).status).toBe(201);
  });

  it("of a booking that was never sent makes no call for it", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create" },
      effect: { kind: "429-block", ms: 3_000 },
    });
    const { body } = await salon.book({ start }, { wait: 0 });
    await until(
      "a refused request",
      async () => salon.calcom.control.requests({ operation: "create" }).length > 0,
    );
    const answer = await cancel(salon, body.id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(salon.calcom.control.requests({ operation: "cancel" })).toHaveLength(0);
    expect(await chairsOf(body.id)).toEqual([]);
  });

  it("of what was moved in Cal.com without our knowing cancels the newest, and a late webhook revives nothing", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_RESCHEDULED" }, mode: "held" });
    const moved = await salon.calcom.control.move({ uid: booked.body.phases[0].calcomUid, start: later(2) });
    const answer = await cancel(salon, id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(salon.calcom.control.booking(moved.uid)?.status).toBe("cancelled");
    await salon.calcom.control.release();
    await inboxWorkedOff(salon);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("cancelled");
    expect(await chairsOf(id)).toEqual([]);
  });

  it("of a booking that has vanished from Cal.com is done", async () => {
    const booked = await salon.book({ start });
    await salon.admin
      .sql`UPDATE calcom_uids SET created_at = now() - interval '1 hour' WHERE appointment_id = ${booked.body.id}`;
    await salon.admin
      .sql`UPDATE remote_operations SET updated_at = now() - interval '1 hour' WHERE appointment_id = ${booked.body.id}`;
    salon.calcom.control.erase(booked.body.phases[0].calcomUid);
    const answer = await cancel(salon, booked.body.id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.status).toBe("cancelled");
  });

  it("twice at once by two callers is done once, and the second hears that it is not changeable", async () => {
    const booked = await salon.book({ start });
    const answers = await Promise.all([cancel(salon, booked.body.id), cancel(salon, booked.body.id)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    expect(salon.calcom.control.requests({ operation: "cancel" })).toHaveLength(1);
  });
});

describe("a host's wish for another time", () => {
  it("cancels with its own kind, and the later booking reopens the same appointment", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const uid = booked.body.phases[0].calcomUid;
    await salon.calcom.control.requestReschedule({ uid, reason: "Fortbildung" });
    const cancelled = await seen(salon, id, "the wish", (now) => now.status === "cancelled");
    expect(cancelled.cancellation).toMatchObject({ kind: "reschedule_requested", by: "calcom" });
    expect(await chairsOf(id)).toEqual([]);
    const rebooked = await salon.calcom.control.move({ uid, start: later(3), by: "attendee" });
    const here = await seen(salon, id, "the rebooking", (now) => now.status === "confirmed");
    expect(here.phases[0].calcomUid).toBe(rebooked.uid);
    expect(Date.parse(here.start)).toBe(Date.parse(later(3)));
    expect(here.cancellation).toBeNull();
    expect(await chairsOf(id)).toEqual([{ slug: "emma", from: new Date(later(3)), kind: "busy" }]);
    const moved = await move(salon, id, { start: later(5) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    const writes = ["create", "cancel"].flatMap((operation) => salon.calcom.control.requests({ operation }));
    expect(writes).toHaveLength(1);
  });
});

describe("an event type that asks for confirmation", () => {
  const request = () => salon.book({ service: "anfrage", start });

  it("answers 202 pending and holds the slot until the host confirms", async () => {
    const asked = await request();
    expect(asked.status, JSON.stringify(asked.body)).toBe(202);
    expect(asked.body.status).toBe("pending");
    expect((await salon.book({ start })).status).toBe(409);
    await salon.calcom.control.confirm({ uid: asked.body.phases[0].calcomUid });
    const here = await seen(salon, asked.body.id, "the confirmation", (now) => now.status === "confirmed");
    expect(here.phases[0].calcomUid).toBe(asked.body.phases[0].calcomUid);
    await inboxWorkedOff(salon);
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(1);
    const kinds = (await timelineOf(salon, asked.body.id)).filter((item) => item.kind === "webhook");
    expect(kinds.map((item) => item.outcome)).toEqual(["confirm"]);
  });

  it("that is declined has failed, and the slot is free again", async () => {
    const asked = await request();
    await salon.calcom.control.decline({ uid: asked.body.phases[0].calcomUid, reason: "voll" });
    const here = await seen(salon, asked.body.id, "the refusal", (now) => now.status === "failed");
    expect(here.cancellation).toMatchObject({ kind: "rejected", reason: "voll" });
    expect((await salon.book({ start })).status).toBe(201);
    expect((await move(salon, asked.body.id, { start: later(2) })).status).toBe(409);
  });

  it("can be moved and cancelled while it is still pending", async () => {
    const asked = await request();
    const moved = await move(salon, asked.body.id, { start: later(2) });
    expect([200, 202]).toContain(moved.status);
    expect(standing(salon, asked.body.id).map((booking) => booking.start)).toEqual([later(2)]);
    const cancelled = await cancel(salon, asked.body.id);
    expect(cancelled.status, JSON.stringify(cancelled.body)).toBe(200);
    expect(standing(salon, asked.body.id)).toHaveLength(0);
  });

  it("that is confirmed before the webhook of the request has come stays confirmed", async () => {
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_REQUESTED" }, mode: "held" });
    const asked = await request();
    await salon.calcom.control.confirm({ uid: asked.body.phases[0].calcomUid });
    await seen(salon, asked.body.id, "the confirmation", (now) => now.status === "confirmed");
    await salon.calcom.control.release();
    await inboxWorkedOff(salon);
    expect((await salon.get(`/api/v2/bookings/${asked.body.id}`)).body.status).toBe("confirmed");
  });

  it("made by a person in Cal.com is pending here until it is confirmed there", async () => {
    const made = await salon.calcom.control.book({
      eventTypeId: TYPES.onRequest,
      start,
      name: "Anna",
      email: "a@example.org",
    });
    const found = await until("the request", async () => {
      const [row] = await salon.admin.sql<{ id: string; status: string }[]>`
        SELECT a.id, a.status FROM appointments a JOIN calcom_uids u ON u.appointment_id = a.id WHERE u.uid = ${made.uid}`;
      return row;
    });
    expect(found.status).toBe("pending");
    await salon.calcom.control.confirm({ uid: made.uid });
    await seen(salon, found.id, "the confirmation", (now) => now.status === "confirmed");
    expect(standingAt(salon, HOSTS.emma, start)).toHaveLength(1);
  });
});

describe("what an operator sends to the workflow by hand", () => {
  const signal = (workflowId: string, name: string, message: object) =>
    salon.temporal.workflow.getHandle(workflowId).signal<[object]>(name, message);

  it("moves and cancels without a row of its own, past the tenant's policy, and shows in the timeline", async () => {
    const booked = await salon.book({ start });
    const { id, workflowId } = booked.body;
    await signal(workflowId, "reschedule", { start: later(2) });
    await seen(
      salon,
      id,
      "the move",
      (now) => Date.parse(now.start) === Date.parse(later(2)) && now.sync.state === "synced",
    );
    expect(standing(salon, id).map((booking) => booking.start)).toEqual([later(2)]);
    await signal(workflowId, "cancel", {});
    const here = await seen(salon, id, "the cancel", (now) => now.status === "cancelled");
    expect(here.cancellation.by).toBe("operator");
    expect(standing(salon, id)).toHaveLength(0);
    const commands = await salon.admin
      .sql`SELECT kind, actor FROM commands WHERE appointment_id = ${id} ORDER BY accepted_at`;
    expect(commands.slice(1)).toEqual([
      { kind: "reschedule", actor: "operator" },
      { kind: "cancel", actor: "operator" },
    ]);
  });

  it("that cannot be done is refused in the row and changes nothing", async () => {
    const booked = await salon.book({ start });
    await salon.book({ start: later(2) });
    const { id, workflowId } = booked.body;
    for (const message of [
      { start: later(2) },
      { start: "morgen um drei" },
      { start: "2020-01-01T10:00:00Z" },
      {},
    ]) {
      await signal(workflowId, "reschedule", message);
    }
    const outcomes = await until("four refusals", async () => {
      const rows = await salon.admin.sql<{ problem: string }[]>`
        SELECT outcome->>'problem' AS problem FROM commands
        WHERE appointment_id = ${id} AND kind = 'reschedule' AND outcome IS NOT NULL ORDER BY accepted_at`;
      return rows.length === 4 ? rows.map((row) => row.problem) : null;
    });
    expect(outcomes).toEqual(["slot-taken", "invalid-request", "invalid-request", "invalid-request"]);
    expect(standing(salon, id).map((booking) => booking.start)).toEqual([start]);
    expect(await chairsOf(id)).toEqual([{ slug: "emma", from: new Date(start), kind: "busy" }]);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "confirmed",
      sync: { state: "synced" },
    });
  });
});
