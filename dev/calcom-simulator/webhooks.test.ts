import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Simulator } from "./simulator.js";
import { at, bookingBody, call, type Hook, startHook, startSalon, TYPE, until } from "./test-rig.js";

const CREATED_KEYS =
  "bookerUrl title startTime endTime additionalNotes type description eventTypeId hideCalendarNotes hideCalendarEventDetails hideOrganizerEmail schedulingType seatsPerTimeSlot seatsShowAttendees seatsShowAvailabilityCount customReplyToEmail disableRescheduling disableCancelling organizer attendees customInputs responses userFieldsResponses location destinationCalendar iCalUID iCalSequence requiresConfirmation oneTimePassword organizationId hashedLink uid conferenceData videoCallData appsStatus eventTitle eventDescription price currency length bookingId metadata status";
const CANCELLED_KEYS =
  "bookerUrl title length type additionalNotes description customInputs eventTypeId userFieldsResponses responses startTime endTime organizer attendees uid bookingId location destinationCalendar cancellationReason seatsPerTimeSlot seatsShowAttendees iCalUID iCalSequence hideOrganizerEmail customReplyToEmail organizationId eventTitle eventDescription requiresConfirmation price currency status requestReschedule";
const REJECTED_KEYS =
  "type title description bookerUrl userFieldsResponses responses customInputs startTime endTime organizer attendees location uid destinationCalendar requiresConfirmation hideOrganizerEmail hideCalendarNotes hideCalendarEventDetails eventTypeId customReplyToEmail organizationId additionalNotes rejectionReason eventTitle eventDescription price currency length bookingId status";

let sim: Simulator;
let hook: Hook;
beforeAll(async () => {
  sim = await startSalon();
});
afterAll(() => sim.close());
beforeEach(async () => {
  await sim.control.reset("bookings");
  for (const { id } of sim.control.catalogue().webhooks) sim.control.removeWebhook(id);
  hook = await startHook();
  sim.control.putWebhook({ url: hook.url, secret: "top secret", scope: { userId: 1 } });
  return hook.close;
});

const book = (type: number, start: string, email?: string) =>
  call(sim, "POST", "/v2/bookings", bookingBody(type, start, email));
const post = (uid: unknown, action: string, body: unknown = {}) =>
  call(sim, "POST", `/v2/bookings/${String(uid)}/${action}`, body);
const instant = (start: string, suffix: string) => start.slice(0, 19) + suffix;

