import { getHolidays } from "feiertagejs";
import { describe, expect, it } from "vitest";
import { holidayIn, holidayNamed } from "./holidays.js";

const YEARS = Array.from({ length: 75 }, (_, index) => 2024 + index);

describe("named days", () => {
  it.each([
    ["neujahr", "NEUJAHRSTAG"],
    ["heiligedreikoenige", "HEILIGEDREIKOENIGE"],
    ["karfreitag", "KARFREITAG"],
    ["ostersonntag", "OSTERSONNTAG"],
    ["ostermontag", "OSTERMONTAG"],
    ["tagderarbeit", "TAG_DER_ARBEIT"],
    ["himmelfahrt", "CHRISTIHIMMELFAHRT"],
    ["pfingstsonntag", "PFINGSTSONNTAG"],
    ["pfingstmontag", "PFINGSTMONTAG"],
    ["fronleichnam", "FRONLEICHNAM"],
    ["mariaehimmelfahrt", "MARIAHIMMELFAHRT"],
    ["tagderdeutscheneinheit", "DEUTSCHEEINHEIT"],
    ["reformationstag", "REFORMATIONSTAG"],
    ["allerheiligen", "ALLERHEILIGEN"],
    ["bussundbettag", "BUBETAG"],
    ["ersterweihnachtstag", "ERSTERWEIHNACHTSFEIERTAG"],
    ["zweiterweihnachtstag", "ZWEITERWEIHNACHTSFEIERTAG"],
  ])("puts %s where the public calendar has it, for 75 years.", (name, published) => {
    for (const year of YEARS) {
      const holiday = getHolidays(year, "ALL").find((each) => each.name === published);
      expect(holidayIn(name, year)?.first, `${name} ${year}`).toBe(holiday?.dateString);
    }
  });

  it("knows the days that are no public holidays.", () => {
    const on = (name: string, year: number) => holidayIn(name, year)?.first;
    expect(on("ersteradvent", 2026)).toBe("2026-11-29");
    expect(on("vierteradvent", 2026)).toBe("2026-12-20");
    expect(on("vierteradvent", 2033)).toBe("2033-12-18");
    expect(on("totensonntag", 2026)).toBe("2026-11-22");
    expect(on("muttertag", 2027)).toBe("2027-05-09");
    expect(on("rosenmontag", 2027)).toBe("2027-02-08");
    expect(holidayIn("weihnachten", 2026)).toEqual({ first: "2026-12-24", last: "2026-12-26", season: true });
  });

  it("finds a day by its other names and no day by another word.", () => {
    expect(holidayNamed("vatertag")).toBe("himmelfahrt");
    expect(holidayNamed("sylvester")).toBe("silvester");
    for (const word of ["", "haarschnitt", "constructor", "tostring"]) expect(holidayNamed(word)).toBeNull();
  });
});
