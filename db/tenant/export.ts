import { policyRulesSchema } from "../../domain/policy/rules.js";
import type { TenantDocument } from "../../domain/tenant/document.js";
import { type Database, inTenant } from "../client.js";
import { findCompanyId } from "./companies.js";
import { loadTenantRows, type TenantRows } from "./rows.js";
import { listTokens, type TokenSummary } from "./tokens.js";

/** A company as its document, without secrets, and its tokens; `null` when there is none. */
export async function exportDocument(
  db: Database,
  slug: string,
): Promise<{ companyId: string; document: TenantDocument; tokens: TokenSummary[] } | null> {
  const companyId = await findCompanyId(db, slug);
  if (companyId === null) return null;
  const rows = await inTenant(db, companyId, (tx) => loadTenantRows(tx, companyId));
  if (!rows) return null;
  return { companyId, document: documentOf(rows), tokens: await listTokens(db, companyId) };
}

/** The document that makes a company what the tables hold, without secrets. */
export function documentOf(rows: TenantRows): TenantDocument {
  const { company } = rows;
  const branches = new Map(rows.branches.map((branch) => [branch.id, branch.slug]));
  const staff = new Map(rows.staff.map((member) => [member.id, member.slug]));
  const services = new Map(rows.services.map((service) => [service.id, service.slug]));
  const named = (slugs: Map<string, string>, id: string | null) =>
    id === null ? null : (slugs.get(id) ?? null);
  return {
    name: company.name,
    timeZone: company.timeZone,
    locale: company.locale,
    currency: company.currency,
    settings: company.settings,
    calcom: { baseUrl: company.calcomBaseUrl, teamId: company.calcomTeamId },
    retell: { agentIds: company.retellAgentIds },
    // What is not used is left out, as in most documents.
    branches: rows.branches.map(({ id: _, region, openOn, voiceTools, rejectNumbers, ...branch }) => ({
      ...branch,
      ...(region === null ? {} : { region }),
      ...(openOn.length === 0 ? {} : { openOn }),
      ...(Object.keys(voiceTools).length === 0 && rejectNumbers.length === 0
        ? {}
        : { voice: { tools: voiceTools, ...(rejectNumbers.length === 0 ? {} : { rejectNumbers }) } }),
    })),
    staff: rows.staff.map(({ id: _, branchIds, ...member }) => ({
      ...member,
      branches: branchIds.flatMap((id) => branches.get(id) ?? []),
    })),
    services: rows.services.map(({ id: _, ...service }) => service),
    eventTypes: rows.eventTypes.map((mapping) => ({
      service: services.get(mapping.serviceId) ?? "",
      phase: mapping.phaseKey,
      staff: named(staff, mapping.staffId),
      branch: named(branches, mapping.branchId),
      calcomEventTypeId: mapping.calcomEventTypeId,
    })),
    policies: rows.policies.map((policy) => ({
      for: {
        ...(policy.branchId === null ? {} : { branch: named(branches, policy.branchId) }),
        ...(policy.serviceId === null ? {} : { service: named(services, policy.serviceId) }),
        ...(policy.staffId === null ? {} : { staff: named(staff, policy.staffId) }),
      },
      ...policyRulesSchema.parse(policy.rules),
    })),
  };
}
