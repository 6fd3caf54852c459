import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BEGAN, clockChange, nextDay } from "../support/calendar.js";
import { type Answer, closeSalons, type Salon, startSalon, until } from "../support/salon.js";

const SPRING = clockChange("spring");
const AUTUMN = clockChange("autumn");
const YEAR = BEGAN.year + 1;

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon({
    document: (base) => ({
      ...base,
      services: base.services.map((service) => ({ ...service, maximumDaysAhead: 1_500 })),
    }),
  });
});
afterAll(closeSalons);

async function booked(start: string): Promise<Answer["body"]> {
  const answer = await salon.book({ start });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

/** What stands in Cal.com, as instants. */
function remote(body: Answer["body"]): { start: string; end: string } | undefined {
  const there = salon.calcom.control.booking(body.phases[0].calcomUid);
  return there && { start: there.start, end: there.end };
}

describe("a booking in a night in which the clocks change", () => {
  it("is at the first or at the second 02:30, as its offset says: two slots, thirty real minutes each.", async () => {
    const summer = await booked(`${AUTUMN}T02:30:00+02:00`);
    const winter = await booked(`${AUTUMN}T02:30:00+01:00`);
    expect(summer).toMatchObject({ start: `${AUTUMN}T02:30:00+02:00`, end: `${AUTUMN}T02:00:00+01:00` });
    expect(winter).toMatchObject({ start: `${AUTUMN}T02:30:00+01:00`, end: `${AUTUMN}T03:00:00+01:00` });
    expect(remote(summer)).toEqual({ start: `${AUTUMN}T00:30:00.000Z`, end: `${AUTUMN}T01:00:00.000Z` });
    expect(remote(winter)).toEqual({ start: `${AUTUMN}T01:30:00.000Z`, end: `${AUTUMN}T02:00:00.000Z` });
    // The same instant in another offset is the same slot.
    const again = await salon.book({ start: `${AUTUMN}T00:30:00Z` });
    expect(again.status).toBe(409);
    // What is offered instead carries the offset that each instant has.
    for (const slot of again.body.alternatives)
      expect(Date.parse(slot.end) - Date.parse(slot.start)).toBe(30 * 60_000);
  });

  it("is refused without an offset, for which 02:30 cannot be known.", async () => {
    const answer = await salon.book({ start: `${AUTUMN}T02:30:00` });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe("start");
  });

  it("can be moved from the first to the second hour of the same name.", async () => {
    const summer = await booked(`${AUTUMN}T02:00:00+02:00`);
    const moved = await salon.post(
      `/api/v2/bookings/${summer.id}/reschedule`,
      { start: `${AUTUMN}T02:00:00+01:00` },
      { wait: 20 },
    );
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    expect(moved.body).toMatchObject({
      start: `${AUTUMN}T02:00:00+01:00`,
      previousStart: `${AUTUMN}T02:00:00+02:00`,
    });
    expect(remote(moved.body)?.start).toBe(`${AUTUMN}T01:00:00.000Z`);
  });

  it("keeps its instant where its 02:30 is 03:30 on the wall, and its thirty minutes across the gap.", async () => {
    const gone = await booked(`${SPRING}T02:30:00+01:00`);
    expect(gone).toMatchObject({ start: `${SPRING}T03:30:00+02:00`, end: `${SPRING}T04:00:00+02:00` });
    expect(remote(gone)).toEqual({ start: `${SPRING}T01:30:00.000Z`, end: `${SPRING}T02:00:00.000Z` });
    const across = await booked(`${SPRING}T01:45:00+01:00`);
    expect(across).toMatchObject({ start: `${SPRING}T01:45:00+01:00`, end: `${SPRING}T03:15:00+02:00` });
    expect(remote(across)).toEqual({ start: `${SPRING}T00:45:00.000Z`, end: `${SPRING}T01:15:00.000Z` });
  });

  it("is read from Cal.com at its instant when a person moves it there.", async () => {
    const body = await booked(`${AUTUMN}T04:00:00+01:00`);
    await salon.calcom.control.move({ uid: body.phases[0].calcomUid, start: `${AUTUMN}T01:30:00+02:00` });
    const moved = await until("the moved booking", async () => {
      const seen = (await salon.get(`/api/v2/bookings/${body.id}`)).body;
      return seen.previousStart !== null && seen;
    });
    expect(moved).toMatchObject({ start: `${AUTUMN}T01:30:00+02:00`, end: `${AUTUMN}T02:00:00+02:00` });
  });
});

describe("a booking on a day that is easily missed", () => {
  it("is on the leap day.", async () => {
    const { year } = nextDay(2, (day) => day.month === 2 && day.day === 29);
    const leapDay = `${year}-02-29`;
    const body = await booked(`${leapDay}T12:00:00+01:00`);
    expect(body).toMatchObject({ start: `${leapDay}T12:00:00+01:00`, end: `${leapDay}T12:30:00+01:00` });
    const list = await salon.get(
      `/api/v2/bookings?from=${leapDay}T00:00:00%2B01:00&to=${year}-03-01T00:00:00%2B01:00`,
    );
    expect(list.body.items.map((item: { id: string }) => item.id)).toEqual([body.id]);
    const none = await salon.book({ start: `${year + 1}-02-29T12:00:00+01:00` });
    expect(none.status).toBe(422);
    expect(none.body.errors[0].field).toBe("start");
  });

  it("goes through midnight and through the turn of the year.", async () => {
    const midnight = await booked(`${YEAR}-06-30T23:45:00+02:00`);
    expect(midnight).toMatchObject({
      start: `${YEAR}-06-30T23:45:00+02:00`,
      end: `${YEAR}-07-01T00:15:00+02:00`,
    });
    const sharp = await booked(`${YEAR}-07-02T00:00:00+02:00`);
    expect(sharp.start).toBe(`${YEAR}-07-02T00:00:00+02:00`);
    const year = await booked(`${YEAR}-12-31T23:45:00+01:00`);
    expect(year).toMatchObject({
      start: `${YEAR}-12-31T23:45:00+01:00`,
      end: `${YEAR + 1}-01-01T00:15:00+01:00`,
    });
    const day = await salon.get(
      `/api/v2/bookings?from=${YEAR}-07-02T00:00:00%2B02:00&to=${YEAR}-07-03T00:00:00%2B02:00`,
    );
    expect(day.body.items.map((item: { id: string }) => item.id)).toEqual([sharp.id]);
  });
});
