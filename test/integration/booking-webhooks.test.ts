import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import { anew, inboxWorkedOff, move, seen, standing, standingAt, timelineOf } from "./booking-situations.js";

let salon: Salon;
/** A start that no other test uses; three hours are free behind it. */
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
  next += 8;
});

const WRITES = ["create", "reschedule", "cancel", "confirm", "decline", "reassign"] as const;
const writes = () => WRITES.flatMap((operation) => salon.calcom.control.requests({ operation }));

describe("the webhook of our own booking", () => {
  it.each(["normal", "after-answer", "duplicated", "lost"] as const)(
    "changes nothing and causes no call, sent %s",
    async (webhookMode) => {
      salon.calcom.control.set({ webhookMode });
      const booked = await salon.book({ start });
      expect(booked.status).toBe(201);
      await inboxWorkedOff(salon);
      // What the event types demand is read in the background, for nobody's booking.
      const requests = salon.calcom.control.requests().filter(({ operation }) => operation !== "event-types");
      expect(requests.map(({ operation }) => operation)).toEqual(["create"]);
      const here = (await salon.get(`/api/v2/bookings/${booked.body.id}`)).body;
      expect(here).toMatchObject({ status: "confirmed", rescheduleCount: 0 });
      expect(standing(salon, here.id)).toHaveLength(1);
      const echoes = (await timelineOf(salon, here.id)).filter((item) => item.kind === "echo");
      expect(echoes).toHaveLength(webhookMode === "lost" ? 0 : 1);
    },
  );

  it("of a move and of a cancel is an echo too, in whatever order they arrive", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    await inboxWorkedOff(salon);
    salon.calcom.control.addWebhookRule({ mode: "held", times: -1 });
    await move(salon, id, { start: later(1) });
    await move(salon, id, { start: later(2) });
    await salon.post(`/api/v2/bookings/${id}/cancel`, {}, { wait: 20 });
    salon.calcom.control.clearRequests();
    const held = salon.calcom.control.heldDeliveries().map((delivery) => delivery.id);
    expect(held).toHaveLength(3);
    await salon.calcom.control.release([...held].reverse());
    await inboxWorkedOff(salon);
    expect(writes()).toHaveLength(0);
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(here).toMatchObject({ status: "cancelled", rescheduleCount: 2 });
    const webhooks = (await timelineOf(salon, id)).filter((item) => item.kind === "webhook");
    expect(webhooks).toEqual([]);
  });

  it("proves a booking whose answer was lost, before any list shows it", async () => {
    salon.calcom.control.set({ replicaLagMs: 1_000 });
    salon.calcom.control.addFault({ match: { operation: "create" }, effect: { kind: "commit-then-drop" } });
    const booked = await salon.book({ start });
    expect(booked.status, JSON.stringify(booked.body)).toBe(201);
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(1);
  });
});

