import type { Play } from "../play.js";
import { ACCEPTANCE } from "./acceptance.js";
import { CALLERS } from "./callers.js";
import { REMOTE_FAULTS } from "./remote-faults.js";

export const PLAYS: readonly Play[] = [...ACCEPTANCE, ...REMOTE_FAULTS, ...CALLERS];

/** Faults of salon-gateway 13.2 that no caller meets: what holds instead, and where it is tested. */
export const ELSEWHERE: Readonly<Record<number, string>> = {
  14: "a person cancels one segment: test/integration/booking-segments.test.ts",
  15: "the host is reassigned: test/integration/booking-webhooks.test.ts",
  17: "nights in which the clock changes: domain/german-time/, test/integration/time.test.ts",
  22: "two tenants name one event type: test/integration/tenant.test.ts",
};
