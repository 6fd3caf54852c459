import type { CommandOutcome } from "../../db/schema/booking.js";
import type { ChangeDecision, ChangeRefusal } from "../../domain/booking/changeable.js";
import { isProblemSlug, Problem, type ProblemExtra } from "../problems.js";

/** A change that the rules do not allow, with what they decided on, so that it can be kept. */
export class ChangeRefused extends Problem {
  constructor(
    readonly action: "cancel" | "reschedule",
    readonly decided: ChangeDecision & { allowed: false },
  ) {
    const { slug, detail, extra } = changeProblem(decided.refusal);
    super(slug, detail, extra);
  }
}

function changeProblem(refusal: ChangeRefusal): Problem {
  if (refusal.problem === "not-changeable") {
    return new Problem("not-changeable", "the appointment is cancelled, over or under way");
  }
  const { problem, ...figures } = refusal;
  const extra: ProblemExtra = Object.fromEntries(
    Object.entries(figures).filter(([, value]) => value !== undefined),
  );
  return new Problem(problem, `the ${refusal.rule} rule of this business does not allow it`, extra);
}

/** What a caller is told of a command that was refused after its slot had been held. */
export function refusalProblem(outcome: CommandOutcome & { result: "refused" }): Problem {
  if (outcome.refusal) return changeProblem(outcome.refusal);
  const slug = isProblemSlug(outcome.problem) ? outcome.problem : "not-changeable";
  return new Problem(slug, WORDS[slug] ?? "the request was refused");
}

const WORDS: Partial<Record<Problem["slug"], string>> = {
  "slot-taken": "start: is booked by another in Cal.com",
  "too-soon": "start: Cal.com demands more notice",
  "too-far": "start: lies beyond Cal.com's booking window",
  "in-past": "start: lies in the past",
  "not-changeable": "the appointment is cancelled, over or under way",
  "not-bookable": "Cal.com does not take this booking",
};
