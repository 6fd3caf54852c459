import { localNow } from "../german-time/local-time.js";
import type { SpokenDay, SpokenMoment, SpokenSlot } from "./said.js";
import { speakablePerson } from "./speakable.js";
import { spokenDay, spokenDayInSentence, spokenNearDay, spokenTimeOf } from "./spoken-time.js";

/** The local day of a moment. */
export function dayOf(moment: SpokenMoment): SpokenDay {
  return { date: localNow(moment.start, moment.zone).today, zone: moment.zone };
}

export function sameDay(a: SpokenMoment, b: SpokenMoment): boolean {
  return dayOf(a).date === dayOf(b).date;
}

/** "heute", "morgen", or "am Donnerstag, dem dritten Dezember,": the comma of the apposition belongs to it. */
export function onDay(day: SpokenDay, now: Date): string {
  const spoken = spokenDayInSentence(day.date, { now, zone: day.zone });
  return spoken.includes(",") ? `${spoken},` : spoken;
}

/** The date, also of a day as near as tomorrow: what is confirmed names it (salon-gateway 11.56). */
export function onDate(day: SpokenDay): string {
  return `am ${spokenDay(day.date, "dative")},`;
}

/** "vom Donnerstag, dem dritten Dezember,". */
export function fromDate(day: SpokenDay): string {
  return `vom ${spokenDay(day.date, "dative")},`;
}

/** "auf Donnerstag, den dritten Dezember,". */
export function toDate(day: SpokenDay): string {
  return `auf ${spokenDay(day.date, "accusative")},`;
}

/** "heute" or "morgen"; `null` for any other day. */
export function nearDay(day: SpokenDay, now: Date): string | null {
  const near = spokenNearDay(day.date, { now, zone: day.zone });
  return near === "heute" || near === "morgen" ? near : null;
}

/** "um vierzehn Uhr dreißig". */
export function atTime(moment: SpokenMoment): string {
  return spokenTimeOf(moment.start, moment.zone);
}

/** "bei Emma", or nothing. */
export function withStaff(staff: string | null): string {
  const name = staff === null ? "" : speakablePerson(staff);
  return name === "" ? "" : `bei ${name}`;
}

/** Day, time and, if wished, whose chair: "morgen um zehn Uhr bei Emma". */
export function onDayAt(slot: SpokenSlot, now: Date, staff = true): string {
  return words(onDay(dayOf(slot), now), atTime(slot), staff ? withStaff(slot.staff) : "");
}

/** Likewise with the date in any case: "am Donnerstag, dem dritten Dezember, um zehn Uhr bei Emma". */
export function onDateAt(slot: SpokenSlot, staff = true): string {
  return words(onDate(dayOf(slot)), atTime(slot), staff ? withStaff(slot.staff) : "");
}

/** Parts with one blank between them, the empty ones left out. */
export function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

/** A day at the end of a clause: without its comma. */
export function withoutComma(text: string): string {
  return text.replace(/,$/u, "");
}
