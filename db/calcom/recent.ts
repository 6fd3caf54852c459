/**
 * Counts what happens, window of time by window.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function countRecent(
  windowMs: number,
  now: () => number = () => performance.now(),
): {
  count(): void;
  /** Of the present window, or of the one before it where that was more. */
  recent(): number;
} {
  let window = 0;
  let present = 0;
  let before = 0;
  const turn = () => {
    const current = Math.floor(now() / windowMs);
    if (current === window) return;
    before = current === window + 1 ? present : 0;
    present = 0;
    window = current;
  };
  return {
    count() {
      turn();
      present += 1;
    },
    recent() {
      turn();
      return Math.max(present, before);
    },
  };
}
