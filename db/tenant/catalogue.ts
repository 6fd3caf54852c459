import { parsePolicyRules } from "../../domain/policy/policy.js";
import type { Catalogue } from "../../domain/tenant/catalogue.js";
import type { TenantRows } from "./rows.js";

/** What a request needs of its tenant, of what the tables hold. */
export function catalogueOf(rows: TenantRows): Catalogue {
  const { company } = rows;
  return {
    company: {
      id: company.id,
      slug: company.slug,
      name: company.name,
      timeZone: company.timeZone,
      locale: company.locale,
      currency: company.currency,
      settings: company.settings,
      calcomTeamId: company.calcomTeamId,
      retellAgentIds: company.retellAgentIds,
    },
    branches: rows.branches.map((branch) => ({ ...branch, timeZone: branch.timeZone ?? company.timeZone })),
    staff: rows.staff,
    services: rows.services,
    eventTypes: rows.eventTypes,
    policies: rows.policies.map(({ rules, ...scope }) => ({ ...scope, ...parsePolicyRules(rules) })),
  };
}
