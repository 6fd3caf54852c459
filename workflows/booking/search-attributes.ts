import { defineSearchAttributeKey, SearchAttributeType } from "@temporalio/common";
import type { BookingState } from "./state.js";

/** Never encrypted and readable by all: ids, states and instants only. */
export const COMPANY_ID = defineSearchAttributeKey("CompanyId", SearchAttributeType.KEYWORD);
export const APPOINTMENT_ID = defineSearchAttributeKey("AppointmentId", SearchAttributeType.KEYWORD);
export const BOOKING_STATUS = defineSearchAttributeKey("BookingStatus", SearchAttributeType.KEYWORD);
export const REVIEW_REASON = defineSearchAttributeKey("ReviewReason", SearchAttributeType.KEYWORD);
export const CALCOM_UID = defineSearchAttributeKey("CalcomUid", SearchAttributeType.KEYWORD);
export const APPOINTMENT_START = defineSearchAttributeKey("AppointmentStart", SearchAttributeType.DATETIME);

const STATUS_NAMES: Record<BookingState["status"], string> = {
  none: "Pending",
  pending: "Pending",
  confirmed: "Confirmed",
  cancelled: "Cancelled",
  completed: "Completed",
  no_show: "NoShow",
  failed: "Failed",
};

/** The value of `BookingStatus`; `ManualReview` stands above all of these. */
export function bookingStatusOf(status: BookingState["status"]): string {
  return STATUS_NAMES[status];
}
