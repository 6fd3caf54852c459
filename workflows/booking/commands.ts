import type { Operation } from "../../domain/booking/operation.js";
import type { BookingInput } from "./input.js";
import { local } from "./proxies.js";
import { leaveReview } from "./review.js";
import type { BookingState, CommandItem, PhaseState } from "./state.js";
import { adopt } from "./state.js";
import { begin, beginUndo, newOperation } from "./tasks.js";

/** Takes up the command that the booking was born from. */
export function takeBook(state: BookingState, item: CommandItem & { type: "book" }): void {
  if (state.task || state.status !== "pending" || state.phases.some((phase) => phase.uid !== null)) return;
  begin(
    state,
    "book",
    item.commandId,
    staffed(state).map((phase) => newOperation("create", phase.key, null, phase.start)),
  );
}

/** Takes up one later command of a caller, of the dashboard or of an operator. */
export async function takeChange(
  input: BookingInput,
  state: BookingState,
  item: CommandItem & { type: "reschedule" | "cancel" },
): Promise<void> {
  switch (item.type) {
    case "reschedule":
      if (state.task) {
        state.waiting.push(item);
        return;
      }
      await takeReschedule(input, state, item);
      return;
    case "cancel":
      await takeCancel(input, state, item);
  }
}

async function takeReschedule(
  input: BookingInput,
  state: BookingState,
  item: CommandItem & { type: "reschedule" },
): Promise<void> {
  // What the row already settled (policy, status) or the hand-sent signal left open is decided here, by the
  // same pure rules that the ingress refuses with early.
  const prepared = await local.prepareReschedule({
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    commandId: item.commandId,
    start: item.start,
    staffId: item.staffId,
  });
  if (prepared.result === "refused") return;
  const moves: Operation[] = [];
  const creates: Operation[] = [];
  for (const wanted of prepared.phases.filter((phase) => phase.staffRequired)) {
    const current = state.phases.find((phase) => phase.key === wanted.key);
    // A phase that a person cancelled, and an operator let be, is not brought back by a move.
    if (!current || current.cancelled) continue;
    // Cal.com cannot move a booking to another event type: there a new one is made and the old one cancelled.
    if (current.uid !== null && current.calcomEventTypeId === wanted.calcomEventTypeId) {
      moves.push(newOperation("reschedule", wanted.key, current.uid, wanted.start));
    } else {
      creates.push(newOperation("create", wanted.key, null, wanted.start));
    }
  }
  begin(state, "move", item.commandId, [...creates, ...inSafeOrder(moves, state.phases)]);
}

/** Moving later the last phase goes first, moving earlier the first: none runs into its own neighbour. */
function inSafeOrder(moves: Operation[], phases: PhaseState[]): Operation[] {
  const later = moves.some((move) => {
    const phase = phases.find((candidate) => candidate.key === move.phaseKey);
    return (
      phase !== undefined &&
      move.wantedStart !== null &&
      Date.parse(move.wantedStart) > Date.parse(phase.start)
    );
  });
  return later ? [...moves].reverse() : moves;
}

async function takeCancel(
  input: BookingInput,
  state: BookingState,
  item: CommandItem & { type: "cancel" },
): Promise<void> {
  if (state.task?.kind === "undo" || state.task?.kind === "cancel") {
    state.waiting.push(item);
    return;
  }
  const prepared = await local.prepareCancel({
    companyId: input.companyId,
    appointmentId: input.appointmentId,
    commandId: item.commandId,
  });
  if (prepared.result === "refused") {
    if (prepared.appointment) adopt(state, prepared.appointment);
    return;
  }
  await cancelAll(input, state, item.commandId);
}

/** Cancels whatever stands or is being made. The work under way is overtaken by it. */
export async function cancelAll(input: BookingInput, state: BookingState, commandId: string): Promise<void> {
  await leaveReview(input, state);
  const overtaken = state.task;
  if (overtaken?.kind === "book" || (overtaken?.kind === "move" && overtaken.commandId !== null)) {
    const refuse =
      overtaken.commandId === null ? [] : [{ commandId: overtaken.commandId, problem: "not-changeable" }];
    if (overtaken.kind === "book" && state.phases.every((phase) => phase.uid === null)) {
      beginUndo(state, overtaken, { status: "cancelled", refuse, complete: [commandId] });
      return;
    }
    beginUndo(state, overtaken, { status: null, refuse, complete: [] });
    state.waiting.unshift({ type: "cancel", commandId });
    return;
  }
  begin(
    state,
    "cancel",
    commandId,
    staffed(state)
      .filter((phase) => phase.uid !== null && !phase.cancelled)
      .map((phase) => newOperation("cancel", phase.key, phase.uid, null)),
  );
}

function staffed(state: BookingState): PhaseState[] {
  return state.phases.filter((phase) => phase.staffRequired);
}
