import { parsePolicyRules } from "../../domain/policy/policy.js";
import type { Branch, Catalogue } from "../../domain/tenant/catalogue.js";
import { VOICE_TOOLS } from "../../domain/voice/tools.js";
import type { TenantRows } from "./rows.js";

function toolRules(tools: TenantRows["branches"][number]["voiceTools"]): Branch["voiceTools"] {
  const rules: Branch["voiceTools"] = {};
  for (const tool of VOICE_TOOLS) {
    const rule = tools[tool];
    if (rule) rules[tool] = { enabled: rule.enabled, hours: rule.hours ?? null };
  }
  return rules;
}

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
    branches: rows.branches.map((branch) => ({
      ...branch,
      timeZone: branch.timeZone ?? company.timeZone,
      voiceTools: toolRules(branch.voiceTools),
    })),
    staff: rows.staff,
    services: rows.services,
    eventTypes: rows.eventTypes,
    policies: rows.policies.map(({ rules, ...scope }) => ({ ...scope, ...parsePolicyRules(rules) })),
  };
}
