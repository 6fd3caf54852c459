import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoInZone, parseInstant } from "./instant.js";

describe("an instant that a client sends", () => {
  it.each([
    ["2026-12-03T14:00:00+01:00", "2026-12-03T13:00:00.000Z"],
    ["2026-12-03T14:00Z", "2026-12-03T14:00:00.000Z"],
    ["2026-12-03t14:00:00.5z", "2026-12-03T14:00:00.500Z"],
    ["2026-12-03T14:00:00+0545", "2026-12-03T08:15:00.000Z"],
    ["2026-12-03T00:30:00+14:00", "2026-12-02T10:30:00.000Z"],
    ["2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00.000Z"],
    ["2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00.000Z"],
    ["2028-02-29T12:00:00Z", "2028-02-29T12:00:00.000Z"],
    ["2026-12-31T24:00:00Z", "2027-01-01T00:00:00.000Z"],
  ])("%s is %s", (text, utc) => {
    const parsed = parseInstant(text);
    expect(parsed.ok && parsed.instant.toISOString()).toBe(utc);
  });

  it.each(["2026-12-03", "2026-12-03T14:00", "2026-12-03T14:00:00.123", "2026-12-03 14:00"])(
    "%s lacks its offset",
    (text) => expect(parseInstant(text)).toEqual({ ok: false, reason: "no_offset" }),
  );

  it.each([
    "",
    "x",
    "2027-02-29T12:00:00Z",
    "2026-12-03T14:00:60Z",
    "2026-12-03T14:00:00+14:30",
    "9999-02-30T10:00:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+10:00",
    "9999-12-31T23:59:59-10:00",
  ])("%j is none", (text) => expect(parseInstant(text)).toEqual({ ok: false, reason: "invalid" }));

  it.each([
    ["0001-01-01T10:00:00Z", "1900-01-01T00:00:00.000Z"],
    ["1899-12-31T23:00:00Z", "1900-01-01T00:00:00.000Z"],
    ["9999-12-31T10:00:00Z", "9998-12-31T23:59:59.999Z"],
    ["9999-12-31T23:59:59+10:00", "9998-12-31T23:59:59.999Z"],
  ])("%s is one that we cannot write; next to it is %s", (text, nearest) =>
    expect(parseInstant(text)).toEqual({ ok: false, reason: "out_of_reach", nearest: new Date(nearest) }),
  );

  it("is read back from what answers carry, in any zone and on any night", () => {
    const zones = fc.constantFrom(
      "Europe/Berlin",
      "Asia/Kathmandu",
      "America/New_York",
      "UTC",
      "Australia/Lord_Howe",
    );
    const instants = fc.date({
      min: new Date("1970-01-01"),
      max: new Date("2100-01-01"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const parsed = parseInstant(isoInZone(instant, zone));
        expect(parsed.ok && parsed.instant.getTime()).toBe(instant.getTime());
      }),
    );
  });
});
