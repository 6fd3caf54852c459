import { setCurrentDetails, upsertSearchAttributes } from "@temporalio/workflow";
import { DECISION_EFFECTS, decisionsFor, type ReviewReason } from "../../domain/booking/review.js";
import type { BookingInput } from "./input.js";
import { attemptLimits, local, remote } from "./proxies.js";
import {
  APPOINTMENT_START,
  BOOKING_STATUS,
  bookingStatusOf,
  CALCOM_UID,
  REVIEW_REASON,
} from "./search-attributes.js";
import type { BookingState } from "./state.js";

/** Brings the search attributes in line with the state, when they differ. */
export function showStatus(state: BookingState): void {
  const shown = state.shown;
  const status = state.review ? "ManualReview" : bookingStatusOf(state.status);
  const uid = state.phases.find((phase) => phase.uid !== null)?.uid ?? null;
  const start = state.start;
  const changes = [];
  if (status !== shown.status) changes.push({ key: BOOKING_STATUS, value: status });
  if (uid !== null && uid !== shown.uid) changes.push({ key: CALCOM_UID, value: uid });
  if (start !== null && start !== shown.start)
    changes.push({ key: APPOINTMENT_START, value: new Date(start) });
  const reason = state.review?.reason ?? null;
  if (reason !== shown.reason) changes.push({ key: REVIEW_REASON, value: reason });
  if (changes.length === 0) return;
  upsertSearchAttributes(changes);
  state.shown = { status, uid, start, reason };
}

/** Puts the booking into the queue of the Web UI; already there, it only brings the details up to date. */
export async function enterReview(
  input: BookingInput,
  state: BookingState,
  reason: ReviewReason,
  phaseKey: string | null,
): Promise<void> {
  const since = state.review?.since ?? Date.now();
  const fresh = state.review?.reason !== reason;
  state.review = { reason, since, phaseKey, calcomSays: state.review?.calcomSays ?? [] };
  const remembered = { companyId: input.companyId, appointmentId: input.appointmentId };
  await local.recordReview({
    ...remembered,
    reason,
    error: state.task?.lastError ?? null,
    attempts: (state.task?.attempt ?? 0) + (state.task?.slowAttempt ?? 0),
    nextAttemptAt: state.task ? new Date(state.task.dueAt).toISOString() : null,
    fresh,
  });
  showReview(state);
  showStatus(state);
  if (fresh) {
    const uids = state.phases.flatMap((phase) =>
      phase.uid === null ? [] : [{ key: phase.key, uid: phase.uid }],
    );
    const said = await remote(input).askCalcom({ ...remembered, uids, limits: attemptLimits(input) });
    if (state.review) state.review.calcomSays = said;
    showReview(state);
  }
}

/** Out of the queue: it succeeded, was decided, or Cal.com settled it. */
export async function leaveReview(input: BookingInput, state: BookingState): Promise<void> {
  if (!state.review) return;
  const { since } = state.review;
  state.review = null;
  await local.closeReview({ companyId: input.companyId, appointmentId: input.appointmentId, since });
  setCurrentDetails("");
  showStatus(state);
}

const WHAT_HAPPENED: Record<ReviewReason, string> = {
  calcom_unreachable: "Cal.com did not answer, or not clearly. The slot is held here.",
  calcom_rejected:
    "Cal.com refuses this booking for what it is (a required field, the event type). The slot is held here.",
  calcom_unauthorized: "Cal.com refuses our API key. The slot is held here.",
  compensation_failed: "Something that had to be taken back in Cal.com may still stand there.",
  segment_cancelled:
    "A person cancelled one phase of this appointment in Cal.com. The other phases still stand.",
};

/** What the operator reads on the workflow's page, as Markdown. In memory only: set again after each start. */
export function showReview(state: BookingState): void {
  const review = state.review;
  if (!review) return;
  const task = state.task;
  const decisions = decisionsFor(review.reason, task?.kind ?? null);
  const lines = [
    `## Manual review: \`${review.reason}\``,
    "",
    `**What happened.** ${WHAT_HAPPENED[review.reason]}${review.phaseKey ? ` Phase: \`${review.phaseKey}\`.` : ""}`,
    "",
    `**The appointment.** ${state.start ?? "?"} to ${state.end ?? "?"} (UTC), status \`${state.status}\`. ` +
      `Under review since ${new Date(review.since).toISOString()}.`,
    "",
    task
      ? `**What was tried.** \`${task.kind}\`, ${task.attempt + task.slowAttempt} repeated attempts, last error \`${task.lastError ?? "none"}\`. ` +
        `It goes on trying slowly; next at ${new Date(task.dueAt).toISOString()}.`
      : "**What was tried.** Nothing is under way; it waits for a decision.",
    "",
    "**What Cal.com says now.**",
    ...(review.calcomSays.length > 0 ? review.calcomSays.map((line) => `- ${line}`) : ["- being asked"]),
    "",
    "**Decide.** More actions → Send an Update → `resolveReview`, with one of:",
    "",
    ...decisions.flatMap((decision) => [
      `*${DECISION_EFFECTS[decision]}*`,
      "```json",
      JSON.stringify(
        decision === "adopt"
          ? { decision, actor: "your name", note: "why", calcomUid: "uid of the booking in Cal.com" }
          : { decision, actor: "your name", note: "why" },
      ),
      "```",
    ]),
    "",
    "Never use *Terminate*: it leaves the booking in Cal.com. *Cancel* cancels the booking there too.",
  ];
  setCurrentDetails(lines.join("\n"));
}
