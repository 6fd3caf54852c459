import { type FreeSlot, type FreeSlotQuery, freeSlots } from "../../activities/availability/free-slots.js";
import type { CalcomClient } from "../../calcom/client.js";
import type { Database } from "../../db/client.js";
import type { Directory } from "../../db/tenant/directory.js";
import { isoInZone } from "../../domain/time/instant.js";
import type { Wish } from "./intake.js";

/** A time that can be booked as it is. */
export interface Alternative {
  start: string;
  end: string;
  staff: { slug: string; name: string };
  phases: { key: string; start: string; end: string; staff: string | null }[];
}

export interface Alternatives {
  /** Up to three free starts nearest to the wish; empty when Cal.com does not answer in time. */
  near(wish: Wish, moving?: { appointmentId: string; uid: string | null }): Promise<Alternative[]>;
}

const DAY_MS = 86_400_000;
const COUNT = 3;
/** A refusal must not wait for a slow Cal.com. */
const PATIENCE_MS = 1_500;
/** Fifty callers who are refused the same slot at once share one question. */
const SHARED_MS = 2_000;

export function createAlternatives(deps: {
  db: Database;
  calcom: CalcomClient;
  directory: Directory;
}): Alternatives {
  const shared = new Map<string, Promise<FreeSlot[]>>();
  const search = async (key: string, companyId: string, query: FreeSlotQuery): Promise<FreeSlot[]> => {
    const known = shared.get(key);
    if (known) return await known;
    const asked = deps.directory
      .calcomAccount(companyId)
      .then((account) => freeSlots({ db: deps.db, calcom: deps.calcom, account }, query));
    shared.set(key, asked);
    setTimeout(() => shared.delete(key), SHARED_MS).unref();
    return await asked;
  };
  return {
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
      const query: FreeSlotQuery = {
        catalogue,
        service,
        branch,
        member,
        from: new Date(start.getTime() - 3 * DAY_MS),
        to: new Date(start.getTime() + 7 * DAY_MS),
        now: new Date(),
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(moving ? { ignoreOwner: moving.appointmentId } : {}),
        ...(moving?.uid ? { bookingUidToReschedule: moving.uid } : {}),
      };
      try {
        const free = await search(key, catalogue.company.id, query);
        return nearest(free, start).map((slot) => ({
          start: isoInZone(slot.start, branch.timeZone),
          end: isoInZone(slot.end, branch.timeZone),
          staff: { slug: slot.member.slug, name: slot.member.name },
          phases: slot.phases.map((phase) => ({
            key: phase.key,
            start: isoInZone(new Date(phase.start), branch.timeZone),
            end: isoInZone(new Date(phase.end), branch.timeZone),
            staff: phase.staffRequired ? slot.member.slug : null,
          })),
        }));
      } catch {
        // The refusal is what counts; without Cal.com nothing can be promised instead.
        return [];
      }
    },
  };
}

/** One per start, nearest to the wish, never the refused time itself, in order of time. */
function nearest(free: readonly FreeSlot[], wished: Date): FreeSlot[] {
  const byStart = new Map<number, FreeSlot>();
  for (const slot of free) {
    const at = slot.start.getTime();
    if (at !== wished.getTime() && !byStart.has(at)) byStart.set(at, slot);
  }
  const distance = (slot: FreeSlot) => Math.abs(slot.start.getTime() - wished.getTime());
  return [...byStart.values()]
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, COUNT)
    .sort((a, b) => a.start.getTime() - b.start.getTime());
}
