import { describe, expect, it } from "vitest";
import { waitMs } from "./schemas.js";

describe("Prefer: wait", () => {
  it.each([
    ["wait=0", 0],
    ["wait=0.25", 250],
    ["wait=30", 30_000],
    ["wait=31", 30_000],
    ["wait=99999999999999999999", 30_000],
    ['respond-async, wait="7"', 7_000],
    ["respond-async;wait=7", 7_000],
    [undefined, 3_500],
    ["", 3_500],
    ["wait=-1", 3_500],
    ["wait=soon", 3_500],
    ["await=9", 3_500],
  ])("%j is %d ms", (prefer, ms) => expect(waitMs(prefer)).toBe(ms));
});
