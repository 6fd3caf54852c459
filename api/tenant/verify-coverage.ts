import {
  type Branch,
  type Catalogue,
  canDo,
  eventTypeFor,
  type Service,
  type StaffMember,
} from "../../domain/tenant/catalogue.js";
import type { Finding } from "./verify-finding.js";

/** Whether somebody who can do a service can be booked for it: a line per service, branch and person. */
export interface CoverageRow {
  service: string;
  branch: string;
  staff: string;
  /** Phases for which no event type is named; none: can be booked. */
  missingPhases: string[];
}

/** Assign only staff with a complete mapping for all segments (salon-gateway 11.37): who that is. */
export function coverageOf(catalogue: Catalogue): CoverageRow[] {
  return catalogue.services.flatMap((service) =>
    catalogue.branches.flatMap((branch) =>
      catalogue.staff
        .filter((member) => canDo(member, service, branch))
        .map((member) => ({
          service: service.slug,
          branch: branch.slug,
          staff: member.slug,
          missingPhases: missingPhases(catalogue, service, member, branch),
        })),
    ),
  );
}

function missingPhases(
  catalogue: Catalogue,
  service: Service,
  member: StaffMember,
  branch: Branch,
): string[] {
  return service.phases
    .filter((phase) => phase.staffRequired)
    .filter((phase) => eventTypeFor(catalogue, service, phase.key, member, branch) === null)
    .map((phase) => phase.key);
}

/** What will not work whatever Cal.com says: services and people that cannot be booked, names that mean two. */
export function verifyDocument(catalogue: Catalogue): Finding[] {
  const rows = coverageOf(catalogue);
  return [
    ...catalogue.services.flatMap((service) => {
      const path = `services[${service.slug}]`;
      const able = rows.filter((row) => row.service === service.slug);
      if (able.length === 0) {
        const lack = service.skill === null ? "works in a branch" : `has the skill ${service.skill}`;
        return [{ path: `${path}.skill`, text: `cannot be booked: nobody ${lack}` }];
      }
      return able
        .filter((row) => row.missingPhases.length > 0)
        .map((row) => ({
          path,
          text: `${row.staff} in ${row.branch} cannot be booked for it: no event type for ${row.missingPhases.join(", ")}`,
        }));
    }),
    ...sharedNames(catalogue.services),
    ...verifyUserIds(catalogue),
  ];
}

function sharedNames(services: readonly Service[]): Finding[] {
  const owners = new Map<string, Service>();
  return services.flatMap((service) =>
    [service.name, service.slug, ...service.aliases].flatMap((name) => {
      const key = folded(name);
      const owner = owners.get(key);
      if (!owner) owners.set(key, service);
      return !owner || owner === service
        ? []
        : [
            {
              path: `services[${service.slug}].aliases`,
              text: `"${name}" also names ${owner.slug}: a caller who says it is asked which`,
            },
          ];
    }),
  );
}

/** Names that sound alike are one name: case, umlauts written out, and what joins words make no difference. */
export function folded(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("ä", "ae")
    .replaceAll("ö", "oe")
    .replaceAll("ü", "ue")
    .replaceAll("ß", "ss")
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** People are told apart by the ids of their users: their names may be one (salon-gateway 1.7). */
function verifyUserIds(catalogue: Catalogue): Finding[] {
  const owners = new Map<number, StaffMember>();
  return catalogue.staff.flatMap((member) => {
    const path = `staff[${member.slug}].calcomUserId`;
    const id = member.calcomUserId;
    if (id === null) {
      return isNeeded(catalogue, member)
        ? [{ path, text: "is missing: who hosts a booking cannot be known" }]
        : [];
    }
    const owner = owners.get(id);
    if (!owner) owners.set(id, member);
    return owner ? [{ path, text: `${id} is also that of ${owner.slug}` }] : [];
  });
}

function isNeeded(catalogue: Catalogue, member: StaffMember): boolean {
  return coverageOf(catalogue).some((row) => row.staff === member.slug && row.missingPhases.length === 0);
}
