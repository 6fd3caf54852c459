import { DateTime } from "luxon";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BEGAN, nextDay, ZONE } from "../support/calendar.js";
import { newNumber, type PhoneCall, phoneCall } from "../support/phone.js";
import { closeSalons, type Salon } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import { startVoiceSalon } from "../support/voice-salon.js";
import { ask, dayIn, instantOf, offerOf, standing, startsOf, take } from "./voice-talk.js";

const WEEKDAY_HOURS = ["08:00-20:00"];
const SATURDAY_HOURS = ["09:00-14:00"];

let salon: Salon;
beforeAll(async () => {
  salon = await startVoiceSalon({}, (document) => ({
    ...document,
    // From any day the next summer and the next winter can be booked.
    services: document.services.map((service) =>
      service.slug === "schnitt" ? { ...service, maximumDaysAhead: 365 } : service,
    ),
    branches: document.branches.map((branch) => ({
      ...branch,
      phoneNumbers: ["+493033081738"],
      openingHours: {
        mon: WEEKDAY_HOURS,
        tue: WEEKDAY_HOURS,
        wed: WEEKDAY_HOURS,
        thu: WEEKDAY_HOURS,
        fri: WEEKDAY_HOURS,
        sat: SATURDAY_HOURS,
      },
    })),
  }));
});
afterAll(closeSalons);

const today = BEGAN.startOf("day");

/** The first such day (1 is Monday) that is at least so many days away. */
const weekday = (day: number, atLeast = 3) => nextDay(atLeast, (each) => each.weekday === day);

/**
 * Days from now to a Tuesday, on which the salon is open. Each test has one of its own, whatever the day: never
 * the Tuesday of next week either, which is asked for by its name.
 */
function openDay(nth: number): number {
  return daysTo(weekday(2, 9).plus({ weeks: nth }));
}

const daysTo = (day: DateTime) => Math.round(day.diff(today, "days").days);

/** Such a day in summer or in winter, whichever of them it is now. */
function openDayIn(season: "summer" | "winter"): number {
  let nth = 8;
  while (today.plus({ days: openDay(nth) }).isInDST !== (season === "summer")) nth += 1;
  return openDay(nth);
}

const say = (call: PhoneCall, when_text: string, extra: Record<string, unknown> = {}) =>
  call.use("find_slots", { services: ["Schnitt"], staff: "Emma", when_text, ...extra });

const appointment = async (id: string | undefined) => (await salon.get(`/api/v2/bookings/${id}`)).body;

