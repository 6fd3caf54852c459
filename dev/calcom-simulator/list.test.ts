import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clockChange, nextDay } from "../../test/support/calendar.js";
import type { Simulator } from "./simulator.js";
import { at, bookingBody, call, startSalon, TYPE } from "./test-rig.js";

/** The fifth of the next July. */
const SUMMER = nextDay(2, (day) => day.month === 7 && day.day === 5).toISODate();

let sim: Simulator;
beforeAll(async () => {
  sim = await startSalon();
});
afterAll(() => sim.close());
beforeEach(() => sim.control.reset("bookings"));

const book = async (type: number, start: string, email?: string): Promise<string> =>
  String((await call(sim, "POST", "/v2/bookings", bookingBody(type, start, email))).data.uid);
const uids = async (query: string, key = "cal_owner"): Promise<string[]> => {
  const reply = await call(sim, "GET", `/v2/bookings?${query}`, undefined, {
    authorization: `Bearer ${key}`,
  });
  return (reply.body.data as { uid: string }[]).map((item) => item.uid);
};

describe("filters of GET /v2/bookings", () => {
  it("compares the attendee's e-mail exactly and case-sensitively", async () => {
    const uid = await book(TYPE.single, at(9), "Guest@x.test");
    expect(await uids("attendeeEmail=Guest@x.test")).toEqual([uid]);
    expect(await uids("attendeeEmail=guest@x.test")).toEqual([]);
    expect(await uids("attendeeEmail=%20Guest@x.test%20")).toEqual([uid]);
  });

  it("includes both bounds", async () => {
    const uid = await book(TYPE.single, at(9));
    await book(TYPE.single, at(11));
    expect(await uids(`afterStart=${at(9)}&beforeEnd=${at(9.5)}`)).toEqual([uid]);
    expect(await uids(`beforeEnd=${new Date(Date.parse(at(9.5)) - 1).toISOString()}`)).toEqual([]);
    expect(await uids(`afterStart=${new Date(Date.parse(at(11)) + 1).toISOString()}`)).toEqual([]);
  });

  it("gives each status Cal.com's meaning", async () => {
    const accepted = await book(TYPE.single, at(9));
    const pending = await book(TYPE.confirmed, at(10));
    const declined = await book(TYPE.confirmed, at(11));
    await call(sim, "POST", `/v2/bookings/${declined}/decline`, {});
    const cancelled = await book(TYPE.single, at(12));
    await call(sim, "POST", `/v2/bookings/${cancelled}/cancel`, { cancellationReason: "x" });
    const past = (
      await sim.control.book({
        eventTypeId: TYPE.single,
        start: "2024-01-10T10:00:00Z",
        name: "P",
        email: "p@x.test",
        force: true,
      })
    ).uid;
    expect(await uids("status=upcoming")).toEqual([accepted, pending]);
    expect(await uids("status=unconfirmed")).toEqual([pending]);
    expect(await uids("status=cancelled")).toEqual([declined, cancelled]);
    expect(await uids("status=past")).toEqual([past]);
    expect(await uids("status=past,unconfirmed")).toEqual([past, pending]);
    expect(await uids("")).toHaveLength(5);
    const wrong = await call(sim, "GET", "/v2/bookings?status=accepted");
    expect([wrong.status, wrong.message]).toEqual([400, "Bad Request Exception"]);
    expect(wrong.text).toContain(
      "Invalid status. Allowed are upcoming, recurring, past, cancelled, unconfirmed",
    );
  });

  it("takes at most 250 and tells the page", async () => {
    const all: string[] = [];
    for (let i = 0; i < 5; i++) all.push(await book(TYPE.single, at(i)));
    const reply = await call(sim, "GET", "/v2/bookings?take=2&skip=2&sortStart=asc");
    expect((reply.body.data as { uid: string }[]).map((item) => item.uid)).toEqual(all.slice(2, 4));
    expect(reply.body.pagination).toEqual({
      returnedItems: 2,
      totalItems: 5,
      itemsPerPage: 2,
      remainingItems: 1,
      currentPage: 2,
      totalPages: 3,
      hasNextPage: true,
      hasPreviousPage: true,
    });
    const tooMany = await call(sim, "GET", "/v2/bookings?take=500");
    expect(tooMany.status).toBe(400);
    expect(tooMany.body.error).toMatchObject({
      message: "Bad Request Exception",
      details: {
        errors: [{ property: "take", value: 500, constraints: { max: "take must not be greater than 250" } }],
      },
    });
  });

  it("finds what changed since a watermark, oldest change first", async () => {
    const first = await book(TYPE.single, at(9));
    const second = await book(TYPE.single, at(10));
    const mark = new Date(Date.now() + 1).toISOString();
    while (Date.now() <= Date.parse(mark));
    const cancelled = await sim.control.cancel({ uid: second });
    while (Date.now() <= Date.parse(cancelled.updatedAt));
    await sim.control.changeLocation({ uid: first, location: "here" });
    expect(await uids(`afterUpdatedAt=${mark}&sortUpdatedAt=asc`)).toEqual([second, first]);
  });
});

