import { duration, money, remaining, within } from "./amounts.js";
import { choice, enumeration, firstFitting } from "./fitting.js";
import type { Say, SpokenAppointment } from "./said.js";
import { speakable } from "./speakable.js";
import { spokenInteger } from "./spoken-number.js";
import { atTime, dayOf, onDay, onDayAt, sameDay, withoutComma, words } from "./when.js";

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
    return firstFitting([
      `Ich sehe mehrere Termine. Meinen Sie ${choice(spoken.map((each) => byService(each, now, spoken)))}?`,
      `Meinen Sie ${choice(spoken.map((each) => byService(each, now, spoken)))}?`,
      `Welchen Termin meinen Sie: ${choice(times(spoken, now))}?`,
      `Meinen Sie ${choice(times(spoken, now))}?`,
    ]);
  },

  appointments({ now, appointments }) {
    const [first] = appointments;
    if (first === undefined) return appointmentAnswers.noAppointments();
    const help = "Möchten Sie daran etwas ändern?";
    if (appointments.length === 1) {
      const service = speakable(first.service);
      const say = (what: string, staff: boolean) =>
        `Ihr nächster Termin ist ${onDayAt(first, now, staff)}${what === "" ? "" : `, ${what}`}. ${help}`;
      return firstFitting([say(service, true), say(service, false), say("", false)]);
    }
    const spoken = appointments.slice(0, MOST);
    const count = spokenInteger(spoken.length);
    const start =
      appointments.length > MOST ? `Ihre nächsten ${count} Termine sind` : `Sie haben ${count} Termine:`;
    return firstFitting([
      `${start} ${enumeration(spoken.map((each) => byService(each, now, spoken)))}. ${help}`,
      `${start} ${enumeration(spoken.map((each) => byService(each, now, spoken)))}.`,
      `${start} ${enumeration(times(spoken, now))}.`,
      `Ihre Termine sind ${enumeration(times(spoken, now))}.`,
    ]);
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

/** Service and date; with the time where two of them lie on one day (salon-gateway 11.72). */
function byService(each: SpokenAppointment, now: Date, all: readonly SpokenAppointment[]): string {
  const day = onDay(dayOf(each), now);
  const service = speakable(each.service);
  const alone = all.filter((other) => sameDay(other, each)).length === 1;
  const when = alone ? withoutComma(day) : words(day, atTime(each));
  return words(service === "" ? "den Termin" : service, when);
}

/** Dates and times only; the date once where all of them share it. */
function times(all: readonly SpokenAppointment[], now: Date): string[] {
  const [first] = all;
  if (first !== undefined && all.every((each) => sameDay(each, first))) {
    return all.map((each, index) =>
      index === 0 ? words(onDay(dayOf(each), now), atTime(each)) : atTime(each),
    );
  }
  return all.map((each) => onDayAt(each, now, false));
}
