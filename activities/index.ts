import { createBookingActivities } from "./booking/activities.js";
import type { BookingDependencies } from "./booking/dependencies.js";
import { createCallbackActivities } from "./callback/activities.js";
import { createReconcileActivities } from "./reconcile/activities.js";

/** Everything a worker can do, bound to its dependencies. */
export function createActivities(deps: BookingDependencies) {
  return {
    ...createBookingActivities(deps),
    ...createReconcileActivities(deps),
    ...createCallbackActivities(deps),
  };
}
