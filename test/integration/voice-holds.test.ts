import { DateTime } from "luxon";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ToolAnswer } from "../../api/voice/answer.js";
import { type PhoneCall, phoneCall } from "../support/phone.js";
import { closeSalons, type Salon, until } from "../support/salon.js";
import { HOSTS, OPEN_ALWAYS, TYPES } from "../support/salon-document.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import {
  ask,
  bookByPhone,
  dayIn,
  holdsOf,
  instantOf,
  offerOf,
  standing,
  startsOf,
  take,
} from "./voice-talk.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startVoiceSalon();
});
afterEach(() => {
  salon.calcom.control.clearFaults();
  salon.calcom.control.set({ latency: {}, webhookMode: "normal" });
});
afterAll(closeSalons);

const HALF_HOUR_MS = 30 * 60_000;

/** A perm that is offered alone, at whatever start of that day is free. */
async function permAt(call: PhoneCall, days: number) {
  const asked = { days, service: "Dauerwelle" };
  const other = phoneCall(salon);
  const start = (await ask(other, asked)).offers?.[0]?.start ?? "";
  await other.event("call_ended");
  const [offer] = (await ask(call, { ...asked, time: start.slice(11, 16) })).offers ?? [];
  if (offer?.start !== start) throw new Error("the perm is not offered at the start that was offered before");
  return offer;
}

