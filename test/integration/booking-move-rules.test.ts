import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "../../domain/tenant/document.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { inboxWorkedOff, move, seen, timelineOf } from "./booking-situations.js";

const CUT = { key: "main", minutes: 30 };
const TYPE = { bald: 401, langsam: 402, einmal: 403 } as const;
const NOTICE = 120;
/** More than ours: Cal.com would refuse what our own rule lets pass. */
const NOTICE_IN_CALCOM = 600;

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon({
    document: (base) =>
      parseDocument({
        ...base,
        services: [
          ...base.services,
          ...Object.keys(TYPE).map((slug) => ({
            slug,
            name: slug,
            skill: "cut",
            priceCents: 2_500,
            minimumNoticeMinutes: slug === "einmal" ? 0 : NOTICE,
            maximumDaysAhead: 60,
            phases: [CUT],
          })),
        ],
        eventTypes: [
          ...base.eventTypes,
          ...Object.entries(TYPE).map(([service, calcomEventTypeId]) => ({
            service,
            staff: "emma",
            calcomEventTypeId,
          })),
        ],
        policies: [{ for: { service: "einmal" }, reschedule: { maxPerAppointment: 1, feeCents: 300 } }],
      }),
  });
  salon.calcom.control.editEventType(TYPE.langsam, { minimumBookingNotice: NOTICE_IN_CALCOM });
  // What Cal.com demands is known from the first look at its types on.
  const date = slot(0).slice(0, 10);
  await salon.get(`/api/v2/availability?service=langsam&from=${date}&to=${date}`);
  await until("Cal.com's notice known", async () => {
    const { body } = await salon.book({ service: "langsam", start: soon(NOTICE + 60) });
    return body.detail?.includes(`${NOTICE_IN_CALCOM} minutes`);
  });
});
afterAll(closeSalons);

let last = 0;
const fresh = () => {
  last += 4;
  return slot(last);
};
/** On the half hour, at least so many minutes from now. */
const soon = (minutes: number) =>
  new Date((Math.floor(Date.now() / 1_800_000) + 1) * 1_800_000 + minutes * 60_000).toISOString();

async function booked(service: keyof typeof TYPE) {
  const answer = await salon.book({ service, start: fresh() });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  salon.calcom.control.clearRequests();
  return answer.body;
}
const writes = () => salon.calcom.control.requests().filter(({ operation }) => operation === "reschedule");

describe("The notice of a service", () => {
  it("binds a move as it binds a booking.", async () => {
    const { id, start } = await booked("bald");
    const early = await move(salon, id, { start: soon(30) });
    expect({ status: early.status, type: early.body.type }).toEqual({
      status: 422,
      type: "https://askpro.dev/problems/too-soon",
    });
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({ start, rescheduleCount: 0 });
    expect(writes()).toHaveLength(0);
    const enough = await move(salon, id, { start: soon(NOTICE) });
    expect(enough.status, JSON.stringify(enough.body)).toBe(200);
  });

  it("is Cal.com's where that is the larger one, and known before Cal.com is asked.", async () => {
    const { id } = await booked("langsam");
    const early = await move(salon, id, { start: soon(NOTICE + 60) });
    expect({ status: early.status, type: early.body.type }).toEqual({
      status: 422,
      type: "https://askpro.dev/problems/too-soon",
    });
    expect(writes()).toHaveLength(0);
  });
});

describe("A move to where the appointment stands already", () => {
  it("is done as it is: no call, no count, no fee.", async () => {
    const { id, start, phases } = await booked("einmal");
    const key = randomUUID();
    const again = () => salon.post(`/api/v2/bookings/${id}/reschedule`, { start }, { key, wait: 25 });
    const first = await again();
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    expect(first.body).toMatchObject({
      start,
      phases,
      status: "confirmed",
      previousStart: null,
      rescheduleCount: 0,
      feeCents: 0,
      sync: { state: "synced" },
    });
    const second = await again();
    expect(second.headers.get("Idempotency-Replayed")).toBe("true");
    expect(second.body).toEqual(first.body);
    expect(writes()).toHaveLength(0);
    const chairs = await salon.admin.sql`SELECT kind FROM busy_intervals WHERE owner_id = ${id}`;
    expect(chairs).toEqual([{ kind: "busy" }]);
  });

  it("uses up nothing of what the policy allows, and stays possible when all is used up.", async () => {
    const { id, start } = await booked("einmal");
    expect((await move(salon, id, { start, staff: "emma" })).status).toBe(200);
    const moved = await move(salon, id, { start: fresh() });
    expect(moved.body, "the one move that is allowed").toMatchObject({ rescheduleCount: 1, feeCents: 300 });
    expect((await move(salon, id, { start: fresh() })).body).toMatchObject({ rule: "per_appointment" });
    const stays = await move(salon, id, { start: moved.body.start });
    expect(stays.status, JSON.stringify(stays.body)).toBe(200);
    expect(stays.body).toMatchObject({ rescheduleCount: 1, feeCents: 300, previousStart: start });
  });

  it("is a move when only the person is another.", async () => {
    const answer = await salon.book({ start: fresh() });
    const { id, start } = answer.body;
    const moved = await move(salon, id, { start, staff: "fabian" });
    expect(moved.body, JSON.stringify(moved.body)).toMatchObject({
      start,
      rescheduleCount: 1,
      staff: { slug: "fabian" },
    });
  });

  it("by an operator's hand is nothing either.", async () => {
    const { id, start, workflowId } = await booked("einmal");
    await salon.temporal.workflow.getHandle(workflowId).signal("reschedule", { start });
    await until("the command's end", async () =>
      (await timelineOf(salon, id)).some(
        ({ action, outcome }) => action === "reschedule" && outcome === "confirmed",
      ),
    );
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({ start, rescheduleCount: 0 });
    expect(writes()).toHaveLength(0);
  });
});

describe("What a person moves in Cal.com", () => {
  it("is counted, and not held against the customer.", async () => {
    const { id, phases } = await booked("einmal");
    const start = fresh();
    await salon.calcom.control.move({ uid: phases[0].calcomUid, start, by: "host" });
    await seen(salon, id, "the move", (now) => now.rescheduleCount === 1);
    await inboxWorkedOff(salon);
    const own = await move(salon, id, { start: fresh() });
    expect(own.status, JSON.stringify(own.body)).toBe(200);
    expect(own.body).toMatchObject({ rescheduleCount: 2, feeCents: 300 });
    expect((await move(salon, id, { start: fresh() })).body).toMatchObject({ rule: "per_appointment" });
  });
});
