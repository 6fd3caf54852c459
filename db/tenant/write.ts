import { InvalidTenantError, type TenantDocument } from "../../domain/tenant/document.js";
import type { Transaction } from "../client.js";

/** Ids by slug. */
export type Ids = ReadonlyMap<string, string>;

export interface PartIds {
  branches: Ids;
  staff: Ids;
  services: Ids;
}

/**
 * How long after its end an appointment keeps its event type with the company that dropped it: Cal.com still
 * tells of no-shows and late cancellations then.
 */
const OWNED_AFTER_END = "30 days";

/*
 * Rows go to Postgres as one JSON text per table: one round trip each, whatever their number. The cast by way of
 * text keeps the driver from encoding the text a second time.
 */

/** Upserts by slug; branches that are left out become inactive. */
export async function writeBranches(
  tx: Transaction,
  companyId: string,
  document: TenantDocument,
): Promise<Ids> {
  const rows = document.branches.map((branch, position) => ({
    ...branch,
    openOn: branch.openOn ?? [],
    voiceTools: branch.voice?.tools ?? {},
    rejectNumbers: branch.voice?.rejectNumbers ?? [],
    position,
  }));
  const kept = await tx<{ id: string; slug: string }[]>`
    INSERT INTO branches (id, company_id, slug, name, time_zone, phone_numbers, opening_hours, closed_on,
      notify_emails, region, open_on, voice_tools, reject_numbers, position, active)
    SELECT gen_random_uuid(), ${companyId}, slug, name, "timeZone", "phoneNumbers", "openingHours", "closedOn",
      "notifyEmails", region, "openOn", "voiceTools", "rejectNumbers", position, true
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) AS x (slug text, name text, "timeZone" text,
      "phoneNumbers" text[], "openingHours" jsonb, "closedOn" date[], "notifyEmails" text[], region text, "openOn" date[],
      "voiceTools" jsonb, "rejectNumbers" text[], position int)
    ON CONFLICT (company_id, slug) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone,
      phone_numbers = excluded.phone_numbers, opening_hours = excluded.opening_hours,
      closed_on = excluded.closed_on, notify_emails = excluded.notify_emails, region = excluded.region,
      open_on = excluded.open_on, voice_tools = excluded.voice_tools, reject_numbers = excluded.reject_numbers, position = excluded.position,
      active = true
    RETURNING id, slug`;
  await tx`
    UPDATE branches SET active = false WHERE company_id = ${companyId} AND active
      AND NOT slug = ANY (ARRAY(SELECT jsonb_array_elements_text(${slugs(rows)}::text::jsonb)))`;
  return idsOf(kept);
}

/** Upserts by slug; staff that is left out becomes inactive. */
export async function writeStaff(
  tx: Transaction,
  companyId: string,
  document: TenantDocument,
  branches: Ids,
): Promise<Ids> {
  const rows = document.staff.map((member, position) => ({ ...member, position }));
  const kept = await tx<{ id: string; slug: string }[]>`
    INSERT INTO staff (id, company_id, slug, name, email, skills, working_hours, calcom_user_id, position, active)
    SELECT gen_random_uuid(), ${companyId}, slug, name, email, skills, "workingHours", "calcomUserId", position, true
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) AS x (slug text, name text, email text,
      skills text[], "workingHours" jsonb, "calcomUserId" int, position int)
    ON CONFLICT (company_id, slug) DO UPDATE SET name = excluded.name, email = excluded.email,
      skills = excluded.skills, working_hours = excluded.working_hours,
      calcom_user_id = excluded.calcom_user_id, position = excluded.position, active = true
    RETURNING id, slug`;
  await tx`
    UPDATE staff SET active = false WHERE company_id = ${companyId} AND active
      AND NOT slug = ANY (ARRAY(SELECT jsonb_array_elements_text(${slugs(rows)}::text::jsonb)))`;
  const ids = idsOf(kept);
  const places = rows.flatMap((member) =>
    member.branches.map((branch) => ({ staffId: ids.get(member.slug), branchId: branches.get(branch) })),
  );
  await tx`
    DELETE FROM staff_branches WHERE company_id = ${companyId}
      AND staff_id = ANY (ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify([...ids.values()])}::text::jsonb)::uuid))`;
  await tx`
    INSERT INTO staff_branches (company_id, staff_id, branch_id)
    SELECT ${companyId}, "staffId", "branchId"
    FROM jsonb_to_recordset(${JSON.stringify(places)}::text::jsonb) AS x ("staffId" uuid, "branchId" uuid)`;
  return ids;
}

