import type { Wish } from "../german-time/reading.js";

/** An instant that is spoken, and where its wall clock hangs. */
export interface SpokenMoment {
  start: Date;
  /** IANA zone of the branch. */
  zone: string;
}

/** A free start. Names are the tenant's own words; `speakable` makes them fit to be said. */
export interface SpokenSlot extends SpokenMoment {
  /** `null`: whose chair it is, is not said (the caller did not care). */
  staff: string | null;
}

export interface SpokenAppointment extends SpokenSlot {
  service: string;
}

/** One of the caller's own. */
export interface OwnSpokenAppointment extends SpokenAppointment {
  /** `noted`: not confirmed yet; a cancel or a move of it may be noted likewise, and is not done yet. */
  state: "stands" | "noted" | "cancel_noted" | "move_noted";
}

/** A local calendar day. */
export interface SpokenDay {
  /** `YYYY-MM-DD` in `zone`. */
  date: string;
  zone: string;
}

/** A part of an open day at which the salon is closed: before it opens, after it has closed, in a break. */
export interface SpokenClosedPart extends SpokenDay {
  side: "before" | "after" | "between";
}

/** What the caller's time was, as far as an answer with free times depends on it. */
export type Wished =
  /** An exact start; whether the offers are that, near (at most 30 minutes off on the day) or far is computed. */
  | { kind: "exact"; start: Date }
  /** A day, a part of a day, a range or nothing, and the offers lie within. */
  | { kind: "open" }
  /** A day, a part of a day or a range in which nothing is free; the offers lie outside of it. */
  | { kind: "missed" };

export type ChangeKind = "book" | "reschedule" | "cancel";
export type ToolTopic = "booking" | "appointments" | "reschedule" | "cancel" | "callback" | "services";
export type InvalidField = "date" | "time" | "name" | "phone" | "email" | "service" | "offer" | "appointment";

/** What there is too much of: uses of tools in this call, bookings or holds of this number, or the number itself. */
export type TooManyCause = "call" | "number" | "rejected";

/** Why a policy refuses; the shape of `PolicyDecision` (domain/policy), so that it can be handed on. */
export interface SpokenRefusal {
  action: "cancel" | "reschedule";
  rule: "notice" | "quota" | "per_appointment";
  requiredMinutes?: number;
  remainingMinutes?: number;
  feeCents?: number;
}

/**
 * Everything that a tool says. Each answer is formal German, at most two sentences and 35 words, without a
 * digit, a year or anything internal (salon-gateway 9.6, contract 5). `now` tells "heute" and "morgen".
 * What does not fit is left out in a fixed order; instants, fees and the question never are.
 */
export interface Say {
  /** `OFFERS`, one to three, the best first; at most two are spoken. */
  offers(slots: {
    now: Date;
    service: string;
    offers: readonly SpokenSlot[];
    wished: Wished;
    /** The caller gave a time without a day: the answer says which day was taken. */
    assumedDay?: boolean;
  }): string;
  /** `APPOINTMENTS`: what is wished for stands already; `pending`: it is not confirmed yet (salon-gateway 11.6). */
  alreadyBooked(slots: { now: Date; appointment: SpokenAppointment; pending: boolean }): string;
  /** `OFFERS`: free, but the caller has an appointment then already (salon-gateway 11.15). */
  besideOwn(slots: { now: Date; offer: SpokenSlot; own: SpokenAppointment }): string;
  /** `NOTHING_FREE` within the horizon. `staff`: the one asked for. */
  nothingFree(slots: { horizonDays: number; staff: string | null }): string;
  /** `TOO_SOON`: the lead and the earliest start that is free, if there is one. */
  tooSoon(slots: { now: Date; leadMinutes: number; earliest: SpokenSlot | null }): string;
  /** `TOO_FAR`: how many days ahead can be booked; `null`: Cal.com refused it and did not say. */
  tooFar(slots: { daysAhead: number | null }): string;
  /** `IN_PAST`. */
  inPast(): string;
  /** `CLOSED` on that day, or at that time or part of an open day; with free starts if there are, else the next open day. */
  closed(slots: {
    now: Date;
    wish: SpokenDay | SpokenClosedPart | SpokenMoment;
    nextOpen: SpokenDay | null;
    offers: readonly SpokenSlot[];
  }): string;

  /** `UNKNOWN_SERVICE`; at most three suggestions are spoken, of the categories where there is none. */
  unknownService(slots: { suggestions: readonly string[]; categories: readonly string[] }): string;
  /** `AMBIGUOUS_SERVICE`: one word that fits several. */
  ambiguousService(slots: { candidates: readonly string[] }): string;
  /** `AMBIGUOUS_SERVICE`: several wished at once; only one can be booked at a time. */
  severalServices(slots: { services: readonly string[] }): string;
  /** `UNKNOWN_STAFF`. */
  unknownStaff(slots: { available: readonly string[] }): string;
  /** `UNKNOWN_STAFF`: one name that fits several. */
  ambiguousStaff(slots: { candidates: readonly string[] }): string;
  /** `STAFF_CANNOT_DO_SERVICE`, naming who can. */
  staffCannotDoService(slots: { staff: string; service: string; qualified: readonly string[] }): string;
  /** `AMBIGUOUS_DATE`: both readings. */
  ambiguousDate(slots: { now: Date; zone: string; readings: readonly [Wish, Wish] }): string;

