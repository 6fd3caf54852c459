import { doublePrecision, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/**
 * The token bucket of each Cal.com API key, shared by all processes. Not a tenant table: two companies may
 * use one key, and Cal.com counts by key. The key itself is never stored, only its hash.
 */
export const calcomBudgets = pgTable("calcom_budgets", {
  keyHash: text("key_hash").primaryKey(),
  tokens: doublePrecision("tokens").notNull(),
  limitPerMinute: integer("limit_per_minute").notNull(),
  refilledAt: instant("refilled_at").notNull(),
  /** After a 429 nobody may call with this key until then. */
  blockedUntil: instant("blocked_until"),
  /** What Cal.com's own fixed window still allows; a bucket that refills would overrun it. */
  windowLeft: integer("window_left"),
  windowResetsAt: instant("window_resets_at"),
});

/** Circuit breakers as each process sees them, so that one page can show the worst. Not a tenant table. */
export const calcomBreakers = pgTable(
  "calcom_breakers",
  {
    keyHash: text("key_hash").notNull(),
    lane: text("lane").notNull(),
    processId: text("process_id").notNull(),
    state: text("state").notNull(),
    changedAt: instant("changed_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.keyHash, table.lane, table.processId] })],
);
