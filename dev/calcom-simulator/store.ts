import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { HostCalendar } from "./calendar.js";
import type { ApiKey, Booking, EventType, Host, Reservation, Subscription, Team } from "./model.js";
import { type SimulatorSeed, seedSchema, type subscriptionSchema } from "./model.js";

interface Lagging {
  /** What the replica still shows; undefined where it has not heard of the booking. */
  base: Booking | undefined;
  readonly pending: { visibleAt: number; row: Booking | undefined }[];
}

/** Everything that survives a restart. */
export interface Snapshot {
  readonly version: 1;
  readonly nextId: number;
  readonly hosts: readonly Host[];
  readonly teams: readonly Team[];
  readonly keys: readonly ApiKey[];
  readonly eventTypes: readonly EventType[];
  readonly webhooks: readonly Subscription[];
  readonly bookings: readonly Booking[];
  readonly reservations: readonly Reservation[];
}

/** Bookings that take their host's time; a pending one only where its type says so (#10789). */
function blocks(row: Booking | undefined, type: EventType | undefined): row is Booking {
  return (
    row !== undefined &&
    (row.status === "accepted" || (row.status === "pending" && type?.pendingBlocksSlot === true))
  );
}

/** The primary database and its read replica, indexed by uid, host and attendee. */
export class Store {
  readonly hosts = new Map<number, Host>();
  readonly teams = new Map<number, Team>();
  readonly keys = new Map<string, ApiKey>();
  readonly eventTypes = new Map<number, EventType>();
  readonly webhooks = new Map<string, Subscription>();
  readonly reservations = new Map<string, Reservation>();
  /** Called after every change; persistence listens here. */
  onChange: () => void = () => {};

  #bookings = new Map<string, Booking>();
  #byEmail = new Map<string, Set<string>>();
  #calendars = new Map<number, HostCalendar>();
  #unique = new Map<string, string>();
  #lagging = new Map<string, Lagging>();
  #lastBooked = new Map<number, number>();
  #nextId = 1_000;

  nextId(): number {
    return this.#nextId++;
  }

  seed(input: SimulatorSeed): void {
    const seed = seedSchema.parse(input);
    for (const host of seed.hosts) this.putHost(host);
    for (const team of seed.teams) this.teams.set(team.id, team);
    for (const key of seed.keys) this.keys.set(key.key, key);
    for (const type of seed.eventTypes) this.eventTypes.set(type.id, type);
    for (const webhook of seed.webhooks) this.putWebhook(webhook);
    this.onChange();
  }

  clear(): void {
    for (const map of [this.hosts, this.teams, this.keys, this.eventTypes, this.webhooks]) map.clear();
    this.clearBookings();
  }

  clearBookings(): void {
    this.#bookings.clear();
    this.#byEmail.clear();
    this.#unique.clear();
    this.#lagging.clear();
    this.#lastBooked.clear();
    this.reservations.clear();
    this.#calendars.clear();
    this.onChange();
  }

  putHost(host: Host): void {
    this.hosts.set(host.id, host);
    const calendar = this.#calendars.get(host.id);
    if (calendar !== undefined) this.#calendars.set(host.id, calendar.withHost(host));
    this.onChange();
  }

  putWebhook(input: z.output<typeof subscriptionSchema>): Subscription {
    const scope = JSON.stringify(input.scope);
    const known = [...this.webhooks.values()].find(
      (w) =>
        w.id === input.id ||
        (input.id === undefined && w.url === input.url && JSON.stringify(w.scope) === scope),
    );
    const webhook = { ...input, id: input.id ?? known?.id ?? randomUUID() };
    this.webhooks.set(webhook.id, webhook);
    this.onChange();
    return webhook;
  }

  calendar(hostId: number): HostCalendar | undefined {
    let calendar = this.#calendars.get(hostId);
    if (calendar === undefined) {
      const host = this.hosts.get(hostId);
      if (host === undefined) return undefined;
      calendar = new HostCalendar(host);
      for (const row of this.#bookings.values()) {
        if (row.hostIds.includes(hostId) && blocks(row, this.eventTypes.get(row.eventTypeId))) {
          calendar.add(row.uid, row.start, row.end);
        }
      }
      this.#calendars.set(hostId, calendar);
    }
    return calendar;
  }

  /** Hosts of a type; a personal type without a list is its owner's. */
  hostIds(type: EventType): readonly number[] {
    if (type.hosts.length > 0) return type.hosts;
    return type.ownerId === null ? [] : [type.ownerId];
  }

  /** The row as the primary has it. */
  read(uid: string): Booking | undefined {
    return this.#bookings.get(uid);
  }

  /** The row as the read replica has it now. */
  readReplica(uid: string): Booking | undefined {
    const lagging = this.#lagging.get(uid);
    if (lagging === undefined) return this.#bookings.get(uid);
    const now = Date.now();
    while (lagging.pending[0] !== undefined && lagging.pending[0].visibleAt <= now) {
      lagging.base = lagging.pending.shift()?.row;
    }
    if (lagging.pending.length === 0) this.#lagging.delete(uid);
    return lagging.base;
  }

