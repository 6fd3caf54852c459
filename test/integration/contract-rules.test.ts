import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkRules, type Wish } from "../../api/booking/intake.js";
import { Problem } from "../../api/problems.js";
import { createDirectory } from "../../db/tenant/directory.js";
import { parseDocument } from "../../domain/tenant/document.js";
import { closeSalons, daysAhead, type Salon, slot, startSalon } from "../support/salon.js";
import { OPEN_ALWAYS } from "../support/salon-document.js";
import { ask, expectProblem, wish } from "./contract-http.js";

const CUT = { key: "main", minutes: 30 };
const NINE_TO_SIX = ["09:00-18:00"];
const WEEKDAYS = { mon: NINE_TO_SIX, tue: NINE_TO_SIX, wed: NINE_TO_SIX, thu: NINE_TO_SIX, fri: NINE_TO_SIX };

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon({
    document: (base) =>
      parseDocument({
        ...base,
        branches: [
          ...base.branches,
          {
            slug: "filiale",
            name: "Filiale",
            openingHours: WEEKDAYS,
            // After every other day of these tests.
            closedOn: [workday(30).toISOString().slice(0, 10)],
          },
        ],
        staff: [
          ...base.staff,
          {
            slug: "gina",
            name: "Gina",
            branches: ["filiale"],
            skills: ["cut", "colour"],
            workingHours: { ...OPEN_ALWAYS, wed: ["09:00-12:00", "13:00-18:00"] },
            calcomUserId: 13,
          },
          {
            slug: "hanna",
            name: "Hanna",
            branches: ["zentrale", "filiale"],
            skills: ["cut"],
            workingHours: OPEN_ALWAYS,
            calcomUserId: 14,
          },
        ],
        services: [
          ...base.services,
          {
            slug: "bald",
            name: "Bald",
            skill: "cut",
            minimumNoticeMinutes: 120,
            maximumDaysAhead: 30,
            phases: [CUT],
          },
          {
            slug: "farbe",
            name: "Farbe",
            skill: "colour",
            minimumNoticeMinutes: 120,
            maximumDaysAhead: 30,
            phases: [CUT],
          },
          { slug: "ohne", name: "Ohne", skill: "cut", phases: [CUT] },
          { slug: "ohne-farbe", name: "Ohne Farbe", skill: "colour", phases: [CUT] },
          {
            slug: "halb",
            name: "Halb",
            phases: [
              { key: "a", minutes: 10 },
              { key: "b", minutes: 10 },
            ],
          },
        ],
        eventTypes: [
          ...base.eventTypes,
          { service: "schnitt", staff: "gina", calcomEventTypeId: 103 },
          { service: "schnitt", staff: "hanna", calcomEventTypeId: 104 },
          { service: "bald", staff: "emma", calcomEventTypeId: 130 },
          { service: "bald", staff: "gina", calcomEventTypeId: 131 },
          { service: "farbe", staff: "gina", calcomEventTypeId: 132 },
          { service: "halb", phase: "a", staff: "emma", calcomEventTypeId: 140 },
        ],
      }),
  });
});
afterAll(closeSalons);

/** 08:00 UTC of a weekday about so many days ahead. */
function workday(ahead: number, weekday?: number): Date {
  const day = daysAhead(ahead);
  const fits = () => (weekday === undefined ? day.getUTCDay() % 6 !== 0 : day.getUTCDay() === weekday);
  while (!fits()) day.setUTCDate(day.getUTCDate() + 1);
  return day;
}

const at = (day: Date, hour: number, minute = 0) => {
  const then = new Date(day);
  then.setUTCHours(hour, minute, 0, 0);
  return then.toISOString();
};
/** A wall time in Berlin on the day of an instant. */
const berlin = (day: Date, time: string) => {
  const zone = { timeZone: "Europe/Berlin", timeZoneName: "longOffset" } as const;
  return `${day.toISOString().slice(0, 10)}T${time}:00${day.toLocaleString("en", zone).slice(-6)}`;
};
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const post = (body: unknown) => ask(salon, "POST", "/api/v2/bookings", { body, prefer: "wait=30" });

const PAST = "2020-01-06T10:00:00Z";
const FAR = "2098-01-06T10:00:00Z";

