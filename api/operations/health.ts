import proto from "@temporalio/proto";
import { keyHash } from "../../calcom/api.js";
import type { CalcomAccount } from "../../calcom/client.js";
import { CalcomError } from "../../calcom/errors.js";
import { listCompanies } from "../../db/tenant/companies.js";
import { UnknownCompanyError } from "../../db/tenant/directory.js";
import { SealedSecretError } from "../../db/tenant/secrets.js";
import { accountState } from "./account-state.js";
import type { OperationsDeps } from "./dependencies.js";
import type { AccountHealth, CalcomHealth, Ready } from "./schemas.js";

const CHECK_MS = 1_000;
const READY_CACHED_MS = 1_000;
const CALCOM_CACHED_MS = 30_000;
const CALCOM_TIMEOUT_MS = 5_000;
/** An idle worker asks again at least once a minute; whoever has not for longer is gone. */
const POLLER_FRESH_MS = 90_000;
const ACCOUNTS_AT_ONCE = 8;

/** The state of what we stand on. Asked by machines every second, so that answers are shared for a moment. */
export interface Health {
  ready(): Promise<Ready>;
  calcom(): Promise<CalcomHealth>;
}

/** The checks of one process; what was found is shared by all who ask within the cache's time. */
export function createHealth(deps: OperationsDeps): Health {
  return {
    ready: remembered(READY_CACHED_MS, () => ready(deps)),
    calcom: remembered(CALCOM_CACHED_MS, () => calcom(deps)),
  };
}

/** One answer for all who ask within `ms`, also for those who ask while it is being found. */
function remembered<T>(ms: number, find: () => Promise<T>): () => Promise<T> {
  let last: { at: number; found: Promise<T> } | null = null;
  return () => {
    if (last && Date.now() - last.at < ms) return last.found;
    const found = find();
    const mine = { at: Number.POSITIVE_INFINITY, found };
    last = mine;
    const done = () => {
      mine.at = Date.now();
    };
    found.then(done, () => {
      if (last === mine) last = null;
    });
    return found;
  };
}

type Check = { status: "ok" } | { status: "unavailable"; detail: string };

async function ready(deps: OperationsDeps): Promise<Ready> {
  const { client, namespace, taskQueue } = deps.temporal;
  const [database, temporal, worker] = await Promise.all([
    checked("the database does not answer", async () => {
      await deps.db.sql`SELECT 1`;
      return true;
    }),
    checked("Temporal does not answer", async () => {
      await client.withDeadline(Date.now() + CHECK_MS, () => client.workflowService.getSystemInfo({}));
      return true;
    }),
    checked("no worker polls for bookings", async () => {
      const { pollers } = await client.withDeadline(Date.now() + CHECK_MS, () =>
        client.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: taskQueue },
          taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        }),
      );
      return pollers.some(({ lastAccessTime }) => {
        const at = Number(lastAccessTime?.seconds ?? 0) * 1_000;
        return Date.now() - at < POLLER_FRESH_MS;
      });
    }),
  ]);
  const checks = { database, temporal, worker };
  const ok = Object.values(checks).every((check) => check.status === "ok");
  return { status: ok ? "ok" : "unavailable", checks };
}

async function checked(failing: string, check: () => Promise<boolean>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_MS);
  });
  try {
    const fine = await Promise.race([check(), late]);
    return fine ? { status: "ok" } : { status: "unavailable", detail: failing };
  } catch {
    return { status: "unavailable", detail: failing };
  } finally {
    clearTimeout(timer);
  }
}

async function calcom(deps: OperationsDeps): Promise<CalcomHealth> {
  const { baseUrl, apiKey } = deps.installation;
  const asked = new Map<string, Promise<AccountHealth>>();
  // Companies that share a key share the question.
  const ask = (account: CalcomAccount) => {
    const key = account.apiKey === "" ? `none:${account.baseUrl}` : keyHash(account);
    const answer = asked.get(key) ?? askAccount(deps, account);
    asked.set(key, answer);
    return answer;
  };
  const ofCompany = async (companyId: string) => {
    const account = await deps.directory.calcomAccount(companyId).catch((error: unknown) => {
      // One company's unreadable secret must not hide the state of all others.
      if (error instanceof SealedSecretError || error instanceof UnknownCompanyError) return null;
      throw error;
    });
    return account === null ? NO_ACCOUNT : await ask(account);
  };
  const installation = await ask({ companyId: "", baseUrl, apiKey, teamId: null });
  const active = (await listCompanies(deps.db)).filter((company) => company.active);
  const companies: CalcomHealth["companies"] = [];
  for (let first = 0; first < active.length; first += ACCOUNTS_AT_ONCE) {
    const some = active.slice(first, first + ACCOUNTS_AT_ONCE);
    companies.push(
      ...(await Promise.all(some.map(async ({ id, slug }) => ({ slug, ...(await ofCompany(id)) })))),
    );
  }
  // Without a key of the installation's own, the companies' accounts are all there is.
  const decisive = installation.status === "not_configured" ? companies : [installation];
  const ok = decisive.length === 0 || decisive.some((account) => account.status === "ok");
  return {
    status: ok ? "ok" : "unavailable",
    checkedAt: new Date().toISOString(),
    checks: { installation },
    companies,
  };
}

async function askAccount(deps: OperationsDeps, account: CalcomAccount): Promise<AccountHealth> {
  const verdict = account.apiKey === "" ? NO_KEY : await tryKey(deps, account);
  return { ...verdict, ...(await accountState(deps.db, deps.calcom, account)) };
}

type Verdict = Pick<AccountHealth, "status" | "reachable" | "keyValid">;
const NO_KEY: Verdict = { status: "not_configured", reachable: null, keyValid: null };

const NO_ACCOUNT: AccountHealth = {
  status: "unavailable",
  reachable: null,
  keyValid: null,
  breaker: "closed",
  budget: { limit: 0, remaining: 0 },
};

/** `/me` is the cheapest check of a key (calcom.md 1.11). */
async function tryKey(deps: OperationsDeps, account: CalcomAccount): Promise<Verdict> {
  try {
    await deps.calcom.me(account, { lane: "background", timeoutMs: CALCOM_TIMEOUT_MS });
    return { status: "ok", reachable: true, keyValid: true };
  } catch (error) {
    if (!(error instanceof CalcomError)) throw error;
    switch (error.kind) {
      case "unauthorized":
        return { status: "unavailable", reachable: true, keyValid: false };
      case "forbidden":
        return { status: "ok", reachable: true, keyValid: true };
      case "rate_limited":
        return { status: "unavailable", reachable: true, keyValid: null };
      case "budget_exhausted":
        return { status: "unavailable", reachable: null, keyValid: null };
      default:
        return { status: "unavailable", reachable: false, keyValid: null };
    }
  }
}
