import { expect, it } from "vitest";
import { callbackPriority } from "./priority.js";

it.each([
  ["Ich komme heute zu spät", "urgent"],
  ["Es ist dringend!", "urgent"],
  ["so schnell wie möglich", "urgent"],
  ["Termin ändern", "high"],
  ["Änderung meines Termins", "high"],
  ["möchte absagen", "high"],
  ["Bitte den Termin abzusagen", "high"],
  ["geht es morgen später", "high"],
  ["Frage zu den Preisen", "normal"],
  ["Wie ist das mit dem Vergleich", "normal"],
  ["Guten Morgenstern", "normal"],
  [null, "normal"],
] as const)("A callback about %s is %s.", (topic, priority) => {
  expect(callbackPriority(topic)).toBe(priority);
});
