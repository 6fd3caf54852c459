import { describe, expect, it } from "vitest";
import { days, duration, money, remaining, within } from "./amounts.js";

describe("lengths of time are rounded in the caller's favour, to what people count in", () => {
  it.each([
    [0, "null Minuten"],
    [1, "eine Minute"],
    [60, "eine Stunde"],
    [90, "neunzig Minuten"],
    [120, "zwei Stunden"],
    [150, "drei Stunden"],
    [1440, "vierundzwanzig Stunden"],
    [2880, "achtundvierzig Stunden"],
    [7200, "fünf Tage"],
    [7201, "sechs Tage"],
  ])("a notice of %d minutes is %s", (minutes, text) => {
    expect(duration(minutes)).toBe(text);
  });

  it.each([
    [0, "wenige Augenblicke"],
    [0.9, "wenige Augenblicke"],
    [59.99, "neunundfünfzig Minuten"],
    [60, "eine Stunde"],
    [119, "eine Stunde"],
    [1314.785, "einundzwanzig Stunden"],
    [8639, "fünf Tage"],
  ])("of %d minutes there are %s left", (minutes, text) => {
    expect(remaining(minutes)).toBe(text);
  });

  it.each([
    [1, "einer Minute"],
    [60, "einer Stunde"],
    [61, "zwei Stunden"],
    [240, "vier Stunden"],
    [1440, "vierundzwanzig Stunden"],
    [1441, "zwei Tagen"],
  ])("a promise of %d minutes is kept within %s", (minutes, text) => {
    expect(within(minutes)).toBe(text);
  });

  it("counts days, and no number too large for words", () => {
    expect(days(14, "dative")).toBe("vierzehn Tagen");
    expect(days(180, "accusative")).toMatch(/^(ein)?hundertachtzig Tage$/);
    expect(() => days(1_000_000, "dative")).not.toThrow();
    expect(() => duration(5_256_000)).not.toThrow();
  });
});

describe("money", () => {
  it.each([
    [0, "null Euro"],
    [1, "einen Cent"],
    [50, "fünfzig Cent"],
    [100, "einen Euro"],
    [101, "einen Euro eins"],
    [2050, "zwanzig Euro fünfzig"],
    [10_100, "einhundertein Euro"],
    [2_147_483_647, "über neuntausend Euro"],
  ])("%d cents are %s", (cents, text) => {
    expect(money(cents)).toBe(text);
  });
});
