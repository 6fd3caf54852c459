import type { Server, ServerResponse } from "node:http";
import { serve } from "@hono/node-server";
import { createAvailability } from "../activities/availability/create.js";
import { createInbox, type Inbox } from "../db/calcom/inbox.js";
import { connect } from "../db/client.js";
import { type Config, needed, parseEnvironment } from "../domain/config/environment.js";
import { type BookingDurations, bookingDurations } from "../workflows/booking/input.js";
import { CALLBACK_REMINDERS, type CallbackReminders } from "../workflows/callback/input.js";
import { createApp } from "./app.js";
import { createDispatcher } from "./booking/dispatch.js";
import { listenForSettledCommands } from "./booking/waiting.js";
import { layFoundation } from "./composition.js";
import { startMailRelay } from "./relay/alert-mails.js";
import { startAlertRelay } from "./relay/alerts.js";
import { startCallbackRelay } from "./relay/callbacks.js";
import { type Relay, startRelay } from "./relay/relay.js";
import { drainOnSignal } from "./shutdown.js";
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
  callbackReminders?: CallbackReminders;
  host?: string;
}

/** An alternative is not kept for long: one undecided caller must not empty the day for all others. */
const ALTERNATIVE_HOLD_MS = 120_000;
/** While draining, whoever still waits after this is answered 202: the work goes on without this process. */
const PATIENCE_MS = 8_000;
/** After this even a connection that is still being answered is cut. */
const DRAIN_MS = 14_000;

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
  const backgroundTaskQueue = options.backgroundTaskQueue ?? BACKGROUND_TASK_QUEUE;
  const dispatcher = createDispatcher(temporal.client, {
    taskQueue,
    durations: { ...bookingDurations(config.durations), ...options.durations },
    maxHistoryEvents: config.maxHistoryEvents,
  });
  const waiting = await listenForSettledCommands(listening);
  const availability = await createAvailability({ ...foundation, listening });
  const inbox: Inbox = createInbox(db, () => relay.nudge());
  const relay: Relay = await startRelay({ ...foundation, dispatcher, inbox });
  const callbacks = startCallbackRelay(
    { ...foundation, client: temporal.client },
    {
      taskQueue: backgroundTaskQueue,
      reminders: options.callbackReminders ?? CALLBACK_REMINDERS,
      maxHistoryEvents: config.maxHistoryEvents,
    },
  );
  const { alert, temporalUiUrl } = config;
  const alerts =
    alert.webhookUrl === null
      ? null
      : startAlertRelay(foundation, {
          url: alert.webhookUrl,
          secret: alert.webhookSecret,
          temporalUiUrl,
          namespace: config.temporal.namespace,
        });
  const mails =
    config.smtpUrl === null
      ? null
      : startMailRelay(foundation, {
          smtpUrl: config.smtpUrl,
          operators: alert.emails,
          temporalUiUrl,
          namespace: config.temporal.namespace,
        });
  const app = createApp({
    ...foundation,
    availability,
    dispatcher,
    waiting,
    inbox,
    temporal: {
      client: temporal.client,
      namespace: config.temporal.namespace,
      taskQueue,
      backgroundTaskQueue,
    },
    adminToken: config.adminToken,
    limits: config.limits,
    holds: { wishMs: config.durations.holdMs, alternativeMs: ALTERNATIVE_HOLD_MS },
    publicUrl: config.publicUrl.replace(/\/+$/, ""),
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
  const drain = drainable(server);
  return {
    port,
    async close() {
      const slow = setTimeout(waiting.release, PATIENCE_MS);
      await drain(DRAIN_MS);
      clearTimeout(slow);
      await Promise.all([relay.stop(), callbacks.stop(), alerts?.stop(), mails?.stop()]);
      await Promise.all([listening.close(), foundation.close(), temporal.close()]);
    },
  };
}

/**
 * Lets a server stop without losing an answer: new connections are refused, and each open one is closed with the
 * answer that is under way on it, instead of when the client lets go of it.
 */
function drainable(server: Server): (limitMs: number) => Promise<void> {
  const answering = new Set<ServerResponse>();
  let draining = false;
  const lastAnswer = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader("Connection", "close");
  };
  server.prependListener("request", (_request, response) => {
    answering.add(response);
    response.once("close", () => {
      answering.delete(response);
      if (draining) server.closeIdleConnections();
    });
    if (draining) lastAnswer(response);
  });
  return async (limitMs) => {
    draining = true;
    const drained = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    for (const response of answering) lastAnswer(response);
    const limit = setTimeout(() => server.closeAllConnections(), limitMs);
    await drained;
    clearTimeout(limit);
  };
}

/** The API as a process of its own, set up by its environment, until a signal ends it. */
export async function runApi(options: ApiOptions = {}): Promise<void> {
  const starting = startApi(parseEnvironment(process.env), options);
  drainOnSignal(starting);
  const api = await starting;
  process.stdout.write(`listening on port ${api.port}\n`);
}
