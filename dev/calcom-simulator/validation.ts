import { z } from "zod";
import { badRequest } from "./answers.js";
import { isTimeZone } from "./model.js";

/** Cal.com's own text format: `<prop> property is wrong,<constraints> <children>`, joined by ", ". */
interface Problem {
  readonly property: string;
  readonly constraints: readonly string[];
  readonly children?: readonly Problem[];
}
const text = (problems: readonly Problem[]): string =>
  problems
    .map(
      (p) =>
        `${p.property} property is wrong,${p.constraints.join(", ")} ${p.children ? text(p.children) : ""}`,
    )
    .join(", ");

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown, body: Fields) => readonly string[] | Problem;

const fieldsSchema = z.record(z.string(), z.unknown());
const LANGUAGES =
  "ar, ca, de, es, eu, he, id, ja, lv, pl, ro, sr, th, vi, az, cs, el, es-419, fi, hr, it, km, nl, pt, ru, sv, tr, zh-CN, bg, da, en, et, fr, hu, iw, ko, no, pt-BR, sk, ta, uk, zh-TW, bn";
const languages = new Set(LANGUAGES.split(", "));
const ISO = /^[+-]?\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds since the epoch; a time without an offset is UTC, as Cal.com takes it. */
export function parseInstant(value: string): number {
  return Date.parse(value.includes("T") && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(value) ? `${value}Z` : value);
}

const isIso = (value: unknown): boolean =>
  typeof value === "string" && ISO.test(value) && !Number.isNaN(parseInstant(value));
const iso =
  (name: string): Check =>
  (value) =>
    isIso(value) ? [] : [`${name} must be a valid ISO 8601 date string`];
const optional =
  (check: Check): Check =>
  (value, body) =>
    value === undefined || value === null ? [] : check(value, body);
const string =
  (name: string): Check =>
  (value) =>
    typeof value === "string" ? [] : [`${name} must be a string`];
const zone: Check = (value) => (isTimeZone(value) ? [] : ["timeZone must be a valid IANA time-zone"]);
const anything: Check = () => [];

function collect(
  body: Fields,
  checks: Readonly<Record<string, Check>>,
  allowed: readonly string[] = [],
): Problem[] {
  const problems: Problem[] = [];
  for (const property of Object.keys(body)) {
    if (!(property in checks) && !allowed.includes(property)) {
      problems.push({ property, constraints: [`property ${property} should not exist`] });
    }
  }
  for (const [property, check] of Object.entries(checks)) {
    const result = check(body[property], body);
    if (!("length" in result)) problems.push(result);
    else if (result.length > 0) problems.push({ property, constraints: result });
  }
  return problems;
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw badRequest(text(problems));
}

const METADATA =
  "Metadata must have at most 50 keys, each key up to 40 characters, and string values up to 500 characters.";
const metadataSchema = z
  .record(z.string().max(40), z.union([z.string().max(500), z.number(), z.boolean()]))
  .refine((value) => Object.keys(value).length <= 50);
const metadata: Check = (value) => (metadataSchema.safeParse(value).success ? [] : [METADATA]);

const attendee: Check = (value): Problem | readonly string[] => {
  if (value === undefined || value === null) return ["attendee should not be null or undefined"];
  const parsed = fieldsSchema.safeParse(value);
  if (!parsed.success) return ["nested property attendee must be either object or array"];
  const children = collect(parsed.data, {
    name: string("name"),
    email: anything,
    timeZone: zone,
    phoneNumber: anything,
    language: optional((v) =>
      typeof v === "string" && languages.has(v)
        ? []
        : [`language must be one of the following values: ${LANGUAGES}`],
    ),
  });
  if (!parsed.data.email && !parsed.data.phoneNumber) {
    children.push({
      property: "attendee email or phone",
      constraints: ["Attendee must have at least one contact method (email or phone number)"],
    });
  }
  return children.length > 0 ? { property: "attendee", constraints: [], children } : [];
};

const createChecks: Readonly<Record<string, Check>> = {
  start: iso("start"),
  attendee,
  bookingFieldsResponses: optional((v) =>
    fieldsSchema.safeParse(v).success ? [] : ["bookingFieldsResponses must be an object"],
  ),
  eventTypeId: optional((v) => (Number.isInteger(v) ? [] : ["eventTypeId must be an integer number"])),
  eventTypeSlug: optional(string("eventTypeSlug")),
  username: optional(string("username")),
  teamSlug: optional(string("teamSlug")),
  organizationSlug: optional(string("organizationSlug")),
  guests: optional((v) => (Array.isArray(v) ? [] : ["guests must be an array"])),
  meetingUrl: optional(anything),
  location: optional(anything),
  metadata: optional(metadata),
  lengthInMinutes: optional((v) => [
    ...(typeof v === "number" && v >= 1 ? [] : ["lengthInMinutes must not be less than 1"]),
    ...(Number.isInteger(v) ? [] : ["lengthInMinutes must be an integer number"]),
  ]),
  routing: optional(anything),
  emailVerificationCode: optional(anything),
  instant: optional(anything),
  recurrenceCount: optional(anything),
};

const createSchema = z.object({
  start: z.string(),
  attendee: z.object({
    name: z.string(),
    email: z.string().nullish(),
    timeZone: z.string(),
    phoneNumber: z.string().nullish(),
    language: z.string().nullish(),
  }),
  eventTypeId: z.int().nullish(),
  eventTypeSlug: z.string().nullish(),
  username: z.string().nullish(),
  teamSlug: z.string().nullish(),
  bookingFieldsResponses: z.record(z.string(), z.unknown()).nullish(),
  guests: z.array(z.string()).nullish(),
  location: z.unknown().optional(),
  metadata: metadataSchema.nullish(),
  lengthInMinutes: z.int().nullish(),
});
export type CreateBody = z.output<typeof createSchema>;

