import { DateTime } from "luxon";
import {
  daysBetween,
  type LocalDate,
  localNow,
  plusDays,
  weekdayOf,
  yearOf,
} from "../german-time/local-time.js";
import type { PartOfDay, StartWindow, Wish } from "../german-time/reading.js";
import { spokenInteger, spokenOrdinal } from "./spoken-number.js";

const WEEKDAYS = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
const MONTHS = [
  "Januar",
  "Februar",
  "März",
  "April",
  "Mai",
  "Juni",
  "Juli",
  "August",
  "September",
  "Oktober",
  "November",
  "Dezember",
];
const PARTS: Record<PartOfDay, string> = {
  früh: "früh",
  morgens: "Morgen",
  vormittag: "Vormittag",
  mittag: "Mittag",
  nachmittag: "Nachmittag",
  abend: "Abend",
  spät: "Abend",
};
const DAY = 1440;

export interface SpeechScene {
  now: Date;
  /** IANA zone of the branch. */
  zone: string;
  /** Two days of the same name would sound alike: "dieses Jahres", "nächsten Jahres"; a year itself is never said. */
  tellYears?: boolean;
}

/** "Donnerstag, den dritten Dezember" or, after "am", "Donnerstag, dem dritten Dezember". */
export type DayCase = "accusative" | "dative";

/**
 * "vierzehn Uhr dreißig", never "halb": so it cannot be taken for another hour. Hours before seven say that they
 * are in the morning, because a bare "sechs Uhr" is the evening at a hairdresser's.
 *
 * @param minute of the local day, 0 to 1440
 */
export function spokenClock(minute: number): string {
  const [hour, rest] = [Math.floor(minute / 60), minute % 60];
  const spokenHour = hour === 1 ? "ein" : spokenInteger(hour);
  const spoken = rest === 0 ? `${spokenHour} Uhr` : `${spokenHour} Uhr ${spokenInteger(rest)}`;
  return hour >= 1 && hour < 7 ? `${spoken} morgens` : spoken;
}

/** Weekday, ordinal day and month, no year: "Donnerstag, den dritten Dezember". */
export function spokenDay(date: LocalDate, dayCase: DayCase = "accusative"): string {
  const at = DateTime.fromISO(date, { zone: "utc" });
  const article = dayCase === "dative" ? "dem" : "den";
  return `${spokenWeekday(date)}, ${article} ${spokenOrdinal(at.day, "en")} ${MONTHS[at.month - 1]}`;
}

export function spokenWeekday(date: LocalDate): string {
  return WEEKDAYS[weekdayOf(date) - 1] ?? "";
}

/** "heute", "morgen", "übermorgen" when it is that day in the branch's zone. */
export function spokenNearDay(date: LocalDate, { now, zone }: SpeechScene): string | null {
  const { today } = localNow(now, zone);
  const index = [0, 1, 2].findIndex((days) => plusDays(today, days) === date);
  return ["heute", "morgen", "übermorgen"][index] ?? null;
}

/** "heute", "morgen", else "am Donnerstag, dem dritten Dezember": to stand in a sentence. */
export function spokenDayInSentence(date: LocalDate, scene: SpeechScene): string {
  const near = spokenNearDay(date, scene);
  if (near === "heute" || near === "morgen") return near;
  const year = scene.tellYears ? spokenYear(date, scene) : null;
  return `am ${spokenDay(date, "dative")}${year === null ? "" : ` ${year}`}`;
}

function spokenYear(date: LocalDate, { now, zone }: SpeechScene): string | null {
  const years = yearOf(date) - yearOf(localNow(now, zone).today);
  return ["dieses Jahres", "nächsten Jahres", "übernächsten Jahres"][years] ?? null;
}

/** Days that are so far apart are of two years to whoever hears them. */
const HALF_A_YEAR = 182;

/** Two readings of a doubt; `null` when they cannot be told apart without saying a year. */
export function spokenReadings(
  readings: readonly [Wish, Wish],
  scene: SpeechScene,
): readonly [string, string] | null {
  const [one, other] = readings.map((wish) => (wish.kind === "soonest" ? wish.fromDate : wish.date));
  const apart = one === undefined || other === undefined ? 0 : Math.abs(daysBetween(one, other));
  const told = { ...scene, tellYears: apart > HALF_A_YEAR };
  const [first, second] = [spokenWish(readings[0], told), spokenWish(readings[1], told)];
  const untold = told.tellYears && [one, other].some((date) => date && spokenYear(date, scene) === null);
  return first === second || untold ? null : [first, second];
}

