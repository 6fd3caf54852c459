import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newNumber, phoneCall } from "../support/phone.js";
import { closeSalons, type Salon, until } from "../support/salon.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import { ask, bookByPhone, instantOf, offerOf, take } from "./voice-talk.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startVoiceSalon();
});
afterAll(closeSalons);

const statusOf = async (id: string | undefined) => (await salon.get(`/api/v2/bookings/${id}`)).body.status;

/** A customer whom the salon has written down itself. */
async function bookedBySalon(
  phone: string,
  wishes: readonly { days: number; time: string; staff?: string }[],
) {
  const ids: string[] = [];
  for (const { days, time, staff = "emma" } of wishes) {
    const made = await salon.book({
      start: instantOf(days, time),
      staff,
      customer: { name: "Ute Stamm", phone },
    });
    expect(made.status).toBe(201);
    ids.push(made.body.id);
  }
  return ids;
}

describe("Who has more appointments than can be listened to", () => {
  it("hears how many there are and the next three, and reaches each of them.", async () => {
    const from = newNumber();
    const ids = await bookedBySalon(
      from,
      [8, 9, 10, 11, 12].map((days) => ({ days, time: "10:00" })),
    );
    const call = phoneCall(salon, { from });
    const listed = await call.use("list_my_appointments");
    expect(listed).toMatchObject({ code: "APPOINTMENTS", next: "ask_which" });
    expect(listed.say).toMatch(/^Sie haben fünf Termine\. Die nächsten drei sind /);
    expect(listed.appointments?.map((one) => new Date(one.start).toISOString())).toEqual(
      [8, 9, 10, 11, 12].map((days) => instantOf(days, "10:00")),
    );
    for (const tool of ["cancel_appointment", "reschedule_appointment"]) {
      const which = await call.use(tool, {});
      expect(which).toMatchObject({ code: "WHICH_APPOINTMENT", next: "ask_which" });
      expect(which.appointments).toHaveLength(5);
      expect(which.say).toMatch(/oder einen späteren\?$/);
    }
    const appointment_ref = listed.appointments?.[4]?.appointment_ref;
    await call.use("cancel_appointment", { appointment_ref });
    expect(await call.use("cancel_appointment", { appointment_ref, caller_confirmed: true })).toMatchObject({
      code: "CANCELLED",
      appointment_id: ids[4],
    });
    expect((await call.use("list_my_appointments")).say).toContain("vier Termine");
  });

  it("can tell two at one time apart by the person.", async () => {
    const from = newNumber();
    await bookedBySalon(from, [
      { days: 13, time: "10:00" },
      { days: 13, time: "10:00", staff: "fabian" },
    ]);
    const call = phoneCall(salon, { from });
    for (const answer of [await call.use("list_my_appointments"), await call.use("cancel_appointment")]) {
      expect(answer.say).toMatch(/bei Emma.*bei Fabian|bei Fabian.*bei Emma/);
    }
  });
});

describe("A customer whom the salon has booked itself", () => {
  it("is no stranger: a parent books for herself and two children in one day.", async () => {
    const from = newNumber();
    await bookedBySalon(from, [{ days: 14, time: "09:00" }]);
    for (const time of ["10:00", "11:00", "12:00"]) await bookByPhone(salon, { days: 14, time }, { from });
    const call = phoneCall(salon, { from });
    const fourth = await take(call, offerOf(await ask(call, { days: 14, time: "13:00" })));
    expect(fourth).toMatchObject({ ok: false, code: "TOO_MANY", next: "offer_callback" });
    expect(fourth.say).toMatch(/Unter dieser Nummer/);
  });
});

describe("What is only noted", () => {
  it("is not said to stand: neither a booking nor a cancel that Cal.com has not answered (I-10).", async () => {
    const call = phoneCall(salon);
    const offer_id = offerOf(await ask(call, { days: 15, time: "10:00" }));
    salon.calcom.control.set({ latency: { create: 6_000 } });
    const booked = await take(call, offer_id);
    expect(booked).toMatchObject({ code: "PENDING" });
    const noted = await call.use("list_my_appointments");
    expect(noted).toMatchObject({ code: "APPOINTMENTS" });
    expect(noted.say).toMatch(/vorgemerkt, aber noch nicht bestätigt/);
    expect(noted.say).not.toMatch(/Ihr nächster Termin ist/);
    await until("the booking", async () => (await statusOf(booked.appointment_id)) === "confirmed");
    expect((await call.use("list_my_appointments")).say).toMatch(/^Ihr nächster Termin ist/);

    salon.calcom.control.set({ latency: { create: 0, cancel: 6_000 } });
    const appointment_ref = noted.appointments?.[0]?.appointment_ref;
    await call.use("cancel_appointment", { appointment_ref });
    expect(await call.use("cancel_appointment", { appointment_ref, caller_confirmed: true })).toMatchObject({
      code: "PENDING",
    });
    const going = await call.use("list_my_appointments");
    expect(going.say).toMatch(/^Die Absage Ihres Termins .* ist vorgemerkt, aber noch nicht bestätigt/);
    salon.calcom.control.set({ latency: {} });
    await until("the cancel", async () => (await statusOf(booked.appointment_id)) === "cancelled");
    expect(await call.use("list_my_appointments")).toMatchObject({ code: "NO_APPOINTMENTS" });
  });
});
