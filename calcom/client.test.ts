import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyHash } from "./api.js";
import type { CalcomClient } from "./client.js";
import { createCalcomClient } from "./create-client.js";
import {
  BOOKING,
  failure,
  INPUT,
  LIVE,
  reply,
  type Scripted,
  type Seen,
  scripted,
} from "./fixtures/scripted-server.js";
import { createMemoryBudget } from "./memory-budget.js";

let cal: Scripted;

beforeEach(async () => {
  cal = await scripted();
});

afterEach(() => cal.close());

describe("what goes over the wire", () => {
  it("is a booking in UTC with a lower-case address, a language that Cal.com knows and our metadata", async () => {
    cal.handler = reply(BOOKING, 201);
    await cal.client.createBooking(cal.account, { ...INPUT, lengthInMinutes: 30 }, LIVE);
    expect(cal.seen).toEqual([
      {
        method: "POST",
        path: "/v2/bookings",
        query: {},
        version: "2024-08-13",
        key: "Bearer cal_live_one",
        body: {
          start: "2031-03-04T09:00:00.000Z",
          eventTypeId: 50,
          attendee: {
            name: "Jörg O'Neill",
            timeZone: "Europe/Berlin",
            email: "joerg@example.org",
            language: "de",
          },
          metadata: { operationId: "op-1" },
          lengthInMinutes: 30,
        },
      },
    ]);
  });

  it("may be a booking for somebody who gave only a phone number", async () => {
    cal.handler = reply({ ...BOOKING, attendees: [{ name: "J", email: "4915112345678@sms.cal.com" }] }, 201);
    const attendee = { ...INPUT.attendee, email: null, phone: "+4915112345678", language: "tlh" };
    const booking = await cal.client.createBooking(cal.account, { ...INPUT, attendee }, LIVE);
    expect(cal.seen[0]?.body).toMatchObject({
      attendee: { name: "Jörg O'Neill", timeZone: "Europe/Berlin", phoneNumber: "+4915112345678" },
    });
    expect(JSON.stringify(cal.seen[0]?.body)).not.toMatch(/"email"|"language"/);
    expect(booking.attendees).toEqual([
      { name: "J", email: null, phone: "+4915112345678", timeZone: "UTC", absent: false },
    ]);
  });

  it("has the version of its endpoint in every call, and only parameters that the endpoint knows", async () => {
    const calls: [string, (c: CalcomClient) => Promise<unknown>, Partial<Seen>][] = [
      [
        "get",
        (c) => c.getBooking(cal.account, "u-1", LIVE),
        { method: "GET", path: "/v2/bookings/u-1", version: "2024-08-13" },
      ],
      [
        "reschedule",
        (c) =>
          c.rescheduleBooking(
            cal.account,
            "u-1",
            { start: INPUT.start, reason: "later", rescheduledBy: "Emma@salon.example" },
            LIVE,
          ),
        {
          method: "POST",
          path: "/v2/bookings/u-1/reschedule",
          version: "2024-08-13",
          body: {
            start: "2031-03-04T09:00:00.000Z",
            reschedulingReason: "later",
            rescheduledBy: "emma@salon.example",
          },
        },
      ],
      [
        "cancel",
        (c) => c.cancelBooking(cal.account, "u-1", "ill", LIVE),
        {
          method: "POST",
          path: "/v2/bookings/u-1/cancel",
          version: "2024-08-13",
          body: { cancellationReason: "ill" },
        },
      ],
      [
        "confirm",
        (c) => c.confirmBooking(cal.account, "u-1", LIVE),
        { method: "POST", path: "/v2/bookings/u-1/confirm", version: "2024-08-13", body: null },
      ],
      [
        "decline",
        (c) => c.declineBooking(cal.account, "u-1", "full", LIVE),
        { method: "POST", path: "/v2/bookings/u-1/decline", version: "2024-08-13", body: { reason: "full" } },
      ],
      [
        "reassign",
        (c) => c.reassignBooking(cal.account, "u-1", 9, LIVE),
        { method: "POST", path: "/v2/bookings/u-1/reassign/9", version: "2024-08-13" },
      ],
      [
        "reassign to anyone",
        (c) => c.reassignBooking(cal.account, "u-1", null, LIVE),
        { method: "POST", path: "/v2/bookings/u-1/reassign", version: "2024-08-13" },
      ],
    ];
    for (const [name, call, expected] of calls) {
      cal.handler = reply(BOOKING);
      await call(cal.client);
      expect(cal.seen.at(-1), name).toMatchObject(expected);
    }
    cal.handler = reply({});
    const window = { start: new Date("2031-03-04T00:00:00Z"), end: new Date("2031-03-05T00:00:00Z") };
    await cal.client.slots(cal.account, { eventTypeId: 50, ...window, timeZone: "Europe/Berlin" }, LIVE);
    expect(cal.seen.at(-1)).toMatchObject({ path: "/v2/slots", version: "2024-09-04" });
    expect(Object.keys(cal.seen.at(-1)?.query ?? {}).sort()).toEqual([
      "end",
      "eventTypeId",
      "format",
      "start",
      "timeZone",
    ]);
    cal.handler = reply([]);
    await cal.client.personalEventTypes(cal.account, LIVE);
    expect(cal.seen.at(-1)).toMatchObject({ path: "/v2/event-types", version: "2024-06-14" });
    await cal.client.teamEventTypes({ ...cal.account, teamId: 12 }, LIVE);
    expect(cal.seen.at(-1)).toMatchObject({ path: "/v2/teams/12/event-types", version: "2024-06-14" });
    await cal.client.teams(cal.account, LIVE);
    expect(cal.seen.at(-1)).toMatchObject({ path: "/v2/teams", method: "GET" });
    cal.handler = reply({ id: 1, email: "Me@x.io", username: "me", timeZone: "UTC", organizationId: null });
    expect(await cal.client.me(cal.account, LIVE)).toEqual({
      id: 1,
      email: "me@x.io",
      username: "me",
      timeZone: "UTC",
      organizationId: null,
    });
  });

  it("takes versions that an installation overrides", async () => {
    const other = createCalcomClient({
      budget: createMemoryBudget(),
      timeouts: { writeMs: 5_000, readMs: 5_000 },
      breaker: { openMs: 60_000 },
      requestsPerMinute: 100,
      versions: { bookings: "2026-02-25" },
    });
    cal.handler = reply(BOOKING);
    await other.getBooking(cal.account, "u-1", LIVE);
    await other.close();
    expect(cal.seen[0]?.version).toBe("2026-02-25");
  });

  it("goes to the prefix of a self-hosted instance, with or without a slash at its end", async () => {
    cal.handler = reply(BOOKING);
    for (const baseUrl of [
      `${cal.origin}/cal/api/v2`,
      `${cal.origin}/cal/api/v2/`,
      ` ${cal.origin}/cal/api/v2// `,
    ])
      await cal.client.getBooking({ ...cal.account, baseUrl }, "u-1", LIVE);
    expect(cal.seen.map((each) => each.path)).toEqual(Array(3).fill("/cal/api/v2/bookings/u-1"));
  });

  it("carries the key of the company that calls, never another's", async () => {
    cal.handler = reply(BOOKING);
    const second = { ...cal.account, companyId: "c2", apiKey: "cal_live_two" };
    await Promise.all([
      cal.client.getBooking(cal.account, "u-1", LIVE),
      cal.client.getBooking(second, "u-2", LIVE),
      cal.client.getBooking(cal.account, "u-3", LIVE),
    ]);
    const keys = Object.fromEntries(cal.seen.map((each) => [each.path, each.key]));
    expect(keys).toEqual({
      "/v2/bookings/u-1": "Bearer cal_live_one",
      "/v2/bookings/u-2": "Bearer cal_live_two",
      "/v2/bookings/u-3": "Bearer cal_live_one",
    });
    expect(keyHash(cal.account)).not.toBe(keyHash(second));
    expect(keyHash(cal.account)).toBe(
      keyHash({ ...cal.account, companyId: "other", baseUrl: `${cal.origin}/v2/` }),
    );
    expect(keyHash(cal.account)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("input that Cal.com would stumble over", () => {
  const attendee = INPUT.attendee;
  const cases: [string, object, string][] = [
    [
      "no way to reach the attendee",
      { attendee: { ...attendee, email: " ", phone: null } },
      "attendee.email",
    ],
    [
      "an unresolved variable as number",
      { attendee: { ...attendee, phone: "{{user_number}}" } },
      "attendee.phone",
    ],
    ["a number without country", { attendee: { ...attendee, phone: "0151 1234567" } }, "attendee.phone"],
    ["a malformed address", { attendee: { ...attendee, email: "joerg@" } }, "attendee.email"],
    ["no name", { attendee: { ...attendee, name: " " } }, "attendee.name"],
    ["an unknown zone", { attendee: { ...attendee, timeZone: "Europe/Bonn" } }, "attendee.timeZone"],
    ["an invalid start", { start: new Date("x") }, "start"],
    ["a fraction of an id", { eventTypeId: 1.5 }, "eventTypeId"],
    ["a length of nothing", { lengthInMinutes: 0 }, "lengthInMinutes"],
    [
      "too much metadata",
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, "v"])) },
      "metadata",
    ],
    ["a long key", { metadata: { ["k".repeat(41)]: "v" } }, "metadata"],
    ["a long value", { metadata: { k: "v".repeat(501) } }, "metadata"],
  ];

  it.each(cases)("is refused without a request: %s", async (_, change, field) => {
    const error = await failure(cal.client.createBooking(cal.account, { ...INPUT, ...change }, LIVE));
    expect(error).toMatchObject({ kind: "invalid", field, mayHaveHappened: false, status: null });
    expect(cal.seen).toEqual([]);
  });

  it.each(["..", "../me", "a/b", "", "a?b", "a%2Fb"])(
    "cannot reach another endpoint by a uid: %j",
    async (uid) => {
      expect(await failure(cal.client.cancelBooking(cal.account, uid, "x", LIVE))).toMatchObject({
        kind: "invalid",
        field: "uid",
      });
      expect(cal.seen).toEqual([]);
    },
  );

  it("asks for a reason to cancel, a usable key and an http address", async () => {
    expect(await failure(cal.client.cancelBooking(cal.account, "u", " ", LIVE))).toMatchObject({
      kind: "missing_field",
    });
    expect(await failure(cal.client.me({ ...cal.account, apiKey: "" }, LIVE))).toMatchObject({
      kind: "unauthorized",
    });
    expect(await failure(cal.client.me({ ...cal.account, apiKey: "a\r\nb: c" }, LIVE))).toMatchObject({
      kind: "unauthorized",
    });
    expect(await failure(cal.client.me({ ...cal.account, baseUrl: "ftp://x" }, LIVE))).toMatchObject({
      field: "baseUrl",
    });
    expect(cal.seen).toEqual([]);
  });
});
