import { expect, it } from "vitest";
import { nextAttemptAt, type Unfinished } from "./next-attempt.js";

const NOW = 1_000_000;
const after = (given: Partial<Unfinished>) => ({
  attempt: 0,
  retryDelaysMs: [1_000, 5_000],
  now: NOW,
  doubtUntil: null,
  retryAfterMs: null,
  ...given,
});
const always = () => true;
const never = () => {
  throw new Error("asked without need");
};

it("comes after each delay, or when Cal.com wants it if that is later.", () => {
  expect(nextAttemptAt(after({}), never)).toBe(NOW + 1_000);
  expect(nextAttemptAt(after({ attempt: 1, doubtUntil: NOW + 60_000 }), never)).toBe(NOW + 5_000);
  expect(nextAttemptAt(after({ attempt: 1, retryAfterMs: 9_000 }), never)).toBe(NOW + 9_000);
});

it("ends with the delays where nothing is in doubt.", () => {
  expect(nextAttemptAt(after({ attempt: 2 }), never)).toBeNull();
});

it("comes once more at the end of a doubt, and only once.", () => {
  expect(nextAttemptAt(after({ attempt: 2, doubtUntil: NOW + 300 }), never)).toBe(NOW + 300);
  expect(nextAttemptAt(after({ attempt: 3, doubtUntil: NOW + 300 }), never)).toBeNull();
});

it("comes at once after a look within the doubt that is reported after it: the second request was not made yet.", () => {
  const late = after({ attempt: 2, doubtUntil: NOW - 5, retryAfterMs: 40 });
  expect(nextAttemptAt(late, always)).toBe(NOW + 40);
  expect(nextAttemptAt(late, () => false)).toBeNull();
  expect(nextAttemptAt({ ...late, attempt: 3 }, never)).toBeNull();
});
