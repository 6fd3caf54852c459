import { DateTime } from "luxon";
import { describe, expect, it } from "vitest";
import { misheardWeekday } from "./misheard-weekday.js";
import { readWhen } from "./read-when.js";
import { WEEKDAYS } from "./vocabulary.js";

const zone = "Europe/Berlin";
const openAt = (_date: string, minute: number) => minute >= 540 && minute < 1140;

/** Each speaks of a day that these words alone do not name. */
const UNREADABLE = [
  "am Tag danach",
  "am nächsten Tag",
  "am folgenden Tag",
  "am selben Tag",
  "an einem anderen Tag",
  "am Folgetag",
  "tags darauf",
  "danach",
  "zwei Tage später",
  "drei Tage danach",
  "eine Woche später",
  "eine Woche darauf",
  "die Woche danach",
  "einen Monat später",
  "in der Woche danach",
  "Wochen später",
  "alle vier Wochen",
  "jeden Tag",
  "in anderthalb Wochen",
  "in ein paar Tagen",
  "in einigen Wochen",
  "in den Ferien",
  "nach den Sommerferien",
  "nach meinem Urlaub",
  "vor unserem Urlaub",
  "vor der Hochzeit",
  "nach der Hochzeit meiner Tochter",
  "am Geburtstag meiner Frau",
  "am Tag nach der Prüfung",
  "drei Tage vor der Reise",
  "zwischen den Jahren",
  "zwischen den Feiertagen",
  "an den Feiertagen",
  "an Weihnachten",
  "über Ostern",
  "um Ostern herum",
  "zu Pfingsten",
  "in der Adventszeit",
  "in der Weihnachtswoche",
  "Osterdienstag",
  "in der Karwoche",
  "unter der Woche",
  "am Monatsende",
  "nontag",
  "ontag",
  "sonstag",
];
const TIMES = ["um elf", "um 15 Uhr", "gegen halb drei", "nachmittags", "ab vier", "zwischen zwei und vier"];
const NOWS = ["2026-11-25T08:00", "2026-12-23T20:00", "2027-03-24T12:00", "2027-07-31T10:30"];

describe("a time beside words of a day that cannot be read", () => {
  it.each(UNREADABLE)("“%s” is asked for and never taken for today.", (words) => {
    for (const local of NOWS) {
      const now = DateTime.fromISO(local, { zone }).toJSDate();
      for (const time of TIMES) {
        for (const whenText of [`${words} ${time}`, `${time}, ${words}`, `Termin ${time} ${words} bitte`]) {
          const input = { whenText, date: null, time: null, partOfDay: null };
          expect(readWhen(input, { now, zone, openAt }).kind, `${whenText} at ${local}`).toBe("needs_date");
          // What the model makes of the conversation is what the words leave open.
          const date = "2027-09-14";
          expect(JSON.stringify(readWhen({ ...input, date }, { now, zone, openAt })), whenText).not.toMatch(
            /assumedDay":true/,
          );
        }
      }
    }
  });
});

describe("a misheard weekday", () => {
  it("is never another one by a letter that is left out, doubled, swapped or wrong, and begins as it was said.", () => {
    for (const name of [...WEEKDAYS.keys()].filter((each) => !each.endsWith("s"))) {
      expect(misheardWeekday(name)).toBe(name);
      for (const [at, letter] of [...name].entries()) {
        const around = [name.slice(0, at), name.slice(at + 1)] as const;
        const swapped = name.slice(0, at) + (name[at + 1] ?? "") + letter + name.slice(at + 2);
        const wrong = [..."aeioumnst"].map((other) => around.join(other));
        for (const heard of [around.join(""), around.join(letter + letter), swapped, ...wrong]) {
          expect([name, null], heard).toContain(heard[0] === name[0] ? misheardWeekday(heard) : null);
        }
      }
    }
  });

  it("is no other word.", () => {
    for (const word of [
      "mittag",
      "vertrag",
      "eintrag",
      "montage",
      "feiertag",
      "dienst",
      "samt",
      "sommer",
      "freytag",
    ])
      expect(misheardWeekday(word), word).toBeNull();
    for (const word of ["nontag", "ontag", "sonstag"]) expect(misheardWeekday(word), word).toBeNull();
  });
});
