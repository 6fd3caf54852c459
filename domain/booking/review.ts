import { z } from "zod";

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
export const reviewDecisionSchema = z.object({
  decision: z.enum(REVIEW_DECISIONS),
  actor: z.string().min(1).max(200),
  note: z.string().max(2000).default(""),
  calcomUid: z.string().min(1).max(200).optional(),
});
export type ReviewDecision = z.infer<typeof reviewDecisionSchema>;

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
