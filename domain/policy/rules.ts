import { z } from "zod";

/** The largest amount that fits a Postgres integer. */
const MAX_CENTS = 2_147_483_647;
/** Ten years: far beyond any notice, and small enough for exact sums of milliseconds. */
const MAX_NOTICE_MINUTES = 5_256_000;

export const centsSchema = z.int().min(0).max(MAX_CENTS);

// Two decimals, so that the fee can be computed in whole numbers.
const percentSchema = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-9, "at most two decimals");

const tiersSchema = z
  .array(z.strictObject({ minHours: z.number().min(0).max(87_600), cents: centsSchema }))
  .min(1)
  .superRefine((tiers, context) => {
    const seen = new Set<number>();
    tiers.forEach((tier, index) => {
      if (seen.has(tier.minHours)) {
        context.addIssue({ code: "custom", path: [index, "minHours"], message: "two tiers begin here" });
      }
      seen.add(tier.minHours);
    });
    // Without it nobody could say what the last hours cost.
    if (!seen.has(0)) context.addIssue({ code: "custom", message: "one tier must have minHours 0" });
  });

// One object with both, not a union: a union would hide which number of which tier is wrong.
const feeSchema = z
  .strictObject({ percent: percentSchema.optional(), tiers: tiersSchema.optional() })
  .superRefine((fee, context) => {
    if ((fee.percent === undefined) === (fee.tiers === undefined)) {
      context.addIssue({ code: "custom", message: "give either percent or tiers" });
    }
  });

const noticeMinutes = z.int().min(0).max(MAX_NOTICE_MINUTES).default(0);
const limit = z.int().min(0).max(1000).nullable().default(null);
const feeFields = { feeCents: centsSchema.optional(), fee: feeSchema.optional() };

function feeOnce(rule: { feeCents?: unknown; fee?: unknown }, context: z.RefinementCtx): void {
  if (rule.feeCents !== undefined && rule.fee !== undefined) {
    context.addIssue({ code: "custom", path: ["fee"], message: "give either feeCents or fee, not both" });
  }
}

/** `cancel` of a policy, as the tenant's document has it (contract.md 7). */
export const cancelRuleSchema = z
  .strictObject({ noticeMinutes, maxPerCustomerPerMonth: limit, ...feeFields })
  .superRefine(feeOnce);

/** `reschedule` of a policy, as the tenant's document has it (contract.md 7). */
export const rescheduleRuleSchema = z
  .strictObject({ noticeMinutes, maxPerAppointment: limit, ...feeFields })
  .superRefine(feeOnce);

/** What a policy says, without whom it is for. A rule that is left out is that of the next wider policy. */
export const policyRulesSchema = z.strictObject({
  cancel: cancelRuleSchema.optional(),
  reschedule: rescheduleRuleSchema.optional(),
  rescheduleFirst: z.boolean().optional(),
});

export type RuleDocument = z.output<typeof cancelRuleSchema> | z.output<typeof rescheduleRuleSchema>;
export type PolicyRulesDocument = z.output<typeof policyRulesSchema>;
