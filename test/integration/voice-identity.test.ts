import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newNumber, phoneCall } from "../support/phone.js";
import { closeSalons, type Salon } from "../support/salon.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import { ask, bookByPhone, dayIn, instantOf, offerOf, standing, take } from "./voice-talk.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startVoiceSalon();
});
afterAll(closeSalons);

const appointment = async (id: string | undefined) => (await salon.get(`/api/v2/bookings/${id}`)).body;
const callbacks = async () => (await salon.get("/api/v2/callbacks")).body.items;

/** Nothing of what is stored: not the name, nor the number, nor when anybody has an appointment. */
function tellsNothing(said: unknown): void {
  expect(JSON.stringify(said)).not.toMatch(/Geheimrat|Wilhelmine|1512|zehn Uhr|Emma|appointment_ref|T10:00/);
}

describe("Whoever withholds the number", () => {
  it("may neither list, move nor cancel, is told so plainly and nothing else, and gets a callback (11.70, 11.71).", async () => {
    const { appointmentId } = await bookByPhone(
      salon,
      { days: 8, time: "10:00" },
      { name: "Wilhelmine Geheimrat" },
    );
    for (const from of ["anonymous", "Anonymous", "unavailable", "+266696687", "+491234567890", "", "null"]) {
      const call = phoneCall(salon, { from });
      const other = offerOf(await ask(call, { days: 8, time: "12:00" }));
      for (const answer of [
        await call.use("list_my_appointments", { customer_name: "Wilhelmine Geheimrat" }),
        await call.use("cancel_appointment", {
          caller_confirmed: true,
          customer_name: "Wilhelmine Geheimrat",
        }),
        await call.use("cancel_appointment", { appointment_ref: "ap_abcdefghij", caller_confirmed: true }),
        await call.use("reschedule_appointment", { offer_id: other, caller_confirmed: true }),
      ]) {
        expect(answer).toMatchObject({ ok: false, code: "NOT_IDENTIFIED", next: "offer_callback" });
        tellsNothing(answer);
      }
      await call.event("call_ended");
    }
    expect(await appointment(appointmentId)).toMatchObject({ status: "confirmed", rescheduleCount: 0 });

    const call = phoneCall(salon, { from: "anonymous" });
    const asked = { topic: "Termin absagen", customer_name: "Wilhelmine Geheimrat" };
    expect(await call.use("request_callback", asked)).toMatchObject({ ok: false, code: "NEEDS_PHONE" });
    const promised = await call.use("request_callback", {
      ...asked,
      phone: "null eins fünf eins zwei drei vier fünf sechs sieben acht neun",
    });
    expect(promised).toMatchObject({ ok: true, code: "CALLBACK", next: "confirm" });
    expect(await callbacks()).toContainEqual(
      expect.objectContaining({ id: promised.callback_id, priority: "high", phone: "+4915123456789" }),
    );
  });

  it("hears the number that was said read back before the yes, and is not called back at one that costs.", async () => {
    const call = phoneCall(salon, { from: "anonymous" });
    const offer_id = offerOf(await ask(call, { days: 8, time: "13:00" }));
    const asked = await call.use("book_appointment", {
      offer_id,
      customer_name: "Dr. Ursula von der Leyen",
      customer_phone: "null eins fünf eins zwei drei vier fünf sechs sieben acht neun",
    });
    expect(asked).toMatchObject({ code: "CONFIRM", next: "confirm" });
    expect(asked.say).toContain("null eins fünf eins zwo, drei vier, fünf sechs, sieben acht neun");
    expect(asked.say).toContain("Doktor Ursula von der Leyen");
    for (const phone of ["0900 1234567", "0137 1234567"]) {
      expect(await call.use("request_callback", { topic: "Rückruf", phone })).toMatchObject({
        ok: false,
        code: "NEEDS_PHONE",
        next: "ask_phone",
      });
    }
    const seen = phoneCall(salon);
    const known = await seen.use("book_appointment", {
      offer_id: offerOf(await ask(seen, { days: 8, time: "13:30" })),
      customer_name: "Hans Ohne Mail",
    });
    expect(known.say).not.toMatch(/Telefon|unter/);
  });

  it("may book with a name and a valid number, which are asked for and kept with the call (11.32, 11.33, 11.73).", async () => {
    for (const [time, from, number] of [
      ["14:00", "anonymous", "+4915123450001"],
      ["14:30", "anonymous", "+4915123450002"],
    ] as const) {
      const call = phoneCall(salon, { from });
      const offer_id = offerOf(await ask(call, { days: 8, time }));
      const given = { offer_id, customer_name: "Hans Ohne Mail", caller_confirmed: true };
      expect(await call.use("book_appointment", given)).toMatchObject({
        ok: false,
        code: "NEEDS_PHONE",
        next: "ask_phone",
      });
      expect(await call.use("book_appointment", { ...given, customer_phone: "0151 12" })).toMatchObject({
        ok: false,
        code: "NEEDS_PHONE",
      });
      const booked = await call.use("book_appointment", {
        ...given,
        customer_phone: number.replace("+49", "0"),
      });
      expect(booked).toMatchObject({ code: "BOOKED" });
      expect(await appointment(booked.appointment_id)).toMatchObject({
        status: "confirmed",
        customer: { name: "Hans Ohne Mail", phone: number },
      });
    }
    const customers = await salon.admin
      .sql`SELECT email, phone FROM customers WHERE phone LIKE '+491512345000%'`;
    expect(customers).toHaveLength(2);
  });
});