describe("of two refusals the first in the contract's order is given:", () => {
  it.each<[string, () => Record<string, unknown>, number, string, string]>([
    [
      "an invalid field before an unknown service",
      () => wish(PAST, { service: "nix", x: 1 }),
      422,
      "invalid-request",
      "x",
    ],
    [
      "a missing branch before an unknown service",
      () => wish(PAST, { service: "nix", staff: undefined }),
      422,
      "invalid-request",
      "branch",
    ],
    ["an unknown service before the past", () => wish(PAST, { service: "nix" }), 404, "not-found", "service"],
    ["an unknown branch before the past", () => wish(PAST, { branch: "nix" }), 404, "not-found", "branch"],
    ["an unknown person before the past", () => wish(PAST, { staff: "nix" }), 404, "not-found", "staff"],
    ["the past before who cannot do it", () => wish(PAST, { service: "farbe" }), 422, "in-past", "start"],
    ["the past before what is not bookable", () => wish(PAST, { service: "ohne" }), 422, "in-past", "start"],
    [
      "too soon before who cannot do it",
      () => wish(inMinutes(60), { service: "farbe" }),
      422,
      "too-soon",
      "start",
    ],
    ["too far before who cannot do it", () => wish(FAR, { service: "farbe" }), 422, "too-far", "start"],
    ["too far before what is not bookable", () => wish(FAR, { service: "ohne" }), 422, "too-far", "start"],
    [
      "who cannot do it before what is not bookable",
      () => wish(slot(0), { service: "ohne-farbe" }),
      422,
      "staff-cannot-do-service",
      "staff",
    ],
    [
      "who cannot do it before closed",
      () => wish(at(workday(21), 2), { branch: "filiale" }),
      422,
      "staff-cannot-do-service",
      "staff",
    ],
    [
      "not bookable before closed",
      () => wish(at(workday(21), 2), { service: "ohne", staff: "gina" }),
      422,
      "not-bookable",
      "service",
    ],
  ])("%s", async (_, body, status, slug, field) => {
    expectProblem(await post(body()), status, slug, [field]);
  });

  it("closed before a taken slot", async () => {
    const night = at(workday(22), 2);
    const booked = await post(wish(night, { staff: "hanna", branch: "zentrale" }));
    expect(booked.status, booked.text).toBe(201);
    expectProblem(await post(wish(night, { staff: "hanna", branch: "filiale" })), 422, "closed", ["start"]);
    expectProblem(await post(wish(night, { staff: "hanna", branch: "zentrale" })), 409, "slot-taken");
  });
});

describe("a refusal", () => {
  it("for notice comes one minute under it and not one minute over it", async () => {
    const body = (minutes: number) => wish(inMinutes(minutes), { service: "bald" });
    expectProblem(await post(body(119)), 422, "too-soon", ["start"]);
    const enough = await post(body(121));
    expect(enough.body.type, enough.text).not.toBe("https://askpro.dev/problems/too-soon");
    expectProblem(await post(body(30 * 1440 + 1)), 422, "too-far", ["start"]);
    expectProblem(await post(body(-1)), 422, "in-past", ["start"]);
  });

  it("does not come exactly at the notice and exactly at the last day", async () => {
    const directory = await createDirectory(salon.admin, {
      secretsKey: "secrets-key-of-the-tests-32-chars!!",
      installation: { baseUrl: salon.config.calcom.baseUrl, apiKey: "", webhookSecrets: [], retellKeys: [] },
    });
    const catalogue = await directory.catalogue(salon.companyId);
    await directory.close();
    const named = <T extends { slug: string }>(all: readonly T[], slug: string): T => {
      const found = all.find((one) => one.slug === slug);
      if (!found) throw new Error(`${slug} is not in the catalogue`);
      return found;
    };
    const now = new Date("2030-01-07T10:00:00Z");
    const given = (ms: number): Wish => ({
      catalogue,
      service: named(catalogue.services, "bald"),
      branch: named(catalogue.branches, "zentrale"),
      member: named(catalogue.staff, "emma"),
      start: new Date(now.getTime() + ms),
    });
    const refusal = (ms: number) => {
      try {
        checkRules(given(ms), now);
        return null;
      } catch (error) {
        return error instanceof Problem ? error.slug : error;
      }
    };
    const [notice, window] = [120 * 60_000, 30 * 86_400_000];
    expect([notice, notice - 1].map(refusal)).toEqual([null, "too-soon"]);
    expect([window, window + 1].map(refusal)).toEqual([null, "too-far"]);
    expect([1, 0, -1].map(refusal)).toEqual(["too-soon", "in-past", "in-past"]);
  });

  it("for what has only half of its event types is `not-bookable`", async () => {
    expectProblem(await post(wish(slot(1), { service: "halb" })), 422, "not-bookable", ["service"]);
  });

  it("is `closed` outside the branch's hours, on its closed day, and while the person does not work", async () => {
    const filiale = (start: string) => wish(start, { staff: "gina", branch: "filiale" });
    expectProblem(await post(filiale(berlin(workday(23), "07:00"))), 422, "closed", ["start"]);
    expectProblem(await post(filiale(berlin(workday(23), "19:00"))), 422, "closed", ["start"]);
    expectProblem(await post(filiale(berlin(workday(20, 0), "10:00"))), 422, "closed", ["start"]);
    expectProblem(await post(filiale(berlin(workday(30), "10:00"))), 422, "closed", ["start"]);
    const wednesday = workday(20, 3);
    expectProblem(await post(filiale(berlin(wednesday, "12:30"))), 422, "closed", ["start"]);
    expect((await post(filiale(berlin(wednesday, "11:30")))).status).toBe(201);
  });

  it("is `closed` when the service would end after closing, and none when it ends with it", async () => {
    const thursday = workday(21, 4);
    const filiale = (time: string) => wish(berlin(thursday, time), { staff: "gina", branch: "filiale" });
    expectProblem(await post(filiale("17:45")), 422, "closed", ["start"]);
    expectProblem(await post(filiale("08:45")), 422, "closed", ["start"]);
    expect((await post(filiale("17:30"))).status).toBe(201);
    expect((await post(filiale("09:00"))).status).toBe(201);
  });
});

