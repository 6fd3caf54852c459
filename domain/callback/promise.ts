/** How soon a caller is called back. */
export type CallbackPriority = "urgent" | "high" | "normal";

/** Milliseconds. */
export type CallbackTimes = Readonly<Record<CallbackPriority, number>>;

const HOUR_MS = 3_600_000;

/** One figure for what is promised and for what is watched (salon-gateway 13.3). */
export const CALLBACK_WITHIN_MS: CallbackTimes = {
  urgent: 2 * HOUR_MS,
  high: 4 * HOUR_MS,
  normal: 24 * HOUR_MS,
};
