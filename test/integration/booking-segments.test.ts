import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSalons, daysAhead, type Salon, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";
import { chairsOf, nothingIsLeft, permStandsAt } from "./booking-perm.js";
import { anew, cancel, decide, inboxWorkedOff, move, seen, standing } from "./booking-situations.js";

let salon: Salon;
/** A start that no other test uses; nine hours are free behind it. */
let start: string;
let day = 0;
const minutesLater = (minutes: number) => new Date(Date.parse(start) + minutes * 60_000).toISOString();

beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);
beforeEach(() => {
  anew(salon);
  day += 1;
  start = daysAhead(20 + day).toISOString();
});

const perm = (wait = 25) => salon.book({ service: "dauerwelle", start }, { wait });

describe("a phase that a person cancels in Cal.com", () => {
  async function withRinseCancelled(): Promise<{ id: string; workflowId: string; uid: string }> {
    const booked = await perm();
    const rinse = booked.body.phases.find((phase: { key: string }) => phase.key === "rinse");
    salon.calcom.control.clearRequests();
    await salon.calcom.control.cancel({ uid: rinse.calcomUid, reason: "irrtümlich" });
    const here = await seen(
      salon,
      booked.body.id,
      "the review",
      (now) => now.sync.reviewReason === "segment_cancelled",
    );
    expect(here).toMatchObject({ status: "confirmed", sync: { state: "manual_review" } });
    expect(standing(salon, booked.body.id)).toHaveLength(3);
    const writes = ["create", "reschedule", "cancel"].flatMap((operation) =>
      salon.calcom.control.requests({ operation }),
    );
    expect(writes).toHaveLength(0);
    return { id: booked.body.id, workflowId: booked.body.workflowId, uid: rinse.calcomUid };
  }

  it("waits for a decision, and retry books it again", async () => {
    const { id, workflowId } = await withRinseCancelled();
    const view = await decide(salon, workflowId, { decision: "retry" });
    expect(view.review).toBeNull();
    await inboxWorkedOff(salon);
    await permStandsAt(salon, id, start);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "confirmed",
      sync: { state: "synced" },
    });
  });

  it("cannot be booked again where the slot is gone: it stays under review, and the rest stands", async () => {
    const { id, workflowId } = await withRinseCancelled();
    salon.calcom.control.addWebhookRule({ mode: "lost" });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: minutesLater(80),
      name: "Erika",
      email: "e@example.org",
      force: true,
    });
    const view = await decide(salon, workflowId, { decision: "retry" });
    expect(view.review).toMatchObject({ reason: "segment_cancelled", phaseKey: "rinse" });
    const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
    expect(here).toMatchObject({
      status: "confirmed",
      sync: { state: "manual_review", reviewReason: "segment_cancelled" },
    });
    expect(standing(salon, id)).toHaveLength(3);
    const done = await decide(salon, workflowId, { decision: "mark_synced" });
    expect(done.review).toBeNull();
  });

  it("that is booked again while Cal.com is down can be given up without harm to the rest", async () => {
    const { id, workflowId } = await withRinseCancelled();
    salon.calcom.control.set({ down: "503" });
    const trying = await decide(salon, workflowId, { decision: "retry" });
    expect(trying.underWay).toMatchObject({ kind: "book" });
    expect(trying.review).toMatchObject({ phaseKey: "rinse" });
    await decide(salon, workflowId, { decision: "give_up" });
    salon.calcom.control.set({ down: false });
    const here = await seen(
      salon,
      id,
      "the review of before",
      (now) => now.sync.reviewReason === "segment_cancelled",
      60_000,
    );
    expect(here.status).toBe("confirmed");
    await until("three bookings", async () => standing(salon, id).length === 3);
    expect(await decide(salon, workflowId, { decision: "mark_synced" })).toMatchObject({ review: null });
  });

  it("cancel cancels all the others", async () => {
    const { id, workflowId } = await withRinseCancelled();
    await decide(salon, workflowId, { decision: "cancel" });
    await nothingIsLeft(salon, id);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "cancelled",
      cancellation: { by: "operator" },
    });
  });

  it("mark_synced lets it be: its chair is free, and the rest can be moved and cancelled", async () => {
    const { id, workflowId } = await withRinseCancelled();
    await decide(salon, workflowId, { decision: "mark_synced" });
    expect((await chairsOf(salon, id)).map((chair) => chair.phaseKey)).toEqual(["wind", "fix", "cut"]);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body).toMatchObject({
      status: "confirmed",
      sync: { state: "synced", reviewReason: null },
    });
    const moved = await move(salon, id, { start: minutesLater(240) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    expect(standing(salon, id)).toHaveLength(3);
    expect((await chairsOf(salon, id)).map((chair) => chair.phaseKey)).toEqual(["wind", "fix", "cut"]);
    expect((await cancel(salon, id)).status).toBe(200);
    await nothingIsLeft(salon, id);
  });

  it.each(["adopt", "give_up"])("refuses what does not fit, in words: %s", async (decision) => {
    const { workflowId } = await withRinseCancelled();
    await expect(decide(salon, workflowId, { decision, calcomUid: "x" })).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(/does not fit segment_cancelled; choose retry, cancel, mark_synced/),
      },
    });
  });

  it("and the last of them too ends as a cancelled appointment without review", async () => {
    const { id } = await withRinseCancelled();
    for (const booking of standing(salon, id)) await salon.calcom.control.cancel({ uid: booking.uid });
    const here = await seen(salon, id, "the cancel", (now) => now.status === "cancelled");
    expect(here.cancellation.by).toBe("calcom");
    await seen(
      salon,
      id,
      "the end of the review",
      (now) => now.sync.reviewReason === null && now.sync.state === "synced",
    );
    await nothingIsLeft(salon, id);
  });
});

