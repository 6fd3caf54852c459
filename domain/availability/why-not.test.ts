import { describe, expect, it } from "vitest";
import { bestAlternatives } from "./alternatives.js";
import { aBranch, aCatalogue, aMember, aService, everyDay } from "./fixtures/small-salon.js";
import { limitsOf } from "./limits.js";
import type { Opening } from "./openings.js";
import { tellingStart, whyNot } from "./why-not.js";

const NOW = new Date("2026-12-01T08:00:00+01:00");
const week = { mon: ["09:00-18:00"], thu: ["09:00-18:00"], fri: ["09:00-18:00"], sat: ["09:00-14:00"] };
const branch = aBranch({ openingHours: week, region: "DE-BE", closedOn: ["2026-12-11"] });
const catalogue = aCatalogue({ branches: [branch] });
const LIMITS = { noticeMinutes: 0, daysAhead: 180 };

function why(start: string, given: Partial<Parameters<typeof whyNot>[0]> = {}, limits = LIMITS) {
  const service = catalogue.services[0] ?? aService();
  return whyNot(
    { catalogue, service, branches: [branch], member: null, start: new Date(start), now: NOW, ...given },
    limits,
  );
}

describe("why a start cannot be had", () => {
  it("is the past, the notice or the horizon, each exactly at its limit allowed", () => {
    expect(why("2026-12-01T08:00:00+01:00")).toEqual({ reason: "in_past" });
    const notice = { noticeMinutes: 120, daysAhead: 180 };
    expect(why("2026-12-01T09:59:59+01:00", {}, notice)).toEqual({
      reason: "too_soon",
      noticeMinutes: 120,
      earliest: new Date("2026-12-01T10:00:00+01:00"),
    });
    expect(why("2026-12-01T10:00:00+01:00", {}, notice).reason).toBe("closed");
    const near = { noticeMinutes: 0, daysAhead: 2 };
    expect(why("2026-12-03T08:00:01+01:00", {}, near).reason).toBe("too_far");
    expect(why("2026-12-03T08:00:00+01:00", {}, near).reason).toBe("closed");
  });

  it("is a day on which the salon never opens, with the next on which it does", () => {
    expect(why("2026-12-06T10:00:00+01:00")).toMatchObject({
      reason: "closed",
      date: "2026-12-06",
      weekday: 7,
      openThatDay: false,
      exceptionally: false,
      nextOpen: { date: "2026-12-07", opens: new Date("2026-12-07T09:00:00+01:00") },
    });
  });

  it("is a closed day or a public holiday; the next open day leaps over both", () => {
    expect(why("2026-12-11T10:00:00+01:00")).toMatchObject({
      exceptionally: true,
      openThatDay: false,
      nextOpen: { date: "2026-12-12" },
    });
    expect(why("2026-12-25T10:00:00+01:00")).toMatchObject({
      exceptionally: true,
      nextOpen: { date: "2026-12-28" },
    });
  });

  it("is an hour at which the salon is closed on a day on which it opens", () => {
    expect(why("2026-12-05T13:45:00+01:00")).toMatchObject({ reason: "closed", openThatDay: true });
    expect(why("2026-12-05T13:30:00+01:00")).toEqual({ reason: "taken" });
  });

  it("is the person: who does not do it, or does not work then", () => {
    const [fabian] = [aMember("fabian", { skills: [] })];
    const refused = why("2026-12-03T10:00:00+01:00", { member: fabian });
    expect(refused).toMatchObject({
      reason: "staff_cannot_do_service",
      able: [{ id: "emma" }, { id: "fabian" }],
    });
    const late = aMember("emma", { workingHours: everyDay("14:00-18:00") });
    expect(why("2026-12-03T10:00:00+01:00", { member: late })).toMatchObject({
      reason: "not_working",
      member: late,
      date: "2026-12-03",
    });
  });

  it("is the set-up where no event type carries it", () => {
    const bare = aCatalogue({ branches: [branch], eventTypes: [] });
    expect(why("2026-12-03T10:00:00+01:00", { catalogue: bare })).toEqual({ reason: "not_bookable" });
  });

  it("is what stands least in the way of several branches", () => {
    const other = aBranch({ id: "branch-2", openingHours: everyDay("06:00-22:00") });
    const emma = aMember("emma", { branchIds: ["branch-1", "branch-2"] });
    const both = aCatalogue({ branches: [branch, other], staff: [emma] });
    const given = { catalogue: both, branches: both.branches };
    expect(why("2026-12-06T10:00:00+01:00", given)).toEqual({ reason: "taken" });
    expect(why("2026-12-06T20:00:00+01:00", given)).toMatchObject({ reason: "not_working", branch: other });
    expect(why("2026-12-06T23:00:00+01:00", given)).toMatchObject({ reason: "closed", branch: other });
  });
});