describe("the branch", () => {
  it("may be left out when the person works in one only", async () => {
    const gina = await post(wish(berlin(workday(25), "10:00"), { staff: "gina" }));
    expect(gina.body.branch, gina.text).toEqual({ slug: "filiale", name: "Filiale" });
    const emma = await post(wish(slot(3)));
    expect(emma.body.branch, emma.text).toEqual({ slug: "zentrale", name: "Zentrale" });
  });

  it("is needed when the person works in several or nobody is named, and the problem lists them", async () => {
    for (const staff of ["hanna", null, undefined]) {
      const problem = expectProblem(await post(wish(slot(4), { staff })), 422, "invalid-request", ["branch"]);
      expect(problem.detail).toMatch(/zentrale, filiale/);
    }
  });

  it("in which a named person does not work is `staff-cannot-do-service`", async () => {
    const reply = await post(wish(at(workday(25), 11), { branch: "filiale" }));
    expectProblem(reply, 422, "staff-cannot-do-service", ["staff"]);
  });

  it("of a booking without a named person is that of who is chosen", async () => {
    const reply = await post(wish(at(workday(26), 10), { staff: null, branch: "filiale" }));
    expect(reply.status, reply.text).toBe(201);
    expect(["gina", "hanna"]).toContain(reply.body.staff.slug);
  });
});

describe("a taken slot", () => {
  it("is answered with up to three free times near it, each whole and bookable as it is", async () => {
    const start = slot(300);
    expect((await post(wish(start))).status).toBe(201);
    const problem = expectProblem(await post(wish(start)), 409, "slot-taken");
    expect(problem.alternatives).toHaveLength(3);
    const starts = problem.alternatives.map((one: { start: string }) => Date.parse(one.start));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts).not.toContain(Date.parse(start));
    for (const one of problem.alternatives) {
      expect(one).toEqual({
        start: expect.stringMatching(/\+0[12]:00$/),
        end: expect.stringMatching(/\+0[12]:00$/),
        staff: { slug: "emma", name: "Emma Williams" },
        phases: [{ key: "main", start: one.start, end: one.end, staff: "emma" }],
      });
      expect(Math.abs(Date.parse(one.start) - Date.parse(start))).toBeLessThan(4 * 3_600_000);
    }
    const [first] = problem.alternatives;
    expect((await post(wish(first.start, { staff: first.staff.slug }))).status).toBe(201);
  });

  it("partly overlapped is taken too, and one that only touches is not", async () => {
    const start = new Date(slot(310));
    const shifted = (minutes: number) => new Date(start.getTime() + minutes * 60_000).toISOString();
    expect((await post(wish(shifted(0)))).status).toBe(201);
    expectProblem(await post(wish(shifted(15))), 409, "slot-taken");
    expectProblem(await post(wish(shifted(-15))), 409, "slot-taken");
    expect((await post(wish(shifted(30)))).status).toBe(201);
    expect((await post(wish(shifted(-30)))).status).toBe(201);
  });
});
