import type { AppointmentFacts } from "../../domain/booking/facts.js";
import { isoInZone } from "../../domain/time/instant.js";
import type { Transaction } from "../client.js";
import type { AppointmentStatus, Cancellation, SyncState } from "../schema/booking.js";

/** The appointment as callers see it (contract.md 2). Holds personal data: it never enters a history. */
export interface AppointmentView {
  id: string;
  version: number;
  status: AppointmentStatus;
  start: string;
  end: string;
  timeZone: string;
  service: { slug: string; name: string };
  branch: { slug: string; name: string };
  staff: { slug: string; name: string } | null;
  customer: { id: string; name: string; email: string | null; phone: string | null };
  phases: {
    key: string;
    start: string;
    end: string;
    staffRequired: boolean;
    staff: string | null;
    calcomUid: string | null;
    sync: string;
  }[];
  source: string;
  priceCents: number;
  feeCents: number;
  previousStart: string | null;
  rescheduleCount: number;
  cancellation: Cancellation | null;
  sync: {
    state: SyncState;
    verifiedAt: string | null;
    lastError: string | null;
    nextAttemptAt: string | null;
    reviewReason: string | null;
  };
  workflowId: string;
  createdAt: string;
  updatedAt: string;
}

interface ViewRow {
  id: string;
  version: number;
  status: AppointmentStatus;
  startAt: Date;
  endAt: Date;
  timeZone: string;
  serviceSlug: string;
  serviceName: string;
  branchSlug: string;
  branchName: string;
  staffSlug: string | null;
  staffName: string | null;
  customerId: string;
  attendeeName: string;
  attendeeEmail: string | null;
  attendeePhone: string | null;
  phases: {
    key: string;
    start: string;
    end: string;
    staffRequired: boolean;
    staff: string | null;
    uid: string | null;
    sync: string;
    position: number;
    staffId: string | null;
    calcomEventTypeId: number | null;
  }[];
  source: string;
  priceCents: number;
  feeCents: number;
  previousStart: Date | null;
  rescheduleCount: number;
  cancellation: Cancellation | null;
  syncState: SyncState;
  verifiedAt: Date | null;
  lastError: string | null;
  nextAttemptAt: Date | null;
  reviewReason: string | null;
  workflowId: string;
  createdAt: Date;
  updatedAt: Date;
}

/** The columns of a view, for queries that choose their own rows of `appointments a`. */
export function viewColumns(tx: Transaction) {
  return tx`
    a.id, a.version, a.status, a.start_at, a.end_at, a.time_zone, a.customer_id, a.attendee_name,
    a.attendee_email, a.attendee_phone, a.source, a.price_cents, a.fee_cents, a.previous_start,
    a.reschedule_count, a.cancellation, a.sync_state, a.verified_at, a.last_error, a.next_attempt_at,
    a.review_reason, a.workflow_id, a.created_at, a.updated_at,
    sv.slug AS service_slug, sv.name AS service_name, br.slug AS branch_slug, br.name AS branch_name,
    st.slug AS staff_slug, st.name AS staff_name,
    (SELECT coalesce(json_agg(json_build_object('key', p.key, 'start', p.start_at, 'end', p.end_at,
       'staffRequired', p.staff_required, 'staff', ps.slug, 'uid', p.calcom_uid, 'sync', p.sync,
       'position', p.position, 'staffId', p.staff_id, 'calcomEventTypeId', p.calcom_event_type_id)
       ORDER BY p.position), '[]'::json)
     FROM appointment_phases p LEFT JOIN staff ps ON ps.id = p.staff_id
     WHERE p.appointment_id = a.id) AS phases`;
}

export function viewTables(tx: Transaction) {
  return tx`appointments a
    JOIN services sv ON sv.id = a.service_id
    JOIN branches br ON br.id = a.branch_id
    LEFT JOIN staff st ON st.id = a.staff_id`;
}

export async function appointmentView(
  tx: Transaction,
  appointmentId: string,
): Promise<AppointmentView | null> {
  const [row] = await tx<ViewRow[]>`
    SELECT ${viewColumns(tx)} FROM ${viewTables(tx)} WHERE a.id = ${appointmentId}`;
  return row ? toView(row) : null;
}

/** An appointment for its caller and for its workflow, as it stands in this transaction. */
export interface Standing {
  view: AppointmentView;
  facts: AppointmentFacts;
}

