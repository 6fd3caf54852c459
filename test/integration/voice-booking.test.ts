import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ToolAnswer } from "../../api/voice/answer.js";
import { newNumber, phoneCall } from "../support/phone.js";
import { closeSalons, type Salon, until } from "../support/salon.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import { dayIn } from "./voice-talk.js";

let salon: Salon;

beforeAll(async () => {
  salon = await startVoiceSalon();
});
afterAll(closeSalons);

function wish(days: number, time: string) {
  return { date: dayIn(days), time };
}

function offerOf(answer: ToolAnswer): string {
  const [first] = answer.offers ?? [];
  if (!first) throw new Error(`no offer: ${JSON.stringify(answer)}`);
  return first.offer_id;
}

const standing = () => salon.calcom.control.bookings().filter((booking) => booking.status === "accepted");

describe("A call", () => {
  it("finds a time, asks for a yes, and books exactly what it said.", async () => {
    const call = phoneCall(salon);
    const found = await call.use("find_slots", { services: ["Schnitt"], staff: "Emma", ...wish(9, "10:00") });
    expect(found).toMatchObject({ ok: true, code: "OFFERS", next: "confirm" });
    expect(found.offers).toHaveLength(1);
    const offer_id = offerOf(found);

    const asked = await call.use("book_appointment", { offer_id, customer_name: "Jörg O'Neill" });
    expect(asked).toMatchObject({ ok: true, code: "CONFIRM", next: "confirm" });
    expect(asked.say).toContain("zehn Uhr");
    expect(asked).not.toHaveProperty("appointment_id");

    const booked = await call.use("book_appointment", {
      offer_id,
      customer_name: "Jörg O'Neill",
      caller_confirmed: true,
    });
    expect(booked).toMatchObject({ ok: true, code: "BOOKED", next: "end" });
    const { body } = await salon.get(`/api/v2/bookings/${booked.appointment_id}`);
    expect(body).toMatchObject({
      status: "confirmed",
      start: found.offers?.[0]?.start,
      source: "voice",
      staff: { slug: "emma" },
      customer: { name: "Jörg O'Neill", phone: call.from },
    });
    expect(body.workflowId).toMatch(/^booking:[0-9a-f-]+:voice:[0-9a-f]{64}$/);
    expect(standing().filter((booking) => booking.start === new Date(body.start).toISOString())).toHaveLength(
      1,
    );
  });

  it("moves an appointment to what was offered, and cancels it after the move was declined.", async () => {
    const call = phoneCall(salon);
    const first = await call.use("find_slots", {
      services: ["Schnitt"],
      staff: "Emma",
      ...wish(10, "10:00"),
    });
    const booked = await call.use("book_appointment", {
      offer_id: offerOf(first),
      customer_name: "Anna Özdemir",
      caller_confirmed: true,
    });
    const mine = await call.use("list_my_appointments");
    expect(mine).toMatchObject({ code: "APPOINTMENTS" });
    const appointment_ref = mine.appointments?.[0]?.appointment_ref;

    const other = await call.use("find_slots", {
      services: ["Schnitt"],
      staff: "Emma",
      ...wish(10, "14:00"),
    });
    const move = { appointment_ref, offer_id: offerOf(other) };
    expect(await call.use("reschedule_appointment", move)).toMatchObject({ code: "CONFIRM" });
    const moved = await call.use("reschedule_appointment", { ...move, caller_confirmed: true });
    expect(moved).toMatchObject({ code: "RESCHEDULED", appointment_id: booked.appointment_id });
    const again = await call.use("reschedule_appointment", { ...move, caller_confirmed: true });
    expect(again).toMatchObject({ code: "RESCHEDULED", say: moved.say });

    const declined = await call.use("cancel_appointment", { appointment_ref });
    expect(declined).toMatchObject({ code: "CONFIRM" });
    expect(declined.say).toContain("verschieben");
    const cancelled = await call.use("cancel_appointment", { appointment_ref, caller_confirmed: true });
    expect(cancelled).toMatchObject({ code: "CANCELLED", appointment_id: booked.appointment_id });
    expect(await call.use("cancel_appointment", { appointment_ref, caller_confirmed: true })).toMatchObject({
      code: "CANCELLED",
    });
    const { body } = await salon.get(`/api/v2/bookings/${booked.appointment_id}`);
    expect(body.status).toBe("cancelled");
    const counted = await salon.get("/api/v2/voice/statistics");
    expect(counted.body.rescheduleOffers).toEqual({ offered: 1, accepted: 0, declined: 1 });
  });

  it("holds what it offers for the caller alone, until the call ends.", async () => {
    const [one, two] = [phoneCall(salon), phoneCall(salon)];
    const asked = { services: ["Schnitt"], staff: "Emma", ...wish(11, "10:00") };
    const mine = await one.use("find_slots", asked);
    expect(mine.offers?.[0]?.start).toContain("T10:00");
    const theirs = await two.use("find_slots", asked);
    expect(theirs.offers?.map((offer) => offer.start)).not.toContain(mine.offers?.[0]?.start);
    expect(
      await two.use("book_appointment", {
        offer_id: offerOf(mine),
        customer_name: "Paul Klein",
        caller_confirmed: true,
      }),
    ).toMatchObject({ ok: false, code: "OFFER_EXPIRED" });

    expect(await one.event("call_ended", { disconnection_reason: "user_hangup" })).toBe(204);
    const free = await two.use("find_slots", asked);
    expect(free.offers?.[0]?.start).toBe(mine.offers?.[0]?.start);
  });

  it("that claims a booking which does not exist is told to somebody who calls back.", async () => {
    const call = phoneCall(salon, { from: newNumber() });
    await call.use("list_services");
    const analysis = { call_analysis: { custom_analysis_data: { appointment_booked: true } } };
    expect(await call.event("call_analyzed", analysis)).toBe(204);
    expect(await call.event("call_analyzed", analysis)).toBe(204);
    const alerts = await until("the alert", async () => {
      const rows = await salon.admin
        .sql`SELECT data FROM alerts WHERE type = 'voice.claimed_booking_missing'`;
      return rows.length > 0 && rows;
    });
    expect(alerts.map((row) => row.data)).toEqual([{ callId: call.id }]);
    const { body } = await salon.get("/api/v2/callbacks");
    expect(body.items).toEqual([
      expect.objectContaining({ reason: "claimed_booking_missing", priority: "urgent", phone: call.from }),
    ]);
  });
});

