import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicHolidays } from "../../domain/availability/holidays.js";
import { closeSalons, daysAhead, type Salon, slot, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";
import { availability, slotRequests, soonOffered, startsAround } from "./availability-rig.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon({
    // Between two public holidays of Berlin lie up to 139 days.
    document: (base) => ({
      ...base,
      services: base.services.map((service) => ({ ...service, maximumDaysAhead: 365 })),
    }),
  });
});
afterAll(closeSalons);

const day = (n: number) => daysAhead(n).toISOString().slice(0, 10);

async function bookThere(start: string, eventTypeId: number = TYPES.cutEmma) {
  return await salon.calcom.control.book({
    eventTypeId,
    start,
    name: "Erika Muster",
    email: "erika@example.org",
    responses: { title: "Schnitt" },
  });
}

describe("what Cal.com is asked", () => {
  it("is one range per event type and window, however many ask at once", async () => {
    salon.calcom.control.set({ latency: { slots: 300 } });
    salon.calcom.control.clearRequests();
    const window = { from: day(30), to: day(43) };
    const answers = await Promise.all(Array.from({ length: 20 }, () => availability(salon, window)));
    salon.calcom.control.set({ latency: {} });
    expect(answers[0].slots.length).toBeGreaterThan(500);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.slots))).size).toBe(1);
    expect(slotRequests(salon, TYPES.cutEmma)).toBe(1);
    expect(slotRequests(salon, TYPES.cutFabian)).toBe(1);
    expect(slotRequests(salon)).toBe(2);
  });

  it("is nothing while what it said is fresh, by whatever window within it", async () => {
    await availability(salon, { from: day(50), to: day(60) });
    salon.calcom.control.clearRequests();
    await availability(salon, { from: day(52), to: day(53) });
    await availability(salon, { from: day(50), to: day(60), staff: "emma" });
    const week = await salon.get(`/api/v2/availability/week?service=schnitt&weekStart=${day(53)}`);
    expect(week.status).toBe(200);
    const asked = slotRequests(salon);
    // A week may begin before the tenth day or end after it: one request more per type, not one per day.
    expect(asked).toBeLessThanOrEqual(2);
    await availability(salon, { from: day(51), to: day(58) });
    expect(slotRequests(salon)).toBe(asked);
  });

  it("is one range for each phase of a perm and person", async () => {
    salon.calcom.control.clearRequests();
    const { slots } = await availability(salon, { service: "dauerwelle", from: day(30), to: day(33) });
    expect(slots.length).toBeGreaterThan(0);
    expect(slotRequests(salon)).toBe(8);
    for (const id of [...TYPES.perm.emma, ...TYPES.perm.fabian]) expect(slotRequests(salon, id)).toBe(1);
  });
});

