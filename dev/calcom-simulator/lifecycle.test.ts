import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Simulator } from "./simulator.js";
import { at, bookingBody, call, type Hook, startHook, startSalon, TYPE } from "./test-rig.js";

let sim: Simulator;
let hook: Hook;
beforeAll(async () => {
  sim = await startSalon();
  hook = await startHook();
  sim.control.putWebhook({ url: hook.url, secret: "s", scope: { userId: 1 } });
  sim.control.putWebhook({ url: hook.url, secret: "s", scope: { teamId: 50 } });
});
afterAll(async () => {
  await sim.close();
  await hook.close();
});
beforeEach(async () => {
  await sim.control.reset("bookings");
  hook.received.length = 0;
});

const book = (type: number, start: string, email?: string, more?: object) =>
  call(sim, "POST", "/v2/bookings", bookingBody(type, start, email, more));
const post = (uid: unknown, action: string, body: unknown = {}, headers = {}) =>
  call(sim, "POST", `/v2/bookings/${String(uid)}/${action}`, body, headers);

describe("taken slots and retries", () => {
  it("refuses a second booking of one host, even of another type and an overlapping time", async () => {
    expect((await book(TYPE.single, at(9), "a@x.test")).status).toBe(201);
    const again = await book(TYPE.single, at(9), "a@x.test");
    expect([again.status, again.message]).toEqual([
      400,
      "User either already has booking at this time or is not available",
    ]);
    expect((await book(TYPE.lengths, at(8.75), "b@x.test")).status).toBe(400);
    expect((await book(TYPE.single, at(9.5), "b@x.test")).status).toBe(201);
  });

  it("gives a round robin's second caller the other host and then refuses with the team's text", async () => {
    const hosts: unknown[] = [];
    for (const email of ["a@x.test", "b@x.test"]) {
      const { data } = await book(TYPE.robin, at(9), email);
      hosts.push((data.hosts as { id: number }[])[0]?.id);
    }
    expect(hosts.sort()).toEqual([1, 2]);
    const third = await book(TYPE.robin, at(9), "c@x.test");
    expect([third.status, third.message]).toEqual([
      400,
      "One of the hosts either already has booking at this time or is not available",
    ]);
    const raw = await book(TYPE.raw500, at(9), "c@x.test");
    expect([raw.status, raw.body]).toEqual([500, { statusCode: 500, message: "Internal server error" }]);
  });

  it("answers a repeated POST of a round robin with the booking that stands and sends nothing", async () => {
    const first = await book(TYPE.robin, at(9));
    const second = await book(TYPE.robin, at(9));
    expect(second.status).toBe(201);
    expect(second.data.uid).toBe(first.data.uid);
    expect(hook.triggers()).toEqual(["BOOKING_CREATED"]);
  });

  it("answers a repeated request with the pending booking but lets a second customer ask for the same time", async () => {
    const first = await book(TYPE.confirmed, at(9));
    expect(first.data.status).toBe("pending");
    expect((await book(TYPE.confirmed, at(9))).data.uid).toBe(first.data.uid);
    const other = await book(TYPE.confirmed, at(9), "other@x.test");
    expect(other.data.uid).not.toBe(first.data.uid);
  });

  it("needs every host of a collective type and shows only the organizer", async () => {
    expect((await book(TYPE.single, at(9))).status).toBe(201);
    expect((await book(TYPE.collective, at(9))).status).toBe(400);
    const both = await book(TYPE.collective, at(10));
    expect(both.data.hosts).toHaveLength(1);
    expect(sim.control.booking(String(both.data.uid))?.hostIds).toEqual([1, 2]);
  });

  it("lets exactly one of fifty concurrent POSTs win and shows the raw conflict of the database", async () => {
    sim.control.set({ checkToCommitMs: 100 });
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, i) => book(TYPE.single, at(9), `c${i}@x.test`)),
    );
    expect(replies.filter((reply) => reply.status === 201)).toHaveLength(1);
    expect(sim.control.bookings()).toHaveLength(1);
    const conflict = replies.find((reply) => reply.status === 409);
    expect(conflict?.body).toEqual({ statusCode: 409, message: "booking_conflict_error" });
  });

  it("refuses managed parents, the past and what is out of bounds", async () => {
    expect((await book(TYPE.managed, at(9))).message).toContain(
      "is the parent managed event type that can't be booked",
    );
    expect((await book(TYPE.single, "2020-01-01T10:00:00Z")).message).toBe(
      "Attempting to book a meeting in the past.",
    );
    sim.control.editEventType(TYPE.lengths, { minimumBookingNotice: 10 * 24 * 60 });
    expect((await book(TYPE.lengths, at(9))).message).toContain("violating the minimum booking notice");
    sim.control.editEventType(TYPE.lengths, { minimumBookingNotice: 0 });
    expect((await book(99, at(9))).message).toBe("Event type with id 99 not found.");
  });

  it("stores a phone-only attendee under an address made of the digits", async () => {
    const attendee = { name: "Phone", phoneNumber: "+4915112345678", timeZone: "Europe/Berlin" };
    const { data } = await book(TYPE.single, at(9), "x", { attendee });
    expect((data.attendees as { email: string }[])[0]?.email).toBe("4915112345678@sms.cal.com");
    const found = await call(sim, "GET", "/v2/bookings?attendeeEmail=4915112345678@sms.cal.com");
    expect(found.body.data).toHaveLength(1);
  });
});

