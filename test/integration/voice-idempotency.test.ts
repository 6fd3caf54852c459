import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newNumber, phoneCall, SALON_NUMBER } from "../support/phone.js";
import { closeSalons, type Salon, until } from "../support/salon.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import { ask, bookByPhone, dayIn, instantOf, offerOf, standing, startsOf, take } from "./voice-talk.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startVoiceSalon({ env: { CALCOM_TIMEOUT_SECONDS: "8" } });
});
afterEach(() => {
  salon.calcom.control.clearFaults();
  salon.calcom.control.set({ latency: {}, down: false });
});
afterAll(closeSalons);

/** Bookings that were asked of Cal.com for this appointment, whatever became of them. */
const sentFor = (appointmentId: string | undefined) =>
  salon.calcom.control.bookings().filter((booking) => booking.metadata.appointmentId === appointmentId);

describe("A booking that is asked for again", () => {
  it("by the same call for the same slot hears the same success (11.4).", async () => {
    const { call, offerId, answer } = await bookByPhone(salon, { days: 8, time: "10:00" });
    for (const confirmed of [true, undefined]) {
      const again = await take(call, offerId, { caller_confirmed: confirmed });
      expect(again).toMatchObject({ ok: true, code: "BOOKED", appointment_id: answer.appointment_id });
      expect(again.say).toBe(answer.say);
    }
    expect(standing(salon, instantOf(8, "10:00"))).toHaveLength(1);
  });

  it("by the platform while the first use still runs is made once, and all of them hear it (11.5).", async () => {
    salon.calcom.control.set({ latency: { create: 1_200 } });
    const call = phoneCall(salon);
    const offerId = offerOf(await ask(call, { days: 8, time: "11:00" }));
    const args = { offer_id: offerId, customer_name: "Anna Özdemir", caller_confirmed: true };
    const began = Date.now();
    const answers = await Promise.all([
      call.use("book_appointment", args, { toolCallId: "tool_same" }),
      call.use("book_appointment", args, { toolCallId: "tool_same" }),
      call.use("book_appointment", args, { toolCallId: "tool_asked_anew" }),
    ]);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(answers.map((answer) => answer.code)).toEqual(["BOOKED", "BOOKED", "BOOKED"]);
    expect(new Set(answers.map((answer) => answer.appointment_id)).size).toBe(1);
    expect(sentFor(answers[0]?.appointment_id)).toHaveLength(1);
  });

  it("twenty times at the same instant is one appointment, one booking and twenty equal answers.", async () => {
    const call = phoneCall(salon);
    const offerId = offerOf(await ask(call, { days: 8, time: "12:00" }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => take(call, offerId)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toHaveProperty("size", 1);
    expect(answers[0]?.code).toBe("BOOKED");
    expect(sentFor(answers[0]?.appointment_id)).toHaveLength(1);
  });

  it("is linked to the call that asked, whichever use of the tool made it (11.8).", async () => {
    const { call, offerId, appointmentId } = await bookByPhone(salon, { days: 8, time: "13:00" });
    await take(call, offerId);
    const { body } = await salon.get("/api/v2/voice/calls");
    const seen = body.items.find((item: { providerCallId: string }) => item.providerCallId === call.id);
    expect(seen).toMatchObject({ appointmentIds: [appointmentId], toolCalls: 3 });
  });

  it("is sent to Cal.com by nobody but its own workflow, however many events tell of it (11.9).", async () => {
    const { appointmentId } = await bookByPhone(salon, { days: 8, time: "14:00" });
    await until("the echo", async () => {
      const { body } = await salon.get(`/api/v2/bookings/${appointmentId}/timeline`);
      return body.items.some((entry: { kind: string }) => entry.kind === "echo");
    });
    expect(sentFor(appointmentId)).toHaveLength(1);
  });

  it("after it was cancelled is not claimed again with its old offer.", async () => {
    const { call, offerId } = await bookByPhone(salon, { days: 8, time: "15:00" });
    await call.use("cancel_appointment");
    expect(await call.use("cancel_appointment", { caller_confirmed: true })).toMatchObject({
      code: "CANCELLED",
    });
    expect(await take(call, offerId)).toMatchObject({ ok: false, code: "OFFER_EXPIRED", next: "ask_date" });
    const anew = offerOf(await ask(call, { days: 8, time: "15:00" }));
    expect(await take(call, anew)).toMatchObject({ code: "BOOKED" });
    expect(standing(salon, instantOf(8, "15:00"))).toHaveLength(1);
  });

  it("after it was moved is said at the time at which it stands.", async () => {
    const { call, offerId, appointmentId } = await bookByPhone(salon, { days: 8, time: "16:00" });
    const other = offerOf(await ask(call, { days: 8, time: "18:00" }));
    expect(
      await call.use("reschedule_appointment", { offer_id: other, caller_confirmed: true }),
    ).toMatchObject({ code: "RESCHEDULED" });
    const again = await take(call, offerId);
    expect(again).toMatchObject({ code: "BOOKED", appointment_id: appointmentId });
    expect(again.say).toContain("achtzehn Uhr");
    expect(await take(call, other)).toMatchObject({ ok: false, code: "OFFER_EXPIRED" });
  });
});

describe("A caller who looks for the time of a booking of the same call", () => {
  it("hears of that booking, not that the time is taken (11.6).", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 9, time: "10:00" });
    const found = await ask(call, { days: 9, time: "10:00" });
    expect(found).toMatchObject({ ok: true, code: "APPOINTMENTS" });
    expect(found.appointments?.map((one) => one.start)).toEqual([
      expect.stringContaining(`${dayIn(9)}T10:00`),
    ]);
    expect(found.say).not.toMatch(/nicht(s)? frei|vergeben/);
    const { body } = await salon.get(`/api/v2/bookings/${appointmentId}`);
    expect(body.status).toBe("confirmed");
  });

  it("hears of it although it is still under way and the number is withheld (11.6).", async () => {
    salon.calcom.control.set({ latency: { create: 5_000 } });
    const call = phoneCall(salon, { from: "anonymous" });
    const offerId = offerOf(await ask(call, { days: 9, time: "11:00" }));
    const began = Date.now();
    const booked = await take(call, offerId, { customer_phone: "0151 2345 6789" });
    expect(booked).toMatchObject({ ok: true, code: "PENDING" });
    expect(Date.now() - began).toBeLessThan(3_500);
    const found = await ask(call, { days: 9, time: "11:00" });
    expect(found).toMatchObject({ ok: true, code: "APPOINTMENTS" });
    expect(found.say).not.toMatch(/nicht(s)? frei|vergeben/);
    await until("the booking", async () => {
      const { body } = await salon.get(`/api/v2/bookings/${booked.appointment_id}`);
      return body.status === "confirmed";
    });
    expect(sentFor(booked.appointment_id)).toHaveLength(1);
  });
});

