import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  BOOKING,
  failure,
  INPUT,
  LIVE,
  raw,
  reply,
  type Scripted,
  scripted,
} from "./fixtures/scripted-server.js";

let cal: Scripted;

beforeEach(async () => {
  cal = await scripted();
});

afterEach(() => cal.close());

describe("what comes back", () => {
  it("is a booking with empty texts as none and metadata as text", async () => {
    cal.handler = reply(BOOKING);
    expect(await cal.client.getBooking(cal.account, "uidSeven", LIVE)).toEqual({
      id: 7,
      uid: "uidSeven",
      status: "accepted",
      start: new Date("2031-03-04T09:00:00Z"),
      end: new Date("2031-03-04T09:30:00Z"),
      eventTypeId: 50,
      hosts: [{ id: 3, name: "Emma", email: "emma@salon.example" }],
      attendees: [
        { name: "Jörg", email: "joerg@example.org", phone: null, timeZone: "Europe/Berlin", absent: false },
      ],
      metadata: { operationId: "op-1", count: "3" },
      createdAt: new Date("2031-03-01T08:00:00Z"),
      updatedAt: null,
      rescheduledFromUid: null,
      rescheduledToUid: null,
      cancellationReason: null,
      absentHost: false,
    });
  });

  it("needs no more than ids, status and times", async () => {
    const { id, uid, status, start, end } = BOOKING;
    cal.handler = reply({ id, uid, status, start, end });
    expect(await cal.client.getBooking(cal.account, uid, LIVE)).toMatchObject({
      uid,
      hosts: [],
      attendees: [],
      metadata: {},
    });
  });

  it("ends by its length when its own end is not after its start, and is none without a length", async () => {
    const { start } = BOOKING;
    cal.handler = reply({ ...BOOKING, end: start, duration: 45 });
    expect(await cal.client.getBooking(cal.account, "uidSeven", LIVE)).toMatchObject({
      end: new Date("2031-03-04T09:45:00Z"),
    });
    cal.handler = reply({ ...BOOKING, end: start, duration: null });
    expect(await failure(cal.client.getBooking(cal.account, "uidSeven", LIVE))).toMatchObject({
      kind: "unavailable",
    });
  });

  it("is refused as unsupported when it is a series, which may have been made", async () => {
    cal.handler = reply([BOOKING, BOOKING], 201);
    expect(await failure(cal.client.createBooking(cal.account, INPUT, LIVE))).toMatchObject({
      kind: "unsupported",
      mayHaveHappened: true,
    });
    expect(await failure(cal.client.getBooking(cal.account, "group", LIVE))).toMatchObject({
      kind: "unsupported",
      mayHaveHappened: false,
    });
  });

  it.each([
    "",
    "<html>ok</html>",
    '{"status":"success","data":{"id":7',
    "{}",
    "null",
    '{"status":"error","data":{}}',
  ])("leaves a write in doubt and a read unavailable when it cannot be read: %j", async (body) => {
    cal.handler = raw(201, body);
    expect(await failure(cal.client.createBooking(cal.account, INPUT, LIVE))).toMatchObject({
      kind: "ambiguous",
      mayHaveHappened: true,
      status: 201,
    });
    expect(await failure(cal.client.getBooking(cal.account, "u", LIVE))).toMatchObject({
      kind: "unavailable",
      mayHaveHappened: false,
    });
  });

  it("may confirm a cancellation without showing the booking", async () => {
    cal.handler = reply({ done: true });
    expect(await cal.client.cancelBooking(cal.account, "u", "ill", LIVE)).toBeNull();
    cal.handler = reply({ ...BOOKING, status: "cancelled", cancellationReason: "ill" });
    expect(await cal.client.cancelBooking(cal.account, "u", "ill", LIVE)).toMatchObject({
      cancellationReason: "ill",
    });
    cal.handler = raw(200, "");
    expect(await failure(cal.client.cancelBooking(cal.account, "u", "ill", LIVE))).toMatchObject({
      kind: "ambiguous",
    });
  });

  it("names the new host after a reassignment", async () => {
    cal.handler = reply({ bookingUid: "u", reassignedTo: { id: 4, name: "Ali", email: "a@x.io" } });
    expect(await cal.client.reassignBooking(cal.account, "u", null, LIVE)).toEqual({ hostId: 4 });
  });

  it("is an event type of the team, or the user's own when the team has none of that id", async () => {
    const type = {
      id: 5,
      slug: "schnitt",
      title: "Schnitt",
      lengthInMinutes: 30,
      schedulingType: "roundRobin",
      teamId: 12,
      hosts: [{ userId: 3, name: "Emma" }],
      confirmationPolicy: { type: "always", disabled: false },
      recurrence: null,
      seats: { disabled: true },
      afterEventBuffer: 10,
      bookingWindow: [{ type: "businessDays", value: 30, rolling: true }],
      bookingFields: [
        { type: "name", isDefault: true, required: true, slug: "name" },
        { type: "text", slug: "haarlaenge", required: true },
        { type: "text", slug: "notes", required: false },
      ],
    };
    const notFound = '{"status":"error","error":{"code":"NotFoundException","message":"no"}}';
    cal.handler = (each, response) => {
      const found = each.path === "/v2/event-types/5";
      response.writeHead(found ? 200 : 404);
      response.end(found ? JSON.stringify({ status: "success", data: type }) : notFound);
    };
    expect(await cal.client.eventType({ ...cal.account, teamId: 12 }, 5, LIVE)).toMatchObject({
      id: 5,
      schedulingType: "roundRobin",
      hosts: [{ id: 3, name: "Emma" }],
      requiresConfirmation: true,
      recurring: false,
      seated: false,
      parentEventTypeId: null,
      bufferBeforeMinutes: 0,
      bufferAfterMinutes: 10,
      bookingWindowDays: 42,
      requiredFields: ["name", "haarlaenge"],
    });
    expect(cal.seen.map((each) => each.path)).toEqual(["/v2/teams/12/event-types/5", "/v2/event-types/5"]);
    expect(await failure(cal.client.eventType({ ...cal.account, teamId: 12 }, 6, LIVE))).toMatchObject({
      kind: "not_found",
    });
  });

  it("is a registered webhook without its secret", async () => {
    const id = "5d1c1c2e-0000-4000-8000-000000000000";
    const hook = {
      id,
      subscriberUrl: "https://x.io/h",
      active: true,
      triggers: ["BOOKING_CREATED"],
      secret: "s3cret",
    };
    cal.handler = reply([{ ...hook, payloadTemplate: "{}" }]);
    const scope = { kind: "team_event_type", teamId: 12, eventTypeId: 5 } as const;
    const listed = await cal.client.webhooks.list(cal.account, scope, LIVE);
    expect(listed).toEqual([
      {
        id,
        subscriberUrl: "https://x.io/h",
        active: true,
        triggers: ["BOOKING_CREATED"],
        hasSecret: true,
        hasTemplate: true,
      },
    ]);
    expect(cal.seen[0]?.path).toBe("/v2/teams/12/event-types/5/webhooks");
    cal.handler = reply(hook, 201);
    await cal.client.webhooks.create(
      cal.account,
      { kind: "user" },
      { subscriberUrl: "https://x.io/h", triggers: ["PING"], secret: "s" },
      LIVE,
    );
    expect(cal.seen[1]).toMatchObject({
      method: "POST",
      path: "/v2/webhooks",
      body: {
        active: true,
        subscriberUrl: "https://x.io/h",
        triggers: ["PING"],
        secret: "s",
        version: "2021-10-20",
      },
    });
    await cal.client.webhooks.delete(cal.account, { kind: "event_type", eventTypeId: 5 }, id, LIVE);
    expect(cal.seen[2]).toMatchObject({ method: "DELETE", path: `/v2/event-types/5/webhooks/${id}` });
  });
});