describe("A time that is offered", () => {
  it("is held from that moment on, and the booking uses the hold up (11.1).", async () => {
    const call = phoneCall(salon);
    const offerId = offerOf(await ask(call, { days: 8, time: "10:00" }));
    expect(await holdsOf(salon, call.id)).toHaveLength(1);
    const taken = await salon.book({ start: instantOf(8, "10:00"), staff: "emma" }, { wait: 5 });
    expect(taken.status).toBe(409);
    expect(await take(call, offerId)).toMatchObject({ code: "BOOKED" });
    expect(await holdsOf(salon, call.id)).toEqual([]);
  });

  it("is not blocked by the hold of its own call, asked for as often as one likes (11.11).", async () => {
    const call = phoneCall(salon);
    const first = await ask(call, { days: 8, time: "11:00" });
    const second = await ask(call, { days: 8, time: "11:00" });
    expect(startsOf(second)).toEqual(startsOf(first));
    expect(await take(call, offerOf(first))).toMatchObject({ code: "BOOKED" });
  });

  it("blocks what overlaps it in part, of the same person and of no other, and not its own call (11.10, 11.18).", async () => {
    const call = phoneCall(salon);
    const perm = await permAt(call, 9);
    const within = new Date(Math.ceil((Date.parse(perm.start) + 1) / HALF_HOUR_MS) * HALF_HOUR_MS);
    const time = DateTime.fromJSDate(within).setZone("Europe/Berlin").toFormat("HH:mm");
    const wanted = { days: 9, time };
    expect(startsOf(await ask(phoneCall(salon), wanted))).not.toContain(within.toISOString());
    expect(startsOf(await ask(phoneCall(salon), { ...wanted, staff: "Fabian" }))).toEqual([
      within.toISOString(),
    ]);
    expect(startsOf(await ask(call, wanted))).toEqual([within.toISOString()]);
  });

  it("is offered with somebody else while one person is busy (11.18).", async () => {
    await bookByPhone(salon, { days: 8, time: "15:00" });
    const found = await ask(phoneCall(salon), { days: 8, time: "15:00", staff: null });
    expect(found.offers).toMatchObject([{ staff: "Fabian Spitzer" }]);
    expect(startsOf(found)).toEqual([instantOf(8, "15:00")]);
  });

  it("holds every staffed phase of a perm at once and none of its gaps, and is booked whole (11.3, 11.16).", async () => {
    const call = phoneCall(salon);
    const perm = await permAt(call, 10);
    expect((await holdsOf(salon, call.id)).map((hold) => hold.phaseKey)).toEqual([
      "wind",
      "fix",
      "rinse",
      "cut",
    ]);
    const booked = await take(call, perm.offer_id);
    expect(booked).toMatchObject({ code: "BOOKED" });
    const segments = standing(salon).filter(
      (booking) => booking.metadata.appointmentId === booked.appointment_id,
    );
    expect(segments).toHaveLength(4);
    expect(await holdsOf(salon, call.id)).toEqual([]);
  });

  it("is refused with others when a person took it in Cal.com meanwhile, also when no webhook told (11.2).", async () => {
    const call = phoneCall(salon);
    const offerId = offerOf(await ask(call, { days: 10, time: "10:00" }));
    salon.calcom.control.set({ webhookMode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: instantOf(10, "10:00"),
      name: "Erika",
      email: "erika@example.org",
    });
    const refused = await take(call, offerId);
    expect(refused).toMatchObject({ ok: false, code: "SLOT_TAKEN", next: "ask_choice" });
    expect(refused.offers?.length).toBeGreaterThan(0);
    expect(startsOf(refused)).not.toContain(instantOf(10, "10:00"));
    // Of a fresh question: what is offered instead is free in Cal.com too.
    expect(await take(call, offerOf(refused))).toMatchObject({ code: "BOOKED" });
  });

  it("is found for each of many who want the same taken one at the same instant: nobody hears that nothing is free.", async () => {
    const wish = { days: 19, time: "10:00", staff: "Emma" };
    await bookByPhone(salon, wish);
    // Asked once before, so that all of them read from the same cache.
    await ask(phoneCall(salon), wish);
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(phoneCall(salon), wish)));
    const offered = answers.filter(({ code }) => code === "OFFERS").flatMap((answer) => startsOf(answer));
    expect(answers.map(({ code }) => code).filter((code) => code !== "OFFERS")).toEqual([]);
    expect(offered).not.toContain(instantOf(19, "10:00"));
    expect(new Set(offered).size).toBe(offered.length);
  });

  it("keeps its chair for two minutes where it stands in for the wish, and for five where it is the wish (11.88).", async () => {
    const keptFor = async (call: PhoneCall) => {
      const holds = await holdsOf(salon, call.id);
      const minutes = holds.map(({ expiresAt }) => Math.round((expiresAt.getTime() - Date.now()) / 60_000));
      return [...new Set(minutes)];
    };
    const [first, second] = [phoneCall(salon), phoneCall(salon)];
    const wish = { days: 20, time: "10:00", staff: "Emma" };
    await ask(first, wish);
    expect(await keptFor(first)).toEqual([5]);
    const instead = await ask(second, wish);
    expect(instead.offers).toHaveLength(3);
    expect(await keptFor(second)).toEqual([2]);
  });

  it("is gone for the next caller as soon as a webhook tells that a person took it (11.2, 11.83).", async () => {
    const start = instantOf(10, "14:00");
    expect(startsOf(await ask(phoneCall(salon), { days: 10, time: "15:00" }))).toHaveLength(1);
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Erika",
      email: "e@example.org",
    });
    await until("the appointment", async () => {
      const { body } = await salon.get(`/api/v2/bookings?from=${start}&to=${instantOf(10, "14:30")}`);
      return body.items.length === 1;
    });
    expect(startsOf(await ask(phoneCall(salon), { days: 10, time: "14:00" }))).not.toContain(start);
  });

  it("that a booking of ours takes although Cal.com has not heard of it yet is offered to nobody (11.13, 11.14).", async () => {
    salon.calcom.control.set({ down: "503" });
    const call = phoneCall(salon);
    try {
      const pending = await salon.book({ start: instantOf(10, "17:00"), staff: "emma" }, { wait: 1 });
      expect(pending.status).toBe(202);
      const found = await ask(call, { days: 10, time: "17:00" });
      expect(startsOf(found)).not.toContain(instantOf(10, "17:00"));
    } finally {
      salon.calcom.control.set({ down: false });
    }
    const found = await ask(phoneCall(salon), { days: 10, time: "17:00" });
    expect(startsOf(found)).not.toContain(instantOf(10, "17:00"));
  });

  it("is not offered when bookings of nobody we know take as many chairs as there are (11.17).", async () => {
    const start = instantOf(11, "10:00");
    for (const [index, id] of [77, 78].entries()) {
      salon.calcom.control.seed({
        hosts: [
          { id, name: `Aushilfe ${index}`, email: `aushilfe-${id}@salon.test`, workingHours: OPEN_ALWAYS },
        ],
      });
      salon.calcom.control.editEventType(TYPES.anyone, { hosts: [id] });
      await salon.calcom.control.book({
        eventTypeId: TYPES.anyone,
        start,
        name: "Erika",
        email: `e${id}@example.org`,
      });
      const { body } = await until("the appointment", async () => {
        const found = await salon.get(`/api/v2/bookings?from=${start}&to=${instantOf(11, "10:30")}`);
        return found.body.items.length === index + 1 && found;
      });
      expect(body.items.map((item: { staff: unknown }) => item.staff)).toEqual(Array(index + 1).fill(null));
      const call = phoneCall(salon);
      const offered = startsOf(await ask(call, { days: 11, time: "10:00", staff: null }));
      if (index === 0) expect(offered).toEqual([start]);
      else expect(offered).not.toContain(start);
      await call.event("call_ended");
    }
    salon.calcom.control.editEventType(TYPES.anyone, { hosts: [HOSTS.emma, HOSTS.fabian] });
  });

  it("is one that the caller does not have already: whoever has is asked about it (11.15).", async () => {
    const talk = await bookByPhone(salon, { days: 11, time: "12:00" });
    const call = phoneCall(salon, { from: talk.call.from });
    const found = await ask(call, { days: 11, time: "12:00", staff: null });
    expect(found).toMatchObject({ ok: true, code: "OFFERS", next: "ask_choice" });
    expect(found.appointments).toHaveLength(1);
    expect(found.say).toContain("bereits einen Termin");
    expect(found.say).toContain("verschieben");
  });
});

