import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { CallbackResult } from "./input.js";

/** An operator has called back, or nobody has to any more. */
export interface FinishCallbackMessage {
  outcome: "completed" | "cancelled";
  by: string;
  note?: string;
}

/** Its row says something new. */
export const callbackChangedSignal = defineSignal("callbackChanged");
export const finishCallbackUpdate = defineUpdate<CallbackResult, [unknown]>("finishCallback");
export const callbackQuery = defineQuery<CallbackResult>("view");

const OUTCOMES = ["completed", "cancelled"] as const;

/** Reads what was typed into the Web UI's dialog. */
export function readFinishCallback(
  given: unknown,
): { ok: true; message: FinishCallbackMessage } | { ok: false; problem: string } {
  if (typeof given !== "object" || given === null) return { ok: false, problem: "give one JSON object" };
  const outcome = "outcome" in given ? given.outcome : undefined;
  const by = "by" in given ? given.by : undefined;
  const note = "note" in given ? given.note : undefined;
  const known = OUTCOMES.find((name) => name === outcome);
  if (known === undefined) return { ok: false, problem: `outcome: must be one of ${OUTCOMES.join(", ")}` };
  if (typeof by !== "string" || by.trim() === "" || by.length > 200)
    return { ok: false, problem: "by: say who you are" };
  if (note !== undefined && (typeof note !== "string" || note.length > 2_000))
    return { ok: false, problem: "note: must be a text of at most 2000 characters" };
  return {
    ok: true,
    message: { outcome: known, by: by.trim(), ...(note === undefined ? {} : { note }) },
  };
}