/** @returns both in one query; `null` without such an appointment */
export async function readStanding(tx: Transaction, appointmentId: string): Promise<Standing | null> {
  const [row] = await tx<ViewRow[]>`
    SELECT ${viewColumns(tx)} FROM ${viewTables(tx)} WHERE a.id = ${appointmentId}`;
  return row ? { view: toView(row), facts: toFacts(row) } : null;
}

/**
 * The id behind a slug, also of what the company's document names no more: it has become inactive, and its appointments
 * are still there (contract.md 7).
 */
export async function idOfSlug(
  tx: Transaction,
  table: "staff" | "services" | "branches",
  slug: string,
): Promise<string | null> {
  const [row] = await tx<{ id: string }[]>`SELECT id FROM ${tx(table)} WHERE slug = ${slug}`;
  return row?.id ?? null;
}

/** A page of appointments by start and id; `from` ≤ start < `to`. */
export interface AppointmentFilter {
  from?: Date;
  to?: Date;
  statuses?: readonly string[];
  staffId?: string;
  serviceId?: string;
  branchId?: string;
  /** E.164. */
  phone?: string;
  after?: { start: Date; id: string };
  limit: number;
}

export async function listAppointments(
  tx: Transaction,
  filter: AppointmentFilter,
): Promise<AppointmentView[]> {
  const rows = await tx<ViewRow[]>`
    SELECT ${viewColumns(tx)} FROM ${viewTables(tx)}
    WHERE true
      ${filter.from ? tx`AND a.start_at >= ${filter.from}` : tx``}
      ${filter.to ? tx`AND a.start_at < ${filter.to}` : tx``}
      ${filter.statuses ? tx`AND a.status = ANY(${[...filter.statuses]}::text[])` : tx``}
      ${filter.staffId ? tx`AND a.staff_id = ${filter.staffId}` : tx``}
      ${filter.serviceId ? tx`AND a.service_id = ${filter.serviceId}` : tx``}
      ${filter.branchId ? tx`AND a.branch_id = ${filter.branchId}` : tx``}
      ${filter.phone ? tx`AND a.attendee_phone = ${filter.phone}` : tx``}
      ${filter.after ? tx`AND (a.start_at, a.id) > (${filter.after.start}, ${filter.after.id}::uuid)` : tx``}
    ORDER BY a.start_at, a.id LIMIT ${filter.limit}`;
  return rows.map(toView);
}

function toFacts(row: ViewRow): AppointmentFacts {
  return {
    status: row.status,
    start: row.startAt.toISOString(),
    end: row.endAt.toISOString(),
    phases: row.phases.map((phase) => ({
      position: phase.position,
      key: phase.key,
      start: new Date(phase.start).toISOString(),
      end: new Date(phase.end).toISOString(),
      staffRequired: phase.staffRequired,
      staffId: phase.staffId,
      calcomEventTypeId: phase.calcomEventTypeId,
      uid: phase.uid,
      cancelled: phase.sync === "cancelled",
    })),
  };
}

function toView(row: ViewRow): AppointmentView {
  const inZone = (instant: Date) => isoInZone(instant, row.timeZone);
  const orNull = (instant: Date | null) => (instant === null ? null : inZone(instant));
  return {
    id: row.id,
    version: row.version,
    status: row.status,
    start: inZone(row.startAt),
    end: inZone(row.endAt),
    timeZone: row.timeZone,
    service: { slug: row.serviceSlug, name: row.serviceName },
    branch: { slug: row.branchSlug, name: row.branchName },
    staff: row.staffSlug === null ? null : { slug: row.staffSlug, name: row.staffName ?? row.staffSlug },
    customer: {
      id: row.customerId,
      name: row.attendeeName,
      email: row.attendeeEmail,
      phone: row.attendeePhone,
    },
    phases: row.phases.map((phase) => ({
      key: phase.key,
      start: inZone(new Date(phase.start)),
      end: inZone(new Date(phase.end)),
      staffRequired: phase.staffRequired,
      staff: phase.staff,
      calcomUid: phase.uid,
      sync: phase.sync,
    })),
    source: row.source,
    priceCents: row.priceCents,
    feeCents: row.feeCents,
    previousStart: orNull(row.previousStart),
    rescheduleCount: row.rescheduleCount,
    cancellation: row.cancellation && { ...row.cancellation, at: inZone(new Date(row.cancellation.at)) },
    sync: {
      state: row.syncState,
      verifiedAt: orNull(row.verifiedAt),
      lastError: row.lastError,
      nextAttemptAt: orNull(row.nextAttemptAt),
      reviewReason: row.reviewReason,
    },
    workflowId: row.workflowId,
    createdAt: inZone(row.createdAt),
    updatedAt: inZone(row.updatedAt),
  };
}
