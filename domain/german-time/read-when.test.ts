import fc from "fast-check";
import { DateTime } from "luxon";
import { describe, expect, it } from "vitest";
import { DATES } from "./corpus-dates.js";
import { DAYS } from "./corpus-days.js";
import { RELATIONS } from "./corpus-relations.js";
import { SENTENCES } from "./corpus-sentences.js";
import { TIMES } from "./corpus-times.js";
import { readWhen } from "./read-when.js";
import { admits, PARTS_OF_DAY, type WhenContext, type Wish } from "./reading.js";

const SPOKEN = [...DAYS, ...DATES, ...RELATIONS, ...TIMES, ...SENTENCES];
const zone = "Europe/Berlin";
const now = DateTime.fromISO("2026-11-25T15:00", { zone }).toJSDate();
const openAt = (_date: string, minute: number) => minute >= 540 && minute < 1140;
const context: WhenContext = { now, zone, openAt };
const at = (local: string) => DateTime.fromISO(local, { zone }).toJSDate();

function wish(whenText: string, its: Partial<WhenContext> = {}): Wish {
  const reading = readWhen({ whenText, date: null, time: null, partOfDay: null }, { ...context, ...its });
  if (reading.kind !== "wish") throw new Error(`${whenText} is read as ${reading.kind}`);
  return reading.wish;
}

