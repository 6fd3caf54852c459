import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dictatesNumber, spokenPhoneNumber } from "./spoken-phone-number.js";

describe("a number as it is dictated or written", () => {
  it.each([
    ["030 33081738", "+493033081738"],
    ["0160/4366218", "+491604366218"],
    ["+49 (0)30 33081738", "+493033081738"],
    ["0049 151 23456789", "+4915123456789"],
    ["15123456789", "+4915123456789"],
    ["4915123456789", "+4915123456789"],
    ["null eins fünf eins zwei drei vier fünf sechs sieben acht neun", "+4915123456789"],
    ["Null Eins Fünf Eins, Zwo Drei, Vier Fünf, Sechs Sieben, Acht Neun", "+4915123456789"],
    ["nulleinsfünfeins dreiundzwanzig fünfundvierzig siebenundsechzig neunundachtzig", "+4915123456789"],
    ["plus neunundvierzig eins fünf eins zwei drei vier fünf sechs sieben acht neun", "+4915123456789"],
    ["plus vier neun hunderteinundfünfzig zwei drei vier fünf sechs sieben acht neun", "+4915123456789"],
    ["null null vier neun eins fünf eins zwei drei vier fünf sechs sieben acht neun", "+4915123456789"],
    ["meine Nummer ist die 0151 23 45 67 89", "+4915123456789"],
    ["null eins fünf eins doppel fünf drei drei vier vier fünf fünf", "+4915155334455"],
    ["null eins fünf eins fünf fünf dreidrei vier vier fünf fünf", "+4915155334455"],
    ["null eins fünf eins zweimal fünf doppeldrei vier vier fünf fünf", "+4915155334455"],
    ["0151 dann dreiundzwanzig 45 67 89", "+4915123456789"],
    ["plus dreiundvierzig sechs sechs vier eins zwei drei vier fünf sechs sieben", "+436641234567"],
  ])("%s is %s", (said, e164) => {
    expect(spokenPhoneNumber(said)).toBe(e164);
  });

  it.each([
    null,
    undefined,
    "",
    "null",
    "anonymous",
    "Anonym",
    "unavailable",
    "110",
    "112",
    "+266696687",
    "0151123456",
    "null eins fünf eins eins zwei drei vier fünf sechs",
    "zwölf",
    "acht Uhr",
    "morgen um zehn",
    "+",
    "plus",
    "keine Ahnung",
    "0151 Emma 23456789",
  ])("makes none of %j", (said) => {
    expect(spokenPhoneNumber(said)).toBeNull();
  });

  it("reads the same number from its digits in words, in pairs or one by one", () => {
    const words = ["null", "eins", "zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 8, maxLength: 8 }),
        fc.constantFrom("0151", "0171", "0160"),
        (digits, prefix) => {
          const number = prefix + digits.join("");
          const written = spokenPhoneNumber(number);
          const separate = [...number].map((digit) => words[Number(digit)]);
          expect(spokenPhoneNumber(separate.join(" "))).toBe(written);
          expect(spokenPhoneNumber(separate.join(""))).toBe(written);
        },
      ),
    );
  });
});

describe("whether a number was dictated", () => {
  it.each([
    "0151123456",
    "null eins fünf eins zwei drei",
    "meine Nummer ist null eins fünf eins äh Moment",
    "110 110",
    "+266696687",
    "fünfzehn einundzwanzig",
  ])("%s is one, if not a valid one", (said) => {
    expect(dictatesNumber(said)).toBe(true);
  });

  it.each([
    null,
    "",
    "null",
    "anonymous",
    "die gleiche",
    "diese Nummer",
    "von der ich anrufe",
    "eins",
    "Handy",
  ])("%s is none", (said) => {
    expect(dictatesNumber(said)).toBe(false);
  });
});

describe("a number that costs whoever calls it", () => {
  it.each([
    "0900 1234567",
    "0137 1234567",
    "01377 123456",
    "0180 5 123456",
    "0700 12345678",
    "+43 900 123456",
    "+881 612345678",
    "null neun null null eins zwei drei vier fünf sechs sieben",
  ])("%s is not taken, and counts as dictated", (said) => {
    expect(spokenPhoneNumber(said)).toBeNull();
    expect(dictatesNumber(said)).toBe(true);
  });

  it.each(["0800 1234567", "030 33081738", "0151 23456789"])("%s is taken", (said) => {
    expect(spokenPhoneNumber(said)).not.toBeNull();
  });
});
