import { badRequest, notFound, raw, trpc } from "./answers.js";
import { assertInBounds, chooseHosts, hostIsFree, takenError } from "./availability.js";
import { assertChangeable, assertFields, lengthOf } from "./booking-checks.js";
import type { Attendee, Booking, EventType } from "./model.js";
import type { Settings } from "./settings.js";
import type { Store } from "./store.js";
import { newUid } from "./uid.js";
import type { AfterAnswer, Webhooks } from "./webhooks.js";

const MINUTE = 60_000;

/** How a change runs: what a fault or a person's hand does to it. */
export interface Change {
  readonly source: "API_V2" | "WEBAPP";
  readonly lagMs: number;
  /** Waits between the availability check and the commit; refuses where the client is gone and the fault says so. */
  readonly beforeCommit?: (() => Promise<void>) | undefined;
  /** Commits although another booking holds the same time. */
  readonly ignoreUnique?: boolean;
  /** A host books over his own calendar in Cal.com's UI; bounds and conflicts do not count. */
  readonly force?: boolean;
  readonly afterAnswer?: AfterAnswer | undefined;
}

export interface NewBooking {
  readonly eventTypeId: number;
  readonly start: number;
  readonly lengthInMinutes?: number | undefined;
  readonly attendee: Attendee;
  readonly guests?: readonly string[];
  readonly responses?: Readonly<Record<string, unknown>>;
  readonly metadata?: Booking["metadata"];
  readonly location?: string | undefined;
  readonly hostId?: number | undefined;
}

export interface Move {
  readonly start: number;
  readonly rescheduledBy?: string | undefined;
  readonly reason?: string | undefined;
  readonly sameHost?: boolean;
  readonly hostId?: number | undefined;
}

/** The life of bookings: what Cal.com's services do behind its API and its web UI. */
export class Bookings {
  constructor(
    private readonly store: Store,
    private readonly webhooks: Webhooks,
    private readonly settings: () => Settings,
  ) {}

  eventType(id: number): EventType {
    const type = this.store.eventTypes.get(id);
    if (type === undefined) throw notFound(`Event type with id ${id} not found.`);
    return type;
  }

  /** @throws ApiError 404 with Cal.com's text. */
  read(uid: string): Booking {
    const row = this.store.read(uid);
    if (row === undefined) throw notFound(`Booking with uid=${uid} was not found in the database`);
    return row;
  }

  /** Makes a booking, or finds the one that Cal.com takes for the same (round robin, pending): then nothing is sent. */
  async create(input: NewBooking, change: Change): Promise<Booking> {
    const type = this.eventType(input.eventTypeId);
    if (type.schedulingType === "managed") {
      throw badRequest(
        `Event type with id=${type.id} is the parent managed event type that can't be booked. You have to provide the child event type id aka id of event type that has been assigned to one of the users.`,
      );
    }
    const minutes = lengthOf(type, input.lengthInMinutes);
    assertFields(type, input.responses ?? {}, input.attendee);
    const { start } = input;
    const end = start + minutes * MINUTE;
    if (change.force !== true) assertInBounds(type, start);
    const same = this.#sameBooking(type, start, input.attendee);
    if (same !== undefined) return same;
    const hostIds = chooseHosts(this.store, type, start, end, {
      kind: "create",
      force: change.force === true,
      ...(input.hostId === undefined ? {} : { only: input.hostId }),
    });
    await change.beforeCommit?.();
    const status = type.requiresConfirmation && change.force !== true ? "pending" : "accepted";
    this.#assertUnique(type, status, start, end, hostIds, change, "create");
    const now = Date.now();
    const row: Booking = {
      id: this.store.nextId(),
      uid: newUid(),
      title: `${type.title} between ${this.store.hosts.get(hostIds[0] ?? 0)?.name ?? "Nameless"} and ${input.attendee.name}`,
      eventTypeId: type.id,
      hostIds,
      start,
      end,
      status,
      attendee: input.attendee,
      guests: input.guests ?? [],
      responses: input.responses ?? {},
      metadata: input.metadata ?? {},
      location: input.location ?? type.location,
      createdAt: now,
      updatedAt: now,
      sequence: 0,
      source: change.source,
      absentHost: false,
    };
    this.store.save(row, change.lagMs);
    await this.webhooks.emit(status === "pending" ? "BOOKING_REQUESTED" : "BOOKING_CREATED", row, {
      afterAnswer: change.afterAnswer,
    });
    return row;
  }

