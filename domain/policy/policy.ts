import { type PolicyRulesDocument, policyRulesSchema, type RuleDocument } from "./rules.js";

/** What a cancellation or a reschedule costs. */
export type Fee =
  | { kind: "none" }
  | { kind: "fixed"; cents: number }
  /** Of the appointment's price. */
  | { kind: "percent"; percent: number }
  /** The tier with the highest `minHours` that is not above the hours left. */
  | { kind: "tiers"; tiers: { minHours: number; cents: number }[] };

export interface CancelRule {
  /** How long before the start it is still allowed; exactly that long is. */
  noticeMinutes: number;
  /** `null`: as often as the customer likes. */
  maxPerCustomerPerMonth: number | null;
  fee: Fee;
}

export interface RescheduleRule {
  /** How long before the start it is still allowed; exactly that long is. */
  noticeMinutes: number;
  /** `null`: as often as the customer likes. */
  maxPerAppointment: number | null;
  fee: Fee;
}

/** What a tenant demands of who cancels or moves; at most one of the three ids is set (none: the company). */
export interface Policy {
  branchId: string | null;
  serviceId: string | null;
  staffId: string | null;
  /** `null`: this policy says nothing about it, the next wider one decides. */
  cancel: CancelRule | null;
  reschedule: RescheduleRule | null;
  /** Whether a caller who cancels is asked first to move instead; `null`: as the next wider policy says. */
  rescheduleFirst: boolean | null;
}

export type PolicyAction = "cancel" | "reschedule";
export type PolicyScope = "staff" | "service" | "branch" | "company";

/** What a policy may be for. */
export interface PolicySubject {
  branchId: string;
  serviceId: string;
  staffId: string | null;
}

export interface PolicyInput {
  action: PolicyAction;
  policies: readonly Policy[];
  appointment: PolicySubject & {
    start: Date;
    end: Date;
    priceCents: number;
    /** Reschedules that the customer has already made. */
    rescheduleCount: number;
  };
  now: Date;
  /** Cancellations of this customer in the last `QUOTA_WINDOW_DAYS`, without the one asked for. */
  usage: { cancellationsInMonth: number };
}

/** What was applied to what, so that a decision can be reproduced later (salon-gateway I-14). No person. */
export interface PolicySnapshot {
  action: PolicyAction;
  /** `null`: no policy says anything about it. */
  scope: PolicyScope | null;
  noticeMinutes: number;
  /** The quota of a cancel, or the reschedules allowed per appointment. */
  max: number | null;
  fee: Fee;
  /** ISO instants. */
  at: string;
  start: string;
  priceCents: number;
  rescheduleCount: number;
  cancellationsInMonth: number;
}

export type PolicyDecision =
  | { allowed: true; feeCents: number; policy: PolicySnapshot }
  | {
      allowed: false;
      rule: "notice" | "quota" | "per_appointment";
      /** With `notice`: the notice that is demanded, in minutes. */
      requiredMinutes?: number;
      /** With `notice`: whole minutes until the start, never negative. */
      remainingMinutes?: number;
      /** What it would have cost. */
      feeCents?: number;
      policy: PolicySnapshot;
    };

/** "Per month" are the last thirty days, as in the system before (salon-gateway 8): a new month forgives nothing. */
export const QUOTA_WINDOW_DAYS = 30;

const MINUTE = 60_000;
const HOUR = 3_600_000;

/**
 * Decides whether a customer may cancel or move an appointment and what it costs. The narrowest policy that
 * has a rule for the action wins: staff over service over branch over company. Without one it is allowed and
 * free: no fee unless configured (ADR-005). Instants are compared, so a night of DST changes nothing, and
 * exactly at the limit is allowed. Whether the appointment can be changed at all (cancelled, under way, over)
 * is not asked here.
 */
