/** `[start, end)` in epoch milliseconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Sorted, without overlaps; spans that touch become one. */
export function merged(spans: readonly Span[]): Span[] {
  const sorted = spans.filter((span) => span.start < span.end).sort((a, b) => a.start - b.start);
  const result: { start: number; end: number }[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else result.push({ start: span.start, end: span.end });
  }
  return result;
}

/** Whether one span of a merged list holds the whole of `[start, end)`. */
export function covers(spans: readonly Span[], start: number, end: number): boolean {
  const span = spans[firstEndingAfter(spans, start)];
  return span !== undefined && span.start <= start && end <= span.end;
}

/** Whether any span of a merged list has a moment of `[start, end)`. */
export function meets(spans: readonly Span[], start: number, end: number): boolean {
  const span = spans[firstEndingAfter(spans, start)];
  return span !== undefined && span.start < end;
}

/** Until when a merged list goes on from `at`; `at` itself where it does not hold it. */
export function heldUntil(spans: readonly Span[], at: number): number {
  const span = spans[firstEndingAfter(spans, at)];
  return span !== undefined && span.start <= at ? span.end : at;
}

/** When the next span of a merged list begins that ends after `at`; never: Infinity. */
export function nextStart(spans: readonly Span[], at: number): number {
  return spans[firstEndingAfter(spans, at)]?.start ?? Infinity;
}

function firstEndingAfter(spans: readonly Span[], at: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.end ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