  /** Replaces a booking by a new one with its own uid and id; metadata and answers are copied. */
  async reschedule(uid: string, move: Move, change: Change): Promise<Booking> {
    const seen = change.source === "API_V2" ? this.store.readReplica(uid) : this.store.read(uid);
    if (seen === undefined) throw notFound(`Booking with uid=${uid} was not found in the database`);
    if (change.source === "API_V2") assertChangeable(seen, "reschedule");
    const old = this.read(uid);
    // The core refuses only "cancelled and not rescheduled"; a booking whose reschedule a host requested passes.
    if (old.status === "cancelled" && old.toUid === undefined && old.rescheduleRequested !== true) {
      throw raw(400, "cancelled_bookings_cannot_be_rescheduled");
    }
    const type = this.eventType(old.eventTypeId);
    const { start } = move;
    const end = start + (old.end - old.start);
    if (change.force !== true) assertInBounds(type, start);
    assertFields(type, old.responses, old.attendee);
    const same =
      type.schedulingType === "roundRobin" ? this.#sameBooking(type, start, old.attendee) : undefined;
    if (same !== undefined) return same;
    const keepHost = type.rescheduleWithSameRoundRobinHost || move.sameHost === true;
    const only = move.hostId ?? (keepHost ? old.hostIds[0] : undefined);
    const hostIds = chooseHosts(this.store, type, start, end, {
      kind: "reschedule",
      exceptUid: uid,
      force: change.force === true,
      ...(only === undefined ? {} : { only }),
    });
    await change.beforeCommit?.();
    const organizer = this.store.hosts.get(hostIds[0] ?? 0);
    const byHost = move.rescheduledBy !== undefined && this.#isHost(type, move.rescheduledBy);
    const status = type.requiresConfirmation && !byHost ? "pending" : "accepted";
    this.#assertUnique(type, status, start, end, hostIds, change, "reschedule", uid);
    const now = Date.now();
    const row: Booking = {
      ...old,
      id: this.store.nextId(),
      uid: newUid(),
      title: `${type.title} between ${organizer?.name ?? "Nameless"} and ${old.attendee.name}`,
      hostIds,
      start,
      end,
      status,
      createdAt: now,
      updatedAt: now,
      sequence: old.sequence + 1,
      source: change.source,
      cancellationReason: undefined,
      cancelledByEmail: undefined,
      rescheduleRequested: undefined,
      toUid: undefined,
      fromUid: uid,
      reschedulingReason: move.reason,
      rescheduledByEmail: move.rescheduledBy,
    };
    const current = this.store.read(uid) ?? old;
    this.store.save(
      {
        ...current,
        status: "cancelled",
        toUid: row.uid,
        rescheduledByEmail: move.rescheduledBy,
        reschedulingReason: move.reason,
        updatedAt: now,
      },
      change.lagMs,
    );
    this.store.save(row, change.lagMs);
    await this.webhooks.emit(status === "pending" ? "BOOKING_REQUESTED" : "BOOKING_RESCHEDULED", row, {
      previous: old,
      afterAnswer: change.afterAnswer,
    });
    return row;
  }

