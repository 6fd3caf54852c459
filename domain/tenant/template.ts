import type { TenantDocument } from "./document.js";
import { formatPath } from "./document-path.js";

/**
 * Stands in a template wherever a value is another one in every company. No schema takes it for a value of these
 * fields, so a document that still has it is refused by whoever it is sent to.
 */
export const FILL_IN = "FILL IN";

/** A place that is still to be filled in. */
export interface OpenItem {
  /** As `staff[0].calcomUserId`. */
  path: string;
  /** What belongs there, and where it is found. */
  what: string;
}

/**
 * A new company like this one (salon-gateway 1.4: a salon is cloned from Friseur 1): branches, people, hours,
 * services, policies and the shape of the event types are kept. What must not be shared is not: phone numbers,
 * agents, the Cal.com account, team, users and event types, addresses and secrets. What the company cannot work
 * without is marked with {@link FILL_IN}; the rest is left empty.
 *
 * @returns JSON, which is no document until everything is filled in
 */
export function templateOf(document: TenantDocument, name: string): Record<string, unknown> {
  const renamed = (text: string) => (document.name === "" ? text : text.replaceAll(document.name, name));
  return {
    name,
    timeZone: document.timeZone,
    locale: document.locale,
    currency: document.currency,
    settings: document.settings,
    calcom: { teamId: FILL_IN },
    retell: { agentIds: [] },
    branches: document.branches.map(({ phoneNumbers: _, notifyEmails: __, ...branch }) => ({
      ...branch,
      name: renamed(branch.name),
      phoneNumbers: [FILL_IN],
      notifyEmails: [],
    })),
    staff: document.staff.map((member) => ({ ...member, email: null, calcomUserId: FILL_IN })),
    services: document.services,
    eventTypes: document.eventTypes.map((mapping) => ({ ...mapping, calcomEventTypeId: FILL_IN })),
    policies: document.policies,
  };
}

/** Everything in a template that still has to be filled in, in the order of the document. */
export function openItems(json: unknown, path: readonly PropertyKey[] = []): OpenItem[] {
  if (json === FILL_IN) return [{ path: formatPath(path), what: whatBelongs(path) }];
  if (Array.isArray(json)) return json.flatMap((item, index) => openItems(item, [...path, index]));
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => openItems(value, [...path, key]));
}

function whatBelongs(path: readonly PropertyKey[]): string {
  switch (path.findLast((part) => typeof part === "string")) {
    case "teamId":
      return "the number of the Cal.com team; it stands in the address of the team's settings";
    case "phoneNumbers":
      return "the number that is called, as +493012345678; [] where nobody calls this branch";
    case "calcomUserId":
      return "the number of the person's Cal.com user, who is a member of the team; never found by name";
    case "calcomEventTypeId":
      return "made in Cal.com and filled in by `npm run tenant -- provision FILE`";
    default:
      return "a value of this company's own";
  }
}

/** What may be added to a template, and what happens without it. */
export const OPTIONAL_ITEMS: readonly OpenItem[] = [
  { path: "calcom.apiKey", what: "the company's own key; without it the installation's is used" },
  { path: "calcom.webhookSecrets", what: "without them the installation's CALCOM_WEBHOOK_SECRET counts" },
  { path: "retell.apiKeys", what: "without them the installation's RETELL_API_KEY counts" },
  { path: "retell.agentIds", what: "lead a call to the company whose called number nobody has named" },
  { path: "branches[].notifyEmails", what: "where the branch hears of moved and cancelled appointments" },
  { path: "staff[].email", what: "the person's address" },
];

/** An event type as Cal.com must have it for one line of `eventTypes`, or for several that share it. */
export interface PlannedEventType {
  /** Unique in the team, and always the same for the same line: what was made is found again by it. */
  slug: string;
  title: string;
  /** Of the booking, in minutes. */
  minutes: number;
  /** A segment is no use to who books it alone. */
  hidden: boolean;
  minimumNoticeMinutes: number;
  /** Slugs of the staff: the named person, else all who may do it in the branch. Always single for a segment. */
  hosts: string[];
  /** Where the customer goes; `null`: several branches share the type. */
  place: string | null;
}

type Mapping = TenantDocument["eventTypes"][number];

/**
 * The event type that serves these lines of `eventTypes`, which are for the same phase of the same service. Always
 * round robin: with one host that is the form whose bookings can be made, moved and told apart (salon-gateway 6.4).
 *
 * @throws Error when the document has no such service or phase: `parseDocument` accepts no such document
 */
export function plannedEventType(
  document: TenantDocument,
  mappings: readonly [Mapping, ...Mapping[]],
): PlannedEventType {
  const [first] = mappings;
  const service = document.services.find((one) => one.slug === first.service);
  const phase = service?.phases.find((one) => one.key === first.phase);
  if (!service || !phase) throw new Error(`there is no ${first.service}/${first.phase} in the document`);
  const composite = service.phases.length > 1;
  const hosts = document.staff.filter((member) =>
    mappings.some((mapping) =>
      mapping.staff === null
        ? (mapping.branch === null || member.branches.includes(mapping.branch)) &&
          (service.skill === null || member.skills.includes(service.skill))
        : mapping.staff === member.slug,
    ),
  );
  const branch = document.branches.find((one) => one.slug === branchOf(document, mappings));
  const person = first.staff === null ? undefined : hosts[0];
  return {
    slug: [service.slug, composite ? phase.key : null, first.staff ?? first.branch]
      .filter((part) => part !== null)
      .join("-")
      .toLowerCase()
      .replaceAll("_", "-"),
    title: [composite ? `${service.name}: ${phase.key}` : service.name, person?.name ?? branch?.name]
      .filter((part) => part !== undefined)
      .join(", "),
    minutes: phase.minutes,
    hidden: composite,
    minimumNoticeMinutes: service.minimumNoticeMinutes,
    hosts: hosts.map((member) => member.slug),
    place: branch?.name ?? null,
  };
}

/** The only branch in which these lines can be booked, or `null`. */
function branchOf(document: TenantDocument, mappings: readonly Mapping[]): string | null {
  const branches = new Set(
    mappings.flatMap((mapping) => {
      if (mapping.branch !== null) return [mapping.branch];
      const member = document.staff.find((one) => one.slug === mapping.staff);
      return member?.branches ?? document.branches.map((one) => one.slug);
    }),
  );
  const [only] = branches;
  return branches.size === 1 && only !== undefined ? only : null;
}
