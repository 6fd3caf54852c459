import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, closeSalons, type Salon, startSalon, until } from "../support/salon.js";

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
    const summer = await booked("2027-10-31T02:30:00+02:00");
    const winter = await booked("2027-10-31T02:30:00+01:00");
    expect(summer).toMatchObject({ start: "2027-10-31T02:30:00+02:00", end: "2027-10-31T02:00:00+01:00" });
    expect(winter).toMatchObject({ start: "2027-10-31T02:30:00+01:00", end: "2027-10-31T03:00:00+01:00" });
    expect(remote(summer)).toEqual({ start: "2027-10-31T00:30:00.000Z", end: "2027-10-31T01:00:00.000Z" });
    expect(remote(winter)).toEqual({ start: "2027-10-31T01:30:00.000Z", end: "2027-10-31T02:00:00.000Z" });
    // The same instant in another offset is the same slot.
    const again = await salon.book({ start: "2027-10-31T00:30:00Z" });
    expect(again.status).toBe(409);
    // What is offered instead carries the offset that each instant has.
    for (const slot of again.body.alternatives)
      expect(Date.parse(slot.end) - Date.parse(slot.start)).toBe(30 * 60_000);
  });

  it("is refused without an offset, for which 02:30 cannot be known.", async () => {
    const answer = await salon.book({ start: "2027-10-31T02:30:00" });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe("start");
  });

  it("can be moved from the first to the second hour of the same name.", async () => {
    const summer = await booked("2027-10-31T02:00:00+02:00");
    const moved = await salon.post(
      `/api/v2/bookings/${summer.id}/reschedule`,
      { start: "2027-10-31T02:00:00+01:00" },
      { wait: 20 },
    );
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    expect(moved.body).toMatchObject({
      start: "2027-10-31T02:00:00+01:00",
      previousStart: "2027-10-31T02:00:00+02:00",
    });
    expect(remote(moved.body)?.start).toBe("2027-10-31T01:00:00.000Z");
  });

  it("keeps its instant where its 02:30 is 03:30 on the wall, and its thirty minutes across the gap.", async () => {
    const gone = await booked("2027-03-28T02:30:00+01:00");
    expect(gone).toMatchObject({ start: "2027-03-28T03:30:00+02:00", end: "2027-03-28T04:00:00+02:00" });
    expect(remote(gone)).toEqual({ start: "2027-03-28T01:30:00.000Z", end: "2027-03-28T02:00:00.000Z" });
    const across = await booked("2027-03-28T01:45:00+01:00");
    expect(across).toMatchObject({ start: "2027-03-28T01:45:00+01:00", end: "2027-03-28T03:15:00+02:00" });
    expect(remote(across)).toEqual({ start: "2027-03-28T00:45:00.000Z", end: "2027-03-28T01:15:00.000Z" });
  });

  it("is read from Cal.com at its instant when a person moves it there.", async () => {
    const body = await booked("2027-10-31T04:00:00+01:00");
    await salon.calcom.control.move({ uid: body.phases[0].calcomUid, start: "2027-10-31T01:30:00+02:00" });
    const moved = await until("the moved booking", async () => {
      const seen = (await salon.get(`/api/v2/bookings/${body.id}`)).body;
      return seen.previousStart !== null && seen;
    });
    expect(moved).toMatchObject({ start: "2027-10-31T01:30:00+02:00", end: "2027-10-31T02:00:00+02:00" });
  });
});

describe("a booking on a day that is easily missed", () => {
  it("is on the leap day.", async () => {
    const body = await booked("2028-02-29T12:00:00+01:00");
    expect(body).toMatchObject({ start: "2028-02-29T12:00:00+01:00", end: "2028-02-29T12:30:00+01:00" });
    const list = await salon.get(
      "/api/v2/bookings?from=2028-02-29T00:00:00%2B01:00&to=2028-03-01T00:00:00%2B01:00",
    );
    expect(list.body.items.map((item: { id: string }) => item.id)).toEqual([body.id]);
    const none = await salon.book({ start: "2027-02-29T12:00:00+01:00" });
    expect(none.status).toBe(422);
    expect(none.body.errors[0].field).toBe("start");
  });

  it("goes through midnight and through the turn of the year.", async () => {
    const midnight = await booked("2027-06-30T23:45:00+02:00");
    expect(midnight).toMatchObject({ start: "2027-06-30T23:45:00+02:00", end: "2027-07-01T00:15:00+02:00" });
    const sharp = await booked("2027-07-02T00:00:00+02:00");
    expect(sharp.start).toBe("2027-07-02T00:00:00+02:00");
    const year = await booked("2027-12-31T23:45:00+01:00");
    expect(year).toMatchObject({ start: "2027-12-31T23:45:00+01:00", end: "2028-01-01T00:15:00+01:00" });
    const day = await salon.get(
      "/api/v2/bookings?from=2027-07-02T00:00:00%2B02:00&to=2027-07-03T00:00:00%2B02:00",
    );
    expect(day.body.items.map((item: { id: string }) => item.id)).toEqual([sharp.id]);
  });
});