describe("A service", () => {
  it("that is not named or not known is asked for, never chosen (11.50, 11.52).", async () => {
    const call = phoneCall(salon);
    const date = dayIn(openDay(0));
    for (const services of [undefined, [], [""], ["null"], "{{service}}"]) {
      const answer = await call.use("find_slots", { services, date, time: "10:00" });
      expect(answer).toMatchObject({ ok: false, code: "NEEDS_SERVICE", next: "ask_service" });
    }
    for (const service of ["Hufbeschlag", "Beratung", "Massage"]) {
      const answer = await call.use("find_slots", { services: [service], date, time: "10:00" });
      expect(answer).toMatchObject({ ok: false, code: "UNKNOWN_SERVICE", next: "ask_service" });
      expect(answer).not.toHaveProperty("offers");
    }
    const both = await call.use("find_slots", { services: ["Schnitt und Dauerwelle"], date, time: "10:00" });
    expect(both).toMatchObject({ ok: false, code: "AMBIGUOUS_SERVICE" });
  });

  it("that was offered is the one that is booked, with its event type, length and person (11.39, 11.41, 11.51).", async () => {
    const days = openDay(1);
    for (const [service, minutes, types] of [
      ["Schnitt", 30, [TYPES.cutFabian]],
      ["Dauerwelle", 135, [...TYPES.perm.fabian]],
    ] as const) {
      const call = phoneCall(salon);
      const found = await ask(call, { days, service, staff: "Fabian" });
      const offer = found.offers?.[0];
      const booked = await take(call, offerOf(found));
      expect(booked).toMatchObject({ code: "BOOKED" });
      const body = await appointment(booked.appointment_id);
      expect(body).toMatchObject({
        start: offer?.start,
        end: offer?.end,
        service: { name: service },
        staff: { slug: "fabian" },
      });
      expect(Date.parse(body.end) - Date.parse(body.start)).toBe(minutes * 60_000);
      const made = standing(salon).filter((booking) => booking.metadata.appointmentId === body.id);
      expect(made.map((booking) => booking.eventTypeId).sort()).toEqual([...types].sort());
    }
  });

  it("that a caller usually has is a question in the greeting and decides nothing (11.53).", async () => {
    const phone = newNumber();
    const days = openDay(2);
    for (const time of ["09:00", "09:30", "10:00"]) {
      const made = await salon.book({
        start: instantOf(days, time),
        staff: "fabian",
        customer: { name: "Ute Stamm", phone },
      });
      expect(made.status).toBe(201);
    }
    const call = phoneCall(salon, { from: phone });
    const { call_inbound } = await call.inbound();
    expect(call_inbound).toMatchObject({
      dynamic_variables: {
        usual_service: "Schnitt",
        greeting: expect.stringMatching(/Schnitt.*\?$/),
      },
    });
    expect(await call.use("find_slots", { date: dayIn(days) })).toMatchObject({ code: "NEEDS_SERVICE" });
    const perm = await ask(call, { days: openDay(3), service: "Dauerwelle" });
    const booked = await take(call, offerOf(perm));
    expect((await appointment(booked.appointment_id)).service.slug).toBe("dauerwelle");
  });
});

describe("A person who is asked for", () => {
  it("and cannot do it, or does not work here, is said and not replaced (11.40).", async () => {
    const call = phoneCall(salon);
    const days = openDay(4);
    const cannot = await ask(call, { days, time: "10:00", service: "Anfrage", staff: "Fabian" });
    expect(cannot).toMatchObject({ ok: false, code: "STAFF_CANNOT_DO_SERVICE" });
    expect(cannot.say).toMatch(/Fabian.*Emma/);
    const unknown = await ask(call, { days, time: "10:00", staff: "Ludwig" });
    expect(unknown).toMatchObject({ ok: false, code: "UNKNOWN_STAFF" });
    expect(cannot).not.toHaveProperty("offers");
    expect(unknown).not.toHaveProperty("offers");
  });

  it("and is busy then is offered at other times, not another person (11.39, 11.40).", async () => {
    const days = openDay(5);
    await salon.book({ start: instantOf(days, "10:00"), staff: "fabian" });
    const call = phoneCall(salon);
    const found = await ask(call, { days, time: "10:00", staff: "Fabian" });
    expect(found.offers?.length).toBeGreaterThan(0);
    for (const offer of found.offers ?? []) expect(offer.staff).toBe("Fabian Spitzer");
    expect(startsOf(found)).not.toContain(instantOf(days, "10:00"));
    const booked = await take(call, offerOf(found));
    expect((await appointment(booked.appointment_id)).staff.slug).toBe("fabian");
  });
});

describe("A person whom Cal.com chooses", () => {
  it("is not named before, and one who is asked for is the one who is booked (11.39, 11.47).", async () => {
    const days = openDay(6);
    for (const [time, wished] of [
      ["09:00", null],
      ["10:00", null],
      ["11:00", "Emma"],
      ["12:00", "Emma"],
      ["13:00", "Fabian"],
    ] as const) {
      const call = phoneCall(salon);
      const found = await ask(call, { days, time, service: "Beliebig", staff: wished });
      const asked = await take(call, offerOf(found), { caller_confirmed: undefined });
      const booked = await take(call, offerOf(found));
      expect(booked.code).toBe("BOOKED");
      const body = await appointment(booked.appointment_id);
      const [made] = standing(salon).filter((booking) => booking.metadata.appointmentId === body.id);
      expect(body.staff.slug).toBe(made?.hostIds[0] === HOSTS.emma ? "emma" : "fabian");
      const said = JSON.stringify([found, asked, booked]);
      if (wished === null) expect(said).not.toMatch(/Emma|Fabian/);
      else expect(body.staff.name).toContain(wished);
      const listed = await call.use("list_my_appointments");
      expect(listed.appointments?.[0]?.staff).toBe(body.staff.name);
    }
  });
});

