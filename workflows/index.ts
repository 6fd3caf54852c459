export { bookingLifecycle } from "./booking/lifecycle.js";
export { callbackRequest } from "./callback/callback.js";
export { reconcileCompany } from "./reconcile/reconcile.js";