/** Upserts by slug with their phases; services that are left out become inactive and keep theirs. */
export async function writeServices(
  tx: Transaction,
  companyId: string,
  document: TenantDocument,
): Promise<Ids> {
  const rows = document.services.map((service, position) => ({ ...service, position }));
  const kept = await tx<{ id: string; slug: string }[]>`
    INSERT INTO services (id, company_id, slug, name, aliases, category, skill, price_cents,
      minimum_notice_minutes, maximum_days_ahead, buffer_after_minutes, same_staff, position, active)
    SELECT gen_random_uuid(), ${companyId}, slug, name, aliases, category, skill, "priceCents",
      "minimumNoticeMinutes", "maximumDaysAhead", "bufferAfterMinutes", "sameStaff", position, true
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) AS x (slug text, name text, aliases text[],
      category text, skill text, "priceCents" int, "minimumNoticeMinutes" int, "maximumDaysAhead" int,
      "bufferAfterMinutes" int, "sameStaff" boolean, position int)
    ON CONFLICT (company_id, slug) DO UPDATE SET name = excluded.name, aliases = excluded.aliases,
      category = excluded.category, skill = excluded.skill, price_cents = excluded.price_cents,
      minimum_notice_minutes = excluded.minimum_notice_minutes,
      maximum_days_ahead = excluded.maximum_days_ahead, buffer_after_minutes = excluded.buffer_after_minutes,
      same_staff = excluded.same_staff, position = excluded.position, active = true
    RETURNING id, slug`;
  await tx`
    UPDATE services SET active = false WHERE company_id = ${companyId} AND active
      AND NOT slug = ANY (ARRAY(SELECT jsonb_array_elements_text(${slugs(rows)}::text::jsonb)))`;
  const ids = idsOf(kept);
  const phases = rows.flatMap((service) =>
    service.phases.map((phase, position) => ({ ...phase, position, serviceId: ids.get(service.slug) })),
  );
  await tx`
    DELETE FROM service_phases WHERE company_id = ${companyId}
      AND service_id = ANY (ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify([...ids.values()])}::text::jsonb)::uuid))`;
  await tx`
    INSERT INTO service_phases (company_id, service_id, position, key, minutes, staff_required)
    SELECT ${companyId}, "serviceId", position, key, minutes, "staffRequired"
    FROM jsonb_to_recordset(${JSON.stringify(phases)}::text::jsonb) AS x ("serviceId" uuid, position int, key text,
      minutes int, "staffRequired" boolean)`;
  return ids;
}

/**
 * Claims the event types for the company and maps them; mappings that are left out become inactive.
 *
 * @throws InvalidTenantError with the path of each event type that is another company's.
 */
export async function writeEventTypes(
  tx: Transaction,
  companyId: string,
  document: TenantDocument,
  instance: string,
  ids: PartIds,
): Promise<void> {
  await claim(tx, companyId, document, instance);
  const rows = document.eventTypes.map((mapping) => ({
    serviceId: ids.services.get(mapping.service),
    phaseKey: mapping.phase,
    staffId: mapping.staff === null ? null : ids.staff.get(mapping.staff),
    branchId: mapping.branch === null ? null : ids.branches.get(mapping.branch),
    calcomEventTypeId: mapping.calcomEventTypeId,
  }));
  await tx`UPDATE event_types SET active = false WHERE company_id = ${companyId} AND active`;
  await tx`
    INSERT INTO event_types (id, company_id, service_id, phase_key, staff_id, branch_id, calcom_event_type_id,
      calcom_instance, active)
    SELECT gen_random_uuid(), ${companyId}, "serviceId", "phaseKey", "staffId", "branchId", "calcomEventTypeId",
      ${instance}, true
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) AS x ("serviceId" uuid, "phaseKey" text,
      "staffId" uuid, "branchId" uuid, "calcomEventTypeId" int)
    ON CONFLICT (company_id, service_id, phase_key, staff_id, branch_id) DO UPDATE SET
      calcom_event_type_id = excluded.calcom_event_type_id, calcom_instance = excluded.calcom_instance,
      active = true`;
}

