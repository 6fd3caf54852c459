import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Wish } from "../german-time/reading.js";
import type { Say, SpokenSlot } from "./said.js";
import { say } from "./say.js";

const ZONE = "Europe/Berlin";
const NOW = new Date("2026-11-25T10:00:00+01:00");
const LONG_SERVICE = "Ansatz, Längenausgleich, waschen, schneiden, föhnen";

const start = fc
  .integer({ min: 1, max: 34_560 })
  .map((quarters) => new Date(NOW.getTime() + quarters * 900_000));
const serviceName = fc.constantFrom("Gloss", LONG_SERVICE, "Komplettpaket Braut mit Probefrisur und Make-up");
const staffName = fc.constantFrom(null, "Emma", "Maria del Carmen von Hohenstein-Sonderburg");
const slot = fc.record({ start, zone: fc.constant(ZONE), staff: staffName });
const appointment = fc.record({ start, zone: fc.constant(ZONE), staff: staffName, service: serviceName });
const at = (iso: string, staff: string | null = null): SpokenSlot => ({
  start: new Date(iso),
  zone: ZONE,
  staff,
});
const TEN = at("2026-12-03T10:00:00+01:00", "Emma");
const HALF_PAST = at("2026-12-03T14:30:00+01:00", "Emma");
const FRIDAY = at("2026-12-04T09:15:00+01:00", "Fabian");

describe("offers", () => {
  const offers = (slots: Partial<Parameters<Say["offers"]>[0]>) =>
    say.offers({ now: NOW, service: "Herrenhaarschnitt", offers: [TEN], wished: { kind: "open" }, ...slots });

  it("say the wished time back with service, weekday, date, time and staff, and ask for a yes", () => {
    expect(offers({ wished: { kind: "exact", start: TEN.start } })).toBe(
      "Für Herrenhaarschnitt ist am Donnerstag, dem dritten Dezember, um zehn Uhr bei Emma frei. Soll ich das für Sie eintragen?",
    );
  });

  it("speak at most two, with the day and the staff once where they share it", () => {
    expect(offers({ offers: [TEN, HALF_PAST, FRIDAY] })).toBe(
      "Für Herrenhaarschnitt ist am Donnerstag, dem dritten Dezember, bei Emma um zehn Uhr oder um vierzehn Uhr dreißig frei. Was passt Ihnen besser?",
    );
    expect(offers({ offers: [TEN, FRIDAY, HALF_PAST] })).not.toContain("vierzehn");
  });

  it("call a time near when it is at most thirty minutes off on that day, else say that the wished one is not free", () => {
    const wishedAt = (iso: string) => offers({ wished: { kind: "exact", start: new Date(iso) } });
    expect(wishedAt("2026-12-03T10:30:00+01:00")).toMatch(/^Ganz in der Nähe Ihrer Wunschzeit/u);
    expect(wishedAt("2026-12-03T10:31:00+01:00")).toMatch(/^Zu Ihrer Wunschzeit ist leider nichts frei/u);
    expect(wishedAt("2026-12-04T10:00:00+01:00")).toMatch(/^Zu Ihrer Wunschzeit/u);
    expect(offers({ wished: { kind: "missed" } })).toMatch(/^Zu Ihrer Wunschzeit/u);
  });

  it("say which day was assumed", () => {
    const soon = at("2026-11-26T10:00:00+01:00");
    expect(offers({ offers: [soon], wished: { kind: "exact", start: soon.start }, assumedDay: true })).toBe(
      "Ich nehme an, Sie meinen morgen: um zehn Uhr ist für Herrenhaarschnitt frei. Soll ich das für Sie eintragen?",
    );
  });

  it("keep both days and times of the longest offers", () => {
    const far = [at("2026-12-23T15:45:00+01:00", "Emma"), at("2027-02-27T17:45:00+01:00", "Fabian")];
    const text = offers({ service: LONG_SERVICE, offers: far, wished: { kind: "missed" } });
    expect(text).toContain("dreiundzwanzigsten Dezember, um fünfzehn Uhr fünfundvierzig");
    expect(text).toContain("siebenundzwanzigsten Februar, um siebzehn Uhr fünfundvierzig");
  });

  it("name the day of the branch's zone", () => {
    const late = at("2026-12-03T23:30:00Z");
    expect(offers({ offers: [late] })).toContain("Freitag, dem vierten Dezember, um null Uhr dreißig");
  });
});

