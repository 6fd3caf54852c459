import { describe, expect, it } from "vitest";
import type { CalcomEvent } from "../calcom/event.js";
import { decideByNewest, decideEvent, type KnownBooking, type NewestBooking } from "./calcom-event.js";
import type { Operation } from "./operation.js";

const START = "2031-03-04T09:00:00.000Z";
const LATER = "2031-03-04T10:00:00.000Z";
const END = "2031-03-04T09:30:00.000Z";

const halfAnHourFrom = (start: string | null | undefined) =>
  start ? new Date(Date.parse(start) + 1_800_000).toISOString() : END;

const event = (over: Partial<CalcomEvent>): CalcomEvent => ({
  trigger: "BOOKING_CREATED",
  kind: "created",
  uid: "A",
  bookingId: 1,
  rescheduleUid: null,
  eventTypeId: 10,
  start: START,
  end: halfAnHourFrom(over.start),
  status: "accepted",
  iCalSequence: 0,
  operationId: null,
  appointmentId: null,
  organizerId: 3,
  requestReschedule: false,
  noShow: null,
  hostNoShow: null,
  lengthMinutes: 30,
  sentAt: null,
  ...over,
});

const phase = { key: "main", uid: "A", pastUids: [] as string[], start: START, end: END, cancelled: false };
const known = (over: Partial<KnownBooking> = {}): KnownBooking => ({
  status: "confirmed",
  phases: [phase],
  operations: [],
  tombstones: [],
  ...over,
});
const nothing = known({ status: "none", phases: [] });

const operation = (over: Partial<Operation>): Operation => ({
  id: "op",
  kind: "create",
  phaseKey: "main",
  uid: null,
  wantedStart: START,
  resultUid: null,
  state: "open",
  ...over,
});

const newest = (over: Partial<NewestBooking & { active: boolean; confirmed: boolean }> = {}) => ({
  uid: "A",
  fromUid: null,
  start: START,
  end: halfAnHourFrom(over.start),
  hostId: 3,
  active: true,
  confirmed: true,
  ...over,
});

describe("an echo", () => {
  it("of a create needs the operation, the start and no predecessor: the metadata alone proves nothing", () => {
    const operations = [operation({})];
    const echo = event({ operationId: "op" });
    expect(decideEvent(echo, known({ operations })).kind).toBe("echo");
    expect(decideEvent({ ...echo, start: "2031-03-04T10:00:00+01:00" }, known({ operations })).kind).toBe(
      "echo",
    );
    for (const other of [
      { ...echo, kind: "rescheduled" as const, uid: "B", rescheduleUid: "A", start: LATER },
      { ...echo, start: LATER },
      { ...echo, operationId: "another", uid: "B" },
    ]) {
      expect(decideEvent(other, known({ operations })).kind).not.toBe("echo");
    }
  });

  it("of a move needs the uid that it left and the wished start", () => {
    const operations = [operation({ kind: "reschedule", uid: "A", wantedStart: LATER })];
    const echo = event({ kind: "rescheduled", uid: "B", rescheduleUid: "A", start: LATER });
    expect(decideEvent(echo, known({ operations })).kind).toBe("echo");
    expect(decideEvent({ ...echo, start: END }, known({ operations }))).toMatchObject({
      kind: "move",
      uid: "B",
    });
    expect(decideEvent({ ...echo, kind: "requested" }, known({ operations })).kind).toBe("echo");
  });

  it.each(["refused", "abandoned"] as const)(
    "is not what a person did by hand after ours was %s",
    (state) => {
      const moved = event({ kind: "rescheduled", uid: "B", rescheduleUid: "A", start: LATER });
      const move = operation({ kind: "reschedule", uid: "A", wantedStart: LATER, state });
      expect(decideEvent(moved, known({ operations: [move] }))).toMatchObject({ kind: "move", uid: "B" });
      const cancel = operation({ kind: "cancel", uid: "A", wantedStart: null, state });
      const cancelled = event({ kind: "cancelled" });
      expect(decideEvent(cancelled, known({ operations: [cancel] }))).toMatchObject({
        kind: "cancel",
        uid: "A",
      });
    },
  );

  it("of a create that was refused, or that made another booking already, tells of a surplus", () => {
    const echo = event({ operationId: "op", uid: "B" });
    for (const made of [operation({ state: "refused" }), operation({ state: "done", resultUid: "A" })]) {
      expect(decideEvent(echo, known({ operations: [made] }))).toMatchObject({ kind: "echo", surplus: true });
    }
    const fits = operation({ state: "done", resultUid: "B" });
    expect(decideEvent(echo, known({ operations: [fits] }))).toMatchObject({ kind: "echo", surplus: false });
  });

  it("gives a booking its uid that was taken for made without one", () => {
    const taken = known({
      phases: [{ ...phase, uid: null }],
      operations: [operation({ state: "abandoned" })],
    });
    expect(decideEvent(event({ operationId: "op", uid: "B" }), taken)).toEqual({
      kind: "adopt",
      phaseKey: "main",
      uid: "B",
    });
  });

  it("of a cancel is no host's wish for another time", () => {
    const operations = [operation({ kind: "cancel", uid: "A", wantedStart: null })];
    expect(decideEvent(event({ kind: "cancelled" }), known({ operations })).kind).toBe("echo");
    const wish = event({ kind: "cancelled", requestReschedule: true });
    expect(decideEvent(wish, known({ operations }))).toMatchObject({
      kind: "cancel",
      requestReschedule: true,
    });
  });
});

