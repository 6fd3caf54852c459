import { isGrpcServiceError, ServiceError } from "@temporalio/client";
import { noteAfterClose, refuseAfterClose } from "../../db/booking/after-close.js";
import type { UnstartedCommand } from "../../db/booking/commands.js";
import { readFacts } from "../../db/booking/outcome.js";
import { INBOX_CHANNEL, type Inbox } from "../../db/calcom/inbox.js";
import {
  buryEvent,
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
import { startPump } from "./pump.js";
import { type RouteDeps, RouteUnclearError, routeEvent } from "./route.js";

export interface RelayDeps extends RouteDeps {
  dispatcher: Dispatcher;
  inbox: Pick<Inbox, "flooded">;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

export interface Relay {
  /** Something waits: look at once. */
  nudge(): void;
  /** Finishes what is being told; what is claimed and not told yet is anybody's again when the claim ends. */
  stop(): Promise<void>;
}

const BATCH = 64;
const SLOTS = 12;
/** While a flood is taken in what is durable only trickles on: it can wait, and who sends is waiting. */
const IN_FLOOD_EVERY_MS = 100;
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
  let nudge = () => {};
  const heard = () => nudge();
  await deps.db.sql.listen(INBOX_CHANNEL, heard, heard);
  const failed = (error: unknown) => deps.log.warn({ error: nameOf(error) }, "the relay could not work");
  let begunAt = 0;
  const pace = { failed, everyMs: IDLE_MS, batch: BATCH };
  const events = startPump<WaitingEvent>({
    ...pace,
    slots: () => {
      if (!deps.inbox.flooded()) return SLOTS;
      return Date.now() - begunAt >= IN_FLOOD_EVERY_MS ? 1 : 0;
    },
    claim: (limit) => claimEvents(deps.db, limit),
    work: (event) => {
      begunAt = Date.now();
      return relayEvent(deps, event);
    },
  });
  // By the clock alone: a command is the relay's only when its ingress has had its time.
  const commands = startPump<UnstartedCommand>({
    ...pace,
    slots: () => SLOTS,
    claim: (limit) => claimCommands(deps.db, limit),
    work: (command) => relayCommand(deps, command),
  });
  nudge = events.nudge;
  return {
    nudge,
    async stop() {
      await Promise.all([events.stop(), commands.stop()]);
    },
  };
}

async function relayEvent(deps: RelayDeps, { id, companyId, event, attempts }: WaitingEvent): Promise<void> {
  try {
    if (event.uid === null && event.rescheduleUid === null) {
      await buryEvent(deps.db, { companyId, eventId: id, trigger: event.trigger }, "names_no_booking");
      return;
    }
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
