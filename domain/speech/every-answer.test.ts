import { readFileSync } from "node:fs";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Wish } from "../german-time/reading.js";
import { parseDocument } from "../tenant/document.js";
import type {
  InvalidField,
  OwnSpokenAppointment,
  Say,
  SpokenAppointment,
  SpokenSlot,
  ToolTopic,
  Wished,
} from "./said.js";
import { say } from "./say.js";

const FILE = new URL("../../dev/tenants/friseur-1.json", import.meta.url);
const document = parseDocument(JSON.parse(readFileSync(FILE, "utf8")));

/** What answers are filled in with in tests: the longest, the oddest and everything in between. */
const ZONE = "Europe/Berlin";
const NOW = new Date("2026-11-25T10:00:00+01:00");
const QUARTER = 15 * 60_000;
const YEAR = 360 * 96;

const serviceName = fc.oneof(
  fc.constantFrom(...document.services.map(({ name }) => name)),
  fc.constantFrom(
    "Komplettpaket Braut mit Probefrisur, Make-up, Hochstecken und allem was dazu gehört",
    "Schnitt 2 in 1 & Pflege (inkl. 10 % Rabatt!)",
    "Herren-/Damenschnitt 50+",
    "Farbe. Ton. Glanz.",
    "Waschen,Schneiden,Föhnen",
    "Keratin-Glättung",
    "Volumenwelle + Gloss?",
  ),
);
const staffName = fc.constantFrom(
  ...document.staff.map(({ name }) => name),
  "Prof. Dr. Maria del Carmen von und zu Hohenstein-Sonderburg",
  "Nguyễn Thị Minh Khai",
  "Emma",
);
const customerName = fc.constantFrom(
  "Jörg O'Neill",
  "Sabine Müller-Lüdenscheidt",
  "von der Heide",
  "Dr. Hans Peter Maria Meier 2",
  "Dr. Ursula von der Leyen",
  "Prof. Dr. Karl Theodor Maria von und zu Hohenstein-Sonderburg",
  "李娜",
);
/** Any quarter of an hour of the next 360 days, so all twenty-four hours and both changes of the clock. */
const start = fc
  .integer({ min: 1, max: YEAR })
  .map((quarters) => new Date(NOW.getTime() + quarters * QUARTER));
const slot: Arbitrary<SpokenSlot> = fc.record({
  start,
  zone: fc.constant(ZONE),
  staff: fc.option(staffName),
});
const appointment: Arbitrary<SpokenAppointment> = fc.record({
  start,
  zone: fc.constant(ZONE),
  staff: fc.option(staffName),
  service: serviceName,
});
const own: Arbitrary<OwnSpokenAppointment> = fc
  .tuple(appointment, fc.constantFrom("stands", "noted", "cancel_noted", "move_noted"))
  .map(([each, state]) => ({ ...each, state }));
const date = start.map((at) => at.toISOString().slice(0, 10));
const day = date.map((each) => ({ date: each, zone: ZONE }));
const closedPart = fc.record({
  date,
  zone: fc.constant(ZONE),
  side: fc.constantFrom("before" as const, "after" as const, "between" as const),
});
const cents = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 60_000 }),
  fc.constantFrom(1, 100, 101, 999_999, 2_147_483_647),
);
const minutes = fc.oneof(
  fc.integer({ min: 0, max: 20_000 }),
  fc.constantFrom(0, 1, 60, 90, 1440, 2880, 525_600, 5_256_000),
  fc.double({ min: 0, max: 10_000, noNaN: true }),
);
const slots = (min: number, max: number) => fc.array(slot, { minLength: min, maxLength: max });
const names = (name: Arbitrary<string>) => fc.array(name, { maxLength: 8 });
const by = fc.constantFrom("email" as const, "sms" as const, null);
const now = fc.constant(NOW);
const part = fc.constantFrom(
  "früh" as const,
  "morgens" as const,
  "vormittag" as const,
  "mittag" as const,
  "nachmittag" as const,
  "abend" as const,
  "spät" as const,
);
const window = fc
  .tuple(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 1, max: 48 }))
  .map(([from, length]) => ({
    from: from * 30,
    to: Math.min(1440, (from + length) * 30),
    toInclusive: length % 2 === 0,
  }));
