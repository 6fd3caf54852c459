import fc from "fast-check";
import { DateTime } from "luxon";
import { describe, expect, it } from "vitest";
import { instantAt, plusDays } from "../german-time/local-time.js";
import { readWhen } from "../german-time/read-when.js";
import type { Wish } from "../german-time/reading.js";
import {
  spokenChoice,
  spokenClock,
  spokenDay,
  spokenMoment,
  spokenMomentInSentence,
  spokenNearDay,
  spokenTimeOf,
  spokenWindow,
  spokenWish,
} from "./spoken-time.js";

const zone = "Europe/Berlin";
const now = new Date("2026-11-25T14:00:00Z");
const at = (local: string) => DateTime.fromISO(local, { zone }).toJSDate();
const openAt = (_date: string, minute: number) => minute >= 7 * 60 && minute < 22 * 60;

describe("spoken times", () => {
  it.each([
    [0, "null Uhr"],
    [60, "ein Uhr morgens"],
    [390, "sechs Uhr dreißig morgens"],
    [540, "neun Uhr"],
    [570, "neun Uhr dreißig"],
    [721, "zwölf Uhr eins"],
    [870, "vierzehn Uhr dreißig"],
    [1275, "einundzwanzig Uhr fünfzehn"],
  ])("minute %d of the day is %s.", (minute, words) => {
    expect(spokenClock(minute)).toBe(words);
  });

  it("says weekday, ordinal and month, without a year, in both cases.", () => {
    expect(spokenDay("2026-12-03")).toBe("Donnerstag, den dritten Dezember");
    expect(spokenDay("2027-03-01", "dative")).toBe("Montag, dem ersten März");
    expect(spokenMoment(at("2026-12-03T14:30"), zone)).toBe(
      "Donnerstag, den dritten Dezember, um vierzehn Uhr dreißig",
    );
    expect(spokenMoment(at("2026-12-03T14:30"), zone, "dative")).toBe(
      "Donnerstag, dem dritten Dezember, um vierzehn Uhr dreißig",
    );
  });

  it("computes the label from the instant in the branch's zone (post-mortem 11.54).", () => {
    const lateInUtc = new Date("2026-11-25T23:30:00Z");
    expect(spokenMoment(lateInUtc, zone)).toBe(
      "Donnerstag, den sechsundzwanzigsten November, um null Uhr dreißig",
    );
    expect(spokenNearDay("2026-11-26", { now: new Date("2026-11-25T22:59:00Z"), zone })).toBe("morgen");
    expect(spokenNearDay("2026-11-26", { now: new Date("2026-11-25T23:01:00Z"), zone })).toBe("heute");
  });

  it("calls near days by their names and all others by their date.", () => {
    const said = (local: string) => spokenMomentInSentence(at(local), { now, zone });
    expect(said("2026-11-25T17:00")).toBe("heute um siebzehn Uhr");
    expect(said("2026-11-26T09:15")).toBe("morgen um neun Uhr fünfzehn");
    expect(said("2026-11-27T09:15")).toBe(
      "am Freitag, dem siebenundzwanzigsten November, um neun Uhr fünfzehn",
    );
    expect(spokenNearDay("2026-11-27", { now, zone })).toBe("übermorgen");
    expect(spokenNearDay("2026-11-28", { now, zone })).toBeNull();
    expect(spokenTimeOf(at("2026-11-27T09:15"), zone)).toBe("um neun Uhr fünfzehn");
  });

  it("joins choices with commas and one conjunction.", () => {
    expect(spokenChoice(["zehn Uhr"])).toBe("zehn Uhr");
    expect(spokenChoice(["zehn Uhr", "elf Uhr"])).toBe("zehn Uhr oder elf Uhr");
    expect(spokenChoice(["a", "b", "c"], "und")).toBe("a, b und c");
  });

  it("says windows by what limits them.", () => {
    expect(spokenWindow({ from: 960, to: 1440, toInclusive: false })).toBe("ab sechzehn Uhr");
    expect(spokenWindow({ from: 0, to: 720, toInclusive: false })).toBe("vor zwölf Uhr");
    expect(spokenWindow({ from: 0, to: 720, toInclusive: true })).toBe("bis zwölf Uhr");
    expect(spokenWindow({ from: 840, to: 960, toInclusive: true })).toBe(
      "zwischen vierzehn Uhr und sechzehn Uhr",
    );
    expect(spokenWindow({ from: 0, to: 1440, toInclusive: false })).toBe("");
  });

  it("can say both readings of every doubt, and never alike.", () => {
    const doubts = [
      "nächsten Freitag",
      "Donnerstag, den vierten Dezember um drei",
      "vormittags oder abends",
      "Montag oder Dienstag",
      "ab Montag",
    ];
    for (const whenText of doubts) {
      const reading = readWhen(
        { whenText, date: "2026-12-09", time: null, partOfDay: null },
        { now, zone, openAt },
      );
      expect(reading.kind).toMatch(/ambiguous|wish/);
      if (reading.kind !== "ambiguous") continue;
      const [first, second] = reading.readings.map((wish) => spokenWish(wish, { now, zone }));
      expect(first).not.toBe(second);
      expect(`${first}${second}`).not.toMatch(/\d/);
    }
    const said = (whenText: string) => {
      const reading = readWhen({ whenText, date: null, time: null, partOfDay: null }, { now, zone, openAt });
      return reading.kind === "wish" ? spokenWish(reading.wish, { now, zone }) : reading.kind;
    };
    expect(said("morgen früh")).toBe("morgen früh");
    expect(said("Freitag Nachmittag")).toBe("am Freitag, dem siebenundzwanzigsten November, am Nachmittag");
    expect(said("morgen gegen drei")).toBe("morgen gegen fünfzehn Uhr");
    expect(said("so bald wie möglich, vormittags")).toBe("so bald wie möglich, am Vormittag");
    expect(said("ab dem vierten Dezember")).toBe("ab Freitag, dem vierten Dezember");
  });

  const ZONES = [zone, "Europe/Vienna", "Europe/London", "America/New_York"];
  // Beyond that a date without a year is the one of last week, which is in the past (contract, section 5).
  const DAYS_AHEAD = 357;
  const anyStart = fc.record({
    now: fc.date({ min: new Date("2024-01-01"), max: new Date("2036-01-01"), noInvalidDate: true }),
    days: fc.integer({ min: 1, max: DAYS_AHEAD }),
    quarter: fc.integer({ min: 7 * 4, max: 22 * 4 - 1 }),
    zone: fc.constantFrom(...ZONES),
  });

  it("is understood again: whatever start is said, in either case, is read back as that instant.", () => {
    fc.assert(
      fc.property(anyStart, fc.boolean(), ({ now: moment, days, quarter, zone: itsZone }, dative) => {
        const today = DateTime.fromJSDate(moment, { zone: itsZone }).toISODate() ?? "";
        const start = instantAt(plusDays(today, days), quarter * 15, itsZone);
        if (start === null) return;
        const words = spokenMoment(start, itsZone, dative ? "dative" : "accusative");
        expect(words).not.toMatch(/\d|halb|viertel/);
        const scene = { now: moment, zone: itsZone };
        for (const whenText of [words, spokenMomentInSentence(start, scene), `Ja, ${words}, bitte.`]) {
          const reading = readWhen(
            { whenText, date: null, time: null, partOfDay: null },
            { ...scene, openAt },
          );
          expect(reading).toMatchObject({ kind: "wish", wish: { kind: "moment", start, assumedDay: false } });
        }
      }),
      { numRuns: 500 },
    );
  });

  it("says every wish so that it is understood again: days, parts, windows and limits.", () => {
    const wish: fc.Arbitrary<Wish> = fc
      .record({
        days: fc.integer({ min: 1, max: 350 }),
        from: fc.integer({ min: 7, max: 19 }),
        hours: fc.integer({ min: 1, max: 2 }),
      })
      .chain(({ days, from, hours }) => {
        const date = plusDays("2026-11-25", days);
        const base = {
          kind: "window" as const,
          date,
          partOfDay: null,
          preferredMinute: null,
          assumedDay: false,
        };
        const window = { from: from * 60, to: (from + hours) * 60, toInclusive: true };
        return fc.constantFrom<Wish>(
          { kind: "day", date },
          { ...base, window },
          { ...base, window: { from: from * 60, to: 1440, toInclusive: false } },
          { ...base, window: { from: 540, to: 720, toInclusive: false }, partOfDay: "vormittag" },
          { ...base, window: { from: 720, to: 1080, toInclusive: false }, partOfDay: "nachmittag" },
          {
            ...base,
            window: { from: from * 60 - 30, to: from * 60 + 30, toInclusive: true },
            preferredMinute: from * 60,
          },
        );
      });
    fc.assert(
      fc.property(wish, (wished) => {
        const whenText = spokenWish(wished, { now, zone });
        expect(whenText).not.toMatch(/\d/);
        const reading = readWhen(
          { whenText, date: null, time: null, partOfDay: null },
          { now, zone, openAt },
        );
        expect(reading).toEqual({ kind: "wish", wish: wished });
      }),
      { numRuns: 300 },
    );
  });
});
