import { DateTime } from "luxon";
import { describe, expect, it } from "vitest";
import type { CorpusGroup } from "./corpus.js";
import { WITH_ARGUMENTS } from "./corpus-arguments.js";
import { DATES } from "./corpus-dates.js";
import { DAYS } from "./corpus-days.js";
import { describeReading } from "./corpus-notation.js";
import { RELATIONS } from "./corpus-relations.js";
import { SENTENCES } from "./corpus-sentences.js";
import { TIMES } from "./corpus-times.js";
import { readWhen } from "./read-when.js";

const SPOKEN = [...DAYS, ...DATES, ...RELATIONS, ...TIMES, ...SENTENCES];
const zone = "Europe/Berlin";
const NOW = "2026-11-25T15:00";
const FRISEUR_1 = [
  ...Array.from({ length: 5 }, () => ["09:00", "19:00"] as const),
  ["09:00", "17:00"] as const,
  null,
];
const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function read(group: CorpusGroup, whenText: string): string {
  const hours = group.hours ?? FRISEUR_1;
  const openAt = (date: string, minute: number) => {
    const day = hours[DateTime.fromISO(date, { zone: "utc" }).weekday - 1];
    return day ? minute >= minutes(day[0]) && minute < minutes(day[1]) : false;
  };
  const { date = null, time = null, partOfDay = null } = group.args ?? {};
  const now = DateTime.fromISO(group.now ?? NOW, { zone }).toJSDate();
  return describeReading(
    readWhen({ whenText: whenText || null, date, time, partOfDay }, { now, zone, openAt }),
  );
}

describe.each([...SPOKEN, ...WITH_ARGUMENTS])("$title", (group) => {
  it.each(group.cases)("“%s” is read as %s.", (whenText, expected) => {
    expect(read(group, whenText)).toBe(expected);
  });
});

describe("the corpus", () => {
  it("holds at least three hundred different phrases.", () => {
    const phrases = SPOKEN.flatMap(({ now, cases }) => cases.map(([text]) => `${now ?? NOW} ${text}`));
    expect(new Set(phrases).size).toBeGreaterThanOrEqual(300);
  });
});