const wish: Arbitrary<Wish> = fc.oneof(
  date.map((each): Wish => ({ kind: "day", date: each })),
  start.map((at): Wish => {
    const [date = "", time = ""] = at.toLocaleString("sv-SE", { timeZone: ZONE }).split(" ");
    const minute = Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
    return { kind: "moment", date, minute, start: at, assumedDay: false };
  }),
  fc.record({
    kind: fc.constant("window" as const),
    date,
    window,
    preferredMinute: fc.constantFrom(null, 900, 615),
    partOfDay: fc.option(part),
    assumedDay: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("soonest" as const),
    notBefore: start,
    fromDate: date,
    untilDate: fc.option(date),
    window: fc.option(window),
    partOfDay: fc.option(part),
  }),
);
const wished: Arbitrary<Wished> = fc.oneof(
  start.map((at): Wished => ({ kind: "exact", start: at })),
  fc.constantFrom<Wished>({ kind: "open" }, { kind: "missed" }),
);
const phone = fc.constantFrom(
  "+4915123456789",
  "+493033081738",
  "+436641234567",
  "+4917612345678",
  "+12025550123",
);

/** Each answer with all that can be filled in; a new one does not compile before it stands here. */
const ANSWERS: { [Answer in keyof Say]: Arbitrary<string> } = {
  offers: fc
    .record({
      now,
      service: serviceName,
      offers: slots(0, 3),
      wished,
      assumedDay: fc.boolean(),
      take: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ take, ...slots }) => {
      // A third each: exactly as wished, near it, anywhere.
      const first = slots.offers[0]?.start ?? NOW;
      const near = new Date(first.getTime() + (take === 0 ? 0 : QUARTER));
      return say.offers(take === 2 ? slots : { ...slots, wished: { kind: "exact", start: near } });
    }),
  besideOwn: fc.record({ now, offer: slot, own: appointment }).map(say.besideOwn),
  alreadyBooked: fc.record({ now, appointment, pending: fc.boolean() }).map(say.alreadyBooked),
  nothingFree: fc
    .record({ horizonDays: fc.integer({ min: 0, max: 20_000 }), staff: fc.option(staffName) })
    .map(say.nothingFree),
  tooSoon: fc.record({ now, leadMinutes: minutes, earliest: fc.option(slot) }).map(say.tooSoon),
  tooFar: fc.record({ daysAhead: fc.option(fc.integer({ min: 0, max: 20_000 })) }).map(say.tooFar),
  inPast: fc.constant(undefined).map(say.inPast),
  closed: fc
    .record({ now, wish: fc.oneof(day, closedPart, slot), nextOpen: fc.option(day), offers: slots(0, 3) })
    .map(say.closed),
  unknownService: fc
    .record({ suggestions: names(serviceName), categories: names(serviceName) })
    .map(say.unknownService),
  ambiguousService: fc.record({ candidates: names(serviceName) }).map(say.ambiguousService),
  severalServices: fc.record({ services: names(serviceName) }).map(say.severalServices),
  unknownStaff: fc.record({ available: names(staffName) }).map(say.unknownStaff),
  ambiguousStaff: fc.record({ candidates: names(staffName) }).map(say.ambiguousStaff),
  staffCannotDoService: fc
    .record({ staff: staffName, service: serviceName, qualified: names(staffName) })
    .map(say.staffCannotDoService),
  ambiguousDate: fc
    .record({ now, zone: fc.constant(ZONE), readings: fc.tuple(wish, wish) })
    .map(say.ambiguousDate),
  needsService: fc.constant(undefined).map(say.needsService),
  needsDate: fc.constant(undefined).map(say.needsDate),
  needsName: fc.record({ heard: fc.boolean() }).map(say.needsName),
  needsPhone: fc.record({ heard: fc.boolean() }).map(say.needsPhone),
  confirmBooking: fc
    .record({
      now,
      appointment,
      customerName: fc.option(customerName),
      priceCents: fc.option(cents),
      phone: fc.option(phone),
    })
    .map(say.confirmBooking),
  confirmReschedule: fc
    .record({ now, service: serviceName, from: slot, to: slot, feeCents: cents })
    .map(say.confirmReschedule),
  offerMoveFirst: fc.record({ now, appointment }).map(say.offerMoveFirst),
  confirmCancel: fc.record({ now, appointment, feeCents: cents }).map(say.confirmCancel),
  booked: fc.record({ now, appointment, confirmationBy: by }).map(say.booked),
  rescheduled: fc.record({ now, from: slot, to: slot, feeCents: cents }).map(say.rescheduled),
  cancelled: fc.record({ now, appointment, feeCents: cents }).map(say.cancelled),
  pending: fc
    .record({ now, change: fc.constantFrom("book", "reschedule", "cancel"), appointment, confirmationBy: by })
    .map(say.pending),
  slotTaken: fc.record({ now, offers: slots(0, 3) }).map(say.slotTaken),
  offerExpired: fc.record({ now, offers: slots(0, 3) }).map(say.offerExpired),
  whichAppointment: fc
    .record({ now, appointments: fc.array(appointment, { minLength: 2, maxLength: 12 }) })
    .map(say.whichAppointment),
  appointments: fc.record({ now, appointments: fc.array(own, { maxLength: 12 }) }).map(say.appointments),
  noAppointments: fc.constant(undefined).map(say.noAppointments),
  notIdentified: fc
    .record({ anonymous: fc.boolean(), callbackMinutes: fc.option(minutes) })
    .map(say.notIdentified),
  policy: fc
    .record({
      action: fc.constantFrom("cancel" as const, "reschedule" as const),
      rule: fc.constantFrom("notice" as const, "quota" as const, "per_appointment" as const),
      requiredMinutes: minutes,
      remainingMinutes: minutes,
      feeCents: cents,
    })
    .map(say.policy),
  notChangeable: fc.constant(undefined).map(say.notChangeable),
  callback: fc.record({ withinMinutes: minutes, phone: fc.option(phone) }).map(say.callback),
  services: fc
    .record({ services: fc.array(fc.record({ name: serviceName, priceCents: cents }), { maxLength: 20 }) })
    .map(say.services),
  serviceCategories: fc.record({ categories: names(serviceName) }).map(say.serviceCategories),
  temporary: fc.record({ callback: fc.boolean() }).map(say.temporary),
  tooMany: fc
    .record({ cause: fc.constantFrom("call" as const, "number" as const, "rejected" as const) })
    .map(say.tooMany),
  invalid: fc
    .record({
      field: fc.constantFrom<InvalidField | null>(
        "date",
        "time",
        "name",
        "phone",
        "email",
        "service",
        "offer",
        "appointment",
        null,
      ),
    })
    .map(say.invalid),
  otherService: fc.constant(undefined).map(say.otherService),
  unknownTool: fc.constant(undefined).map(say.unknownTool),
  toolOff: fc
    .record({
      tool: fc.constantFrom<ToolTopic>(
        "booking",
        "appointments",
        "reschedule",
        "cancel",
        "callback",
        "services",
      ),
      hours: fc.boolean(),
    })
    .map(say.toolOff),
  greeting: fc
    .record({
      salon: fc.oneof(
        fc.constantFrom("Friseur 1 Zentrale", "24/7 Hair & Beauty GmbH, Berlin-Mitte"),
        serviceName,
      ),
    })
    .map(say.greeting),
  greetingKnown: fc
    .record({
      salon: fc.constantFrom("Friseur 1", "24/7 Hair & Beauty GmbH, Berlin-Mitte"),
      name: customerName,
      usualService: fc.option(serviceName),
    })
    .map(say.greetingKnown),
};