describe("Cal.com's answer to a booking of a call", () => {
  it("that shows an older booking of somebody else is never taken for the caller's (11.7).", async () => {
    await bookByPhone(salon, { days: 10, time: "10:00" }, { name: "Erika Muster" });
    salon.calcom.control.addFault({
      match: { operation: "create" },
      effect: { kind: "return-older-foreign-booking" },
    });
    const call = phoneCall(salon);
    const answer = await take(call, offerOf(await ask(call, { days: 10, time: "12:00" })));
    expect(answer.code).not.toBe("BOOKED");
    const uids = await salon.admin.sql`
      SELECT calcom_uid FROM appointment_phases WHERE calcom_uid IS NOT NULL GROUP BY 1 HAVING count(*) > 1`;
    expect(uids).toEqual([]);
  });

  it("is not shared by two callers without a mail address: each has one of their own there (11.7, 11.33).", async () => {
    const [one, two] = [newNumber(), newNumber()];
    await bookByPhone(salon, { days: 10, time: "14:00" }, { from: one });
    await bookByPhone(salon, { days: 10, time: "14:00", staff: "Fabian" }, { from: two });
    const attendees = standing(salon, instantOf(10, "14:00")).map((booking) => booking.attendee);
    expect(attendees).toHaveLength(2);
    expect(new Set(attendees.map((attendee) => attendee.phoneNumber ?? attendee.email)).size).toBe(2);
  });

  it("that it failed, although it was made, ends in one booking and a truthful answer (11.24).", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create" },
      effect: { kind: "400-although-created" },
    });
    const call = phoneCall(salon);
    const answer = await take(call, offerOf(await ask(call, { days: 10, time: "16:00" })));
    expect(["BOOKED", "PENDING"]).toContain(answer.code);
    await until("the booking", async () => {
      const { body } = await salon.get(`/api/v2/bookings/${answer.appointment_id}`);
      return body.status === "confirmed";
    });
    expect(standing(salon, instantOf(10, "16:00"))).toHaveLength(1);
  });
});

describe("One key of the generic adapter", () => {
  const use = (key: string | undefined, args: unknown, call: Record<string, unknown>) =>
    fetch(`${salon.url}/api/v2/voice/tools/find_slots`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${salon.token}`,
        "Content-Type": "application/json",
        ...(key === undefined ? {} : { "Idempotency-Key": key }),
      },
      body: JSON.stringify({ args, call }),
    });

  it("names one use: repeated it answers the same, for something else it is refused, and none is refused.", async () => {
    const call = { id: "generic-1", from: newNumber(), to: SALON_NUMBER };
    const args = { services: ["Schnitt"], date: dayIn(11), time: "10:00" };
    const key = randomUUID();
    const first = await (await use(key, args, call)).json();
    expect(first).toMatchObject({ ok: true, code: "OFFERS" });
    const reordered = { time: "10:00", date: dayIn(11), services: ["Schnitt"] };
    expect(await (await use(key, reordered, call)).json()).toEqual(first);
    const other = await use(key, { ...args, time: "11:00" }, call);
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ type: "https://askpro.dev/problems/idempotency-key-reused" });
    const missing = await use(undefined, args, call);
    expect(missing.status).toBe(400);
    expect(await missing.json()).toMatchObject({
      type: "https://askpro.dev/problems/idempotency-key-missing",
    });
  });
});

describe("Two questions of one call at the same instant", () => {
  it("are both answered, and their offers never stand in each other's way.", async () => {
    const call = phoneCall(salon);
    const [morning, noon, same] = await Promise.all([
      ask(call, { days: 12, time: "09:00" }),
      ask(call, { days: 12, time: "12:00" }),
      ask(call, { days: 12, time: "09:00" }),
    ]);
    expect(startsOf(morning)).toEqual([instantOf(12, "09:00")]);
    expect(startsOf(same)).toEqual([instantOf(12, "09:00")]);
    expect(startsOf(noon)).toEqual([instantOf(12, "12:00")]);
    expect(await take(call, offerOf(noon))).toMatchObject({ code: "BOOKED" });
  });
});
