import type { Region } from "../availability/holidays.js";
import type { Policy } from "../policy/policy.js";
import type { VoiceTool } from "../voice/tools.js";

/** Everything about one tenant that a request needs, kept in process and dropped by NOTIFY. No secrets. */
export interface Catalogue {
  company: Company;
  /** Active ones only, in the document's order, as in all lists here. */
  branches: Branch[];
  staff: StaffMember[];
  services: Service[];
  eventTypes: EventTypeMapping[];
  policies: Policy[];
}

export interface Company {
  id: string;
  slug: string;
  name: string;
  /** IANA zone; a branch may have its own. */
  timeZone: string;
  locale: string;
  currency: string;
  settings: Record<string, unknown>;
  calcomTeamId: number | null;
  retellAgentIds: string[];
}

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
/** Spans `HH:MM-HH:MM` of local wall time, up to `24:00`, not across midnight. A missing day is closed. */
export type WeekHours = Partial<Record<Weekday, string[]>>;

export interface Branch {
  id: string;
  slug: string;
  name: string;
  /** Already resolved: the branch's own or the company's. */
  timeZone: string;
  phoneNumbers: string[];
  openingHours: WeekHours;
  /** `YYYY-MM-DD` in the branch's zone. */
  closedOn: string[];
  notifyEmails: string[];
  /** Its public holidays are closed days; `null`: none are observed. */
  region: Region | null;
  /** Open although a public holiday. */
  openOn: string[];
  /** By tool; one that is missing is on at all hours. */
  voiceTools: Partial<Record<VoiceTool, VoiceToolRule>>;
  /** E.164; their calls are not taken. */
  rejectNumbers: string[];
}

export interface VoiceToolRule {
  enabled: boolean;
  /** In the branch's zone; `null`: always. */
  hours: WeekHours | null;
}

export interface StaffMember {
  id: string;
  slug: string;
  name: string;
  email: string | null;
  branchIds: string[];
  skills: string[];
  workingHours: WeekHours;
  calcomUserId: number | null;
}

export interface ServicePhase {
  key: string;
  minutes: number;
  /** `false`: a processing gap; the staff is free and can be sold to others. */
  staffRequired: boolean;
}

export interface Service {
  id: string;
  slug: string;
  name: string;
  aliases: string[];
  category: string | null;
  /** Who may do it: staff whose `skills` hold this; `null`: everybody. */
  skill: string | null;
  priceCents: number;
  minimumNoticeMinutes: number;
  maximumDaysAhead: number;
  bufferAfterMinutes: number;
  sameStaff: boolean;
  phases: ServicePhase[];
}

export interface EventTypeMapping {
  serviceId: string;
  phaseKey: string;
  /** `null`: Cal.com chooses the host (round robin). */
  staffId: string | null;
  /** `null`: any branch. */
  branchId: string | null;
  calcomEventTypeId: number;
}

/** Minutes from the first phase's start to the last one's end, gaps included. */
export function serviceMinutes(service: Service): number {
  return service.phases.reduce((total, phase) => total + phase.minutes, 0);
}

/** Whether this person has the skill and works in this branch. */
export function canDo(member: StaffMember, service: Service, branch: Branch): boolean {
  return (
    member.branchIds.includes(branch.id) && (service.skill === null || member.skills.includes(service.skill))
  );
}

/**
 * The event type that carries a phase for this person in this branch: the person's own before one on which
 * Cal.com chooses, a branch's own before a general one.
 */
export function eventTypeFor(
  catalogue: Catalogue,
  service: Service,
  phaseKey: string,
  member: StaffMember,
  branch: Branch,
): EventTypeMapping | null {
  const fitting = catalogue.eventTypes.filter(
    (mapping) =>
      mapping.serviceId === service.id &&
      mapping.phaseKey === phaseKey &&
      (mapping.staffId === null || mapping.staffId === member.id) &&
      (mapping.branchId === null || mapping.branchId === branch.id),
  );
  const rank = (m: EventTypeMapping) => (m.staffId === null ? 0 : 2) + (m.branchId === null ? 0 : 1);
  return fitting.sort((a, b) => rank(b) - rank(a))[0] ?? null;
}

/**
 * Whether Cal.com will choose who does one of these phases: on a shared event type the planned person may turn out
 * to be another.
 */
export function calcomChoosesHost(
  catalogue: Catalogue,
  phases: readonly { calcomEventTypeId: number | null }[],
): boolean {
  return phases.some(({ calcomEventTypeId }) =>
    catalogue.eventTypes.some(
      (mapping) => mapping.staffId === null && mapping.calcomEventTypeId === calcomEventTypeId,
    ),
  );
}

/** Assign only staff with a complete mapping for all segments (salon-gateway 11.37). */
export function hasCompleteMapping(
  catalogue: Catalogue,
  service: Service,
  member: StaffMember,
  branch: Branch,
): boolean {
  return service.phases
    .filter((phase) => phase.staffRequired)
    .every((phase) => eventTypeFor(catalogue, service, phase.key, member, branch) !== null);
}
