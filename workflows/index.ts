export { bookingLifecycle } from "./booking/lifecycle.js";
export { reconcileCompany } from "./reconcile/reconcile.js";
