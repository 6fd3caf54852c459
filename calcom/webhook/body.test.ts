import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { semanticKey } from "../../domain/calcom/semantic-key.js";
import { parseWebhook } from "./body.js";

const bytes = (body: unknown) =>
  new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));

function parse(
  trigger: string,
  payload: object,
  envelope: object = { createdAt: "2031-03-01T08:00:00.000Z" },
) {
  const parsed = parseWebhook(bytes({ triggerEvent: trigger, ...envelope, payload }));
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed;
}

const PAYLOAD = {
  uid: "uidNew",
  bookingId: 201,
  eventTypeId: 50,
  startTime: "2031-03-04T09:00:00Z",
  endTime: "2031-03-04T09:45:00Z",
  status: "ACCEPTED",
  iCalSequence: 0,
  length: 45,
  organizer: { id: 3, name: "Emma", email: "Emma@Salon.example", timeZone: "Europe/Berlin" },
  attendees: [
    { name: "Jörg", email: "Joerg@Example.org", timeZone: "Europe/Berlin", language: { locale: "de" } },
    { name: "Guest", email: "guest@example.org", timeZone: "UTC", language: { locale: "en" } },
  ],
  responses: { notes: { label: "notes", value: "leise bitte" } },
  location: "Hauptstr. 1",
  metadata: { operationId: "op-1", appointmentId: "ap-1", videoCallUrl: "https://x" },
};

