import { describe, expect, it } from "vitest";
import type { CalcomBooking } from "../../calcom/client.js";
import type { KnownHere, KnownOperation, KnownUid } from "../../db/calcom/reconcile.js";
import type { StaffMember } from "../../domain/tenant/catalogue.js";
import { findLost } from "./lost-events.js";

const NOW = new Date("2026-12-01T12:00:00Z");
const START = new Date("2026-12-03T13:00:00Z");
const OPERATION = "0b9c1a52-6cc3-4a0e-9a80-54b0f63d2b11";
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);

function booking(uid: string, more: Partial<CalcomBooking> & { absent?: boolean; hostId?: number } = {}) {
  const { absent = false, hostId = 11, ...rest } = more;
  const row: CalcomBooking = {
    id: 1,
    uid,
    status: "accepted",
    start: START,
    end: new Date(START.getTime() + 30 * 60_000),
    eventTypeId: 101,
    hosts: [{ id: hostId, email: null, name: null }],
    attendees: [{ name: "Anna", email: "anna@example.org", phone: null, timeZone: "Europe/Berlin", absent }],
    metadata: {},
    createdAt: minutesAgo(30),
    updatedAt: minutesAgo(10),
    rescheduledFromUid: null,
    rescheduledToUid: null,
    cancellationReason: null,
    absentHost: false,
    ...rest,
  };
  return row;
}

function known(uid: string, more: Partial<KnownUid> = {}): KnownUid {
  return {
    uid,
    workflowId: "booking:c:calcom:a",
    appointmentId: "a0000000-0000-4000-8000-000000000001",
    phaseKey: "main",
    tombstoned: false,
    status: "confirmed",
    changedAt: minutesAgo(60),
    currentUid: uid,
    phaseSync: "synced",
    phaseStart: START,
    staffId: "emma",
    calcomUserId: 11,
    siblings: [uid],
    ...more,
  };
}

function operation(more: Partial<KnownOperation>): KnownOperation {
  return {
    id: OPERATION,
    kind: "create",
    uid: null,
    wantedStart: START,
    state: "sent",
    resultUid: null,
    ...more,
  };
}

function member(id: string, calcomUserId: number | null): StaffMember {
  return { id, slug: id, name: id, email: null, branchIds: [], skills: [], workingHours: {}, calcomUserId };
}

function find(bookings: CalcomBooking[], here: Partial<KnownHere> = {}, staff?: StaffMember[]) {
  const findings = findLost(bookings, {
    ownEventTypes: new Set([101]),
    staff: staff ?? [member("emma", 11), member("fabian", 12)],
    known: { uids: [], operations: [], openEvents: [], ...here },
    run: new Map(bookings.map((row) => [row.uid, row])),
    replaced: new Set(bookings.flatMap((row) => row.rescheduledFromUid ?? [])),
    now: NOW,
  });
  return { ...findings, told: findings.lost.map(({ event }) => `${event.kind} ${event.uid}`) };
}

describe("a booking that we do not know", () => {
  it("is told as made, and then as missed, when the attendee was marked absent.", () => {
    const { lost, told } = find([booking("a", { absent: true })]);
    expect(told).toEqual(["created a", "no_show a"]);
    expect(lost[1]?.delayMs).toBeGreaterThan(lost[0]?.delayMs ?? 0);
    expect(new Set(lost.map((one) => one.semanticKey)).size).toBe(2);
  });

  it("is told as requested while it waits for confirmation.", () => {
    expect(find([booking("a", { status: "pending" })]).told).toEqual(["requested a"]);
  });

  it("is not told when it is over before we heard of it, unless its making still waits in the inbox.", () => {
    const gone = booking("a", { status: "cancelled" });
    expect(find([gone]).told).toEqual([]);
    const waiting = { uid: "a", kind: "created", start: START, organizerId: 11, noShow: null };
    expect(find([gone], { openEvents: [waiting] }).told).toEqual(["cancelled a"]);
  });

  it("is nobody's when its event type is not ours, but a link of a chain of ours is followed there too.", () => {
    const foreign = booking("b", { eventTypeId: 999, rescheduledFromUid: "a" });
    expect(find([foreign]).told).toEqual([]);
    expect(find([foreign], { uids: [known("a")] }).told).toEqual(["rescheduled b"]);
  });

  it("is not revived when its cancel came first.", () => {
    const tombstone = known("a", { phaseKey: null, tombstoned: true, status: null, currentUid: null });
    expect(find([booking("a")], { uids: [tombstone] }).told).toEqual([]);
  });
});

