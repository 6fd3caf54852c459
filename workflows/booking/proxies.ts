import { ActivityCancellationType, proxyActivities } from "@temporalio/workflow";
import type { BookingActivities } from "../../activities/booking/activities.js";
import type { AttemptLimits } from "../../domain/booking/attempt.js";
import type { BookingInput } from "./input.js";

const MARGIN_MS = 10_000;
/** At most: looked up and asked for the slot before a second request, looked up after it. */
const READS_PER_WRITE = 6;
/** Attempts heartbeat, so that a killed worker is noticed long before the timeout of a slow Cal.com. */
const HEARTBEAT_MS = 15_000;

/**
 * Changes in Cal.com. Retried without end, because what makes them fail here is ours (a killed worker, a
 * database that is away): Cal.com's own failures come back as reports and the workflow decides. The timeout
 * is longer than Cal.com's, so that nothing is sent again while a request can still be under way.
 *
 * @param calls how many writes follow each other in one attempt
 */
export function remote(input: BookingInput, calls = 1) {
  const { calcomWriteTimeoutMs, calcomReadTimeoutMs } = input.durations;
  return proxyActivities<BookingActivities>({
    startToCloseTimeout: calls * (calcomWriteTimeoutMs + READS_PER_WRITE * calcomReadTimeoutMs) + MARGIN_MS,
    heartbeatTimeout: HEARTBEAT_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "30s" },
  });
}

/** Writes to our own database only: quick, idempotent, retried until it is back. */
export const local = proxyActivities<BookingActivities>({
  startToCloseTimeout: "15s",
  retry: { initialInterval: "200ms", backoffCoefficient: 2, maximumInterval: "10s" },
});

/** The limits an attempt works within, from the workflow's input. */
export function attemptLimits(input: BookingInput): AttemptLimits {
  const { lookupWindowMs, calcomWriteTimeoutMs, calcomReadTimeoutMs } = input.durations;
  return { lookupWindowMs, writeTimeoutMs: calcomWriteTimeoutMs, readTimeoutMs: calcomReadTimeoutMs };
}
