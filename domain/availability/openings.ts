import type { PlannedPhase } from "../booking/phases.js";
import type { Branch, StaffMember } from "../tenant/catalogue.js";

/** A time at which the whole service can be had from one person in one branch. */
export interface Opening {
  start: Date;
  /** End of the last phase, without the buffer. */
  end: Date;
  staff: StaffMember;
  branch: Branch;
  phases: PlannedPhase[];
}
