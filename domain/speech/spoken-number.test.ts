import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardinal, ordinal } from "../german-time/number-words.js";
import { fold } from "../german-time/tokens.js";
import { spokenCount, spokenDuration, spokenEuros, spokenInteger, spokenOrdinal } from "./spoken-number.js";

describe("numbers in words", () => {
  it.each([
    [0, "null"],
    [1, "eins"],
    [2, "zwei"],
    [11, "elf"],
    [12, "zwölf"],
    [16, "sechzehn"],
    [17, "siebzehn"],
    [21, "einundzwanzig"],
    [30, "dreißig"],
    [60, "sechzig"],
    [77, "siebenundsiebzig"],
    [100, "einhundert"],
    [101, "einhunderteins"],
    [111, "einhundertelf"],
    [999, "neunhundertneunundneunzig"],
    [1000, "eintausend"],
    [1001, "eintausendeins"],
    [2026, "zweitausendsechsundzwanzig"],
    [9999, "neuntausendneunhundertneunundneunzig"],
  ])("%d is %s.", (value, word) => {
    expect(spokenInteger(value)).toBe(word);
  });

  it.each([
    [1, "ersten"],
    [2, "zweiten"],
    [3, "dritten"],
    [7, "siebten"],
    [8, "achten"],
    [12, "zwölften"],
    [19, "neunzehnten"],
    [20, "zwanzigsten"],
    [21, "einundzwanzigsten"],
    [31, "einunddreißigsten"],
    [100, "einhundertsten"],
    [103, "einhundertdritten"],
  ])("the ordinal of %d is %s.", (value, word) => {
    expect(spokenOrdinal(value, "en")).toBe(word);
  });

  it("says every number from 0 to 9,999 so that it is read back as itself, as a cardinal and as an ordinal.", () => {
    for (let value = 0; value <= 9999; value += 1) {
      expect(cardinal(fold(spokenInteger(value)))).toBe(value);
      if (value > 0) expect(ordinal(fold(spokenOrdinal(value, "en")))).toBe(value);
    }
  });

  it("reads no two numbers alike.", () => {
    expect(new Set(Array.from({ length: 10_000 }, (_, value) => spokenInteger(value))).size).toBe(10_000);
  });

  it("refuses what it cannot say: negative, broken and larger numbers.", () => {
    for (const value of [-1, 1.5, 10_000, Number.NaN]) expect(() => spokenInteger(value)).toThrow(RangeError);
    expect(() => spokenOrdinal(0, "e")).toThrow(RangeError);
    expect(() => spokenEuros(-1)).toThrow(RangeError);
  });

  it("counts with the article, the plural and the case of the noun.", () => {
    expect(spokenCount(1, "hour")).toBe("eine Stunde");
    expect(spokenCount(1, "hour", "dative")).toBe("einer Stunde");
    expect(spokenCount(1, "day", "accusative")).toBe("einen Tag");
    expect(spokenCount(1, "day", "dative")).toBe("einem Tag");
    expect(spokenCount(1, "appointment")).toBe("ein Termin");
    expect(spokenCount(2, "day")).toBe("zwei Tage");
    expect(spokenCount(2, "day", "dative")).toBe("zwei Tagen");
    expect(spokenCount(21, "minute")).toBe("einundzwanzig Minuten");
    expect(spokenCount(0, "appointment")).toBe("null Termine");
    expect(spokenCount(3, "week", "dative")).toBe("drei Wochen");
  });

  it("says lengths in hours and minutes, never a fraction (post-mortem 11.75).", () => {
    expect(spokenDuration(45)).toBe("fünfundvierzig Minuten");
    expect(spokenDuration(60)).toBe("eine Stunde");
    expect(spokenDuration(61, "dative")).toBe("einer Stunde und einer Minute");
    expect(spokenDuration(150)).toBe("zwei Stunden und dreißig Minuten");
    expect(spokenDuration(21.913095436111 * 60)).toBe("einundzwanzig Stunden und fünfundfünfzig Minuten");
    expect(spokenDuration(1440)).toBe("vierundzwanzig Stunden");
    expect(spokenDuration(2 * 1440)).toBe("zwei Tage");
  });

  it("says prices in euros and cents.", () => {
    expect(spokenEuros(2500)).toBe("fünfundzwanzig Euro");
    expect(spokenEuros(2050)).toBe("zwanzig Euro fünfzig");
    expect(spokenEuros(101)).toBe("ein Euro eins");
    expect(spokenEuros(100)).toBe("ein Euro");
    expect(spokenEuros(0)).toBe("null Euro");
    expect(spokenEuros(50)).toBe("fünfzig Cent");
    expect(spokenEuros(1)).toBe("ein Cent");
    expect(spokenEuros(10100)).toBe("einhundertein Euro");
  });

  it("writes no digit and no decimal point in any amount.", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), (cents) => {
        expect(spokenEuros(cents)).toMatch(/^[a-zäöüß ]+$/i);
        expect(spokenDuration(cents / 7)).not.toMatch(/[\d.,]/);
      }),
    );
  });
});
