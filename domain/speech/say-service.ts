import { money, within } from "./amounts.js";
import { enumeration, firstFitting } from "./fitting.js";
import type { Say, ToolTopic } from "./said.js";
import { speakable, speakablePerson } from "./speakable.js";
import { spokenPhone } from "./spoken-phone.js";

const MOST_SERVICES = 5;
const CALL_BACK = "Soll Sie jemand aus dem Salon zurückrufen?";

type ServiceAnswers = Pick<
  Say,
  | "callback"
  | "services"
  | "serviceCategories"
  | "temporary"
  | "tooMany"
  | "unknownTool"
  | "toolOff"
  | "greeting"
  | "greetingKnown"
>;

/** Everything around appointments: callbacks, the menu, failures, greetings. */
export const serviceAnswers: ServiceAnswers = {
  callback({ withinMinutes, phone }) {
    const when = `innerhalb von ${within(withinMinutes)}`;
    const told = `Meine Kolleginnen und Kollegen sind informiert und rufen Sie ${when} zurück`;
    if (phone === null) return `${told}. Vielen Dank für Ihren Anruf.`;
    const number = spokenPhone(phone);
    return firstFitting([
      `${told}, unter ${number}. Ist die Nummer richtig?`,
      `Wir rufen Sie ${when} zurück, unter ${number}. Ist die Nummer richtig?`,
    ]);
  },

  services({ services }) {
    const spoken = services
      .map(({ name, priceCents }) => ({ name: speakable(name), price: money(priceCents) }))
      .filter(({ name }) => name !== "")
      .slice(0, MOST_SERVICES);
    if (spoken.length === 0) return `Zu unseren Leistungen kann ich gerade leider nichts sagen. ${CALL_BACK}`;
    const priced = (many: number) =>
      menu(
        spoken.slice(0, many).map(({ name, price }) => `${name} für ${price}`),
        services.length > many,
      );
    const plain = (many: number) =>
      menu(
        spoken.slice(0, many).map(({ name }) => name),
        services.length > many,
      );
    const counts = Array.from({ length: spoken.length }, (_, index) => spoken.length - index);
    // Two prices say more than a fourth name.
    const wordings = [
      ...counts.filter((many) => many >= Math.min(3, spoken.length)).map(priced),
      ...counts.filter((many) => many >= 3).map(plain),
      ...counts.map(priced),
      ...counts.map(plain),
    ];
    const [fullest, ...shorter] = wordings;
    return firstFitting([fullest ?? plain(1), ...shorter]);
  },

  serviceCategories({ categories }) {
    const names = [...new Set(categories.map(speakable))].filter((name) => name !== "");
    const wordings = names.map((_, index) => {
      const some = names.slice(0, names.length - index);
      return `Wir haben Leistungen in den Bereichen ${enumeration(some)}. Was davon interessiert Sie?`;
    });
    const [fullest, ...shorter] = wordings;
    if (fullest === undefined) return "Wir bieten verschiedene Leistungen an. Was wünschen Sie?";
    return firstFitting([fullest, ...shorter]);
  },

  temporary({ callback }) {
    return callback
      ? "Das hat gerade leider nicht geklappt, bitte entschuldigen Sie. Wir rufen Sie dazu zurück."
      : `Das hat gerade leider nicht geklappt, bitte entschuldigen Sie. ${CALL_BACK}`;
  },

  tooMany({ cause }) {
    switch (cause) {
      case "call":
        return `Mehr kann ich in diesem Gespräch leider nicht für Sie tun. ${CALL_BACK}`;
      case "number":
        return `Unter dieser Nummer kann ich im Moment leider keinen weiteren Termin eintragen. ${CALL_BACK}`;
      case "rejected":
        return "Anrufe von dieser Nummer kann ich leider nicht annehmen. Bitte wenden Sie sich direkt an den Salon.";
    }
  },

  unknownTool() {
    return `Das kann ich am Telefon leider nicht für Sie erledigen. ${CALL_BACK}`;
  },

  toolOff({ tool, hours }) {
    const when = hours ? "um diese Zeit" : "am Telefon";
    const refusal = `${NOT_NOW[tool]} kann ich ${when} leider nicht.`;
    // Where callbacks are what is off, none can be offered.
    return tool === "callback"
      ? `${refusal} Bitte rufen Sie zu unseren Öffnungszeiten noch einmal an.`
      : `${refusal} ${CALL_BACK}`;
  },

  greeting({ salon }) {
    const name = speakable(salon);
    const whose = name === "" ? "des Salons" : `von ${name}`;
    return `Guten Tag, hier ist die KI-Assistenz ${whose}. Wie kann ich Ihnen helfen?`;
  },

  greetingKnown({ salon, name, usualService }) {
    const place = speakable(salon);
    const who = speakablePerson(name);
    const usual = usualService === null ? "" : speakable(usualService);
    const welcome = `Willkommen zurück${who === "" ? "" : `, ${who}`}, hier ist die KI-Assistenz ${place === "" ? "des Salons" : `von ${place}`}.`;
    return usual === ""
      ? `${welcome} Wie kann ich Ihnen helfen?`
      : firstFitting([
          `${welcome} Möchten Sie wieder einen Termin für ${usual}, oder kann ich Ihnen anders helfen?`,
          `${welcome} Wie kann ich Ihnen helfen?`,
        ]);
  },
};

const NOT_NOW: Readonly<Record<ToolTopic, string>> = {
  booking: "Termine vereinbaren",
  appointments: "Auskunft über Termine geben",
  reschedule: "Termine verschieben",
  cancel: "Termine absagen",
  callback: "Einen Rückruf eintragen",
  services: "Auskunft über unsere Leistungen geben",
};

function menu(items: readonly string[], more: boolean): string {
  return `Wir bieten ${more ? "unter anderem " : ""}${enumeration(items)} an. Was darf es sein?`;
}