  /** Cancels; the webhook goes out before the row is updated, as Cal.com does it. */
  async cancel(
    uid: string,
    input: {
      readonly reason?: string | undefined;
      readonly by?: string | undefined;
      readonly asHost?: boolean;
    },
    change: Change,
  ): Promise<Booking> {
    const seen = change.source === "API_V2" ? this.store.readReplica(uid) : this.store.read(uid);
    if (seen === undefined) throw notFound(`Booking with uid=${uid} was not found in the database`);
    if (change.source === "API_V2") assertChangeable(seen, "cancel");
    const row = this.read(uid);
    if (row.status === "cancelled" || row.status === "rejected") {
      throw raw(400, "This booking has already been cancelled.");
    }
    const type = this.eventType(row.eventTypeId);
    if (type.disableCancelling) throw raw(400, "This event type does not allow cancellations");
    if (row.end < Date.now()) throw raw(400, "Cannot cancel a booking that has already ended");
    const rule = this.settings().cancelReason;
    if (input.reason === undefined || input.reason.trim() === "") {
      if (rule === "always") throw raw(400, "Cancellation reason is required");
      if (rule === "host" && input.asHost === true)
        throw raw(400, "Cancellation reason is required when you are the host");
    }
    await change.beforeCommit?.();
    return this.#cancelRow(
      row,
      { cancellationReason: input.reason, cancelledByEmail: input.by ?? "" },
      change,
      {
        cancelledBy: input.by,
        carriesMetadata: this.settings().cancelledCarriesMetadata,
      },
    );
  }

  /** The host asks the attendee for another time: the booking is cancelled, and a rebooking will name its uid. */
  async requestReschedule(uid: string, reason: string | undefined, change: Change): Promise<Booking> {
    const row = this.read(uid);
    if (row.status === "cancelled" || row.status === "rejected") throw trpc(400);
    await change.beforeCommit?.();
    const edit = { cancellationReason: reason, rescheduleRequested: true };
    return this.#cancelRow(row, edit, change, { requestReschedule: true });
  }

  async decide(
    uid: string,
    decision: "confirm" | "decline",
    reason: string | undefined,
    change: Change,
  ): Promise<Booking> {
    const row = this.read(uid);
    if (row.status !== "pending") throw trpc(400);
    await change.beforeCommit?.();
    const accepted = decision === "confirm";
    const next = this.#update(
      uid,
      accepted ? { status: "accepted" } : { status: "rejected", rejectionReason: reason ?? "" },
      change,
    );
    const trigger = accepted ? "BOOKING_CREATED" : "BOOKING_REJECTED";
    await this.webhooks.emit(trigger, next, { confirmed: accepted, afterAnswer: change.afterAnswer });
    return next;
  }

  async markAbsent(
    uid: string,
    input: {
      readonly host?: boolean | undefined;
      readonly attendees?: readonly { email: string; absent: boolean }[] | undefined;
    },
    change: Change,
  ): Promise<Booking> {
    const row = this.read(uid);
    if (row.start > Date.now() && change.force !== true) {
      throw badRequest(
        `Bookings can only be marked as absent after their scheduled start time. Current time in UTC+0: ${new Date().toISOString()}, Booking start time in UTC+0: ${new Date(row.start).toISOString()}`,
      );
    }
    await change.beforeCommit?.();
    const mine = input.attendees?.find((a) => a.email === row.attendee.email);
    const next = this.#update(
      uid,
      {
        ...(input.host === undefined ? {} : { absentHost: input.host }),
        ...(mine === undefined ? {} : { attendee: { ...row.attendee, absent: mine.absent } }),
      },
      change,
    );
    // A host's no-show alone sends nothing.
    if (input.attendees !== undefined && input.attendees.length > 0) {
      await this.webhooks.emit("BOOKING_NO_SHOW_UPDATED", next, {
        noShow: input.attendees.map((a) => ({ email: a.email, noShow: a.absent })),
        afterAnswer: change.afterAnswer,
      });
    }
    return next;
  }

  /** Gives a round robin booking to another host; the uid stays. */
  async reassign(uid: string, hostId: number | undefined, change: Change): Promise<Booking> {
    const row = this.read(uid);
    const type = this.eventType(row.eventTypeId);
    const before = row.hostIds[0];
    const hosts = this.store.hostIds(type);
    if (hostId !== undefined && (type.schedulingType !== "roundRobin" || !hosts.includes(hostId))) {
      throw badRequest(`User with id=${hostId} is not a valid Round Robin host`);
    }
    const candidates = hostId === undefined ? hosts.filter((id) => id !== before) : [hostId];
    const next = candidates.find(
      (id) => change.force === true || hostIsFree(this.store, type, id, row.start, row.end, uid),
    );
    if (next === undefined || type.schedulingType !== "roundRobin") {
      throw badRequest("Can't reassign the booking because no other host is available at that time.");
    }
    await change.beforeCommit?.();
    const name = this.store.hosts.get(next)?.name ?? "Nameless";
    const edit = {
      hostIds: [next],
      title: `${type.title} between ${name} and ${row.attendee.name}`,
      sequence: row.sequence + 1,
    };
    const updated = this.#update(uid, edit, change);
    await this.webhooks.emit("BOOKING_REASSIGNED", updated, {
      removedHostId: before,
      afterAnswer: change.afterAnswer,
    });
    return updated;
  }

  async changeLocation(uid: string, location: string, change: Change): Promise<Booking> {
    const row = this.read(uid);
    await change.beforeCommit?.();
    const updated = this.#update(uid, { location, sequence: row.sequence + 1 }, change);
    await this.webhooks.emit("BOOKING_LOCATION_UPDATED", updated, {
      previousLocation: row.location,
      afterAnswer: change.afterAnswer,
    });
    return updated;
  }

  async #cancelRow(
    row: Booking,
    edit: Partial<Booking>,
    change: Change,
    options: Parameters<Webhooks["emit"]>[2],
  ): Promise<Booking> {
    const announced: Booking = { ...row, ...edit, status: "cancelled", sequence: row.sequence + 1 };
    const send = (): Promise<void> =>
      this.webhooks.emit("BOOKING_CANCELLED", announced, { ...options, afterAnswer: change.afterAnswer });
    const commit = (): Booking =>
      this.#update(row.uid, { ...edit, status: "cancelled", sequence: row.sequence + 1 }, change);
    if (!this.settings().cancelledBeforeCommit) {
      const committed = commit();
      await send();
      return committed;
    }
    await send();
    return commit();
  }

  #update(uid: string, edit: Partial<Booking>, change: Change): Booking {
    const next = { ...this.read(uid), ...edit, updatedAt: Date.now() };
    this.store.save(next, change.lagMs);
    return next;
  }

  /** Round robin and confirmation types answer a repeated POST with the booking that stands. */
  #sameBooking(type: EventType, start: number, attendee: Attendee): Booking | undefined {
    const wanted = type.requiresConfirmation ? "pending" : "accepted";
    if (wanted === "accepted" && type.schedulingType !== "roundRobin") return undefined;
    for (const row of this.store.ofAttendee(attendee.email)) {
      if (row.eventTypeId !== type.id || row.start !== start || row.status !== wanted) continue;
      if (row.attendee.phoneNumber === attendee.phoneNumber) return row;
    }
    return undefined;
  }

  /** The unique key is the only thing that the database itself checks: same host, start and end, and accepted. */
  #assertUnique(
    type: EventType,
    status: Booking["status"],
    start: number,
    end: number,
    hostIds: readonly number[],
    change: Change,
    kind: "create" | "reschedule",
    exceptUid?: string,
  ): void {
    if (change.ignoreUnique === true || change.force === true) return;
    const holder = this.store.uniqueHolder(start, end, hostIds[0] ?? 0);
    if (status === "accepted" && holder !== undefined && holder !== exceptUid)
      throw raw(409, "booking_conflict_error");
    if (change.beforeCommit === undefined || this.settings().overlapRace === "allow") return;
    if (!hostIds.every((id) => hostIsFree(this.store, type, id, start, end, exceptUid)))
      throw takenError(type, kind);
  }

  #isHost(type: EventType, email: string): boolean {
    const wanted = email.toLowerCase();
    return [...this.store.hostIds(type), type.ownerId ?? 0].some(
      (id) => this.store.hosts.get(id)?.email.toLowerCase() === wanted,
    );
  }
}
