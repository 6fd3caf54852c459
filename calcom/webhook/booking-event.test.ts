import { describe, expect, it } from "vitest";
import type { CalcomBooking } from "../client.js";
import { parseWebhook } from "./body.js";
import { bookingToEvent } from "./booking-event.js";

const BOOKING: CalcomBooking = {
  id: 7,
  uid: "uidNew",
  status: "accepted",
  start: new Date("2031-03-04T09:00:00Z"),
  end: new Date("2031-03-04T09:45:00Z"),
  eventTypeId: 50,
  hosts: [{ id: 3, email: "emma@salon.example", name: "Emma" }],
  attendees: [
    { name: "Jörg", email: null, phone: "+4915112345678", timeZone: "Europe/Berlin", absent: true },
  ],
  metadata: { operationId: "op-1", appointmentId: "ap-1" },
  createdAt: new Date("2031-03-01T08:00:00Z"),
  updatedAt: new Date("2031-03-01T09:00:00Z"),
  rescheduledFromUid: "uidOld",
  rescheduledToUid: null,
  cancellationReason: "weg",
  absentHost: false,
};

describe("the event of a listed booking", () => {
  it("says what the lost webhook would have said", () => {
    const webhook = parseWebhook(
      new TextEncoder().encode(
        JSON.stringify({
          triggerEvent: "BOOKING_RESCHEDULED",
          createdAt: "2031-03-01T09:00:00.000Z",
          payload: {
            uid: "uidNew",
            bookingId: 7,
            rescheduleUid: "uidOld",
            eventTypeId: 50,
            startTime: "2031-03-04T10:00:00+01:00",
            endTime: "2031-03-04T10:45:00+01:00",
            status: "ACCEPTED",
            length: 45,
            metadata: { operationId: "op-1", appointmentId: "ap-1" },
            organizer: { id: 3, name: "Emma", email: "emma@salon.example" },
            attendees: [{ name: "Jörg", email: "4915112345678@sms.cal.com", timeZone: "Europe/Berlin" }],
          },
        }),
      ),
    );
    expect({ ok: true, ...bookingToEvent(BOOKING, "rescheduled") }).toEqual(webhook);
  });

  it("carries a reason only where something was called off, and marks only where somebody was absent", () => {
    expect(bookingToEvent({ ...BOOKING, status: "cancelled" }, "cancelled")).toMatchObject({
      event: { kind: "cancelled", status: "cancelled", noShow: null },
      person: { reason: "weg" },
    });
    expect(bookingToEvent(BOOKING, "created").person.reason).toBeNull();
    expect(bookingToEvent(BOOKING, "no_show").event).toMatchObject({ noShow: true, hostNoShow: false });
  });

  it("does without hosts and attendees", () => {
    const { event, person } = bookingToEvent({ ...BOOKING, hosts: [], attendees: [] }, "created");
    expect(event.organizerId).toBeNull();
    expect(person).toMatchObject({ attendee: null, organizerEmail: null });
  });
});
