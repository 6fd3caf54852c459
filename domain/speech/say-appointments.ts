import { duration, money, remaining, within } from "./amounts.js";
import { choice, enumeration, firstFitting } from "./fitting.js";
import type { OwnSpokenAppointment, Say, SpokenAppointment } from "./said.js";
import { speakable } from "./speakable.js";
import { spokenInteger } from "./spoken-number.js";
import { atTime, dayOf, onDay, onDayAt, sameDay, withoutComma, withStaff, words } from "./when.js";

const MOST = 3;
const CALL_BACK = "Soll Sie jemand aus dem Salon zurückrufen?";

type AppointmentAnswers = Pick<
  Say,
  "whichAppointment" | "appointments" | "noAppointments" | "notIdentified" | "policy" | "notChangeable"
>;

/** Answers about what a caller has booked, and about what may be done with it. */
export const appointmentAnswers: AppointmentAnswers = {
  whichAppointment({ now, appointments }) {
    const spoken = appointments.slice(0, MOST);
    const other = appointments.length > spoken.length ? ["einen späteren"] : [];
    const count = appointments.length > MOST ? spokenInteger(appointments.length) : "mehrere";
    const asked = (items: readonly string[]) => choice([...items, ...other]);
    return firstFitting([
      `Ich sehe ${count} Termine. Meinen Sie ${asked(byService(spoken, now))}?`,
      `Meinen Sie ${asked(byService(spoken, now))}?`,
      `Ich sehe ${count} Termine. Meinen Sie ${asked(times(spoken, now))}?`,
      `Welchen Termin meinen Sie: ${asked(times(spoken, now))}?`,
      `Meinen Sie ${asked(times(spoken, now))}?`,
      `Meinen Sie ${choice([...times(spoken.slice(0, 2), now), "einen späteren"])}?`,
    ]);
  },

  appointments({ now, appointments }) {
    const [first, ...more] = appointments;
    if (first === undefined) return appointmentAnswers.noAppointments();
    return more.length === 0 ? theOnly(first, now) : several(appointments, now);
  },

  noAppointments() {
    return "Ich sehe keinen kommenden Termin für Sie. Möchten Sie einen vereinbaren?";
  },

  notIdentified({ anonymous, callbackMinutes }) {
    const why = anonymous
      ? "Ihre Rufnummer ist unterdrückt, deshalb kann ich dazu leider keine Auskunft geben."
      : "Zu der Nummer, von der Sie anrufen, darf ich dazu leider keine Auskunft geben.";
    return callbackMinutes === null
      ? `${why} ${CALL_BACK}`
      : `${why} Soll Sie jemand innerhalb von ${within(callbackMinutes)} zurückrufen?`;
  },

  policy({ action, rule, requiredMinutes, remainingMinutes, feeCents }) {
    const [noun, done] =
      action === "cancel" ? (["Absagen", "abgesagt"] as const) : (["Verschieben", "verschoben"] as const);
    const fee =
      feeCents !== undefined && feeCents > 0
        ? `Eine Ausnahme würde ${money(feeCents)} kosten, soll Sie dazu jemand zurückrufen?`
        : CALL_BACK;
    switch (rule) {
      case "notice": {
        const limit =
          requiredMinutes === undefined ? "nicht mehr" : `nur bis ${duration(requiredMinutes)} vorher`;
        const left =
          remainingMinutes === undefined
            ? ""
            : `, und bis zum Termin sind es nur noch ${remaining(remainingMinutes)}`;
        return `${noun} ist ${limit} möglich${left}. ${fee}`;
      }
      case "quota":
        return `In den letzten dreißig Tagen wurde schon so oft ${done}, wie es möglich ist. ${fee}`;
      case "per_appointment":
        return `Dieser Termin wurde schon so oft ${done}, wie es möglich ist. ${fee}`;
    }
  },

  notChangeable() {
    return `Dieser Termin lässt sich leider nicht mehr ändern. ${CALL_BACK}`;
  },
};

const CHANGE = "Möchten Sie daran etwas ändern?";

