export { bookingLifecycle } from "./booking/lifecycle.js";