describe("What is offered instead", () => {
  it("is held for two minutes, and what was wished for HOLD_SECONDS (11.88).", async () => {
    const call = phoneCall(salon);
    await ask(call, { days: 12, time: "10:00" });
    const [wish] = await holdsOf(salon, call.id);
    const seconds = (hold: { expiresAt: Date } | undefined) =>
      hold ? (hold.expiresAt.getTime() - Date.now()) / 1_000 : 0;
    expect(seconds(wish)).toBeGreaterThan(290);
    expect(seconds(wish)).toBeLessThanOrEqual(300);

    const other = phoneCall(salon);
    const found = await ask(other, { days: 12, time: "10:00" });
    expect(found.offers?.length).toBeGreaterThan(1);
    expect(startsOf(found)).not.toContain(instantOf(12, "10:00"));
    expect(new Set(startsOf(found)).size).toBe(found.offers?.length);
    const rest = (await holdsOf(salon, other.id))
      .map(seconds)
      .sort((a, b) => b - a)
      .slice(1);
    expect(rest.length).toBeGreaterThan(0);
    for (const left of rest) {
      expect(left).toBeGreaterThan(110);
      expect(left).toBeLessThanOrEqual(120);
    }
  });

  it("never empties the day: a call keeps three chairs however often it asks (11.88).", async () => {
    const call = phoneCall(salon);
    for (const time of ["08:00", "09:00", "10:00", "11:00", "12:00"]) {
      expect(startsOf(await ask(call, { days: 13, time }))).toHaveLength(1);
    }
    expect(await holdsOf(salon, call.id)).toHaveLength(3);
    const other = phoneCall(salon);
    expect(startsOf(await ask(other, { days: 13, time: "08:00" }))).toEqual([instantOf(13, "08:00")]);
    expect(startsOf(await ask(other, { days: 13, time: "12:00" }))).not.toContain(instantOf(13, "12:00"));
  });

  it("is at the instant that its label names, on whatever day, and is booked there (11.54).", async () => {
    // By instants: the day has 46 or 50 half hours where the clocks change.
    const end = Date.parse(instantOf(15, "00:00"));
    let halfHours = 0;
    for (let at = Date.parse(instantOf(14, "00:00")); at < end; at += HALF_HOUR_MS) {
      halfHours += 1;
      await salon.calcom.control
        .book({
          eventTypeId: TYPES.cutEmma,
          start: new Date(at).toISOString(),
          name: "Voll",
          email: `voll-${halfHours}@example.org`,
        })
        .catch(() => {});
    }
    await until("a full day", async () => {
      const found = await salon.get(
        `/api/v2/bookings?from=${instantOf(14, "00:00")}&to=${instantOf(15, "00:00")}&limit=100`,
      );
      return found.body.items.length >= halfHours;
    });
    const call = phoneCall(salon);
    const found = await ask(call, { days: 14, time: "10:00" });
    expect(found.offers?.length).toBeGreaterThan(0);
    for (const offer of found.offers ?? []) {
      expect(offer.start).not.toContain(dayIn(14));
      const [year, month, day] = offer.start.slice(0, 10).split("-");
      expect(offer.label).toContain(` ${Number(day)}.${Number(month)}. `);
      expect(offer.label).toContain(offer.start.slice(11, 16));
      expect(offer.label).not.toContain(String(year));
    }
    const chosen = found.offers?.[0];
    const booked = await take(call, offerOf(found));
    const { body } = await salon.get(`/api/v2/bookings/${booked.appointment_id}`);
    expect(body.start).toBe(chosen?.start);
    expect(standing(salon, new Date(body.start).toISOString())).toHaveLength(1);
  });
});

