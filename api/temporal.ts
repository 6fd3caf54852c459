import { Client, Connection } from "@temporalio/client";
import { loadClientConnectConfig } from "@temporalio/envconfig";

/** What operations need to know of Temporal. */
export interface TemporalAccess {
  client: Client;
  namespace: string;
  /** Lifecycles and their activities. */
  taskQueue: string;
  /** Everything that nobody waits for. */
  backgroundTaskQueue: string;
}

export const TASK_QUEUE = "bookings";
export const BACKGROUND_TASK_QUEUE = "background";

/** Address, API key and TLS from the environment, as `@temporalio/envconfig` reads them; ours wins. */
export function temporalConnectionOptions(address: string | null) {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return { connectionOptions: { ...connectionOptions, ...(address === null ? {} : { address }) }, namespace };
}

/** Connects lazily: the ingress accepts bookings also while Temporal is away. */
export function createTemporalClient(options: { address: string | null; namespace: string }): {
  client: Client;
  close(): Promise<void>;
} {
  const { connectionOptions } = temporalConnectionOptions(options.address);
  const connection = Connection.lazy(connectionOptions);
  return {
    client: new Client({ connection, namespace: options.namespace }),
    close: () => connection.close(),
  };
}
