import { describe, expect, it } from "vitest";
import {
  decide,
  type Fee,
  type Policy,
  type PolicyAction,
  type PolicyInput,
  parsePolicyRules,
} from "./policy.js";

const NONE: Fee = { kind: "none" };
const start = new Date("2026-12-03T13:00:00Z");
const minutesBefore = (minutes: number) => new Date(start.getTime() - minutes * 60_000);

function policy(changes: Partial<Policy>): Policy {
  return {
    branchId: null,
    serviceId: null,
    staffId: null,
    cancel: { noticeMinutes: 0, maxPerCustomerPerMonth: null, fee: NONE },
    reschedule: { noticeMinutes: 0, maxPerAppointment: null, fee: NONE },
    rescheduleFirst: null,
    ...changes,
  };
}

const cancelWith = (noticeMinutes: number, fee: Fee = NONE, max: number | null = null): Partial<Policy> => ({
  cancel: { noticeMinutes, maxPerCustomerPerMonth: max, fee },
});

function ask(
  action: PolicyAction,
  policies: Policy[],
  now: Date,
  changes: Partial<PolicyInput["appointment"]> = {},
  cancellationsInMonth = 0,
) {
  return decide({
    action,
    policies,
    appointment: {
      branchId: "branch",
      serviceId: "service",
      staffId: "emma",
      start,
      end: new Date(start.getTime() + 1_800_000),
      priceCents: 2500,
      rescheduleCount: 0,
      ...changes,
    },
    now,
    usage: { cancellationsInMonth },
  });
}