describe("An offer", () => {
  it("that ran out is refused, its chair is anybody's, and whoever has it keeps it.", async () => {
    const brief = await startVoiceSalon({ env: { HOLD_SECONDS: "0.7" } });
    const call = phoneCall(brief);
    const offerId = offerOf(await ask(call, { days: 8, time: "10:00" }));
    const other = phoneCall(brief);
    const theirs = await until("the chair", async () => {
      const found = await ask(other, { days: 8, time: "10:00" });
      return startsOf(found)[0] === instantOf(8, "10:00") && found;
    });
    expect(await take(call, offerId)).toMatchObject({ ok: false, code: "OFFER_EXPIRED", next: "ask_date" });
    const answer = await take(other, offerOf(theirs));
    expect(["BOOKED", "OFFER_EXPIRED"]).toContain(answer.code);
    expect(standing(brief)).toHaveLength(answer.code === "BOOKED" ? 1 : 0);
  });

  it("is free again at once when another is taken, and when the call ends.", async () => {
    const call = phoneCall(salon);
    const wished = await ask(call, { days: 16, time: "10:00" });
    await ask(call, { days: 16, time: "12:00" });
    await take(call, offerOf(wished));
    const other = phoneCall(salon);
    expect(startsOf(await ask(other, { days: 16, time: "12:00" }))).toEqual([instantOf(16, "12:00")]);
    expect(await other.event("call_ended", { disconnection_reason: "user_hangup" })).toBe(204);
    expect(await holdsOf(salon, other.id)).toEqual([]);
  });
});

describe("Fifty callers at once", () => {
  it("who want one time are all answered, and no chair is held or booked twice.", async () => {
    const calls = Array.from({ length: 50 }, () => phoneCall(salon));
    const found = await Promise.all(calls.map((call) => ask(call, { days: 18, time: "10:00", staff: null })));
    const offered = found.flatMap((answer) =>
      (answer.offers ?? []).map((offer) => `${offer.staff} ${offer.start}`),
    );
    for (const answer of found) expect(answer.say.length, JSON.stringify(answer)).toBeGreaterThan(10);
    expect(new Set(offered).size).toBe(offered.length);
    const wished = found.flatMap(startsOf).filter((start) => start === instantOf(18, "10:00"));
    expect(wished).toHaveLength(2);

    const winners = calls.flatMap((call, index) => {
      const answer = found[index];
      return answer && startsOf(answer)[0] === instantOf(18, "10:00") ? [{ call, answer }] : [];
    });
    const answers: ToolAnswer[] = await Promise.all(
      winners.flatMap(({ call, answer }) => [take(call, offerOf(answer)), take(call, offerOf(answer))]),
    );
    expect(answers.map((answer) => answer.code)).toEqual(Array(answers.length).fill("BOOKED"));
    expect(standing(salon, instantOf(18, "10:00"))).toHaveLength(2);
    const overlapping = await salon.admin.sql`
      SELECT 1 FROM busy_intervals a JOIN busy_intervals b ON a.staff_id = b.staff_id AND a.owner_id < b.owner_id
        AND a.during && b.during WHERE NOT a.conflict AND NOT b.conflict`;
    expect(overlapping).toHaveLength(0);
  });
});
