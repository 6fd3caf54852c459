import type { AppointmentFacts } from "../../domain/booking/facts.js";

/**
 * What a lifecycle is started with: ids and instants, no personal data (histories are readable by every
 * operator). Durations are input, so that tests use milliseconds and a running booking keeps its own.
 */
export interface BookingInput {
  companyId: string;
  appointmentId: string;
  /**
   * The appointment as it was accepted (or, for a command whose workflow has to be started anew, as it stands);
   * `null` for a booking that was born in Cal.com: its first event says what it is.
   */
  appointment: AppointmentFacts | null;
  durations: BookingDurations;
  /** Continue as new after so many events; `null` leaves it to the server's suggestion. */
  maxHistoryEvents: number | null;
}

/** Milliseconds. */
export interface BookingDurations {
  /** Waits before the second, third, … interactive attempt; then the booking goes to review. */
  retryDelaysMs: number[];
  /** First wait of the slow retry, doubling up to `slowRetryMaxMs`. */
  slowRetryMs: number;
  slowRetryMaxMs: number;
  /** Look-ups go on for so long before anything doubtful is sent again: replicas lag (calcom.md 1.6). */
  lookupWindowMs: number;
  /** After a doubtful attempt: when to look for a second booking of the same operation. */
  surplusLookupsMs: number[];
  /** From the appointment's end until the workflow closes. */
  closeAfterMs: number;
  calcomWriteTimeoutMs: number;
  calcomReadTimeoutMs: number;
}

const LEAST_LOOKUP_WINDOW_MS = 5_000;

/** The durations of a lifecycle, from the process's configuration. */
export function bookingDurations(config: {
  retryDelaysMs: readonly number[];
  slowRetryMs: number;
  slowRetryMaxMs: number;
  closeAfterMs: number;
  calcomWriteTimeoutMs: number;
  calcomReadTimeoutMs: number;
}): BookingDurations {
  const sum = config.retryDelaysMs.reduce((total, delay) => total + delay, 0);
  return {
    retryDelaysMs: [...config.retryDelaysMs],
    slowRetryMs: config.slowRetryMs,
    slowRetryMaxMs: config.slowRetryMaxMs,
    lookupWindowMs: Math.max(LEAST_LOOKUP_WINDOW_MS, sum),
    surplusLookupsMs: [30_000, 120_000],
    closeAfterMs: config.closeAfterMs,
    calcomWriteTimeoutMs: config.calcomWriteTimeoutMs,
    calcomReadTimeoutMs: config.calcomReadTimeoutMs,
  };
}