describe("reading when", () => {
  const words = [
    ...new Set(
      SPOKEN.flatMap(({ cases }) => cases.flatMap(([text]) => text.split(/(?<=[\s,.?])|(?=[\s,.?])/))),
    ),
  ].filter((word) => word.trim() !== "");
  const chatter = fc.array(fc.constantFrom(...words), { maxLength: 14 }).map((all) => all.join(" "));
  const moments = fc.date({ min: new Date("2024-01-01"), max: new Date("2034-01-01"), noInvalidDate: true });
  const zones = fc.constantFrom(zone, "Europe/London", "America/New_York", "Australia/Lord_Howe");

  it("makes of whatever is said a wish that lies ahead, or asks: never an exception, never the past.", () => {
    const date = fc.option(fc.constantFrom("2026-12-03", "2023-01-01", "2028-02-29", "", "null", "bald"), {
      nil: null,
    });
    const time = fc.option(fc.constantFrom("10:00", "03:30", "24:10", "", "zehn"), { nil: null });
    const partOfDay = fc.option(fc.constantFrom(...PARTS_OF_DAY), { nil: null });
    fc.assert(
      fc.property(chatter, date, time, partOfDay, moments, zones, (whenText, d, t, part, moment, itsZone) => {
        const its = { now: moment, zone: itsZone, openAt };
        const reading = readWhen({ whenText, date: d, time: t, partOfDay: part }, its);
        const today = DateTime.fromJSDate(moment, { zone: itsZone }).toISODate() ?? "";
        const wishes =
          reading.kind === "wish" ? [reading.wish] : reading.kind === "ambiguous" ? reading.readings : [];
        for (const each of wishes) {
          if (each.kind === "soonest") {
            expect(each.notBefore >= moment).toBe(true);
            expect(each.fromDate >= today).toBe(true);
            if (each.untilDate !== null) expect(each.untilDate >= each.fromDate).toBe(true);
          } else expect(each.date >= today).toBe(true);
          if (each.kind === "moment") {
            expect(each.start > moment).toBe(true);
            const local = DateTime.fromJSDate(each.start, { zone: itsZone });
            expect([local.toISODate(), local.hour * 60 + local.minute]).toEqual([each.date, each.minute]);
          }
          if (each.kind === "window" || (each.kind === "soonest" && each.window)) {
            const { from, to } = each.window ?? { from: 0, to: 0 };
            expect(from >= 0 && from <= to && to <= 1440).toBe(true);
          }
        }
        if (reading.kind === "ambiguous") expect(reading.readings[0]).not.toEqual(reading.readings[1]);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives the same answer to the same words, whatever was read before.", () => {
    fc.assert(
      fc.property(chatter, (whenText) => {
        const read = () => readWhen({ whenText, date: null, time: null, partOfDay: null }, context);
        expect(read()).toEqual(read());
      }),
    );
  });

  it("reads every date of the next year by day and month, whatever its notation.", () => {
    for (let days = 0; days < 357; days += 1) {
      const day = DateTime.fromISO("2026-11-25", { zone: "utc" }).plus({ days }).setLocale("de");
      for (const format of ["d.M.", "dd.MM.yyyy", "d. MMMM", "cccc, 'den' d. MMMM", "d.M.yy", "yyyy-MM-dd"]) {
        expect(wish(day.toFormat(format), { now: at("2026-11-25T08:00") })).toEqual({
          kind: "day",
          date: day.toISODate(),
        });
      }
    }
  });

  it("reads every quarter of an hour in the opening hours in each way that it is said.", () => {
    const hours = [
      "zwölf",
      "eins",
      "zwei",
      "drei",
      "vier",
      "fünf",
      "sechs",
      "sieben",
      "acht",
      "neun",
      "zehn",
      "elf",
    ];
    const said = (hour: number) => hours[hour % 12] ?? "";
    for (let hour = 9; hour < 18; hour += 1) {
      const spoken = [
        [0, `um ${said(hour)}`],
        [15, `um viertel nach ${said(hour)}`],
        [15, `um viertel ${said(hour + 1)}`],
        [30, `um halb ${said(hour + 1)}`],
        [45, `um viertel vor ${said(hour + 1)}`],
        [45, `um dreiviertel ${said(hour + 1)}`],
        [20, `um zwanzig nach ${said(hour)}`],
        [25, `um fünf vor halb ${said(hour + 1)}`],
        [40, `um zwanzig vor ${said(hour + 1)}`],
      ] as const;
      for (const [minute, words] of spoken) {
        expect(wish(`Freitag ${words}`), words).toMatchObject({ kind: "moment", minute: hour * 60 + minute });
      }
    }
  });

  it("takes the first of the two hours in the night in which the clock is put back.", () => {
    const read = wish("am 25. Oktober um 02:30", { now: at("2026-10-20T12:00") });
    expect(read).toMatchObject({ kind: "moment", start: new Date("2026-10-25T00:30:00Z") });
  });

  it("reads today and tomorrow in the branch's zone, not in the process's.", () => {
    const midnight = new Date("2026-11-25T23:30:00Z");
    expect(wish("morgen", { now: midnight })).toEqual({ kind: "day", date: "2026-11-27" });
    expect(wish("morgen", { now: midnight, zone: "Europe/London" })).toEqual({
      kind: "day",
      date: "2026-11-26",
    });
  });

  it("admits the starts that fulfil a wish and no others.", () => {
    const admitted = (words: string, local: string) => admits(wish(words), at(local), zone);
    expect(admitted("Freitag um zehn", "2026-11-27T10:00")).toBe(true);
    expect(admitted("Freitag um zehn", "2026-11-27T10:15")).toBe(false);
    expect(admitted("Freitag Vormittag", "2026-11-27T09:00")).toBe(true);
    expect(admitted("Freitag Vormittag", "2026-11-27T12:00")).toBe(false);
    expect(admitted("Freitag bis zwölf", "2026-11-27T12:00")).toBe(true);
    expect(admitted("Freitag bis zwölf", "2026-11-26T11:00")).toBe(false);
    expect(admitted("Freitag", "2026-11-27T18:45")).toBe(true);
    expect(admitted("Freitag", "2026-11-28T18:45")).toBe(false);
    expect(admitted("so bald wie möglich", "2026-11-25T14:59")).toBe(false);
    expect(admitted("so bald wie möglich, nachmittags", "2026-11-26T12:00")).toBe(true);
    expect(admitted("so bald wie möglich, nachmittags", "2026-11-26T11:00")).toBe(false);
    expect(admitted("zwischen Montag und Mittwoch", "2026-12-02T18:00")).toBe(true);
    expect(admitted("zwischen Montag und Mittwoch", "2026-12-03T09:00")).toBe(false);
    expect(admitted("zwischen Montag und Mittwoch", "2026-11-29T09:00")).toBe(false);
  });
});
