import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asSystem, connect, type Database, inTenant, MissingTenantError } from "../../db/client.js";
import { createTestDatabase, type TestDatabase } from "../support/database.js";

const OURS = randomUUID();
const THEIRS = randomUUID();
/** Tables of which a query without a tenant may see rows in the system scope (migrations 0001, 0003). */
const SYSTEM_READS = [
  "companies",
  "api_tokens",
  "tenant_secrets",
  "event_type_owners",
  "calcom_uids",
  "call_routes",
];
const SYSTEM_WRITES = ["commands", "webhook_events", "alerts", "callbacks"];

let database: TestDatabase;
let admin: postgres.Sql;
let db: Database;
let tables: string[];

/** One row of each table for one company, written past row security. */
async function fill(company: string): Promise<void> {
  const id = () => randomUUID();
  const [branch, staff, service, customer, appointment] = [id(), id(), id(), id(), id()];
  const now = new Date();
  await admin.begin(async (tx) => {
    await tx`INSERT INTO companies (id, slug, name, time_zone, locale, currency)
      VALUES (${company}, ${company}, 'Company', 'Europe/Berlin', 'de-DE', 'EUR')`;
    await tx`INSERT INTO tenant_secrets (company_id, kind, position, sealed) VALUES (${company}, 'calcom_api_key', 0, 'x')`;
    await tx`INSERT INTO api_tokens (id, company_id, label, token_hash) VALUES (${id()}, ${company}, 'x', ${company})`;
    await tx`INSERT INTO branches (id, company_id, slug, name, opening_hours, position)
      VALUES (${branch}, ${company}, 'b', 'B', '{}', 0)`;
    await tx`INSERT INTO staff (id, company_id, slug, name, working_hours, position)
      VALUES (${staff}, ${company}, 's', 'S', '{}', 0)`;
    await tx`INSERT INTO staff_branches VALUES (${company}, ${staff}, ${branch})`;
    await tx`INSERT INTO services (id, company_id, slug, name, price_cents, minimum_notice_minutes,
        maximum_days_ahead, buffer_after_minutes, same_staff, position)
      VALUES (${service}, ${company}, 'v', 'V', 1, 0, 1, 0, true, 0)`;
    await tx`INSERT INTO service_phases VALUES (${company}, ${service}, 0, 'main', 30, true)`;
    await tx`INSERT INTO event_types (id, company_id, service_id, phase_key, calcom_event_type_id, calcom_instance)
      VALUES (${id()}, ${company}, ${service}, 'main', 1, 'x')`;
    await tx`INSERT INTO event_type_owners VALUES (${company}, ${company}, 1)`;
    await tx`INSERT INTO policies (id, company_id, rules, position) VALUES (${id()}, ${company}, '{}', 0)`;
    await tx`INSERT INTO customers (id, company_id, name, source) VALUES (${customer}, ${company}, 'C', 'api')`;
    await tx`INSERT INTO appointments (id, company_id, workflow_id, status, start_at, end_at, time_zone, service_id,
        branch_id, customer_id, attendee_name, source, price_cents, sync_state)
      VALUES (${appointment}, ${company}, ${appointment}, 'pending', ${now}, ${now}, 'UTC', ${service}, ${branch},
        ${customer}, 'C', 'api', 1, 'pending')`;
    await tx`INSERT INTO appointment_phases (company_id, appointment_id, position, key, start_at, end_at,
        staff_required, sync) VALUES (${company}, ${appointment}, 0, 'main', ${now}, ${now}, true, 'pending')`;
    await tx`INSERT INTO busy_intervals (company_id, owner_id, staff_id, during, phase_key, kind)
      VALUES (${company}, ${appointment}, ${staff}, '[2026-12-03 13:00+00,2026-12-03 13:30+00)', 'main', 'busy')`;
    await tx`INSERT INTO commands (id, company_id, appointment_id, workflow_id, kind, actor, payload, relay_at)
      VALUES (${id()}, ${company}, ${appointment}, 'w', 'book', 'customer', '{}', ${now})`;
    await tx`INSERT INTO timeline (company_id, appointment_id, kind, action, outcome)
      VALUES (${company}, ${appointment}, 'command', 'book', 'accepted')`;
    await tx`INSERT INTO remote_operations (id, company_id, appointment_id, phase_key, kind, state)
      VALUES (${id()}, ${company}, ${appointment}, 'main', 'create', 'planned')`;
    await tx`INSERT INTO calcom_uids (company_id, uid, workflow_id, appointment_id)
      VALUES (${company}, 'uid', 'w', ${appointment})`;
    await tx`INSERT INTO webhook_events (id, company_id, source, semantic_key, trigger, event, person, status)
      VALUES (${id()}, ${company}, 'webhook', 'k', 'BOOKING_CREATED', '{}', '{}', 'waiting')`;
    await tx`INSERT INTO drifts (company_id, kind, severity, dedupe_key) VALUES (${company}, 'time', 'low', 'k')`;
    await tx`INSERT INTO reconciliations (company_id, watermark) VALUES (${company}, ${now})`;
    await tx`INSERT INTO alerts (company_id, type, data, dedupe_key) VALUES (${company}, 't', '{}', 'k')`;
    const call = id();
    await tx`INSERT INTO call_routes (company_id, kind, value) VALUES (${company}, 'agent', 'a')`;
    await tx`INSERT INTO calls (id, company_id, provider, provider_call_id) VALUES (${call}, ${company}, 'retell', 'c')`;
    await tx`INSERT INTO tool_calls (company_id, call_id, key, tool, args, args_hash)
      VALUES (${company}, ${call}, 'k', 'find_slots', '{}', 'h')`;
    await tx`INSERT INTO offers (company_id, id, call_id, service_id, branch_id, staff_id, staff_wished, start_at, end_at,
        time_zone, phases, price_cents, buffer_after_minutes, kind, expires_at)
      VALUES (${company}, 'of_1', ${call}, ${service}, ${branch}, ${staff}, false, ${now}, ${now}, 'UTC', '[]', 1, 0,
        'wish', ${now})`;
    await tx`INSERT INTO reschedule_offers (company_id, call_id, appointment_id) VALUES (${company}, ${call}, ${appointment})`;
    await tx`INSERT INTO callbacks (id, company_id, workflow_id, priority, topic, reason, due_at, dedupe_key)
      VALUES (${id()}, ${company}, ${`callback:${company}`}, 'normal', 't', 'asked', ${now}, 'k')`;
  });
}

