import { planForStaff } from "../booking/phases.js";
import { type Branch, type Catalogue, canDo, type Service, type StaffMember } from "../tenant/catalogue.js";

/** What Cal.com demands of an event type, as far as known. */
export interface EventTypeBounds {
  noticeMinutes: number;
  /** Days ahead; `null`: no such bound. */
  windowDays: number | null;
}

/** How soon and how far ahead a service can begin. */
export interface Limits {
  noticeMinutes: number;
  daysAhead: number;
}

const MINUTE_MS = 60_000;

/**
 * The larger of our notice and Cal.com's, the smaller of the two horizons (salon-gateway 11.29). Of several people
 * who could do it whoever demands least: that is what can be had.
 */
export function limitsOf(
  wanted: {
    catalogue: Catalogue;
    service: Service;
    branches: readonly Branch[];
    member: StaffMember | null;
  },
  bounds: ReadonlyMap<number, EventTypeBounds>,
): Limits {
  const { catalogue, service, branches, member } = wanted;
  const possible = branches.flatMap((branch) =>
    (member ? [member] : catalogue.staff).flatMap((one) => {
      const plan = canDo(one, service, branch)
        ? planForStaff(catalogue, service, branch, one, new Date(0))
        : null;
      if (!plan) return [];
      const limits: Limits = {
        noticeMinutes: service.minimumNoticeMinutes,
        daysAhead: service.maximumDaysAhead,
      };
      for (const phase of plan) {
        const bound = phase.calcomEventTypeId === null ? undefined : bounds.get(phase.calcomEventTypeId);
        if (!bound) continue;
        const later = Date.parse(phase.start) / MINUTE_MS;
        limits.noticeMinutes = Math.max(limits.noticeMinutes, bound.noticeMinutes - later);
        if (bound.windowDays !== null) limits.daysAhead = Math.min(limits.daysAhead, bound.windowDays);
      }
      return [limits];
    }),
  );
  if (possible.length === 0)
    return { noticeMinutes: service.minimumNoticeMinutes, daysAhead: service.maximumDaysAhead };
  return {
    noticeMinutes: Math.min(...possible.map((limits) => limits.noticeMinutes)),
    daysAhead: Math.max(...possible.map((limits) => limits.daysAhead)),
  };
}
