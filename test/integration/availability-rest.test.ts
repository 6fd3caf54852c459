import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, daysAhead, type Salon, slot, startSalon, until } from "../support/salon.js";
import { availability } from "./availability-rig.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

const day = (n: number) => daysAhead(n).toISOString().slice(0, 10);
const list = (query: string) => salon.get(`/api/v2/availability?${query}`);
const week = (query: string) => salon.get(`/api/v2/availability/week?${query}`);

describe("GET /api/v2/availability", () => {
  it("answers slots that can be booked as they are, in the zone of the branch, from its first instant on", async () => {
    const from = slot(0);
    const to = slot(2);
    const found = await availability(salon, { staff: "emma", from, to });
    expect(found).toEqual({
      service: { slug: "schnitt", name: "Schnitt" },
      timeZone: "Europe/Berlin",
      stale: false,
      generatedAt: expect.stringMatching(/\+0[12]:00$/),
      slots: expect.any(Array),
    });
    expect(found.slots).toHaveLength(2);
    const [first] = found.slots;
    expect(first).toEqual({
      start: expect.stringMatching(/\+0[12]:00$/),
      end: expect.stringMatching(/\+0[12]:00$/),
      staff: { slug: "emma", name: "Emma Williams" },
      phases: [{ key: "main", start: first.start, end: first.end, staff: "emma" }],
    });
    expect(Date.parse(first.start)).toBe(Date.parse(from));
    const booked = await salon.book({ start: first.start, staff: first.staff.slug });
    expect(booked.status).toBe(201);
  });

  it("takes dates as whole days, the last one included, and a limit", async () => {
    const date = day(30);
    const { slots } = await availability(salon, { staff: "emma", from: date, to: date });
    expect(slots.length).toBeGreaterThanOrEqual(46);
    const days = new Set(slots.map((one: { start: string }) => one.start.slice(0, 10)));
    expect(days).toEqual(new Set([date]));
    expect((await availability(salon, { from: date, to: date, limit: 3 })).slots).toHaveLength(3);
  });

  it("lists the phases of a perm with its gaps as nobody's", async () => {
    const { slots } = await availability(salon, {
      service: "dauerwelle",
      from: day(30),
      to: day(30),
      limit: 1,
    });
    expect(
      slots[0].phases.map(({ key, staff }: { key: string; staff: string | null }) => [key, staff]),
    ).toEqual(
      ["wind", "act", "fix", "rest", "rinse", "cut"].map((key) => [
        key,
        key === "act" || key === "rest" ? null : slots[0].staff.slug,
      ]),
    );
  });

  it("refuses what is wrong with the field that is", async () => {
    const window = `from=${day(1)}&to=${day(2)}`;
    const cases: [string, number, string][] = [
      [`service=schnitt&from=2026-12-03T10:00&to=${day(2)}`, 400, "from"],
      [`service=schnitt&from=${day(1)}&to=2026-12-03T10:00:00`, 400, "to"],
      [`service=schnitt&from=${day(1)}&to=nie`, 422, "to"],
      [`service=schnitt&from=2027-02-30&to=${day(2)}`, 422, "from"],
      [`service=schnitt&from=${day(1)}`, 422, "to"],
      [`service=schnitt&from=${day(2)}&to=${day(1)}`, 422, "to"],
      [`service=schnitt&from=${day(1)}&to=${day(64)}`, 422, "to"],
      [`service=schnitt&${window}&limit=0`, 422, "limit"],
      [`service=schnitt&${window}&limit=x`, 422, "limit"],
      [`service=schnitt&${window}&colour=red`, 422, "colour"],
      [window, 422, "service"],
      [`service=nix&${window}`, 404, "service"],
      [`service=schnitt&staff=nix&${window}`, 404, "staff"],
      [`service=schnitt&branch=nix&${window}`, 404, "branch"],
    ];
    for (const [query, status, field] of cases) {
      const answer = await list(query);
      expect(answer.status, `${query}: ${JSON.stringify(answer.body)}`).toBe(status);
      expect(answer.body.errors.map((error: { field: string }) => error.field)).toEqual([field]);
    }
    expect((await list(`service=schnitt&from=${day(1)}&to=${day(63)}`)).status).toBe(200);
  });

  it("is nobody's without a token", async () => {
    const response = await fetch(
      `${salon.url}/api/v2/availability?service=schnitt&from=${day(1)}&to=${day(2)}`,
    );
    expect(response.status).toBe(401);
  });
});

