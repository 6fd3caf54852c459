import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Simulator } from "./simulator.js";
import { at, bookingBody, call, startSalon, TYPE } from "./test-rig.js";

let sim: Simulator;
beforeAll(async () => {
  sim = await startSalon();
});
afterAll(() => sim.close());
beforeEach(() => sim.control.reset("bookings"));

describe("routing by cal-api-version", () => {
  it.each(["", "2024-04-15", "2024-09-04", "2030-01-01"])(
    "has no POST /v2/bookings under version '%s'",
    async (version) => {
      const reply = await call(sim, "POST", "/v2/bookings", bookingBody(TYPE.single, at(9)), {
        "cal-api-version": version,
      });
      expect(reply.status).toBe(404);
      expect(reply.message).toBe("Cannot POST /v2/bookings");
      expect(sim.control.bookings()).toHaveLength(0);
    },
  );

  it("serves me, teams and webhooks under any version or none", async () => {
    for (const path of ["/v2/me", "/v2/teams", "/v2/webhooks", "/v2/teams/50/event-types"]) {
      for (const version of ["", "2024-08-13", "nonsense"]) {
        expect((await call(sim, "GET", path, undefined, { "cal-api-version": version })).status).toBe(200);
      }
    }
  });

  it("keeps slots on 2024-09-04 and personal event types on 2024-06-14", async () => {
    const slots = `/v2/slots?eventTypeId=1&start=${at(0)}&end=${at(5)}`;
    expect((await call(sim, "GET", slots)).status).toBe(200);
    expect((await call(sim, "GET", slots, undefined, { "cal-api-version": "2024-08-13" })).status).toBe(404);
    expect((await call(sim, "GET", "/v2/event-types")).status).toBe(200);
    expect(
      (await call(sim, "GET", "/v2/event-types", undefined, { "cal-api-version": "2024-08-13" })).status,
    ).toBe(404);
  });

  it("knows the versions of 2026 when hosted and not when self-hosted", async () => {
    const newer = { "cal-api-version": "2026-02-25" };
    const body = bookingBody(TYPE.single, at(9), "a@b.test", { allowConflicts: true });
    expect((await call(sim, "POST", "/v2/bookings", body, newer)).status).toBe(201);
    sim.control.set({ edition: "self-hosted" });
    expect((await call(sim, "POST", "/v2/bookings", body, newer)).status).toBe(404);
  });

  it("pages the list of 2026-05-01 by cursor", async () => {
    for (const hour of [1, 2, 3]) await call(sim, "POST", "/v2/bookings", bookingBody(TYPE.single, at(hour)));
    const seen = new Set<unknown>();
    let cursor = "";
    for (let i = 0; i < 3; i++) {
      const path = `/v2/bookings?limit=1${cursor && `&cursor=${cursor}`}`;
      const reply = await call(sim, "GET", path, undefined, { "cal-api-version": "2026-05-01" });
      const pagination = { ...(reply.body.pagination as { nextCursor: string | null; hasMore: boolean }) };
      for (const item of reply.body.data as { uid: string }[]) seen.add(item.uid);
      expect(pagination.hasMore).toBe(i < 2);
      cursor = pagination.nextCursor ?? "";
    }
    expect(seen.size).toBe(3);
  });
});

