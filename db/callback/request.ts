import { createHash, randomUUID } from "node:crypto";
import {
  CALLBACK_WITHIN_MS,
  type CallbackPriority,
  type CallbackTimes,
} from "../../domain/callback/promise.js";
import { callbackWorkflowId } from "../../domain/callback/workflow-id.js";
import { Closing, type Database, inTenant, type Statement, sqlState, type Transaction } from "../client.js";
import { raisingAlert } from "../operations/alerts.js";
import type { CallbackReason } from "../schema/voice.js";

/** Somebody has to be called back. */
export interface CallbackWish {
  companyId: string;
  priority: CallbackPriority;
  /** `asked`: the last answer of the call tells why, see {@link whyAsked}. */
  reason: CallbackReason;
  /** What it is about, in the caller's words or ours. Personal data, as all texts here; cut where it is too long. */
  topic: string;
  name?: string | null;
  /** E.164; without one the number that called is taken, else the customer's. */
  phone?: string | null;
  bestTime?: string | null;
  note?: string | null;
  /** Without one the appointment's, the call's, or the only one that the company has. */
  branchId?: string | null;
  callId?: string | null;
  customerId?: string | null;
  appointmentId?: string | null;
  /** Names the occasion, nothing personal: one occasion is one callback. Without it the call and the topic do. */
  occasion?: string;
  /** In place of {@link CALLBACK_WITHIN_MS}. */
  within?: CallbackTimes;
}

export interface RequestedCallback {
  id: string;
  workflowId: string;
  priority: CallbackPriority;
  dueAt: Date;
  /** Milliseconds that the priority promises. */
  withinMs: number;
  /** `false`: this occasion had its callback already. */
  created: boolean;
}

const ATTEMPTS = 4;
const PAUSE_MS = 50;

/**
 * Writes a callback and its alert in one transaction. It is the exit of every failure and so must not fail itself:
 * it needs nothing but the database, takes any text and any id (one that names nothing is left out), and is tried
 * again while the connection is lost. The workflow is started by the relay, also after Temporal was down.
 *
 * A second request of the same occasion answers the first, adds what was missing, and makes it as pressing as the
 * more pressing of both.
 *
 * @throws what the database throws when it stays away
 */
export async function requestCallback(db: Database, wish: CallbackWish): Promise<RequestedCallback> {
  const id = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTenant(db, wish.companyId, async (tx) => {
        const { requested, telling } = await write(tx, wish, id);
        return Closing.with(requested, telling);
      });
    } catch (error) {
      if (attempt >= ATTEMPTS || !mayPass(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 3 ** attempt));
    }
  }
}

/** The same within a transaction of this company that is open already: with it, or not at all. */
export async function requestCallbackWithin(tx: Transaction, wish: CallbackWish): Promise<RequestedCallback> {
  const { requested, telling } = await write(tx, wish, randomUUID());
  await Promise.all(telling);
  return requested;
}

/** A lost connection has no code of Postgres; deadlocks, serialization, too many connections, shutting down have. */
function mayPass(error: unknown): boolean {
  const state = sqlState(error);
  return state === null || /^(08|40|53|57)/.test(state);
}

interface Row {
  id: string;
  workflowId: string;
  priority: CallbackPriority;
  dueAt: Date;
  branchId: string | null;
  reason: CallbackReason;
  created: boolean;
  raised: boolean;
}