  /** `NEEDS_SERVICE`. */
  needsService(): string;
  /** `NEEDS_DATE`. */
  needsDate(): string;
  /** `NEEDS_NAME`. `heard`: something was given, but it is no name. */
  needsName(slots: { heard: boolean }): string;
  /** `NEEDS_PHONE`. `heard`: something was given, but it is no valid number. */
  needsPhone(slots: { heard: boolean }): string;

  /**
   * `CONFIRM` before a booking. `priceCents: null`: not said. `phone`: E.164, only if the caller said it: it is read
   * back digit by digit (voice-agents 3.6); one that the platform saw is not.
   */
  confirmBooking(slots: {
    now: Date;
    appointment: SpokenAppointment;
    customerName: string | null;
    priceCents: number | null;
    phone: string | null;
  }): string;
  /** `CONFIRM` before a move. A fee of 0 is not mentioned. */
  confirmReschedule(slots: {
    now: Date;
    service: string;
    from: SpokenSlot;
    to: SpokenSlot;
    feeCents: number;
  }): string;
  /** `CONFIRM` of a cancel where the policy wants the move to be offered first (FR-3). */
  offerMoveFirst(slots: { now: Date; appointment: SpokenAppointment }): string;
  /** `CONFIRM` before a cancel. */
  confirmCancel(slots: { now: Date; appointment: SpokenAppointment; feeCents: number }): string;

  /** `BOOKED`. `confirmationBy`: only where an address or a mobile number is known. */
  booked(slots: {
    now: Date;
    appointment: SpokenAppointment;
    confirmationBy: "email" | "sms" | null;
  }): string;
  /** `RESCHEDULED`. */
  rescheduled(slots: { now: Date; from: SpokenSlot; to: SpokenSlot; feeCents: number }): string;
  /** `CANCELLED`. */
  cancelled(slots: { now: Date; appointment: SpokenAppointment; feeCents: number }): string;
  /** `PENDING`: noted and held, told later. The appointment is the new one, of a cancel the old one. */
  pending(slots: {
    now: Date;
    change: ChangeKind;
    appointment: SpokenAppointment;
    confirmationBy: "email" | "sms" | null;
  }): string;
  /** `SLOT_TAKEN`, with alternatives from a fresh query. */
  slotTaken(slots: { now: Date; offers: readonly SpokenSlot[] }): string;
  /** `OFFER_EXPIRED`; with fresh offers where they could be had. */
  offerExpired(slots: { now: Date; offers: readonly SpokenSlot[] }): string;

  /** `WHICH_APPOINTMENT`: all of them; at most three are spoken, and that there are more. */
  whichAppointment(slots: { now: Date; appointments: readonly SpokenAppointment[] }): string;
  /** `APPOINTMENTS`: all of them; how many there are, and at most the next three are spoken. */
  appointments(slots: { now: Date; appointments: readonly OwnSpokenAppointment[] }): string;
  /** `NO_APPOINTMENTS`. */
  noAppointments(): string;
  /** `NOT_IDENTIFIED`; nothing stored is disclosed. `anonymous`: the number was withheld. */
  notIdentified(slots: { anonymous: boolean; callbackMinutes: number | null }): string;
  /** `POLICY`. */
  policy(slots: SpokenRefusal): string;
  /** `POLICY`: cancelled, under way or over. */
  notChangeable(): string;

  /**
   * `CALLBACK`. `phone`: E.164, only if the caller gave it: it is read back with the question whether it is right; a
   * stored number is never read out.
   */
  callback(slots: { withinMinutes: number; phone: string | null }): string;
  /** `SERVICES`: at most five, with prices where they fit. */
  services(slots: { services: readonly { name: string; priceCents: number }[] }): string;
  /** `SERVICES` where there are too many to name. */
  serviceCategories(slots: { categories: readonly string[] }): string;

  /** `TEMPORARY`. `callback`: whether one has already been arranged. */
  temporary(slots: { callback: boolean }): string;
  /** `TOO_MANY`. */
  tooMany(slots: { cause: TooManyCause }): string;
  /** `INVALID`; what has to be said again. */
  invalid(slots: { field: InvalidField | null }): string;
  /** `INVALID`: an offer of another service. */
  otherService(): string;
  /** `UNKNOWN_TOOL`. */
  unknownTool(): string;
  /** A tool that the branch has switched off, or outside the hours in which it is on. */
  toolOff(slots: { tool: ToolTopic; hours: boolean }): string;

  /** Greeting of a caller whose number is unknown or withheld. */
  greeting(slots: { salon: string }): string;
  /**
   * Greeting of a known caller. A prediction only phrases a question (salon-gateway 11.53).
   *
   * @param slots.name what the customer is called: "Frau Müller", or the first name
   */
  greetingKnown(slots: { salon: string; name: string; usualService: string | null }): string;
}