/** "Donnerstag, den dritten Dezember, um vierzehn Uhr dreißig": the whole start, as a booking is said back. */
export function spokenMoment(start: Date, zone: string, dayCase: DayCase = "accusative"): string {
  const { today: date, minute } = localNow(start, zone);
  return `${spokenDay(date, dayCase)}, um ${spokenClock(minute)}`;
}

/** "heute um elf Uhr", "morgen um elf Uhr", else "am Donnerstag, dem dritten Dezember, um elf Uhr". */
export function spokenMomentInSentence(start: Date, scene: SpeechScene): string {
  const { today: date, minute } = localNow(start, scene.zone);
  const day = spokenDayInSentence(date, scene);
  return `${day}${day.startsWith("am ") ? "," : ""} um ${spokenClock(minute)}`;
}

/** The local time alone: "um vierzehn Uhr dreißig". */
export function spokenTimeOf(start: Date, zone: string): string {
  return `um ${spokenClock(localNow(start, zone).minute)}`;
}

/** "zehn Uhr", "zehn Uhr oder elf Uhr", "zehn Uhr, elf Uhr oder zwölf Uhr". */
export function spokenChoice(choices: readonly string[], conjunction: "oder" | "und" = "oder"): string {
  if (choices.length < 2) return choices[0] ?? "";
  return `${choices.slice(0, -1).join(", ")} ${conjunction} ${choices.at(-1)}`;
}

/** "zwischen neun Uhr und zwölf Uhr", "ab sechzehn Uhr", "bis zwölf Uhr", "vor zwölf Uhr"; "" for the whole day. */
export function spokenWindow({ from, to, toInclusive }: StartWindow): string {
  if (from === to) return `um ${spokenClock(from)}`;
  if (from === 0) return to === DAY ? "" : `${toInclusive ? "bis" : "vor"} ${spokenClock(to)}`;
  return to === DAY ? `ab ${spokenClock(from)}` : `zwischen ${spokenClock(from)} und ${spokenClock(to)}`;
}

/** "heute Vormittag", "am Freitag, dem vierten Dezember, am Nachmittag". */
function spokenPartOn(day: string, part: PartOfDay): string {
  const near = day === "heute" || day === "morgen";
  // "morgen Morgen" is nothing that people say.
  if (part === "früh" || (day === "morgen" && part === "morgens"))
    return near ? `${day} früh` : `${day}, früh`;
  return near ? `${day} ${PARTS[part]}` : `${day}, am ${part === "spät" ? "späten " : ""}${PARTS[part]}`;
}

/** What was understood, to stand after "Meinen Sie" or "Sie wünschen": both readings of a doubt differ in it. */
export function spokenWish(wish: Wish, scene: SpeechScene): string {
  switch (wish.kind) {
    case "moment":
      return spokenMomentInSentence(wish.start, scene);
    case "day":
      return spokenDayInSentence(wish.date, scene);
    case "window": {
      const day = spokenDayInSentence(wish.date, scene);
      if (wish.partOfDay) return spokenPartOn(day, wish.partOfDay);
      const { preferredMinute } = wish;
      const time =
        preferredMinute === null ? spokenWindow(wish.window) : `gegen ${spokenClock(preferredMinute)}`;
      return time === "" ? day : `${day}${day.startsWith("am ") ? "," : ""} ${time}`;
    }
    case "soonest": {
      const { today } = localNow(scene.now, scene.zone);
      const from = wish.fromDate > today ? `ab ${spokenDay(wish.fromDate, "dative")}` : "";
      const until = wish.untilDate === null ? "" : `bis ${spokenDay(wish.untilDate, "dative")}`;
      const limits = [from, until].filter((words) => words !== "").join(", ");
      const part = wish.partOfDay
        ? `am ${PARTS[wish.partOfDay]}`
        : wish.window
          ? spokenWindow(wish.window)
          : "";
      const time = wish.partOfDay === "früh" ? "früh" : part;
      return [limits || "so bald wie möglich", time].filter((words) => words !== "").join(", ");
    }
  }
}
