/**
 * What `work` comes to, or `instead` where that takes longer. The work goes on. Without an `AbortSignal`, because what
 * is waited for on every request is nearly always there in time, and an abort costs more than many a request.
 *
 * @param ms milliseconds that are waited
 * @throws what `work` throws in time
 */
export function orAfter<T>(work: Promise<T>, ms: number, instead: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(Promise.resolve().then(instead));
    }, ms);
    const inTime = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    work.then(
      (value) => inTime(() => resolve(value)),
      (error: unknown) => inTime(() => reject(error)),
    );
  });
}
