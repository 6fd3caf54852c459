import { type Answer, ApiError, badRequest, Dropped, raw, success } from "./answers.js";
import { takenText } from "./booking-checks.js";
import type { Booking } from "./model.js";
import { bookingOutput } from "./output.js";
import type { World } from "./routes.js";
import type { Effect } from "./settings.js";
import { newUid } from "./uid.js";

const HTML =
  "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Error</h1><p>cloudflare</p></body></html>";

/** What the simulator reads of a request before the route does. */
export interface RequestIds {
  readonly eventTypeId: number | undefined;
  readonly operationId: string | undefined;
  readonly attendeeEmail: string | undefined;
}

/** An answer that a fault gives in place of the work; undefined where the work is done. */
export function faultAnswer(fault: Effect | undefined, seen: RequestIds, world: World): Answer | undefined {
  switch (fault?.kind) {
    case "drop-before-commit":
      throw new Dropped();
    case "taken-400":
      throw badRequest(takenText(world.store.eventTypes.get(seen.eventTypeId ?? 0)));
    case "401":
      throw new ApiError(401, "ApiAuthStrategy - api key - Your api key is not valid");
    case "status":
      return statusAnswer(fault);
    case "return-older-foreign-booking":
      return fault.commit ? undefined : foreignAnswer(world, seen.eventTypeId, seen.attendeeEmail, undefined);
    default:
      return undefined;
  }
}

function statusAnswer(fault: Extract<Effect, { kind: "status" }>): Answer {
  switch (fault.envelope) {
    case "html":
      return { status: fault.code, body: null, raw: { contentType: "text/html; charset=UTF-8", text: HTML } };
    case "empty":
      return { status: fault.code, body: null, raw: { contentType: "text/plain", text: "" } };
    case "truncated":
      return {
        status: fault.code,
        body: null,
        raw: { contentType: "application/json", text: '{"status":"success","data":{"id":12' },
      };
    default:
      throw new ApiError(
        fault.code,
        fault.message,
        fault.envelope,
        fault.envelope === "b" ? bCode(fault.code) : undefined,
      );
  }
}

const bCode = (status: number): string =>
  ({ 400: "BAD_REQUEST", 404: "NOT_FOUND", 409: "CONFLICT" })[status] ?? "INTERNAL_SERVER_ERROR";

/** What a fault makes of the answer after the work is done. */
export function alterAnswer(
  fault: Effect | undefined,
  answer: Answer,
  seen: RequestIds,
  world: World,
): Answer {
  if (answer.status >= 300) return answer;
  switch (fault?.kind) {
    case "commit-then-500":
      throw raw(500, "Internal server error");
    case "400-although-created":
      throw badRequest(takenText(world.store.eventTypes.get(seen.eventTypeId ?? 0)));
    case "return-older-foreign-booking":
      return foreignAnswer(world, seen.eventTypeId, seen.attendeeEmail, answer);
    case "answer-without-uid":
      return withoutUid(answer);
    default:
      return answer;
  }
}

function dataOf(answer: Answer | undefined): Record<string, unknown> {
  const { body } = answer ?? {};
  if (typeof body !== "object" || body === null || !("data" in body)) return {};
  return typeof body.data === "object" && body.data !== null ? { ...body.data } : {};
}

function withoutUid(answer: Answer): Answer {
  const { uid: _uid, icsUid: _icsUid, ...data } = dataOf(answer);
  return success(data, answer.status);
}

/** The oldest booking of somebody else; one is invented (and kept) where nobody else has any. */
function foreignAnswer(
  world: World,
  eventTypeId: number | undefined,
  attendeeEmail: string | undefined,
  answer: Answer | undefined,
): Answer {
  const own = dataOf(answer).uid;
  let oldest: Booking | undefined;
  for (const row of world.store.all()) {
    if (row.uid === own || row.attendee.email === attendeeEmail) continue;
    if (eventTypeId !== undefined && row.eventTypeId !== eventTypeId) continue;
    if (oldest === undefined || row.createdAt < oldest.createdAt) oldest = row;
  }
  if (oldest === undefined) {
    const type = world.store.eventTypes.get(eventTypeId ?? 0);
    const start = Math.ceil(Date.now() / 3_600_000) * 3_600_000 - 7 * 86_400_000;
    oldest = {
      id: world.store.nextId(),
      uid: newUid(),
      title: `${type?.title ?? "Meeting"} with Somebody Else`,
      eventTypeId: type?.id ?? 0,
      hostIds: type === undefined ? [] : world.store.hostIds(type).slice(0, 1),
      start,
      end: start + (type?.lengthInMinutes ?? 30) * 60_000,
      status: "accepted",
      attendee: {
        name: "Somebody Else",
        email: "somebody.else@example.com",
        timeZone: "UTC",
        language: "en",
        absent: false,
      },
      guests: [],
      responses: {},
      metadata: {},
      location: type?.location ?? "integrations:daily",
      createdAt: start - 86_400_000,
      updatedAt: start - 86_400_000,
      sequence: 0,
      source: "WEBAPP",
      absentHost: false,
    };
    world.store.save(oldest);
  }
  return success(bookingOutput(world.store, oldest), answer?.status ?? 201);
}