describe("strict bodies", () => {
  const base = bookingBody(TYPE.single, at(9));
  const cases: [string, object, string][] = [
    [
      "an unknown field",
      { idempotencyKey: "x" },
      "idempotencyKey property is wrong,property idempotencyKey should not exist ",
    ],
    [
      "a field of a newer version",
      { allowConflicts: true },
      "allowConflicts property is wrong,property allowConflicts should not exist ",
    ],
    [
      "a start that is no instant",
      { start: "tomorrow" },
      "start property is wrong,start must be a valid ISO 8601 date string ",
    ],
    [
      "a missing start",
      { start: undefined },
      "start property is wrong,start must be a valid ISO 8601 date string ",
    ],
    [
      "a text as event type id",
      { eventTypeId: "1" },
      "eventTypeId property is wrong,eventTypeId must be an integer number ",
    ],
    [
      "no attendee",
      { attendee: undefined },
      "attendee property is wrong,attendee should not be null or undefined ",
    ],
    [
      "an attendee without e-mail and phone",
      { attendee: { name: "A", timeZone: "Europe/Berlin" } },
      "attendee property is wrong, attendee email or phone property is wrong,Attendee must have at least one contact method (email or phone number) ",
    ],
    [
      "an unknown zone",
      { attendee: { name: "A", email: "a@b.test", timeZone: "Berlin" } },
      "attendee property is wrong, timeZone property is wrong,timeZone must be a valid IANA time-zone ",
    ],
    [
      "a metadata value of 501 characters",
      { metadata: { a: "x".repeat(501) } },
      "metadata property is wrong,Metadata must have at most 50 keys, each key up to 40 characters, and string values up to 500 characters. ",
    ],
    [
      "nested metadata",
      { metadata: { a: { b: "c" } } },
      "metadata property is wrong,Metadata must have at most 50 keys, each key up to 40 characters, and string values up to 500 characters. ",
    ],
    [
      "a length that is text",
      { lengthInMinutes: "x" },
      "lengthInMinutes property is wrong,lengthInMinutes must not be less than 1, lengthInMinutes must be an integer number ",
    ],
    [
      "no event type",
      { eventTypeId: undefined },
      "eventTypeId or eventTypeSlug + username property is wrong,Either eventTypeId or eventTypeSlug + username or eventTypeSlug + teamSlug must be provided ",
    ],
  ];
  it.each(cases)("refuses %s on create with Cal.com's text", async (_, change, text) => {
    const reply = await call(sim, "POST", "/v2/bookings", { ...base, ...change });
    expect(reply.status).toBe(400);
    expect(reply.body.error).toEqual({
      code: "BadRequestException",
      message: text,
      details: { message: text, error: "Bad Request", statusCode: 400 },
    });
  });

  it("refuses a language that is not in its list", async () => {
    const attendee = { ...base.attendee, language: "it-IT" };
    const reply = await call(sim, "POST", "/v2/bookings", { ...base, attendee });
    expect(reply.message).toMatch(
      /^attendee property is wrong, language property is wrong,language must be one of .* bn $/,
    );
  });

  it("refuses unknown fields on reschedule and cancel, and a cancel without a body", async () => {
    const { data } = await call(sim, "POST", "/v2/bookings", base);
    const path = `/v2/bookings/${String(data.uid)}`;
    const move = await call(sim, "POST", `${path}/reschedule`, { start: at(10), rescheduleReason: "x" });
    expect(move.message).toBe(
      "rescheduleReason property is wrong,property rescheduleReason should not exist ",
    );
    const cancel = await call(sim, "POST", `${path}/cancel`, { reason: "x" });
    expect(cancel.message).toBe("reason property is wrong,property reason should not exist ");
    expect((await call(sim, "POST", `${path}/cancel`)).message).toBe("Body is required");
  });

  it("answers the slots query in Cal.com's words", async () => {
    const query = async (text: string) => (await call(sim, "GET", `/v2/slots?${text}`)).message;
    const range = `start=${at(0)}&end=${at(5)}`;
    expect(await query(`eventTypeId=1&startTime=${at(0)}&endTime=${at(1)}`)).toBe(
      "startTime property is wrong,property startTime should not exist , endTime property is wrong,property endTime should not exist , start property is wrong,start must be a valid ISO 8601 date string , end property is wrong,end must be a valid ISO 8601 date string ",
    );
    expect(await query(`eventTypeId=x&${range}`)).toBe(
      "eventTypeId property is wrong,eventTypeId must be a number conforming to the specified constraints ",
    );
    expect(await query(`eventTypeSlug=cut&${range}`)).toBe(
      "eventTypeSlug property is wrong,property eventTypeSlug should not exist , usernames property is wrong,each value in usernames must be a string, The array must contain at least 2 elements., usernames must be an array , organizationSlug property is wrong,organizationSlug must be a string ",
    );
    expect(await query(`eventTypeId=1&${range}&format=x`)).toBe(
      "format property is wrong,slotFormat must be either 'range' or 'time' ",
    );
  });

  it("drops unknown parameters of the list in silence", async () => {
    await call(sim, "POST", "/v2/bookings", base);
    const reply = await call(sim, "GET", "/v2/bookings?teamIds=99&metadata[operationId]=other");
    expect(reply.body.data).toHaveLength(1);
  });
});

describe("the three error envelopes", () => {
  it("sends Nest's envelope with the class name and details", async () => {
    const reply = await call(sim, "GET", "/v2/bookings/nobody");
    expect(reply.body).toMatchObject({ status: "error", path: "/v2/bookings/nobody" });
    expect(reply.body.error).toEqual({
      code: "NotFoundException",
      message: "Booking with uid=nobody was not found in the database",
      details: {
        message: "Booking with uid=nobody was not found in the database",
        error: "Not Found",
        statusCode: 404,
      },
    });
  });

  it("sends BAD_REQUEST without details for a missing required question", async () => {
    const reply = await call(sim, "POST", "/v2/bookings", bookingBody(TYPE.titled, at(9)));
    expect(reply.status).toBe(400);
    expect(reply.body.error).toEqual({
      code: "BAD_REQUEST",
      message: "responses - {title}error_required_field, ",
    });
    const named = bookingBody(TYPE.titled, at(9), "a@b.test", { bookingFieldsResponses: { title: "Cut" } });
    expect((await call(sim, "POST", "/v2/bookings", named)).status).toBe(201);
  });

  it.each([
    ["c", 409, "booking_conflict_error", { statusCode: 409, message: "booking_conflict_error" }],
    ["c", 500, "Internal server error", { statusCode: 500, message: "Internal server error" }],
  ] as const)("sends envelope %s raw with %i on demand", async (envelope, code, message, body) => {
    sim.control.addFault({
      match: { operation: "create" },
      effect: { kind: "status", code, envelope, message },
    });
    const reply = await call(sim, "POST", "/v2/bookings", bookingBody(TYPE.single, at(9)));
    expect(reply.status).toBe(code);
    expect(reply.body).toEqual(body);
    expect(sim.control.bookings()).toHaveLength(0);
  });

  it("can answer HTML, nothing, and half a body", async () => {
    for (const envelope of ["html", "empty", "truncated"] as const) {
      sim.control.addFault({ effect: { kind: "status", code: 502, envelope } });
    }
    const texts: string[] = [];
    for (let i = 0; i < 3; i++) texts.push((await call(sim, "GET", "/v2/me")).text);
    expect(texts[0]).toContain("<html>");
    expect(texts[1]).toBe("");
    expect(() => JSON.parse(texts[2] ?? "")).toThrow(SyntaxError);
  });

  it("tells an unknown, an expired and a missing key apart", async () => {
    const message = async (authorization: string) =>
      (await call(sim, "GET", "/v2/me", undefined, { authorization })).message;
    expect(await message("Bearer cal_wrong")).toBe("ApiAuthStrategy - api key - Your api key is not valid");
    expect(await message("Bearer cal_expired")).toBe("ApiAuthStrategy - api key - Your api key is expired");
    expect((await call(sim, "GET", "/v2/me", undefined, { authorization: "" })).status).toBe(401);
  });
});
