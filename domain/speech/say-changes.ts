import { money } from "./amounts.js";
import { capitalised, firstFitting } from "./fitting.js";
import type { Say, SpokenSlot } from "./said.js";
import { speakable, speakablePerson } from "./speakable.js";
import { spokenPhone } from "./spoken-phone.js";
import { atTime, dayOf, fromDate, onDateAt, sameDay, toDate, withStaff, words } from "./when.js";

type Changes = Pick<
  Say,
  | "confirmBooking"
  | "confirmReschedule"
  | "offerMoveFirst"
  | "confirmCancel"
  | "booked"
  | "rescheduled"
  | "cancelled"
  | "pending"
>;

/** What is read back before a change, and what is said after it. */
export const changes: Changes = {
  confirmBooking({ appointment, customerName, priceCents, phone }) {
    const service = speakable(appointment.service);
    const who = customerName === null ? "" : speakablePerson(customerName);
    const forWhom = who === "" ? "" : `auf den Namen ${who}`;
    const price = priceCents === null ? "" : `für ${money(priceCents)}`;
    const say = (what: string, staff: boolean, ...rest: readonly string[]) =>
      `Ich trage ein: ${words(what === "" ? "" : `${what},`, onDateAt(appointment, staff))}${tail(...rest)}. Ist das richtig?`;
    const inShort = firstWords(service);
    if (phone === null) {
      return firstFitting([
        say(service, true, forWhom, price),
        say(service, true, forWhom),
        say(service, false, forWhom),
        say(inShort, false, forWhom),
      ]);
    }
    const number = spokenPhone(phone);
    const named = who === "" ? "" : `auf ${who}`;
    // Name and number are what cannot be put right later; of all else the date stays.
    const brief = (what: string, staff: boolean) =>
      `${capitalised(words(what, onDateAt(appointment, staff)))}${tail(named, `Telefon ${number}`)}. Richtig?`;
    return firstFitting([
      say(service, true, forWhom, price, `unter ${number}`),
      say(service, true, forWhom, `unter ${number}`),
      brief(service, true),
      brief(service, false),
      brief(inShort, false),
      brief("", false),
    ]);
  },

  confirmReschedule({ service, from, to, feeCents }) {
    const name = speakable(service);
    const move = (what: string, staff: boolean) => `Ich verlege ${what} ${fromTo(from, to, staff)}`;
    const end = feeCents > 0 ? `; das kostet ${money(feeCents)}. Ist das so recht?` : ". Ist das so recht?";
    return firstFitting([
      move(name === "" ? "Ihren Termin" : `Ihren Termin für ${name}`, true) + end,
      move("Ihren Termin", true) + end,
      move("Ihren Termin", false) + end,
    ]);
  },

  offerMoveFirst({ appointment }) {
    const service = speakable(appointment.service);
    const say = (what: string, staff: boolean) =>
      `Möchten Sie den Termin ${words(what, onDateAt(appointment, staff))} vielleicht lieber verschieben? Sonst sage ich ihn für Sie ab.`;
    return firstFitting([say(service === "" ? "" : `für ${service}`, true), say("", true), say("", false)]);
  },

  confirmCancel({ appointment, feeCents }) {
    const service = speakable(appointment.service);
    const fee =
      feeCents > 0
        ? `Die Absage kostet ${money(feeCents)}, soll ich sie trotzdem eintragen?`
        : "Ist das richtig?";
    const say = (what: string, staff: boolean) =>
      `Ich sage den Termin ${words(what, onDateAt(appointment, staff))} ab. ${fee}`;
    return firstFitting([say(service === "" ? "" : `für ${service}`, true), say("", true), say("", false)]);
  },

  booked({ appointment, confirmationBy }) {
    const written = confirmation(confirmationBy, "Wir freuen uns auf Sie.");
    const service = speakable(appointment.service);
    const say = (what: string, staff: boolean) =>
      `Ihr Termin ${words(what, onDateAt(appointment, staff))} ist fest eingetragen. ${written}`;
    return firstFitting([say(service === "" ? "" : `für ${service}`, true), say("", true), say("", false)]);
  },

  rescheduled({ from, to, feeCents }) {
    const end = feeCents > 0 ? `Dafür berechnen wir ${money(feeCents)}.` : "Wir freuen uns auf Sie.";
    const say = (staff: boolean) => `Ihr Termin ist ${fromTo(from, to, staff)} verlegt. ${end}`;
    return firstFitting([say(true), say(false)]);
  },

  cancelled({ appointment, feeCents }) {
    const end =
      feeCents > 0
        ? `Dafür berechnen wir ${money(feeCents)}.`
        : "Vielen Dank, dass Sie Bescheid gegeben haben.";
    const service = speakable(appointment.service);
    const say = (what: string) =>
      `Ihr Termin ${words(what, onDateAt(appointment, false))} ist abgesagt. ${end}`;
    return firstFitting([say(service === "" ? "" : `für ${service}`), say("")]);
  },

  pending({ change, appointment, confirmationBy }) {
    const when = (staff: boolean) => onDateAt(appointment, staff && change !== "cancel");
    const later = confirmation(confirmationBy, "Wir melden uns, sobald es bestätigt ist.");
    const say = (staff: boolean) => `${noted(change, when(staff))} ${later}`;
    return firstFitting([say(true), say(false)]);
  },
};

function noted(change: "book" | "reschedule" | "cancel", when: string): string {
  switch (change) {
    case "book":
      return `Ich habe den Termin ${when} für Sie vorgemerkt.`;
    case "reschedule":
      return `Ich habe die Verlegung auf den Termin ${when} für Sie vorgemerkt.`;
    case "cancel":
      return `Ich habe die Absage Ihres Termins ${when} vorgemerkt.`;
  }
}

/** What is promised must be what is sent: nothing, where no address is known (salon-gateway 9.6). */
function confirmation(by: "email" | "sms" | null, otherwise: string): string {
  if (by === "email") return "Sie bekommen gleich eine Bestätigung per Mail.";
  return by === "sms" ? "Sie bekommen gleich eine Bestätigung per SMS." : otherwise;
}

/** "vom Donnerstag, dem dritten Dezember, um zehn Uhr auf Freitag, den vierten Dezember, um elf Uhr bei Emma". */
function fromTo(from: SpokenSlot, to: SpokenSlot, staff: boolean): string {
  const whose = staff ? withStaff(to.staff) : "";
  if (sameDay(from, to)) {
    const day = onDateAt({ ...from, staff: null }).replace(/ um .*$/u, "");
    return words(day, `von ${bare(atTime(from))} auf ${bare(atTime(to))}`, whose);
  }
  return words(fromDate(dayOf(from)), atTime(from), toDate(dayOf(to)), atTime(to), whose);
}

function bare(time: string): string {
  return time.replace(/^um /u, "");
}

function tail(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== "")
    .map((part) => `, ${part}`)
    .join("");
}

/** Of a long name the words up to its first comma. */
function firstWords(name: string): string {
  return name.split(",")[0] ?? name;
}
