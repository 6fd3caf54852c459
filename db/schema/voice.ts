import { sql } from "drizzle-orm";
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { PlannedPhase } from "../../domain/booking/phases.js";
import { appointments } from "./booking.js";
import { branches, companies, companyId, customers, instant, services, staff } from "./tenant.js";

/**
 * Which number, and which agent, leads to which company. Two companies may name the same one by mistake: the
 * signature decides between them, then who named it first.
 */
export const callRoutes = pgTable(
  "call_routes",
  {
    companyId: companyId().references(() => companies.id),
    kind: text("kind").$type<"phone" | "agent">().notNull(),
    /** E.164, or the id of an agent. */
    value: text("value").notNull(),
    branchId: uuid("branch_id").references(() => branches.id),
    claimedAt: instant("claimed_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.companyId, t.kind, t.value] }),
    index("call_routes_value").on(t.kind, t.value),
  ],
);

/** One call, whatever platform it came through. Two calls that name themselves alike differ by their caller. */
export const calls = pgTable(
  "calls",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    provider: text("provider").$type<"retell" | "generic">().notNull(),
    providerCallId: text("provider_call_id").notNull(),
    /** E.164; `null`: withheld or unknown. */
    callerPhone: text("caller_phone"),
    calledPhone: text("called_phone"),
    agentId: text("agent_id"),
    branchId: uuid("branch_id").references(() => branches.id),
    /** Who the caller's number belongs to, as found when it was first asked. */
    customerId: uuid("customer_id").references(() => customers.id),
    startedAt: instant("started_at").notNull().defaultNow(),
    lastSeenAt: instant("last_seen_at").notNull().defaultNow(),
    endedAt: instant("ended_at"),
    endReason: text("end_reason"),
    durationMs: integer("duration_ms"),
    analyzedAt: instant("analyzed_at"),
    /** What the platform's analysis says; our own ledger wins (salon-gateway 11.77). */
    claimsBooking: boolean("claims_booking"),
    toolCalls: integer("tool_calls").notNull().default(0),
  },
  (t) => [
    index("calls_provider").on(t.companyId, t.provider, t.providerCallId, t.startedAt),
    index("calls_started").on(t.companyId, t.startedAt),
    index("calls_customer").on(t.companyId, t.customerId),
    index("calls_caller").on(t.companyId, t.callerPhone),
  ],
);

/** Every use of a tool: the ledger of a call, and the memory that answers a repeated one. */
export const toolCalls = pgTable(
  "tool_calls",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    companyId: companyId().references(() => companies.id),
    callId: uuid("call_id")
      .notNull()
      .references(() => calls.id),
    /** The platform's id of the invocation, or the `Idempotency-Key`: the same one is the same use. */
    key: text("key").notNull(),
    tool: text("tool").notNull(),
    /** What was given, personal data masked. */
    args: jsonb("args").$type<Record<string, unknown>>().notNull(),
    argsHash: text("args_hash").notNull(),
    code: text("code"),
    /** `null` while it runs. */
    answer: jsonb("answer").$type<unknown>(),
    at: instant("at").notNull().defaultNow(),
    answeredAt: instant("answered_at"),
    latencyMs: integer("latency_ms"),
  },
  (t) => [
    unique("tool_calls_key").on(t.companyId, t.callId, t.key),
    index("tool_calls_at").on(t.callId, t.at),
  ],
);

/**
 * What a caller was offered: everything that the commit needs, so that nothing is resolved twice. The chair is
 * held in `busy_intervals` under the call's id, so that the offers of one call never block each other.
 */