describe("a webhook that is understood", () => {
  it("gives the facts of a booking without anything personal, and the person apart", () => {
    const { event, person } = parse("BOOKING_CREATED", PAYLOAD);
    expect(event).toEqual({
      trigger: "BOOKING_CREATED",
      kind: "created",
      uid: "uidNew",
      bookingId: 201,
      rescheduleUid: null,
      eventTypeId: 50,
      start: "2031-03-04T09:00:00.000Z",
      end: "2031-03-04T09:45:00.000Z",
      status: "accepted",
      iCalSequence: 0,
      operationId: "op-1",
      appointmentId: "ap-1",
      organizerId: 3,
      requestReschedule: false,
      noShow: null,
      hostNoShow: null,
      lengthMinutes: 45,
      sentAt: "2031-03-01T08:00:00.000Z",
    });
    expect(person).toEqual({
      attendee: {
        name: "Jörg",
        email: "joerg@example.org",
        phone: null,
        timeZone: "Europe/Berlin",
        language: "de",
      },
      organizerEmail: "emma@salon.example",
      organizerName: "Emma",
      reason: null,
      notes: "leise bitte",
      location: "Hauptstr. 1",
    });
    expect(JSON.stringify(event)).not.toMatch(/@|Jörg|Emma|leise|Haupt/);
  });

  it("may be the confirmation of a request, which has no metadata and the same uid", () => {
    const { metadata: _, ...confirmed } = { ...PAYLOAD, startTime: "2031-03-04T09:00:00.000Z" };
    expect(parse("BOOKING_CREATED", confirmed).event).toMatchObject({
      kind: "created",
      status: "accepted",
      operationId: null,
      start: "2031-03-04T09:00:00.000Z",
    });
  });

  it.each([
    "2031-03-04T09:00:00Z",
    "2031-03-04T09:00:00.000Z",
    "2031-03-04T09:00:00+00:00",
    "2031-03-04T10:00:00+01:00",
    "2031-03-04T04:30:00-0430",
    "2031-03-04T09:00:00",
    "2031-03-04 09:00:00+00",
  ])("means the same instant by %s", (startTime) => {
    expect(parse("BOOKING_CANCELLED", { ...PAYLOAD, startTime }).event.start).toBe(
      "2031-03-04T09:00:00.000Z",
    );
  });

  it.each(["2031-02-30T09:00:00Z", "tomorrow", "", 7, null, "2031-03-04"])(
    "takes %j as no instant",
    (startTime) => {
      expect(parse("BOOKING_CANCELLED", { ...PAYLOAD, startTime }).event.start).toBeNull();
    },
  );

  it("knows a reschedule by both uids, and its reason", () => {
    const payload = {
      ...PAYLOAD,
      rescheduleUid: "uidOld",
      responses: { rescheduleReason: { label: "reason", value: "krank" } },
    };
    const moved = parse("BOOKING_RESCHEDULED", payload);
    expect(moved.event).toMatchObject({ kind: "rescheduled", uid: "uidNew", rescheduleUid: "uidOld" });
    expect(moved.person.reason).toBe("krank");
    expect(parse("BOOKING_REQUESTED", { ...payload, status: "PENDING" }).event).toMatchObject({
      kind: "requested",
      status: "pending",
      rescheduleUid: "uidOld",
    });
    expect(parse("BOOKING_CREATED", { ...PAYLOAD, rescheduleUid: "" }).event.rescheduleUid).toBeNull();
  });

  it("tells a cancellation from a host's wish for another time, and gives only its own reason", () => {
    const responses = { rescheduleReason: { label: "reason", value: "an old one" } };
    const plain = parse("BOOKING_CANCELLED", {
      ...PAYLOAD,
      responses,
      cancellationReason: "weg",
      status: "CANCELLED",
    });
    expect(plain.event).toMatchObject({ kind: "cancelled", status: "cancelled", requestReschedule: false });
    expect(plain.person.reason).toBe("weg");
    expect(parse("BOOKING_CANCELLED", { ...PAYLOAD, responses }).person.reason).toBeNull();
    expect(parse("BOOKING_CANCELLED", { ...PAYLOAD, requestReschedule: true }).event.requestReschedule).toBe(
      true,
    );
    expect(parse("BOOKING_REJECTED", { ...PAYLOAD, rejectionReason: "voll" }).person.reason).toBe("voll");
  });

  it("is flat for meetings, whose time of creation is the booking's", () => {
    const { metadata, ...flat } = PAYLOAD;
    const body = {
      triggerEvent: "MEETING_ENDED",
      ...flat,
      bookingId: undefined,
      id: 201,
      userId: 3,
      organizer: undefined,
      user: { email: "emma@salon.example", name: "Emma" },
      createdAt: "2031-01-01T00:00:00.000Z",
      fromReschedule: "uidOld",
      noShowHost: false,
      attendees: [
        {
          id: 1,
          email: "joerg@example.org",
          name: "Jörg",
          locale: "de",
          noShow: false,
          phoneNumber: "+4915112345678",
        },
      ],
      metadata,
    };
    const parsed = parseWebhook(bytes(body));
    expect(parsed).toMatchObject({
      ok: true,
      event: {
        kind: "meeting_ended",
        uid: "uidNew",
        bookingId: 201,
        organizerId: 3,
        rescheduleUid: "uidOld",
        operationId: "op-1",
        sentAt: null,
        noShow: null,
        hostNoShow: null,
      },
      person: { attendee: { language: "de", phone: "+4915112345678" }, organizerName: "Emma" },
    });
  });

  it("knows who did not come, and who is taken back", () => {
    const mark = (noShow: boolean) =>
      parse("BOOKING_NO_SHOW_UPDATED", {
        bookingUid: "u",
        bookingId: 1,
        attendees: [{ email: "a@b.de", noShow }],
      }).event;
    expect(mark(true)).toMatchObject({ kind: "no_show", uid: "u", noShow: true, hostNoShow: null });
    expect(mark(false)).toMatchObject({ kind: "no_show", noShow: false });
    const marked = parse("BOOKING_NO_SHOW_UPDATED", {
      bookingUid: "u",
      attendees: [
        { email: "guest@b.de", noShow: true },
        { email: "a@b.de", noShow: false },
        { email: "other@b.de" },
      ],
    });
    expect(marked.person.noShows).toEqual([
      { email: "guest@b.de", absent: true },
      { email: "a@b.de", absent: false },
    ]);
    const host = { bookingUid: "u", noShowHost: true, attendees: [{ noShow: true }], eventType: { id: 789 } };
    expect(parse("AFTER_HOSTS_CAL_VIDEO_NO_SHOW", host).event).toMatchObject({
      noShow: null,
      hostNoShow: true,
      eventTypeId: 789,
    });
    const guests = { bookingUid: "u", attendees: [{ noShow: true }] };
    expect(parse("AFTER_GUESTS_CAL_VIDEO_NO_SHOW", guests).event).toMatchObject({
      noShow: true,
      hostNoShow: null,
    });
  });

  it("knows the new host of a reassignment, and keeps foreign triggers as other", () => {
    expect(parse("BOOKING_REASSIGNED", PAYLOAD).event).toMatchObject({ kind: "reassigned", organizerId: 3 });
    expect(parse("booking.created", PAYLOAD).event).toMatchObject({
      trigger: "BOOKING_CREATED",
      kind: "created",
    });
    expect(parse("SOMETHING_NEW", {}).event).toMatchObject({ kind: "other", uid: null });
    expect(parse("PING", { type: "Test" }).event).toMatchObject({ kind: "ping", uid: null });
  });

  it("finds the phone number wherever it stands", () => {
    const phone = (over: object) => parse("BOOKING_CREATED", { ...PAYLOAD, ...over }).person.attendee?.phone;
    const first = (over: object) => ({ attendees: [{ ...PAYLOAD.attendees[0], ...over }] });
    expect(phone(first({ phoneNumber: "+491511" }))).toBe("+491511");
    expect(phone({ responses: { attendeePhoneNumber: { value: "+491512" } } })).toBe("+491512");
    expect(phone({ responses: { phone: "+491513" } })).toBe("+491513");
    expect(phone({ smsReminderNumber: "+491514" })).toBe("+491514");
    expect(phone({ responses: { attendeePhoneNumber: { label: "x", isHidden: true } } })).toBeNull();
  });

  it("knows a phone-only attendee by the address that Cal.com made up", () => {
    const attendees = [{ name: "J", email: "4915112345678@sms.cal.com" }];
    expect(parse("BOOKING_CREATED", { ...PAYLOAD, attendees }).person.attendee).toMatchObject({
      email: null,
      phone: "+4915112345678",
    });
  });

  it("takes the booker from the answers when no attendees are sent", () => {
    const responses = {
      name: { value: { firstName: "Anna", lastName: "Öz" } },
      email: { value: "A@b.de" },
    };
    expect(parse("BOOKING_CREATED", { ...PAYLOAD, attendees: [], responses }).person.attendee).toMatchObject({
      name: "Anna Öz",
      email: "a@b.de",
    });
    expect(parse("BOOKING_PAID", { uid: "u" }).person.attendee).toBeNull();
  });

  it("holds no sign that the database cannot store", () => {
    expect(parse("BOOKING_CREATED", { ...PAYLOAD, additionalNotes: "a\u0000b" }).person.notes).toBe("ab");
  });

  it("survives any payload, with every field that is not what it should be as none", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(PAYLOAD), "responses", "metadata"), fc.jsonValue()),
        (payload) => {
          const { event } = parse("BOOKING_CREATED", payload);
          expect(event.kind).toBe("created");
          expect(semanticKey(event).length).toBeLessThanOrEqual(500);
          for (const value of [event.start, event.end])
            if (value !== null) expect(value).toMatch(/^[\d-]+T[\d:.]+Z$/);
        },
      ),
    );
  });
});

