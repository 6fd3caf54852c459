import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { z } from "zod";

const FOLDER = fileURLToPath(new URL("./migrations", import.meta.url));
/** Any constant will do; all processes that start at once queue up behind it. */
const MIGRATION_LOCK = 728_311_904;

/** The database is not what this version of the program expects; starting on it would lose data. */
export class SchemaMismatchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SchemaMismatchError";
  }
}

/**
 * Applies the committed migrations under an advisory lock, then checks that the schema is the expected one.
 *
 * @throws SchemaMismatchError when the database is newer than this program, a migration was edited after it
 *   was applied, or a tenant table has lost its forced row security.
 */
export async function migrate(url: string): Promise<void> {
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: "askpro-migrate" },
  });
  try {
    await sql`SELECT pg_advisory_lock(${MIGRATION_LOCK})`;
    await applyMigrations(drizzle(sql), { migrationsFolder: FOLDER });
    await verifySchema(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const journalSchema = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.number() })) });

/** See `migrate`; old post-mortems (salon-gateway 11.33) had migrations recorded as run but not applied. */
export async function verifySchema(sql: postgres.Sql): Promise<void> {
  const journal = journalSchema.parse(JSON.parse(await readFile(`${FOLDER}/meta/_journal.json`, "utf8")));
  const expected = await Promise.all(
    journal.entries.map(async (entry) => ({
      tag: entry.tag,
      hash: createHash("sha256")
        .update(await readFile(`${FOLDER}/${entry.tag}.sql`, "utf8"))
        .digest("hex"),
    })),
  );
  const applied = await sql<
    { hash: string }[]
  >`SELECT hash FROM drizzle.__drizzle_migrations ORDER BY created_at`;
  expected.forEach((migration, index) => {
    const found = applied[index]?.hash;
    if (found === undefined) throw new SchemaMismatchError(`migration ${migration.tag} is not applied`);
    if (found !== migration.hash)
      throw new SchemaMismatchError(`migration ${migration.tag} is not the one that was applied`);
  });
  if (applied.length > expected.length) {
    throw new SchemaMismatchError("the database was migrated by a newer version of this program");
  }
  const unprotected = await sql<{ table: string }[]>`
    SELECT c.relname AS table FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
      AND (c.relname = 'companies' OR EXISTS (
        SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped))`;
  if (unprotected.length > 0) {
    throw new SchemaMismatchError(
      `row security is not forced on ${unprotected.map((row) => row.table).join(", ")}`,
    );
  }
}

/**
 * Row security binds the owner, but neither a superuser nor a role with BYPASSRLS (contract.md 10).
 *
 * @returns what makes the role of `url` unfit, or `null`.
 */
export async function unfitRole(url: string): Promise<string | null> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [role] = await sql<{ rolname: string; rolsuper: boolean; rolbypassrls: boolean }[]>`
      SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user`;
    if (role?.rolsuper) return `the role ${role.rolname} is a superuser, which row security does not bind`;
    if (role?.rolbypassrls) return `the role ${role.rolname} has BYPASSRLS, which row security does not bind`;
    return null;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
