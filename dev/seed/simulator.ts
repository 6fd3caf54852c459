import type { TenantDocument } from "../../domain/tenant/document.js";
import { plannedEventType } from "../../domain/tenant/template.js";
import type { SimulatorSeed } from "../calcom-simulator/model.js";

export interface SimulatorWorld {
  companySlug: string;
  apiKey: string;
  /** Where the simulator sends the company's webhooks, and what signs them. */
  webhook: { url: string; secret: string };
  /** Who else is in the team, and hosts nothing. */
  otherMembers?: readonly { id: number; name: string }[];
}

/** Who owns all teams and the key; performs nothing, so no event type has this host. */
const MANAGER = {
  id: 1,
  name: "Verwaltung",
  email: "verwaltung@calcom.example",
  username: "verwaltung",
  timeZone: "Europe/Berlin",
  workingHours: {},
};
const TEAM_ZONE = "Europe/London";

/** The event types of the real salon ask for it, and no booking was made until it was answered (salon-gateway 11.19). */
const TITLE_FIELD = { slug: "title", type: "text", label: "What is this meeting about?", required: true };

type Staff = TenantDocument["staff"][number];
type Mapping = TenantDocument["eventTypes"][number];

/**
 * A Cal.com in which everything is as the document says: a host for each person, with the same hours, and an event
 * type for each mapping. On an event type without a person the hosts are those who may do it there.
 *
 * The team lives in London, as that of the real salon does: whoever relies on a team's zone is an hour late.
 *
 * @throws Error when the document names no team, or a person who is needed as a host without `calcomUserId`.
 */
export function simulatorSeed(document: TenantDocument, world: SimulatorWorld): SimulatorSeed {
  const teamId = document.calcom.teamId;
  if (teamId === null) throw new Error("the simulator needs calcom.teamId in the document");
  const hosts = document.staff.flatMap((member) =>
    member.calcomUserId === null
      ? []
      : [
          {
            id: member.calcomUserId,
            name: member.name,
            email: member.email ?? `${member.slug}@${world.companySlug}.example`,
            username: `${world.companySlug}-${member.slug}`,
            timeZone: zoneOf(document, member),
            workingHours: member.workingHours,
          },
        ],
  );
  const others = (world.otherMembers ?? []).map(({ id, name }) => ({
    id,
    name,
    email: `user-${id}@${world.companySlug}.example`,
    username: `${world.companySlug}-${id}`,
    timeZone: document.timeZone,
    workingHours: {},
  }));
  const types = new Map<number, [Mapping, ...Mapping[]]>();
  for (const mapping of document.eventTypes) {
    const shared = types.get(mapping.calcomEventTypeId);
    if (shared) shared.push(mapping);
    else types.set(mapping.calcomEventTypeId, [mapping]);
  }
  return {
    hosts: [MANAGER, ...hosts, ...others],
    teams: [
      {
        id: teamId,
        name: document.name,
        slug: world.companySlug,
        timeZone: TEAM_ZONE,
        members: [
          { userId: MANAGER.id, role: "owner" as const },
          ...[...hosts, ...others].map((host) => ({ userId: host.id, role: "member" as const })),
        ],
      },
    ],
    keys: [{ key: world.apiKey, userId: MANAGER.id }],
    eventTypes: [...types].map(([id, mappings]) => eventType(document, teamId, id, mappings)),
    webhooks: [
      {
        // Named, so that a gateway on another port replaces the subscription instead of adding one.
        id: `gateway-${world.companySlug}`,
        url: world.webhook.url,
        secret: world.webhook.secret,
        scope: { teamId },
      },
    ],
  };
}

/**
 * Hands the seed to a running simulator; what it has already is replaced, bookings stay.
 *
 * @throws Error with what the simulator answered.
 */
export async function seedSimulator(url: string, seed: SimulatorSeed): Promise<void> {
  const response = await fetch(`${url.replace(/\/+$/, "")}/_sim/seed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(seed),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) {
    throw new Error(`the Cal.com simulator refused its seed (${response.status}): ${await response.text()}`);
  }
}

const SHORT_MINUTES = 30;
const SHORT_STEP_MINUTES = 5;

function eventType(
  document: TenantDocument,
  teamId: number,
  id: number,
  mappings: readonly [Mapping, ...Mapping[]],
) {
  const { slug, title, minutes, hidden, minimumNoticeMinutes, hosts } = plannedEventType(document, mappings);
  return {
    id,
    slug,
    title,
    lengthInMinutes: minutes,
    // Else a treatment of a quarter of an hour begins at full quarters only, and never fits into the gap of a perm.
    slotInterval: minutes < SHORT_MINUTES ? SHORT_STEP_MINUTES : null,
    schedulingType: "roundRobin" as const,
    teamId,
    hosts: document.staff
      .filter((member) => hosts.includes(member.slug))
      .map((member) => {
        if (member.calcomUserId === null) {
          throw new Error(`${member.slug} hosts event type ${id} and needs a calcomUserId`);
        }
        return member.calcomUserId;
      }),
    hidden,
    minimumBookingNotice: minimumNoticeMinutes,
    bookingFields: [TITLE_FIELD],
  };
}

function zoneOf(document: TenantDocument, member: Staff): string {
  const branch = document.branches.find((one) => member.branches.includes(one.slug));
  return branch?.timeZone ?? document.timeZone;
}
