import postgres from "postgres";

/** A pool of connections. Tenant tables are reached only through `inTenant` and `asSystem`. */
export interface Database {
  readonly sql: postgres.Sql;
  close(): Promise<void>;
}

/** A transaction in which the tenant (or the system scope) is set. */
export type Transaction = postgres.TransactionSql;

/** A query that is sent when it is executed or waited for. */
export type Statement = postgres.PendingQuery<postgres.Row[]>;

/** A `Statement` whatever its rows are. */
export interface Sendable extends Promise<unknown> {
  execute(): Promise<unknown>;
}

export interface ConnectOptions {
  /** Connections at most; default 10. */
  max?: number;
  applicationName?: string;
}

const LONGEST_BACKOFF_S = 0.5;

/** Connects lazily: nothing is sent before the first query. */
export function connect(url: string, options: ConnectOptions = {}): Database {
  const sql = postgres(url, {
    max: options.max ?? 10,
    transform: { column: { from: postgres.toCamel } },
    connection: { application_name: options.applicationName ?? "askpro-gateway", TimeZone: "UTC" },
    connect_timeout: 5,
    // postgres.js would wait up to 20 s, and every query with it: whoever asks wants to know at once, and LISTEN
    // has to be there again as soon as the database is.
    backoff: (retries: number) => Math.min(3 ** retries / 100, LONGEST_BACKOFF_S) * (0.5 + Math.random() / 2),
    onnotice: () => {},
  });
  return { sql, close: () => sql.end({ timeout: 5 }) };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Thrown when a tenant-scoped call is made without a tenant: forgetting it must fail, not leak. */
export class MissingTenantError extends Error {
  constructor() {
    super("a tenant-scoped query needs the id of a company");
    this.name = "MissingTenantError";
  }
}

/**
 * What a transaction results in when its last statements go out together with COMMIT, which saves a round trip. If
 * one of them fails, Postgres makes a ROLLBACK of the COMMIT, and the failure is thrown.
 */
export class Closing<T> {
  readonly #statements: readonly Promise<unknown>[];
  readonly #result: () => T | Promise<T>;

  private constructor(statements: readonly Sendable[], result: () => T | Promise<T>) {
    this.#statements = statements.map((statement) => statement.execute());
    this.#result = result;
    // The driver's transaction may fail first, with their connection.
    for (const statement of this.#statements) statement.catch(() => {});
  }

  static with<T>(value: T, statements: readonly Sendable[]): Closing<T> {
    return new Closing(statements, () => value);
  }

  /** @param result what they come to, read when they have all been answered */
  static reading<T>(statements: readonly Sendable[], result: () => Promise<T>): Closing<T> {
    return new Closing(statements, result);
  }

  async answered(): Promise<T> {
    await Promise.all(this.#statements);
    return await this.#result();
  }
}

/**
 * Runs `work` in one transaction that sees the rows of one company and no others. The setting is sent
 * together with the first query of `work` (measured: 0.5 ms whole against 0.7 when awaited) and ends with
 * the transaction, so that no session of the pool ever carries a tenant. A `work` that is one statement goes out
 * together with COMMIT, see `Closing`.
 */
export async function inTenant<T>(
  db: Database,
  companyId: string,
  work: (tx: Transaction) => Promise<T | Closing<T>>,
): Promise<T> {
  if (!UUID.test(companyId)) throw new MissingTenantError();
  return await scoped(db, { name: "app.company_id", value: companyId, durable: true }, work);
}

/**
 * `inTenant` without waiting for the disk: if the server of the database fails (not when a process of ours does), what
 * was written in the last half second may be gone, whole and from its end on. Four times as many of them fit into a
 * second. Only for what nobody was promised and what is done again without harm.
 */
export async function inTenantUnsynced<T>(
  db: Database,
  companyId: string,
  work: (tx: Transaction) => Promise<T | Closing<T>>,
): Promise<T> {
  if (!UUID.test(companyId)) throw new MissingTenantError();
  return await scoped(db, { name: "app.company_id", value: companyId, durable: false }, work);
}

/**
 * Runs `work` without a tenant on the few tables that allow it (migration 0001): whose token is this, whose
 * event type, what waits for the relay. Every use is a place where tenants could mix: keep them few.
 */
export async function asSystem<T>(
  db: Database,
  work: (tx: Transaction) => Promise<T | Closing<T>>,
): Promise<T> {
  return await scoped(db, { name: "app.scope", value: "system", durable: true }, work);
}

interface Scope {
  name: "app.company_id" | "app.scope";
  value: string;
  /** COMMIT waits until it is on the disk. */
  durable: boolean;
}

const BEGINNINGS = 3;

/**
 * A transaction may be given a connection whose end the driver has not noticed yet: its BEGIN fails with an error
 * that was meant for another. Nothing of it has happened then, so it begins anew.
 */
async function scoped<T>(
  db: Database,
  scope: Scope,
  work: (tx: Transaction) => Promise<T | Closing<T>>,
): Promise<T> {
  for (let beginning = 1; ; beginning += 1) {
    let begun = false;
    try {
      return await once(db, scope, (tx) => {
        begun = true;
        return work(tx);
      });
    } catch (error) {
      if (begun || beginning >= BEGINNINGS || !isConnectionLost(error)) throw error;
    }
  }
}

async function once<T>(
  db: Database,
  scope: Scope,
  work: (tx: Transaction) => Promise<T | Closing<T>>,
): Promise<T> {
  let result: { answered: () => Promise<T> } | undefined;
  const fate = { ended: false };
  try {
    await db.sql.begin((tx) => {
      guardSavepoints(tx, fate);
      return unlessLost(fate, async () => {
        const set = scoping(tx, scope).execute();
        const worked = work(tx);
        if (isStatement(worked)) {
          const statement = worked.execute();
          statement.catch(() => {});
          result = { answered: () => statement };
          return;
        }
        // If it fails, so does all that follows it.
        set.catch(() => {});
        const done = await worked;
        if (done instanceof Closing) {
          result = done;
          return;
        }
        await set;
        result = { answered: () => Promise.resolve(done) };
      });
    });
  } finally {
    fate.ended = true;
  }
  // `begin` resolves only after COMMIT, which comes after `work`.
  if (!result) throw new Error("the transaction ended without a result");
  return await result.answered();
}

function scoping(tx: Transaction, { name, value, durable }: Scope): Statement {
  return durable
    ? tx`SELECT set_config(${name}, ${value}, true)`
    : tx`SELECT set_config(${name}, ${value}, true), set_config('synchronous_commit', 'off', true)`;
}

/** Whether it is a statement that waits to be sent, rather than the promise of something that is done already. */
function isStatement<T>(worked: Promise<T | Closing<T>>): worked is Promise<T> & { execute(): Promise<T> } {
  return "execute" in worked;
}

/** More than the moment between the loss of a connection and the event that says so. */
const LOSS_IS_TOLD_MS = 5_000;

/**
 * Runs the inside of a transaction. If its connection is lost, it never settles: postgres.js would send ROLLBACK
 * over the connection that is gone, which ends the whole process (porsager/postgres#1208), or over the one that
 * has taken its place. The transaction itself is ended by the driver as soon as the socket is closed.
 */
async function unlessLost<T>(fate: { ended: boolean }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        // The socket still stands, so the error was not what it seemed, and ROLLBACK will be heard.
        if (!fate.ended) resolve();
      }, LOSS_IS_TOLD_MS).unref();
    });
    throw error;
  }
}

