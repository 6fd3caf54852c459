import { type CountedNoun, type GrammaticalCase, spokenCount, spokenEuros } from "./spoken-number.js";

const HOUR = 60;
const DAY = 24 * HOUR;
/** Up to three days people count hours: "achtundvierzig Stunden". */
const HOURS_UNTIL = 3 * DAY;
const LARGEST_COUNT = 9_999;
const LARGEST_CENTS = 999_999;

/** A notice, rounded up: "eine Stunde", "neunzig Minuten", "vierundzwanzig Stunden", "fünf Tage". */
export function duration(minutes: number): string {
  const whole = Math.max(0, Math.ceil(minutes));
  if (whole > HOURS_UNTIL) return counted(Math.ceil(whole / DAY), "day", "accusative");
  if (whole % HOUR === 0 && whole > 0) return counted(whole / HOUR, "hour", "accusative");
  if (whole > 2 * HOUR) return counted(Math.ceil(whole / HOUR), "hour", "accusative");
  return counted(whole, "minute", "accusative");
}

/** What is left, rounded down: whole hours, minutes only within the last one (salon-gateway 11.75). */
export function remaining(minutes: number): string {
  const whole = Math.max(0, Math.floor(minutes));
  if (whole > HOURS_UNTIL) return counted(Math.floor(whole / DAY), "day", "nominative");
  if (whole >= HOUR) return counted(Math.floor(whole / HOUR), "hour", "nominative");
  return whole === 0 ? "wenige Augenblicke" : counted(whole, "minute", "nominative");
}

/** A promise, rounded up, as after "innerhalb von": "einer Stunde", "zwei Stunden", "drei Tagen". */
export function within(minutes: number): string {
  const whole = Math.max(1, Math.ceil(minutes));
  if (whole < HOUR) return counted(whole, "minute", "dative");
  if (whole > DAY) return counted(Math.ceil(whole / DAY), "day", "dative");
  return counted(Math.ceil(whole / HOUR), "hour", "dative");
}

/** "vierzehn Tage", in the dative "vierzehn Tagen"; at least two, because it stands after an article. */
export function days(count: number, grammaticalCase: GrammaticalCase): string {
  return counted(Math.max(2, Math.floor(count)), "day", grammaticalCase);
}

function counted(count: number, noun: CountedNoun, grammaticalCase: GrammaticalCase): string {
  return spokenCount(Math.min(count, LARGEST_COUNT), noun, grammaticalCase);
}

/** In the accusative, as after "für" or "kostet": "einen Euro", "zwanzig Euro fünfzig". */
export function money(cents: number): string {
  // What no salon takes is not counted out.
  if (cents > LARGEST_CENTS) return "über neuntausend Euro";
  return spokenEuros(Math.max(0, Math.round(cents))).replace(/^ein (?=Euro|Cent)/u, "einen ");
}