describe("bodies", () => {
  it("sends the 43 fields of CREATED in Cal.com's order, without milliseconds, signed over the exact bytes", async () => {
    await book(TYPE.single, at(9));
    const [one] = hook.received;
    expect(Object.keys(one?.body ?? {})).toEqual(["triggerEvent", "createdAt", "payload"]);
    expect(Object.keys(one?.payload ?? {}).join(" ")).toBe(CREATED_KEYS);
    expect(one?.payload.startTime).toBe(instant(at(9), "Z"));
    expect(one?.payload).toMatchObject({
      status: "ACCEPTED",
      length: 30,
      metadata: { operationId: expect.any(String) },
    });
    expect(one?.headers["x-cal-webhook-version"]).toBe("2021-10-20");
    const expected = createHmac("sha256", "top secret")
      .update(one?.bytes ?? "")
      .digest("hex");
    expect(one?.headers["x-cal-signature-256"]).toBe(expected);
  });

  it("names old and new booking in RESCHEDULED, and sends no CANCELLED for the old one", async () => {
    const first = await book(TYPE.single, at(9));
    const moved = await post(first.data.uid, "reschedule", { start: at(10) });
    expect(hook.triggers()).toEqual(["BOOKING_CREATED", "BOOKING_RESCHEDULED"]);
    expect(hook.received[1]?.payload).toMatchObject({
      uid: moved.data.uid,
      bookingId: moved.data.id,
      rescheduleUid: first.data.uid,
      rescheduleId: first.data.id,
      rescheduleStartTime: instant(at(9), "Z"),
      startTime: instant(at(10), "Z"),
      iCalSequence: 1,
      metadata: { operationId: expect.any(String) },
    });
    expect(hook.received[1]?.payload).not.toHaveProperty("iCalUID");
  });

  it("sends CANCELLED with an offset and without metadata, before the row is updated", async () => {
    const first = await book(TYPE.single, at(9));
    let seen: unknown;
    hook.before = async () => {
      seen = (await call(sim, "GET", `/v2/bookings/${String(first.data.uid)}`)).data.status;
    };
    await post(first.data.uid, "cancel", { cancellationReason: "ill" });
    const payload = hook.received[1]?.payload ?? {};
    expect(Object.keys(payload).join(" ")).toBe(CANCELLED_KEYS);
    expect(payload).toMatchObject({
      startTime: instant(at(9), "+00:00"),
      cancellationReason: "ill",
      status: "CANCELLED",
    });
    expect(seen).toBe("accepted");
    expect((await call(sim, "GET", `/v2/bookings/${String(first.data.uid)}`)).data.status).toBe("cancelled");
  });

  it("names who cancelled when a person did it in the UI", async () => {
    const first = await book(TYPE.single, at(9));
    await sim.control.cancel({ uid: String(first.data.uid), by: "attendee", reason: "no time" });
    expect(hook.received[1]?.payload).toMatchObject({
      cancelledBy: "guest@example.test",
      cancellationReason: "no time",
    });
  });

  it("sends REJECTED with milliseconds and Cal.com's field order", async () => {
    const first = await book(TYPE.confirmed, at(9));
    await post(first.data.uid, "decline", { reason: "full" });
    expect(Object.keys(hook.received[1]?.payload ?? {}).join(" ")).toBe(REJECTED_KEYS);
    expect(hook.received[1]?.payload.startTime).toBe(at(9));
  });

  it("sends MEETING_STARTED flat, with the booking's own createdAt, and unsigned when asked", async () => {
    const first = await book(TYPE.single, at(9));
    await sim.control.fireMeeting({ uid: String(first.data.uid), which: "STARTED" });
    await sim.control.fireMeeting({ uid: String(first.data.uid), which: "ENDED", unsigned: true });
    const [, started, ended] = hook.received;
    expect(started?.body).toMatchObject({
      triggerEvent: "MEETING_STARTED",
      uid: first.data.uid,
      createdAt: first.data.createdAt,
      creationSource: "API_V2",
      metadata: { operationId: expect.any(String) },
    });
    expect(started?.body).not.toHaveProperty("payload");
    expect(started?.headers["x-cal-signature-256"]).toMatch(/^[0-9a-f]{64}$/);
    expect(ended?.headers).not.toHaveProperty("x-cal-signature-256");
  });

  it("sends PING without a uid, and the literal no-secret-provided to a subscriber without a secret", async () => {
    const [known] = sim.control.catalogue().webhooks;
    sim.control.removeWebhook(known?.id ?? "");
    sim.control.putWebhook({ url: hook.url, scope: { userId: 1 } });
    expect(await sim.control.ping()).toBe(1);
    expect(hook.received[0]?.payload).toMatchObject({ type: "Test" });
    expect(hook.received[0]?.payload).not.toHaveProperty("uid");
    expect(hook.received[0]?.headers["x-cal-signature-256"]).toBe("no-secret-provided");
  });

  it("sends LOCATION_UPDATED and REASSIGNED when hosted and neither when self-hosted", async () => {
    sim.control.putWebhook({ url: hook.url, scope: { teamId: 50 } });
    const first = await book(TYPE.robin, at(9));
    const uid = String(first.data.uid);
    await sim.control.changeLocation({ uid, location: "Hauptstraße 1" });
    await sim.control.reassign({ uid });
    sim.control.set({ edition: "self-hosted" });
    await sim.control.reassign({ uid });
    expect(hook.triggers()).toEqual(["BOOKING_CREATED", "BOOKING_LOCATION_UPDATED", "BOOKING_REASSIGNED"]);
    expect(hook.received[1]?.payload).toMatchObject({
      location: "Hauptstraße 1",
      previousLocation: "integrations:daily",
    });
  });
});

