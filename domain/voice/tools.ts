/** The seven tools of a scheduling voice agent (contract.md 5). */
export const VOICE_TOOLS = [
  "find_slots",
  "book_appointment",
  "list_my_appointments",
  "reschedule_appointment",
  "cancel_appointment",
  "request_callback",
  "list_services",
] as const;

export type VoiceTool = (typeof VOICE_TOOLS)[number];
