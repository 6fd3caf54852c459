import { Client, Connection } from "@temporalio/client";
import { loadClientConnectConfig } from "@temporalio/envconfig";
import proto from "@temporalio/proto";

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

const LONGEST_RECONNECT_MS = 1_000;

/** Connects lazily: the ingress accepts bookings also while Temporal is away. */
export function createTemporalClient(options: { address: string | null; namespace: string }): {
  client: Client;
  close(): Promise<void>;
} {
  const { connectionOptions } = temporalConnectionOptions(options.address);
  const connection = Connection.lazy({
    ...connectionOptions,
    // gRPC would look for a server that was away only every two minutes: bookings wait as long.
    channelArgs: { "grpc.max_reconnect_backoff_ms": LONGEST_RECONNECT_MS },
  });
  return {
    client: new Client({ connection, namespace: options.namespace }),
    close: () => connection.close(),
  };
}

const KEYWORD = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
const DATETIME = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_DATETIME;

/** contract.md 9; `workflows/booking/search-attributes.ts` sets them. */
const SEARCH_ATTRIBUTES: Record<string, typeof KEYWORD | typeof DATETIME> = {
  CompanyId: KEYWORD,
  AppointmentId: KEYWORD,
  BookingStatus: KEYWORD,
  ReviewReason: KEYWORD,
  CalcomUid: KEYWORD,
  AppointmentStart: DATETIME,
};

/**
 * Creates the search attributes that the namespace lacks. Where that is not allowed (Temporal Cloud) an
 * administrator has done it; a workflow that sets an unknown one would fail its tasks, so it is said aloud.
 */
export async function ensureSearchAttributes(
  { client, namespace }: { client: Client; namespace: string },
  warn: (problem: string) => void,
): Promise<void> {
  try {
    const { operatorService } = client.connection;
    const known = await operatorService.listSearchAttributes({ namespace });
    const missing = Object.fromEntries(
      Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => known.customAttributes?.[name] === undefined),
    );
    if (Object.keys(missing).length === 0) return;
    await operatorService.addSearchAttributes({ namespace, searchAttributes: missing });
  } catch (error) {
    warn(error instanceof Error ? error.message : "unknown");
  }
}