const spokenWords = (text: string) => text.split(/\s+/u).filter((word) => /\p{L}/u.test(word));
const sentences = (text: string) => text.split(/[.!?](?:\s|$)/u).filter((sentence) => sentence !== "");
const ENGLISH =
  /\b(the|and|your|please|sorry|appointment|slot|booking|booked|available|error|failed|unknown|today|tomorrow|undefined|NaN|o'clock)\b/i;
const INTERNAL =
  /\[object|Invalid|\bof_|[0-9a-f]{8}-|Cal\.com|Temporal|workflow|API|Tool|Slot|€|%|[{}<>_@#&/\\|]/u;
const NUMERAL =
  "(?:null|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|[a-zäöüß]*(?:zehn|zwanzig))";

describe.each(Object.entries(ANSWERS))("%s", (_, answers) => {
  it("is formal German that can be spoken, whatever is filled in", () => {
    fc.assert(
      fc.property(answers, (text) => {
        expect(spokenWords(text).length, text).toBeLessThanOrEqual(35);
        expect(sentences(text).length, text).toBeLessThanOrEqual(2);
        expect(text).toMatch(/^\p{Lu}/u);
        expect(text).toMatch(/[.?!]$/u);
        expect(text).not.toMatch(/\d/u);
        expect(text).not.toMatch(ENGLISH);
        expect(text).not.toMatch(INTERNAL);
        // No year, no half hour, nobody is called "du".
        expect(text).not.toMatch(
          /zweitausend(?:sechs|sieben|acht)undzwanzig(?! (?:Tag|Stunde|Minute|Euro))|\bhalb\b|\bviertel\b|\b(du|dich|dir|dein)\b/iu,
        );
        // Nothing was left empty: no double blank, no mark after a blank or another mark, no word twice.
        expect(text.replaceAll("von und zu ", "von ")).not.toMatch(
          /\s\s|\s[.,;:?!]|[,;:][.,;:?!]|\b(bei|um|am|für|von) (und|oder|ist|bei|um|am|für|von|frei)\b/u,
        );
        for (const [, hour] of text.matchAll(/(\S+) Uhr\b/gu))
          expect(hour, text).toMatch(new RegExp(`^${NUMERAL}$`, "u"));
      }),
      { numRuns: 300 },
    );
  });
});