  *all(): Iterable<Booking> {
    yield* this.#bookings.values();
  }

  get size(): number {
    return this.#bookings.size;
  }

  /** Rows that the replica shows, of one attendee (exact, case-sensitive) or all. */
  *replica(attendeeEmail?: string): Iterable<Booking> {
    const uids = attendeeEmail === undefined ? undefined : (this.#byEmail.get(attendeeEmail) ?? []);
    if (uids === undefined && this.#lagging.size === 0) {
      yield* this.#bookings.values();
      return;
    }
    for (const uid of uids ?? this.#bookings.keys()) {
      const row = this.readReplica(uid);
      if (row !== undefined) yield row;
    }
  }

  *ofAttendee(email: string): Iterable<Booking> {
    for (const uid of this.#byEmail.get(email) ?? []) {
      const row = this.#bookings.get(uid);
      if (row !== undefined) yield row;
    }
  }

  /** Holder of the database's unique key uuidv5(start.end.host), which only accepted bookings have. */
  uniqueHolder(start: number, end: number, hostId: number): string | undefined {
    return this.#unique.get(`${start}.${end}.${hostId}`);
  }

  /** Id of the newest booking of a host: who was longest without one is next in a round robin. */
  lastBooked(hostId: number): number {
    return this.#lastBooked.get(hostId) ?? 0;
  }

  /** Writes a row to the primary; the replica shows it `lagMs` later. */
  save(row: Booking, lagMs = 0): void {
    const before = this.#bookings.get(row.uid);
    const type = this.eventTypes.get(row.eventTypeId);
    if (lagMs > 0 || this.#lagging.has(row.uid)) this.#lag(row.uid, before, row, lagMs);
    this.#forget(before, type);
    this.#bookings.set(row.uid, row);
    if (blocks(row, type)) {
      for (const hostId of row.hostIds) this.#calendars.get(hostId)?.add(row.uid, row.start, row.end);
    }
    if (row.status === "accepted")
      this.#unique.set(`${row.start}.${row.end}.${row.hostIds[0] ?? 0}`, row.uid);
    let uids = this.#byEmail.get(row.attendee.email);
    if (uids === undefined) {
      uids = new Set();
      this.#byEmail.set(row.attendee.email, uids);
    }
    uids.add(row.uid);
    const host = row.hostIds[0] ?? 0;
    if (before === undefined) this.#lastBooked.set(host, Math.max(row.id, this.lastBooked(host)));
    this.onChange();
  }

  /** Removes a row as if it had never been. */
  remove(uid: string): boolean {
    const row = this.#bookings.get(uid);
    if (row === undefined) return false;
    this.#forget(row, this.eventTypes.get(row.eventTypeId));
    this.#bookings.delete(uid);
    this.#lagging.delete(uid);
    this.#byEmail.get(row.attendee.email)?.delete(uid);
    this.onChange();
    return true;
  }

  /** Builds the calendars anew, after a change of what blocks a slot. */
  rebuildCalendars(): void {
    this.#calendars.clear();
  }

  /** The replica catches up at once. */
  settleReplica(): void {
    this.#lagging.clear();
  }

  snapshot(): Snapshot {
    return {
      version: 1,
      nextId: this.#nextId,
      hosts: [...this.hosts.values()],
      teams: [...this.teams.values()],
      keys: [...this.keys.values()],
      eventTypes: [...this.eventTypes.values()],
      webhooks: [...this.webhooks.values()],
      bookings: [...this.#bookings.values()],
      reservations: [...this.reservations.values()],
    };
  }

  restore(snapshot: Snapshot): void {
    this.clear();
    this.#nextId = snapshot.nextId;
    for (const host of snapshot.hosts) this.hosts.set(host.id, host);
    for (const team of snapshot.teams) this.teams.set(team.id, team);
    for (const key of snapshot.keys) this.keys.set(key.key, key);
    for (const type of snapshot.eventTypes) this.eventTypes.set(type.id, type);
    for (const webhook of snapshot.webhooks) this.webhooks.set(webhook.id, webhook);
    for (const booking of snapshot.bookings) this.save(booking);
    for (const reservation of snapshot.reservations) this.reservations.set(reservation.uid, reservation);
  }

  #lag(uid: string, before: Booking | undefined, row: Booking, lagMs: number): void {
    this.readReplica(uid);
    let lagging = this.#lagging.get(uid);
    if (lagging === undefined) {
      lagging = { base: before, pending: [] };
      this.#lagging.set(uid, lagging);
    }
    const last = lagging.pending[lagging.pending.length - 1]?.visibleAt ?? 0;
    lagging.pending.push({ visibleAt: Math.max(Date.now() + lagMs, last), row });
  }

  #forget(row: Booking | undefined, type: EventType | undefined): void {
    if (row === undefined) return;
    const key = `${row.start}.${row.end}.${row.hostIds[0] ?? 0}`;
    if (this.#unique.get(key) === row.uid) this.#unique.delete(key);
    if (blocks(row, type)) {
      for (const hostId of row.hostIds) this.#calendars.get(hostId)?.remove(row.uid, row.start);
    }
  }
}
