import { sql } from "drizzle-orm";
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { companies, companyId, instant } from "./tenant.js";

/**
 * One write to Cal.com, recorded before it is sent. `sent` means "may have been sent": this row, not the
 * attempt number, decides whether we look up before sending again (design.md 3, Retries).
 */
export const remoteOperations = pgTable(
  "remote_operations",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    appointmentId: uuid("appointment_id").notNull(),
    commandId: uuid("command_id"),
    phaseKey: text("phase_key").notNull(),
    kind: text("kind")
      .$type<"create" | "reschedule" | "cancel" | "confirm" | "decline" | "reassign">()
      .notNull(),
    /** The booking that the operation changes; `null` for a create. */
    uid: text("uid"),
    calcomEventTypeId: integer("calcom_event_type_id"),
    wantedStart: instant("wanted_start"),
    state: text("state").$type<"planned" | "sent" | "done" | "refused" | "abandoned">().notNull(),
    /** The last attempt's answer did not say whether it took effect. */
    doubtful: boolean("doubtful").notNull().default(false),
    /** When the first request of this operation that may have had an effect was sent. */
    firstSentAt: instant("first_sent_at"),
    lastSentAt: instant("last_sent_at"),
    sends: integer("sends").notNull().default(0),
    resultUid: text("result_uid"),
    error: text("error"),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (t) => [
    index("remote_operations_appointment").on(t.appointmentId),
    index("remote_operations_command").on(t.commandId),
  ],
);

/** Every uid that Cal.com ever gave to a booking, and the workflow that owns its chain. */
export const calcomUids = pgTable(
  "calcom_uids",
  {
    companyId: companyId().references(() => companies.id),
    uid: text("uid").notNull(),
    workflowId: text("workflow_id").notNull(),
    appointmentId: uuid("appointment_id").notNull(),
    phaseKey: text("phase_key"),
    previousUid: text("previous_uid"),
    /** A cancel that arrived before its booking: a late create must not revive it. */
    tombstonedAt: instant("tombstoned_at"),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.companyId, t.uid] }),
    index("calcom_uids_appointment").on(t.appointmentId),
  ],
);

export type WebhookEventStatus = "waiting" | "delivered" | "processed" | "ignored" | "quarantined" | "dead";

/** The inbox: acknowledged means that it stands here. The relay brings it to its workflow. */
export const webhookEvents = pgTable(
  "webhook_events",
  {
    id: uuid("id").primaryKey(),
    /** `null`: signed with the installation's secret, but of no tenant that we know. */
    companyId: uuid("company_id"),
    source: text("source").$type<"webhook" | "reconcile">().notNull(),
    semanticKey: text("semantic_key").notNull(),
    trigger: text("trigger").notNull(),
    uid: text("uid"),
    rescheduleUid: text("reschedule_uid"),
    operationId: uuid("operation_id"),
    /** Facts without personal data (domain/calcom/event.ts). */
    event: jsonb("event").$type<unknown>().notNull(),
    /** The attendee, reasons and notes: personal data, read by activities only. */
    person: jsonb("person").$type<unknown>().notNull(),
    status: text("status").$type<WebhookEventStatus>().notNull(),
    note: text("note"),
    workflowId: text("workflow_id"),
    /** What the workflow decided, so that a repeated activity decides the same. */
    decision: jsonb("decision").$type<unknown>(),
    attempts: integer("attempts").notNull().default(0),
    relayAt: instant("relay_at").notNull().defaultNow(),
    receivedAt: instant("received_at").notNull().default(sql`clock_timestamp()`),
    processedAt: instant("processed_at"),
  },
  (t) => [
    uniqueIndex("webhook_events_semantic_key").on(
      sql`coalesce(company_id, '00000000-0000-0000-0000-000000000000'::uuid)`,
      t.semanticKey,
    ),
    index("webhook_events_relay").on(t.relayAt).where(sql`status IN ('waiting', 'delivered')`),
    index("webhook_events_operation").on(t.operationId).where(sql`operation_id IS NOT NULL`),
    index("webhook_events_uid").on(t.companyId, t.uid),
    index("webhook_events_received").on(t.companyId, t.receivedAt),
  ],
);
