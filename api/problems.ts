import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppointmentView } from "../db/booking/view.js";

/** Slug → status and title (contract.md 6). */
export const PROBLEMS = {
  unauthorized: [401, "Unauthorized"],
  "not-found": [404, "Not found"],
  "invalid-request": [422, "Invalid request"],
  "malformed-json": [400, "Malformed JSON"],
  "payload-too-large": [413, "Payload too large"],
  "rate-limited": [429, "Too many requests"],
  "idempotency-key-missing": [400, "Idempotency-Key missing"],
  "idempotency-key-reused": [422, "Idempotency-Key used for another request"],
  "slot-taken": [409, "The slot is taken"],
  "too-soon": [422, "Too soon"],
  "too-far": [422, "Too far ahead"],
  "in-past": [422, "In the past"],
  closed: [422, "Closed at that time"],
  "staff-cannot-do-service": [422, "This person does not offer the service"],
  "not-bookable": [422, "Not bookable"],
  "not-changeable": [409, "Cannot be changed any more"],
  policy: [422, "Not allowed by the policy"],
  "not-under-review": [409, "Not under review"],
  "invalid-tenant": [422, "Invalid tenant document"],
  "malformed-webhook": [400, "Malformed webhook"],
  "temporarily-unavailable": [503, "Temporarily unavailable"],
  internal: [500, "Internal error"],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemSlug = keyof typeof PROBLEMS;

export function isProblemSlug(text: string): text is ProblemSlug {
  return Object.hasOwn(PROBLEMS, text);
}

export interface FieldError {
  field: string;
  message: string;
}

export interface ProblemExtra {
  errors?: FieldError[];
  /** Free times near the wished one, ready to be booked. */
  alternatives?: unknown[];
  /** `policy`: which rule, and its figures. */
  rule?: string;
  requiredMinutes?: number;
  remainingMinutes?: number;
  feeCents?: number;
  /** The appointment as it stands, where that helps. */
  appointment?: AppointmentView;
}

/** What a client did wrong or cannot have; turned into RFC 9457 problem details by the one `onError`. */
export class Problem extends Error {
  readonly status: ContentfulStatusCode;

  constructor(
    readonly slug: ProblemSlug,
    readonly detail: string,
    readonly extra: ProblemExtra = {},
    /** Overrides the slug's own status where the contract does (a local time without offset is a 400). */
    status?: ContentfulStatusCode,
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = "Problem";
    this.status = status ?? PROBLEMS[slug][0];
  }
}

/** The body of a problem; `type` is the same for ever. */
export function problemBody(problem: Problem, instance: string, requestId: string): Record<string, unknown> {
  return {
    type: `https://askpro.dev/problems/${problem.slug}`,
    title: PROBLEMS[problem.slug][1],
    status: problem.status,
    detail: problem.detail,
    instance,
    ...problem.extra,
    requestId,
  };
}

/** The path of a request as it was sent: decoded it could hold anything, and `instance` is a URI. */
export function instanceOf(request: Request): string {
  return new URL(request.url).pathname;
}

/** One invalid field. */
export function invalidField(field: string, message: string, status?: ContentfulStatusCode): Problem {
  return new Problem("invalid-request", `${field}: ${message}`, { errors: [{ field, message }] }, status);
}