/** A savepoint is rolled back over the same connection. */
function guardSavepoints(tx: Transaction, fate: { ended: boolean }): void {
  const savepoint = tx.savepoint.bind(tx);
  const guarded = (work: (inner: Transaction) => Promise<unknown>) =>
    savepoint((inner) => {
      guardSavepoints(inner, fate);
      return unlessLost(fate, () => work(inner));
    });
  Object.assign(tx, { savepoint: guarded });
}

const LOST = new Set(["CONNECTION_CLOSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"]);

function isConnectionLost(error: unknown): boolean {
  // After a FATAL error the server closes the connection.
  if (error instanceof postgres.PostgresError)
    return error.severity === "FATAL" || error.severity === "PANIC";
  return error instanceof Error && "code" in error && typeof error.code === "string" && LOST.has(error.code);
}

/** A value as a `jsonb` parameter; whoever reads the column parses it again. */
export function json(tx: Transaction, value: unknown): postgres.Parameter {
  return tx.json(value as postgres.JSONValue);
}

/** Postgres error codes that this code decides on. */
export const EXCLUSION_VIOLATION = "23P01";
export const UNIQUE_VIOLATION = "23505";
export const DEADLOCK = "40P01";
export const SERIALIZATION_FAILURE = "40001";

/** The SQLSTATE of a Postgres error, else `null` (a lost connection has none). */
export function sqlState(error: unknown): string | null {
  return error instanceof postgres.PostgresError ? error.code : null;
}

/** The unique constraint or index that a row would have broken; `null` for every other error. */
export function violatedKey(error: unknown): string | null {
  return error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION
    ? (error.constraint_name ?? null)
    : null;
}