describe("scope", () => {
  it("never fires a user's webhook for a team type, and fires once per registration", async () => {
    await book(TYPE.robin, at(9));
    expect(hook.received).toHaveLength(0);
    sim.control.putWebhook({ url: hook.url, scope: { teamId: 50 } });
    sim.control.putWebhook({ url: hook.url, scope: { eventTypeId: TYPE.robin } });
    await book(TYPE.robin, at(10));
    expect(hook.triggers()).toEqual(["BOOKING_CREATED", "BOOKING_CREATED"]);
  });

  it("manages subscriptions over the API, with a UUID as id and a 409 for a second one of the same URL", async () => {
    const body = {
      active: true,
      subscriberUrl: `${hook.url}/api`,
      triggers: ["BOOKING_CREATED"],
      secret: "x",
    };
    const path = "/v2/teams/50/event-types/2/webhooks";
    const made = await call(sim, "POST", path, body);
    expect(made.status).toBe(201);
    expect(made.data).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      secret: "x",
      eventTypeId: 2,
    });
    expect((await call(sim, "POST", path, body)).status).toBe(409);
    expect(
      (
        await call(sim, "POST", path, {
          ...body,
          subscriberUrl: `${hook.url}/b`,
          triggers: ["BOOKING_CONFIRMED"],
        })
      ).status,
    ).toBe(400);
    await book(TYPE.robin, at(9));
    expect(hook.triggers()).toEqual(["BOOKING_CREATED"]);
    expect((await call(sim, "DELETE", `${path}/${String(made.data.id)}`)).status).toBe(200);
    expect((await call(sim, "GET", path)).body.data).toEqual([]);
  });
});

describe("delivery", () => {
  it("sends before the answer by default, and after it on demand", async () => {
    let answered = false;
    const order: boolean[] = [];
    hook.before = async () => {
      order.push(answered);
    };
    await book(TYPE.single, at(9));
    answered = true;
    expect(order).toEqual([false]);
    sim.control.set({ webhookMode: "after-answer" });
    answered = false;
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    hook.before = () => gate;
    // A subscriber that never answers does not keep the caller waiting.
    expect((await book(TYPE.single, at(10))).status).toBe(201);
    await until(() => hook.received.length === 2, "the webhook after the answer");
    release();
  });

  it("never sends again after a 500 of the subscriber, and polling finds what was missed", async () => {
    hook.status = 500;
    const since = new Date(Date.now() - 1_000).toISOString();
    const first = await book(TYPE.single, at(9));
    expect(first.status).toBe(201);
    hook.status = 200;
    await book(TYPE.single, at(10), "b@x.test");
    expect(sim.control.deliveries().map((d) => [d.outcome, d.status])).toEqual([
      ["refused", 500],
      ["delivered", 200],
    ]);
    expect(hook.received).toHaveLength(2);
    const polled = await call(sim, "GET", `/v2/bookings?afterUpdatedAt=${since}&sortUpdatedAt=asc`);
    expect((polled.body.data as { uid: string }[])[0]?.uid).toBe(first.data.uid);
  });

  it("loses, duplicates with another createdAt, and delays on demand", async () => {
    sim.control.addWebhookRule({ mode: "lost" });
    await book(TYPE.single, at(9));
    expect(hook.received).toHaveLength(0);
    sim.control.addWebhookRule({ mode: "duplicated" });
    await book(TYPE.single, at(10));
    expect(hook.received).toHaveLength(2);
    expect(hook.received[0]?.payload).toEqual(hook.received[1]?.payload);
    expect(hook.received[0]?.body.createdAt).not.toBe(hook.received[1]?.body.createdAt);
    sim.control.addWebhookRule({ mode: "delayed", delayMs: 150 });
    const started = Date.now();
    await book(TYPE.single, at(11));
    await until(() => hook.received.length === 3, "the delayed webhook");
    expect((hook.received[2]?.at ?? 0) - started).toBeGreaterThanOrEqual(140);
  });

  it("holds webhooks and releases them in the order asked for", async () => {
    sim.control.set({ webhookMode: "held" });
    const first = await book(TYPE.single, at(9));
    await post(first.data.uid, "reschedule", { start: at(10) });
    expect(hook.received).toHaveLength(0);
    const ids = sim.control.heldDeliveries().map((delivery) => delivery.id);
    expect(await sim.control.release(ids.reverse())).toBe(2);
    expect(hook.triggers()).toEqual(["BOOKING_RESCHEDULED", "BOOKING_CREATED"]);
  });
});