describe("our own writes", () => {
  const own = booking("a", { metadata: { operationId: OPERATION } });

  it("explain a booking while they are under way and when they made just this one.", () => {
    for (const state of ["planned", "sent"] as const) {
      expect(find([own], { operations: [operation({ state })] }).told).toEqual([]);
    }
    expect(find([own], { operations: [operation({ state: "done", resultUid: "a" })] }).told).toEqual([]);
  });

  it("do not explain a second booking of theirs, nor one of a write that was given up: it is taken back.", () => {
    expect(find([own], { operations: [operation({ state: "done", resultUid: "z" })] }).told).toEqual([
      "created a",
    ]);
    expect(find([own], { operations: [operation({ state: "abandoned" })] }).told).toEqual(["created a"]);
  });

  it("do not explain what a person made of their booking later, though it carries their metadata.", () => {
    const moved = booking("b", { metadata: { operationId: OPERATION }, rescheduledFromUid: "a" });
    expect(find([moved], { operations: [operation({})] }).told).toEqual(["rescheduled b"]);
  });

  it("explain a move from the same booking to the same start only.", () => {
    const moved = booking("b", { rescheduledFromUid: "a" });
    const uids = [known("a")];
    const mine = operation({ kind: "reschedule", uid: "a" });
    expect(find([moved], { uids, operations: [mine] }).told).toEqual([]);
    const elsewhere = { ...mine, wantedStart: new Date("2026-12-04T09:00:00Z") };
    expect(find([moved], { uids, operations: [elsewhere] }).told).toEqual(["rescheduled b"]);
  });

  it("explain a cancelled booking unless the cancel was refused.", () => {
    const gone = booking("a", { status: "cancelled" });
    const cancel = operation({ kind: "cancel", uid: "a", wantedStart: null });
    const uids = [known("a")];
    expect(find([gone], { uids, operations: [cancel] }).told).toEqual([]);
    expect(find([gone], { uids, operations: [{ ...cancel, state: "refused" }] }).told).toEqual([
      "cancelled a",
    ]);
  });
});

describe("a booking that we know", () => {
  it("is not cancelled by the link of a chain that another booking replaced.", () => {
    const old = booking("a", { status: "cancelled", rescheduledToUid: null });
    const next = booking("b", { rescheduledFromUid: "a" });
    const { told, lost, links } = find([old, next], { uids: [known("a")] });
    expect(told).toEqual(["rescheduled b"]);
    expect(lost[0]?.event.rescheduleUid).toBe("a");
    expect(links).toMatchObject([{ uid: "b", previousUid: "a", workflowId: "booking:c:calcom:a" }]);
    expect(
      find([booking("a", { status: "cancelled", rescheduledToUid: "b" })], { uids: [known("a")] }).told,
    ).toEqual([]);
  });

  it("that is an older link or has ended here is not touched.", () => {
    expect(find([booking("a")], { uids: [known("a", { currentUid: "b" })] }).told).toEqual([]);
    expect(
      find([booking("a")], { uids: [known("a", { status: "cancelled", phaseSync: "cancelled" })] }).told,
    ).toEqual([]);
    const over = known("a", { status: "completed" });
    expect(find([booking("a", { status: "cancelled" })], { uids: [over] }).told).toEqual([]);
  });

  it("is told at another start although its uid stayed.", () => {
    const later = booking("a", { start: new Date("2026-12-03T15:00:00Z") });
    expect(find([later], { uids: [known("a")] }).told).toEqual(["rescheduled a"]);
  });

  it("is looked at again later when it changed here a moment ago and the listing is older than that.", () => {
    const uids = [known("a", { changedAt: minutesAgo(0.2) })];
    const { told, deferred } = find([booking("a", { hostId: 12 })], { uids });
    expect(told).toEqual([]);
    expect(deferred.map((one) => one.uid)).toEqual(["a"]);
    expect(find([booking("a", { hostId: 12, updatedAt: NOW })], { uids }).told).toEqual(["reassigned a"]);
  });

  it("has another host only by an id that we can place, or that replaces one we could.", () => {
    const moved = booking("a", { hostId: 77 });
    expect(find([moved], { uids: [known("a")] }).told).toEqual(["reassigned a"]);
    const unplaced = known("a", { staffId: null, calcomUserId: null });
    expect(find([moved], { uids: [unplaced] }).told).toEqual([]);
    expect(find([booking("a", { hostId: 12 })], { uids: [unplaced] }).told).toEqual(["reassigned a"]);
    const twins = [member("fabian", 12), member("finn", 12)];
    expect(find([booking("a", { hostId: 12 })], { uids: [unplaced] }, twins).told).toEqual([]);
  });

  it("of several phases is confirmed only when no other of them still waits.", () => {
    const uids = ["a", "b"].map((uid) => known(uid, { status: "pending", siblings: ["a", "b"] }));
    const waiting = [booking("a"), booking("b", { status: "pending" })];
    expect(find(waiting, { uids }).told).toEqual([]);
    expect(find([booking("a"), booking("b")], { uids }).told).toEqual(["created a", "created b"]);
  });

  it("of several phases takes a no-show back only when none of them is marked any more.", () => {
    const uids = ["a", "b"].map((uid) => known(uid, { status: "no_show", siblings: ["a", "b"] }));
    expect(find([booking("a"), booking("b", { absent: true })], { uids }).told).toEqual([]);
    expect(find([booking("a")], { uids }).told).toEqual([]);
    expect(find([booking("a"), booking("b")], { uids }).told).toEqual(["no_show a", "no_show b"]);
  });

  it("has the same key however often it is found, and another one after it changed again.", () => {
    const key = (row: CalcomBooking) => find([row], { uids: [known("a")] }).lost[0]?.semanticKey;
    const gone = booking("a", { status: "cancelled" });
    expect(key(gone)).toBe(key({ ...gone }));
    expect(key(gone)).not.toBe(key({ ...gone, updatedAt: NOW }));
  });
});