describe("a webhook that is not understood", () => {
  it.each([
    ["false", "false"],
    ["name=Anna&when=now", "form-encoded"],
    ['{ "title": "Anna "quoted" Öz" }', "not JSON"],
    ["{}", "no triggerEvent"],
    ['{"triggerEvent":""}', "no triggerEvent"],
    ['{"triggerEvent":7,"payload":{}}', "no triggerEvent"],
    ["[]", "no triggerEvent"],
    ["null", "no triggerEvent"],
    ['"text"', "no triggerEvent"],
    ['{"title":"flat, as for Zapier","startTime":"2031-03-04T09:00:00Z"}', "no triggerEvent"],
  ])("says why and names the payload template: %s", (body, reason) => {
    const parsed = parseWebhook(bytes(body));
    expect(parsed).toMatchObject({ ok: false, detail: expect.stringContaining(reason) });
    expect(parsed).toMatchObject({ detail: expect.stringContaining("payload template") });
    expect(JSON.stringify(parsed)).not.toContain("Anna");
  });

  it("may be empty", () => {
    expect(parseWebhook(new Uint8Array())).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^the body is empty; .*payload template/),
    });
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (raw) => {
        expect(typeof parseWebhook(raw).ok).toBe("boolean");
      }),
    );
  });
});

const REFERENCE = join(
  process.env.CALCOM_REFERENCE_DIR ?? join(import.meta.dirname, "../../../shared/calcom"),
  "webhooks",
);

describe.runIf(existsSync(REFERENCE))("the reference's example bodies", () => {
  const files = existsSync(REFERENCE) ? readdirSync(REFERENCE) : [];

  it.each(files)("%s is understood", (file) => {
    const parsed = parseWebhook(readFileSync(join(REFERENCE, file)));
    if (!parsed.ok) throw new Error(parsed.detail);
    const trigger = file.split(".")[0];
    expect(parsed.event.trigger).toBe(trigger);
    if (/^(BOOKING|MEETING|AFTER)_/.test(file)) {
      expect(parsed.event.kind).not.toBe("other");
      expect(parsed.event.uid).toMatch(/^[\w-]+$/);
      expect(parsed.person.attendee?.email).toMatch(/@example\.com$/);
      expect(JSON.stringify(parsed.event)).not.toMatch(/@|Guest|Organizer/);
    }
  });

  it("have keys of their own", () => {
    const keys = files.map((file) => {
      const parsed = parseWebhook(readFileSync(join(REFERENCE, file)));
      return parsed.ok ? semanticKey(parsed.event) : file;
    });
    expect(new Set(keys).size).toBe(files.length);
  });
});

describe("times that make no sense", () => {
  const timesOf = (startTime: unknown, endTime: unknown) => {
    const parsed = parseWebhook(
      new TextEncoder().encode(
        JSON.stringify({ triggerEvent: "BOOKING_CREATED", payload: { uid: "u", startTime, endTime } }),
      ),
    );
    return parsed.ok ? { start: parsed.event.start, end: parsed.event.end } : null;
  };

  it.each(["2031-03-04T08:30:00Z", "2031-03-04T09:00:00Z", "2031-03-04T10:00:00+01:00"])(
    "an end at %s, not after the start, is none",
    (end) =>
      expect(timesOf("2031-03-04T09:00:00Z", end)).toEqual({ start: "2031-03-04T09:00:00.000Z", end: null }),
  );

  it.each(["0000-01-01T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])(
    "a time in a year that no database takes (%s) is none",
    (start) => expect(timesOf(start, start)).toEqual({ start: null, end: null }),
  );

  it("a number that fits no column is none", () => {
    const parsed = parseWebhook(
      new TextEncoder().encode(
        JSON.stringify({
          triggerEvent: "BOOKING_CREATED",
          payload: { uid: "u", organizer: { id: 2 ** 31 }, eventTypeId: "99999999999", bookingId: 7 },
        }),
      ),
    );
    expect(parsed).toMatchObject({ event: { organizerId: null, eventTypeId: null, bookingId: 7 } });
  });
});