describe("the start that tells why nothing of a part of a day can be had", () => {
  const service = aService();
  const telling = (from: string, to: string, now = "2026-12-01T08:00") => {
    const at = (text: string) => new Date(`${text}:00+01:00`);
    const start = tellingStart({ service, branches: [branch], from: at(from), to: at(to), now: at(now) });
    return new Date(start.getTime() + 3_600_000).toISOString().slice(0, 16);
  };
  const sideAt = (start: string) => why(`${start}:00+01:00`);

  it("is the last one in the opening hours, so that what is only taken is neither closed nor too soon", () => {
    expect(telling("2026-12-04T16:00", "2026-12-04T21:00")).toBe("2026-12-04T17:30");
    expect(telling("2026-12-04T00:00", "2026-12-05T00:00")).toBe("2026-12-04T17:30");
    expect(telling("2026-12-03T12:00", "2026-12-03T17:00", "2026-12-03T15:00")).toBe("2026-12-03T16:55");
  });

  it("is out of hours where the salon is closed in all of it: before it opens, after it has closed", () => {
    const early = telling("2026-12-03T06:00", "2026-12-03T09:00");
    const late = telling("2026-12-05T17:00", "2026-12-05T21:00");
    const over = telling("2026-12-03T00:00", "2026-12-04T00:00", "2026-12-03T20:00");
    expect(sideAt(early)).toMatchObject({ reason: "closed", openThatDay: true, side: "before" });
    expect(sideAt(late)).toMatchObject({ reason: "closed", openThatDay: true, side: "after" });
    expect(sideAt(over)).toMatchObject({ reason: "closed", date: "2026-12-03", side: "after" });
    expect(sideAt(telling("2026-12-06T06:00", "2026-12-06T09:00"))).toMatchObject({ side: null });
    expect(sideAt(telling("2026-12-25T06:00", "2026-12-25T09:00"))).toMatchObject({ side: null });
  });

  it("is in a break where the wish lies in it", () => {
    const paused = aBranch({ openingHours: everyDay("09:00-12:00", "14:00-18:00") });
    const given = { catalogue: aCatalogue({ branches: [paused] }), branches: [paused] };
    expect(why("2026-12-03T12:30:00+01:00", given)).toMatchObject({ reason: "closed", side: "between" });
  });
});

describe("the limits of a service", () => {
  const wanted = {
    catalogue,
    service: aService({ minimumNoticeMinutes: 60 }),
    branches: [branch],
    member: null,
  };

  it("are the larger notice and the smaller horizon of ours and Cal.com's", () => {
    expect(limitsOf(wanted, new Map())).toEqual({ noticeMinutes: 60, daysAhead: 180 });
    expect(limitsOf(wanted, new Map([[1, { noticeMinutes: 120, windowDays: 30 }]]))).toEqual({
      noticeMinutes: 120,
      daysAhead: 30,
    });
    expect(limitsOf(wanted, new Map([[1, { noticeMinutes: 30, windowDays: null }]]))).toEqual({
      noticeMinutes: 60,
      daysAhead: 180,
    });
  });
});

describe("what is offered in place of a refused wish", () => {
  const emma = aMember("emma");
  const free = (...starts: string[]): Opening[] =>
    starts.map((text) => {
      const start = new Date(`${text}:00+01:00`);
      const end = new Date(start.getTime() + 1_800_000);
      return { start, end, freeUntil: end, staff: emma, branch, phases: [] };
    });
  const best = (
    openings: Opening[],
    wished: string,
    window: { from: number; to: number } | null = null,
    limit = 3,
  ) =>
    bestAlternatives(openings, { wished: new Date(`${wished}:00+01:00`), window }, limit).map(
      ({ start, kind }) => [new Date(start.getTime() + 3_600_000).toISOString().slice(0, 16), kind],
    );

  it("is never the refused time itself, and no time twice", () => {
    const twice = [...free("2026-12-03T10:00", "2026-12-03T10:30"), ...free("2026-12-03T10:30")];
    expect(best(twice, "2026-12-03T10:00")).toEqual([["2026-12-03T10:30", "same_day"]]);
  });

  it("is near on the same day: rather earlier for a morning, later for an afternoon", () => {
    expect(best(free("2026-12-03T09:30", "2026-12-03T10:15"), "2026-12-03T10:00", null, 1)).toEqual([
      ["2026-12-03T09:30", "same_day"],
    ]);
    expect(best(free("2026-12-03T14:45", "2026-12-03T15:30"), "2026-12-03T15:00", null, 1)).toEqual([
      ["2026-12-03T15:30", "same_day"],
    ]);
  });

  it("is the wished time of the next day that is really open, then of next week", () => {
    const openings = free("2026-12-12T10:00", "2026-12-12T09:00", "2026-12-17T10:00", "2026-12-14T16:00");
    expect(best(openings, "2026-12-10T10:00", null, 4)).toEqual([
      // The eleventh is closed.
      ["2026-12-12T10:00", "next_working_day"],
      ["2026-12-12T09:00", "next_working_day"],
      ["2026-12-14T16:00", "first_free"],
      ["2026-12-17T10:00", "next_week"],
    ]);
  });

  it("keeps to the wished part of the day: that day, other days, and only then the rest of that day", () => {
    const openings = free(
      "2026-12-03T09:00",
      "2026-12-03T16:00",
      "2026-12-04T15:00",
      "2026-12-07T15:00",
      "2026-12-12T15:00",
    );
    expect(best(openings, "2026-12-03T15:00", { from: 900, to: 1_080 }, 5)).toEqual([
      ["2026-12-03T16:00", "same_day"],
      ["2026-12-04T15:00", "same_window"],
      ["2026-12-07T15:00", "same_window"],
      ["2026-12-03T09:00", "same_day"],
      ["2026-12-12T15:00", "first_free"],
    ]);
  });
});
