import {
  closeReview,
  completeAppointment,
  recordAttempt,
  recordDecision,
  recordReview,
} from "../../db/booking/review.js";
import { settleByHand } from "../../db/booking/settle-by-hand.js";
import { adoptBooking } from "./adopt.js";
import { askCalcom } from "./ask-calcom.js";
import { attemptBook } from "./attempt-book.js";
import { attemptCancel } from "./attempt-cancel.js";
import { attemptMove } from "./attempt-move.js";
import { attemptUndo } from "./attempt-undo.js";
import { applyCalcomEvent } from "./calcom-event.js";
import type { BookingDependencies } from "./dependencies.js";
import { prepareCancel, prepareReschedule } from "./prepare.js";
import { cancelSurplus, findSurplus } from "./surplus.js";

/** Every side effect of a booking's lifecycle, bound to what it works with. */
export function createBookingActivities(deps: BookingDependencies) {
  const withDeps =
    <Rest extends unknown[], Result>(activity: (deps: BookingDependencies, ...rest: Rest) => Result) =>
    (...rest: Rest): Result =>
      activity(deps, ...rest);
  const withDb =
    <Rest extends unknown[], Result>(activity: (db: BookingDependencies["db"], ...rest: Rest) => Result) =>
    (...rest: Rest): Result =>
      activity(deps.db, ...rest);
  return {
    attemptBook: withDeps(attemptBook),
    attemptMove: withDeps(attemptMove),
    attemptCancel: withDeps(attemptCancel),
    attemptUndo: withDeps(attemptUndo),
    prepareCancel: withDeps(prepareCancel),
    prepareReschedule: withDeps(prepareReschedule),
    applyCalcomEvent: withDeps(applyCalcomEvent),
    findSurplus: withDeps(findSurplus),
    cancelSurplus: withDeps(cancelSurplus),
    adoptBooking: withDeps(adoptBooking),
    askCalcom: withDeps(askCalcom),
    settleByHand: withDb(settleByHand),
    recordAttempt: withDb(recordAttempt),
    recordReview: withDb(recordReview),
    closeReview: withDb(closeReview),
    recordDecision: withDb(recordDecision),
    completeAppointment: withDb(completeAppointment),
  };
}

export type BookingActivities = ReturnType<typeof createBookingActivities>;
