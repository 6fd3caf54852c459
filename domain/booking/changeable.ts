import { decide, type Policy, type PolicyDecision } from "../policy/policy.js";

/** Why an appointment cannot be moved or cancelled by its customer. */
export type ChangeRefusal =
  | { problem: "not-changeable" }
  | {
      problem: "policy";
      rule: "notice" | "quota" | "per_appointment";
      requiredMinutes?: number;
      remainingMinutes?: number;
      feeCents?: number;
    };

export type ChangeDecision =
  | { allowed: true; feeCents: number; decision: PolicyDecision | null }
  | { allowed: false; refusal: ChangeRefusal; decision: PolicyDecision | null };

/**
 * The rule that the ingress refuses with early and the workflow decides with: cancelled, over or under way
 * cannot be changed by anyone; the tenant's policy binds customers, not operators.
 *
 * @param at when the command was accepted: a late delivery must not turn a yes into a no
 */
export function decideChange(input: {
  action: "cancel" | "reschedule";
  policies: readonly Policy[];
  appointment: {
    status: string;
    branchId: string;
    serviceId: string;
    staffId: string | null;
    startAt: Date;
    endAt: Date;
    priceCents: number;
    /** Moves that the customer has made: what a person moves in Cal.com is not held against the customer. */
    movesByCustomer: number;
  };
  cancellationsInMonth: number;
  at: Date;
  byOperator: boolean;
}): ChangeDecision {
  const { action, appointment, at } = input;
  const open = appointment.status === "pending" || appointment.status === "confirmed";
  if (!open || appointment.startAt <= at) {
    return { allowed: false, refusal: { problem: "not-changeable" }, decision: null };
  }
  if (input.byOperator) return { allowed: true, feeCents: 0, decision: null };
  const decision = decide({
    action,
    policies: input.policies,
    appointment: {
      ...appointment,
      start: appointment.startAt,
      end: appointment.endAt,
      rescheduleCount: appointment.movesByCustomer,
    },
    now: at,
    usage: { cancellationsInMonth: input.cancellationsInMonth },
  });
  if (decision.allowed) return { allowed: true, feeCents: decision.feeCents, decision };
  const { rule, requiredMinutes, remainingMinutes, feeCents } = decision;
  return {
    allowed: false,
    refusal: { problem: "policy", rule, requiredMinutes, remainingMinutes, feeCents },
    decision,
  };
}