describe("a slot", () => {
  it("is gone with the booking and back with its cancellation, at once", async () => {
    const start = slot(0);
    expect(await startsAround(salon, start)).toContain(Date.parse(start));
    const booked = await salon.book({ start });
    expect(booked.status).toBe(201);
    expect(await startsAround(salon, start)).not.toContain(Date.parse(start));
    expect(await startsAround(salon, start, "fabian")).toContain(Date.parse(start));
    await salon.post(`/api/v2/bookings/${booked.body.id}/cancel`, {}, { wait: 20 });
    await soonOffered(salon, start, true);
  });

  it("that is only held, because Cal.com does not answer yet, is offered to nobody", async () => {
    const start = slot(4);
    salon.calcom.control.set({ latency: { create: 1_500 } });
    const pending = await salon.book({ start }, { wait: 0 });
    salon.calcom.control.set({ latency: {} });
    expect(pending.status).toBe(202);
    expect(await startsAround(salon, start)).not.toContain(Date.parse(start));
  });

  it("that a person takes in Cal.com is gone as soon as the webhook is here, and back when it is cancelled there", async () => {
    const start = slot(8);
    await soonOffered(salon, start, true);
    const there = await bookThere(start);
    await soonOffered(salon, start, false);
    await salon.calcom.control.cancel({ uid: there.uid });
    await soonOffered(salon, start, true);
  });

  it("that a person moves in Cal.com leaves the old time to others", async () => {
    const [start, later] = [slot(12), slot(14)];
    const there = await bookThere(start);
    await soonOffered(salon, start, false);
    await salon.calcom.control.move({ uid: there.uid, start: later });
    await soonOffered(salon, later, false);
    await soonOffered(salon, start, true);
  });

  it("is gone when the webhook comes before anybody works on it", async () => {
    const start = slot(16);
    await soonOffered(salon, start, true);
    await salon.stopWorker();
    await bookThere(start);
    await soonOffered(salon, start, false);
    await salon.startWorker();
  });

  it("in the gap of a perm is offered to another, and none that meets a phase with staff", async () => {
    const start = slot(20);
    const perm = await salon.book({ service: "dauerwelle", start });
    expect(perm.status).toBe(201);
    // Free from minute 50 to 65; a quarter of an hour fits there, half an hour does not.
    salon.calcom.control.editEventType(TYPES.cutEmma, { slotInterval: 5 });
    const short = { lengthInMinutes: 15, slotInterval: 5 };
    salon.calcom.control.editEventType(TYPES.onRequest, short);
    const document = await salonDocument();
    const anfrage = document.services.find((service: { slug: string }) => service.slug === "anfrage");
    anfrage.phases = [{ key: "main", minutes: 15, staffRequired: true }];
    await putDocument(document);
    const from = start;
    const to = new Date(Date.parse(start) + 134 * 60_000).toISOString();
    await until("the gap", async () => {
      const { slots } = await availability(salon, { service: "anfrage", staff: "emma", from, to });
      const after = slots.map(
        (one: { start: string }) => (Date.parse(one.start) - Date.parse(start)) / 60_000,
      );
      return after.length === 1 && after[0] === 50;
    });
    const { slots } = await availability(salon, { service: "schnitt", staff: "emma", from, to });
    expect(slots).toEqual([]);
    salon.calcom.control.editEventType(TYPES.cutEmma, { slotInterval: null });
  });
});

/** The next public holiday of Berlin that is some days ahead. */
function nextHoliday(): string {
  const year = daysAhead(0).getUTCFullYear();
  const dates = [year, year + 1].flatMap((one) => [...publicHolidays("DE-BE", one)]).sort();
  const next = dates.find((date) => date > day(70));
  if (next === undefined) throw new Error("there is no holiday in two years");
  return next;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
async function salonDocument(): Promise<any> {
  const response = await fetch(`${salon.url}/api/admin/companies/salon`, {
    headers: { Authorization: `Bearer ${salon.adminToken}` },
  });
  return await response.json();
}

async function putDocument(document: { slug?: string; tokens?: unknown }): Promise<void> {
  const { tokens: _tokens, ...rest } = document;
  const response = await fetch(`${salon.url}/api/admin/companies/salon`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${salon.adminToken}`, "Content-Type": "application/json" },
    body: JSON.stringify(rest),
  });
  expect(response.status, await response.clone().text()).toBe(200);
}

describe("a tenant's document", () => {
  it("counts at once: closed days, holidays and hours, for what is offered and for what is booked", async () => {
    const before = await salonDocument();
    const holiday = nextHoliday();
    const onHoliday = { from: holiday, to: holiday };
    expect((await availability(salon, onHoliday)).slots).not.toEqual([]);
    const changed = structuredClone(before);
    changed.branches[0].region = "DE-BE";
    await putDocument(changed);
    expect((await availability(salon, onHoliday)).slots).toEqual([]);
    const refused = await salon.book({ start: `${holiday}T10:00:00Z` });
    expect(refused.status).toBe(422);
    expect(refused.body.type).toBe("https://askpro.dev/problems/closed");
    changed.branches[0].openOn = [holiday];
    await putDocument(changed);
    expect((await availability(salon, onHoliday)).slots).not.toEqual([]);
    for (const weekday of Object.keys(changed.branches[0].openingHours)) {
      changed.branches[0].openingHours[weekday] = ["10:00-11:00"];
    }
    await putDocument(changed);
    const { slots } = await availability(salon, { ...onHoliday, staff: "emma" });
    expect(slots.map((one: { start: string }) => one.start.slice(0, 16))).toEqual([
      `${holiday}T10:00`,
      `${holiday}T10:30`,
    ]);
    await putDocument(before);
  });
});
