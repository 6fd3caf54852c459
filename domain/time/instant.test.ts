import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoInZone, parseInstant } from "./instant.js";

const BERLIN = "Europe/Berlin";

describe("an instant in an answer", () => {
  it.each([
    ["2026-12-03T13:00:00Z", "2026-12-03T14:00:00+01:00"],
    ["2027-10-31T00:30:00Z", "2027-10-31T02:30:00+02:00"],
    ["2027-10-31T01:30:00Z", "2027-10-31T02:30:00+01:00"],
    ["2027-03-28T00:59:59Z", "2027-03-28T01:59:59+01:00"],
    ["2027-03-28T01:00:00Z", "2027-03-28T03:00:00+02:00"],
    ["2028-02-29T11:00:00Z", "2028-02-29T12:00:00+01:00"],
    ["2027-06-30T22:00:00Z", "2027-07-01T00:00:00+02:00"],
  ])("%s is %s in Berlin.", (instant, local) => {
    expect(isoInZone(new Date(instant), BERLIN)).toBe(local);
  });

  it("has a numeric offset in UTC too, and a fraction only where there is one.", () => {
    expect(isoInZone(new Date("2026-12-03T13:00:00Z"), "UTC")).toBe("2026-12-03T13:00:00+00:00");
    expect(isoInZone(new Date("2026-12-03T13:00:00.9Z"), BERLIN)).toBe("2026-12-03T14:00:00.900+01:00");
  });

  it("is refused where the zone does not exist.", () => {
    expect(() => isoInZone(new Date(0), "Europe/Nowhere")).toThrow(RangeError);
  });
});

describe("an instant in a request", () => {
  it("keeps its exact instant, also where the wall shows it twice or not at all.", () => {
    const instant = (text: string) => {
      const parsed = parseInstant(text);
      return parsed.ok ? parsed.instant.toISOString() : parsed.reason;
    };
    expect(instant("2027-10-31T02:30:00+02:00")).toBe("2027-10-31T00:30:00.000Z");
    expect(instant("2027-10-31T02:30:00+01:00")).toBe("2027-10-31T01:30:00.000Z");
    expect(instant("2027-03-28T02:30:00+01:00")).toBe("2027-03-28T01:30:00.000Z");
    expect(instant("2028-02-29T00:00:00Z")).toBe("2028-02-29T00:00:00.000Z");
  });

  it.each(["2027-10-31T02:30:00", "2027-10-31T02:30", "2027-10-31"])(
    "without an offset is told so: %s.",
    (text) => {
      expect(parseInstant(text)).toEqual({ ok: false, reason: "no_offset" });
    },
  );

  it.each(["2027-02-29T10:00:00Z", "2027-13-01T10:00:00Z", "2027-01-01T25:00:00Z", "morgen um drei", ""])(
    "that does not exist is invalid: %s.",
    (text) => {
      expect(parseInstant(text)).toEqual({ ok: false, reason: "invalid" });
    },
  );

  it("is what an answer says, in whole seconds, in every zone.", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(BERLIN, "America/St_Johns", "Australia/Lord_Howe", "UTC"),
        fc.integer({ min: Date.parse("2026-01-01") / 1_000, max: Date.parse("2035-01-01") / 1_000 }),
        (zone, seconds) => {
          const parsed = parseInstant(isoInZone(new Date(seconds * 1_000), zone));
          expect(parsed).toEqual({ ok: true, instant: new Date(seconds * 1_000) });
        },
      ),
    );
  });
});