describe("a phase that a person moves in Cal.com", () => {
  it("is applied: the appointment spans its phases, and the next move takes all along", async () => {
    const booked = await perm();
    const { id } = booked.body;
    const cut = booked.body.phases.find((phase: { key: string }) => phase.key === "cut");
    await salon.calcom.control.move({ uid: cut.calcomUid, start: minutesLater(150) });
    const here = await seen(
      salon,
      id,
      "the moved phase",
      (now) => Date.parse(now.end) === Date.parse(minutesLater(190)),
    );
    expect(Date.parse(here.start)).toBe(Date.parse(start));
    const moved = await move(salon, id, { start: minutesLater(15) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    await inboxWorkedOff(salon);
    await permStandsAt(salon, id, minutesLater(15));
  });
});

describe("one phase that a person books alone in Cal.com", () => {
  it("is moved here as what it is: it begins at the wished start and keeps no other chair", async () => {
    const made = await salon.calcom.control.book({
      eventTypeId: TYPES.perm.emma[3],
      start,
      name: "Anna",
      email: "anna.allein@example.org",
    });
    const imported = await until("the imported phase", async () => {
      const list = await salon.get("/api/v2/bookings?limit=100");
      return list.body.items.find(
        (item: { phases: { calcomUid: string }[] }) => item.phases[0]?.calcomUid === made.uid,
      );
    });
    const to = minutesLater(240);
    const moved = await move(salon, imported.id, { start: to });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    expect(Date.parse(moved.body.start)).toBe(Date.parse(to));
    expect(Date.parse(moved.body.end)).toBe(Date.parse(minutesLater(280)));
    const [there] = salon.calcom.control
      .bookings()
      .filter((booking) => booking.uid === moved.body.phases[0].calcomUid);
    expect(Date.parse(there?.start ?? "")).toBe(Date.parse(to));
    const kept = await salon.admin.sql`SELECT phase_key FROM busy_intervals WHERE owner_id = ${imported.id}`;
    expect(kept.map((row) => row.phaseKey)).toEqual(["cut"]);
  });
});
