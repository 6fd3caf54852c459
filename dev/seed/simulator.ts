import type { TenantDocument } from "../../domain/tenant/document.js";
import type { SimulatorSeed } from "../calcom-simulator/model.js";

export interface SimulatorWorld {
  companySlug: string;
  apiKey: string;
  /** Where the simulator sends the company's webhooks, and what signs them. */
  webhook: { url: string; secret: string };
}

/** Who owns the team and the key; performs nothing, so no event type has this host. */
const MANAGER_ID = 1;
const TEAM_ZONE = "Europe/London";

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
  const types = new Map<number, Mapping[]>();
  for (const mapping of document.eventTypes) {
    types.set(mapping.calcomEventTypeId, [...(types.get(mapping.calcomEventTypeId) ?? []), mapping]);
  }
  return {
    hosts: [
      {
        id: MANAGER_ID,
        name: `${document.name} Verwaltung`,
        email: `manager@${world.companySlug}.example`,
        username: world.companySlug,
        timeZone: document.timeZone,
        workingHours: {},
      },
      ...hosts,
    ],
    teams: [
      {
        id: teamId,
        name: document.name,
        slug: world.companySlug,
        timeZone: TEAM_ZONE,
        members: [
          { userId: MANAGER_ID, role: "owner" as const },
          ...hosts.map((host) => ({ userId: host.id, role: "member" as const })),
        ],
      },
    ],
    keys: [{ key: world.apiKey, userId: MANAGER_ID }],
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

function eventType(document: TenantDocument, teamId: number, id: number, mappings: readonly Mapping[]) {
  const [first] = mappings;
  const service = document.services.find((one) => one.slug === first?.service);
  const phase = service?.phases.find((one) => one.key === first?.phase);
  if (!first || !service || !phase) throw new Error(`event type ${id} has no service in the document`);
  const staff = document.staff.filter((member) => mappings.some((mapping) => hosts(mapping, member)));
  const composite = service.phases.length > 1;
  const title = composite ? `${service.name}: ${phase.key}` : service.name;
  const person = first.staff === null ? undefined : staff[0]?.name;
  const branch = document.branches.find((one) => one.slug === first.branch)?.name;
  return {
    id,
    title: [title, person ?? branch].filter(Boolean).join(", "),
    lengthInMinutes: phase.minutes,
    schedulingType: "roundRobin" as const,
    teamId,
    hosts: staff.map((member) => {
      if (member.calcomUserId === null) {
        throw new Error(`${member.slug} hosts event type ${id} and needs a calcomUserId`);
      }
      return member.calcomUserId;
    }),
    // A segment is no use to who books it alone.
    hidden: composite,
    // The notice of a later segment is counted from its own start, so only the first needs it.
    minimumBookingNotice: phase === service.phases[0] ? service.minimumNoticeMinutes : 0,
  };

  function hosts(mapping: Mapping, member: Staff): boolean {
    if (mapping.staff !== null) return mapping.staff === member.slug;
    return (
      (mapping.branch === null || member.branches.includes(mapping.branch)) &&
      (!service?.skill || member.skills.includes(service.skill))
    );
  }
}

function zoneOf(document: TenantDocument, member: Staff): string {
  const branch = document.branches.find((one) => member.branches.includes(one.slug));
  return branch?.timeZone ?? document.timeZone;
}