describe("a person's change of our booking in Cal.com", () => {
  it("is applied whatever it is, without a call back, and our next change goes out under the newest uid", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    salon.calcom.control.clearRequests();
    const first = await salon.calcom.control.move({
      uid: booked.body.phases[0].calcomUid,
      start: later(1),
      by: "attendee",
    });
    await seen(salon, id, "the first move", (now) => now.phases[0].calcomUid === first.uid);
    const second = await salon.calcom.control.move({ uid: first.uid, start: later(2) });
    const here = await seen(salon, id, "both moves", (now) => now.phases[0].calcomUid === second.uid);
    expect(Date.parse(here.start)).toBe(Date.parse(later(2)));
    expect(here).toMatchObject({ status: "confirmed", rescheduleCount: 2 });
    await inboxWorkedOff(salon);
    expect(writes()).toHaveLength(0);
    const moved = await move(salon, id, { start: later(4) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    const [request] = salon.calcom.control.requests({ operation: "reschedule" });
    expect(request?.path).toContain(second.uid);
    expect(standing(salon, id)).toHaveLength(1);
    const chairs = await salon.admin
      .sql`SELECT lower(during) AS from FROM busy_intervals WHERE owner_id = ${id}`;
    expect(chairs).toEqual([{ from: new Date(later(4)) }]);
  });

  it("to a time that we were refused before is theirs, and is left as it is", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    await inboxWorkedOff(salon);
    const to = later(2);
    salon.calcom.control.addWebhookRule({ mode: "lost" });
    const other = await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: to,
      name: "Erika",
      email: "e@example.org",
    });
    expect((await move(salon, id, { start: to })).status).toBe(409);
    await salon.calcom.control.cancel({ uid: other.uid });
    const moved = await salon.calcom.control.move({ uid: booked.body.phases[0].calcomUid, start: to });
    await seen(salon, id, "the person's move", (now) => Date.parse(now.start) === Date.parse(to));
    await inboxWorkedOff(salon);
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([moved.uid]);
  });

  it("a cancel is applied and frees the chair, with the reason that was given", async () => {
    const booked = await salon.book({ start });
    salon.calcom.control.clearRequests();
    await salon.calcom.control.cancel({
      uid: booked.body.phases[0].calcomUid,
      reason: "Mitarbeiterin krank",
    });
    const here = await seen(salon, booked.body.id, "the cancel", (now) => now.status === "cancelled");
    expect(here.cancellation).toMatchObject({
      by: "calcom",
      reason: "Mitarbeiterin krank",
      kind: "cancelled",
    });
    expect(writes()).toHaveLength(0);
    expect((await salon.book({ start })).status).toBe(201);
  });

  it("a cancel is applied although Cal.com had refused our own of the same booking", async () => {
    salon.calcom.control.editEventType(TYPES.cutFabian, { disableCancelling: true });
    const booked = await salon.book({ staff: "fabian", start });
    const { id } = booked.body;
    const refused = await salon.post(`/api/v2/bookings/${id}/cancel`, {}, { wait: 20 });
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
    salon.calcom.control.editEventType(TYPES.cutFabian, { disableCancelling: false });
    await salon.calcom.control.cancel({ uid: booked.body.phases[0].calcomUid });
    await seen(salon, id, "the person's cancel", (now) => now.status === "cancelled");
  });

  it("another host is followed: the chair changes, the uid stays", async () => {
    const booked = await salon.book({ service: "beliebig", staff: null, start });
    const { id } = booked.body;
    const before = booked.body.staff.slug as keyof typeof HOSTS;
    const after = before === "emma" ? "fabian" : "emma";
    await salon.calcom.control.reassign({ uid: booked.body.phases[0].calcomUid, hostId: HOSTS[after] });
    const here = await seen(salon, id, "the other host", (now) => now.staff.slug === after);
    expect(here.phases[0].calcomUid).toBe(booked.body.phases[0].calcomUid);
    expect((await salon.book({ staff: before, start })).status).toBe(201);
    expect((await salon.book({ staff: after, start })).status).toBe(409);
  });

  it("while ours is under way is seen, and ours wins under the newest uid", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const uid = booked.body.phases[0].calcomUid;
    await inboxWorkedOff(salon);
    salon.calcom.control.addFault({
      match: { operation: "reschedule", uid },
      effect: { kind: "drop-before-commit" },
    });
    const ours = move(salon, id, { start: later(4) }, 30);
    await until(
      "our first request",
      async () => salon.calcom.control.requests({ operation: "reschedule" }).length > 0,
    );
    await salon.calcom.control.move({ uid, start: later(2) });
    const answer = await ours;
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    await inboxWorkedOff(salon);
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(Date.parse(here.start)).toBe(Date.parse(later(4)));
    expect(standing(salon, id).map((booking) => booking.uid)).toEqual([here.phases[0].calcomUid]);
  });

  it("a cancel while our move is under way ends it: nothing is revived", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const uid = booked.body.phases[0].calcomUid;
    await inboxWorkedOff(salon);
    salon.calcom.control.addFault({
      match: { operation: "reschedule", uid },
      effect: { kind: "drop-before-commit" },
    });
    const ours = move(salon, id, { start: later(4) }, 30);
    await until(
      "our first request",
      async () => salon.calcom.control.requests({ operation: "reschedule" }).length > 0,
    );
    await salon.calcom.control.cancel({ uid });
    const answer = await ours;
    expect(answer.status, JSON.stringify(answer.body)).toBe(409);
    expect(answer.body.type).toBe("https://askpro.dev/problems/not-changeable");
    await seen(salon, id, "the cancel", (now) => now.status === "cancelled" && now.sync.state === "synced");
    expect(standing(salon, id)).toHaveLength(0);
    expect(await salon.admin.sql`SELECT 1 FROM busy_intervals WHERE owner_id = ${id}`).toHaveLength(0);
  });

  it.each(["normal", "lost"] as const)(
    "a move of a booking whose answer we still wait for is found, with webhooks %s: it is not made twice",
    async (webhookMode) => {
      salon.calcom.control.set({ replicaLagMs: 1_500, webhookMode });
      salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_CREATED" }, mode: "lost" });
      salon.calcom.control.addFault({ match: { operation: "create" }, effect: { kind: "commit-then-drop" } });
      const booking = salon.book({ start }, { wait: 30 });
      const there = await until(
        "the booking in Cal.com",
        async () => standingAt(salon, HOSTS.emma, start)[0],
      );
      const moved = await salon.calcom.control.move({ uid: there.uid, start: later(2) });
      const answer = await booking;
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      await inboxWorkedOff(salon);
      const here = await seen(
        salon,
        answer.body.id,
        "the new time",
        (now) => Date.parse(now.start) === Date.parse(later(2)),
      );
      expect(here).toMatchObject({ status: "confirmed", phases: [{ calcomUid: moved.uid }] });
      expect(standing(salon, here.id).map((booking) => booking.uid)).toEqual([moved.uid]);
      const chairs = await salon.admin
        .sql`SELECT lower(during) AS from FROM busy_intervals WHERE owner_id = ${here.id}`;
      expect(chairs).toEqual([{ from: new Date(later(2)) }]);
    },
  );

  it("a cancel of a booking whose answer we still wait for ends it: it is not made again", async () => {
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_CREATED" }, mode: "lost" });
    salon.calcom.control.addFault({ match: { operation: "create" }, effect: { kind: "commit-then-drop" } });
    // A look-up that came before the cancel would find it standing, and 201 would be right.
    const unseen = { kind: "status", code: 503 } as const;
    salon.calcom.control.addFault({ match: { operation: "list" }, effect: unseen, times: -1 });
    const booking = salon.book({ start }, { wait: 30 });
    const there = await until("the booking in Cal.com", async () => standingAt(salon, HOSTS.emma, start)[0]);
    await salon.calcom.control.cancel({ uid: there.uid, reason: "doch nicht" });
    salon.calcom.control.clearFaults();
    const answer = await booking;
    expect(answer.status, JSON.stringify(answer.body)).toBe(409);
    const id = String(there.metadata.appointmentId);
    await seen(salon, id, "the cancel", (now) => now.status === "cancelled" && now.sync.state === "synced");
    expect(standing(salon, id)).toHaveLength(0);
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(1);
  });
});
