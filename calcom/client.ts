import type { BreakerState, Lane } from "../domain/calcom/budget.js";

export type { Lane } from "../domain/calcom/budget.js";

/** Whose Cal.com: the key and base URL of one company. */
export interface CalcomAccount {
  companyId: string;
  /** Up to and including the version: `https://api.cal.com/v2`, or a self-hosted `https://host/api/v2`. */
  baseUrl: string;
  apiKey: string;
  teamId: number | null;
}

/** How a call is made. */
export interface CallOptions {
  lane: Lane;
  signal?: AbortSignal;
  /** Replaces the client's timeout; counted from the moment the request may be sent. */
  timeoutMs?: number;
}

/** A booking to be made. */
export interface CreateBookingInput {
  eventTypeId: number;
  start: Date;
  /** One of e-mail and phone (E.164) is required. A language that Cal.com does not know is left out. */
  attendee: {
    name: string;
    email: string | null;
    phone: string | null;
    /** IANA zone. */
    timeZone: string;
    language: string;
  };
  /** At most 50 keys of 40 characters, values of 500. */
  metadata: Record<string, string>;
  bookingFieldsResponses?: Record<string, string>;
  /** Only for event types with several lengths. */
  lengthInMinutes?: number;
}

/** A booking as Cal.com holds it. */
export interface CalcomBooking {
  id: number;
  uid: string;
  status: "accepted" | "pending" | "cancelled" | "rejected";
  start: Date;
  end: Date;
  eventTypeId: number | null;
  /** Only the organizer, also for collective event types. */
  hosts: { id: number; email: string | null; name: string | null }[];
  /** The booker first. `email` is null for a phone-only attendee. */
  attendees: {
    name: string;
    email: string | null;
    phone: string | null;
    timeZone: string;
    absent: boolean;
  }[];
  metadata: Record<string, string>;
  createdAt: Date | null;
  updatedAt: Date | null;
  rescheduledFromUid: string | null;
  rescheduledToUid: string | null;
  cancellationReason: string | null;
  absentHost: boolean;
}

/**
 * `upcoming`: not over and neither cancelled nor rejected, pending ones included; `past`: the same, but over;
 * `cancelled`: cancelled or rejected; `unconfirmed`: pending and not over.
 */
export type BookingListStatus = "upcoming" | "past" | "cancelled" | "unconfirmed";

/** What to list; all bounds are inclusive. Everything but `teamId` is checked again on what comes back. */
export interface BookingFilter {
  eventTypeIds?: readonly number[];
  /** In any case; for a phone-only attendee the made-up address (`madeUpEmail`). */
  attendeeEmail?: string;
  afterStart?: Date;
  beforeEnd?: Date;
  afterUpdatedAt?: Date;
  status?: BookingListStatus | readonly BookingListStatus[];
  teamId?: number;
  sortUpdatedAt?: "asc" | "desc";
  sortCreated?: "asc" | "desc";
  sortStart?: "asc" | "desc";
  /** Stop after so many that match. */
  maxItems?: number;
}

/** Free times to ask for. */
export interface SlotQuery {
  eventTypeId: number;
  /** Slots with `start <= slot.start < end`. */
  start: Date;
  end: Date;
  timeZone: string;
  durationMinutes?: number;
  /** Treats the time of this booking as free. */
  bookingUidToReschedule?: string;
}

/** An event type, reduced to what mapping and verification need. */
export interface CalcomEventType {
  id: number;
  slug: string;
  title: string;
  lengthInMinutes: number;
  /** Empty unless the booker may choose. */
  lengthOptions: number[];
  schedulingType: "roundRobin" | "collective" | "managed" | null;
  teamId: number | null;
  ownerId: number | null;
  /** Set on a member's child of a managed event type; the parent itself cannot be booked. */
  parentEventTypeId: number | null;
  hosts: { id: number; name: string | null }[];
  requiresConfirmation: boolean;
  recurring: boolean;
  seated: boolean;
  hidden: boolean;
  disableCancelling: boolean;
  disableRescheduling: boolean;
  minimumBookingNoticeMinutes: number;
  /** Minutes between starts; null: the length. */
  slotIntervalMinutes: number | null;
  /** Minutes around a booking in which the host is not offered, here or by another event type. */
  bufferBeforeMinutes: number;
  bufferAfterMinutes: number;
  /** How many calendar days ahead can be booked at the least; null: without an end, or up to a fixed date. */
  bookingWindowDays: number | null;
  requiredFields: string[];
}

/** A round-robin event type to make in the account's team. */
export interface NewEventType {
  /** Unique in the team. */
  slug: string;
  title: string;
  lengthInMinutes: number;
  hidden: boolean;
  minimumBookingNoticeMinutes: number;
  hostIds: readonly number[];
  /** An address, shown to the customer; null: Cal.com's default, a video call. */
  place: string | null;
}