/** @throws ApiError 400 with the very text of Cal.com's strict pipe. */
export function parseCreate(body: unknown, newer: boolean): CreateBody {
  const fields = asFields(body);
  const problems = collect(
    fields,
    createChecks,
    newer ? ["allowConflicts", "allowBookingOutOfBounds", "skipBookingLimits"] : [],
  );
  const named = fields.eventTypeId ?? (fields.eventTypeSlug && (fields.username ?? fields.teamSlug));
  if (!named) {
    problems.push({
      property: "eventTypeId or eventTypeSlug + username",
      constraints: [
        "Either eventTypeId or eventTypeSlug + username or eventTypeSlug + teamSlug must be provided",
      ],
    });
  }
  refuse(problems);
  return parseOrRefuse(createSchema, fields);
}

const rescheduleSchema = z.object({
  start: z.string(),
  rescheduledBy: z.string().nullish(),
  reschedulingReason: z.string().nullish(),
  rescheduleWithSameHost: z.boolean().nullish(),
});

/** @throws ApiError 400 as {@link parseCreate}. */
export function parseReschedule(body: unknown, newer: boolean): z.output<typeof rescheduleSchema> {
  const fields = asFields(body);
  const checks = {
    start: iso("start"),
    rescheduledBy: optional(string("rescheduledBy")),
    reschedulingReason: optional(string("reschedulingReason")),
    emailVerificationCode: optional(anything),
    ...("seatUid" in fields ? { seatUid: string("seatUid") } : {}),
  };
  refuse(collect(fields, checks, newer ? ["rescheduleWithSameHost"] : []));
  return parseOrRefuse(rescheduleSchema, fields);
}

const cancelSchema = z.object({ cancellationReason: z.string().nullish() });

/** @throws ApiError 400 as {@link parseCreate}; "Body is required" when there is none at all. */
export function parseCancel(body: unknown): z.output<typeof cancelSchema> {
  if (body === undefined) throw badRequest("Body is required");
  const fields = asFields(body);
  const checks = {
    cancellationReason: optional(string("cancellationReason")),
    ...("seatUid" in fields
      ? { seatUid: string("seatUid") }
      : {
          cancelSubsequentBookings: optional((v) =>
            typeof v === "boolean" ? [] : ["cancelSubsequentBookings must be a boolean value"],
          ),
        }),
  };
  refuse(collect(fields, checks));
  return parseOrRefuse(cancelSchema, fields);
}

/** The query of GET /v2/slots after the strict pipe. */
export interface SlotsQuery {
  readonly eventTypeId?: number;
  readonly eventTypeSlug?: string;
  readonly username?: string;
  readonly teamSlug?: string;
  readonly start: string;
  readonly end: string;
  readonly timeZone?: string;
  readonly duration?: number;
  readonly format?: string;
  readonly bookingUidToReschedule?: string;
}

/** @throws ApiError 400; which parameters may stand beside each other depends on how the type is named. */
export function parseSlots(query: URLSearchParams): SlotsQuery {
  const fields: Record<string, unknown> = Object.fromEntries(query);
  const numeric =
    (name: string): Check =>
    (v) =>
      v !== undefined && v !== "" && Number.isFinite(Number(v))
        ? []
        : [`${name} must be a number conforming to the specified constraints`];
  const byType: Readonly<Record<string, Check>> = query.has("eventTypeId")
    ? { eventTypeId: numeric("eventTypeId") }
    : query.has("eventTypeSlug") && query.has("username")
      ? {
          eventTypeSlug: string("eventTypeSlug"),
          username: string("username"),
          organizationSlug: optional(anything),
        }
      : query.has("eventTypeSlug") && query.has("teamSlug")
        ? {
            eventTypeSlug: string("eventTypeSlug"),
            teamSlug: string("teamSlug"),
            organizationSlug: optional(anything),
          }
        : { usernames: usernames, organizationSlug: string("organizationSlug") };
  refuse(
    collect(fields, {
      start: iso("start"),
      end: iso("end"),
      timeZone: optional(zone),
      duration: optional(numeric("duration")),
      format: optional((v) =>
        v === "range" || v === "time" ? [] : ["slotFormat must be either 'range' or 'time'"],
      ),
      bookingUidToReschedule: optional(string("bookingUidToReschedule")),
      ...byType,
    }),
  );
  return parseOrRefuse(slotsSchema, fields);
}
const slotsSchema = z.object({
  eventTypeId: z.coerce.number().optional(),
  eventTypeSlug: z.string().optional(),
  username: z.string().optional(),
  teamSlug: z.string().optional(),
  start: z.string(),
  end: z.string(),
  timeZone: z.string().optional(),
  duration: z.coerce.number().optional(),
  format: z.string().optional(),
  bookingUidToReschedule: z.string().optional(),
});

const usernames: Check = (value) => {
  if (value === undefined) {
    return [
      "each value in usernames must be a string",
      "The array must contain at least 2 elements.",
      "usernames must be an array",
    ];
  }
  return String(value).split(",").length >= 2 ? [] : ["The array must contain at least 2 elements."];
};

function asFields(body: unknown): Fields {
  const parsed = fieldsSchema.safeParse(body ?? {});
  if (!parsed.success) throw badRequest("Body is required");
  return parsed.data;
}

/** For what Cal.com lets through its pipe and this program's types do not. */
export function parseOrRefuse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badRequest(
    text(
      parsed.error.issues.map((issue) => ({
        property: issue.path.join(".") || "body",
        constraints: [issue.message],
      })),
    ),
  );
}
