import { z } from "zod";
import { VOICE_TOOLS, type VoiceTool } from "../../domain/voice/tools.js";
import { ARGUMENTS } from "./arguments.js";

/** What an agent is told of each tool. */
const DESCRIPTIONS: Readonly<Record<VoiceTool, string>> = {
  find_slots:
    "Sucht freie Termine und hält bis zu drei davon für diesen Anruf fest. Immer aufrufen, bevor irgendetwas über freie Zeiten gesagt wird, und bei jedem neuen Zeitwunsch erneut.",
  book_appointment:
    "Bucht ein Angebot aus find_slots. Ohne caller_confirmed liefert es die Rückfrage; nach dem ausdrücklichen Ja mit caller_confirmed: true erneut aufrufen.",
  list_my_appointments:
    "Nennt die kommenden Termine des Anrufers. Nur mit erkannter Rufnummer möglich; sonst einen Rückruf anbieten.",
  reschedule_appointment:
    "Verschiebt einen Termin des Anrufers auf ein Angebot aus find_slots derselben Leistung. Zuerst ohne, nach dem Ja mit caller_confirmed: true.",
  cancel_appointment:
    "Sagt einen Termin des Anrufers ab. Der erste Aufruf bietet an, stattdessen zu verschieben; erst nach dem Ja zur Absage mit caller_confirmed: true erneut aufrufen.",
  request_callback:
    "Hinterlegt einen Rückrufwunsch für das Team. Der Ausweg, wenn etwas nicht geht oder der Anrufer einen Menschen möchte.",
  list_services: "Nennt Leistungen und Preise des Salons.",
};

const WRITES = new Set<VoiceTool>(["book_appointment", "reschedule_appointment", "cancel_appointment"]);

/** A custom function as Retell's API takes it (voice-agents 1.2). */
export interface RetellTool {
  type: "custom";
  name: VoiceTool;
  description: string;
  url: string;
  method: "POST";
  args_at_root: false;
  speak_during_execution: boolean;
  execution_message_type: "static_text";
  execution_message_description: string;
  speak_after_execution: true;
  timeout_ms: number;
  max_retry: number;
  parameters: Record<string, unknown>;
}

/** @param publicUrl where Retell reaches us, without a trailing slash */
export function retellTools(publicUrl: string): RetellTool[] {
  return VOICE_TOOLS.map((name) => ({
    type: "custom",
    name,
    description: DESCRIPTIONS[name],
    url: `${publicUrl}/api/webhooks/retell/function`,
    method: "POST",
    // With the arguments alone the signed call would be missing, and with it everything that identifies the caller.
    args_at_root: false,
    speak_during_execution: WRITES.has(name),
    execution_message_type: "static_text",
    execution_message_description: WRITES.has(name)
      ? "Einen Moment, ich trage das ein."
      : "Einen Moment, ich schaue nach.",
    speak_after_execution: true,
    timeout_ms: WRITES.has(name) ? 8_000 : 5_000,
    // Every tool answers a repetition as it did first.
    max_retry: 1,
    parameters: parametersOf(name),
  }));
}

export function parametersOf(name: VoiceTool): Record<string, unknown> {
  const { $schema: _, additionalProperties: __, ...schema } = z.toJSONSchema(ARGUMENTS[name]);
  return schema;
}
