/** An HTTP answer of the simulated API: JSON, or raw text where a proxy would have answered. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly raw?: { readonly contentType: string; readonly text: string } | undefined;
}

const EXCEPTIONS: Readonly<Record<number, readonly [code: string, error: string]>> = {
  400: ["BadRequestException", "Bad Request"],
  401: ["UnauthorizedException", "Unauthorized"],
  403: ["ForbiddenException", "Forbidden"],
  404: ["NotFoundException", "Not Found"],
  409: ["ConflictException", "Conflict"],
  422: ["UnprocessableEntityException", "Unprocessable Entity"],
  429: ["ThrottlerException", "Too Many Requests"],
  500: ["InternalServerErrorException", "Internal Server Error"],
};

/** The three error envelopes of Cal.com: Nest's filter, the Prisma/Zod/TRPC filters, and Nest's raw answer. */
export type Envelope = "a" | "b" | "c";

/** An error of the API that knows the envelope in which Cal.com would send it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly envelope: Envelope = "a",
    readonly code?: string,
    readonly details?: unknown,
  ) {
    super(message);
  }

  answer(path: string): Answer {
    if (this.envelope === "c") {
      return { status: this.status, body: { statusCode: this.status, message: this.message } };
    }
    const [exception, title] = EXCEPTIONS[this.status] ?? ["HttpException", "Error"];
    const head = { status: "error", timestamp: new Date().toISOString(), path };
    if (this.envelope === "b") {
      return {
        status: this.status,
        body: { ...head, error: { code: this.code ?? exception, message: this.message } },
      };
    }
    // The throttler passes a plain string where every other exception passes an object.
    const details =
      this.details ??
      (this.status === 429 ? this.message : { message: this.message, error: title, statusCode: this.status });
    return {
      status: this.status,
      body: { ...head, error: { code: this.code ?? exception, message: this.message, details } },
    };
  }
}

/** The client went away or the fault says so: no answer at all, the connection is cut. */
export class Dropped extends Error {}

export const badRequest = (message: string): ApiError => new ApiError(400, message);
export const notFound = (message: string): ApiError => new ApiError(404, message);
export const raw = (status: number, message: string): ApiError => new ApiError(status, message, "c");
export const zodField = (slug: string, key = "error_required_field"): ApiError =>
  new ApiError(400, `responses - {${slug}}${key}, `, "b", "BAD_REQUEST");
/** The TRPC filter replaces every text by one generic text per status. */
export const trpc = (status: 400 | 401): ApiError =>
  new ApiError(
    status,
    status === 400
      ? "Bad request: Please check your request data and try again"
      : "You are not authorized to access this resource",
    "b",
    "TRPCError",
  );

export const success = (data: unknown, status = 200): Answer => ({
  status,
  body: { status: "success", data },
});

export const USER_TAKEN = "User either already has booking at this time or is not available";
export const TEAM_TAKEN = "One of the hosts either already has booking at this time or is not available";
export const OUT_OF_BOUNDS =
  'The event type can\'t be booked at the "start" time provided. This could be because it\'s too soon (violating the minimum booking notice) or too far in the future (outside the event\'s scheduling window). Try fetching available slots first using the GET /v2/slots endpoint and then make a booking with "start" time equal to one of the available slots: https://cal.com/docs/api-reference/v2/slots';
