import { sql } from "drizzle-orm";
import {
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

/** An instant. Always `timestamptz`: local wall time in the database cost the old system three outages. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
export const companyId = () => uuid("company_id").notNull();

/** A tenant. Its own row is protected like every other: without a tenant nobody sees it. */
export const companies = pgTable(
  "companies",
  {
    id: uuid("id").primaryKey(),
    slug: text("slug").notNull().unique(),
    name: text("name").notNull(),
    timeZone: text("time_zone").notNull(),
    locale: text("locale").notNull(),
    currency: text("currency").notNull(),
    settings: jsonb("settings").$type<Record<string, unknown>>().notNull().default({}),
    calcomBaseUrl: text("calcom_base_url"),
    /** The base URL as ownership compares it: lower-case host, no default port, no trailing slash. */
    calcomInstance: text("calcom_instance").notNull().default(""),
    calcomTeamId: integer("calcom_team_id"),
    retellAgentIds: text("retell_agent_ids").array().notNull().default(sql`'{}'`),
    active: boolean("active").notNull().default(true),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (t) => [index("companies_calcom_instance").on(t.calcomInstance)],
);

/** Encrypted with `SECRETS_KEY` (AES-256-GCM); `position` keeps the order of a list that is being rotated. */
export const tenantSecrets = pgTable(
  "tenant_secrets",
  {
    companyId: companyId().references(() => companies.id),
    kind: text("kind").$type<"calcom_api_key" | "calcom_webhook_secret" | "retell_api_key">().notNull(),
    position: integer("position").notNull(),
    sealed: text("sealed").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.companyId, t.kind, t.position] })],
);

export const apiTokens = pgTable(
  "api_tokens",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    label: text("label").notNull(),
    /** SHA-256 of the token, hex. The token itself is shown once and kept nowhere. */
    tokenHash: text("token_hash").notNull().unique(),
    createdAt: instant("created_at").notNull().defaultNow(),
    lastUsedAt: instant("last_used_at"),
    revokedAt: instant("revoked_at"),
  },
  (t) => [index("api_tokens_company").on(t.companyId)],
);

export const branches = pgTable(
  "branches",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    slug: text("slug").notNull(),
    name: text("name").notNull(),
    timeZone: text("time_zone"),
    phoneNumbers: text("phone_numbers").array().notNull().default(sql`'{}'`),
    /** `{ mon: ["09:00-19:00"], … }`; a weekday that is left out is closed. */
    openingHours: jsonb("opening_hours").$type<Record<string, string[]>>().notNull(),
    closedOn: date("closed_on", { mode: "string" }).array().notNull().default(sql`'{}'`),
    notifyEmails: text("notify_emails").array().notNull().default(sql`'{}'`),
    /** ISO 3166-2, as `DE-BE`: its public holidays are closed days; `null`: none are observed. */
    region: text("region"),
    /** Days on which it opens although they are public holidays. */
    openOn: date("open_on", { mode: "string" }).array().notNull().default(sql`'{}'`),
    /** Which voice tools are on, and at which hours; what is not named is on. */
    voiceTools: jsonb("voice_tools").$type<Record<string, unknown>>().notNull().default({}),
    /** E.164; their calls are not taken. */
    rejectNumbers: text("reject_numbers").array().notNull().default(sql`'{}'`),
    position: integer("position").notNull(),
    active: boolean("active").notNull().default(true),
  },
  (t) => [unique("branches_slug").on(t.companyId, t.slug)],
);

export const staff = pgTable(
  "staff",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    slug: text("slug").notNull(),
    name: text("name").notNull(),
    email: text("email"),
    skills: text("skills").array().notNull().default(sql`'{}'`),
    workingHours: jsonb("working_hours").$type<Record<string, string[]>>().notNull(),
    calcomUserId: integer("calcom_user_id"),
    position: integer("position").notNull(),
    active: boolean("active").notNull().default(true),
  },
  (t) => [
    unique("staff_slug").on(t.companyId, t.slug),
    index("staff_calcom_user").on(t.companyId, t.calcomUserId),
  ],
);

