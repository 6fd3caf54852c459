import { expect, it } from "vitest";
import { countRecent } from "./recent.js";

it("remembers the window before the present one, and no older one.", () => {
  let now = 0;
  const arrivals = countRecent(100, () => now);
  expect(arrivals.recent()).toBe(0);
  for (let n = 0; n < 5; n += 1) arrivals.count();
  expect(arrivals.recent()).toBe(5);
  now = 150;
  arrivals.count();
  expect(arrivals.recent()).toBe(5);
  now = 210;
  expect(arrivals.recent()).toBe(1);
  now = 305;
  expect(arrivals.recent()).toBe(0);
  arrivals.count();
  // Nobody asked in the window between.
  now = 520;
  expect(arrivals.recent()).toBe(0);
});