describe("what must be said is never left out", () => {
  it("confirms a booking with service, day, time, staff, name and price", () => {
    expect(
      say.confirmBooking({
        now: NOW,
        appointment: { ...TEN, service: "Herrenhaarschnitt" },
        customerName: "Jörg O'Neill",
        priceCents: 2550,
        phone: null,
      }),
    ).toBe(
      "Ich trage ein: Herrenhaarschnitt, am Donnerstag, dem dritten Dezember, um zehn Uhr bei Emma, auf den Namen Jörg O'Neill, für fünfundzwanzig Euro fünfzig. Ist das richtig?",
    );
  });

  it("reads the number that was said back before a booking, whole, with the whole name and the time (voice-agents 3.6)", () => {
    const confirm = (service: string, customerName: string, phone: string, slot = TEN) =>
      say.confirmBooking({
        now: NOW,
        appointment: { ...slot, service },
        customerName,
        priceCents: 2550,
        phone,
      });
    expect(confirm("Gloss", "Jörg O'Neill", "+493033081738")).toBe(
      "Ich trage ein: Gloss, am Donnerstag, dem dritten Dezember, um zehn Uhr bei Emma, auf den Namen Jörg O'Neill, unter null drei null, drei drei, null acht, eins sieben, drei acht. Ist das richtig?",
    );
    expect(confirm("Herrenhaarschnitt", "Dr. Ursula von der Leyen", "+4915123456789", HALF_PAST)).toBe(
      "Herrenhaarschnitt am Donnerstag, dem dritten Dezember, um vierzehn Uhr dreißig bei Emma, auf Doktor Ursula von der Leyen, Telefon null eins fünf eins zwo, drei vier, fünf sechs, sieben acht neun. Richtig?",
    );
    fc.assert(
      fc.property(appointment, (each) => {
        const text = say.confirmBooking({
          now: NOW,
          appointment: each,
          customerName: "Dr. Ursula von der Leyen",
          priceCents: 99_999,
          phone: "+436601234567",
        });
        expect(text).toContain("plus vier drei, sechs sechs, null eins, zwo drei, vier fünf, sechs sieben");
        expect(text).toContain("Doktor Ursula von der Leyen");
        expect(text).toMatch(/ Uhr[ ,]/u);
      }),
    );
  });

  it("says the whole name of whom it books for, however long the rest is", () => {
    fc.assert(
      fc.property(
        appointment,
        fc.constantFrom("Dr. Ursula von der Leyen", "von und zu Hohenstein"),
        (each, name) => {
          expect(
            say.confirmBooking({
              now: NOW,
              appointment: each,
              customerName: name,
              priceCents: 99_999,
              phone: null,
            }),
          ).toContain(name.replace("Dr.", "Doktor"));
        },
      ),
    );
  });

  it("names both times and the fee of a move, whatever their length", () => {
    fc.assert(
      fc.property(
        slot,
        slot,
        serviceName,
        fc.integer({ min: 1, max: 900_000 }),
        (from, to, service, feeCents) => {
          for (const text of [
            say.confirmReschedule({ now: NOW, service, from, to, feeCents }),
            say.rescheduled({ now: NOW, from, to, feeCents }),
          ]) {
            expect(text.match(/Uhr/gu)).toHaveLength(2);
            expect(text).toMatch(/Euro|Cent/u);
          }
          expect(say.confirmReschedule({ now: NOW, service, from, to, feeCents: 0 })).not.toMatch(
            /Euro|Cent|kostet/u,
          );
          expect(say.confirmCancel({ now: NOW, appointment: { ...to, service }, feeCents })).toMatch(
            /Euro|Cent/u,
          );
        },
      ),
    );
  });

  it("promises a written confirmation only where there is an address", () => {
    const booked = (confirmationBy: "email" | "sms" | null) =>
      say.booked({ now: NOW, appointment: { ...TEN, service: "Gloss" }, confirmationBy });
    expect(booked("email")).toContain("per Mail");
    expect(booked("sms")).toContain("per SMS");
    expect(booked(null)).not.toMatch(/Mail|SMS|Bestätigung/u);
  });

  it("claims no booking while it is pending", () => {
    const pending = say.pending({
      now: NOW,
      change: "book",
      appointment: { ...TEN, service: "Gloss" },
      confirmationBy: null,
    });
    expect(pending).toContain("vorgemerkt");
    expect(pending).not.toMatch(/gebucht|fest|eingetragen/u);
  });

  it("offers the move before a cancel is confirmed", () => {
    expect(say.offerMoveFirst({ now: NOW, appointment: { ...TEN, service: "Gloss" } })).toContain(
      "verschieben?",
    );
  });

  it("tells two appointments on one day apart by their times", () => {
    const text = say.whichAppointment({
      now: NOW,
      appointments: [
        { ...TEN, service: "Gloss" },
        { ...HALF_PAST, service: "Gloss" },
      ],
    });
    expect(text).toContain("zehn Uhr");
    expect(text).toContain("vierzehn Uhr dreißig");
  });

  it("lists three appointments by date, whatever they are called", () => {
    fc.assert(
      fc.property(fc.array(appointment, { minLength: 3, maxLength: 3 }), (three) => {
        const text = say.whichAppointment({ now: NOW, appointments: three });
        expect(text.match(/ oder /gu)?.length ?? 0).toBeGreaterThanOrEqual(1);
        const days = new Set(three.map((each) => each.start.toLocaleDateString("sv-SE", { timeZone: ZONE })));
        expect(text.match(/heute|morgen|am \p{L}+tag|am Mittwoch/gu)?.length ?? 0).toBeGreaterThanOrEqual(
          days.size,
        );
      }),
    );
  });

  it("speaks a policy in whole hours (post-mortem 11.75)", () => {
    expect(
      say.policy({
        action: "cancel",
        rule: "notice",
        requiredMinutes: 1440,
        remainingMinutes: 1314.7857246666,
        feeCents: 1500,
      }),
    ).toBe(
      "Absagen ist nur bis vierundzwanzig Stunden vorher möglich, und bis zum Termin sind es nur noch einundzwanzig Stunden. Eine Ausnahme würde fünfzehn Euro kosten, soll Sie dazu jemand zurückrufen?",
    );
  });

  it("reads back only the number that the caller gave", () => {
    expect(say.callback({ withinMinutes: 120, phone: "+4915123456789" })).toContain("eins fünf eins");
    expect(say.callback({ withinMinutes: 120, phone: null })).not.toMatch(/unter|Nummer/u);
    expect(say.notIdentified({ anonymous: false, callbackMinutes: 120 })).not.toMatch(/eins|zwo|null/u);
  });

  it("asks whether a number that was read back is right, and asks nothing where the errand is done", () => {
    const longest = "+882131234567890";
    for (const phone of ["+4915123456789", longest])
      expect(say.callback({ withinMinutes: 5_256_000, phone })).toMatch(/Ist die Nummer richtig\?$/u);
    for (const text of [
      say.callback({ withinMinutes: 120, phone: null }),
      say.cancelled({ now: NOW, appointment: { ...TEN, service: "Gloss" }, feeCents: 0 }),
      say.booked({ now: NOW, appointment: { ...TEN, service: "Gloss" }, confirmationBy: null }),
      say.rescheduled({ now: NOW, from: TEN, to: FRIDAY, feeCents: 0 }),
      say.temporary({ callback: true }),
      say.tooMany({ cause: "rejected" }),
    ]) {
      expect(text).not.toContain("?");
    }
  });

  it("says what there is too much of: of this call, of this number, or that the number is not taken", () => {
    expect(say.tooMany({ cause: "call" })).toContain("in diesem Gespräch");
    expect(say.tooMany({ cause: "number" })).toContain("Unter dieser Nummer");
    expect(say.tooMany({ cause: "number" })).not.toContain("Gespräch");
    expect(say.tooMany({ cause: "rejected" })).not.toMatch(/Gespräch|zurückrufen/u);
  });

  it("names the lead and the earliest start of what is too soon", () => {
    const earliest = at("2026-11-25T12:15:00+01:00", "Emma");
    expect(say.tooSoon({ now: NOW, leadMinutes: 120, earliest })).toBe(
      "So kurzfristig geht es leider nicht, wir brauchen zwei Stunden Vorlauf. Frühestens ginge es heute um zwölf Uhr fünfzehn bei Emma, passt Ihnen das?",
    );
  });

  it("names the closed day and the next open one, never the next working day as if it were wished (post-mortem 11.55)", () => {
    expect(
      say.closed({
        now: NOW,
        wish: { date: "2026-11-29", zone: ZONE },
        nextOpen: { date: "2026-11-30", zone: ZONE },
        offers: [],
      }),
    ).toBe(
      "Am Sonntag, dem neunundzwanzigsten November, haben wir leider geschlossen. Am Montag, dem dreißigsten November, sind wir wieder für Sie da, passt Ihnen das?",
    );
  });

  it("never calls a day closed on which the salon opens, only not at the wished part of it", () => {
    const slots = [at("2026-11-26T09:00:00+01:00"), at("2026-11-26T11:30:00+01:00")];
    const closed = (side: "before" | "after" | "between", offers = slots) =>
      say.closed({
        now: NOW,
        wish: { date: "2026-11-26", zone: ZONE, side },
        nextOpen: { date: "2026-11-27", zone: ZONE },
        offers,
      });
    expect(closed("before")).toBe(
      "So früh haben wir leider noch nicht geöffnet. Möglich wäre es morgen um neun Uhr oder um elf Uhr dreißig, was passt Ihnen besser?",
    );
    expect(closed("after")).toMatch(
      /^So spät haben wir leider nicht mehr geöffnet\. Möglich wäre es morgen/u,
    );
    expect(closed("between")).toMatch(/^In dieser Zeit haben wir leider nicht geöffnet\./u);
    expect(closed("after", [at("2026-11-28T10:00:00+01:00")])).toMatch(
      /^Morgen haben wir so spät leider nicht mehr geöffnet\. Möglich wäre es am Samstag/u,
    );
    expect(closed("before", [])).toMatch(/^Morgen haben wir so früh leider noch nicht geöffnet\./u);
  });

  it("tells two days of the same name apart by their years, without saying a year", () => {
    const day = (date: string): Wish => ({ kind: "day", date });
    const asked = (...readings: [Wish, Wish]) => say.ambiguousDate({ now: NOW, zone: ZONE, readings });
    expect(asked(day("2026-12-15"), day("2027-12-15"))).toBe(
      "Da möchte ich sichergehen. Meinen Sie am Dienstag, dem fünfzehnten Dezember dieses Jahres, oder am Mittwoch, dem fünfzehnten Dezember nächsten Jahres?",
    );
    expect(asked(day("2026-12-31"), day("2027-01-04"))).not.toMatch(/Jahres/u);
    expect(asked(day("2026-12-15"), day("2031-12-15"))).toBe(
      "Da möchte ich sichergehen. An welchem Tag und um welche Uhrzeit möchten Sie kommen?",
    );
  });

  it("asks anew where both readings together are more than a caller can keep in mind", () => {
    const range = (untilDate: string): Wish => ({
      kind: "soonest",
      notBefore: NOW,
      fromDate: "2026-12-01",
      untilDate,
      window: { from: 570, to: 750, toInclusive: true },
      partOfDay: null,
    });
    expect(
      say.ambiguousDate({ now: NOW, zone: ZONE, readings: [range("2026-12-02"), range("2026-12-03")] }),
    ).toBe("Da möchte ich sichergehen. An welchem Tag und um welche Uhrzeit möchten Sie kommen?");
  });

  it("asks a known caller about the usual service, and decides nothing (post-mortem 11.53)", () => {
    const text = say.greetingKnown({ salon: "Friseur 1", name: "Jörg", usualService: "Herrenhaarschnitt" });
    expect(text).toContain("KI-Assistenz");
    expect(text).toMatch(/Möchten Sie wieder einen Termin für Herrenhaarschnitt, .*\?$/u);
  });

  it("names kinds of services where nothing is near what was wished", () => {
    const unknown = (suggestions: string[], categories: string[]) =>
      say.unknownService({ suggestions, categories });
    expect(unknown([], ["Färben", "Schnitt", "Pflege"])).toBe(
      "Diese Leistung bieten wir leider nicht an. Was darf es stattdessen sein, zum Beispiel aus Färben, Schnitt oder Pflege?",
    );
    expect(unknown(["Gloss"], ["Färben", "Schnitt"])).not.toMatch(/Färben|Schnitt/u);
    expect(unknown([], ["Schnitt"])).not.toContain("Schnitt");
  });

  it("names several services wished at once, so that none is dropped silently", () => {
    const text = say.severalServices({ services: ["Dauerwelle", "Gloss", "Faceframe"] });
    for (const name of ["Dauerwelle", "Gloss", "Faceframe"]) expect(text).toContain(name);
  });
});