describe("A number that is only said", () => {
  it("makes a customer of its own, and lets nobody book on a name that is known (T4).", async () => {
    const phone = newNumber();
    await bookByPhone(salon, { days: 8, time: "18:00" }, { from: phone, name: "Sabine Kundin" });
    const call = phoneCall(salon, { from: "anonymous" });
    const booked = await take(call, offerOf(await ask(call, { days: 8, time: "18:30" })), {
      customer_name: "Hans Fremd",
      customer_phone: phone,
    });
    expect(booked).toMatchObject({ code: "BOOKED" });
    expect(await appointment(booked.appointment_id)).toMatchObject({
      customer: { name: "Hans Fremd", phone },
    });
    const rows = await salon.admin.sql`SELECT name FROM customers WHERE phone = ${phone} ORDER BY created_at`;
    expect(rows.map(({ name }) => name)).toEqual(["Sabine Kundin", "Hans Fremd"]);
  });
});

describe("A number that is said and not understood", () => {
  it("is asked for again before anything is booked, never replaced by the one that calls.", async () => {
    const from = newNumber();
    const call = phoneCall(salon, { from });
    const offer_id = offerOf(await ask(call, { days: 8, time: "17:00" }));
    const given = { offer_id, customer_name: "Hans Ohne Mail", caller_confirmed: true };
    const unclear = await call.use("book_appointment", {
      ...given,
      customer_phone: "null eins fünf eins zwei drei",
    });
    expect(unclear).toMatchObject({ ok: false, code: "NEEDS_PHONE", next: "ask_phone" });
    const own = await call.use("book_appointment", { ...given, customer_phone: "die, von der ich anrufe" });
    expect(own).toMatchObject({ code: "BOOKED" });
    expect(await appointment(own.appointment_id)).toMatchObject({ customer: { phone: from } });
  });

  it("keeps nobody from being called back: under the number that calls, and with what was heard.", async () => {
    const from = newNumber();
    const promised = await phoneCall(salon, { from }).use("request_callback", {
      topic: "Frage zur Pflege",
      phone: "null eins fünf eins zwei drei",
    });
    expect(promised).toMatchObject({ ok: true, code: "CALLBACK" });
    expect(await callbacks()).toContainEqual(
      expect.objectContaining({
        id: promised.callback_id,
        phone: from,
        note: expect.stringContaining("null eins fünf eins zwei drei"),
      }),
    );
  });
});

