import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { createInbox } from "../db/calcom/inbox.js";
import { connect } from "../db/client.js";
import { type Config, needed } from "../domain/config/environment.js";
import { type BookingDurations, bookingDurations } from "../workflows/booking/input.js";
import { createApp } from "./app.js";
import { createDispatcher } from "./booking/dispatch.js";
import { listenForSettledCommands } from "./booking/waiting.js";
import { layFoundation } from "./composition.js";
import { type Relay, startRelay } from "./relay/relay.js";
import { BACKGROUND_TASK_QUEUE, createTemporalClient, TASK_QUEUE } from "./temporal.js";

export interface RunningApi {
  port: number;
  /** Answers what was accepted, refuses new connections, then lets go of everything. */
  close(): Promise<void>;
}

export interface ApiOptions {
  /** Tests run many gateways on one Temporal server. */
  taskQueue?: string;
  backgroundTaskQueue?: string;
  durations?: Partial<BookingDurations>;
  host?: string;
}

/** Longer than the longest `Prefer: wait` that is still honoured while draining. */
const DRAIN_MS = 12_000;

/** The API process: ingress and relay. */
export async function startApi(config: Config, options: ApiOptions = {}): Promise<RunningApi> {
  const foundation = await layFoundation(config, "api");
  const { db, log } = foundation;
  // LISTEN keeps its session for good: a pool of its own, so that it takes none of the requests'.
  const listening = connect(needed(config.databaseUrl, "DATABASE_URL"), {
    max: 2,
    applicationName: "askpro-listen",
  });
  const temporal = createTemporalClient({
    address: config.temporal.address,
    namespace: config.temporal.namespace,
  });
  const taskQueue = options.taskQueue ?? TASK_QUEUE;
  const dispatcher = createDispatcher(temporal.client, {
    taskQueue,
    durations: { ...bookingDurations(config.durations), ...options.durations },
    maxHistoryEvents: config.maxHistoryEvents,
  });
  const waiting = await listenForSettledCommands(listening);
  const relay: Relay = await startRelay({ ...foundation, dispatcher });
  const app = createApp({
    ...foundation,
    dispatcher,
    waiting,
    inbox: createInbox(db, relay.nudge),
    temporal: {
      client: temporal.client,
      namespace: config.temporal.namespace,
      taskQueue,
      backgroundTaskQueue: options.backgroundTaskQueue ?? BACKGROUND_TASK_QUEUE,
    },
    adminToken: config.adminToken,
    limits: config.limits,
    log,
  });
  const { server, port } = await new Promise<{ server: Server; port: number }>((resolve, reject) => {
    const listeningServer = serve(
      {
        fetch: app.fetch,
        port: config.port,
        ...(options.host === undefined ? {} : { hostname: options.host }),
      },
      (info) => resolve({ server: listeningServer as Server, port: info.port }),
    );
    listeningServer.once("error", reject);
  });
  return {
    port,
    async close() {
      const drained = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const slow = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await drained;
      clearTimeout(slow);
      await relay.stop();
      await waiting.close();
      await listening.close();
      await foundation.close();
      await temporal.close();
    },
  };
}
