import { describe, expect, it } from "vitest";
import { spokenPhone } from "./spoken-phone.js";

describe("a phone number read back", () => {
  it("pauses after the prefix, goes on in pairs and says zwo.", () => {
    expect(spokenPhone("+493033081738")).toBe("null drei null, drei drei, null acht, eins sieben, drei acht");
    expect(spokenPhone("+4915112345678")).toBe(
      "null eins fünf eins eins, zwo drei, vier fünf, sechs sieben acht",
    );
  });

  it("ends in three digits rather than in one alone.", () => {
    expect(spokenPhone("+493012345")).toBe("null drei null, eins zwo, drei vier fünf");
  });

  it("names the country of a foreign number.", () => {
    expect(spokenPhone("+436601234567")).toBe(
      "plus vier drei, sechs sechs, null eins, zwo drei, vier fünf, sechs sieben",
    );
  });

  it("reads what is no known number digit by digit, and never with a digit in it.", () => {
    expect(spokenPhone("12345")).toBe("eins zwo, drei vier fünf");
    for (const number of ["+4920212345", "+4917012345678", "+12125550123", "+41446681800"]) {
      expect(spokenPhone(number)).not.toMatch(/\d|zwei/);
    }
  });
});
