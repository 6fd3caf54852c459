import { createHmac, randomUUID } from "node:crypto";
import { MockActivityEnvironment } from "@temporalio/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createActivities } from "../../activities/index.js";
import { type Foundation, layFoundation } from "../../api/composition.js";
import { type PostponeReason, postponeEvent } from "../../db/calcom/relay.js";
import { closeSalons, type Salon, slot, startSalon, until, WEBHOOK_SECRET } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import { anew, cancel, seen, timelineOf } from "./booking-situations.js";

let salon: Salon;
/** A start that no other test uses; three hours are free behind it. */
let start: string;
let next = 0;
const later = (halfHours: number) => new Date(Date.parse(start) + halfHours * 1_800_000).toISOString();

let foundation: Foundation;
beforeAll(async () => {
  salon = await startSalon();
  foundation = await layFoundation(salon.config, "worker");
});
afterAll(async () => {
  await foundation.close();
  await closeSalons();
});
beforeEach(() => {
  anew(salon);
  start = slot(next);
  next += 8;
});

async function deliver(triggerEvent: string, payload: Record<string, unknown>): Promise<void> {
  const body = JSON.stringify({
    triggerEvent,
    createdAt: new Date().toISOString(),
    payload: {
      eventTypeId: TYPES.cutEmma,
      status: "ACCEPTED",
      organizer: { id: HOSTS.emma },
      attendees: [{ name: "Anna", email: "anna@example.org", timeZone: "Europe/Berlin" }],
      ...payload,
    },
  });
  const signature = createHmac("sha256", WEBHOOK_SECRET).update(body).digest("hex");
  const response = await fetch(`${salon.url}/api/webhooks/calcom/salon`, {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json", "X-Cal-Signature-256": signature },
  });
  expect(await response.json()).toEqual({ received: true, status: "accepted" });
}

const inboxOf = async (uid: string) => {
  const [row] = await salon.admin.sql<{ id: string; status: string }[]>`
    SELECT id, status FROM webhook_events WHERE uid = ${uid}`;
  return row;
};
const alertsOf = (eventId: string) => salon.admin.sql<{ type: string; data: Record<string, unknown> }[]>`
  SELECT type, data FROM alerts WHERE type = 'inbox.dead' AND data->>'eventId' = ${eventId}`;
const deadNow = async () => (await salon.get("/api/v2/calcom/sync-status")).body.inbox.dead;

describe("a signed event whose end is not after its start", () => {
  it("is asked about at Cal.com, which decides what became of the booking", async () => {
    const booked = await salon.book({ start });
    salon.calcom.control.addWebhookRule({ match: { trigger: "BOOKING_RESCHEDULED" }, mode: "lost" });
    const { calcomUid: uid } = booked.body.phases[0];
    const moved = await salon.calcom.control.move({ uid, start: later(1) });
    await deliver("BOOKING_RESCHEDULED", {
      uid: moved.uid,
      rescheduleUid: uid,
      startTime: later(1),
      endTime: later(0),
    });
    const { id } = booked.body;
    const here = await seen(salon, id, "the move", (now) => now.phases[0].calcomUid === moved.uid);
    expect(Date.parse(here.start)).toBe(Date.parse(later(1)));
    expect(Date.parse(here.end)).toBe(Date.parse(later(2)));
  });

  it.each([
    ["BOOKING_RESCHEDULED", "before it", -2],
    ["BOOKING_RESCHEDULED", "at it", 0],
    ["BOOKING_CREATED", "before it", -2],
  ])("%s, ending %s, never holds up what comes after it", async (trigger, _, halfHours) => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const { calcomUid } = booked.body.phases[0];
    await deliver(trigger, {
      uid: randomUUID(),
      rescheduleUid: calcomUid,
      startTime: later(2),
      endTime: later(2 + halfHours),
    });
    const answer = await cancel(salon, id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.status).toBe("cancelled");
  });
});

describe("an event that the database refuses", () => {
  it("is set aside with an alert, and the lifecycle goes on", async () => {
    const booked = await salon.book({ start });
    const { id } = booked.body;
    const deadBefore = await deadNow();
    await salon.admin.sql.unsafe(
      `ALTER TABLE appointment_phases ADD CONSTRAINT refused CHECK (start_at <> '${later(1)}') NOT VALID`,
    );
    try {
      const moved = await salon.calcom.control.move({
        uid: booked.body.phases[0].calcomUid,
        start: later(1),
      });
      const row = await until("the dead event", async () => {
        const found = await inboxOf(moved.uid);
        return found?.status === "dead" && found;
      });
      expect(await alertsOf(row.id)).toEqual([
        {
          type: "inbox.dead",
          data: { eventId: row.id, appointmentId: id, trigger: "BOOKING_RESCHEDULED", why: "23514" },
        },
      ]);
      expect(await deadNow()).toBe(deadBefore + 1);
      expect(await timelineOf(salon, id)).toContainEqual(
        expect.objectContaining({ kind: "webhook", action: "rescheduled", outcome: "set_aside" }),
      );
      const answer = await cancel(salon, id);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    } finally {
      await salon.admin.sql`ALTER TABLE appointment_phases DROP CONSTRAINT refused`;
    }
  });
});