/** Making of event types. They are never changed from here: what a person has edited in Cal.com is his. */
export interface EventTypeRegistry {
  /**
   * Sent once. After a failure that may have happened, look for the slug among the team's before another try.
   *
   * @throws CalcomError `invalid` for an account without a team
   */
  create(a: CalcomAccount, input: NewEventType, o: CallOptions): Promise<CalcomEventType>;
}

/** The user that a key belongs to. */
export interface CalcomUser {
  id: number;
  email: string | null;
  username: string | null;
  timeZone: string | null;
  organizationId: number | null;
}

/** A team that the key's user belongs to. */
export interface CalcomTeam {
  id: number;
  name: string;
  slug: string | null;
  parentId: number | null;
  isOrganization: boolean;
}

/** Where a webhook is registered. Round robin and collective types fire only those of the team's event type. */
export type WebhookScope =
  | { kind: "user" }
  | { kind: "event_type"; eventTypeId: number }
  | { kind: "team_event_type"; teamId: number; eventTypeId: number };

/** A registered webhook; its secret, which Cal.com returns in clear, is left out. */
export interface CalcomWebhook {
  id: string;
  subscriberUrl: string;
  active: boolean;
  triggers: string[];
  hasSecret: boolean;
  /** A custom template breaks our parser. */
  hasTemplate: boolean;
}

/** A webhook to register. */
export interface CreateWebhookInput {
  subscriberUrl: string;
  triggers: readonly string[];
  secret: string;
  active?: boolean;
}

/** Registration of webhooks. */
export interface WebhookRegistry {
  list(a: CalcomAccount, scope: WebhookScope, o: CallOptions): Promise<CalcomWebhook[]>;
  /** @throws CalcomError `duplicate` when the URL is registered already. */
  create(
    a: CalcomAccount,
    scope: WebhookScope,
    input: CreateWebhookInput,
    o: CallOptions,
  ): Promise<CalcomWebhook>;
  delete(a: CalcomAccount, scope: WebhookScope, id: string, o: CallOptions): Promise<void>;
}

/** What a page about Cal.com shows of one key, as this process sees it; of the lanes the worst. */
export interface CalcomState {
  breaker: BreakerState;
  budget: { limit: number; remaining: number };
}

/**
 * Cal.com's API v2. Every call fails with a {@link CalcomError} and nothing else. Nothing is sent twice by the
 * client: what to do after a failure is the caller's to decide by `kind` and `mayHaveHappened`.
 */
export interface CalcomClient {
  createBooking(a: CalcomAccount, input: CreateBookingInput, o: CallOptions): Promise<CalcomBooking>;
  getBooking(a: CalcomAccount, uid: string, o: CallOptions): Promise<CalcomBooking>;
  /** All pages. Reads a replica: a booking just made may be missing for some seconds. */
  listBookings(a: CalcomAccount, filter: BookingFilter, o: CallOptions): Promise<CalcomBooking[]>;
  /**
   * Moves a booking: the answer is a new booking with a new uid. `rescheduledBy` is an e-mail; the host's makes
   * types that need confirmation accept at once.
   */
  rescheduleBooking(
    a: CalcomAccount,
    uid: string,
    input: { start: Date; reason?: string; rescheduledBy?: string },
    o: CallOptions,
  ): Promise<CalcomBooking>;
  /** @returns null when Cal.com confirmed without showing a single booking. */
  cancelBooking(a: CalcomAccount, uid: string, reason: string, o: CallOptions): Promise<CalcomBooking | null>;
  /** @throws CalcomError `rejected` also when it was confirmed or declined before: look at the booking. */
  confirmBooking(a: CalcomAccount, uid: string, o: CallOptions): Promise<CalcomBooking | null>;
  declineBooking(
    a: CalcomAccount,
    uid: string,
    reason: string,
    o: CallOptions,
  ): Promise<CalcomBooking | null>;
  /** Round robin only; null lets Cal.com choose. The uid stays. @returns the new host where Cal.com names it. */
  reassignBooking(
    a: CalcomAccount,
    uid: string,
    hostId: number | null,
    o: CallOptions,
  ): Promise<{ hostId: number | null }>;
  /** Sorted by start. A slot listed here may still be refused. */
  slots(a: CalcomAccount, q: SlotQuery, o: CallOptions): Promise<{ start: Date; end: Date }[]>;
  /** Of the account's team if it has one, else (or if it is not the team's) the user's own. */
  eventType(a: CalcomAccount, id: number, o: CallOptions): Promise<CalcomEventType>;
  /** Empty for an account without a team. */
  teamEventTypes(a: CalcomAccount, o: CallOptions): Promise<CalcomEventType[]>;
  personalEventTypes(a: CalcomAccount, o: CallOptions): Promise<CalcomEventType[]>;
  me(a: CalcomAccount, o: CallOptions): Promise<CalcomUser>;
  teams(a: CalcomAccount, o: CallOptions): Promise<CalcomTeam[]>;
  readonly webhooks: WebhookRegistry;
  readonly eventTypes: EventTypeRegistry;
  state(a: CalcomAccount): CalcomState;
}