describe("reschedule", () => {
  it("makes a new uid and id, cancels the old one, copies metadata and names the new uid to a second try", async () => {
    const first = await book(TYPE.single, at(9));
    const moved = await post(first.data.uid, "reschedule", { start: at(11), reschedulingReason: "later" });
    expect(moved.status).toBe(201);
    expect(moved.data.id).not.toBe(first.data.id);
    expect(moved.data).toMatchObject({
      start: at(11),
      rescheduledFromUid: first.data.uid,
      metadata: first.data.metadata,
      reschedulingReason: "later",
    });
    const old = await call(sim, "GET", `/v2/bookings/${String(first.data.uid)}`);
    expect(old.data).toMatchObject({ status: "cancelled", rescheduledToUid: moved.data.uid });
    const again = await post(first.data.uid, "reschedule", { start: at(12) });
    expect(again.status).toBe(400);
    expect(again.message).toBe(
      `Can't reschedule booking with uid=${String(first.data.uid)} because it has been cancelled and rescheduled already to booking with uid=${String(moved.data.uid)}. You probably want to reschedule ${String(moved.data.uid)} instead by passing it within the request URL.`,
    );
    expect((await book(TYPE.single, at(9), "new@x.test")).status).toBe(201);
  });

  it("moves within its own old time but not onto another booking", async () => {
    const first = await book(TYPE.single, at(9));
    await book(TYPE.single, at(11), "b@x.test");
    expect((await post(first.data.uid, "reschedule", { start: at(11) })).message).toBe(
      "User either already has booking at this time or is not available",
    );
    expect((await call(sim, "GET", `/v2/bookings/${String(first.data.uid)}`)).data.status).toBe("accepted");
    expect((await post(first.data.uid, "reschedule", { start: at(9.25) })).status).toBe(201);
  });

  it("may change the host of a round robin and keeps it where the type says so", async () => {
    const hostOf = (data: Record<string, unknown>) => (data.hosts as { id: number }[])[0]?.id;
    const first = await book(TYPE.robin, at(9));
    const moved = await post(first.data.uid, "reschedule", { start: at(10) });
    expect(hostOf(moved.data)).not.toBe(hostOf(first.data));
    sim.control.editEventType(TYPE.robin, { rescheduleWithSameRoundRobinHost: true });
    const kept = await post(moved.data.uid, "reschedule", { start: at(11) });
    expect(hostOf(kept.data)).toBe(hostOf(moved.data));
    sim.control.editEventType(TYPE.robin, { rescheduleWithSameRoundRobinHost: false });
  });

  it("is pending again on a type that needs confirmation, unless the host's e-mail moves it", async () => {
    const first = await book(TYPE.confirmed, at(9));
    await post(first.data.uid, "confirm");
    const byGuest = await post(first.data.uid, "reschedule", {
      start: at(10),
      rescheduledBy: "guest@example.test",
    });
    expect(byGuest.data.status).toBe("pending");
    await post(byGuest.data.uid, "confirm");
    const byHost = await post(byGuest.data.uid, "reschedule", {
      start: at(11),
      rescheduledBy: "emma@salon.test",
    });
    expect(byHost.data.status).toBe("accepted");
    expect(hook.triggers()).toEqual([
      "BOOKING_REQUESTED",
      "BOOKING_CREATED",
      "BOOKING_REQUESTED",
      "BOOKING_CREATED",
      "BOOKING_RESCHEDULED",
    ]);
  });
});