describe("an event that came out of order", () => {
  it("cancel before create leaves a tombstone, and the late create is stale", () => {
    expect(decideEvent(event({ kind: "cancelled" }), nothing)).toEqual({ kind: "tombstone", uid: "A" });
    expect(decideEvent(event({}), { ...nothing, tombstones: ["A"] })).toMatchObject({ kind: "stale" });
  });

  it("an older link beside a later link's tombstone is asked for", () => {
    expect(decideEvent(event({}), { ...nothing, tombstones: ["C"] })).toEqual({ kind: "ask", uid: "A" });
    const moved = event({ kind: "rescheduled", uid: "B", rescheduleUid: "A" });
    expect(decideEvent(moved, { ...nothing, tombstones: ["C"] })).toEqual({ kind: "ask", uid: "B" });
  });

  it("a link that was left already is stale, an unknown one of a known booking is asked for", () => {
    const moved = known({ phases: [{ ...phase, uid: "B", pastUids: ["A"], start: LATER }] });
    expect(decideEvent(event({}), moved)).toMatchObject({ kind: "stale", why: "older_uid" });
    expect(decideEvent(event({ kind: "cancelled" }), moved)).toMatchObject({
      kind: "stale",
      why: "older_uid",
    });
    expect(decideEvent(event({ kind: "rescheduled", uid: "D", rescheduleUid: "C" }), moved)).toEqual({
      kind: "ask",
      uid: "D",
    });
  });

  it("a move of what is cancelled here is asked for, never believed", () => {
    const moved = event({ kind: "rescheduled", uid: "B", rescheduleUid: "A", start: LATER });
    expect(decideEvent(moved, known({ status: "cancelled" }))).toEqual({ kind: "ask", uid: "B" });
    const segment = known({
      phases: [
        { ...phase, cancelled: true },
        { ...phase, key: "cut", uid: "Z" },
      ],
    });
    expect(decideEvent(moved, segment)).toEqual({ kind: "ask", uid: "B" });
  });
});

describe("what Cal.com says of the newest link", () => {
  it("is the truth where it stands at another uid or time", () => {
    const there = newest({ uid: "C", fromUid: "B", start: LATER });
    expect(decideByNewest(event({}), known(), phase, there)).toMatchObject({
      kind: "move",
      fromUid: "A",
      uid: "C",
      start: LATER,
    });
    expect(decideByNewest(event({}), known(), phase, newest())).toMatchObject({
      kind: "stale",
      why: "in_sync",
    });
  });

  it("reopens what was cancelled here, where it stands again", () => {
    const cancelled = { ...phase, cancelled: true };
    const reopened = decideByNewest(
      event({}),
      known({ status: "cancelled", phases: [cancelled] }),
      cancelled,
      newest({ uid: "B", fromUid: "A" }),
    );
    expect(reopened).toMatchObject({ kind: "move", uid: "B", cancelledAfter: false });
  });

  it("counts less than the cancel that is announced: it may not be written yet", () => {
    const cancel = event({ kind: "cancelled", uid: "B" });
    const still = newest({ uid: "B", fromUid: "A", start: LATER, active: true });
    expect(decideByNewest(cancel, known(), phase, still)).toMatchObject({
      kind: "move",
      uid: "B",
      cancelledAfter: true,
    });
    expect(decideByNewest(event({ kind: "cancelled" }), known(), phase, newest())).toMatchObject({
      kind: "cancel",
      uid: "A",
    });
  });

  it("revives nothing that is gone there, and makes nothing of it", () => {
    const gone = newest({ uid: "C", active: false });
    expect(decideByNewest(event({}), nothing, null, gone)).toMatchObject({ kind: "stale" });
    expect(decideByNewest(event({}), known({ status: "cancelled" }), phase, gone)).toMatchObject({
      kind: "stale",
    });
    expect(
      decideByNewest(event({}), { ...nothing, tombstones: ["C"] }, null, newest({ uid: "C" })),
    ).toMatchObject({ kind: "stale" });
    expect(decideByNewest(event({}), nothing, null, newest({ uid: "C", start: LATER }))).toMatchObject({
      kind: "create",
      booking: { uid: "C", start: LATER },
    });
  });
});

describe("times that make no sense", () => {
  it.each([END, START, null])("are never applied: Cal.com is asked when an event ends at %s", (end) => {
    for (const kind of ["created", "requested", "rescheduled"] as const) {
      const odd = event({ kind, uid: "B", rescheduleUid: "A", start: END, end });
      expect(decideEvent(odd, known())).toEqual({ kind: "ask", uid: "B" });
      expect(decideEvent(odd, nothing)).toEqual({ kind: "ask", uid: "B" });
    }
  });

  it("are not taken over from Cal.com's own answer either, but a booking that is gone is gone", () => {
    const odd = { uid: "B", fromUid: "A", start: LATER, end: START };
    const moved = event({ kind: "rescheduled", uid: "B", rescheduleUid: "A" });
    expect(decideByNewest(moved, known(), phase, newest(odd))).toEqual({
      kind: "note",
      why: "times_make_no_sense",
    });
    expect(decideByNewest(moved, nothing, null, newest(odd))).toMatchObject({ kind: "note" });
    expect(decideByNewest(moved, known(), phase, newest({ ...odd, active: false }))).toMatchObject({
      kind: "cancel",
      uid: "B",
    });
  });
});
