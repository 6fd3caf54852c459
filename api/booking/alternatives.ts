import type { Availability } from "../../activities/availability/availability.js";
import { type SlotView, slotView } from "../availability/slot-view.js";
import type { Wish } from "./intake.js";

export interface Alternatives {
  /** Up to three free starts in place of the wish, by time; empty when Cal.com does not answer in time. */
  near(wish: Wish, moving?: Moving): Promise<SlotView[]>;
}

/** The appointment that is being moved; it does not block itself. */
export interface Moving {
  appointmentId: string;
  phases: readonly { calcomEventTypeId: number | null; calcomUid: string | null }[];
}

const COUNT = 3;
/** A refusal must not wait for a slow Cal.com. */
const PATIENCE_MS = 2_500;

export function createAlternatives(availability: Pick<Availability, "alternativesFor">): Alternatives {
  const underWay = new Map<string, Promise<SlotView[]>>();
  const search = async ({ catalogue, service, branch, member, start }: Wish, moving?: Moving) => {
    try {
      const { alternatives } = await availability.alternativesFor({
        companyId: catalogue.company.id,
        service,
        branch,
        staff: member,
        now: new Date(),
        wished: start,
        window: null,
        limit: COUNT,
        patienceMs: PATIENCE_MS,
        ...(moving ? { ignoreOwners: [moving.appointmentId], moving } : {}),
      });
      return alternatives
        .sort((a, b) => a.start.getTime() - b.start.getTime())
        .map((alternative) => slotView(alternative, false));
    } catch {
      // The refusal is what counts; without Cal.com nothing can be promised instead.
      return [];
    }
  };
  return {
    // Fifty who are refused one slot at once share one answer.
    async near(wish, moving) {
      const { catalogue, service, branch, member, start } = wish;
      const key = [
        catalogue.company.id,
        service.id,
        branch.id,
        member?.id,
        start.getTime(),
        moving?.appointmentId,
      ].join("|");
      const searching = underWay.get(key) ?? search(wish, moving).finally(() => underWay.delete(key));
      underWay.set(key, searching);
      return await searching;
    },
  };
}