/** What is only noted is never said to stand, nor what is being cancelled (salon-gateway 13.1, I-10). */
function theOnly(own: OwnSpokenAppointment, now: Date): string {
  const service = speakable(own.service);
  switch (own.state) {
    case "stands": {
      const say = (what: string, staff: boolean) =>
        `Ihr nächster Termin ist ${onDayAt(own, now, staff)}${what === "" ? "" : `, ${what}`}. ${CHANGE}`;
      return firstFitting([say(service, true), say(service, false), say("", false)]);
    }
    case "noted": {
      const say = (what: string, staff: boolean) =>
        `Ihr Termin ${words(what, onDayAt(own, now, staff))} ist vorgemerkt, aber noch nicht bestätigt. ${CHANGE}`;
      return firstFitting([say(forService(service), true), say(forService(service), false), say("", false)]);
    }
    case "cancel_noted":
    case "move_noted": {
      const change = own.state === "cancel_noted" ? "Die Absage" : "Die Verlegung";
      const say = (what: string) =>
        `${change} Ihres Termins ${words(what, onDayAt(own, now, false))} ist vorgemerkt, aber noch nicht bestätigt. Kann ich sonst noch etwas für Sie tun?`;
      return firstFitting([say(forService(service)), say("")]);
    }
  }
}

function forService(service: string): string {
  return service === "" ? "" : `für ${service}`;
}

/** How many there are, and the next ones of them: as many as fit, at most three. */
function several(all: readonly OwnSpokenAppointment[], now: Date): string {
  const total = spokenInteger(all.length);
  const wordings = [MOST, MOST - 1, 1].flatMap((most) => {
    const spoken = all.slice(0, most);
    const noted = (items: readonly string[]) =>
      items.map((item, index) => {
        const hint = NOTED[spoken[index]?.state ?? "stands"];
        return hint === "" ? item : `${withoutComma(item)}, ${hint}`;
      });
    const named = noted(byService(spoken, now));
    const timed = noted(times(spoken, now));
    if (spoken.length === all.length) {
      return [
        `Sie haben ${total} Termine: ${enumeration(named)}. ${CHANGE}`,
        `Sie haben ${total} Termine: ${enumeration(named)}.`,
        `Sie haben ${total} Termine: ${enumeration(timed)}.`,
      ];
    }
    const next =
      spoken.length === 1 ? "Der nächste ist" : `Die nächsten ${spokenInteger(spoken.length)} sind`;
    return [
      `Sie haben ${total} Termine. ${next} ${enumeration(named)}.`,
      `Sie haben ${total} Termine. ${next} ${enumeration(timed)}.`,
    ];
  });
  const [fullest, ...shorter] = wordings;
  return firstFitting([fullest ?? "", ...shorter]);
}

const NOTED: Readonly<Record<OwnSpokenAppointment["state"], string>> = {
  stands: "",
  noted: "noch nicht bestätigt",
  cancel_noted: "Absage vorgemerkt",
  move_noted: "Verlegung vorgemerkt",
};

/** Service and date; with the time where two of them lie on one day (salon-gateway 11.72). */
function byService(all: readonly SpokenAppointment[], now: Date): string[] {
  return apart(all, (each) => {
    const service = speakable(each.service);
    const day = onDay(dayOf(each), now);
    const alone = all.filter((other) => sameDay(other, each)).length === 1;
    const when = alone ? withoutComma(day) : words(day, atTime(each));
    return words(service === "" ? "den Termin" : service, when);
  });
}

/** Dates and times only; the date once where all of them share it. */
function times(all: readonly SpokenAppointment[], now: Date): string[] {
  const [first] = all;
  const oneDay = first !== undefined && all.every((each) => sameDay(each, first));
  const said = apart(all, (each) => (oneDay ? atTime(each) : onDayAt(each, now, false)));
  return oneDay
    ? said.map((text, index) => (index === 0 ? words(onDay(dayOf(first), now), text) : text))
    : said;
}

/** Two that would be said alike are told apart by whose chair it is: a mother and her child come at one time. */
function apart(all: readonly SpokenAppointment[], say: (each: SpokenAppointment) => string): string[] {
  const said = all.map(say);
  return all.map((each, index) => {
    const text = said[index] ?? "";
    return said.filter((other) => other === text).length > 1 ? words(text, withStaff(each.staff)) : text;
  });
}