describe("A time", () => {
  it("is exact: what lies near it is another time that needs a yes of its own (11.27, 11.28).", async () => {
    const call = phoneCall(salon);
    const days = openDay(7);
    const found = await ask(call, { days, time: "13:10" });
    expect(found.code).toBe("OFFERS");
    expect(startsOf(found)).not.toContain(instantOf(days, "13:10"));
    expect(found.say).toMatch(/Nähe|leider/);
    const [offer] = found.offers ?? [];
    const confirm = await take(call, offerOf(found), { caller_confirmed: undefined });
    const spoken =
      DateTime.fromISO(offer?.start ?? "", { setZone: true }).hour === 13 ? "dreizehn Uhr" : "Uhr";
    expect(confirm.say).toContain(spoken);
    const booked = await take(call, offerOf(found));
    expect((await appointment(booked.appointment_id)).start).toBe(offer?.start);
  });

  it("as it is said is read by our own grammar, and the answer names weekday and date (11.56).", async () => {
    // By the clock: on the eve of a Monday these words change their meaning at midnight.
    const tuesday = DateTime.now().setZone(ZONE).startOf("week").plus({ weeks: 1, days: 1 });
    const found = await say(phoneCall(salon), "nächste Woche Dienstag um zehn Uhr");
    expect(found.offers?.[0]?.start).toContain(`${tuesday.toISODate()}T10:00`);
    expect(found.say).toMatch(/Dienstag, dem \p{L}+ten \p{L}+|morgen|übermorgen/u);
    // The model's own date against the caller's words is asked about, never believed.
    const against = await say(phoneCall(salon), "nächste Woche Dienstag um zehn Uhr", {
      date: tuesday.plus({ weeks: 1 }).toISODate(),
    });
    expect(against).toMatchObject({ ok: false, code: "AMBIGUOUS_DATE", next: "ask_date" });
  });

  it("without a year is the next such day, and a year from the past is not believed (11.57, 11.58).", async () => {
    const day = weekday(3, 20);
    const spoken = `am ${day.day}. ${day.setLocale("de").toFormat("LLLL")} um elf Uhr`;
    const call = phoneCall(salon);
    for (const extra of [
      {},
      { date: day.set({ year: 2023 }).toISODate() },
      { date: `2024-${day.toFormat("MM-dd")}` },
    ]) {
      const found = await say(call, spoken, extra);
      expect(found, JSON.stringify(extra)).toMatchObject({ ok: true, code: "OFFERS" });
      expect(found.offers?.[0]?.start).toContain(`${day.toISODate()}T11:00`);
    }
    // A model without a clock means the next such day; a caller who says a year means it.
    const rebased = await call.use("find_slots", {
      services: ["Schnitt"],
      staff: "Emma",
      date: day.set({ year: 2023 }).toISODate(),
      time: "11:00",
    });
    expect(rebased.offers?.[0]?.start).toContain(`${day.toISODate()}T11:00`);
    expect(await say(call, `am ${day.day}.${day.month}.2023 um elf Uhr`)).toMatchObject({
      ok: false,
      code: "IN_PAST",
      next: "ask_date",
    });
  });

  it("as an agent writes it is read, and of what does not exist the caller hears whether it is the day or the time (11.58).", async () => {
    const day = weekday(3, 20);
    const call = phoneCall(salon);
    const asked = { services: ["Schnitt"], staff: "Emma" };
    for (const date of [day.toFormat("d.M."), day.toFormat("dd.MM.yyyy"), `am ${day.toFormat("d.M.")}`]) {
      const found = await call.use("find_slots", { ...asked, date, time: "16 Uhr" });
      expect(found, date).toMatchObject({ ok: true, code: "OFFERS" });
      expect(found.offers?.[0]?.start).toContain(`${day.toISODate()}T16:00`);
    }
    const spoken = `am ${day.toFormat("d.M.")}`;
    for (const none of [
      await say(call, `${spoken} um 25 Uhr`),
      await say(call, `${spoken} 12:60`),
      await call.use("find_slots", { ...asked, date: day.toISODate(), time: "25:00" }),
    ]) {
      expect(none).toMatchObject({ ok: false, code: "INVALID", next: "ask_date" });
      expect(none.say).toMatch(/^Diese Uhrzeit gibt es leider nicht\./);
    }
    const noDay = await say(call, "am 31.2. um elf");
    expect(noDay).toMatchObject({ ok: false, code: "INVALID" });
    expect(noDay.say).toMatch(/^Diesen Tag gibt es leider nicht\./);
    expect(await say(call, "um elf", { date: "demnächst" })).toMatchObject({ ok: false, code: "INVALID" });
  });

  it("against what the model made of it is asked about, with readings that can be told apart (11.57).", async () => {
    const day = weekday(3, 20);
    const call = phoneCall(salon);
    const years = await say(call, `am ${day.toFormat("d.M.")} um elf`, {
      date: day.plus({ years: 1 }).toISODate(),
    });
    expect(years).toMatchObject({ ok: false, code: "AMBIGUOUS_DATE" });
    expect(years.say).toMatch(/(dieses|nächsten) Jahres, .*(nächsten|übernächsten) Jahres, /u);
    const part = await say(call, `am ${day.toFormat("d.M.")} um elf`, { part_of_day: "nachmittag" });
    expect(part).toMatchObject({ ok: false, code: "AMBIGUOUS_DATE" });
    expect(part.say).toMatch(/um elf Uhr, oder .*am Nachmittag\?$/u);
  });

  it("of a day that only the caller knows is asked for, never today's.", async () => {
    const call = phoneCall(salon);
    for (const words of ["am Tag danach um elf", "eine Woche später um elf", "Montag nach meinem Urlaub"]) {
      const answer = await say(call, words);
      expect(answer, words).toMatchObject({ ok: false, code: "NEEDS_DATE", next: "ask_date" });
    }
  });

  it("that is missing is asked for, never made up (11.59).", async () => {
    const call = phoneCall(salon);
    expect(await call.use("find_slots", { services: ["Schnitt"] })).toMatchObject({
      ok: false,
      code: "NEEDS_DATE",
      next: "ask_date",
    });
    expect(await say(call, "nächste Woche")).toMatchObject({ ok: false, code: "NEEDS_DATE" });
    const held = await salon.admin.sql`
      SELECT 1 FROM offers o JOIN calls c ON c.id = o.call_id WHERE c.provider_call_id = ${call.id}`;
    expect(held).toHaveLength(0);
  });

  it("on a day on which the salon is closed is said to be; the next open day is named as another day (11.55).", async () => {
    const sunday = weekday(7);
    const call = phoneCall(salon);
    const closed = await call.use("find_slots", {
      services: ["Schnitt"],
      date: sunday.toISODate(),
      time: "10:00",
    });
    expect(closed).toMatchObject({ ok: false, code: "CLOSED" });
    expect(closed.say).toMatch(/^(Am Sonntag|Morgen|Übermorgen).*(geschlossen|nicht geöffnet)/);
    for (const offer of closed.offers ?? []) expect(offer.start).not.toContain(sunday.toISODate());
    // Saturday is a working day where the salon is open on it.
    const saturday = await call.use("find_slots", {
      services: ["Schnitt"],
      date: weekday(6).toISODate(),
      time: "10:00",
    });
    expect(saturday).toMatchObject({ ok: true, code: "OFFERS" });
    expect(saturday.offers?.[0]?.start).toContain(`${weekday(6).toISODate()}T10:00`);
  });

  it("of the day at which the salon is closed does not make the day a closed one: its nearest times are offered (11.55).", async () => {
    const saturday = weekday(6, 10);
    const date = saturday.toISODate();
    const spoken = `am ${saturday.day}. ${saturday.setLocale("de").toFormat("LLLL")}`;
    const early = [
      { date, part_of_day: "früh" },
      { when_text: `${spoken} früh` },
      { when_text: `${spoken} gleich in der Früh` },
    ];
    for (const [wishes, when, time] of [
      [early, /^So früh haben wir leider noch nicht geöffnet\. Möglich wäre es am Samstag/, "09:00"],
      [
        [{ date, part_of_day: "spät" }, { when_text: `${spoken} am Abend` }],
        /^So spät haben wir leider nicht mehr geöffnet\. Möglich wäre es am Samstag/,
        "13:30",
      ],
    ] as const) {
      for (const wish of wishes) {
        const call = phoneCall(salon);
        const answer = await call.use("find_slots", { services: ["Schnitt"], staff: "Emma", ...wish });
        expect(answer, JSON.stringify(wish)).toMatchObject({ ok: false, code: "CLOSED", next: "ask_choice" });
        expect(answer.say).toMatch(when);
        expect(answer.offers?.[0]?.start).toContain(`${date}T${time}`);
        for (const offer of answer.offers ?? []) expect(offer.start).toContain(date);
        await call.event("call_ended");
      }
    }
    const sunday = await phoneCall(salon).use("find_slots", {
      services: ["Schnitt"],
      date: weekday(7, 10).toISODate(),
      part_of_day: "früh",
    });
    expect(sunday).toMatchObject({ ok: false, code: "CLOSED" });
    expect(sunday.say).toMatch(/^Am Sonntag, dem \p{L}+ \p{L}+, haben wir leider geschlossen\./u);
  });

  it("too soon for Cal.com is not offered, whatever our own notice, and what is offered can be booked (11.29).", async () => {
    salon.calcom.control.editEventType(TYPES.cutFabian, { minimumBookingNotice: 4 * 1_440 });
    try {
      await salon.stopApi();
      await salon.startApi();
      const call = phoneCall(salon);
      const soon = today.plus({ days: 1 }).weekday === 7 ? 2 : 1;
      const found = await ask(call, { days: soon, time: "10:00", staff: "Fabian" });
      expect(["TOO_SOON", "OFFERS"]).toContain(found.code);
      expect(found.offers?.length).toBeGreaterThan(0);
      for (const start of startsOf(found))
        expect(Date.parse(start)).toBeGreaterThan(Date.now() + 4 * 86_400_000);
      expect(await take(call, offerOf(found))).toMatchObject({ code: "BOOKED" });
    } finally {
      salon.calcom.control.editEventType(TYPES.cutFabian, { minimumBookingNotice: 0 });
    }
  });

  it("beyond the horizon is refused before anything is promised (11.30).", async () => {
    const far = await ask(phoneCall(salon), { days: 800, time: "10:00" });
    expect(far).toMatchObject({ ok: false, code: "TOO_FAR", next: "ask_date" });
    expect(far).not.toHaveProperty("offers");
  });

  it("is one instant for the caller, for us and for Cal.com, in summer and in winter (11.25, 11.26).", async () => {
    for (const [season, offset] of [
      ["summer", "+02:00"],
      ["winter", "+01:00"],
    ] as const) {
      const call = phoneCall(salon);
      const days = openDayIn(season);
      const found = await ask(call, { days, time: "17:00" });
      expect(found.offers?.[0]?.start).toBe(`${dayIn(days)}T17:00:00${offset}`);
      const booked = await take(call, offerOf(found));
      expect(booked.say).toContain("siebzehn Uhr");
      const body = await appointment(booked.appointment_id);
      expect(
        standing(salon, new Date(body.start).toISOString()).map((booking) => booking.metadata.appointmentId),
      ).toContain(body.id);
    }
  });
});
