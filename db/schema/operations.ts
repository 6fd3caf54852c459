import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { branches, companies, companyId, instant } from "./tenant.js";

/** A difference to Cal.com that no webhook explains; the later drift work lists and resolves them. */
export const drifts = pgTable(
  "drifts",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    companyId: companyId().references(() => companies.id),
    kind: text("kind").notNull(),
    severity: text("severity").$type<"low" | "medium" | "high">().notNull(),
    status: text("status").$type<"open" | "resolved" | "ignored">().notNull().default("open"),
    appointmentId: uuid("appointment_id"),
    calcomUid: text("calcom_uid"),
    calcomEventTypeId: integer("calcom_event_type_id"),
    local: jsonb("local").$type<unknown>(),
    remote: jsonb("remote").$type<unknown>(),
    dedupeKey: text("dedupe_key").notNull(),
    detectedAt: instant("detected_at").notNull().defaultNow(),
    dueAt: instant("due_at"),
    resolvedAt: instant("resolved_at"),
  },
  (t) => [
    uniqueIndex("drifts_open").on(t.companyId, t.dedupeKey).where(sql`status = 'open'`),
    index("drifts_status").on(t.companyId, t.status),
  ],
);

/** How far `reconcile` has read Cal.com's changes of a company, and what it healed. */
export const reconciliations = pgTable(
  "reconciliations",
  {
    companyId: companyId().references(() => companies.id),
    watermark: instant("watermark").notNull(),
    healed: integer("healed").notNull().default(0),
    lastRunAt: instant("last_run_at"),
    lastError: text("last_error"),
  },
  (t) => [primaryKey({ columns: [t.companyId] })],
);

/** An alert to be sent: written with the fact that raises it, delivered by the relay. */
export const alerts = pgTable(
  "alerts",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    companyId: companyId().references(() => companies.id),
    type: text("type").notNull(),
    data: jsonb("data").$type<Record<string, unknown>>().notNull(),
    dedupeKey: text("dedupe_key").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    deliveredAt: instant("delivered_at"),
    attempts: integer("attempts").notNull().default(0),
    relayAt: instant("relay_at").notNull().defaultNow(),
    /** The branch that has to know, beside whoever watches the installation. */
    branchId: uuid("branch_id").references(() => branches.id),
    mailedAt: instant("mailed_at"),
    mailAttempts: integer("mail_attempts").notNull().default(0),
    mailAt: instant("mail_at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("alerts_dedupe").on(t.companyId, t.dedupeKey),
    index("alerts_relay").on(t.relayAt).where(sql`delivered_at IS NULL`),
    index("alerts_mail").on(t.mailAt).where(sql`mailed_at IS NULL`),
  ],
);
