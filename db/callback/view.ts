import type { CallbackPriority } from "../../domain/callback/promise.js";
import { isoInZone } from "../../domain/time/instant.js";
import type { Transaction } from "../client.js";
import type { CallbackReason } from "../schema/voice.js";

export type CallbackStatus = "open" | "completed" | "cancelled";

/** A callback as the API shows it; instants carry the offset of the branch's zone, else of the company's. */
export interface CallbackView {
  id: string;
  status: CallbackStatus;
  priority: CallbackPriority;
  reason: CallbackReason;
  topic: string;
  name: string | null;
  phone: string | null;
  bestTime: string | null;
  note: string | null;
  branch: { slug: string; name: string } | null;
  callId: string | null;
  customerId: string | null;
  appointmentId: string | null;
  dueAt: string;
  overdue: boolean;
  remindedAt: string | null;
  createdAt: string;
  completedAt: string | null;
  completedBy: string | null;
  workflowId: string;
}

interface Row extends Omit<CallbackView, "branch" | "dueAt" | "remindedAt" | "createdAt" | "completedAt"> {
  branchSlug: string | null;
  branchName: string | null;
  timeZone: string;
  dueAt: Date;
  remindedAt: Date | null;
  createdAt: Date;
  completedAt: Date | null;
}

function selected(tx: Transaction) {
  return tx`
    SELECT c.id, c.status, c.priority, c.reason, c.topic, c.name, c.phone, c.best_time, c.note, b.slug AS branch_slug,
      b.name AS branch_name, coalesce(b.time_zone, co.time_zone) AS time_zone, c.call_id, c.customer_id,
      c.appointment_id, c.due_at, c.status = 'open' AND c.due_at <= now() AS overdue, c.reminded_at, c.created_at,
      c.completed_at, c.completed_by, c.workflow_id
    FROM callbacks c JOIN companies co ON co.id = c.company_id LEFT JOIN branches b ON b.id = c.branch_id`;
}

export async function callbackView(tx: Transaction, callbackId: string): Promise<CallbackView | null> {
  const [row] = await tx<Row[]>`${selected(tx)} WHERE c.id = ${callbackId}`;
  return row ? toView(row) : null;
}

/** A page by due time and id: what is most pressing comes first. */
export async function listCallbacks(
  tx: Transaction,
  filter: { status: CallbackStatus | "all"; after?: { start: Date; id: string }; limit: number },
): Promise<CallbackView[]> {
  const rows = await tx<Row[]>`
    ${selected(tx)} WHERE true
      ${filter.status === "all" ? tx`` : tx`AND c.status = ${filter.status}`}
      ${filter.after ? tx`AND (c.due_at, c.id) > (${filter.after.start}, ${filter.after.id}::uuid)` : tx``}
    ORDER BY c.due_at, c.id LIMIT ${filter.limit}`;
  return rows.map(toView);
}

function toView({ branchSlug, branchName, timeZone, ...row }: Row): CallbackView {
  const orNull = (instant: Date | null) => (instant === null ? null : isoInZone(instant, timeZone));
  return {
    ...row,
    branch: branchSlug === null ? null : { slug: branchSlug, name: branchName ?? branchSlug },
    dueAt: isoInZone(row.dueAt, timeZone),
    remindedAt: orNull(row.remindedAt),
    createdAt: isoInZone(row.createdAt, timeZone),
    completedAt: orNull(row.completedAt),
  };
}
