import { type ErrorBody, readErrorBody } from "./error-body.js";
import { CalcomError, type CalcomErrorFacts, type CalcomErrorKind } from "./errors.js";

/** An answer that is not a success. */
export interface FailedAnswer {
  status: number;
  requestId: string | null;
  body: string;
}

interface Rule {
  status?: number;
  code?: string;
  text?: RegExp;
  kind: CalcomErrorKind;
  message: string;
  /** Of a write: it may have taken effect, by this request or by an earlier one that seemed to fail. */
  mayHaveHappened?: boolean;
  facts?: (body: ErrorBody) => CalcomErrorFacts;
}

const TAKEN = "the slot is not free";
const field = (name: string | null | undefined): CalcomErrorFacts => ({ field: name?.trim() || null });
const capture = (pattern: RegExp, text: string) => pattern.exec(text)?.[1] ?? null;

/**
 * The texts are Cal.com's and drift; so status and code decide first where they can, and what no rule knows
 * is still told apart by its status.
 */
const RULES: readonly Rule[] = [
  {
    status: 400,
    text: /already has booking at this time or is not available/i,
    kind: "taken",
    message: TAKEN,
    mayHaveHappened: true,
  },
  {
    status: 400,
    text: /no_available_users_found_error|booking_conflict_error/i,
    kind: "taken",
    message: TAKEN,
    mayHaveHappened: true,
  },
  {
    status: 409,
    text: /webhook.*already exists/i,
    kind: "duplicate",
    message: "this webhook is registered already",
  },
  { status: 409, text: /no more seats/i, kind: "taken", message: "no seat is left" },
  { status: 409, kind: "taken", message: TAKEN, mayHaveHappened: true },
  {
    status: 422,
    text: /already reserved|already booked/i,
    kind: "taken",
    message: "the slot is reserved or booked",
  },
  {
    status: 400,
    text: /cancelled and rescheduled already to booking/i,
    kind: "already_rescheduled",
    message: "the booking was moved before",
    facts: ({ message }) => ({
      rescheduledToUid: capture(/rescheduled already to booking with uid=([\w-]+)/i, message),
    }),
  },
  {
    status: 400,
    text: /can't reschedule booking .*has been cancelled|cancelled_bookings_cannot_be_rescheduled/i,
    kind: "gone",
    message: "the booking is cancelled and cannot be moved",
  },
  {
    status: 400,
    text: /can't cancel booking .*cancelled already|already been cancelled/i,
    kind: "already_cancelled",
    message: "the booking was cancelled before",
  },
  {
    status: 400,
    text: /can't be booked at the "?start"? time|minimum booking notice|booking_time_out_of_bounds/i,
    kind: "out_of_bounds",
    message: "the start lies outside the event type's notice or window",
  },
  { status: 400, text: /meeting in the past/i, kind: "past", message: "the start lies in the past" },
  {
    status: 400,
    text: /maximum number of active bookings/i,
    kind: "booker_limit",
    message: "the attendee has as many bookings as the event type allows",
    facts: ({ message }) => ({ existingUid: capture(/existing booking \(([\w-]+)\)/i, message) }),
  },
  {
    status: 400,
    text: /cancellation reason is required/i,
    kind: "missing_field",
    message: "a reason is required",
    facts: () => field("cancellationReason"),
  },
  {
    status: 400,
    text: /error_required_field|missing required booking field/i,
    kind: "missing_field",
    message: "the event type requires an answer that was not given",
    facts: ({ message }) =>
      field(
        capture(/\{([\w.-]+)\}error_required_field/, message) ??
          capture(/missing required booking field response:\s*"?([\w.-]+)/i, message),
      ),
  },
  {
    status: 400,
    text: /missing attendee phone/i,
    kind: "missing_field",
    message: "the event type requires a phone number",
    facts: () => field("attendeePhoneNumber"),
  },
  {
    status: 400,
    text: /\{[\w.-]+\}(email_validation_error|invalid_number|duplicate_email|exclude_emails|require_emails)/,
    kind: "invalid",
    message: "the event type refuses an answer",
    facts: ({ message }) => field(capture(/\{([\w.-]+)\}/, message)),
  },
  {
    status: 400,
    text: /has already ended|does not allow cancell|only be marked as absent|no other host is|not a valid round robin/i,
    kind: "rejected",
    message: "Cal.com refuses this change",
  },
  { status: 400, code: "TRPCError", kind: "rejected", message: "Cal.com refuses this change" },
  {
    status: 400,
    text: /property is wrong/i,
    kind: "invalid",
    message: "the request is not valid",
    facts: ({ message }) => field(wrongProperty(message)),
  },
  {
    status: 400,
    text: /body is required|parent managed event type|invalid option|bad request exception|invalid status/i,
    kind: "invalid",
    message: "the request or the event type's set-up is not valid",
    facts: ({ property }) => field(property),
  },
  { status: 401, code: "TRPCError", kind: "forbidden", message: "the key may not change this booking" },
  {
    status: 401,
    text: /license|licence/i,
    kind: "unauthorized",
    message: "the Cal.com instance has no valid licence key",
  },
  { status: 401, kind: "unauthorized", message: "the API key is not valid" },
  { status: 404, text: /^cannot (get|post|put|patch|delete) /i, kind: "version", message: "no such route" },
  { status: 422, kind: "invalid", message: "the event type's set-up is not valid" },
  { status: 413, kind: "invalid", message: "the request is too large" },
];

/**
 * The typed error for an answer with a status of 300 or more.
 *
 * @param write whether the request could have changed something
 */
export function classify(answer: FailedAnswer, write: boolean): CalcomError {
  const { status, requestId } = answer;
  const known = { status, requestId };
  const body = readErrorBody(answer.body);

  if (status >= 500 || status === 408) return unanswered("Cal.com failed", write, known);
  if (status === 429) return new CalcomError("rate_limited", "Cal.com's rate limit is reached", known);
  if (status < 400)
    return new CalcomError("version", "Cal.com redirects: the base URL is not the API's", known);

  const rule = RULES.find((candidate) => fits(candidate, status, body));
  if (rule && (body.readable || rule.text || status === 401)) {
    return new CalcomError(rule.kind, rule.message, {
      ...known,
      mayHaveHappened: write && (rule.mayHaveHappened ?? false),
      ...rule.facts?.(body),
    });
  }
  if (!body.readable) return unreadableRefusal(status, answer.body, write, known);
  switch (status) {
    case 403:
      return new CalcomError("forbidden", "the key may not do this", known);
    case 404:
      return new CalcomError("not_found", "Cal.com does not know it", known);
    default:
      return new CalcomError("rejected", "Cal.com refuses", known);
  }
}

/** No usable answer: of a write nobody knows, of a read nothing was changed. */
export function unanswered(what: string, write: boolean, facts: CalcomErrorFacts = {}): CalcomError {
  return new CalcomError(write ? "ambiguous" : "unavailable", what, { ...facts, mayHaveHappened: write });
}

function fits(rule: Rule, status: number, body: ErrorBody): boolean {
  return (
    (rule.status === undefined || rule.status === status) &&
    (rule.code === undefined || rule.code === body.code) &&
    (rule.text === undefined || rule.text.test(body.message))
  );
}

/** A refusal without an envelope of the API comes from a proxy before it, or was cut off on its way. */
function unreadableRefusal(status: number, body: string, write: boolean, known: CalcomErrorFacts) {
  const cutOff = /^\s*[{[]/.test(body);
  if (cutOff || (status === 409 && write)) return unanswered("the answer cannot be read", write, known);
  if (status === 403) return new CalcomError("unavailable", "a proxy before Cal.com refuses us", known);
  if (status === 404) return new CalcomError("version", "no such route", known);
  return new CalcomError("rejected", "Cal.com refuses without saying why", known);
}

/** `attendee property is wrong, timeZone property is wrong,…` is `attendee.timeZone`; siblings follow constraints. */
function wrongProperty(message: string): string | null {
  if (/at least one contact method/i.test(message)) return "attendee.email";
  const [, outer, inner] =
    /^\s*([\w.-]+)(?: [^,]*?)? property is wrong,(?: ([\w.-]+) property is wrong,)?/.exec(message) ?? [];
  if (outer === undefined) return null;
  return inner === undefined ? outer : `${outer}.${inner}`;
}