/** Writes it; whom it concerns is still to be told, in the same transaction. */
async function write(
  tx: Transaction,
  wish: CallbackWish,
  id: string,
): Promise<{ requested: RequestedCallback; telling: Statement[] }> {
  const { companyId, priority, reason } = wish;
  const within = (wish.within ?? CALLBACK_WITHIN_MS)[priority];
  const callId = uuidOrNull(wish.callId);
  const appointmentId = uuidOrNull(wish.appointmentId);
  const customerId = uuidOrNull(wish.customerId);
  const name = readable(wish.name, 200);
  const phone = readable(wish.phone, 40);
  const bestTime = readable(wish.bestTime, 200);
  const note = readable(wish.note, 2_000);
  const topic = readable(wish.topic, 500) ?? "";
  // Milliseconds: a cursor of the list is no finer.
  const dueAt = tx`date_trunc('milliseconds', now() + ${within}::float8 * interval '1 ms')`;
  const rank = (column: string) =>
    tx`array_position(ARRAY['normal', 'high', 'urgent'], ${tx(column)}.priority)`;
  const [row] = await tx<Row[]>`
    WITH known AS (
      SELECT c.id AS call_id, c.branch_id, c.caller_phone, c.customer_id FROM calls c WHERE c.id = ${callId}
    ), about AS (
      SELECT a.id AS appointment_id, a.branch_id, a.customer_id FROM appointments a WHERE a.id = ${appointmentId}
    ), who AS (
      SELECT cu.id AS customer_id, cu.name, cu.phone FROM customers cu
      WHERE cu.id = coalesce(${customerId}::uuid, (SELECT customer_id FROM known))
    )
    INSERT INTO callbacks AS ours (id, company_id, branch_id, call_id, customer_id, appointment_id, workflow_id, priority,
      topic, reason, name, phone, best_time, note, due_at, dedupe_key)
    VALUES (${id}, ${companyId},
      coalesce(
        (SELECT b.id FROM branches b WHERE b.id = ${uuidOrNull(wish.branchId)}),
        (SELECT branch_id FROM about), (SELECT branch_id FROM known),
        (SELECT (array_agg(b.id))[1] FROM branches b WHERE b.active HAVING count(*) = 1)),
      (SELECT call_id FROM known), (SELECT customer_id FROM who), (SELECT appointment_id FROM about),
      ${callbackWorkflowId(companyId, id)}, ${priority}, ${topic},
      ${reason === "asked" && callId !== null ? whyAsked(tx, callId) : tx`${reason}`},
      coalesce(${name}::text, (SELECT name FROM who)),
      coalesce(${phone}::text, (SELECT caller_phone FROM known), (SELECT phone FROM who)),
      ${bestTime}, ${note}, ${dueAt}, ${occasionOf(wish, id)})
    ON CONFLICT (company_id, dedupe_key) DO UPDATE SET
      priority = CASE WHEN ours.status = 'open' AND ${rank("excluded")} > ${rank("ours")} THEN excluded.priority ELSE ours.priority END,
      due_at = CASE WHEN ours.status = 'open' THEN least(ours.due_at, excluded.due_at) ELSE ours.due_at END,
      started_at = CASE WHEN ours.status = 'open' AND excluded.due_at < ours.due_at THEN NULL ELSE ours.started_at END,
      relay_at = CASE WHEN ours.status = 'open' AND excluded.due_at < ours.due_at THEN clock_timestamp() ELSE ours.relay_at END,
      name = coalesce(${name}::text, ours.name), phone = coalesce(${phone}::text, ours.phone),
      best_time = coalesce(excluded.best_time, ours.best_time), note = coalesce(excluded.note, ours.note),
      appointment_id = coalesce(ours.appointment_id, excluded.appointment_id),
      customer_id = coalesce(ours.customer_id, excluded.customer_id)
    RETURNING id, workflow_id, priority, due_at, branch_id, reason, id = ${id} AS created,
      status = 'open' AND priority = ${priority} AS raised`;
  if (!row) throw new Error("a callback was neither written nor found");
  const alert = raisingAlert(tx, {
    companyId,
    type: "callback.requested",
    data: {
      callbackId: row.id,
      priority: row.priority,
      reason: row.reason,
      dueAt: row.dueAt.toISOString(),
      workflowId: row.workflowId,
      ...(callId === null ? {} : { callId }),
    },
    dedupeKey: `callback:${row.id}:requested:${row.priority}`,
    branchId: row.branchId,
  });
  const requested = {
    id: row.id,
    workflowId: row.workflowId,
    priority: row.priority,
    dueAt: row.dueAt,
    withinMs: (wish.within ?? CALLBACK_WITHIN_MS)[row.priority],
    created: row.created,
  };
  // Of one priority once: a request that is repeated tells nobody anything new.
  const telling = row.raised ? [alert] : [];
  return { requested, telling };
}

/** Callers ask to be called back because of what they were told last: whoever calls then knows what for. */
function whyAsked(tx: Transaction, callId: string): Statement {
  return tx`coalesce((
    SELECT CASE code WHEN 'NOT_IDENTIFIED' THEN 'not_identified' WHEN 'NOTHING_FREE' THEN 'nothing_free'
      WHEN 'POLICY' THEN 'policy' END
    FROM tool_calls WHERE call_id = ${callId} AND code IS NOT NULL ORDER BY at DESC LIMIT 1), 'asked')`;
}

/** Hashed: a topic is what a person said, and keys are read by whoever looks for a fault. */
function occasionOf(wish: CallbackWish, id: string): string {
  if (wish.occasion !== undefined) return wish.occasion;
  const callId = uuidOrNull(wish.callId);
  if (callId === null) return `callback:${id}`;
  const topic = wish.topic.trim().toLowerCase().replaceAll(/\s+/g, " ");
  return `call:${callId}:${createHash("sha256").update(topic).digest("hex")}`;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function uuidOrNull(text: string | null | undefined): string | null {
  return text !== null && text !== undefined && UUID.test(text) ? text : null;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: Postgres takes no NUL, and a mail shows none of them
const UNREADABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Cs}/gu;

function readable(text: string | null | undefined, longest: number): string | null {
  const clean = (text ?? "").replaceAll(UNREADABLE, " ").trim();
  return clean === "" ? null : [...clean].slice(0, longest).join("");
}
