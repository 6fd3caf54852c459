import type { Lane } from "../../calcom/client.js";
import type { Alternative } from "../../domain/availability/alternatives.js";
import type { Limits } from "../../domain/availability/limits.js";
import type { Opening } from "../../domain/availability/openings.js";
import type { WhyNot } from "../../domain/availability/why-not.js";
import type { Branch, Service, StaffMember } from "../../domain/tenant/catalogue.js";

/** Whose time is wanted. `service`, `branch` and `staff` are the catalogue's own objects. */
export interface Wanted {
  companyId: string;
  service: Service;
  /** `null`: any branch. */
  branch: Branch | null;
  /** `null`: anyone who does it. */
  staff: StaffMember | null;
  now: Date;
  /** Owners of intervals that do not count: a call's own holds, the appointment that is being moved. */
  ignoreOwners?: readonly string[];
  /** The appointment that is being moved: its bookings in Cal.com do not count either. */
  moving?: {
    appointmentId: string;
    phases: readonly { calcomEventTypeId: number | null; calcomUid: string | null }[];
  };
  /** Default `live`: a person on the phone waits. */
  lane?: Lane;
  /** How long Cal.com is waited for at most; then the last known slots are used. Default 1,200 ms. */
  patienceMs?: number;
}

export interface OpeningsQuery extends Wanted {
  /** Starts with `from <= start < to`. */
  from: Date;
  to: Date;
  /** Default: all. */
  limit?: number;
}

export interface FoundOpenings {
  /** By start, then whoever has least to do; one entry per start, person and branch. */
  openings: Opening[];
  /** Cal.com could not be asked: the last known slots were used. */
  stale: boolean;
  /** Something is known of each day that was asked for. */
  everyDay: boolean;
  generatedAt: Date;
}

export interface AlternativesQuery extends Wanted {
  /** The refused start (never offered again), or the beginning of a refused window. */
  wished: Date;
  /** Wished part of the day in local minutes, `from <= start < to`; `null`: the time itself counts. */
  window: { from: number; to: number } | null;
  limit: number;
}

export interface FoundAlternatives {
  /** Best first, each instant once. */
  alternatives: Alternative[];
  stale: boolean;
  generatedAt: Date;
  /** Until when it was searched; nothing found means: nothing free until then. */
  searchedTo: Date;
}

/** What can be had and what can be had instead: one calculus for REST, the week grid, refusals and voice. */
export interface Availability {
  /** @throws CalcomError when Cal.com cannot be asked and nothing is known of its slots */
  findOpenings(query: OpeningsQuery): Promise<FoundOpenings>;
  /** @throws CalcomError like `findOpenings` */
  alternativesFor(query: AlternativesQuery): Promise<FoundAlternatives>;
  /** Needs neither Postgres nor Cal.com; does not ask whether the start is taken, that is what remains. */
  whyNot(query: Wanted & { start: Date }): Promise<WhyNot>;
  /**
   * How soon and how far ahead it can begin, by our rules and by what is known of Cal.com's: the same for an offer and
   * for what is booked.
   */
  limits(query: Wanted): Promise<Limits>;
  /** For a call that begins: fetches the coming days of what is booked most, bounded; never throws. */
  warm(companyId: string, branchId: string | null, days: number): Promise<void>;
}
