import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { ReviewDecision } from "../../domain/booking/review.js";
import type { BookingView } from "./view.js";

/** The row of that id holds the rest: what people say is personal data and stays in Postgres. */
export interface BookMessage {
  commandId: string;
}

/** Sent by hand it may name the start (ISO instant with offset) and the staff itself, and no command. */
export interface RescheduleMessage {
  commandId?: string;
  start?: string;
  staffId?: string | null;
}

export interface CancelMessage {
  commandId?: string;
}

/** `eventId` is the row of the webhook inbox. */
export interface CalcomEventMessage {
  eventId: string;
}

export const bookSignal = defineSignal<[BookMessage]>("book");
export const rescheduleSignal = defineSignal<[RescheduleMessage]>("reschedule");
export const cancelSignal = defineSignal<[CancelMessage]>("cancel");
export const calcomEventSignal = defineSignal<[CalcomEventMessage]>("calcomEvent");
export const resolveReviewUpdate = defineUpdate<BookingView, [ReviewDecision]>("resolveReview");
export const viewQuery = defineQuery<BookingView>("view");