export const offers = pgTable(
  "offers",
  {
    companyId: companyId().references(() => companies.id),
    id: text("id").notNull(),
    callId: uuid("call_id")
      .notNull()
      .references(() => calls.id),
    serviceId: uuid("service_id")
      .notNull()
      .references(() => services.id),
    branchId: uuid("branch_id")
      .notNull()
      .references(() => branches.id),
    staffId: uuid("staff_id")
      .notNull()
      .references(() => staff.id),
    staffWished: boolean("staff_wished").notNull(),
    startAt: instant("start_at").notNull(),
    endAt: instant("end_at").notNull(),
    timeZone: text("time_zone").notNull(),
    phases: jsonb("phases").$type<PlannedPhase[]>().notNull(),
    priceCents: integer("price_cents").notNull(),
    bufferAfterMinutes: integer("buffer_after_minutes").notNull(),
    kind: text("kind").$type<"wish" | "alternative">().notNull(),
    state: text("state").$type<"open" | "taken" | "released">().notNull().default("open"),
    /** The appointment that it became, or that was moved to it. */
    appointmentId: uuid("appointment_id").references(() => appointments.id),
    createdAt: instant("created_at").notNull().defaultNow(),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.companyId, t.id] }),
    index("offers_call").on(t.callId),
    index("offers_open").on(t.companyId, t.expiresAt).where(sql`state = 'open'`),
  ],
);

/** Before a cancel the caller is offered to move (FR-3): what became of it. */
export const rescheduleOffers = pgTable(
  "reschedule_offers",
  {
    companyId: companyId().references(() => companies.id),
    callId: uuid("call_id")
      .notNull()
      .references(() => calls.id),
    appointmentId: uuid("appointment_id")
      .notNull()
      .references(() => appointments.id),
    offeredAt: instant("offered_at").notNull().defaultNow(),
    outcome: text("outcome").$type<"accepted" | "declined">(),
    decidedAt: instant("decided_at"),
    branchNotifiedAt: instant("branch_notified_at"),
  },
  (t) => [
    primaryKey({ columns: [t.companyId, t.callId, t.appointmentId] }),
    index("reschedule_offers_at").on(t.companyId, t.offeredAt),
  ],
);

/** Somebody has to be called back: the exit of every failure. */
export const callbacks = pgTable(
  "callbacks",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    branchId: uuid("branch_id").references(() => branches.id),
    callId: uuid("call_id").references(() => calls.id),
    customerId: uuid("customer_id").references(() => customers.id),
    appointmentId: uuid("appointment_id").references(() => appointments.id),
    workflowId: text("workflow_id").notNull().unique(),
    priority: text("priority").$type<"normal" | "high" | "urgent">().notNull(),
    status: text("status").$type<"open" | "completed" | "cancelled">().notNull().default("open"),
    /** Why: what the caller said, or the name of the failure. Personal data, as name, phone and the rest. */
    topic: text("topic").notNull(),
    reason: text("reason").$type<CallbackReason>().notNull(),
    name: text("name"),
    phone: text("phone"),
    bestTime: text("best_time"),
    note: text("note"),
    dueAt: instant("due_at").notNull(),
    remindedAt: instant("reminded_at"),
    createdAt: instant("created_at").notNull().defaultNow(),
    completedAt: instant("completed_at"),
    completedBy: text("completed_by"),
    /** Makes the callback of one occasion one callback. */
    dedupeKey: text("dedupe_key").notNull(),
    /** Set when the workflow is known to have been started; until then the relay starts it. */
    startedAt: instant("started_at"),
    relayAt: instant("relay_at").notNull().defaultNow(),
    relayAttempts: integer("relay_attempts").notNull().default(0),
  },
  (t) => [
    uniqueIndex("callbacks_dedupe").on(t.companyId, t.dedupeKey),
    index("callbacks_open").on(t.companyId, t.dueAt).where(sql`status = 'open'`),
    index("callbacks_relay").on(t.relayAt).where(sql`started_at IS NULL`),
  ],
);

/** What led to a callback. */
export type CallbackReason =
  | "asked"
  | "technical_failure"
  | "not_identified"
  | "nothing_free"
  | "policy"
  | "claimed_booking_missing"
  | "booking_failed";
