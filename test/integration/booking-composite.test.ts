import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TenantDocument } from "../../domain/tenant/document.js";
import { closeSalons, daysAhead, type Salon, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";
import { chairsOf, nothingIsLeft, permStandsAt } from "./booking-perm.js";
import { anew, cancel, inboxWorkedOff, move, seen, standing, startsOf } from "./booking-situations.js";

let salon: Salon;
/** A start that no other test uses; nine hours are free behind it. */
let start: string;
let day = 0;
const minutesLater = (minutes: number) => new Date(Date.parse(start) + minutes * 60_000).toISOString();

beforeAll(async () => {
  salon = await startSalon({ document: withTrim });
});
afterAll(closeSalons);
beforeEach(() => {
  anew(salon);
  day += 1;
  start = daysAhead(20 + day).toISOString();
});

/** A quarter of an hour, that fits into the perm's first gap. */
function withTrim(document: TenantDocument): TenantDocument {
  const [cut] = document.services;
  if (!cut) throw new Error("the salon has services");
  return {
    ...document,
    services: [
      ...document.services,
      {
        ...cut,
        slug: "spitzen",
        name: "Spitzen",
        phases: [{ key: "main", minutes: 15, staffRequired: true }],
      },
    ],
    eventTypes: [
      ...document.eventTypes,
      { service: "spitzen", phase: "main", staff: "emma", branch: null, calcomEventTypeId: 401 },
    ],
  };
}

const perm = (wait = 25) => salon.book({ service: "dauerwelle", start }, { wait });
const [WIND, FIX, RINSE, CUT] = TYPES.perm.emma;

describe("a perm of four staffed phases", () => {
  it("is booked in parallel as four bookings, and its gaps are free for others", async () => {
    salon.calcom.control.set({ latency: { create: 400 } });
    const began = Date.now();
    const booked = await perm();
    salon.calcom.control.set({ latency: {} });
    expect(booked.status, JSON.stringify(booked.body)).toBe(201);
    // One after the other they would take 1.6 s for Cal.com alone.
    const times = salon.calcom.control
      .requests({ operation: "create" })
      .map((request) => Date.parse(request.at));
    expect(times).toHaveLength(4);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(400);
    expect(Date.now() - began).toBeGreaterThan(399);
    await permStandsAt(salon, booked.body.id, start);
    const gaps = booked.body.phases.filter((phase: { staffRequired: boolean }) => !phase.staffRequired);
    expect(gaps).toEqual([
      expect.objectContaining({ key: "act", calcomUid: null, staff: null }),
      expect.objectContaining({ key: "rest", calcomUid: null, staff: null }),
    ]);
    const inGap = await salon.book({ service: "spitzen", start: minutesLater(50) });
    expect(inGap.status, JSON.stringify(inGap.body)).toBe(201);
    const onPhase = await salon.book({ service: "spitzen", start: minutesLater(64) });
    expect(onPhase.status).toBe(409);
  });

  it("of which the third is refused leaves nothing in Cal.com and frees every chair", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create", eventTypeId: RINSE },
      effect: {
        kind: "status",
        code: 400,
        message:
          "Attendee with this email can't book because the maximum number of active bookings has been reached.",
      },
    });
    const refused = await perm();
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    expect(startsOf(refused).length).toBeGreaterThan(0);
    const [row] = await salon.admin.sql<{ id: string; status: string }[]>`
      SELECT id, status FROM appointments WHERE start_at = ${start}`;
    expect(row?.status).toBe("failed");
    await nothingIsLeft(salon, row?.id ?? "");
    expect((await perm()).status).toBe(201);
  });

  it("whose third slot a person took in Cal.com unheard is refused, and nothing is left", async () => {
    salon.calcom.control.addWebhookRule({ mode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: minutesLater(80),
      name: "Erika",
      email: "e@example.org",
    });
    const refused = await perm();
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    const [row] = await salon.admin.sql<
      { id: string }[]
    >`SELECT id FROM appointments WHERE start_at = ${start}`;
    await nothingIsLeft(salon, row?.id ?? "");
  });

  it("whose compensation fails at first is taken back until nothing stands, and holds its chairs so long", async () => {
    salon.calcom.control.addFault({
      match: { operation: "create", eventTypeId: RINSE },
      effect: {
        kind: "status",
        code: 400,
        message:
          "Attendee with this email can't book because the maximum number of active bookings has been reached.",
      },
    });
    const fault = salon.calcom.control.addFault({
      match: { operation: "cancel" },
      times: -1,
      effect: { kind: "drop-before-commit" },
    });
    const refused = await perm();
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    const [row] = await salon.admin.sql<
      { id: string }[]
    >`SELECT id FROM appointments WHERE start_at = ${start}`;
    const id = row?.id ?? "";
    const review = await seen(
      salon,
      id,
      "the review",
      (now) => now.sync.reviewReason === "compensation_failed",
    );
    expect(review.status).toBe("failed");
    expect(standing(salon, id)).toHaveLength(3);
    expect((await chairsOf(salon, id)).length).toBe(4);
    expect((await salon.book({ start })).status).toBe(409);
    salon.calcom.control.clearFaults(fault.id);
    await nothingIsLeft(salon, id);
    const after = await seen(salon, id, "the end of the review", (now) => now.sync.state === "synced");
    expect(after.sync.reviewReason).toBeNull();
    expect((await salon.book({ start })).status).toBe(201);
  });

  it.each([15, -15, 120, -60])("moves by %i minutes into or out of its own time", async (minutes) => {
    const booked = await perm();
    const to = minutesLater(minutes);
    const moved = await move(salon, booked.body.id, { start: to });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    await inboxWorkedOff(salon);
    await permStandsAt(salon, booked.body.id, to);
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(4);
  });

  it("whose move fails half-way is moved back: the old times stand, here and there", async () => {
    const booked = await perm();
    const { id } = booked.body;
    salon.calcom.control.addWebhookRule({ match: { eventTypeId: TYPES.cutEmma }, mode: "lost" });
    // In the way of the first phase only, which is moved last.
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: minutesLater(240),
      name: "Erika",
      email: "e@example.org",
    });
    const refused = await move(salon, id, { start: minutesLater(240) });
    expect(refused.status, JSON.stringify(refused.body)).toBe(409);
    expect(salon.calcom.control.requests({ operation: "reschedule" }).length).toBeGreaterThan(3);
    await seen(
      salon,
      id,
      "the old times",
      (now) => now.sync.state === "synced" && now.status === "confirmed",
    );
    await inboxWorkedOff(salon);
    await permStandsAt(salon, id, start);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
  });

  it("goes to another person as four new bookings, and the old four are cancelled", async () => {
    const booked = await perm();
    const moved = await move(salon, booked.body.id, { start: minutesLater(30), staff: "fabian" });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    await until("four bookings", async () => standing(salon, booked.body.id).length === 4);
    await inboxWorkedOff(salon);
    await permStandsAt(salon, booked.body.id, minutesLater(30));
    expect(new Set(standing(salon, booked.body.id).map((made) => made.eventTypeId))).toEqual(
      new Set(TYPES.perm.fabian),
    );
  });

  it("is cancelled as a whole, also when one of the four cannot be cancelled at first", async () => {
    const booked = await perm();
    const fix = booked.body.phases.find((phase: { key: string }) => phase.key === "fix");
    salon.calcom.control.addFault({
      match: { operation: "cancel", uid: fix.calcomUid },
      times: 2,
      effect: { kind: "drop-before-commit" },
    });
    const answer = await cancel(salon, booked.body.id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.status).toBe("cancelled");
    await nothingIsLeft(salon, booked.body.id);
    await inboxWorkedOff(salon);
    expect((await salon.get(`/api/v2/bookings/${booked.body.id}`)).body.status).toBe("cancelled");
  });

  it("that is doubtful in every phase stands once in each", async () => {
    salon.calcom.control.set({ webhookMode: "lost", replicaLagMs: 1_500 });
    const effects = [
      { kind: "commit-then-drop" },
      { kind: "commit-then-500" },
      { kind: "400-although-created" },
      { kind: "answer-without-uid" },
    ] as const;
    for (const [index, eventTypeId] of [WIND, FIX, RINSE, CUT].entries()) {
      salon.calcom.control.addFault({
        match: { operation: "create", eventTypeId },
        effect: effects[index] ?? effects[0],
      });
    }
    const booked = await perm(30);
    expect(booked.status, JSON.stringify(booked.body)).toBe(201);
    await permStandsAt(salon, booked.body.id, start);
    expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(4);
  });
});
