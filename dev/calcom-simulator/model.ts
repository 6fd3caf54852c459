import { z } from "zod";

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
/** Weekday keys of working hours, indexed like `Date#getUTCDay`. */
export const WEEKDAYS: readonly Weekday[] = weekdays;
export type Weekday = (typeof weekdays)[number];

const id = z.int().positive();
const instant = z.iso.datetime({ offset: true });
const span = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "must be HH:MM-HH:MM");

/** True for a zone name that this runtime knows. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== "string" || name === "") return false;
  const known = knownZones.get(name);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    valid = false;
  }
  if (knownZones.size < 2_000) knownZones.set(name, valid);
  return valid;
}
const knownZones = new Map<string, boolean>();

const zone = z.string().refine(isTimeZone, "must be an IANA time zone");

export const hostSchema = z.strictObject({
  id,
  name: z.string().min(1),
  email: z.string().min(3),
  username: z.string().optional(),
  timeZone: zone.default("Europe/Berlin"),
  /** Per weekday, in the host's own zone; a weekday that is left out is closed. */
  workingHours: z.partialRecord(z.enum(weekdays), z.array(span)).default({
    mon: ["09:00-17:00"],
    tue: ["09:00-17:00"],
    wed: ["09:00-17:00"],
    thu: ["09:00-17:00"],
    fri: ["09:00-17:00"],
  }),
  away: z.array(z.strictObject({ start: instant, end: instant })).default([]),
});
export type Host = z.output<typeof hostSchema>;

export const teamSchema = z.strictObject({
  id,
  name: z.string().min(1),
  slug: z.string().optional(),
  timeZone: zone.default("Europe/London"),
  members: z
    .array(z.strictObject({ userId: id, role: z.enum(["owner", "admin", "member"]).default("member") }))
    .default([]),
});
export type Team = z.output<typeof teamSchema>;

export const keySchema = z.strictObject({
  key: z.string().min(1),
  userId: id,
  expired: z.boolean().default(false),
  /** Requests per window of this key alone, where Cal.com's support has raised it. */
  limit: z.int().positive().optional(),
});
export type ApiKey = z.output<typeof keySchema>;

const bookingFieldSchema = z.strictObject({
  slug: z.string().min(1),
  type: z.string().default("text"),
  label: z.string().optional(),
  required: z.boolean().default(false),
  options: z.array(z.string()).optional(),
});

const eventTypeFields = {
  title: z.string().min(1),
  slug: z.string(),
  description: z.string(),
  lengthInMinutes: z.int().positive(),
  lengthInMinutesOptions: z.array(z.int().positive()),
  slotInterval: z.int().positive().nullable(),
  schedulingType: z.enum(["roundRobin", "collective", "managed"]).nullable(),
  teamId: id.nullable(),
  ownerId: id.nullable(),
  parentEventTypeId: id.nullable(),
  hosts: z.array(id),
  requiresConfirmation: z.boolean(),
  /** `requiresConfirmationWillBlockSlot`; without it a pending booking protects nothing (#10789). */
  pendingBlocksSlot: z.boolean(),
  minimumBookingNotice: z.number().min(0),
  bookingWindowDays: z.int().positive().nullable(),
  bookingFields: z.array(bookingFieldSchema),
  hidden: z.boolean(),
  beforeEventBuffer: z.number().min(0),
  afterEventBuffer: z.number().min(0),
  location: z.string(),
  disableCancelling: z.boolean(),
  disableRescheduling: z.boolean(),
  rescheduleWithSameRoundRobinHost: z.boolean(),
  bookingRequiresAuthentication: z.boolean(),
  seatsPerTimeSlot: z.int().positive().nullable(),
  price: z.number().min(0),
  currency: z.string(),
  /** Open source answers a raw 500 for team types, because the text it compares with is a dead one. */
  teamTakenAnswer: z.enum(["400", "raw500"]),
};

export const eventTypeSchema = z.strictObject({
  id,
  ...eventTypeFields,
  slug: eventTypeFields.slug.optional(),
  description: eventTypeFields.description.default(""),
  lengthInMinutesOptions: eventTypeFields.lengthInMinutesOptions.default([]),
  slotInterval: eventTypeFields.slotInterval.default(null),
  schedulingType: eventTypeFields.schedulingType.default(null),
  teamId: eventTypeFields.teamId.default(null),
  ownerId: eventTypeFields.ownerId.default(null),
  parentEventTypeId: eventTypeFields.parentEventTypeId.default(null),
  hosts: eventTypeFields.hosts.default([]),
  requiresConfirmation: eventTypeFields.requiresConfirmation.default(false),
  pendingBlocksSlot: eventTypeFields.pendingBlocksSlot.default(false),
  minimumBookingNotice: eventTypeFields.minimumBookingNotice.default(0),
  bookingWindowDays: eventTypeFields.bookingWindowDays.default(null),
  bookingFields: eventTypeFields.bookingFields.default([]),
  hidden: eventTypeFields.hidden.default(false),
  beforeEventBuffer: eventTypeFields.beforeEventBuffer.default(0),
  afterEventBuffer: eventTypeFields.afterEventBuffer.default(0),
  location: eventTypeFields.location.default("integrations:daily"),
  disableCancelling: eventTypeFields.disableCancelling.default(false),
  disableRescheduling: eventTypeFields.disableRescheduling.default(false),
  rescheduleWithSameRoundRobinHost: eventTypeFields.rescheduleWithSameRoundRobinHost.default(false),
  bookingRequiresAuthentication: eventTypeFields.bookingRequiresAuthentication.default(false),
  seatsPerTimeSlot: eventTypeFields.seatsPerTimeSlot.default(null),
  price: eventTypeFields.price.default(0),
  currency: eventTypeFields.currency.default("usd"),
  teamTakenAnswer: eventTypeFields.teamTakenAnswer.default("400"),
});
export type EventType = z.output<typeof eventTypeSchema>;

