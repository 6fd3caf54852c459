import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withinHours } from "./hours.js";

const BERLIN = "Europe/Berlin";
const at = (text: string) => new Date(text);
const within = (spans: Parameters<typeof withinHours>[0], from: string, to: string, closed: string[] = []) =>
  withinHours(spans, BERLIN, at(from), at(to), { closedOn: closed, region: null, openOn: [] });

describe("opening hours", () => {
  it("take an appointment that ends when they end, and none that ends a minute later.", () => {
    const hours = { thu: ["09:00-18:00"] };
    expect(within(hours, "2026-12-03T17:30:00+01:00", "2026-12-03T18:00:00+01:00")).toBe(true);
    expect(within(hours, "2026-12-03T17:30:00+01:00", "2026-12-03T18:00:01+01:00")).toBe(false);
    expect(within(hours, "2026-12-03T08:59:59+01:00", "2026-12-03T09:30:00+01:00")).toBe(false);
  });

  it("are read in the zone of the salon, whatever offset the instants were given with.", () => {
    expect(within({ thu: ["09:00-10:00"] }, "2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z")).toBe(true);
    expect(within({ thu: ["09:00-10:00"] }, "2026-12-03T09:00:00Z", "2026-12-03T10:00:00Z")).toBe(false);
  });

  it("that touch are one, and a break between them is none of theirs.", () => {
    expect(
      within(
        { thu: ["09:00-12:00", "12:00-18:00"] },
        "2026-12-03T11:45:00+01:00",
        "2026-12-03T12:15:00+01:00",
      ),
    ).toBe(true);
    expect(
      within(
        { thu: ["09:00-12:00", "13:00-18:00"] },
        "2026-12-03T11:45:00+01:00",
        "2026-12-03T13:15:00+01:00",
      ),
    ).toBe(false);
  });

  it("go through midnight when both days say so.", () => {
    const night = { thu: ["20:00-24:00"], fri: ["00:00-02:00"] };
    expect(within(night, "2026-12-03T23:45:00+01:00", "2026-12-04T00:15:00+01:00")).toBe(true);
    expect(within(night, "2026-12-03T23:30:00+01:00", "2026-12-04T00:00:00+01:00")).toBe(true);
    expect(within({ thu: ["20:00-24:00"] }, "2026-12-03T23:45:00+01:00", "2026-12-04T00:15:00+01:00")).toBe(
      false,
    );
    expect(within(night, "2026-12-03T23:45:00+01:00", "2026-12-04T00:15:00+01:00", ["2026-12-04"])).toBe(
      false,
    );
  });

  it("hold both 02:30 of the night in which an hour comes twice.", () => {
    const night = { sun: ["02:00-03:00"] };
    expect(within(night, "2027-10-31T02:30:00+02:00", "2027-10-31T03:00:00+02:00")).toBe(true);
    expect(within(night, "2027-10-31T02:30:00+01:00", "2027-10-31T03:00:00+01:00")).toBe(true);
    expect(within(night, "2027-10-31T02:00:00+02:00", "2027-10-31T03:00:00+01:00")).toBe(true);
  });

  it("see the whole of an appointment across the hour that comes twice, not only where its clock ends.", () => {
    // 02:30 to 02:30: an hour by the clock on the wall, and open only until 02:45.
    const night = { sun: ["02:00-02:45"] };
    expect(within(night, "2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00")).toBe(false);
    expect(within(night, "2027-10-31T02:30:00+02:00", "2027-10-31T03:00:00+02:00")).toBe(false);
    expect(within(night, "2027-10-31T02:15:00+01:00", "2027-10-31T02:45:00+01:00")).toBe(true);
  });

  it("do not miss the hour that does not exist.", () => {
    const night = { sun: ["01:00-02:00", "03:00-04:00"] };
    expect(within(night, "2027-03-28T01:30:00+01:00", "2027-03-28T03:30:00+02:00")).toBe(true);
    expect(within({ sun: ["01:00-02:00"] }, "2027-03-28T01:30:00+01:00", "2027-03-28T03:30:00+02:00")).toBe(
      false,
    );
    // 02:30+01:00 is 03:30 on the wall.
    expect(within({ sun: ["03:00-04:00"] }, "2027-03-28T02:30:00+01:00", "2027-03-28T03:00:00+01:00")).toBe(
      true,
    );
    expect(within({ sun: ["02:00-03:00"] }, "2027-03-28T02:30:00+01:00", "2027-03-28T03:00:00+01:00")).toBe(
      false,
    );
  });

  it("know the leap day and its weekday.", () => {
    const hours = { tue: ["09:00-18:00"] };
    expect(within(hours, "2028-02-29T09:00:00+01:00", "2028-02-29T09:30:00+01:00")).toBe(true);
    expect(within(hours, "2028-02-29T09:00:00+01:00", "2028-02-29T09:30:00+01:00", ["2028-02-29"])).toBe(
      false,
    );
  });

  it("that are always open take everything, in every zone and across every change of the clock.", () => {
    const always = Object.fromEntries(
      ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => [day, ["00:00-24:00"]]),
    );
    const zones = [
      BERLIN,
      "America/St_Johns",
      "Australia/Lord_Howe",
      "America/Sao_Paulo",
      "Asia/Kathmandu",
      "UTC",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.date({ min: at("2026-01-01T00:00:00Z"), max: at("2030-01-01T00:00:00Z"), noInvalidDate: true }),
        fc.integer({ min: 1, max: 600 }),
        (zone, start, minutes) =>
          withinHours(always, zone, start, new Date(start.getTime() + minutes * 60_000)),
      ),
    );
  });
});
