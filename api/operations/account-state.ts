import { keyHash } from "../../calcom/api.js";
import type { CalcomAccount, CalcomClient } from "../../calcom/client.js";
import { readBreakers, readBudget } from "../../db/calcom/budget-store.js";
import type { Database } from "../../db/client.js";
import type { BreakerState } from "../../domain/calcom/budget.js";

/** Breaker and budget of one API key. */
export interface AccountState {
  breaker: BreakerState;
  budget: { limit: number; remaining: number };
}

/** Of all processes the worst breaker, and the budget that they share; of a key never used, this process's view. */
export async function accountState(
  db: Database,
  calcom: Pick<CalcomClient, "state">,
  account: CalcomAccount,
): Promise<AccountState> {
  const key = keyHash(account);
  const here = calcom.state(account);
  const [{ worst }, budget] = await Promise.all([readBreakers(db.sql, key), readBudget(db.sql, key)]);
  return { breaker: worse(worst, here.breaker), budget: budget ?? here.budget };
}

function worse(a: BreakerState, b: BreakerState): BreakerState {
  if (a === "open" || b === "open") return "open";
  return a === "half_open" ? a : b;
}