describe("GET /api/v2/availability/week", () => {
  it("is the week from Monday to Sunday that contains the day, all seven keys, in local time", async () => {
    const answer = await week(`service=schnitt&staff=emma&weekStart=${day(30)}`);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual([
      "monday",
      "tuesday",
      "wednesday",
      "thursday",
      "friday",
      "saturday",
      "sunday",
    ]);
    for (const [index, cells] of Object.values<{ time: string; full_datetime: string }[]>(
      answer.body,
    ).entries()) {
      expect(cells.length).toBeGreaterThan(40);
      for (const cell of cells) {
        expect(cell).toMatchObject({ availability: "available", duration_ok: true });
        expect(cell.full_datetime.slice(11, 16)).toBe(cell.time);
        const weekday = new Date(`${cell.full_datetime.slice(0, 10)}T00:00:00Z`).getUTCDay();
        expect((weekday + 6) % 7).toBe(index);
      }
    }
  });

  it("says whether so many minutes fit from a start", async () => {
    const start = slot(0, new Date(`${day(37)}T08:00:00Z`));
    await salon.book({ start: new Date(Date.parse(start) + 60 * 60_000).toISOString() });
    const cellOf = async (query: string) => {
      const { body } = await week(`service=schnitt&weekStart=${day(37)}${query}`);
      const cells: { full_datetime: string; duration_ok: boolean }[] = Object.values<never[]>(body).flat();
      return cells.find((cell) => Date.parse(cell.full_datetime) === Date.parse(start))?.duration_ok;
    };
    expect(await cellOf("&staff=emma&duration=60")).toBe(true);
    expect(await cellOf("&staff=emma&duration=61")).toBe(false);
    expect(await cellOf("&duration=61")).toBe(true);
    expect((await week(`service=schnitt&weekStart=${day(37)}&duration=0`)).status).toBe(422);
    expect((await week("service=schnitt&weekStart=2027-02-29")).status).toBe(422);
    expect((await week(`service=nix&weekStart=${day(37)}`)).status).toBe(404);
  });
});

describe("while Cal.com cannot be reached", () => {
  it("the last known slots are offered and said to be stale, our own bookings left out; then it is as before", async () => {
    const window = { staff: "emma", from: day(25), to: day(26) };
    const before = await availability(salon, window);
    expect(before.stale).toBe(false);
    await week(`service=schnitt&staff=emma&weekStart=${day(87)}`);
    salon.calcom.control.set({ down: "drop" });
    const unknown = await list(`service=anfrage&from=${day(100)}&to=${day(101)}`);
    expect(unknown.status).toBe(503);
    expect(unknown.body.type).toBe("https://askpro.dev/problems/temporarily-unavailable");
    const stale = await availability(salon, window);
    expect(stale.stale).toBe(true);
    expect(stale.slots).toEqual(before.slots);
    // Of the week before nothing is known but its last day: it would look fully booked.
    expect((await week(`service=schnitt&staff=emma&weekStart=${day(87)}`)).status).toBe(200);
    expect((await week(`service=schnitt&staff=emma&weekStart=${day(80)}`)).status).toBe(503);
    const [first] = before.slots;
    const held = await salon.book({ start: first.start }, { wait: 0 });
    expect(held.status).toBe(202);
    const less = await availability(salon, window);
    expect(less.slots.map((one: { start: string }) => one.start)).not.toContain(first.start);
    salon.calcom.control.set({ down: false });
    await until("Cal.com asked again", async () => !(await availability(salon, window)).stale, 30_000);
  });
});

describe("Cal.com's own notice", () => {
  it("counts for what is offered and for what is booked, when it is larger than ours", async () => {
    const demanded = 3 * 24 * 60;
    const other = await startSalon();
    for (const id of [101, 102]) other.calcom.control.editEventType(id, { minimumBookingNotice: demanded });
    const soon = new Date(Date.now() + 26 * 3_600_000);
    soon.setUTCMinutes(0, 0, 0);
    const { slots } = await availability(other, { staff: "emma", from: day(1), to: day(2) });
    expect(slots).toEqual([]);
    const refused = await until("the notice known", async () => {
      const answer = await other.book({ start: soon.toISOString() });
      return answer.status === 422 && answer.body.detail.includes(`${demanded} minutes`) ? answer : null;
    });
    expect(refused.body.type).toBe("https://askpro.dev/problems/too-soon");
    const [hold] = await other.admin.sql`SELECT count(*)::int AS n FROM busy_intervals`;
    expect(hold).toEqual({ n: 0 });
  });
});
