/** An attempt that came to nothing yet; instants in milliseconds since the epoch. */
export interface Unfinished {
  /** Repetitions so far. */
  attempt: number;
  retryDelaysMs: readonly number[];
  now: number;
  /** Until when only look-ups were made; `null`: nothing is in doubt. */
  doubtUntil: number | null;
  /** What Cal.com asked to wait. */
  retryAfterMs: number | null;
}

/**
 * When the next interactive attempt is due. They end with the delays, but what is doubtful gets its second request
 * before a person is called. Once: each request that fails the same way brings a doubt of its own, and nobody would
 * ever be called.
 *
 * @param lateCounts whether a look that was made within the doubt and is reported after it counts as one within it;
 *   asked only then (lifecycles that began before this was so replay as they went)
 * @returns `null`: none is left
 */
export function nextAttemptAt(
  { attempt, retryDelaysMs, now, doubtUntil, retryAfterMs }: Unfinished,
  lateCounts: () => boolean,
): number | null {
  const wait = retryAfterMs ?? 0;
  const delay = retryDelaysMs[attempt];
  if (delay !== undefined) return now + Math.max(delay, wait);
  if (doubtUntil === null || attempt > retryDelaysMs.length) return null;
  if (now < doubtUntil) return doubtUntil;
  return lateCounts() ? now + wait : null;
}