const owner = (table: string) => (table === "companies" ? "id" : "company_id");

beforeAll(async () => {
  database = await createTestDatabase();
  admin = postgres(database.adminUrl, { max: 1, onnotice: () => undefined });
  db = connect(database.url);
  await fill(OURS);
  await fill(THEIRS);
  const rows = await admin<{ table: string }[]>`
    SELECT DISTINCT c.relname AS table FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND (a.attname = 'company_id' OR c.relname = 'companies')
    ORDER BY 1`;
  tables = rows.map((row) => row.table);
});

afterAll(async () => {
  await db?.close();
  await admin?.end({ timeout: 5 });
  await database?.close();
});

/** Runs the check for every table and names those that fail, so that one leak does not hide another. */
async function forEachTable(check: (table: string) => Promise<unknown>): Promise<void> {
  expect(tables.length).toBeGreaterThan(20);
  const failed: string[] = [];
  for (const table of tables) {
    await check(table).catch((error: unknown) => failed.push(`${table}: ${String(error)}`));
  }
  expect(failed).toEqual([]);
}

async function count(table: string, run: typeof inTenant | null, company = OURS): Promise<number> {
  const query = (sql: postgres.Sql | postgres.TransactionSql) =>
    sql<{ n: number }[]>`SELECT count(*)::int AS n FROM ${sql(table)}`;
  const [row] = run ? await run(db, company, query) : await query(db.sql);
  return row?.n ?? -1;
}

