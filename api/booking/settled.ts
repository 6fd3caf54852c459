import { type CommandProgress, commandProgress } from "../../db/booking/answer.js";
import type { Database } from "../../db/client.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import type { PlannedPhase } from "../../domain/booking/phases.js";
import type { Dispatch, Dispatcher } from "./dispatch.js";
import type { Waiting } from "./waiting.js";

/** A notification can be lost with its connection: whoever waits looks for himself that often. */
const LOOK_ANYWAY_MS = 2_000;

export interface SettledDeps {
  db: Database;
  waiting: Waiting;
}

export interface WaitFor {
  companyId: string;
  commandId: string;
  /** Milliseconds since the epoch. */
  deadline: number;
  /** Whether the lifecycle has been told; when it cannot be, nothing is to be waited for. */
  signalled: Promise<boolean>;
  /** Somebody else waits for it already, or it may have been settled long ago. */
  replayed: boolean;
}

/**
 * Waits for a command's row, as long as the caller has time; when Temporal cannot be told, that is known at once.
 *
 * @returns how far it is at the end, settled or not; `null` when there is no such command
 */
export async function whenSettled(deps: SettledDeps, wait: WaitFor): Promise<CommandProgress | null> {
  const { db, waiting } = deps;
  const { companyId, commandId, deadline } = wait;
  const listen = () => waiting.listen(commandId, Math.min(deadline - Date.now(), LOOK_ANYWAY_MS));
  let listening = listen();
  let told = true;
  const untold = wait.signalled.then((reached) => {
    told = reached;
    return reached ? new Promise<never>(() => {}) : undefined;
  });
  try {
    // What a second request with the key asks for may have been settled before it listened.
    let progress = wait.replayed ? await commandProgress(db, companyId, { id: commandId }) : null;
    while (!progress?.outcome && !progress?.answer) {
      await Promise.race([listening.heard, untold]);
      const last = !told || waiting.released || Date.now() >= deadline;
      // Listened again before the look: what is settled in between is heard.
      if (!last) listening = listen();
      progress = await commandProgress(db, companyId, { id: commandId });
      if (last) break;
    }
    return progress;
  } finally {
    listening.leave();
  }
}

export interface SignalDeps {
  dispatcher: Dispatcher;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

/** @returns whether the lifecycle has been told; if not, the relay will tell it */
export function signal(deps: SignalDeps, dispatch: Dispatch): Promise<boolean> {
  return deps.dispatcher.send(dispatch).then(
    () => true,
    (error: unknown) => {
      deps.log.warn(
        { workflowId: dispatch.workflowId, error: error instanceof Error ? error.name : "unknown" },
        "not signalled; the relay will",
      );
      return false;
    },
  );
}

/** What the lifecycle of a booking begins with that has just been accepted. */
export function freshFacts(plan: readonly PlannedPhase[]): AppointmentFacts {
  return {
    status: "pending",
    start: plan[0]?.start ?? "",
    end: plan.at(-1)?.end ?? "",
    phases: plan.map((phase) => ({ ...phase, uid: null, cancelled: false })),
  };
}
