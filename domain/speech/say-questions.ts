import { choice, firstFitting } from "./fitting.js";
import type { InvalidField, Say } from "./said.js";
import { speakable, speakablePerson } from "./speakable.js";
import { spokenReadings } from "./spoken-time.js";

const MOST = 3;

type Questions = Pick<
  Say,
  | "unknownService"
  | "ambiguousService"
  | "severalServices"
  | "unknownStaff"
  | "ambiguousStaff"
  | "staffCannotDoService"
  | "ambiguousDate"
  | "needsService"
  | "needsDate"
  | "needsName"
  | "needsPhone"
  | "invalid"
  | "otherService"
>;

/** Answers that ask for what is missing, unclear or not there. */
export const questions: Questions = {
  unknownService({ suggestions, categories }) {
    const names = spokenNames(suggestions);
    const kinds = spokenNames(categories);
    if (names.length === 0 && kinds.length > 1) {
      return `Diese Leistung bieten wir leider nicht an. Was darf es stattdessen sein, zum Beispiel aus ${choice(kinds)}?`;
    }
    if (names.length === 0) {
      return "Diese Leistung bieten wir leider nicht an. Welche Leistung darf ich stattdessen für Sie eintragen?";
    }
    return fewerAndFewer(
      names,
      (some) => `Diese Leistung habe ich leider nicht gefunden. Meinen Sie vielleicht ${choice(some)}?`,
    );
  },

  ambiguousService({ candidates }) {
    const names = spokenNames(candidates);
    if (names.length === 0) return questions.needsService();
    const more = candidates.length > names.length ? " oder etwas anderes" : "";
    return fewerAndFewer(names, (some) => {
      const open = some.length < names.length ? " oder etwas anderes" : more;
      return `Da gibt es bei uns mehreres. Meinen Sie ${open === "" ? choice(some) : some.join(", ") + open}?`;
    });
  },

  severalServices({ services }) {
    const names = spokenNames(services);
    const start = "Ich kann immer nur eine Leistung auf einmal eintragen.";
    if (names.length === 0) return `${start} Mit welcher möchten Sie beginnen?`;
    return fewerAndFewer(names, (some) => {
      const all = some.length === services.length;
      return all
        ? `${start} Womit möchten Sie beginnen: ${choice(some)}?`
        : `${start} Womit möchten Sie beginnen, zum Beispiel mit ${choice(some)}?`;
    });
  },

  unknownStaff({ available }) {
    const names = spokenPeople(available);
    if (names.length === 0) {
      return "Diesen Namen habe ich in unserem Team leider nicht gefunden. Darf es auch jemand anderes sein?";
    }
    return `Diesen Namen habe ich in unserem Team leider nicht gefunden. Möchten Sie zu ${choice(names)}, oder ist es Ihnen gleich?`;
  },

  ambiguousStaff({ candidates }) {
    const names = spokenPeople(candidates);
    // Two of one name cannot be told apart by it.
    if (new Set(names).size < 2) {
      return "Diesen Namen gibt es in unserem Team mehrmals. Darf es jemand sein, der gerade frei ist?";
    }
    return `Zu wem möchten Sie: ${choice([...new Set(names)])}?`;
  },

  staffCannotDoService({ staff, service, qualified }) {
    const name = speakablePerson(staff);
    const what = speakable(service);
    const others = spokenPeople(qualified);
    const who = name === "" ? "Diese Person" : name;
    const refusals = [
      `${who} bietet ${what} leider nicht an.`,
      `${who} bietet das leider nicht an.`,
    ] as const;
    if (others.length === 0) {
      return `${refusals[what === "" ? 1 : 0]} Darf es eine andere Leistung sein, oder soll Sie jemand zurückrufen?`;
    }
    const question = (people: readonly string[]) => `Möchten Sie stattdessen zu ${choice(people)}?`;
    return firstFitting([
      `${refusals[what === "" ? 1 : 0]} ${question(others)}`,
      `${refusals[1]} ${question(others)}`,
      `${refusals[1]} ${question(others.slice(0, 2))}`,
    ]);
  },

  ambiguousDate({ now, zone, readings }) {
    const both = spokenReadings(readings, { now, zone });
    const anew = "Da möchte ich sichergehen. An welchem Tag und um welche Uhrzeit möchten Sie kommen?";
    if (both === null) return anew;
    const question = `Meinen Sie ${both[0]}, oder ${both[1]}?`;
    // Of two ranges of days with their hours nobody keeps the first until the second has been said.
    return firstFitting([`Da möchte ich sichergehen. ${question}`, question, anew]);
  },

  needsService() {
    return "Welche Leistung wünschen Sie, zum Beispiel einen Haarschnitt oder eine Farbe?";
  },

  needsDate() {
    return "An welchem Tag und um welche Uhrzeit möchten Sie kommen?";
  },

  needsName({ heard }) {
    return heard
      ? "Das habe ich leider nicht als Namen verstanden. Wie heißen Sie bitte mit Vor- und Nachnamen?"
      : "Auf welchen Namen darf ich den Termin eintragen?";
  },

  needsPhone({ heard }) {
    return heard
      ? "Diese Telefonnummer scheint nicht vollständig zu sein. Nennen Sie sie mir bitte noch einmal, Ziffer für Ziffer?"
      : "Unter welcher Telefonnummer können wir Sie erreichen?";
  },

  invalid({ field }) {
    return field === null
      ? "Das habe ich leider nicht verstanden. Können Sie es bitte noch einmal sagen?"
      : INVALID[field];
  },

  otherService() {
    return "Dieser Termin kann nur für dieselbe Leistung verschoben werden. Soll ich dafür noch einmal nach freien Zeiten sehen?";
  },
};

const INVALID: Readonly<Record<InvalidField, string>> = {
  date: "Diesen Tag gibt es leider nicht. Welches Datum meinen Sie?",
  time: "Diese Uhrzeit gibt es leider nicht. Zu welcher Uhrzeit möchten Sie kommen?",
  name: "Den Namen habe ich leider nicht verstanden. Wie heißen Sie bitte mit Vor- und Nachnamen?",
  phone:
    "Die Telefonnummer habe ich leider nicht verstanden. Nennen Sie sie mir bitte noch einmal, Ziffer für Ziffer?",
  email: "Die Mailadresse habe ich leider nicht verstanden. Buchstabieren Sie sie mir bitte noch einmal?",
  service: "Die Leistung habe ich leider nicht verstanden. Welche wünschen Sie?",
  offer: "Diese Zeit kann ich leider nicht zuordnen. Soll ich noch einmal nachsehen, was frei ist?",
  appointment: "Diesen Termin kann ich leider nicht zuordnen. Welchen Termin meinen Sie?",
};

function spokenNames(names: readonly string[]): string[] {
  return [...new Set(names.map(speakable))].filter((name) => name !== "").slice(0, MOST);
}

function spokenPeople(names: readonly string[]): string[] {
  return names
    .map(speakablePerson)
    .filter((name) => name !== "")
    .slice(0, MOST);
}

/** With all of the names, else with the first ones that fit. */
export function fewerAndFewer(names: readonly string[], say: (some: readonly string[]) => string): string {
  const wordings = names.map((_, index) => say(names.slice(0, names.length - index)));
  const [fullest, ...shorter] = wordings;
  return firstFitting([fullest ?? say([]), ...shorter]);
}
