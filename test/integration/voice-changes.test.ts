import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newNumber, phoneCall } from "../support/phone.js";
import { closeSalons, type Salon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import { ask, bookByPhone, instantOf, offerOf, standing, startsOf, type Talk, take } from "./voice-talk.js";

/** A late cancel or move of the perm is refused, of a cut by Fabian costs something. */
const NOTICE_MINUTES = 40 * 24 * 60;

let salon: Salon;
beforeAll(async () => {
  salon = await startVoiceSalon({}, (document) => ({
    ...document,
    policies: [
      { for: {}, rescheduleFirst: true },
      {
        for: { service: "dauerwelle" },
        cancel: { noticeMinutes: NOTICE_MINUTES },
        reschedule: { noticeMinutes: NOTICE_MINUTES },
      },
      {
        for: { staff: "fabian" },
        cancel: { noticeMinutes: 0, feeCents: 1_250 },
        reschedule: { noticeMinutes: 0, maxPerAppointment: 1 },
        rescheduleFirst: false,
      },
    ],
  }));
});
afterEach(() => {
  salon.calcom.control.clearFaults();
  salon.calcom.control.set({ latency: {}, webhookMode: "normal" });
});
afterAll(closeSalons);

const appointment = async (id: string | undefined) => (await salon.get(`/api/v2/bookings/${id}`)).body;
const counters = async () => (await salon.get("/api/v2/voice/statistics")).body.rescheduleOffers;
const confirm = { caller_confirmed: true };

describe("Who wants to cancel", () => {
  it("is offered to move first, also after a yes that came too early; what becomes of it is counted.", async () => {
    const before = await counters();
    const moved = await bookByPhone(salon, { days: 8, time: "10:00" });
    const offered = await moved.call.use("cancel_appointment", confirm);
    expect(offered).toMatchObject({ ok: true, code: "CONFIRM", next: "confirm" });
    expect(offered.say).toContain("verschieben");
    expect((await appointment(moved.appointmentId)).status).toBe("confirmed");
    const other = offerOf(await ask(moved.call, { days: 8, time: "12:00" }));
    expect(await moved.call.use("reschedule_appointment", { offer_id: other, ...confirm })).toMatchObject({
      code: "RESCHEDULED",
    });

    const declined = await bookByPhone(salon, { days: 8, time: "13:00" });
    await declined.call.use("cancel_appointment");
    // Asked twice: offered once, then only the yes is wanted.
    const asked = await declined.call.use("cancel_appointment");
    expect(asked).toMatchObject({ code: "CONFIRM" });
    expect(asked.say).not.toContain("verschieben");
    expect(await declined.call.use("cancel_appointment", confirm)).toMatchObject({ code: "CANCELLED" });

    const silent = await bookByPhone(salon, { days: 8, time: "14:00" });
    await silent.call.use("cancel_appointment");
    await silent.call.event("call_ended");
    expect(await counters()).toEqual({
      offered: before.offered + 3,
      accepted: before.accepted + 1,
      declined: before.declined + 1,
    });
  });

  it("is not, where the tenant's narrower policy does not want it, and hears the fee before and after.", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 8, time: "15:00", staff: "Fabian" });
    const asked = await call.use("cancel_appointment");
    expect(asked).toMatchObject({ code: "CONFIRM" });
    expect(asked.say).not.toContain("verschieben");
    expect(asked.say).toContain("zwölf Euro fünfzig");
    const cancelled = await call.use("cancel_appointment", confirm);
    expect(cancelled.say).toContain("zwölf Euro fünfzig");
    expect(await appointment(appointmentId)).toMatchObject({ status: "cancelled", feeCents: 1_250 });
    expect(standing(salon, instantOf(8, "15:00"))).toHaveLength(0);
  });

  it("hears the same when asked again in this call, and that there is none in the next; nothing is left in Cal.com (11.23).", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 8, time: "16:00", staff: "Fabian" });
    const cancelled = await call.use("cancel_appointment", confirm);
    expect(cancelled).toMatchObject({ code: "CANCELLED", appointment_id: appointmentId });
    const again = await Promise.all([
      call.use("cancel_appointment", confirm),
      call.use("cancel_appointment"),
    ]);
    for (const answer of again)
      expect(answer).toMatchObject({ code: "CANCELLED", appointment_id: appointmentId });
    expect(standing(salon, instantOf(8, "16:00"))).toHaveLength(0);
    const next = phoneCall(salon, { from: call.from });
    expect(await next.use("cancel_appointment", confirm)).toMatchObject({
      ok: true,
      code: "NO_APPOINTMENTS",
    });
  });

  it("twenty times at the same instant cancels once, and nobody hears anything else.", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 8, time: "17:00", staff: "Fabian" });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => call.use("cancel_appointment", confirm)),
    );
    expect(new Set(answers.map((answer) => answer.code))).toEqual(new Set(["CANCELLED"]));
    const commands = await salon.admin
      .sql`SELECT 1 FROM commands WHERE appointment_id = ${appointmentId} AND kind = 'cancel'`;
    expect(commands).toHaveLength(1);
  });
});