describe("cancel", () => {
  it("refuses a second cancel, one of an old uid, and a host's cancel without a reason", async () => {
    const first = await book(TYPE.single, at(9));
    const bare = await post(first.data.uid, "cancel", {});
    expect([bare.status, bare.body]).toEqual([
      400,
      { statusCode: 400, message: "Cancellation reason is required when you are the host" },
    ]);
    const moved = await post(first.data.uid, "reschedule", { start: at(10) });
    const reason = { cancellationReason: "ill" };
    const text = (uid: unknown) =>
      `Can't cancel booking with uid=${String(uid)} because it has been cancelled already. Please provide uid of a booking that is not cancelled.`;
    expect((await post(first.data.uid, "cancel", reason)).message).toBe(text(first.data.uid));
    expect((await post(moved.data.uid, "cancel", reason)).data).toMatchObject({
      status: "cancelled",
      cancellationReason: "ill",
      cancelledByEmail: "",
    });
    expect((await post(moved.data.uid, "cancel", reason)).message).toBe(text(moved.data.uid));
    sim.control.set({ cancelReason: "optional" });
    const next = await book(TYPE.single, at(9));
    expect((await post(next.data.uid, "cancel", {})).status).toBe(200);
  });
});

describe("confirmation", () => {
  it("announces a confirmed booking without its own metadata and answers a second confirm in TRPC's words", async () => {
    const first = await book(TYPE.confirmed, at(9));
    expect((await post(first.data.uid, "confirm")).data).toMatchObject({
      uid: first.data.uid,
      status: "accepted",
    });
    const [requested, created] = hook.received;
    expect(requested?.payload).toMatchObject({
      status: "PENDING",
      metadata: { operationId: expect.any(String) },
    });
    expect(created?.payload).toMatchObject({ status: "ACCEPTED", uid: first.data.uid });
    expect(created?.payload.metadata).not.toHaveProperty("operationId");
    const again = await post(first.data.uid, "confirm");
    expect([again.status, again.body.error]).toEqual([
      400,
      { code: "TRPCError", message: "Bad request: Please check your request data and try again" },
    ]);
  });

  it("announces a declined booking with the reason, and refuses a stranger with a 401 of TRPC", async () => {
    const first = await book(TYPE.confirmed, at(9));
    const stranger = await post(first.data.uid, "decline", {}, { authorization: "Bearer cal_stranger" });
    expect([stranger.status, stranger.message]).toEqual([
      401,
      "You are not authorized to access this resource",
    ]);
    expect((await post(first.data.uid, "decline", { reason: "full" })).data.status).toBe("rejected");
    expect(hook.received[1]?.body.triggerEvent).toBe("BOOKING_REJECTED");
    expect(hook.received[1]?.payload).toMatchObject({ rejectionReason: "full", status: "REJECTED" });
  });
});

describe("other actions", () => {
  it("reassigns under the same uid, to a host of the round robin only", async () => {
    const first = await book(TYPE.robin, at(9));
    const before = sim.control.booking(String(first.data.uid))?.hostIds[0];
    const reply = await post(first.data.uid, "reassign");
    expect(reply.data).toMatchObject({ bookingUid: first.data.uid });
    expect(sim.control.booking(String(first.data.uid))?.hostIds[0]).not.toBe(before);
    expect(hook.received[1]?.payload).toMatchObject({ uid: first.data.uid, removedHostUserIds: [before] });
    expect((await post(first.data.uid, "reassign/3")).message).toContain(
      "User with id=3 is not a valid Round Robin host",
    );
  });

  it("cancels with requestReschedule, and the rebooking names that uid", async () => {
    const first = await book(TYPE.single, at(9));
    await post(first.data.uid, "request-reschedule", { rescheduleReason: "ill" });
    expect(hook.received[1]?.payload).toMatchObject({ uid: first.data.uid, requestReschedule: true });
    const rebooked = await sim.control.move({ uid: String(first.data.uid), start: at(12), by: "attendee" });
    expect(hook.received[2]?.body.triggerEvent).toBe("BOOKING_RESCHEDULED");
    expect(hook.received[2]?.payload).toMatchObject({ uid: rebooked.uid, rescheduleUid: first.data.uid });
  });

  it("marks a no-show only after the start", async () => {
    const first = await book(TYPE.single, at(9));
    const reply = await post(first.data.uid, "mark-absent", { host: true });
    expect(reply.message).toContain("can only be marked as absent after their scheduled start time");
    await sim.control.markNoShow({ uid: String(first.data.uid), attendee: true });
    expect(hook.received[1]?.payload).toMatchObject({
      message: "guest@example.test marked as no-show",
      bookingUid: first.data.uid,
      attendees: [{ email: "guest@example.test", noShow: true }],
    });
  });
});
