import { z } from "zod";
import { REGIONS } from "../../domain/availability/holidays.js";
import { weekHoursSchema } from "../../domain/tenant/hours.js";
import { VOICE_TOOLS } from "../../domain/voice/tools.js";
import type { Transaction } from "../client.js";

const slug = z.string();
const rowsSchema = z.object({
  company: z.object({
    id: z.string(),
    slug,
    name: z.string(),
    timeZone: z.string(),
    locale: z.string(),
    currency: z.string(),
    settings: z.record(z.string(), z.unknown()),
    calcomBaseUrl: z.string().nullable(),
    calcomInstance: z.string(),
    calcomTeamId: z.number().nullable(),
    retellAgentIds: z.array(z.string()),
  }),
  branches: z.array(
    z.object({
      id: z.string(),
      slug,
      name: z.string(),
      timeZone: z.string().nullable(),
      phoneNumbers: z.array(z.string()),
      openingHours: weekHoursSchema,
      closedOn: z.array(z.string()),
      notifyEmails: z.array(z.string()),
      region: z.enum(REGIONS).nullable(),
      openOn: z.array(z.string()),
      voiceTools: z.partialRecord(
        z.enum(VOICE_TOOLS),
        z.object({ enabled: z.boolean(), hours: weekHoursSchema.optional() }),
      ),
      rejectNumbers: z.array(z.string()),
    }),
  ),
  staff: z.array(
    z.object({
      id: z.string(),
      slug,
      name: z.string(),
      email: z.string().nullable(),
      branchIds: z.array(z.string()),
      skills: z.array(z.string()),
      workingHours: weekHoursSchema,
      calcomUserId: z.number().nullable(),
    }),
  ),
  services: z.array(
    z.object({
      id: z.string(),
      slug,
      name: z.string(),
      aliases: z.array(z.string()),
      category: z.string().nullable(),
      skill: z.string().nullable(),
      priceCents: z.number(),
      minimumNoticeMinutes: z.number(),
      maximumDaysAhead: z.number(),
      bufferAfterMinutes: z.number(),
      sameStaff: z.boolean(),
      phases: z.array(z.object({ key: z.string(), minutes: z.number(), staffRequired: z.boolean() })),
    }),
  ),
  eventTypes: z.array(
    z.object({
      serviceId: z.string(),
      phaseKey: z.string(),
      staffId: z.string().nullable(),
      branchId: z.string().nullable(),
      calcomEventTypeId: z.number(),
    }),
  ),
  policies: z.array(
    z.object({
      branchId: z.string().nullable(),
      serviceId: z.string().nullable(),
      staffId: z.string().nullable(),
      rules: z.unknown(),
    }),
  ),
});

/** The active part of one tenant as the tables hold it. */
export type TenantRows = z.output<typeof rowsSchema>;

/**
 * Reads a tenant in one statement: one round trip, and one snapshot, so that a document applied meanwhile is
 * seen whole or not at all.
 *
 * @returns `null` when there is no such company or it is not active.
 */
export async function loadTenantRows(tx: Transaction, companyId: string): Promise<TenantRows | null> {
  const [row] = await tx`
    SELECT
      jsonb_build_object('id', c.id, 'slug', c.slug, 'name', c.name, 'timeZone', c.time_zone,
        'locale', c.locale, 'currency', c.currency, 'settings', c.settings, 'calcomBaseUrl', c.calcom_base_url,
        'calcomInstance', c.calcom_instance, 'calcomTeamId', c.calcom_team_id,
        'retellAgentIds', c.retell_agent_ids) AS company,
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', b.id, 'slug', b.slug, 'name', b.name,
          'timeZone', b.time_zone, 'phoneNumbers', b.phone_numbers, 'openingHours', b.opening_hours,
          'closedOn', b.closed_on, 'notifyEmails', b.notify_emails, 'region', b.region, 'openOn', b.open_on,
          'voiceTools', b.voice_tools, 'rejectNumbers', b.reject_numbers) ORDER BY b.position, b.slug)
        FROM branches b WHERE b.company_id = c.id AND b.active), '[]') AS branches,
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', s.id, 'slug', s.slug, 'name', s.name,
          'email', s.email, 'skills', s.skills, 'workingHours', s.working_hours,
          'calcomUserId', s.calcom_user_id,
          'branchIds', coalesce((SELECT jsonb_agg(b.id ORDER BY b.position, b.slug) FROM staff_branches sb
            JOIN branches b ON b.id = sb.branch_id WHERE sb.staff_id = s.id AND b.active), '[]'))
          ORDER BY s.position, s.slug)
        FROM staff s WHERE s.company_id = c.id AND s.active), '[]') AS staff,
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', v.id, 'slug', v.slug, 'name', v.name,
          'aliases', v.aliases, 'category', v.category, 'skill', v.skill, 'priceCents', v.price_cents,
          'minimumNoticeMinutes', v.minimum_notice_minutes, 'maximumDaysAhead', v.maximum_days_ahead,
          'bufferAfterMinutes', v.buffer_after_minutes, 'sameStaff', v.same_staff,
          'phases', coalesce((SELECT jsonb_agg(jsonb_build_object('key', p.key, 'minutes', p.minutes,
              'staffRequired', p.staff_required) ORDER BY p.position)
            FROM service_phases p WHERE p.service_id = v.id), '[]')) ORDER BY v.position, v.slug)
        FROM services v WHERE v.company_id = c.id AND v.active), '[]') AS services,
      coalesce((SELECT jsonb_agg(jsonb_build_object('serviceId', e.service_id, 'phaseKey', e.phase_key,
          'staffId', e.staff_id, 'branchId', e.branch_id, 'calcomEventTypeId', e.calcom_event_type_id)
          ORDER BY v.position, v.slug, p.position, s.position NULLS FIRST, b.position NULLS FIRST,
            e.calcom_event_type_id)
        FROM event_types e JOIN services v ON v.id = e.service_id
        JOIN service_phases p ON p.service_id = e.service_id AND p.key = e.phase_key
        LEFT JOIN staff s ON s.id = e.staff_id LEFT JOIN branches b ON b.id = e.branch_id
        WHERE e.company_id = c.id AND e.active), '[]') AS event_types,
      coalesce((SELECT jsonb_agg(jsonb_build_object('branchId', p.branch_id, 'serviceId', p.service_id,
          'staffId', p.staff_id, 'rules', p.rules) ORDER BY p.position)
        FROM policies p WHERE p.company_id = c.id), '[]') AS policies
    FROM companies c WHERE c.id = ${companyId} AND c.active`;
  return row ? rowsSchema.parse(row) : null;
}
