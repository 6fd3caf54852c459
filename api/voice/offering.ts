import { holdOffers } from "../../db/voice/offers.js";
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
  /** Asked for by name: then it is said and no other host is accepted. */
  wished: StaffMember | null;
  /** The caller's own appointments, whose chairs need no hold. */
  own: readonly string[];
  /**
   * `wish`: the best is what was asked for, and is kept as long as the offer is good. An alternative gives its chair
   * back sooner, and then the commit decides (salon-gateway 11.88).
   */
  as: "wish" | "alternative";
}

/** What is free; `choose` takes at most three of it, best first. */
export interface Found {
  free: readonly Opening[];
  choose(free: readonly Opening[]): readonly Opening[];
}

/** So many callers who want the same at the same instant find something each, before any of them has to look again. */
export const CROWD = 10;
/** Somebody else may take all that was found before it is held. */
const ATTEMPTS = 4;

/**
 * Keeps the chairs and gives each time a name. What somebody else took between question and hold is not offered;
 * where that is all of it, the calendar is read once more.
 *
 * @returns `outrun`: something was free each time, and each time gone before it could be held
 */
export async function offer(
  context: ToolContext,
  find: () => Promise<Found>,
  toOffer: ToOffer,
): Promise<{ offered: Offered[]; outrun: boolean }> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1 && Date.now() >= context.deadline) break;
    const found = await find();
    if (found.free.length === 0) return { offered: [], outrun: false };
    const offered = await hold(context, found, toOffer);
    if (offered.length > 0) return { offered, outrun: false };
  }
  return { offered: [], outrun: true };
}

async function hold(context: ToolContext, { free, choose }: Found, toOffer: ToOffer): Promise<Offered[]> {
  const { deps, companyId, call, catalogue } = context;
  const { service, wished, own } = toOffer;
  const { wishMs } = deps.holds;
  const alternativeMs = Math.min(deps.holds.alternativeMs, wishMs);
  const held = await holdOffers(deps.db, {
    companyId,
    callId: call.id,
    own,
    bufferAfterMinutes: service.bufferAfterMinutes,
    free,
    choose,
    offerOf: (opening, index) => {
      const kind = index === 0 ? toOffer.as : "alternative";
      return {
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
        kind,
        validMs: wishMs,
        holdMs: kind === "wish" ? wishMs : alternativeMs,
      };
    },
  });
  return held.map(({ chosen: opening, offer: { id } }) => {
    const open = wished === null && calcomChoosesHost(catalogue, opening.phases);
    const staff = open ? null : calledName(opening.staff, catalogue.staff);
    const zone = opening.branch.timeZone;
    return {
      view: {
        offer_id: id,
        start: isoInZone(opening.start, zone),
        end: isoInZone(opening.end, zone),
        staff: open ? "" : opening.staff.name,
        label: offerLabel({ start: opening.start, zone, staff }),
      },
      spoken: { start: opening.start, zone, staff: wished === null ? null : staff },
    };
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