export const staffBranches = pgTable(
  "staff_branches",
  {
    companyId: companyId().references(() => companies.id),
    staffId: uuid("staff_id")
      .notNull()
      .references(() => staff.id),
    branchId: uuid("branch_id")
      .notNull()
      .references(() => branches.id),
  },
  (t) => [primaryKey({ columns: [t.staffId, t.branchId] })],
);

export const services = pgTable(
  "services",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    slug: text("slug").notNull(),
    name: text("name").notNull(),
    aliases: text("aliases").array().notNull().default(sql`'{}'`),
    category: text("category"),
    skill: text("skill"),
    priceCents: integer("price_cents").notNull(),
    minimumNoticeMinutes: integer("minimum_notice_minutes").notNull(),
    maximumDaysAhead: integer("maximum_days_ahead").notNull(),
    bufferAfterMinutes: integer("buffer_after_minutes").notNull(),
    sameStaff: boolean("same_staff").notNull(),
    position: integer("position").notNull(),
    active: boolean("active").notNull().default(true),
  },
  (t) => [unique("services_slug").on(t.companyId, t.slug)],
);

/** Ordered phases of a service; a phase without staff is a gap in which the chair is sold to others. */
export const servicePhases = pgTable(
  "service_phases",
  {
    companyId: companyId().references(() => companies.id),
    serviceId: uuid("service_id")
      .notNull()
      .references(() => services.id),
    position: integer("position").notNull(),
    key: text("key").notNull(),
    minutes: integer("minutes").notNull(),
    staffRequired: boolean("staff_required").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.serviceId, t.position] }),
    unique("service_phases_key").on(t.serviceId, t.key),
  ],
);

/** Which Cal.com event type carries which phase, for whom and where. `null` staff: Cal.com chooses the host. */
export const eventTypes = pgTable(
  "event_types",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    serviceId: uuid("service_id")
      .notNull()
      .references(() => services.id),
    phaseKey: text("phase_key").notNull(),
    staffId: uuid("staff_id").references(() => staff.id),
    branchId: uuid("branch_id").references(() => branches.id),
    calcomEventTypeId: integer("calcom_event_type_id").notNull(),
    /** Copied from the company: two tenants may name the same id only on different Cal.com instances. */
    calcomInstance: text("calcom_instance").notNull(),
    active: boolean("active").notNull().default(true),
  },
  (t) => [
    unique("event_types_target")
      .on(t.companyId, t.serviceId, t.phaseKey, t.staffId, t.branchId)
      .nullsNotDistinct(),
    index("event_types_calcom").on(t.calcomEventTypeId),
  ],
);

/** One row per (instance, event type): the unique key decides which tenant owns it, even in a race of two documents. */
export const eventTypeOwners = pgTable(
  "event_type_owners",
  {
    companyId: companyId().references(() => companies.id),
    calcomInstance: text("calcom_instance").notNull(),
    calcomEventTypeId: integer("calcom_event_type_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.calcomInstance, t.calcomEventTypeId] })],
);

export const policies = pgTable(
  "policies",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    branchId: uuid("branch_id").references(() => branches.id),
    serviceId: uuid("service_id").references(() => services.id),
    staffId: uuid("staff_id").references(() => staff.id),
    /** The document's `cancel` and `reschedule` rules as written (domain/policy parses them). */
    rules: jsonb("rules").$type<Record<string, unknown>>().notNull(),
    position: integer("position").notNull(),
  },
  (t) => [index("policies_company").on(t.companyId)],
);

export const customers = pgTable(
  "customers",
  {
    id: uuid("id").primaryKey(),
    companyId: companyId().references(() => companies.id),
    name: text("name").notNull(),
    /** Lower case. */
    email: text("email"),
    /** E.164. */
    phone: text("phone"),
    source: text("source").notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("customers_email").on(t.companyId, t.email).where(sql`email IS NOT NULL`),
    index("customers_phone").on(t.companyId, t.phone),
  ],
);
