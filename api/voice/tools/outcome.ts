import type { OfferRow } from "../../../db/voice/offers.js";
import type { Result } from "../../booking/offered.js";
import { refused, type ToolAnswer } from "../answer.js";
import type { ToolContext } from "../invocation.js";
import { CROWD, type Found, type Offered, offer as offerFree } from "../offering.js";

/** What can be had instead of a time that somebody else took, from a fresh question. */
export async function takenInstead(
  context: ToolContext,
  offer: OfferRow,
  moving?: {
    appointmentId: string;
    phases: readonly { calcomEventTypeId: number | null; calcomUid: string | null }[];
  },
): Promise<ToolAnswer> {
  // It was accepted, and came to nothing: it is not on its way any more.
  context.ifLate(null);
  const offered = await fresh(context, offer, moving);
  const say = context.deps.say.slotTaken({ now: context.now, offers: offered.map(({ spoken }) => spoken) });
  if (offered.length === 0) return refused("SLOT_TAKEN", say, "offer_callback");
  return refused("SLOT_TAKEN", say, "ask_choice", { offers: offered.map(({ view }) => view) });
}

/** More than two are not listened to (salon-gateway 5.4). */
const SPOKEN = 2;
/** A caller who has just lost a time must not wait for Cal.com as well. */
const LEAST_MS = 200;

async function fresh(
  context: ToolContext,
  offer: OfferRow,
  moving?: {
    appointmentId: string;
    phases: readonly { calcomEventTypeId: number | null; calcomUid: string | null }[];
  },
): Promise<Offered[]> {
  const { deps, catalogue, companyId, call, now } = context;
  const service = catalogue.services.find((candidate) => candidate.id === offer.serviceId);
  const branch = catalogue.branches.find((candidate) => candidate.id === offer.branchId);
  if (!service || !branch) return [];
  const staff = offer.staffWished
    ? (catalogue.staff.find((candidate) => candidate.id === offer.staffId) ?? null)
    : null;
  try {
    const query = {
      companyId,
      service,
      branch,
      staff,
      now,
      wished: offer.startAt,
      window: null,
      limit: SPOKEN * CROWD,
      lane: "live",
      ignoreOwners: moving ? [call.id, moving.appointmentId] : [call.id],
      ...(moving ? { moving } : {}),
    } as const;
    const find = async (): Promise<Found> => {
      const patienceMs = Math.max(LEAST_MS, context.deadline - Date.now() - LEAST_MS);
      const { alternatives } = await deps.availability.alternativesFor({ ...query, patienceMs });
      return { free: alternatives, choose: (left) => left.slice(0, SPOKEN) };
    };
    const own = moving ? [moving.appointmentId] : [];
    return (await offerFree(context, find, { service, wished: staff, own, as: "alternative" })).offered;
  } catch (error) {
    deps.log.warn(
      { error: error instanceof Error ? error.name : "unknown" },
      "no alternatives for a taken time",
    );
    return [];
  }
}

/** Refused after the time had been held: by the tenant's policy, or by Cal.com's own rules. */
export function refusedByRules(
  context: ToolContext,
  result: Result & { result: "refused" },
  action: "cancel" | "reschedule" | "book" = "book",
): ToolAnswer {
  context.ifLate(null);
  const { say } = context.deps;
  const { problem, refusal } = result;
  if (refusal?.problem === "policy" && action !== "book") {
    return refused("POLICY", say.policy({ ...refusal, action }), "offer_callback");
  }
  switch (problem) {
    case "not-changeable":
      return refused("POLICY", say.notChangeable(), "offer_callback");
    case "in-past":
      return refused("IN_PAST", say.inPast(), "ask_date");
    case "too-soon":
      return refused(
        "TOO_SOON",
        say.tooSoon({ now: context.now, leadMinutes: 0, earliest: null }),
        "ask_date",
      );
    case "too-far":
      return refused("TOO_FAR", say.tooFar({ daysAhead: null }), "ask_date");
    default:
      return refused("TEMPORARY", say.temporary({ callback: false }), "offer_callback");
  }
}