describe("slots", () => {
  const q = {
    eventTypeId: 50,
    start: new Date("2026-10-24T22:00:00Z"),
    end: new Date("2026-10-25T23:00:00Z"),
    timeZone: "Europe/Berlin",
  };

  it("are asked for with a day more on both sides, and cut to the window, sorted, each once", async () => {
    cal.handler = reply({
      "2026-10-26": [{ start: "2026-10-26T00:00:00.000+01:00", end: "2026-10-26T00:30:00.000+01:00" }],
      "2026-10-25": [
        { start: "2026-10-25T02:30:00.000+01:00", end: "2026-10-25T03:00:00.000+01:00" },
        { start: "2026-10-25T02:30:00.000+02:00", end: "2026-10-25T02:00:00.000+01:00" },
        { start: "2026-10-25T00:00:00.000+02:00", end: "2026-10-25T00:30:00.000+02:00" },
        { start: "2026-10-25T10:00:00.000+01:00", end: "2026-10-25T10:30:00.000+01:00", away: true },
        { start: "2026-10-25T11:00:00.000+01:00", end: "2026-10-25T11:30:00.000+01:00", seatsRemaining: 0 },
      ],
      "2026-10-24": [
        { start: "2026-10-25T00:00:00.000+02:00", end: "2026-10-25T00:30:00.000+02:00" },
        { start: "2026-10-24T23:30:00.000+02:00", end: "2026-10-25T00:00:00.000+02:00" },
      ],
    });
    const slots = await cal.client.slots(cal.account, q, LIVE);
    expect(slots.map((slot) => slot.start.toISOString())).toEqual([
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ]);
    expect(cal.seen[0]?.query).toMatchObject({
      start: "2026-10-23T22:00:00.000Z",
      end: "2026-10-26T23:00:00.000Z",
      timeZone: "Europe/Berlin",
      format: "range",
    });
  });

  it("take their length from the question when an old instance leaves the end out", async () => {
    cal.handler = reply({ "2026-10-25": [{ start: "2026-10-25T09:00:00Z" }] });
    const slots = await cal.client.slots(
      cal.account,
      { ...q, durationMinutes: 45, bookingUidToReschedule: "u-1" },
      LIVE,
    );
    expect(slots[0]?.end.toISOString()).toBe("2026-10-25T09:45:00.000Z");
    expect(cal.seen[0]?.query).toMatchObject({ duration: "45", bookingUidToReschedule: "u-1" });
    expect(await failure(cal.client.slots(cal.account, q, LIVE))).toMatchObject({ kind: "unavailable" });
  });

  it("of an empty window are none, without a request", async () => {
    expect(await cal.client.slots(cal.account, { ...q, end: q.start }, LIVE)).toEqual([]);
    expect(cal.seen).toEqual([]);
  });
});

describe("logs", () => {
  it("name route, kind and request id, and no key, uid, address or text of Cal.com", async () => {
    cal.handler = raw(
      400,
      '{"status":"error","path":"/v2/bookings/sEcretUid","error":{"code":"BadRequestException","message":"uid=sEcretUid a@b.example"}}',
      { "x-request-id": "req-9" },
    );
    await failure(cal.client.cancelBooking(cal.account, "sEcretUid", "because of Anna", LIVE));
    await failure(cal.client.listBookings(cal.account, { attendeeEmail: "anna@b.example" }, LIVE));
    await failure(cal.client.createBooking(cal.account, INPUT, LIVE));
    expect(cal.logged).toHaveLength(3);
    expect(cal.logged[0]).toContain("POST /bookings/:uid/cancel");
    expect(cal.logged[0]).toContain("req-9");
    expect(cal.logged.join()).not.toMatch(/sEcretUid|cal_live|@|Anna|anna|Jörg|127\.0/);
  });
});
