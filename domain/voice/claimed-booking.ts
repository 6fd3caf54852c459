/** What is known of a call that is over, as far as it may claim a booking. */
export interface CallRecord {
  /** What the agent said. */
  agentTurns: readonly string[];
  summary: string | null;
  /** What the platform was asked to find out after the call. */
  analysis: Readonly<Record<string, unknown>>;
}

const ABOUT_BOOKING = /appointment|booking|booked|termin|buchung|gebucht/i;
const ABOUT_DOING =
  /made|booked|confirmed|created|scheduled|success|gebucht|vereinbart|bestätigt|erfolgreich/i;
const YES = /^(true|yes|ja|1|booked|confirmed|gebucht|success|erfolgreich)$/i;

const AGENT_CLAIMS = [
  /\bist (?:jetzt |nun |hiermit |damit |somit |fest |für sie )*(?:gebucht|eingetragen|bestätigt|reserviert|vereinbart)\b/iu,
  /\bhabe (?:ich )?.{0,80}\b(?:gebucht|eingetragen|reserviert|vereinbart)\b/iu,
  /\b(?:der|ihr) termin steht\b/iu,
  /\bsie haben (?:jetzt |nun |damit )?(?:einen|den|ihren) termin am\b/iu,
];
const SUMMARY_CLAIMS = [
  /\b(?:appointment|booking|slot)\b.{0,60}\b(?:booked|confirmed|scheduled|made)\b/iu,
  /\b(?:booked|scheduled|confirmed|made)\b.{0,40}\b(?:appointment|booking|slot)\b/iu,
  /\btermin\b.{0,60}\b(?:gebucht|vereinbart|bestätigt|eingetragen|reserviert)\b/iu,
];
const NOT =
  /\b(?:not|no|never|un(?:able|available|successful\w*)|fail\w*|cannot|can't|couldn't|could not|without|nicht|kein\w*|leider|noch|vorgemerkt|möchte\w*|wanted|would|soll\w*|falls|wenn|if)\b|\?/iu;

/**
 * Whether the caller may have hung up believing that an appointment was booked (salon-gateway 11.60, 11.61): as the
 * platform's analysis says, or the agent's own words, or the summary. A question or a wish claims nothing.
 */
export function claimsBooking(call: CallRecord): boolean {
  const found = Object.entries(call.analysis).filter(
    ([name]) => ABOUT_BOOKING.test(name) && (ABOUT_DOING.test(name) || /^(booking|termin)$/i.test(name)),
  );
  if (found.some(([, value]) => value === true || YES.test(String(value)))) return true;
  if (call.agentTurns.some((turn) => sentences(turn).some((said) => claims(said, AGENT_CLAIMS)))) return true;
  return sentences(call.summary ?? "").some((said) => claims(said, SUMMARY_CLAIMS));
}

function claims(sentence: string, patterns: readonly RegExp[]): boolean {
  return !NOT.test(sentence) && patterns.some((pattern) => pattern.test(sentence));
}

function sentences(text: string): string[] {
  return text.split(/(?<=[.!?])\s+/u).filter((sentence) => sentence.trim() !== "");
}
