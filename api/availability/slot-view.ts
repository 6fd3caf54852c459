import type { Opening } from "../../domain/availability/openings.js";
import { isoInZone } from "../../domain/time/instant.js";

/** A time that can be booked as it is (contract.md 3). */
export interface SlotView {
  /** With the offset of the branch's zone. */
  start: string;
  end: string;
  staff: { slug: string; name: string };
  /** Only where it was not asked for and there are several. */
  branch?: { slug: string; name: string };
  phases: { key: string; start: string; end: string; staff: string | null }[];
}

export function slotView({ start, end, staff, branch, phases }: Opening, withBranch: boolean): SlotView {
  const inZone = (instant: Date) => isoInZone(instant, branch.timeZone);
  return {
    start: inZone(start),
    end: inZone(end),
    staff: { slug: staff.slug, name: staff.name },
    ...(withBranch ? { branch: { slug: branch.slug, name: branch.name } } : {}),
    phases: phases.map((phase) => ({
      key: phase.key,
      start: inZone(new Date(phase.start)),
      end: inZone(new Date(phase.end)),
      staff: phase.staffRequired ? staff.slug : null,
    })),
  };
}
