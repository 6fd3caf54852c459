import { expect, it } from "vitest";
import { startPump } from "./pump.js";

const EVERY_MS = 5;

/** A source of items, and a gate behind which each waits until it is let through. */
function source(items: number[]) {
  const begun: number[] = [];
  const gates = new Map<number, () => void>();
  const failures: unknown[] = [];
  return {
    items,
    begun,
    failures,
    open: (item: number) => gates.get(item)?.(),
    options: {
      claim: async (limit: number) => items.splice(0, limit),
      work: async (item: number) => {
        begun.push(item);
        if (item < 0) throw new Error(`item ${item}`);
        await new Promise<void>((resolve) => gates.set(item, resolve));
      },
      failed: (error: unknown) => void failures.push(error),
      everyMs: EVERY_MS,
      batch: 2,
      slots: () => 2,
    },
  };
}

it("fills a slot as soon as it is free, whatever the slowest item does.", async () => {
  const { begun, open, options } = source([1, 2, 3, 4]);
  const pump = startPump(options);
  await expect.poll(() => begun).toEqual([1, 2]);
  open(2);
  await expect.poll(() => begun).toEqual([1, 2, 3]);
  open(3);
  await expect.poll(() => begun).toEqual([1, 2, 3, 4]);
  open(1);
  open(4);
  await pump.stop();
});

it("finds by the clock what nobody nudged it about.", async () => {
  const { items, begun, open, options } = source([]);
  const pump = startPump(options);
  await new Promise((resolve) => setImmediate(resolve));
  items.push(7);
  await expect.poll(() => begun).toEqual([7]);
  open(7);
  await pump.stop();
});

it("looks again when it is nudged during a look.", async () => {
  const { items, begun, open, options } = source([]);
  let looks = 0;
  const pump = startPump({
    ...options,
    everyMs: 60_000,
    claim: async (limit) => {
      looks += 1;
      const found = items.splice(0, limit);
      await new Promise((resolve) => setImmediate(resolve));
      if (looks === 1) {
        items.push(8);
        pump.nudge();
      }
      return found;
    },
  });
  await expect.poll(() => begun).toEqual([8]);
  open(8);
  await pump.stop();
});

it("goes on after an item and after a look that failed.", async () => {
  const { begun, open, failures, options } = source([-1, 2]);
  let looks = 0;
  const pump = startPump({
    ...options,
    claim: async (limit) => {
      looks += 1;
      if (looks === 1) throw new Error("no database");
      return await options.claim(limit);
    },
  });
  await expect.poll(() => begun).toEqual([-1, 2]);
  expect(failures.map(String)).toEqual(["Error: no database", "Error: item -1"]);
  open(2);
  await pump.stop();
});

it("finishes what is under way when it stops, and begins nothing more.", async () => {
  const { begun, open, options } = source([1, 2, 3]);
  const pump = startPump(options);
  await expect.poll(() => begun).toEqual([1, 2]);
  let stopped = false;
  const stopping = pump.stop().then(() => {
    stopped = true;
  });
  open(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(stopped).toBe(false);
  open(2);
  await stopping;
  expect(begun).toEqual([1, 2]);
});

it("begins nothing while there is no slot, and goes on when there is one again.", async () => {
  const { items, begun, open, options } = source([1, 2]);
  let slots = 0;
  const pump = startPump({ ...options, slots: () => slots });
  await new Promise((resolve) => setTimeout(resolve, 4 * EVERY_MS));
  expect([begun, items]).toEqual([[], [1, 2]]);
  slots = 1;
  await expect.poll(() => begun).toEqual([1]);
  open(1);
  await expect.poll(() => begun).toEqual([1, 2]);
  open(2);
  await pump.stop();
});
