import { days, duration } from "./amounts.js";
import { capitalised, firstFitting } from "./fitting.js";
import type { Say, SpokenClosedPart, SpokenDay, SpokenMoment, SpokenSlot, Wished } from "./said.js";
import { speakable } from "./speakable.js";
import { atTime, dayOf, nearDay, onDateAt, onDay, onDayAt, sameDay, withStaff, words } from "./when.js";

/** Further off than that is not the wished time any more (salon-gateway 9.4). */
const NEAR_MS = 30 * 60_000;
const SPOKEN_OFFERS = 2;

type OfferAnswers = Pick<
  Say,
  | "offers"
  | "besideOwn"
  | "alreadyBooked"
  | "nothingFree"
  | "tooSoon"
  | "tooFar"
  | "inPast"
  | "closed"
  | "slotTaken"
  | "offerExpired"
>;

/** Answers with free times, or why there are none. */
export const offerAnswers: OfferAnswers = {
  offers({ now, service, offers, wished, assumedDay = false }) {
    const [first] = offers;
    if (first === undefined)
      return "Dazu habe ich leider gerade keine freie Zeit. Welcher andere Tag passt Ihnen?";
    const name = speakable(service);
    const forService = name === "" ? "" : `für ${name}`;
    switch (closeness(first, wished)) {
      case "as_wished": {
        const spoken = wished.kind === "exact" ? [first] : offers;
        const question = spoken.length === 1 ? "Soll ich das für Sie eintragen?" : "Was passt Ihnen besser?";
        const near = nearDay(dayOf(first), now);
        // What was only assumed is said as an assumption, so that it can be put right.
        const meant =
          assumedDay && near !== null && spoken.length === 1 ? `Ich nehme an, Sie meinen ${near}: ` : "";
        const say = (staff: boolean, what: string) => {
          if (meant !== "") {
            return `${meant}${words(atTime(first), "ist", staff ? withStaff(first.staff) : "", what)} frei. ${question}`;
          }
          const when = listed(spoken, now, staff);
          return what === ""
            ? `${capitalised(when)} ist noch etwas frei. ${question}`
            : `${capitalised(what)} ist ${when} frei. ${question}`;
        };
        return firstFitting([say(true, forService), say(true, ""), say(false, forService), say(false, "")]);
      }
      case "near":
        return firstFitting([
          `Ganz in der Nähe Ihrer Wunschzeit ist ${listed(offers, now, true)} frei. ${passes(offers)}`,
          `Ganz in der Nähe Ihrer Wunschzeit ist ${listed(offers, now, false)} frei. ${passes(offers)}`,
        ]);
      case "far":
        return withAlternatives("Zu Ihrer Wunschzeit ist leider nichts frei.", offers, now);
    }
  },

  besideOwn({ now, offer, own }) {
    const service = speakable(own.service);
    const has = (what: string) =>
      `${capitalised(onDayAt({ ...own, staff: null }, now))} haben Sie bereits einen Termin${what === "" ? "" : ` für ${what}`}.`;
    const question = `Möchten Sie diesen verschieben, oder soll ich ${atTime(offer)} zusätzlich etwas eintragen?`;
    return firstFitting([`${has(service)} ${question}`, `${has("")} ${question}`]);
  },

  alreadyBooked({ appointment, pending }) {
    const service = speakable(appointment.service);
    const what = service === "" ? "" : `für ${service}`;
    const say = (named: string, staff: boolean) =>
      pending
        ? `Der Termin ${words(named, onDateAt(appointment, staff))} ist für Sie schon vorgemerkt. Wir melden uns, sobald er bestätigt ist.`
        : `Sie haben ${onDateAt(appointment, staff)} schon einen Termin${named === "" ? "" : ` ${named}`}. Möchten Sie daran etwas ändern?`;
    return firstFitting([say(what, true), say("", true), say("", false)]);
  },

  nothingFree({ horizonDays, staff }) {
    const who = withStaff(staff);
    return `In den nächsten ${days(horizonDays, "dative")} ist ${words(who, "dafür leider nichts frei")}. Möchten Sie einen anderen Zeitraum, oder soll Sie jemand zurückrufen?`;
  },

  tooSoon({ now, leadMinutes, earliest }) {
    const lead =
      leadMinutes > 0
        ? `So kurzfristig geht es leider nicht, wir brauchen ${duration(leadMinutes)} Vorlauf.`
        : "So kurzfristig geht es leider nicht.";
    if (earliest === null) return `${lead} Wann passt es Ihnen stattdessen?`;
    return firstFitting([
      `${lead} Frühestens ginge es ${onDayAt(earliest, now)}, passt Ihnen das?`,
      `${lead} Frühestens ginge es ${onDayAt(earliest, now, false)}, passt Ihnen das?`,
    ]);
  },

  tooFar({ daysAhead }) {
    if (daysAhead === null)
      return "So weit im Voraus kann ich noch nichts eintragen. Welcher frühere Tag passt Ihnen?";
    return `So weit im Voraus kann ich noch nichts eintragen, möglich sind die nächsten ${days(daysAhead, "accusative")}. Welcher frühere Tag passt Ihnen?`;
  },

  inPast() {
    return "Dieser Zeitpunkt liegt leider schon zurück. Welchen Tag und welche Uhrzeit wünschen Sie?";
  },

  closed({ now, wish, nextOpen, offers }) {
    const shut = shutAt(wish, offers, now);
    if (offers.length > 0) return withAlternatives(shut, offers, now);
    if (nextOpen === null) return `${shut} Welcher andere Tag passt Ihnen?`;
    return `${shut} ${capitalised(onDay(nextOpen, now))} sind wir wieder für Sie da, passt Ihnen das?`;
  },

  slotTaken({ now, offers }) {
    if (offers.length === 0) {
      return "Es tut mir leid, diese Zeit wurde gerade vergeben. Welcher andere Tag oder welche Uhrzeit passt Ihnen?";
    }
    return withAlternatives("Es tut mir leid, diese Zeit wurde gerade vergeben.", offers, now);
  },

  offerExpired({ now, offers }) {
    if (offers.length === 0) {
      return "Diese Zeit ist leider nicht mehr für Sie reserviert. Soll ich noch einmal nachsehen, was frei ist?";
    }
    return withAlternatives("Die Reservierung ist leider abgelaufen.", offers, now);
  },
};