export function decide(input: PolicyInput): PolicyDecision {
  const { action, appointment, now, usage } = input;
  const applied = narrowest(input.policies, appointment, (policy) => policy[action]);
  const leftMs = appointment.start.getTime() - now.getTime();
  const rule = applied?.value;
  const fee: Fee = rule?.fee ?? { kind: "none" };
  const snapshot: PolicySnapshot = {
    action,
    scope: applied?.scope ?? null,
    noticeMinutes: rule?.noticeMinutes ?? 0,
    max: rule ? maximum(rule) : null,
    fee,
    at: now.toISOString(),
    start: appointment.start.toISOString(),
    priceCents: appointment.priceCents,
    rescheduleCount: appointment.rescheduleCount,
    cancellationsInMonth: usage.cancellationsInMonth,
  };
  const feeCents = feeFor(fee, appointment.priceCents, leftMs);
  if (!rule) return { allowed: true, feeCents, policy: snapshot };

  if (leftMs < rule.noticeMinutes * MINUTE) {
    return {
      allowed: false,
      rule: "notice",
      requiredMinutes: rule.noticeMinutes,
      // Whole minutes: the old system read twelve decimals to the caller (salon-gateway 11.75).
      remainingMinutes: Math.max(0, Math.floor(leftMs / MINUTE)),
      feeCents,
      policy: snapshot,
    };
  }
  const used = action === "cancel" ? usage.cancellationsInMonth : appointment.rescheduleCount;
  if (snapshot.max !== null && used >= snapshot.max) {
    return {
      allowed: false,
      rule: action === "cancel" ? "quota" : "per_appointment",
      feeCents,
      policy: snapshot,
    };
  }
  return { allowed: true, feeCents, policy: snapshot };
}

/**
 * The rules of a policy as the database keeps them, which is as the tenant's document has them.
 *
 * @throws ZodError when they are not what the document's schema accepts.
 */
export function parsePolicyRules(json: unknown): Pick<Policy, "cancel" | "reschedule" | "rescheduleFirst"> {
  const rules: PolicyRulesDocument = policyRulesSchema.parse(json);
  return {
    cancel: rules.cancel
      ? {
          noticeMinutes: rules.cancel.noticeMinutes,
          maxPerCustomerPerMonth: rules.cancel.maxPerCustomerPerMonth,
          fee: feeOf(rules.cancel),
        }
      : null,
    reschedule: rules.reschedule
      ? {
          noticeMinutes: rules.reschedule.noticeMinutes,
          maxPerAppointment: rules.reschedule.maxPerAppointment,
          fee: feeOf(rules.reschedule),
        }
      : null,
    rescheduleFirst: rules.rescheduleFirst ?? null,
  };
}

/** Whether a caller who wants to cancel is offered to move first (FR-3); the narrowest policy that says so wins. */
export function offersRescheduleFirst(policies: readonly Policy[], subject: PolicySubject): boolean {
  return narrowest(policies, subject, (policy) => policy.rescheduleFirst)?.value ?? false;
}

const SCOPES: readonly { scope: PolicyScope; fits: (policy: Policy, subject: PolicySubject) => boolean }[] = [
  {
    scope: "staff",
    fits: (policy, subject) => policy.staffId !== null && policy.staffId === subject.staffId,
  },
  { scope: "service", fits: (policy, subject) => policy.serviceId === subject.serviceId },
  { scope: "branch", fits: (policy, subject) => policy.branchId === subject.branchId },
  {
    scope: "company",
    fits: (policy) => policy.staffId === null && policy.serviceId === null && policy.branchId === null,
  },
];

function narrowest<T>(
  policies: readonly Policy[],
  subject: PolicySubject,
  part: (policy: Policy) => T | null,
): { scope: PolicyScope; value: T } | null {
  for (const { scope, fits } of SCOPES) {
    for (const policy of policies) {
      const value = fits(policy, subject) ? part(policy) : null;
      if (value !== null) return { scope, value };
    }
  }
  return null;
}

function maximum(rule: CancelRule | RescheduleRule): number | null {
  return "maxPerAppointment" in rule ? rule.maxPerAppointment : rule.maxPerCustomerPerMonth;
}

function feeOf(rule: RuleDocument): Fee {
  if (rule.fee?.percent !== undefined) return { kind: "percent", percent: rule.fee.percent };
  if (rule.fee?.tiers !== undefined) return { kind: "tiers", tiers: rule.fee.tiers };
  return rule.feeCents ? { kind: "fixed", cents: rule.feeCents } : { kind: "none" };
}

function feeFor(fee: Fee, priceCents: number, leftMs: number): number {
  switch (fee.kind) {
    case "none":
      return 0;
    case "fixed":
      return fee.cents;
    case "percent":
      return percentOf(priceCents, fee.percent);
    case "tiers": {
      const reached = fee.tiers.filter((tier) => tier.minHours * HOUR <= leftMs);
      // After the start no tier is reached: then the last one is what it costs.
      if (reached.length === 0) return fee.tiers.find((tier) => tier.minHours === 0)?.cents ?? 0;
      return reached.reduce((best, tier) => (tier.minHours > best.minHours ? tier : best)).cents;
    }
  }
}

/** Half a cent rounds up; in whole numbers, because 0.5 is not what floating point makes of 20 % of it. */
function percentOf(cents: number, percent: number): number {
  const parts = BigInt(cents) * BigInt(Math.round(percent * 100));
  return Number((parts * 2n + 10_000n) / 20_000n);
}
