/**
 * What went wrong, in words that callers decide by.
 *
 * - `taken`: the slot is not free (or, after a doubtful attempt, our own booking holds it)
 * - `gone`: the booking is cancelled for good and cannot be changed
 * - `already_cancelled`, `already_rescheduled`: the change was made before; see `rescheduledToUid`
 * - `rejected`: Cal.com understands and refuses; `invalid`: the request or the event type's set-up is wrong
 * - `missing_field`: the event type asks a question that we did not answer, named by `field`
 * - `out_of_bounds`, `past`, `booker_limit`: rules of the event type about the start or the attendee
 * - `duplicate`: such a webhook is registered already
 * - `unauthorized`: the key is not valid; `forbidden`: it may not do this; `not_found`: no such thing
 * - `version`: the route does not exist (wrong `cal-api-version` or base URL)
 * - `unsupported`: recurring bookings
 * - `ambiguous`: a write whose outcome is unknown; `unavailable`: nothing was changed, try again later
 * - `rate_limited`, `budget_exhausted`, `breaker_open`: not processed; see `retryAfterMs`
 * - `aborted`: by the caller's signal
 */
export type CalcomErrorKind =
  | "taken"
  | "gone"
  | "already_cancelled"
  | "already_rescheduled"
  | "rejected"
  | "invalid"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "version"
  | "rate_limited"
  | "ambiguous"
  | "unavailable"
  | "out_of_bounds"
  | "past"
  | "booker_limit"
  | "missing_field"
  | "duplicate"
  | "unsupported"
  | "breaker_open"
  | "budget_exhausted"
  | "aborted";

/** What a {@link CalcomError} knows beside its kind; all default to "nothing known, nothing happened". */
export interface CalcomErrorFacts {
  status?: number | null;
  requestId?: string | null;
  mayHaveHappened?: boolean;
  retryAfterMs?: number | null;
  rescheduledToUid?: string | null;
  existingUid?: string | null;
  field?: string | null;
  cause?: unknown;
}

/**
 * The one error of the Cal.com client. Its message is made of our own words only: it lands in workflow
 * histories and logs, and Cal.com's texts carry uids, e-mail addresses and paths.
 */
export class CalcomError extends Error {
  override readonly name = "CalcomError";
  readonly kind: CalcomErrorKind;
  /** HTTP status; null when no answer was received. */
  readonly status: number | null;
  /** `X-Request-Id` of the answer, for Cal.com's support. */
  readonly requestId: string | null;
  /** The write may have taken effect: look before sending it again. */
  readonly mayHaveHappened: boolean;
  readonly retryAfterMs: number | null;
  /** The uid that replaced the one asked for (`already_rescheduled`). */
  readonly rescheduledToUid: string | null;
  /** The attendee's other booking that stands in the way (`booker_limit`). */
  readonly existingUid: string | null;
  /** The field or query parameter that was refused. */
  readonly field: string | null;

  constructor(kind: CalcomErrorKind, message: string, facts: CalcomErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = kind;
    this.status = facts.status ?? null;
    this.requestId = facts.requestId ?? null;
    this.mayHaveHappened = facts.mayHaveHappened ?? false;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.rescheduledToUid = facts.rescheduledToUid ?? null;
    this.existingUid = facts.existingUid ?? null;
    this.field = facts.field ?? null;
  }
}
