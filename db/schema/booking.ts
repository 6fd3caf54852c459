import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { ChangeRefusal } from "../../domain/booking/changeable.js";
import type { PlannedPhase } from "../../domain/booking/phases.js";
import { branches, companies, companyId, customers, instant, services, staff } from "./tenant.js";

const tstzrange = customType<{ data: string }>({ dataType: () => "tstzrange" });

export type AppointmentStatus = "pending" | "confirmed" | "cancelled" | "completed" | "no_show" | "failed";
export type SyncState = "synced" | "pending" | "failed" | "manual_review";

export const appointments = pgTable(
  "appointments",
  {
    /** UUIDv5 of the workflow id: the same key always names the same appointment. */
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    workflowId: text("workflow_id").notNull().unique(),
    version: integer("version").notNull().default(1),
    status: text("status").$type<AppointmentStatus>().notNull(),
    startAt: instant("start_at").notNull(),
    endAt: instant("end_at").notNull(),
    timeZone: text("time_zone").notNull(),
    serviceId: uuid("service_id")
      .notNull()
      .references(() => services.id),
    branchId: uuid("branch_id")
      .notNull()
      .references(() => branches.id),
    /** `null`: a booking from Cal.com whose host is nobody we know (drift `host_unknown`). */
    staffId: uuid("staff_id").references(() => staff.id),
    /** The caller asked for this person by name, so that no other host may be accepted. */
    staffWished: boolean("staff_wished").notNull().default(false),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id),
    /** As said for this appointment: booking for somebody else must not rename the customer. */
    attendeeName: text("attendee_name").notNull(),
    attendeeEmail: text("attendee_email"),
    attendeePhone: text("attendee_phone"),
    notes: text("notes"),
    source: text("source").$type<"api" | "voice" | "calcom" | "dashboard">().notNull(),
    priceCents: integer("price_cents").notNull(),
    feeCents: integer("fee_cents").notNull().default(0),
    bufferAfterMinutes: integer("buffer_after_minutes").notNull().default(0),
    previousStart: instant("previous_start"),
    rescheduleCount: integer("reschedule_count").notNull().default(0),
    cancellation: jsonb("cancellation").$type<Cancellation>(),
    /** Decisions of the policy with their inputs, so that each can be reproduced (salon-gateway I-14). */
    policyDecisions: jsonb("policy_decisions").$type<unknown[]>().notNull().default([]),
    syncState: text("sync_state").$type<SyncState>().notNull(),
    verifiedAt: instant("verified_at"),
    lastError: text("last_error"),
    nextAttemptAt: instant("next_attempt_at"),
    reviewReason: text("review_reason"),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (t) => [
    index("appointments_start").on(t.companyId, t.startAt, t.id),
    index("appointments_customer").on(t.companyId, t.customerId, t.startAt),
    index("appointments_sync").on(t.companyId, t.syncState),
    index("appointments_phone").on(t.companyId, t.attendeePhone),
  ],
);

export interface Cancellation {
  at: string;
  by: "customer" | "company" | "calcom" | "operator" | "system";
  reason: string | null;
  kind: "cancelled" | "reschedule_requested" | "rejected" | "removed";
}

export const appointmentPhases = pgTable(
  "appointment_phases",
  {
    companyId: companyId().references(() => companies.id),
    appointmentId: uuid("appointment_id")
      .notNull()
      .references(() => appointments.id),
    position: integer("position").notNull(),
    key: text("key").notNull(),
    startAt: instant("start_at").notNull(),
    endAt: instant("end_at").notNull(),
    staffRequired: boolean("staff_required").notNull(),
    staffId: uuid("staff_id").references(() => staff.id),
    calcomEventTypeId: integer("calcom_event_type_id"),
    calcomUid: text("calcom_uid"),
    sync: text("sync").$type<"not_applicable" | "pending" | "synced" | "failed" | "cancelled">().notNull(),
    /** Cal.com has the booking, and the salon has not said yes to it. */
    requested: boolean("requested").notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.appointmentId, t.position] }),
    unique("appointment_phases_key").on(t.appointmentId, t.key),
  ],
);