/** Sorted, so that two documents that claim the same event types wait for each other instead of deadlocking. */
async function claim(
  tx: Transaction,
  companyId: string,
  document: TenantDocument,
  instance: string,
): Promise<void> {
  const wanted = [...new Set(document.eventTypes.map((mapping) => mapping.calcomEventTypeId))].toSorted(
    (a, b) => a - b,
  );
  await tx`
    INSERT INTO event_type_owners (company_id, calcom_instance, calcom_event_type_id)
    SELECT ${companyId}, ${instance}, id::int
    FROM jsonb_array_elements_text(${JSON.stringify(wanted)}::text::jsonb) WITH ORDINALITY AS x (id, n) ORDER BY n
    ON CONFLICT (calcom_instance, calcom_event_type_id) DO NOTHING`;
  const owned = new Set(
    (
      await tx<{ calcomEventTypeId: number }[]>`
        SELECT calcom_event_type_id FROM event_type_owners
        WHERE company_id = ${companyId} AND calcom_instance = ${instance}`
    ).map((row) => row.calcomEventTypeId),
  );
  const taken = document.eventTypes.flatMap((mapping, index) =>
    owned.has(mapping.calcomEventTypeId)
      ? []
      : [
          {
            path: `eventTypes[${index}].calcomEventTypeId`,
            message: `${mapping.calcomEventTypeId} belongs to another company on this Cal.com`,
          },
        ],
  );
  if (taken.length > 0) throw new InvalidTenantError(taken);
  await tx`
    DELETE FROM event_type_owners o WHERE o.company_id = ${companyId}
      AND (o.calcom_instance <> ${instance} OR NOT o.calcom_event_type_id = ANY (
        ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(wanted)}::text::jsonb)::int)))
      AND NOT EXISTS (SELECT 1 FROM appointment_phases p WHERE p.company_id = ${companyId}
        AND p.calcom_event_type_id = o.calcom_event_type_id
        AND p.end_at > now() - ${OWNED_AFTER_END}::text::interval)`;
}

/** Policies have no life of their own: nothing refers to them, decisions keep a copy of what they applied. */
export async function writePolicies(
  tx: Transaction,
  companyId: string,
  document: TenantDocument,
  ids: PartIds,
): Promise<void> {
  const rows = document.policies.map(({ for: subject, ...rules }, position) => ({
    branchId: subject.branch ? ids.branches.get(subject.branch) : null,
    serviceId: subject.service ? ids.services.get(subject.service) : null,
    staffId: subject.staff ? ids.staff.get(subject.staff) : null,
    rules,
    position,
  }));
  await tx`DELETE FROM policies WHERE company_id = ${companyId}`;
  await tx`
    INSERT INTO policies (id, company_id, branch_id, service_id, staff_id, rules, position)
    SELECT gen_random_uuid(), ${companyId}, "branchId", "serviceId", "staffId", rules, position
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) AS x ("branchId" uuid, "serviceId" uuid,
      "staffId" uuid, rules jsonb, position int)`;
}

/**
 * Says which numbers and agents lead to the company. Another company may have named one of them before: its
 * calls stay its own (see `Directory.companiesOfCall`), and `verify` tells.
 */
export async function writeCallRoutes(
  tx: Transaction,
  companyId: string,
  document: TenantDocument,
  branches: Ids,
): Promise<void> {
  const rows = [
    ...document.branches.flatMap((branch) =>
      branch.phoneNumbers.map((value) => ({ kind: "phone", value, branchId: branches.get(branch.slug) })),
    ),
    ...[...new Set(document.retell.agentIds)].map((value) => ({ kind: "agent", value, branchId: null })),
  ];
  await tx`
    DELETE FROM call_routes r WHERE r.company_id = ${companyId} AND NOT EXISTS (
      SELECT 1 FROM jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) AS x (kind text, value text)
      WHERE x.kind = r.kind AND x.value = r.value)`;
  await tx`
    INSERT INTO call_routes (company_id, kind, value, branch_id)
    SELECT ${companyId}, kind, value, "branchId"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) AS x (kind text, value text, "branchId" uuid)
    ON CONFLICT (company_id, kind, value) DO UPDATE SET branch_id = excluded.branch_id`;
}

function slugs(rows: readonly { slug: string }[]): string {
  return JSON.stringify(rows.map((row) => row.slug));
}

function idsOf(rows: readonly { id: string; slug: string }[]): Ids {
  return new Map(rows.map((row) => [row.slug, row.id]));
}
