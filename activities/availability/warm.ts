import type { CalcomClient } from "../../calcom/client.js";
import { popularServices } from "../../db/availability/popular.js";
import { eventTypesOf } from "../../domain/availability/openings.js";
import type { Service } from "../../domain/tenant/catalogue.js";
import type { Availability } from "./availability.js";
import type { SearchDeps } from "./search.js";

const DAY_MS = 86_400_000;
/** Of a budget of a hundred a minute: a call that only asks for the opening hours must not starve the next one. */
const MOST_EVENT_TYPES = 12;
const MOST_SERVICES = 6;
/** Nothing is fetched ahead when less than this share of the budget is left. */
const BUDGET_SHARE = 0.5;
const PATIENCE_MS = 5_000;

/** The warming half of {@link Availability}. */
export function createWarmer(
  deps: SearchDeps & {
    calcom: Pick<CalcomClient, "state">;
    log: { warn(fields: Record<string, unknown>, message: string): void };
  },
): Availability["warm"] {
  const fetchAhead = async (companyId: string, branchId: string | null, days: number) => {
    const [catalogue, account] = await Promise.all([
      deps.directory.catalogue(companyId),
      deps.directory.calcomAccount(companyId),
    ]);
    const { breaker, budget } = deps.calcom.state(account);
    if (breaker !== "closed" || budget.remaining < budget.limit * BUDGET_SHARE) return;
    const branches = catalogue.branches.filter((branch) => branchId === null || branch.id === branchId);
    const popular = await popularServices(deps.db, companyId, branchId, MOST_SERVICES);
    const rank = (service: Service) => {
      const index = popular.indexOf(service.id);
      return index === -1 ? popular.length : index;
    };
    const services = [...catalogue.services].sort((a, b) => rank(a) - rank(b));
    const eventTypeIds: number[] = [];
    for (const service of services.slice(0, MOST_SERVICES)) {
      const ids = eventTypesOf({ catalogue, service, branches, member: null });
      // All or none: one phase of several says nothing about the service.
      const missing = ids.filter((id) => !eventTypeIds.includes(id));
      if (eventTypeIds.length + missing.length <= MOST_EVENT_TYPES) eventTypeIds.push(...missing);
    }
    deps.eventTypes.of(account);
    if (eventTypeIds.length === 0) return;
    const from = new Date();
    await deps.slots.read({
      account,
      eventTypes: eventTypeIds.map((id) => ({ id, minutes: null, movedUid: null })),
      from,
      to: new Date(from.getTime() + days * DAY_MS),
      timeZone: catalogue.company.timeZone,
      // A person is on the phone and will ask for just this.
      lane: "live",
      patienceMs: PATIENCE_MS,
    });
  };
  return async (companyId, branchId, days) => {
    try {
      await fetchAhead(companyId, branchId, days);
    } catch (error) {
      deps.log.warn(
        { companyId, error: error instanceof Error ? error.name : "unknown" },
        "the coming days could not be fetched ahead",
      );
    }
  };
}