describe("an event about a booking that Cal.com does not know", () => {
  it.each([
    ["without an end", { startTime: "2031-03-04T09:00:00Z" }],
    ["with dates that are none", { startTime: "morgen", endTime: "übermorgen" }],
    ["in the year 0", { startTime: "0000-01-01T10:00:00Z", endTime: "0000-01-01T11:00:00Z" }],
  ])("%s is dead in the end, with an alert, and waits no more", async (_, times) => {
    const uid = randomUUID();
    await deliver("BOOKING_CREATED", { uid, ...times });
    const row = await until("the event in the inbox", () => inboxOf(uid));
    const { applyCalcomEvent } = createActivities(foundation);
    const request = {
      companyId: salon.companyId,
      appointmentId: randomUUID(),
      eventId: row.id,
      known: { status: "none" as const, phases: [], operations: [], tombstones: [] },
      limits: { lookupWindowMs: 100, writeTimeoutMs: 2_000, readTimeoutMs: 2_000 },
    };
    const once = await new MockActivityEnvironment().run(applyCalcomEvent, { ...request, last: false });
    expect(once).toMatchObject({ decision: "unclear" });
    await new MockActivityEnvironment().run(applyCalcomEvent, { ...request, last: true });
    expect(await inboxOf(uid)).toMatchObject({ status: "dead" });
    expect(await alertsOf(row.id)).toHaveLength(1);
  });

  it("and one that names no booking at all is dead at once, with an alert", async () => {
    await deliver("BOOKING_CREATED", { uid: 4711, startTime: later(0), endTime: later(1) });
    const row = await until("the dead event", async () => {
      const [found] = await salon.admin.sql<{ id: string; status: string }[]>`
        SELECT id, status FROM webhook_events WHERE uid IS NULL`;
      return found?.status === "dead" && found;
    });
    expect(await alertsOf(row.id)).toMatchObject([{ data: { why: "names_no_booking" } }]);
  });
});

describe("an event that cannot be brought to its lifecycle", () => {
  it("dies with an alert after many attempts, but never of Temporal's absence", async () => {
    const [row] = await salon.admin.sql<{ id: string }[]>`
      INSERT INTO webhook_events (id, company_id, source, semantic_key, trigger, uid, event, person, status, relay_at)
      VALUES (${randomUUID()}, ${salon.companyId}, 'webhook', ${randomUUID()}, 'BOOKING_CREATED', 'nowhere', '{}', '{}',
        'waiting', now() + interval '1 hour') RETURNING id`;
    const id = row?.id ?? "";
    const status = async () => (await inboxOf("nowhere"))?.status;
    const postponed = async (attempts: number, reason: PostponeReason) =>
      await postponeEvent(foundation.db, salon.companyId, id, attempts, 3_600_000, reason);
    await postponed(29, "failed");
    await postponed(500, "temporal_unreachable");
    expect(await status()).toBe("waiting");
    expect(await alertsOf(id)).toEqual([]);
    await postponed(30, "failed");
    expect(await status()).toBe("dead");
    expect(await alertsOf(id)).toMatchObject([{ data: { why: "failed", trigger: "BOOKING_CREATED" } }]);
  });
});

describe("a mark of absence", () => {
  /** Of a booking of Anna's that began a few minutes ago, with what stands there of it. */
  async function underWay(staff: string) {
    const email = `${randomUUID()}@example.org`;
    const booked = await salon.book({ start, staff, customer: { name: "Anna", email } });
    const { id } = booked.body;
    const there = await salon.calcom.control.move({
      uid: booked.body.phases[0].calcomUid,
      start: new Date(Date.now() - 300_000).toISOString(),
      force: true,
    });
    await seen(salon, id, "the move", (now) => now.phases[0].calcomUid === there.uid);
    return { id, email, uid: there.uid };
  }
  const mark = (uid: string, attendees: { email: string; noShow: boolean }[]) =>
    deliver("BOOKING_NO_SHOW_UPDATED", { uid: undefined, bookingUid: uid, attendees });
  const outcomes = async (id: string) =>
    (await timelineOf(salon, id)).filter(({ action }) => action === "no_show").map(({ outcome }) => outcome);

  it("of a guest is no no-show of the booker, whose own is one", async () => {
    const { id, email, uid } = await underWay("fabian");
    await mark(uid, [{ email: "guest@example.org", noShow: true }]);
    await until("the mark", async () => (await outcomes(id)).length === 1);
    await mark(uid, [
      { email: "guest@example.org", noShow: true },
      { email, noShow: false },
    ]);
    await until("the marks", async () => (await outcomes(id)).length === 2);
    expect(await outcomes(id)).toEqual(["guest_no_show", "no_show"]);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
    await mark(uid, [{ email: email.toUpperCase(), noShow: true }]);
    await seen(salon, id, "the no-show", (now) => now.status === "no_show");
  });

  it("of a booker whom Cal.com knows by another address is one too", async () => {
    const { id, email, uid } = await underWay("emma");
    await salon.admin.sql`UPDATE appointments SET attendee_email = 'other@example.org' WHERE id = ${id}`;
    await mark(uid, [{ email, noShow: true }]);
    await seen(salon, id, "the no-show", (now) => now.status === "no_show");
  });

  it("of an appointment that has not begun is noted, and nothing more", async () => {
    const email = `${randomUUID()}@example.org`;
    const booked = await salon.book({ start, customer: { name: "Anna", email } });
    const { id } = booked.body;
    await mark(booked.body.phases[0].calcomUid, [{ email, noShow: true }]);
    await until("the mark", async () => (await outcomes(id)).length === 1);
    expect(await outcomes(id)).toEqual(["no_show_before_start"]);
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("confirmed");
  });
});
