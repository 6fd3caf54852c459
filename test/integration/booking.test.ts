import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

describe("a booking over REST", () => {
  it("is made in Cal.com and answered 201 with the whole appointment", async () => {
    const answer = await salon.book({ start: slot(0) });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    expect(answer.body).toMatchObject({
      status: "confirmed",
      staff: { slug: "emma" },
      sync: { state: "synced" },
    });
    const there = salon.calcom.control.bookings();
    expect(there.filter((booking) => booking.uid === answer.body.phases[0].calcomUid)).toHaveLength(1);
    const seen = await salon.get(answer.headers.get("Location") ?? "");
    expect(seen.body.id).toBe(answer.body.id);
  });

  it("is moved and cancelled in Cal.com, and its id never changes", async () => {
    const booked = await salon.book({ start: slot(2) });
    const moved = await salon.post(
      `/api/v2/bookings/${booked.body.id}/reschedule`,
      { start: slot(4) },
      { wait: 20 },
    );
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    expect(Date.parse(moved.body.start)).toBe(Date.parse(slot(4)));
    expect(moved.body.id).toBe(booked.body.id);
    const cancelled = await salon.post(
      `/api/v2/bookings/${booked.body.id}/cancel`,
      { reason: "krank" },
      { wait: 20 },
    );
    expect(cancelled.status, JSON.stringify(cancelled.body)).toBe(200);
    expect(cancelled.body).toMatchObject({ status: "cancelled", cancellation: { reason: "krank" } });
    const standing = salon.calcom.control.bookings().filter((booking) => booking.status === "accepted");
    expect(standing.some((booking) => booking.metadata.appointmentId === booked.body.id)).toBe(false);
  });

  it("is shown here when a person moves it in Cal.com, without a call back", async () => {
    const booked = await salon.book({ start: slot(8) });
    const uid = booked.body.phases[0].calcomUid;
    salon.calcom.control.clearRequests();
    await salon.calcom.control.move({ uid, start: slot(10) });
    const moved = await until("the moved appointment", async () => {
      const seen = await salon.get(`/api/v2/bookings/${booked.body.id}`);
      return Date.parse(seen.body.start) === Date.parse(slot(10)) ? seen.body : null;
    });
    expect(moved.phases[0].calcomUid).not.toBe(uid);
    expect(salon.calcom.control.requests({ operation: "reschedule" })).toHaveLength(0);
  });

  it("becomes an appointment when a person makes it in Cal.com", async () => {
    const made = await salon.calcom.control.book({
      eventTypeId: 101,
      start: slot(12),
      name: "Anna Muster",
      email: "anna@example.org",
    });
    const found = await until("the imported appointment", async () => {
      const list = await salon.get("/api/v2/bookings?limit=100");
      return list.body.items.find(
        (item: { phases: { calcomUid: string }[] }) => item.phases[0]?.calcomUid === made.uid,
      );
    });
    expect(found).toMatchObject({
      status: "confirmed",
      source: "calcom",
      customer: { name: "Anna Muster" },
      staff: { slug: "emma" },
    });
  });
});
