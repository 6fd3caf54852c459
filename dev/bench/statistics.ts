/**
 * The value below which a share of the sample lies (nearest rank); `NaN` of nothing.
 *
 * @param share 0 to 1
 */
export function percentile(sample: readonly number[], share: number): number {
  if (sample.length === 0) return Number.NaN;
  const sorted = [...sample].sort((a, b) => a - b);
  const rank = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.min(Math.max(rank, 0), sorted.length - 1)] ?? Number.NaN;
}

export const median = (sample: readonly number[]): number => percentile(sample, 0.5);

/** Latencies in milliseconds as a table shows them. */
export function latency(sample: readonly number[]): { p50: number; p95: number; p99: number } {
  return { p50: percentile(sample, 0.5), p95: percentile(sample, 0.95), p99: percentile(sample, 0.99) };
}