describe("visibility", () => {
  it("shows a key the bookings that its user hosts, attends or administers", async () => {
    const emma = await book(TYPE.single, at(9));
    const robin = [await book(TYPE.robin, at(11), "a@x.test"), await book(TYPE.robin, at(11), "b@x.test")];
    const attending = await book(TYPE.single, at(12), "olga@other.test");
    expect(await uids("")).toEqual([emma, ...robin, attending]);
    const finn = sim.control.bookings().filter((row) => row.hostIds.includes(2));
    expect(await uids("", "cal_member")).toEqual(finn.map((row) => row.uid));
    expect(finn).toHaveLength(1);
    expect(await uids("", "cal_stranger")).toEqual([attending]);
    expect((await call(sim, "GET", `/v2/bookings/${emma}`, undefined, { authorization: "" })).status).toBe(
      200,
    );
  });
});

describe("slots", () => {
  const slots = async (query: string) => {
    const { data } = await call(sim, "GET", `/v2/slots?${query}`, undefined, { authorization: "" });
    return data as Record<string, { start: string; end?: string }[]>;
  };
  const shop = (hours: string[]) =>
    Object.fromEntries(
      (["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const).map((day) => [day, hours]),
    );

  it("are keyed by the day in the zone asked for, with its offset, and shift after a booking", async () => {
    sim.control.seed({
      hosts: [
        {
          id: 9,
          name: "Nine",
          email: "nine@x.test",
          timeZone: "Europe/Berlin",
          workingHours: shop(["09:00-12:00"]),
        },
      ],
      eventTypes: [{ id: 90, title: "Perm", lengthInMinutes: 60, ownerId: 9 }],
    });
    const query = `eventTypeId=90&start=${SUMMER}&end=${SUMMER}&timeZone=Europe/Berlin`;
    expect(await slots(query)).toEqual({
      [SUMMER]: [9, 10, 11].map((hour) => ({
        start: `${SUMMER}T${String(hour).padStart(2, "0")}:00:00.000+02:00`,
      })),
    });
    await book(90, `${SUMMER}T08:00:00Z`);
    expect((await slots(`${query}&format=range`))[SUMMER]).toEqual([
      { start: `${SUMMER}T09:00:00.000+02:00`, end: `${SUMMER}T10:00:00.000+02:00` },
      { start: `${SUMMER}T11:00:00.000+02:00`, end: `${SUMMER}T12:00:00.000+02:00` },
    ]);
    expect(await slots(`eventTypeId=90&start=${SUMMER}&end=${SUMMER}`)).toHaveProperty(
      `${SUMMER}.0.start`,
      `${SUMMER}T07:00:00.000Z`,
    );
  });

  it("free the slot of the booking that is to be moved", async () => {
    const uid = await book(90, `${SUMMER}T07:00:00Z`);
    const query = `eventTypeId=90&start=${SUMMER}&end=${SUMMER}`;
    expect((await slots(query))[SUMMER]).toHaveLength(2);
    expect((await slots(`${query}&bookingUidToReschedule=${uid}`))[SUMMER]).toHaveLength(3);
  });

  it("are hidden by a reservation that POST /bookings does not care about", async () => {
    const body = { eventTypeId: 90, slotStart: `${SUMMER}T07:00:00Z` };
    const reserved = await call(sim, "POST", "/v2/slots/reservations", body);
    expect(reserved.status).toBe(201);
    expect(reserved.data).toMatchObject({ slotDuration: 60, reservationDuration: 5 });
    const query = `eventTypeId=90&start=${SUMMER}&end=${SUMMER}`;
    expect((await slots(query))[SUMMER]).toHaveLength(2);
    expect((await call(sim, "POST", "/v2/slots/reservations", body)).status).toBe(422);
    expect(
      (await call(sim, "DELETE", `/v2/slots/reservations/${String(reserved.data.reservationUid)}`)).status,
    ).toBe(200);
    expect((await slots(query))[SUMMER]).toHaveLength(3);
  });

  it("skip the hour that the spring night leaves out and give the autumn night's hour twice", async () => {
    sim.control.seed({
      hosts: [
        {
          id: 8,
          name: "Night",
          email: "n@x.test",
          timeZone: "Europe/Berlin",
          workingHours: shop(["00:00-05:00"]),
        },
      ],
      eventTypes: [{ id: 80, title: "Night", lengthInMinutes: 30, ownerId: 8 }],
    });
    const starts = async (day: string) =>
      (
        (await slots(`eventTypeId=80&start=${day}T00:00:00%2B01:00&end=${day}&timeZone=Europe/Berlin`))[
          day
        ] ?? []
      ).map((s) => s.start.slice(11, 16) + s.start.slice(23));
    const spring = await starts(clockChange("spring"));
    expect(spring).toHaveLength(8);
    expect(spring).not.toContain("02:30+01:00");
    expect(spring).not.toContain("02:30+02:00");
    const autumn = await starts(clockChange("autumn"));
    expect(autumn).toContain("02:30+02:00");
    expect(autumn).toContain("02:30+01:00");
  });

  it("are empty for a managed parent and unknown for a type that is not there", async () => {
    expect(await slots(`eventTypeId=${TYPE.managed}&start=${at(0)}&end=${at(9)}`)).toEqual({});
    expect((await call(sim, "GET", `/v2/slots?eventTypeId=999&start=${at(0)}&end=${at(9)}`)).status).toBe(
      404,
    );
  });
});