describe("A person who is asked for", () => {
  it("in a list or an object is the one that is offered, or is said not to be there; never dropped.", async () => {
    const call = phoneCall(salon);
    const find = (staff: unknown) =>
      call.use("find_slots", { services: ["Schnitt"], staff, ...wish(12, "10:00") });
    for (const staff of [["Fabian"], { name: "Fabian" }, '["Fabian"]', [{ name: "Fabian Spitzer" }]]) {
      const found = await find(staff);
      expect(found.offers?.map((offer) => offer.staff)).toEqual(["Fabian Spitzer"]);
    }
    for (const staff of [["Ludwig"], { name: "Ludwig" }, ["Fabian", "Emma"]]) {
      expect(await find(staff)).toMatchObject({ ok: false, code: "UNKNOWN_STAFF", next: "ask_choice" });
    }
  });
});

describe("A call to a branch", () => {
  it("begins with the services that can be booked there, as list_services names them.", async () => {
    const there = "+493033081749";
    const two = await startVoiceSalon({ worker: false }, (document) => ({
      ...document,
      branches: document.branches.flatMap((branch) => [
        branch,
        { ...branch, slug: "zweig", name: "Zweig", phoneNumbers: [there] },
      ]),
      staff: document.staff.map((member) =>
        member.slug === "emma"
          ? { ...member, skills: ["cut", "perm"] }
          : { ...member, skills: ["cut"], branches: ["zweig"] },
      ),
      services: document.services.map((service) =>
        service.slug === "dauerwelle" ? { ...service, skill: "perm" } : service,
      ),
    }));
    for (const [to, named] of [
      [undefined, true],
      [there, false],
    ] as const) {
      const call = phoneCall(two, to === undefined ? {} : { to });
      const { call_inbound } = await call.inbound();
      const { services } = (call_inbound as { dynamic_variables: { services: string } }).dynamic_variables;
      expect(services).toContain("Schnitt");
      expect(services.includes("Dauerwelle")).toBe(named);
      expect((await call.use("list_services")).say.includes("Dauerwelle")).toBe(named);
    }
  });
});