/** When the salon is closed. The day of a part is left to the offers where they lie on it. */
function shutAt(
  wish: SpokenDay | SpokenClosedPart | SpokenMoment,
  offers: readonly SpokenSlot[],
  now: Date,
): string {
  if ("start" in wish) {
    return `${capitalised(words(onDay(dayOf(wish), now), atTime(wish)))} haben wir leider nicht geöffnet.`;
  }
  const day = capitalised(onDay(wish, now));
  if (!("side" in wish)) return `${day} haben wir leider geschlossen.`;
  const [when, notOpen] = CLOSED_PART[wish.side];
  const [first] = offers;
  return first && dayOf(first).date === wish.date
    ? `${capitalised(when)} haben wir leider ${notOpen} geöffnet.`
    : `${day} haben wir ${when} leider ${notOpen} geöffnet.`;
}

const CLOSED_PART: Record<SpokenClosedPart["side"], [when: string, notOpen: string]> = {
  before: ["so früh", "noch nicht"],
  after: ["so spät", "nicht mehr"],
  between: ["in dieser Zeit", "nicht"],
};

/** How the best offer stands to what was wished; computed, so that no label can be wrong (salon-gateway 11.54). */
function closeness(first: SpokenSlot, wished: Wished): "as_wished" | "near" | "far" {
  if (wished.kind === "open") return "as_wished";
  if (wished.kind === "missed") return "far";
  const apart = Math.abs(first.start.getTime() - wished.start.getTime());
  if (apart === 0) return "as_wished";
  return apart <= NEAR_MS && sameDay(first, { start: wished.start, zone: first.zone }) ? "near" : "far";
}

/** What is not possible, then the times that are; of both the staff is left out first. */
function withAlternatives(refusal: string, offers: readonly SpokenSlot[], now: Date): string {
  const say = (staff: boolean, spoken = offers) =>
    `${refusal} Möglich wäre es ${listed(spoken, now, staff)}, ${passes(spoken).toLocaleLowerCase("de-DE").replace("ihnen", "Ihnen")}`;
  return firstFitting([say(true), say(false), say(false, offers.slice(0, 1))]);
}

function passes(offers: readonly SpokenSlot[]): string {
  return offers.length === 1 ? "Passt Ihnen das?" : "Was passt Ihnen besser?";
}

/** At most two times; the day once if both lie on it, likewise whose chair it is. */
function listed(offers: readonly SpokenSlot[], now: Date, staff: boolean): string {
  const spoken = offers.slice(0, SPOKEN_OFFERS);
  const [first, second] = spoken;
  if (first === undefined) return "";
  if (second === undefined) return onDayAt(first, now, staff);
  const sameStaff = first.staff === second.staff;
  const each = (slot: SpokenSlot) => (staff && !sameStaff ? withStaff(slot.staff) : "");
  const both = staff && sameStaff ? withStaff(first.staff) : "";
  const secondDay = sameDay(first, second) ? "" : onDay(dayOf(second), now);
  return words(
    onDay(dayOf(first), now),
    both,
    atTime(first),
    each(first),
    "oder",
    words(secondDay, atTime(second)),
    each(second),
  );
}
