import { DateTime } from "luxon";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newNumber, phoneCall, SALON_NUMBER } from "../support/phone.js";
import { closeSalons, type Salon } from "../support/salon.js";
import { OPEN_ALWAYS } from "../support/salon-document.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import { ask, bookByPhone, instantOf, offerOf, startsOf, take } from "./voice-talk.js";

const EVENING_NUMBER = "+493033081741";
const QUIET_NUMBER = "+493033081742";
const UNWANTED = "+4915199999999";

/** Hours of today in which nothing lies: whatever the clock says now, it is outside of them. */
function notNow(): Record<string, string[]> {
  const hour = DateTime.now().setZone("Europe/Berlin").hour;
  const span = hour < 12 ? "18:00-19:00" : "03:00-04:00";
  return Object.fromEntries(Object.keys(OPEN_ALWAYS).map((day) => [day, [span]]));
}

let salon: Salon;
beforeAll(async () => {
  salon = await startVoiceSalon({}, (document) => {
    const [main] = document.branches;
    if (!main) throw new Error("the salon has no branch");
    return {
      ...document,
      branches: [
        { ...main, phoneNumbers: [SALON_NUMBER] },
        {
          ...main,
          slug: "abend",
          name: "Abend",
          phoneNumbers: [EVENING_NUMBER],
          voice: { tools: { cancel_appointment: { enabled: true, hours: notNow() } } },
        },
        {
          ...main,
          slug: "ruhig",
          name: "Ruhig",
          phoneNumbers: [QUIET_NUMBER],
          voice: {
            tools: { book_appointment: { enabled: false }, request_callback: { enabled: false } },
            rejectNumbers: [UNWANTED],
          },
        },
      ],
      staff: document.staff.map((member) => ({ ...member, branches: ["zentrale"] })),
    };
  });
});
afterAll(closeSalons);

describe("A call that has lost its way", () => {
  it("is stopped after twenty-five uses of tools, and can still ask for somebody to call back.", async () => {
    const call = phoneCall(salon);
    for (let use = 1; use <= 25; use += 1) {
      expect((await call.use("list_services")).code).toBe("SERVICES");
    }
    for (const tool of ["list_services", "find_slots", "book_appointment"]) {
      expect(await call.use(tool)).toMatchObject({ ok: false, code: "TOO_MANY", next: "offer_callback" });
    }
    expect(await call.use("request_callback", { topic: "Termin" })).toMatchObject({ code: "CALLBACK" });
    await call.use("list_services");
    expect(await call.use("request_callback", { topic: "Noch ein Termin" })).toMatchObject({
      code: "TOO_MANY",
    });
    // Another call of the same number begins anew.
    expect(await phoneCall(salon, { from: call.from }).use("list_services")).toMatchObject({
      code: "SERVICES",
    });
  });
});

