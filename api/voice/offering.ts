import { holdOffers, type NewOffer } from "../../db/voice/offers.js";
import type { Opening } from "../../domain/availability/openings.js";
import { offerLabel } from "../../domain/speech/label.js";
import type { SpokenSlot } from "../../domain/speech/said.js";
import { calcomChoosesHost, type Service, type StaffMember } from "../../domain/tenant/catalogue.js";
import { isoInZone } from "../../domain/time/instant.js";
import { calledName } from "../../domain/voice/staff-match.js";
import type { OfferView } from "./answer.js";
import type { ToolContext } from "./invocation.js";
import { newOfferId } from "./references.js";

/** What can be said and what can be booked of the same free time. */
export interface Offered {
  view: OfferView;
  spoken: SpokenSlot;
}

export interface ToOffer {
  service: Service;
  /** Best first; the first of them is kept longest. */
  openings: readonly Opening[];
  /** Asked for by name: then it is said and no other host is accepted. */
  wished: StaffMember | null;
  /** The caller's own appointments, whose chairs need no hold. */
  own: readonly string[];
}

/**
 * Keeps the chairs and gives each time a name. What somebody else took between question and hold is not offered.
 * The offer stays good as long as the wish is held; an alternative gives its chair back sooner, and then the
 * commit decides (salon-gateway 11.88).
 */
export async function offer(context: ToolContext, toOffer: ToOffer): Promise<Offered[]> {
  const { deps, companyId, call, catalogue } = context;
  const { service, wished } = toOffer;
  const offers = toOffer.openings.map(
    (opening, index): NewOffer => ({
      id: newOfferId(),
      serviceId: service.id,
      branchId: opening.branch.id,
      staffId: opening.staff.id,
      staffWished: wished !== null,
      start: opening.start,
      end: opening.end,
      timeZone: opening.branch.timeZone,
      phases: opening.phases,
      priceCents: service.priceCents,
      bufferAfterMinutes: service.bufferAfterMinutes,
      kind: index === 0 ? "wish" : "alternative",
      validMs: deps.holds.wishMs,
      holdMs: index === 0 ? deps.holds.wishMs : Math.min(deps.holds.alternativeMs, deps.holds.wishMs),
    }),
  );
  if (offers.length === 0) return [];
  const held = await holdOffers(deps.db, companyId, call.id, offers, toOffer.own);
  return toOffer.openings.flatMap((opening, index) => {
    const id = offers[index]?.id;
    if (id === undefined || !held.has(id)) return [];
    const open = wished === null && calcomChoosesHost(catalogue, opening.phases);
    const staff = open ? null : calledName(opening.staff, catalogue.staff);
    const zone = opening.branch.timeZone;
    return [
      {
        view: {
          offer_id: id,
          start: isoInZone(opening.start, zone),
          end: isoInZone(opening.end, zone),
          staff: open ? "" : opening.staff.name,
          label: offerLabel({ start: opening.start, zone, staff }),
        },
        spoken: { start: opening.start, zone, staff: wished === null ? null : staff },
      },
    ];
  });
}

/** Each start once: whoever has least to do comes first. */
export function oncePerStart(openings: readonly Opening[]): Opening[] {
  const byStart = new Map<number, Opening>();
  for (const opening of openings) {
    if (!byStart.has(opening.start.getTime())) byStart.set(opening.start.getTime(), opening);
  }
  return [...byStart.values()];
}
