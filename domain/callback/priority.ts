import type { CallbackPriority } from "./promise.js";

// `\b` knows no umlauts: "ändern" would begin in the middle of a word.
const whole = (words: string) => new RegExp(`(?<!\\p{L})(?:${words})(?!\\p{L})`, "iu");

const URGENT = whole(
  "heute|gleich|sofort|dringend|notfall|eilig|so schnell wie möglich|in (?:einer|zwei) stunden?",
);
const HIGH = whole(
  "(?:absag|stornier|verschieb|verleg|umbuch|änder|beschwer|reklam|allergi)\\p{L}*|abzusagen|zu verschieben|morgen",
);

/** How pressing a callback is by what it is about: today, or a change that cannot wait for long, or a question. */
export function callbackPriority(topic: string | null): CallbackPriority {
  if (topic === null) return "normal";
  if (URGENT.test(topic)) return "urgent";
  return HIGH.test(topic) ? "high" : "normal";
}