describe("A policy", () => {
  let perm: Talk;
  beforeAll(async () => {
    perm = await bookByPhone(salon, { days: 20, service: "Dauerwelle" });
  });

  it("that refuses says so in whole days or hours, without a decimal, and everything stands (11.75).", async () => {
    const other = offerOf(await ask(perm.call, { days: 22, service: "Dauerwelle" }));
    for (const answer of [
      await perm.call.use("cancel_appointment", confirm),
      await perm.call.use("reschedule_appointment", { offer_id: other, ...confirm }),
    ]) {
      expect(answer).toMatchObject({ ok: false, code: "POLICY", next: "offer_callback" });
      expect(answer.say).toMatch(/vierzig Tage/);
      expect(answer.say).not.toMatch(/\d/);
    }
    expect(await appointment(perm.appointmentId)).toMatchObject({ status: "confirmed", rescheduleCount: 0 });
    expect(
      standing(salon).filter((booking) => booking.metadata.appointmentId === perm.appointmentId),
    ).toHaveLength(4);
    const kept = await salon.admin
      .sql`SELECT detail FROM timeline WHERE appointment_id = ${perm.appointmentId} AND outcome = 'refused'`;
    expect(kept.length).toBeGreaterThan(0);
  });

  it("comes after the question who calls: a stranger hears nothing of it.", async () => {
    const stranger = phoneCall(salon);
    const answer = await stranger.use("cancel_appointment", confirm);
    expect(answer).toMatchObject({ ok: false, code: "NOT_IDENTIFIED" });
    expect(answer.say).not.toMatch(/Tage|Stunden vorher/);
  });

  it("lets a perm that is far enough off go with all four of its bookings (11.43).", async () => {
    const far = await bookByPhone(salon, { days: 60, service: "Dauerwelle" });
    await far.call.use("cancel_appointment");
    expect(await far.call.use("cancel_appointment", confirm)).toMatchObject({ code: "CANCELLED" });
    expect(
      standing(salon).filter((booking) => booking.metadata.appointmentId === far.appointmentId),
    ).toHaveLength(0);
  });
});

