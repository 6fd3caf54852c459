import type { CalcomBooking } from "../../calcom/client.js";
import type { KnownOperation } from "../../db/calcom/reconcile.js";

/**
 * Whether a booking that we do not know is what a write of ours made or is making: then the lifecycle learns of
 * it from its own answer or look-up. One that came of a write which was refused or given up is told, so that it
 * is taken back.
 */
export function explainsBooking(booking: CalcomBooking, operations: readonly KnownOperation[]): boolean {
  return operations.some((operation) => {
    if (!isUnderWay(operation) && operation.resultUid !== booking.uid) return false;
    if (operation.wantedStart?.getTime() !== booking.start.getTime()) return false;
    switch (operation.kind) {
      case "create":
        // Later moves by others carry the operation of the first booking too (calcom.md 2.5).
        return booking.rescheduledFromUid === null && booking.metadata.operationId === operation.id;
      case "reschedule":
        return booking.rescheduledFromUid !== null && booking.rescheduledFromUid === operation.uid;
      default:
        return false;
    }
  });
}

/** Whether we cancel this booking ourselves, or have done so and are about to write it down. */
export function explainsCancellation(booking: CalcomBooking, operations: readonly KnownOperation[]): boolean {
  return operations.some(
    (operation) =>
      (operation.kind === "cancel" || operation.kind === "decline") &&
      operation.uid === booking.uid &&
      (isUnderWay(operation) || operation.state === "done"),
  );
}

function isUnderWay(operation: KnownOperation): boolean {
  return operation.state === "planned" || operation.state === "sent";
}