describe("One number", () => {
  it("that nobody here has seen yet may have two appointments ahead by voice, and then is called back.", async () => {
    const from = newNumber();
    await bookByPhone(salon, { days: 8, time: "10:00" }, { from });
    await bookByPhone(salon, { days: 8, time: "11:00" }, { from });
    const call = phoneCall(salon, { from });
    const third = offerOf(await ask(call, { days: 8, time: "12:00" }));
    expect(await take(call, third)).toMatchObject({ ok: false, code: "TOO_MANY", next: "offer_callback" });
    // Nor under numbers of others.
    expect(await take(call, third, { customer_phone: "0151 1111 1111" })).toMatchObject({ code: "TOO_MANY" });
    // Looking for what stands already is no booking more.
    const again = await ask(phoneCall(salon, { from }), { days: 8, time: "10:00" });
    expect(again).toMatchObject({ code: "APPOINTMENTS" });
  });

  it("of a customer who has been here may have more, and three new ones in a day.", async () => {
    const from = newNumber();
    const { appointmentId } = await bookByPhone(salon, { days: 9, time: "10:00" }, { from });
    await salon.admin.sql`
      UPDATE appointments SET start_at = now() - interval '3 days', end_at = now() - interval '71 hours',
        created_at = now() - interval '9 days' WHERE id = ${appointmentId}`;
    for (const time of ["11:00", "12:00", "13:00"]) await bookByPhone(salon, { days: 9, time }, { from });
    const call = phoneCall(salon, { from });
    expect(await take(call, offerOf(await ask(call, { days: 9, time: "14:00" })))).toMatchObject({
      ok: false,
      code: "TOO_MANY",
    });
  });

  it("holds three times at most, counted over its calls; whoever hangs up gives them back.", async () => {
    const from = newNumber();
    const calls = [phoneCall(salon, { from }), phoneCall(salon, { from }), phoneCall(salon, { from })];
    for (const [index, call] of calls.entries()) {
      expect((await ask(call, { days: 10, time: `1${index}:00` })).code).toBe("OFFERS");
    }
    const fourth = phoneCall(salon, { from });
    expect(await ask(fourth, { days: 10, time: "14:00" })).toMatchObject({ ok: false, code: "TOO_MANY" });
    // Others are not hindered by it, nor are those who withhold their number.
    expect((await ask(phoneCall(salon), { days: 10, time: "14:00" })).code).toBe("OFFERS");
    expect((await ask(phoneCall(salon, { from: "anonymous" }), { days: 10, time: "15:00" })).code).toBe(
      "OFFERS",
    );
    await calls[0]?.event("call_ended");
    expect((await ask(fourth, { days: 10, time: "16:00" })).code).toBe("OFFERS");
  });
});

describe("A branch", () => {
  it("has its tools switched off or on by the hour, and the caller hears it; another branch has its own.", async () => {
    const from = newNumber();
    await bookByPhone(salon, { days: 11, time: "10:00" }, { from });
    const evening = phoneCall(salon, { from, to: EVENING_NUMBER });
    const closed = await evening.use("cancel_appointment", { caller_confirmed: true });
    expect(closed).toMatchObject({ ok: false, code: "POLICY", next: "offer_callback" });
    expect(closed.say).toMatch(/^\p{Lu}/u);
    expect(await evening.use("list_my_appointments")).toMatchObject({ code: "APPOINTMENTS" });
    const quiet = phoneCall(salon, { from, to: QUIET_NUMBER });
    expect(await quiet.use("book_appointment")).toMatchObject({
      ok: false,
      code: "POLICY",
      next: "offer_callback",
    });
    expect(await quiet.use("request_callback", { topic: "Termin" })).toMatchObject({
      code: "POLICY",
      next: "end",
    });
    expect(await phoneCall(salon, { from }).use("cancel_appointment")).toMatchObject({ code: "CONFIRM" });
  });

  it("offers its own chairs only.", async () => {
    const here = await ask(phoneCall(salon), { days: 12, time: "10:00", staff: null });
    expect(startsOf(here)).toContain(instantOf(12, "10:00"));
    const there = await ask(phoneCall(salon, { to: EVENING_NUMBER }), {
      days: 12,
      time: "11:00",
      staff: null,
    });
    expect(there.ok).toBe(false);
    expect(there).not.toHaveProperty("offers");
  });
});

describe("A number that a branch does not want to hear from", () => {
  it("is not put through, uses no tool if it is, and may call the other branches.", async () => {
    const call = phoneCall(salon, { from: UNWANTED, to: QUIET_NUMBER });
    expect(await call.inbound()).toEqual({ call_inbound: { reject: true } });
    expect(await call.use("list_services")).toMatchObject({ ok: false, code: "TOO_MANY", next: "end" });
    const elsewhere = phoneCall(salon, { from: UNWANTED, to: SALON_NUMBER });
    expect(await elsewhere.inbound()).toMatchObject({
      call_inbound: { dynamic_variables: { salon_name: "Salon" } },
    });
    expect(await elsewhere.use("list_services")).toMatchObject({ code: "SERVICES" });
  });
});
