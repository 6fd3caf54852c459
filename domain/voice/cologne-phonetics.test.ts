import { describe, expect, it } from "vitest";
import { colognePhonetics } from "./cologne-phonetics.js";

describe("Kölner Phonetik", () => {
  it.each([
    ["Müller-Lüdenscheidt", "65752682"],
    ["Wikipedia", "3412"],
    ["Breschnew", "17863"],
    ["Heinz Classen", "068586"],
    ["Xaver", "4837"],
    ["Phase", "38"],
    ["Cäsar", "487"],
    ["", ""],
    ["123", ""],
  ])("of %s is %s", (text, digits) => {
    expect(colognePhonetics(text)).toBe(digits);
  });
});
