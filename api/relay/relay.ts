import { isGrpcServiceError, ServiceError } from "@temporalio/client";
import { noteAfterClose, refuseAfterClose } from "../../db/booking/after-close.js";
import type { UnstartedCommand } from "../../db/booking/commands.js";
import { readFacts } from "../../db/booking/outcome.js";
import { INBOX_CHANNEL } from "../../db/calcom/inbox.js";
import {
  claimCommands,
  claimEvents,
  markDelivered,
  type PostponeReason,
  postponeCommand,
  postponeEvent,
  type WaitingEvent,
} from "../../db/calcom/relay.js";
import { inTenant } from "../../db/client.js";
import { type Dispatch, type Dispatcher, LifecycleClosedError } from "../booking/dispatch.js";
import { type RouteDeps, RouteUnclearError, routeEvent } from "./route.js";

export interface RelayDeps extends RouteDeps {
  dispatcher: Dispatcher;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

export interface Relay {
  /** Something waits: look at once. */
  nudge(): void;
  /** Finishes what is being told; what is claimed and not told yet is anybody's again when the claim ends. */
  stop(): Promise<void>;
}

const BATCH = 64;
const CONCURRENCY = 12;
/** Without a nudge: what an ingress that died has left behind, and what was postponed. */
const IDLE_MS = 500;
const TEMPORAL_PAUSE_MS = 1_000;
/** How often a question to Cal.com may postpone an event before its own uid has to do. */
const PATIENT_ATTEMPTS = 6;

/**
 * Brings what is durable in Postgres to its lifecycle in Temporal: every webhook, and commands whose signal was
 * lost. It is part of correctness, not a convenience: an acceptance is the COMMIT, and this is what keeps it. It
 * is no workflow, because it has to work after Temporal was down.
 */
export async function startRelay(deps: RelayDeps): Promise<Relay> {
  let stopped = false;
  let nudged = true;
  let wake = () => {};
  const nudge = () => {
    nudged = true;
    wake();
  };
  await deps.db.sql.listen(INBOX_CHANNEL, nudge, nudge);
  const goesOn = () => !stopped;
  const loop = (async () => {
    while (!stopped) {
      nudged = false;
      let worked = 0;
      try {
        worked = (await relayEvents(deps, goesOn)) + (await relayCommands(deps, goesOn));
      } catch (error) {
        deps.log.warn({ error: nameOf(error) }, "the relay could not work");
      }
      if (worked > 0 || nudged || stopped) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, IDLE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  return {
    nudge,
    async stop() {
      stopped = true;
      wake();
      await loop;
    },
  };
}

async function relayEvents(deps: RelayDeps, goesOn: () => boolean): Promise<number> {
  const events = await claimEvents(deps.db, BATCH);
  await withConcurrency(events, goesOn, (event) => relayEvent(deps, event));
  return events.length;
}

async function relayEvent(deps: RelayDeps, { id, companyId, event, attempts }: WaitingEvent): Promise<void> {
  try {
    const route = await routeEvent(deps, companyId, event, attempts <= PATIENT_ATTEMPTS);
    try {
      await deps.dispatcher.send({ companyId, ...route, message: { kind: "calcomEvent", eventId: id } });
      await markDelivered(deps.db, companyId, id, route.workflowId);
    } catch (error) {
      if (!(error instanceof LifecycleClosedError)) throw error;
      await noteAfterClose(
        deps.db,
        { companyId, appointmentId: route.appointmentId, eventId: id },
        event,
        route.appointment,
      );
    }
  } catch (error) {
    const why = reasonOf(error);
    const delay = why === "temporal_unreachable" ? TEMPORAL_PAUSE_MS : Math.min(500 * 2 ** attempts, 15_000);
    deps.log.warn({ eventId: id, why, error: nameOf(error) }, "an event waits in the inbox");
    await postponeEvent(deps.db, companyId, id, attempts, delay, why);
  }
}

/** Temporal refuses this very message: it would do so for ever. Everything else it says is about itself. */
const INVALID_ARGUMENT = 3;

function reasonOf(error: unknown): PostponeReason {
  if (error instanceof RouteUnclearError) return "route_unclear";
  const grpc = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(grpc) && Number(grpc.code) !== INVALID_ARGUMENT
    ? "temporal_unreachable"
    : "failed";
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

async function relayCommands(deps: RelayDeps, goesOn: () => boolean): Promise<number> {
  const commands = await claimCommands(deps.db, BATCH);
  await withConcurrency(commands, goesOn, (command) => relayCommand(deps, command));
  return commands.length;
}

async function relayCommand(deps: RelayDeps, command: UnstartedCommand): Promise<void> {
  const { companyId, appointmentId, workflowId } = command;
  try {
    const appointment = await inTenant(deps.db, companyId, (tx) => readFacts(tx, appointmentId));
    await deps.dispatcher.send({
      companyId,
      appointmentId,
      workflowId,
      appointment,
      message: messageOf(command),
    });
  } catch (error) {
    if (error instanceof LifecycleClosedError) {
      await refuseAfterClose(deps.db, command);
      return;
    }
    deps.log.warn({ workflowId, error: nameOf(error) }, "a command waits for Temporal");
    await postponeCommand(deps.db, companyId, command.id, TEMPORAL_PAUSE_MS);
  }
}

function messageOf(command: UnstartedCommand): Dispatch["message"] {
  const commandId = command.id;
  switch (command.kind) {
    case "book":
      return { kind: "book", commandId };
    case "cancel":
      return { kind: "cancel", commandId };
    case "reschedule":
      return {
        kind: "reschedule",
        commandId,
        start: command.payload.start ?? null,
        staffId: command.payload.staffId ?? null,
      };
  }
}

async function withConcurrency<T>(
  items: readonly T[],
  goesOn: () => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: Math.min(CONCURRENCY, queue.length) }, async () => {
      for (let item = queue.shift(); item !== undefined && goesOn(); item = queue.shift()) await work(item);
    }),
  );
}
