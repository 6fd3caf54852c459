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

interface ToOffer {
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
async function offer(context: ToolContext, toOffer: ToOffer): Promise<Offered[]> {
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

/** Callers who want the same at the same instant take it from each other. */
const ATTEMPTS = 5;

/**
 * Offers what is found, and looks once more where somebody else was quicker than the hold of all of it.
 *
 * @param find its `among` says from how many of the best the times are to be chosen, see `chosenAmong`
 * @returns `outrun`: something was free each time, and each time gone before it could be held
 */
export async function offerFound(
  context: ToolContext,
  find: (among: number) => Promise<readonly Opening[]>,
  toOffer: Omit<ToOffer, "openings">,
): Promise<{ offered: Offered[]; outrun: boolean }> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1 && Date.now() >= context.deadline) break;
    const openings = await find(attempt === 1 ? 1 : attempt * SPREAD);
    if (openings.length === 0) return { offered: [], outrun: false };
    const offered = await offer(context, { ...toOffer, openings });
    if (offered.length > 0) return { offered, outrun: false };
  }
  return { offered: [], outrun: true };
}

/** From the second attempt on: who was outrun with the best looks among so many times more. */
const SPREAD = 3;

/** The best; or, among more, some that follow each other: whoever was outrun does not run for the same once more. */
export function chosenAmong<T>(best: readonly T[], count: number): readonly T[] {
  const first = Math.floor(Math.random() * Math.max(1, best.length - count + 1));
  return best.slice(first, first + count);
}

/** Each start once: whoever has least to do comes first. */
export function oncePerStart(openings: readonly Opening[]): Opening[] {
  const byStart = new Map<number, Opening>();
  for (const opening of openings) {
    if (!byStart.has(opening.start.getTime())) byStart.set(opening.start.getTime(), opening);
  }
  return [...byStart.values()];
}