describe("A number that this company does not know", () => {
  it("may book, and see nothing.", async () => {
    const call = phoneCall(salon, { from: newNumber() });
    for (const tool of ["list_my_appointments", "cancel_appointment", "reschedule_appointment"]) {
      const answer = await call.use(tool, { customer_name: "Wilhelmine Geheimrat", caller_confirmed: true });
      expect(answer).toMatchObject({ ok: false, code: "NOT_IDENTIFIED" });
      tellsNothing(answer);
    }
    const promised = await call.use("request_callback", { topic: "Termin absagen" });
    expect(await callbacks()).toContainEqual(
      expect.objectContaining({ id: promised.callback_id, reason: "not_identified" }),
    );
    const booked = await take(call, offerOf(await ask(call, { days: 9, time: "10:00" })));
    expect(booked).toMatchObject({ code: "BOOKED" });
    expect(await call.use("list_my_appointments")).toMatchObject({ code: "APPOINTMENTS" });
  });

  it("is not another's because a name or a number is said (11.71).", async () => {
    const owner = newNumber();
    await bookByPhone(salon, { days: 9, time: "11:00" }, { from: owner, name: "Wilhelmine Sputer" });
    const call = phoneCall(salon, { from: newNumber() });
    for (const customer_name of ["Wilhelmine Sputer", "Wilhelmine Sputa", owner]) {
      const answer = await call.use("list_my_appointments", {
        customer_name,
        phone: owner,
        customer_phone: owner,
      });
      expect(answer).toMatchObject({ ok: false, code: "NOT_IDENTIFIED" });
    }
    // The number decides, not how a name was heard.
    const own = phoneCall(salon, { from: owner });
    expect(await own.use("list_my_appointments", { customer_name: "Wilhelmine Sputa" })).toMatchObject({
      code: "APPOINTMENTS",
    });
  });
});

describe("Several appointments of one caller", () => {
  it("on one day are told apart: which one is asked, and only that one is changed (11.72).", async () => {
    const from = newNumber();
    const early = await bookByPhone(salon, { days: 10, time: "10:00" }, { from });
    const late = await bookByPhone(salon, { days: 10, time: "15:00" }, { from });
    const call = phoneCall(salon, { from });
    for (const args of [{}, { appointment_ref: "the one at three" }, { appointment_ref: "" }]) {
      const which = await call.use("cancel_appointment", { ...args, caller_confirmed: true });
      expect(which).toMatchObject({ ok: false, code: "WHICH_APPOINTMENT", next: "ask_which" });
      expect(which.appointments?.map((one) => new Date(one.start).toISOString())).toEqual([
        instantOf(10, "10:00"),
        instantOf(10, "15:00"),
      ]);
      expect(which.say).toMatch(/zehn Uhr.*fünfzehn Uhr/);
    }
    const listed = await call.use("list_my_appointments");
    const appointment_ref = listed.appointments?.[1]?.appointment_ref;
    await call.use("cancel_appointment", { appointment_ref });
    expect(await call.use("cancel_appointment", { appointment_ref, caller_confirmed: true })).toMatchObject({
      code: "CANCELLED",
      appointment_id: late.appointmentId,
    });
    expect(await appointment(early.appointmentId)).toMatchObject({ status: "confirmed" });
    // A reference is worth nothing in another call.
    const other = phoneCall(salon, { from });
    const stale = await other.use("cancel_appointment", { appointment_ref, caller_confirmed: true });
    expect(stale).toMatchObject({ ok: false, code: "WHICH_APPOINTMENT" });
    expect(await appointment(early.appointmentId)).toMatchObject({ status: "confirmed" });
  });
});

describe("Who books for somebody else", () => {
  it("from a known number leaves the customer's own name as it is.", async () => {
    const from = newNumber();
    const own = await bookByPhone(salon, { days: 11, time: "10:00" }, { from, name: "Sabine Kaiser" });
    const call = phoneCall(salon, { from });
    const booked = await take(call, offerOf(await ask(call, { days: 11, time: "12:00" })), {
      customer_name: "Tim Kaiser",
    });
    const [mother, child] = [await appointment(own.appointmentId), await appointment(booked.appointment_id)];
    expect(child.customer.id).toBe(mother.customer.id);
    expect(standing(salon, instantOf(11, "12:00"))[0]?.attendee.name).toBe("Tim Kaiser");
    const [customer] = await salon.admin.sql`SELECT name FROM customers WHERE id = ${mother.customer.id}`;
    expect(customer).toEqual({ name: "Sabine Kaiser" });
  });
});

