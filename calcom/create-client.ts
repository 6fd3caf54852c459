import type { BudgetStore } from "../domain/calcom/budget.js";
import { accountCalls, webhookRegistry } from "./account-calls.js";
import { createApi, keyHash } from "./api.js";
import { bookingCalls } from "./booking-calls.js";
import { type BreakerChange, createBreakers } from "./breaker.js";
import type { CalcomClient } from "./client.js";
import { eventTypeCalls, eventTypeRegistry } from "./event-types.js";
import { createTransport } from "./http.js";
import { createTokenDesk, type Log } from "./lease.js";
import { slots } from "./slots.js";
import { type ApiVersions, versionsWith } from "./versions.js";

/** What {@link createCalcomClient} needs. */
export interface CalcomClientDeps {
  budget: BudgetStore;
  /** `writeMs` for making and moving a booking, at least as long as Cal.com's own limit; `readMs` for the rest. */
  timeouts: { writeMs: number; readMs: number };
  breaker: { openMs: number };
  /** Until Cal.com announces its own limit, of which then five sixths are used. */
  requestsPerMinute: number;
  versions?: Partial<ApiVersions>;
  /** Called once per change; what it throws is logged. */
  onBreakerChange?: (change: BreakerChange) => void;
  log?: Log;
}

/** One client for all companies of a process: connections, budgets and breakers are kept apart by key. */
export function createCalcomClient(deps: CalcomClientDeps): CalcomClient & { close(): Promise<void> } {
  const http = createTransport();
  const breakers = createBreakers(deps.breaker.openMs, (change) => {
    try {
      deps.onBreakerChange?.(change);
    } catch (error) {
      // who watches must not change how a call ends
      deps.log?.warn(
        { cause: error instanceof Error ? error.name : "unknown" },
        "a breaker's change was not recorded",
      );
    }
  });
  const desk = createTokenDesk(deps.budget, deps.requestsPerMinute, deps.log);
  const versions = versionsWith(deps.versions);
  const api = createApi({ http, breakers, desk, versions, timeouts: deps.timeouts, log: deps.log });
  return {
    ...bookingCalls(api, deps.log),
    ...eventTypeCalls(api),
    ...accountCalls(api),
    webhooks: webhookRegistry(api),
    eventTypes: eventTypeRegistry(api),
    slots: (a, q, o) => slots(api, a, q, o),
    state: (a) => {
      const key = keyHash(a);
      return { breaker: breakers.state(key), budget: desk.budget(key) };
    },
    close: async () => {
      await http.close();
      await desk.close();
    },
  };
}
