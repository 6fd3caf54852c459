import type { Api } from "./api.js";
import { readBooking } from "./booking.js";
import { listBookings } from "./booking-list.js";
import type { CalcomBooking, CalcomClient } from "./client.js";
import { CalcomError } from "./errors.js";
import type { Log } from "./lease.js";
import { hostOfReassignment, newBookingBody, utc } from "./new-booking.js";

type BookingCalls = Pick<
  CalcomClient,
  | "createBooking"
  | "getBooking"
  | "listBookings"
  | "rescheduleBooking"
  | "cancelBooking"
  | "confirmBooking"
  | "declineBooking"
  | "reassignBooking"
>;

/** The endpoints of bookings. */
export function bookingCalls(api: Api, log: Log | undefined): BookingCalls {
  return {
    // async, so that input that is refused here fails as everything else does
    createBooking: async (a, input, o) =>
      api.call(
        a,
        {
          method: "POST",
          route: "/bookings",
          version: "bookings",
          slow: true,
          body: newBookingBody(input),
        },
        o,
        (json) => readBooking(json, true),
      ),

    getBooking: (a, uid, o) =>
      api.call(
        a,
        { method: "GET", route: "/bookings/:uid", params: { uid }, version: "bookings" },
        o,
        (json) => readBooking(json, false),
      ),

    listBookings: (a, filter, o) => listBookings(api, log, a, filter, o),

    rescheduleBooking: async (a, uid, { start, reason, rescheduledBy }, o) =>
      api.call(
        a,
        {
          method: "POST",
          route: "/bookings/:uid/reschedule",
          params: { uid },
          version: "bookings",
          slow: true,
          body: {
            start: utc(start),
            ...(reason?.trim() ? { reschedulingReason: reason.trim() } : {}),
            ...(rescheduledBy?.trim() ? { rescheduledBy: rescheduledBy.trim().toLowerCase() } : {}),
          },
        },
        o,
        (json) => readBooking(json, true),
      ),

    cancelBooking: async (a, uid, reason, o) => {
      // hosts must give a reason, and without any body Cal.com refuses
      if (reason.trim() === "")
        throw new CalcomError("missing_field", "a reason is required", { field: "reason" });
      const body = { cancellationReason: reason.trim() };
      return api.call(a, action("/bookings/:uid/cancel", { uid }, body), o, bookingIfShown);
    },

    confirmBooking: (a, uid, o) => api.call(a, action("/bookings/:uid/confirm", { uid }), o, bookingIfShown),

    declineBooking: (a, uid, reason, o) => {
      const body = reason.trim() ? { reason: reason.trim() } : {};
      return api.call(a, action("/bookings/:uid/decline", { uid }, body), o, bookingIfShown);
    },

    reassignBooking: (a, uid, hostId, o) =>
      api.call(
        a,
        hostId === null
          ? action("/bookings/:uid/reassign", { uid })
          : action("/bookings/:uid/reassign/:hostId", { uid, hostId }, {}),
        o,
        hostOfReassignment,
      ),
  };
}

function action(route: string, params: Record<string, string | number>, body?: object) {
  return { method: "POST" as const, route, params, version: "bookings" as const, body };
}

/** The change is made once Cal.com says success, whether or not the booking comes along. */
function bookingIfShown(json: unknown): CalcomBooking | null | undefined {
  const succeeded =
    typeof json === "object" && json !== null && "status" in json && json.status === "success";
  if (!succeeded) return undefined;
  if ("data" in json && Array.isArray(json.data)) return null;
  return readBooking(json, true) ?? null;
}
