import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OwnSpokenAppointment, SpokenSlot } from "./said.js";
import { say } from "./say.js";

const ZONE = "Europe/Berlin";
const NOW = new Date("2026-11-25T10:00:00+01:00");
const LONG_SERVICE = "Ansatz, Längenausgleich, waschen, schneiden, föhnen";

const appointment = fc.record({
  start: fc.integer({ min: 1, max: 34_560 }).map((quarters) => new Date(NOW.getTime() + quarters * 900_000)),
  zone: fc.constant(ZONE),
  staff: fc.constantFrom(null, "Emma", "Maria del Carmen von Hohenstein-Sonderburg"),
  service: fc.constantFrom("Gloss", LONG_SERVICE, "Komplettpaket Braut mit Probefrisur und Make-up"),
});
const at = (iso: string, staff: string | null = null): SpokenSlot => ({
  start: new Date(iso),
  zone: ZONE,
  staff,
});
const TEN = at("2026-12-03T10:00:00+01:00", "Emma");
const FRIDAY = at("2026-12-04T09:15:00+01:00", "Fabian");

describe("a caller's own appointments", () => {
  const own = (slot: SpokenSlot, service: string, state: OwnSpokenAppointment["state"] = "stands") => ({
    ...slot,
    service,
    state,
  });
  const SATURDAY = at("2026-12-05T11:00:00+01:00", "Fabian");

  it("says how many appointments there are, and names the next three of them", () => {
    const five = [TEN, FRIDAY, SATURDAY, at("2026-12-10T10:00:00+01:00"), at("2026-12-11T10:00:00+01:00")];
    expect(say.appointments({ now: NOW, appointments: five.map((slot) => own(slot, "Gloss")) })).toBe(
      "Sie haben fünf Termine. Die nächsten drei sind Gloss am Donnerstag, dem dritten Dezember, Gloss am Freitag, dem vierten Dezember, und Gloss am Samstag, dem fünften Dezember.",
    );
    expect(
      say.appointments({ now: NOW, appointments: five.slice(0, 2).map((slot) => own(slot, "Gloss")) }),
    ).toBe(
      "Sie haben zwei Termine: Gloss am Donnerstag, dem dritten Dezember, und Gloss am Freitag, dem vierten Dezember. Möchten Sie daran etwas ändern?",
    );
    expect(say.whichAppointment({ now: NOW, appointments: five.map((slot) => own(slot, "Gloss")) })).toBe(
      "Ich sehe fünf Termine. Meinen Sie Gloss am Donnerstag, dem dritten Dezember, Gloss am Freitag, dem vierten Dezember, Gloss am Samstag, dem fünften Dezember, oder einen späteren?",
    );
  });

  it("says the number of appointments whatever they are called and whenever they are", () => {
    fc.assert(
      fc.property(fc.array(appointment, { minLength: 2, maxLength: 9 }), (all) => {
        const count =
          ["zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"][all.length - 2] ?? "";
        const appointments = all.map((each) => ({ ...each, state: "cancel_noted" as const }));
        expect(say.appointments({ now: NOW, appointments })).toMatch(
          new RegExp(`^Sie haben ${count} Termine`, "u"),
        );
      }),
    );
  });

  it("tells two appointments at one instant apart by whose chair it is", () => {
    const both = [own(TEN, "Gloss"), own({ ...TEN, staff: "Fabian" }, "Gloss")];
    for (const text of [
      say.appointments({ now: NOW, appointments: both }),
      say.whichAppointment({ now: NOW, appointments: both }),
    ]) {
      expect(text).toMatch(/bei Emma.*bei Fabian/u);
    }
    // The longest names leave no room for the service.
    const long = both.map((each) => ({
      ...each,
      service: "Komplettpaket Braut mit Probefrisur und Make-up",
    }));
    expect(say.whichAppointment({ now: NOW, appointments: [...long, own(FRIDAY, LONG_SERVICE)] })).toMatch(
      /bei Emma.*bei Fabian/u,
    );
  });

  it("says of an appointment that is only noted that it is, and of one that is being cancelled or moved likewise (I-10)", () => {
    const one = (state: OwnSpokenAppointment["state"]) =>
      say.appointments({ now: NOW, appointments: [own(TEN, "Gloss", state)] });
    expect(one("noted")).toBe(
      "Ihr Termin für Gloss am Donnerstag, dem dritten Dezember, um zehn Uhr bei Emma ist vorgemerkt, aber noch nicht bestätigt. Möchten Sie daran etwas ändern?",
    );
    expect(one("cancel_noted")).toBe(
      "Die Absage Ihres Termins für Gloss am Donnerstag, dem dritten Dezember, um zehn Uhr ist vorgemerkt, aber noch nicht bestätigt. Kann ich sonst noch etwas für Sie tun?",
    );
    expect(one("move_noted")).toMatch(/^Die Verlegung Ihres Termins/u);
    const text = say.appointments({
      now: NOW,
      appointments: [
        own(TEN, "Gloss", "noted"),
        own(FRIDAY, "Gloss", "cancel_noted"),
        own(SATURDAY, "Gloss"),
      ],
    });
    expect(text).toMatch(
      /dritten Dezember, noch nicht bestätigt, .*vierten Dezember, Absage vorgemerkt, und/u,
    );
  });
});
