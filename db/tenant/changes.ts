import postgres from "postgres";
import type { Database, Transaction } from "../client.js";

/** Channel on which every process hears of a company whose document, tokens or secrets changed. */
export const TENANT_CHANGED = "tenant_changed";

/** To be called in the transaction that changes the company: Postgres sends it with the COMMIT. */
export async function notifyTenantChanged(tx: Transaction, companyId: string): Promise<void> {
  await tx`SELECT pg_notify(${TENANT_CHANGED}, ${companyId})`;
}

export interface ChangeListener {
  /** `false` while changes may be missed. */
  readonly up: boolean;
  close(): Promise<void>;
}

export interface ChangeHandlers {
  changed(companyId: string): void;
  /** The connection was lost or has come back: anything may have changed meanwhile. */
  interrupted(): void;
}

const RETRY_MS = 500;

/**
 * Listens on a connection of its own. `sql.listen` of postgres.js is not used: it hides the loss of its
 * connection, and what was cached would be believed for as long as nobody says otherwise.
 */
export async function listenForChanges(db: Database, handlers: ChangeHandlers): Promise<ChangeListener> {
  let up = false;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;

  const options = {
    ...db.sql.options,
    max: 1,
    idle_timeout: null,
    max_lifetime: null,
    fetch_types: false,
    onnotify: (channel: string, companyId: string) => {
      if (channel === TENANT_CHANGED) handlers.changed(companyId);
    },
    onclose: () => {
      if (up) {
        up = false;
        handlers.interrupted();
      }
      again();
    },
  };
  // postgres.js takes its own parsed options and `onnotify` (its `listen` does the same), its types do not say so.
  const sql = postgres(options as unknown as postgres.Options<Record<string, never>>);

  const again = () => {
    if (closed || retry) return;
    retry = setTimeout(() => {
      retry = undefined;
      void listen().catch(again);
    }, RETRY_MS);
    retry.unref();
  };
  const listen = async () => {
    await sql.unsafe(`LISTEN ${TENANT_CHANGED}`);
    up = true;
    handlers.interrupted();
  };

  try {
    await listen();
  } catch {
    // The database may come later; until then nothing is kept for long.
    again();
  }
  return {
    get up() {
      return up;
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      await sql.end({ timeout: 1 });
    },
  };
}