/**
 * The one place where overlap is decided, for holds, appointments and imported bookings alike. The
 * exclusion constraint (migration 0001) compares rows of different owners only: nobody blocks himself.
 */
export const busyIntervals = pgTable(
  "busy_intervals",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    companyId: companyId().references(() => companies.id),
    /** The appointment, or later the offer, that the interval belongs to. */
    ownerId: uuid("owner_id").notNull(),
    staffId: uuid("staff_id")
      .notNull()
      .references(() => staff.id),
    during: tstzrange("during").notNull(),
    phaseKey: text("phase_key").notNull(),
    kind: text("kind").$type<"hold" | "busy">().notNull(),
    /** The command that holds it until it is settled; `null` for what stands. */
    commandId: uuid("command_id"),
    expiresAt: instant("expires_at"),
    /** An overlap that already exists in Cal.com: recorded and alarmed, never refused. */
    conflict: boolean("conflict").notNull().default(false),
  },
  (t) => [index("busy_intervals_owner").on(t.companyId, t.ownerId)],
);

/**
 * What somebody asked for: the durable intent, its outcome and the answer that was given. It is also the
 * ledger of idempotency keys: a key names one command for good.
 */
export const commands = pgTable(
  "commands",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    appointmentId: uuid("appointment_id")
      .notNull()
      .references(() => appointments.id),
    workflowId: text("workflow_id").notNull(),
    kind: text("kind").$type<"book" | "reschedule" | "cancel">().notNull(),
    idempotencyKey: text("idempotency_key"),
    /** Hash of the operation and its body, compared by value. */
    requestHash: text("request_hash"),
    actor: text("actor").$type<"customer" | "company" | "operator" | "system">().notNull(),
    payload: jsonb("payload").$type<CommandPayload>().notNull(),
    /** `null` until settled. */
    outcome: jsonb("outcome").$type<CommandOutcome>(),
    /** What the caller was answered first; written once, whoever comes first, and kept as it was written. */
    answerStatus: integer("answer_status"),
    answerBody: json("answer_body").$type<unknown>(),
    acceptedAt: instant("accepted_at").notNull().defaultNow(),
    /** Set by the first activity that works on it: from then on the relay leaves it alone. */
    startedAt: instant("started_at"),
    settledAt: instant("settled_at"),
    relayAt: instant("relay_at").notNull(),
    relayAttempts: integer("relay_attempts").notNull().default(0),
  },
  (t) => [
    uniqueIndex("commands_idempotency_key")
      .on(t.companyId, t.idempotencyKey)
      .where(sql`idempotency_key IS NOT NULL`),
    index("commands_appointment").on(t.appointmentId),
    index("commands_relay").on(t.relayAt).where(sql`started_at IS NULL AND settled_at IS NULL`),
  ],
);

export interface CommandPayload {
  /** ISO instant: the wished start of a book or reschedule. */
  start?: string;
  staffId?: string | null;
  /** The phases to be booked at the new time, planned when the command was accepted. */
  phases?: PlannedPhase[];
  reason?: string | null;
  feeCents?: number;
}

export type CommandOutcome =
  /** `unmoved`: a move to where the appointment stood already; it counts as none. */
  | { result: "done"; status: AppointmentStatus; unmoved?: true }
  | { result: "refused"; problem: string; refusal?: ChangeRefusal };

export const timeline = pgTable(
  "timeline",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    companyId: companyId().references(() => companies.id),
    appointmentId: uuid("appointment_id").notNull(),
    at: instant("at").notNull().default(sql`clock_timestamp()`),
    kind: text("kind")
      .$type<"command" | "remote" | "webhook" | "echo" | "compensation" | "review" | "notification">()
      .notNull(),
    action: text("action").notNull(),
    outcome: text("outcome").notNull(),
    detail: jsonb("detail").$type<Record<string, unknown>>().notNull().default({}),
    /** Makes an entry of a repeated activity the same entry. */
    dedupeKey: text("dedupe_key"),
  },
  (t) => [
    index("timeline_appointment").on(t.appointmentId, t.id),
    uniqueIndex("timeline_dedupe").on(t.appointmentId, t.dedupeKey).where(sql`dedupe_key IS NOT NULL`),
  ],
);
