/** Why a booking is in the review queue: the search attribute `ReviewReason`. */
export const REVIEW_REASONS = [
  /** Cal.com did not answer, or not clearly, in all interactive attempts. */
  "calcom_unreachable",
  /** Cal.com refuses the request for what it is: a new required field, a missing event type. */
  "calcom_rejected",
  /** The API key is refused. */
  "calcom_unauthorized",
  /** What had to be taken back in Cal.com still stands there. */
  "compensation_failed",
  /** A person cancelled one phase of a composite in Cal.com. */
  "segment_cancelled",
] as const;
export type ReviewReason = (typeof REVIEW_REASONS)[number];

export const REVIEW_DECISIONS = ["retry", "adopt", "cancel", "give_up", "mark_synced"] as const;

/** What an operator sends as one JSON object (contract.md 9). */
export interface ReviewDecision {
  decision: (typeof REVIEW_DECISIONS)[number];
  actor: string;
  note: string;
  calcomUid?: string | undefined;
}

const LONGEST_ACTOR = 200;
const LONGEST_NOTE = 2_000;
const LONGEST_UID = 200;

/**
 * Reads what an operator sent. By hand and not by zod: every workflow evaluates its modules anew, and zod alone would
 * cost more than all that a booking's workflow does (measured: 12 ms of CPU each).
 */
export function parseReviewDecision(
  value: unknown,
): { ok: true; decision: ReviewDecision } | { ok: false; problems: string[] } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, problems: ["the JSON: must be one object"] };
  }
  const given: Record<string, unknown> = { ...value };
  const problems: string[] = [];
  const decision = REVIEW_DECISIONS.find((known) => known === given.decision);
  if (decision === undefined) problems.push(`decision: must be one of ${REVIEW_DECISIONS.join(", ")}`);
  const text = (name: string, shortest: number, longest: number): string => {
    const found = given[name];
    if (typeof found === "string" && found.length >= shortest && found.length <= longest) return found;
    problems.push(`${name}: must be a text of ${shortest} to ${longest} characters`);
    return "";
  };
  const actor = text("actor", 1, LONGEST_ACTOR);
  const note = given.note === undefined ? "" : text("note", 0, LONGEST_NOTE);
  const calcomUid = given.calcomUid === undefined ? undefined : text("calcomUid", 1, LONGEST_UID);
  if (decision === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, decision: { decision, actor, note, ...(calcomUid === undefined ? {} : { calcomUid }) } };
}

/** What each decision does, in an operator's words. */
export const DECISION_EFFECTS: Record<ReviewDecision["decision"], string> = {
  retry: "try again now",
  adopt: "take over an existing Cal.com booking (`calcomUid`) as this appointment",
  cancel: "cancel the whole appointment, here and in Cal.com",
  give_up:
    "stop trying: a booking that was never made fails, a move leaves the old time, a cancel leaves the appointment standing",
  mark_synced: "it is done already, by hand: keep it as it is",
};

/** The decisions that make sense for a reason. */
export function decisionsFor(reason: ReviewReason, task: string | null): ReviewDecision["decision"][] {
  if (reason === "segment_cancelled") return ["retry", "cancel", "mark_synced"];
  if (reason === "compensation_failed") return ["retry", "give_up", "mark_synced"];
  return task === "cancel" ? ["retry", "give_up", "mark_synced"] : [...REVIEW_DECISIONS];
}