describe("policy", () => {
  it("allows everything free of charge when no policy is configured.", () => {
    expect(ask("cancel", [], minutesBefore(1))).toMatchObject({ allowed: true, feeCents: 0 });
  });

  it("allows exactly at the limit and refuses a millisecond later.", () => {
    const day = [policy(cancelWith(1440))];
    expect(ask("cancel", day, minutesBefore(1440)).allowed).toBe(true);
    expect(ask("cancel", day, new Date(minutesBefore(1440).getTime() + 1))).toMatchObject({
      allowed: false,
      rule: "notice",
      requiredMinutes: 1440,
      remainingMinutes: 1439,
    });
  });

  it("lets the narrowest policy win, whatever order they stand in.", () => {
    const all = [
      policy(cancelWith(10)),
      policy({ branchId: "branch", ...cancelWith(20) }),
      policy({ serviceId: "service", ...cancelWith(30) }),
      policy({ staffId: "emma", ...cancelWith(40) }),
      policy({ staffId: "fabian", ...cancelWith(50) }),
    ];
    for (const policies of [all, all.toReversed()]) {
      expect(ask("cancel", policies, minutesBefore(100)).policy).toMatchObject({
        scope: "staff",
        noticeMinutes: 40,
      });
      expect(ask("cancel", policies, minutesBefore(100), { staffId: null }).policy.scope).toBe("service");
      expect(
        ask("cancel", policies, minutesBefore(100), { staffId: null, serviceId: "x" }).policy.scope,
      ).toBe("branch");
      expect(
        ask("cancel", policies, minutesBefore(100), { staffId: null, serviceId: "x", branchId: "x" }).policy,
      ).toMatchObject({ scope: "company", noticeMinutes: 10 });
    }
  });

  it("falls back to the wider policy for an action on which the narrower is silent.", () => {
    const policies = [policy(cancelWith(60)), policy({ staffId: "emma", cancel: null })];
    expect(ask("cancel", policies, minutesBefore(59))).toMatchObject({
      allowed: false,
      policy: { scope: "company" },
    });
    expect(ask("reschedule", policies, minutesBefore(59)).policy.scope).toBe("staff");
  });

  it("counts the hours of a night in which the clock changes by instants.", () => {
    // 2026-10-25: from 13:00 CEST on Saturday to 13:00 CET on Sunday there are 25 hours.
    const sunday = new Date("2026-10-25T13:00:00+01:00");
    const saturday = new Date("2026-10-24T13:00:00+02:00");
    const rule = [policy(cancelWith(25 * 60))];
    expect(ask("cancel", rule, saturday, { start: sunday }).allowed).toBe(true);
    expect(ask("cancel", [policy(cancelWith(25 * 60 + 1))], saturday, { start: sunday }).allowed).toBe(false);
  });

  it("refuses a cancellation beyond the customer's quota and a reschedule beyond the appointment's.", () => {
    const quota = [policy(cancelWith(0, NONE, 2))];
    expect(ask("cancel", quota, minutesBefore(60), {}, 1).allowed).toBe(true);
    expect(ask("cancel", quota, minutesBefore(60), {}, 2)).toMatchObject({ allowed: false, rule: "quota" });
    const moves = [policy({ reschedule: { noticeMinutes: 0, maxPerAppointment: 3, fee: NONE } })];
    expect(ask("reschedule", moves, minutesBefore(60), { rescheduleCount: 2 }).allowed).toBe(true);
    expect(ask("reschedule", moves, minutesBefore(60), { rescheduleCount: 3 })).toMatchObject({
      allowed: false,
      rule: "per_appointment",
    });
  });

  it("rounds half a cent of a percentage up.", () => {
    const fee = (percent: number, priceCents: number) =>
      ask("cancel", [policy(cancelWith(0, { kind: "percent", percent }))], minutesBefore(60), { priceCents })
        .feeCents;
    expect(fee(20, 2500)).toBe(500);
    expect(fee(50, 1)).toBe(1);
    expect(fee(12.5, 1020)).toBe(128);
    expect(fee(49, 1)).toBe(0);
    expect(fee(1.15, 1000)).toBe(12);
    expect(fee(100, 2_147_483_647)).toBe(2_147_483_647);
  });

  it("takes the highest tier that the hours left still reach.", () => {
    const fee: Fee = {
      kind: "tiers",
      tiers: [
        { minHours: 0, cents: 1500 },
        { minHours: 48, cents: 0 },
        { minHours: 24, cents: 1000 },
      ],
    };
    const cost = (minutes: number) =>
      ask("cancel", [policy(cancelWith(0, fee))], minutesBefore(minutes)).feeCents;
    expect([cost(48 * 60), cost(48 * 60 - 1), cost(24 * 60), cost(24 * 60 - 1), cost(0)]).toEqual([
      0, 1000, 1000, 1500, 1500,
    ]);
  });

  it("says in a refusal what it would have cost and keeps what was applied.", () => {
    const decision = ask(
      "cancel",
      [policy(cancelWith(120, { kind: "fixed", cents: 900 }))],
      minutesBefore(30),
    );
    expect(decision).toMatchObject({
      allowed: false,
      feeCents: 900,
      remainingMinutes: 30,
      policy: { action: "cancel", fee: { kind: "fixed", cents: 900 }, start: "2026-12-03T13:00:00.000Z" },
    });
  });

  it("never says that a negative time remains.", () => {
    expect(ask("cancel", [policy({})], new Date(start.getTime() + 1))).toMatchObject({
      allowed: false,
      rule: "notice",
      remainingMinutes: 0,
    });
  });

  it("reads the rules as the document has them.", () => {
    expect(
      parsePolicyRules({
        cancel: { noticeMinutes: 60, maxPerCustomerPerMonth: 2, fee: { percent: 20 } },
        reschedule: { feeCents: 500 },
      }),
    ).toEqual({
      cancel: { noticeMinutes: 60, maxPerCustomerPerMonth: 2, fee: { kind: "percent", percent: 20 } },
      reschedule: { noticeMinutes: 0, maxPerAppointment: null, fee: { kind: "fixed", cents: 500 } },
      rescheduleFirst: null,
    });
    expect(() => parsePolicyRules({ cancel: { feeCents: 1, fee: { percent: 1 } } })).toThrow();
    expect(() => parsePolicyRules({ cancel: { fee: { tiers: [{ minHours: 24, cents: 0 }] } } })).toThrow();
    expect(() => parsePolicyRules({ cancel: { notice: 5 } })).toThrow();
  });
});