describe("Who moves an appointment", () => {
  it("twice moves the newest booking, and the appointment stays the same (11.20, 11.21).", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 9, time: "10:00" });
    for (const time of ["12:00", "14:00", "10:00"]) {
      const offer_id = offerOf(await ask(call, { days: 9, time }));
      expect(await call.use("reschedule_appointment", { offer_id, ...confirm })).toMatchObject({
        code: "RESCHEDULED",
        appointment_id: appointmentId,
      });
      expect(standing(salon, instantOf(9, time))).toHaveLength(1);
    }
    expect(
      standing(salon).filter((booking) => booking.metadata.appointmentId === appointmentId),
    ).toHaveLength(1);
    expect(await appointment(appointmentId)).toMatchObject({ status: "confirmed", rescheduleCount: 3 });
  });

  it("hears old and new time before the yes, and the same answer when asked again at once.", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 9, time: "16:00" });
    const offer_id = offerOf(await ask(call, { days: 9, time: "18:00" }));
    const asked = await call.use("reschedule_appointment", { offer_id });
    expect(asked).toMatchObject({ code: "CONFIRM", next: "confirm" });
    expect(asked.say).toMatch(/sechzehn Uhr.*achtzehn Uhr/);
    expect((await appointment(appointmentId)).rescheduleCount).toBe(0);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call.use("reschedule_appointment", { offer_id, ...confirm })),
    );
    expect(new Set(answers.map((answer) => answer.say)).size).toBe(1);
    expect(answers[0]).toMatchObject({ code: "RESCHEDULED" });
    expect((await appointment(appointmentId)).rescheduleCount).toBe(1);
  });

  it("needs an offer, of the same service, and one that nobody has taken.", async () => {
    const { call } = await bookByPhone(salon, { days: 10, time: "10:00" });
    expect(await call.use("reschedule_appointment", confirm)).toMatchObject({
      ok: false,
      code: "NEEDS_DATE",
    });
    expect(
      await call.use("reschedule_appointment", { offer_id: "of_aaaaaaaaaaaa", ...confirm }),
    ).toMatchObject({ ok: false, code: "OFFER_EXPIRED" });
    const other = offerOf(await ask(call, { days: 10, time: "12:00", service: "Anfrage" }));
    expect(await call.use("reschedule_appointment", { offer_id: other, ...confirm })).toMatchObject({
      ok: false,
      code: "INVALID",
    });
  });

  it("to a time that a person took meanwhile keeps the old one and hears others (I-11).", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 10, time: "14:00" });
    const offer_id = offerOf(await ask(call, { days: 10, time: "16:00" }));
    salon.calcom.control.set({ webhookMode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: instantOf(10, "16:00"),
      name: "Erika",
      email: "e@example.org",
    });
    const refused = await call.use("reschedule_appointment", { offer_id, ...confirm });
    expect(refused).toMatchObject({ ok: false, code: "SLOT_TAKEN" });
    expect(startsOf(refused)).not.toContain(instantOf(10, "16:00"));
    expect(standing(salon, instantOf(10, "14:00"))).toHaveLength(1);
    expect(await appointment(appointmentId)).toMatchObject({ status: "confirmed" });
    expect((await appointment(appointmentId)).start).toContain("T14:00");
  });

  it("into the time that it has itself is no clash (11.11).", async () => {
    const { call, appointmentId } = await bookByPhone(salon, {
      days: 24,
      service: "Dauerwelle",
      staff: "Fabian",
    });
    const { start } = await appointment(appointmentId);
    const later = (await ask(call, { days: 24, service: "Dauerwelle", staff: "Fabian" })).offers ?? [];
    const overlapping = later.find(
      (offer) => Math.abs(Date.parse(offer.start) - Date.parse(start)) < 135 * 60_000,
    );
    const offer_id = (overlapping ?? later[0])?.offer_id;
    expect(await call.use("reschedule_appointment", { offer_id, ...confirm })).toMatchObject({
      code: "RESCHEDULED",
    });
    expect(
      standing(salon).filter((booking) => booking.metadata.appointmentId === appointmentId),
    ).toHaveLength(4);
    // Once is what the policy of this chair allows.
    const again = offerOf(await ask(call, { days: 25, service: "Dauerwelle", staff: "Fabian" }));
    expect(await call.use("reschedule_appointment", { offer_id: again, ...confirm })).toMatchObject({
      ok: false,
      code: "POLICY",
    });
  });

  it("half an hour into the time that a perm has itself is offered and done, though Cal.com shows it as taken (11.11).", async () => {
    const from = newNumber();
    // Far enough off for the policy of the perm.
    const days = 45;
    const { appointmentId } = await bookByPhone(
      salon,
      { days, time: "10:00", service: "Dauerwelle" },
      { from },
    );
    const start = (await appointment(appointmentId)).start;
    const later = new Date(Date.parse(start) + 30 * 60_000);
    const call = phoneCall(salon, { from });
    const time = later.toLocaleTimeString("de-DE", { timeZone: "Europe/Berlin", timeStyle: "short" });
    const found = await ask(call, { days, time, service: "Dauerwelle" });
    expect(startsOf(found)).toEqual([later.toISOString()]);
    const moved = await call.use("reschedule_appointment", { offer_id: offerOf(found), ...confirm });
    expect(moved).toMatchObject({ code: "RESCHEDULED" });
    expect(Date.parse((await appointment(appointmentId)).start)).toBe(later.getTime());
    expect(
      standing(salon).filter((booking) => booking.metadata.appointmentId === appointmentId),
    ).toHaveLength(4);
  });

  it("that a person cancelled in Cal.com meanwhile is told that there is none.", async () => {
    const { call, appointmentId } = await bookByPhone(salon, { days: 10, time: "18:00" });
    const [booking] = standing(salon, instantOf(10, "18:00"));
    await salon.calcom.control.cancel({ uid: booking?.uid ?? "", by: "host", reason: "krank" });
    await until("the cancel", async () => (await appointment(appointmentId)).status === "cancelled");
    const offer_id = offerOf(await ask(call, { days: 10, time: "19:00" }));
    expect(await call.use("reschedule_appointment", { offer_id, ...confirm })).toMatchObject({
      code: "NO_APPOINTMENTS",
    });
    expect(await take(call, offer_id)).toMatchObject({ code: "BOOKED" });
  });

  it("and cancels what was moved in the same call with the offer that moved it books nothing twice.", async () => {
    const from = newNumber();
    const { call, appointmentId } = await bookByPhone(salon, { days: 12, time: "10:00" }, { from });
    const offer_id = offerOf(await ask(call, { days: 12, time: "12:00" }));
    expect(await call.use("reschedule_appointment", { offer_id, ...confirm })).toMatchObject({
      code: "RESCHEDULED",
    });
    expect(await take(call, offer_id)).toMatchObject({ ok: false, code: "OFFER_EXPIRED" });
    expect(
      standing(salon).filter((booking) => booking.metadata.appointmentId === appointmentId),
    ).toHaveLength(1);
  });
});