describe("A name", () => {
  it("is kept as it is said, whatever its letters: in our rows and in Cal.com.", async () => {
    for (const [index, name] of [
      "Siobhán O'Neill",
      "Jean-Luc D’Arc",
      "Nguyễn Thị Minh Khai",
      "Łukasz Żółć",
      "Çağla Yılmaz",
    ].entries()) {
      const time = `1${index}:00`;
      const { appointmentId } = await bookByPhone(salon, { days: 12, time }, { name });
      const { customer } = await appointment(appointmentId);
      expect(customer.name.replaceAll("’", "'")).toBe(name.replaceAll("’", "'"));
      expect(standing(salon, instantOf(12, time))[0]?.attendee.name).toBe(customer.name);
    }
  });

  it("is asked for where there is none: a placeholder, a time, a service or one of the staff is no customer (11.59, 11.74).", async () => {
    const call = phoneCall(salon);
    const offer_id = offerOf(await ask(call, { days: 13, time: "10:00" }));
    for (const customer_name of [
      undefined,
      "",
      "null",
      "Unbekannt",
      "Anonym",
      "Kunde",
      "acht Uhr",
      "morgen um zehn",
      "bei Emma",
      "Emma Williams",
      "Dauerwelle",
      "Salon",
      "äh",
      "guten Tag",
      "der Mann",
      "0151 23456789",
      "{{customer_name}}",
    ]) {
      const answer = await call.use("book_appointment", { offer_id, customer_name, caller_confirmed: true });
      expect(answer, String(customer_name)).toMatchObject({
        ok: false,
        code: "NEEDS_NAME",
        next: "ask_name",
      });
    }
    expect(standing(salon, instantOf(13, "10:00"))).toHaveLength(0);
    const [named] = await salon.admin
      .sql`SELECT count(*)::int AS n FROM customers WHERE name ~* 'unbekannt|uhr|null'`;
    expect(named).toEqual({ n: 0 });
    expect(await take(call, offer_id)).toMatchObject({ code: "BOOKED" });
  });
});

describe("Nothing is done", () => {
  it("without a yes: absent is not asked yet, and no is no (11.35).", async () => {
    const call = phoneCall(salon);
    const offer_id = offerOf(await ask(call, { days: 14, time: "10:00" }));
    for (const caller_confirmed of [undefined, null, "", "null", false, "nein", "vielleicht", 0]) {
      const answer = await take(call, offer_id, { caller_confirmed });
      expect(answer, String(caller_confirmed)).toMatchObject({ ok: true, code: "CONFIRM", next: "confirm" });
      expect(answer.say).toMatch(/\?$/);
    }
    expect(standing(salon, instantOf(14, "10:00"))).toHaveLength(0);
    expect(await take(call, offer_id, { caller_confirmed: "ja" })).toMatchObject({ code: "BOOKED" });
    const unasked = await call.use("cancel_appointment", { date: dayIn(14) });
    expect(unasked).toMatchObject({ ok: true, code: "CONFIRM" });
    expect(standing(salon, instantOf(14, "10:00"))).toHaveLength(1);
  });

  it("with an offer that nobody made.", async () => {
    const call = phoneCall(salon);
    expect(await take(call, "of_abcdefghjkmn")).toMatchObject({ ok: false, code: "OFFER_EXPIRED" });
    expect(await take(call, "")).toMatchObject({ ok: false, code: "INVALID" });
    const found = await ask(call, { days: 14, time: "12:00" });
    expect(await take(call, `${offerOf(found)}x`)).toMatchObject({ ok: false, code: "OFFER_EXPIRED" });
    // An agent copies it in capitals or with marks around it.
    expect(await take(call, ` "${offerOf(found).toUpperCase()}". `)).toMatchObject({ code: "BOOKED" });
  });
});
