import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CalcomEvent } from "./event.js";
import { semanticKey } from "./semantic-key.js";

const CREATED: CalcomEvent = {
  trigger: "BOOKING_CREATED",
  kind: "created",
  uid: "u1",
  bookingId: 1,
  rescheduleUid: null,
  eventTypeId: 50,
  start: "2031-03-04T09:00:00.000Z",
  end: "2031-03-04T09:30:00.000Z",
  status: "accepted",
  iCalSequence: 0,
  operationId: "op-1",
  appointmentId: null,
  organizerId: 3,
  requestReschedule: false,
  noShow: null,
  hostNoShow: null,
  lengthMinutes: 30,
  sentAt: "2031-03-01T08:00:00.000Z",
};
const key = (over: Partial<CalcomEvent> = {}) => semanticKey({ ...CREATED, ...over });

describe("the semantic key of a webhook", () => {
  it("is the same for the copies that several registrations of one webhook send", () => {
    expect(key({ sentAt: "2031-03-01T08:00:00.417Z" })).toBe(key());
  });

  it.each<[string, Partial<CalcomEvent>]>([
    ["another trigger", { trigger: "BOOKING_REQUESTED", kind: "requested" }],
    ["another booking", { uid: "u2" }],
    ["another origin", { rescheduleUid: "u0" }],
    ["another status", { status: "pending" }],
    ["another start", { start: "2031-03-04T09:15:00.000Z" }],
    ["a later change", { iCalSequence: 1 }],
    ["another host", { organizerId: 4 }],
  ])("differs for %s", (_, over) => {
    expect(key(over)).not.toBe(key());
  });

  it("lets a no-show be marked, taken back and marked again", () => {
    const mark = (noShow: boolean, sentAt: string) =>
      key({ trigger: "BOOKING_NO_SHOW_UPDATED", kind: "no_show", noShow, sentAt });
    const keys = [
      mark(true, "2031-03-04T10:00:00Z"),
      mark(false, "2031-03-04T10:01:00Z"),
      mark(true, "2031-03-04T10:02:00Z"),
    ];
    expect(new Set(keys).size).toBe(3);
  });

  it("takes a meeting that began as one, whatever else its columns say by then", () => {
    const began = (over: Partial<CalcomEvent>) =>
      key({ trigger: "MEETING_STARTED", kind: "meeting_started", ...over });
    expect(began({ iCalSequence: 4, status: "accepted" })).toBe(began({ iCalSequence: 0, status: null }));
    expect(began({ start: "2031-03-05T09:00:00.000Z" })).not.toBe(began({}));
  });

  it("never mixes neighbouring fields up, and stays short", () => {
    expect(key({ uid: "a|b", rescheduleUid: "c" })).not.toBe(key({ uid: "a", rescheduleUid: "b|c" }));
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 300 }), (uid, trigger) => {
        expect(key({ uid, trigger }).length).toBeLessThanOrEqual(500);
      }),
    );
    const short = fc.string({ maxLength: 15 });
    fc.assert(
      fc.property(short, short, short, short, (a, b, c, d) => {
        fc.pre(a !== c || b !== d);
        expect(key({ uid: a, rescheduleUid: b })).not.toBe(key({ uid: c, rescheduleUid: d }));
      }),
    );
  });
});