describe("row security", () => {
  it("is tested with a row of both companies in every table that belongs to a tenant.", async () => {
    await forEachTable(async (table) => {
      const [row] = await admin<{ n: number }[]>`
        SELECT count(*)::int AS n FROM ${admin(table)} WHERE ${admin(owner(table))} IN (${OURS}, ${THEIRS})`;
      expect(row?.n).toBe(2);
    });
  });

  it("shows nothing to a query without a tenant.", async () => {
    await forEachTable(async (table) => expect(await count(table, null)).toBe(0));
  });

  it("shows a company its own rows and no others.", async () => {
    await forEachTable(async (table) => {
      expect(await count(table, inTenant)).toBe(1);
      const foreign = await inTenant(
        db,
        OURS,
        (tx) => tx`SELECT 1 FROM ${tx(table)} WHERE ${tx(owner(table))} = ${THEIRS}`,
      );
      expect(foreign.length).toBe(0);
    });
  });

  it("shows nothing to a company that does not exist.", async () => {
    await forEachTable(async (table) => expect(await count(table, inTenant, randomUUID())).toBe(0));
  });

  it("changes and deletes no row of another company.", async () => {
    await forEachTable(async (table) => {
      const id = owner(table);
      const changed = await inTenant(
        db,
        OURS,
        (tx) => tx`UPDATE ${tx(table)} SET ${tx(id)} = ${tx(id)} WHERE ${tx(id)} = ${THEIRS}`,
      );
      expect(changed.count).toBe(0);
      const deleted = await inTenant(
        db,
        OURS,
        (tx) => tx`DELETE FROM ${tx(table)} WHERE ${tx(id)} = ${THEIRS}`,
      );
      expect(deleted.count).toBe(0);
    });
  });

  it("refuses to write a row for another company, and any row without a tenant.", async () => {
    await forEachTable(async (table) => {
      const give = (sql: postgres.TransactionSql) => sql`
        INSERT INTO ${sql(table)} SELECT (jsonb_populate_record(t, ${sql.json({ [owner(table)]: THEIRS })}::jsonb)).*
        FROM ${sql(table)} t`;
      if (table !== "timeline") {
        await expect(inTenant(db, OURS, give)).rejects.toMatchObject({ code: "42501" });
      }
      const handOver = (sql: postgres.TransactionSql) =>
        sql`UPDATE ${sql(table)} SET ${sql(owner(table))} = ${THEIRS}`;
      await expect(inTenant(db, OURS, handOver)).rejects.toMatchObject({ code: "42501" });
    });
    await expect(
      db.sql`INSERT INTO customers (id, company_id, name, source) VALUES (${randomUUID()}, ${OURS}, 'x', 'api')`,
    ).rejects.toMatchObject({ code: "42501" });
  });

  it("opens to the system scope only the tables that it needs, and few of them for writing.", async () => {
    await forEachTable(async (table) => {
      const open = [...SYSTEM_READS, ...SYSTEM_WRITES].includes(table);
      const seen = await asSystem(db, (tx) => tx`SELECT 1 FROM ${tx(table)}`);
      expect(seen.length).toBe(open ? 2 : 0);
      const id = owner(table);
      const changed = await asSystem(db, (tx) => tx`UPDATE ${tx(table)} SET ${tx(id)} = ${tx(id)}`);
      expect(changed.count).toBe(SYSTEM_WRITES.includes(table) ? 2 : 0);
    });
  });

  it("leaves no tenant behind on a connection of the pool.", async () => {
    const one = connect(database.url, { max: 1 });
    try {
      expect((await inTenant(one, OURS, (tx) => tx`SELECT 1 FROM customers`)).length).toBe(1);
      expect((await one.sql`SELECT 1 FROM customers`).length).toBe(0);
    } finally {
      await one.close();
    }
  });

  it("is not reached with something that is no id of a company.", async () => {
    for (const nobody of ["", "' OR true --", "null"]) {
      await expect(inTenant(db, nobody, (tx) => tx`SELECT 1`)).rejects.toBeInstanceOf(MissingTenantError);
    }
  });
});
