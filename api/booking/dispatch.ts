import { type Client, WorkflowExecutionAlreadyStartedError } from "@temporalio/client";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import type { BookingDurations, BookingInput } from "../../workflows/booking/input.js";
import {
  bookSignal,
  calcomEventSignal,
  cancelSignal,
  rescheduleSignal,
} from "../../workflows/booking/messages.js";
import {
  APPOINTMENT_ID,
  APPOINTMENT_START,
  BOOKING_STATUS,
  COMPANY_ID,
} from "../../workflows/booking/search-attributes.js";

/** A message for the lifecycle of one booking, by reference: the rows hold the rest. */
export interface Dispatch {
  companyId: string;
  appointmentId: string;
  workflowId: string;
  /** What a workflow that has to be started begins with. */
  appointment: AppointmentFacts | null;
  message:
    | { kind: "book"; commandId: string }
    | { kind: "reschedule"; commandId: string; start: string | null; staffId: string | null }
    | { kind: "cancel"; commandId: string }
    | { kind: "calcomEvent"; eventId: string };
}

/** The lifecycle has ended for good; its id is not used again. */
export class LifecycleClosedError extends Error {
  constructor() {
    super("the lifecycle of this booking has ended");
    this.name = "LifecycleClosedError";
  }
}

export interface Dispatcher {
  /**
   * Signals the lifecycle, starting it when it is not there. Sent twice it is one message: the workflow knows
   * its id.
   *
   * @throws LifecycleClosedError, or what the client throws when Temporal cannot be reached
   */
  send(dispatch: Dispatch): Promise<void>;
}

export interface DispatcherOptions {
  taskQueue: string;
  durations: BookingDurations;
  maxHistoryEvents: number | null;
  /** Milliseconds a signal may take. */
  deadlineMs?: number;
}

const DEADLINE_MS = 5_000;

export function createDispatcher(client: Client, options: DispatcherOptions): Dispatcher {
  const { taskQueue, durations, maxHistoryEvents } = options;
  const start = (dispatch: Dispatch) => {
    const input: BookingInput = {
      companyId: dispatch.companyId,
      appointmentId: dispatch.appointmentId,
      appointment: dispatch.appointment,
      durations,
      maxHistoryEvents,
    };
    return {
      workflowId: dispatch.workflowId,
      taskQueue,
      args: [input] as [BookingInput],
      workflowIdReusePolicy: "REJECT_DUPLICATE" as const,
      workflowIdConflictPolicy: "USE_EXISTING" as const,
      typedSearchAttributes: [
        { key: COMPANY_ID, value: dispatch.companyId },
        { key: APPOINTMENT_ID, value: dispatch.appointmentId },
        { key: BOOKING_STATUS, value: "Pending" },
        ...(dispatch.appointment
          ? [{ key: APPOINTMENT_START, value: new Date(dispatch.appointment.start) }]
          : []),
      ],
    };
  };
  const signal = async (dispatch: Dispatch): Promise<void> => {
    const { message } = dispatch;
    const workflow = "bookingLifecycle";
    switch (message.kind) {
      case "book":
        await client.workflow.signalWithStart(workflow, {
          ...start(dispatch),
          signal: bookSignal,
          signalArgs: [{ commandId: message.commandId }],
        });
        return;
      case "reschedule": {
        const { commandId, start: wished, staffId } = message;
        await client.workflow.signalWithStart(workflow, {
          ...start(dispatch),
          signal: rescheduleSignal,
          signalArgs: [
            {
              commandId,
              ...(wished === null ? {} : { start: wished }),
              ...(staffId === null ? {} : { staffId }),
            },
          ],
        });
        return;
      }
      case "cancel":
        await client.workflow.signalWithStart(workflow, {
          ...start(dispatch),
          signal: cancelSignal,
          signalArgs: [{ commandId: message.commandId }],
        });
        return;
      case "calcomEvent":
        await client.workflow.signalWithStart(workflow, {
          ...start(dispatch),
          signal: calcomEventSignal,
          signalArgs: [{ eventId: message.eventId }],
        });
    }
  };
  return {
    async send(dispatch) {
      try {
        await client.connection.withDeadline(Date.now() + (options.deadlineMs ?? DEADLINE_MS), () =>
          signal(dispatch),
        );
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) throw new LifecycleClosedError();
        throw error;
      }
    },
  };
}
