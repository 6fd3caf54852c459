import { z } from "zod";
import type { Bookings, Change } from "./bookings.js";
import type { ActiveFault, Faults } from "./faults.js";
import {
  type Booking,
  type EventType,
  type EventTypeEdit,
  eventTypeEditSchema,
  eventTypeSchema,
  type SimulatorSeed,
  type Subscription,
  subscriptionSchema,
} from "./model.js";
import { SeededRandom } from "./random.js";
import type { RateLimit, RateLimiter } from "./rate-limit.js";
import type { LoggedRequest, RequestLog } from "./request-log.js";
import {
  type FaultInput,
  type Settings,
  type SettingsEdit,
  settingsSchema,
  type WebhookRule,
  type WebhookRuleInput,
} from "./settings.js";
import type { Store } from "./store.js";
import type { Delivery, Webhooks } from "./webhooks.js";

const uid = z.string().min(1);
const start = z.iso.datetime({ offset: true });
const by = z.enum(["host", "attendee"]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** What a person may do in Cal.com's own UI; `force` is a host who overrides hours, bounds and conflicts. */
export const actionSchemas = {
  book: z.strictObject({
    eventTypeId: z.int(),
    start,
    name: z.string().min(1),
    email: z.string().optional(),
    phone: z.string().optional(),
    timeZone: z.string().optional(),
    language: z.string().optional(),
    hostId: z.int().optional(),
    lengthInMinutes: z.int().positive().optional(),
    guests: z.array(z.string()).optional(),
    responses: z.record(z.string(), z.unknown()).optional(),
    metadata: z.record(z.string(), scalar).optional(),
    location: z.string().optional(),
    force: z.boolean().default(false),
  }),
  move: z.strictObject({
    uid,
    start,
    by: by.default("host"),
    reason: z.string().optional(),
    hostId: z.int().optional(),
    force: z.boolean().default(false),
  }),
  cancel: z.strictObject({ uid, by: by.default("host"), reason: z.string().default("Cancelled in Cal.com") }),
  confirm: z.strictObject({ uid }),
  decline: z.strictObject({ uid, reason: z.string().optional() }),
  reassign: z.strictObject({ uid, hostId: z.int().optional(), force: z.boolean().default(false) }),
  requestReschedule: z.strictObject({ uid, reason: z.string().optional() }),
  /** Before the start, too: who tests cannot wait for it. */
  markNoShow: z.strictObject({ uid, attendee: z.boolean().optional(), host: z.boolean().optional() }),
  changeLocation: z.strictObject({ uid, location: z.string().min(1) }),
  fireMeeting: z.strictObject({
    uid,
    which: z.enum(["STARTED", "ENDED"]),
    unsigned: z.boolean().default(false),
  }),
} as const;
type Input<K extends keyof typeof actionSchemas> = z.input<(typeof actionSchemas)[K]>;

/** A booking as the control API shows it: whole, every status, straight from the primary. */
export interface BookingView extends Omit<Booking, "start" | "end" | "createdAt" | "updatedAt"> {
  readonly start: string;
  readonly end: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ControlDeps {
  readonly store: Store;
  readonly bookings: Bookings;
  readonly webhooks: Webhooks;
  readonly faults: Faults;
  readonly limiter: RateLimiter;
  readonly requests: RequestLog;
  readonly state: { settings: Settings; random: SeededRandom; epoch: number };
}

/** Everything behind `/_sim`, for programs in the same process. Methods throw `ApiError` where Cal.com would refuse. */
export class Control {
  constructor(private readonly deps: ControlDeps) {}

  /** `bookings` keeps hosts, keys, teams, event types and subscriptions; settings, faults and logs go either way. */
  async reset(what: "all" | "bookings" = "all"): Promise<void> {
    const { store, webhooks, faults, limiter, requests, state } = this.deps;
    // Slow requests of before must not commit into what comes after.
    state.epoch++;
    webhooks.forget();
    await webhooks.settle();
    if (what === "all") store.clear();
    else store.clearBookings();
    faults.clear();
    webhooks.clearRules();
    webhooks.clearLog();
    limiter.reset();
    requests.clear();
    state.settings = settingsSchema.parse({});
    store.onChange();
  }

  /** Upserts hosts, teams, keys, event types and subscriptions. */
  seed(seed: SimulatorSeed): void {
    this.deps.store.seed(seed);
    this.deps.store.rebuildCalendars();
  }

  catalogue() {
    const { hosts, teams, keys, eventTypes, webhooks } = this.deps.store.snapshot();
    return { hosts, teams, keys, eventTypes, webhooks };
  }

  putWebhook(subscription: z.input<typeof subscriptionSchema>): Subscription {
    return this.deps.store.putWebhook(subscriptionSchema.parse(subscription));
  }

  removeWebhook(id: string): boolean {
    return this.#changed(this.deps.store.webhooks.delete(id));
  }

  /** The key is unknown from now on: 401. */
  removeKey(key: string): boolean {
    return this.#changed(this.deps.store.keys.delete(key));
  }

  putEventType(type: z.input<typeof eventTypeSchema>): EventType {
    const parsed = eventTypeSchema.parse(type);
    this.deps.store.eventTypes.set(parsed.id, parsed);
    this.#changed(true);
    this.deps.store.rebuildCalendars();
    return parsed;
  }

  editEventType(id: number, edit: EventTypeEdit): EventType {
    const next = { ...this.deps.bookings.eventType(id), ...eventTypeEditSchema.parse(edit) };
    this.deps.store.eventTypes.set(id, next);
    this.deps.store.rebuildCalendars();
    this.#changed(true);
    return next;
  }

  removeEventType(id: number): boolean {
    return this.#changed(this.deps.store.eventTypes.delete(id));
  }

  async book(input: Input<"book">): Promise<BookingView> {
    const given = actionSchemas.book.parse(input);
    const row = await this.deps.bookings.create(
      {
        eventTypeId: given.eventTypeId,
        start: Date.parse(given.start),
        lengthInMinutes: given.lengthInMinutes,
        attendee: {
          name: given.name,
          email: given.email || `${(given.phone ?? "").replace(/\D/g, "")}@sms.cal.com`,
          timeZone: given.timeZone ?? "Europe/Berlin",
          language: given.language ?? "de",
          phoneNumber: given.phone || undefined,
          absent: false,
        },
        guests: given.guests ?? [],
        responses: this.#filledIn(given.eventTypeId, given.responses ?? {}),
        metadata: given.metadata ?? {},
        location: given.location,
        hostId: given.hostId,
      },
      this.#change(given.force),
    );
    return view(row);
  }

  /** Cal.com's own form lets nobody go on who leaves a required question open. */
  #filledIn(eventTypeId: number, responses: Record<string, unknown>): Record<string, unknown> {
    const asked = this.deps.bookings
      .eventType(eventTypeId)
      .bookingFields.filter((field) => field.required && field.options === undefined);
    return { ...Object.fromEntries(asked.map((field) => [field.slug, "as asked"])), ...responses };
  }

  /** Also the rebooking after a request-reschedule: the cancelled uid is named as the one replaced. */
  async move(input: Input<"move">): Promise<BookingView> {
    const given = actionSchemas.move.parse(input);
    const row = this.deps.bookings.read(given.uid);
    const rescheduledBy = this.#emailOf(row, given.by);
    const move = {
      start: Date.parse(given.start),
      rescheduledBy,
      reason: given.reason,
      hostId: given.hostId,
    };
    return view(await this.deps.bookings.reschedule(given.uid, move, this.#change(given.force)));
  }

  async cancel(input: Input<"cancel">): Promise<BookingView> {
    const given = actionSchemas.cancel.parse(input);
    const by = this.#emailOf(this.deps.bookings.read(given.uid), given.by);
    return view(await this.deps.bookings.cancel(given.uid, { reason: given.reason, by }, this.#change()));
  }

  async confirm(input: Input<"confirm">): Promise<BookingView> {
    return view(
      await this.deps.bookings.decide(
        actionSchemas.confirm.parse(input).uid,
        "confirm",
        undefined,
        this.#change(),
      ),
    );
  }

  async decline(input: Input<"decline">): Promise<BookingView> {
    const { uid, reason } = actionSchemas.decline.parse(input);
    return view(await this.deps.bookings.decide(uid, "decline", reason, this.#change()));
  }

  async reassign(input: Input<"reassign">): Promise<BookingView> {
    const given = actionSchemas.reassign.parse(input);
    return view(await this.deps.bookings.reassign(given.uid, given.hostId, this.#change(given.force)));
  }

  async requestReschedule(input: Input<"requestReschedule">): Promise<BookingView> {
    const { uid, reason } = actionSchemas.requestReschedule.parse(input);
    return view(await this.deps.bookings.requestReschedule(uid, reason, this.#change()));
  }

  async markNoShow(input: Input<"markNoShow">): Promise<BookingView> {
    const { uid, attendee, host } = actionSchemas.markNoShow.parse(input);
    const { email } = this.deps.bookings.read(uid).attendee;
    const attendees = attendee === undefined ? undefined : [{ email, absent: attendee }];
    return view(await this.deps.bookings.markAbsent(uid, { host, attendees }, this.#change(true)));
  }

  async changeLocation(input: Input<"changeLocation">): Promise<BookingView> {
    const { uid, location } = actionSchemas.changeLocation.parse(input);
    return view(await this.deps.bookings.changeLocation(uid, location, this.#change()));
  }

  /** The row vanishes and nobody is told. */
  erase(uid: string): boolean {
    return this.deps.store.remove(uid);
  }

  /** Sends MEETING_STARTED or MEETING_ENDED now; `unsigned` as old self-hosted versions did (#13985). */
  async fireMeeting(input: Input<"fireMeeting">): Promise<void> {
    const { uid, which, unsigned } = actionSchemas.fireMeeting.parse(input);
    const row = this.deps.bookings.read(uid);
    await this.deps.webhooks.emit(which === "STARTED" ? "MEETING_STARTED" : "MEETING_ENDED", row, {
      unsigned,
    });
  }

  /** The UI's ping test, to one subscription or all. */
  async ping(subscriptionId?: string): Promise<number> {
    const all = [...this.deps.store.webhooks.values()];
    const chosen = subscriptionId === undefined ? all : all.filter((w) => w.id === subscriptionId);
    await Promise.all(chosen.map((webhook) => this.deps.webhooks.ping(webhook)));
    return chosen.length;
  }

  /** All bookings of every status, oldest first. */
  bookings(): BookingView[] {
    return [...this.deps.store.all()].map(view);
  }

  booking(uid: string): BookingView | undefined {
    const row = this.deps.store.read(uid);
    return row === undefined ? undefined : view(row);
  }

  /** Requests that the API was asked, oldest first. */
  requests(
    filter: { readonly operation?: string | undefined; readonly operationId?: string | undefined } = {},
  ): readonly LoggedRequest[] {
    return this.deps.requests.entries.filter(
      (entry) =>
        (filter.operation === undefined || entry.operation === filter.operation) &&
        (filter.operationId === undefined || entry.operationId === filter.operationId),
    );
  }

  requestCounts() {
    return this.deps.requests.counts();
  }

  clearRequests(): void {
    this.deps.requests.clear();
  }

  deliveries(): readonly Delivery[] {
    return this.deps.webhooks.log;
  }

  heldDeliveries(): readonly Delivery[] {
    return this.deps.webhooks.held;
  }

  /** Sends held webhooks in the given order of delivery ids; all, oldest first, when none is named. */
  release(ids?: readonly number[]): Promise<number> {
    return this.deps.webhooks.release(ids);
  }

  clearDeliveries(): void {
    this.deps.webhooks.clearLog();
  }

  /** Resolves when no delivery is under way in the background. */
  settle(): Promise<void> {
    return this.deps.webhooks.settle();
  }

  addWebhookRule(rule: WebhookRuleInput): WebhookRule & { readonly id: number } {
    return this.deps.webhooks.addRule(rule);
  }

  webhookRules(): readonly WebhookRule[] {
    return this.deps.webhooks.rules;
  }

  clearWebhookRules(): void {
    this.deps.webhooks.clearRules();
  }

  addFault(fault: FaultInput): ActiveFault {
    return this.deps.faults.add(fault);
  }

  faults(): readonly ActiveFault[] {
    return this.deps.faults.list();
  }

  /** Lifts one fault, or all. */
  clearFaults(id?: number): void {
    if (id === undefined) this.deps.faults.clear();
    else this.deps.faults.remove(id);
  }

  settings(): Settings {
    return this.deps.state.settings;
  }

  set(edit: SettingsEdit): Settings {
    const next = settingsSchema.parse({ ...this.deps.state.settings, ...edit });
    if (next.replicaLagMs === 0 && this.deps.state.settings.replicaLagMs > 0) this.deps.store.settleReplica();
    this.deps.state.settings = next;
    return next;
  }

  /** null switches the limiter off. */
  setRateLimit(rule: RateLimit | null): void {
    this.deps.limiter.rule = rule;
    this.deps.limiter.reset();
  }

  /** Starts the generator of chaos anew. */
  seedRandom(seed: number): void {
    this.deps.state.random = new SeededRandom(seed);
  }

  #change(force = false): Change {
    return { source: "WEBAPP", lagMs: this.deps.state.settings.replicaLagMs, force };
  }

  #emailOf(row: Booking, by: "host" | "attendee"): string {
    return by === "attendee"
      ? row.attendee.email
      : (this.deps.store.hosts.get(row.hostIds[0] ?? 0)?.email ?? "");
  }

  #changed(result: boolean): boolean {
    if (result) this.deps.store.onChange();
    return result;
  }
}

function view(row: Booking): BookingView {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    ...row,
    start: iso(row.start),
    end: iso(row.end),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}
