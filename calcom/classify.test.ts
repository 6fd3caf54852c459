import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { classify } from "./classify.js";
import { CalcomError } from "./errors.js";
import fixtures from "./fixtures/errors.json" with { type: "json" };

const fixture = z.object({
  id: z.string(),
  http: z.number(),
  body: z.unknown().optional(),
  text: z.string().optional(),
  expect: z.looseObject({ kind: z.string(), mayHaveHappened: z.boolean() }),
});

const SECRETS = /@|https?:|uid=|oldUid1|newUid2|kQ7oldUid1|nOtHere1|example/i;

describe("error bodies of Cal.com", () => {
  it.each(fixture.array().parse(fixtures))("of a write: $id ($http) is $expect.kind", (each) => {
    const error = classify({ status: each.http, requestId: "r-1", body: bodyOf(each) }, true);
    expect(error).toMatchObject({ ...each.expect, status: each.http, requestId: "r-1" });
    expect(error.message).not.toMatch(SECRETS);
    expect(error.message).not.toBe("");
  });

  it.each(fixture.array().parse(fixtures))("of a read: $id ($http) says that nothing happened", (each) => {
    const error = classify({ status: each.http, requestId: null, body: bodyOf(each) }, false);
    expect(error.mayHaveHappened).toBe(false);
    expect(error.kind).not.toBe("ambiguous");
  });

  it("never passes on what Cal.com wrote, whatever it is", () => {
    const anyBody = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(...fixtures.map((each) => bodyOf(each))),
    );
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), anyBody, fc.boolean(), (status, body, write) => {
        const error = classify({ status, requestId: null, body }, write);
        expect(error).toBeInstanceOf(CalcomError);
        expect(error.message).toMatch(/^[\w' ,().:-]{5,100}$/);
        expect(error.cause).toBeUndefined();
        if (!write) expect(error.mayHaveHappened).toBe(false);
        if (status >= 500) expect(error.mayHaveHappened).toBe(write);
      }),
    );
  });
});

const REFERENCE = join(
  process.env.CALCOM_REFERENCE_DIR ?? join(import.meta.dirname, "../../shared/calcom"),
  "errors.json",
);

/** What a client must make of each body of the reference, by its id. */
const EXPECTED: Record<
  string,
  { kind: string; mayHaveHappened?: boolean; field?: string; rescheduledToUid?: string; existingUid?: string }
> = {
  "booking.no_availability.single": { kind: "taken", mayHaveHappened: true },
  "booking.no_availability.team": { kind: "taken", mayHaveHappened: true },
  "booking.out_of_bounds": { kind: "out_of_bounds" },
  "booking.past": { kind: "past" },
  "booking.booker_limit": { kind: "booker_limit" },
  "booking.booker_limit_reschedule": { kind: "booker_limit", existingUid: "bk_old_uid" },
  "booking.managed_parent": { kind: "invalid" },
  "booking.no_hosts": { kind: "invalid" },
  "booking.event_type_404": { kind: "not_found" },
  "booking.required_field.zod": { kind: "missing_field", field: "notes" },
  "booking.conflict.raw": { kind: "taken", mayHaveHappened: true },
  "booking.fixed_host.raw500": { kind: "ambiguous", mayHaveHappened: true },
  "seated.full": { kind: "taken" },
  "auth.invalid_key": { kind: "unauthorized" },
  "auth.expired_key": { kind: "unauthorized" },
  "auth.throttler_key": { kind: "unauthorized" },
  "auth.licence": { kind: "unauthorized" },
  "auth.booking_requires_auth": { kind: "unauthorized" },
  "auth.booking_requires_auth_403": { kind: "forbidden" },
  "version.route_404": { kind: "version" },
  "get.404": { kind: "not_found" },
  "reschedule.already": { kind: "already_rescheduled", rescheduledToUid: "new" },
  "reschedule.cancelled": { kind: "gone" },
  "cancel.already": { kind: "already_cancelled" },
  "cancel.reason_required.raw": { kind: "missing_field", field: "cancellationReason" },
  "absent.too_early": { kind: "rejected" },
  "reservation.taken": { kind: "taken" },
  "reservation.booked": { kind: "taken" },
  "webhook.duplicate_url": { kind: "duplicate" },
  "prisma.unique": { kind: "taken", mayHaveHappened: true },
  "rate.429": { kind: "rate_limited" },
  "raw.500": { kind: "ambiguous", mayHaveHappened: true },
  "query.validation": { kind: "invalid", field: "take" },
  "confirm.already": { kind: "rejected" },
  "confirm.unauthorized": { kind: "forbidden" },
  "reschedule.core_cancelled.raw": { kind: "gone" },
  "cancel.ended.raw": { kind: "rejected" },
  "cancel.disabled.raw": { kind: "rejected" },
  "cancel.already.raw": { kind: "already_cancelled" },
  "validation.create_unknown_field": { kind: "invalid", field: "idempotencyKey" },
  "validation.create_eventTypeId_as_string": { kind: "invalid", field: "eventTypeId" },
  "validation.create_attendee_without_email_and_phone": { kind: "invalid", field: "attendee.email" },
  "validation.create_attendee_bad_tz": { kind: "invalid", field: "attendee.timeZone" },
  "validation.create_bad_language": { kind: "invalid", field: "attendee.language" },
  "validation.create_metadata_nested": { kind: "invalid", field: "metadata" },
  "validation.create_no_event_type": { kind: "invalid", field: "eventTypeId" },
  "validation.create_no_attendee": { kind: "invalid", field: "attendee" },
  "validation.reschedule_no_start": { kind: "invalid", field: "start" },
  "validation.slots_old_names": { kind: "invalid", field: "startTime" },
  "validation.slots_slug_without_username": { kind: "invalid", field: "eventTypeSlug" },
};

describe.runIf(existsSync(REFERENCE))("the reference's error bodies", () => {
  const bodies = existsSync(REFERENCE)
    ? z
        .array(z.object({ id: z.string(), http: z.number(), body: z.unknown() }))
        .parse(JSON.parse(readFileSync(REFERENCE, "utf8")))
    : [];

  it("are all there", () => {
    expect(bodies).toHaveLength(70);
    const ids = new Set(bodies.map((each) => each.id));
    expect(Object.keys(EXPECTED).filter((id) => !ids.has(id))).toEqual([]);
  });

  it.each(bodies)("$id is understood", ({ id, http, body }) => {
    const wanted = EXPECTED[id] ?? (id.startsWith("validation.") ? { kind: "invalid" } : null);
    expect(wanted, `no expectation for ${id}`).not.toBeNull();
    const error = classify({ status: http, requestId: null, body: JSON.stringify(body) }, true);
    expect(error).toMatchObject({ mayHaveHappened: false, ...wanted, status: http });
    expect(error.message).not.toMatch(SECRETS);
  });
});

function bodyOf(each: { body?: unknown; text?: string | undefined }): string {
  return each.text ?? JSON.stringify(each.body);
}