/** What may be edited of an event type; a field that is left out stays as it is. */
export const eventTypeEditSchema = z.strictObject(eventTypeFields).partial();
export type EventTypeEdit = z.output<typeof eventTypeEditSchema>;

export const TRIGGERS = [
  "BOOKING_CREATED",
  "BOOKING_RESCHEDULED",
  "BOOKING_CANCELLED",
  "BOOKING_REQUESTED",
  "BOOKING_REJECTED",
  "BOOKING_PAYMENT_INITIATED",
  "BOOKING_PAID",
  "BOOKING_NO_SHOW_UPDATED",
  "BOOKING_LOCATION_UPDATED",
  "BOOKING_REASSIGNED",
  "MEETING_STARTED",
  "MEETING_ENDED",
  "RECORDING_READY",
  "RECORDING_TRANSCRIPTION_GENERATED",
  "INSTANT_MEETING",
  "INSTANT_MEETING_ACCEPTED",
  "OOO_CREATED",
  "FORM_SUBMITTED",
  "FORM_SUBMITTED_NO_EVENT",
  "AFTER_HOSTS_CAL_VIDEO_NO_SHOW",
  "AFTER_GUESTS_CAL_VIDEO_NO_SHOW",
] as const;
/** Triggers that hosted Cal.com has and its open source edition refuses with 400. */
export const HOSTED_ONLY: readonly string[] = [
  "BOOKING_LOCATION_UPDATED",
  "BOOKING_REASSIGNED",
  "INSTANT_MEETING",
  "INSTANT_MEETING_ACCEPTED",
];
export const triggerSchema = z.enum(TRIGGERS);
export type Trigger = z.output<typeof triggerSchema>;

export const scopeSchema = z.union([
  z.strictObject({ userId: id }),
  z.strictObject({ eventTypeId: id }),
  z.strictObject({ teamId: id }),
]);
export const subscriptionSchema = z.strictObject({
  id: z.string().min(1).optional(),
  url: z.url(),
  secret: z.string().min(1).nullable().default(null),
  scope: scopeSchema,
  triggers: z.array(triggerSchema).default([...TRIGGERS]),
  active: z.boolean().default(true),
});
export type Subscription = z.output<typeof subscriptionSchema> & { id: string };

/** A booking as the primary database holds it. Instants are milliseconds since the epoch. Rows are never mutated. */
export interface Booking {
  readonly id: number;
  readonly uid: string;
  readonly title: string;
  readonly eventTypeId: number;
  /** The organizer first; the other hosts of a collective type after it. */
  readonly hostIds: readonly number[];
  readonly start: number;
  readonly end: number;
  readonly status: "accepted" | "pending" | "cancelled" | "rejected";
  readonly attendee: Attendee;
  readonly guests: readonly string[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly location: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly sequence: number;
  readonly source: "API_V2" | "WEBAPP";
  readonly absentHost: boolean;
  readonly cancellationReason?: string | undefined;
  readonly cancelledByEmail?: string | undefined;
  readonly rejectionReason?: string | undefined;
  readonly reschedulingReason?: string | undefined;
  readonly rescheduledByEmail?: string | undefined;
  readonly fromUid?: string | undefined;
  readonly toUid?: string | undefined;
  readonly rescheduleRequested?: boolean | undefined;
}
export interface Attendee {
  readonly name: string;
  readonly email: string;
  readonly timeZone: string;
  readonly language: string;
  readonly phoneNumber?: string | undefined;
  readonly absent: boolean;
}

export interface Reservation {
  readonly uid: string;
  readonly eventTypeId: number;
  readonly hostId: number;
  readonly start: number;
  readonly end: number;
  readonly minutes: number;
  readonly until: number;
}

/** What a simulator starts with; every list is an upsert by id (keys by their text, subscriptions by id, else url and scope). */
export const seedSchema = z.strictObject({
  hosts: z.array(hostSchema).default([]),
  teams: z.array(teamSchema).default([]),
  keys: z.array(keySchema).default([]),
  eventTypes: z.array(eventTypeSchema).default([]),
  webhooks: z.array(subscriptionSchema).default([]),
});
export type SimulatorSeed = z.input<typeof seedSchema>;
