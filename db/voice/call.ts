import { randomUUID } from "node:crypto";
import type { Statement, Transaction } from "../client.js";

/** A call as its platform describes it, whoever the caller says to be. */
export interface CallOrigin {
  companyId: string;
  provider: "retell" | "generic";
  providerCallId: string;
  /** E.164; `null`: withheld or unknown. */
  callerPhone: string | null;
  calledPhone: string | null;
  agentId: string | null;
  /** The branch of the called number. */
  branchId: string | null;
}

export interface Call {
  id: string;
  branchId: string | null;
  callerPhone: string | null;
  /** Uses of tools, the present one included. */
  toolCalls: number;
}

/** Longer than any call: after it the same name is another call. Agents do send `call_1` for each of theirs. */
const LONGEST_CALL = "2 hours";

/**
 * The call of this origin, made when it is new: a tool may be used before anybody has heard of the call, and
 * after its end (a repetition that comes late). Two calls that name themselves alike differ by their caller.
 */
export async function openCall(tx: Transaction, origin: CallOrigin): Promise<Call> {
  const [, [call]] = await Promise.all([
    oneAtATime(tx, origin).execute(),
    tx<Call[]>`WITH ${theCall(tx, origin, 0)} SELECT * FROM the_call`.execute(),
  ]);
  if (!call) throw new Error("a call was neither found nor made");
  return call;
}

/** Held until the transaction ends: what is asked of one call at the same instant makes one call. */
export function oneAtATime(tx: Transaction, origin: CallOrigin): Statement {
  const { companyId, provider, providerCallId, callerPhone } = origin;
  const name = `call:${companyId}:${provider}:${providerCallId}:${callerPhone ?? ""}`;
  return tx`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}

/**
 * The list of a `WITH` whose `the_call` is the call of this origin, made when it is new. A statement of its own
 * after `oneAtATime`: it has to see what was committed while it waited.
 *
 * @param uses of tools that are counted with it
 */
export function theCall(tx: Transaction, origin: CallOrigin, uses: 0 | 1): Statement {
  const { companyId, provider, providerCallId, callerPhone, calledPhone, agentId, branchId } = origin;
  return tx`known AS (
      UPDATE calls SET last_seen_at = clock_timestamp(), tool_calls = tool_calls + ${uses}::int,
        branch_id = coalesce(branch_id, ${branchId}), called_phone = coalesce(called_phone, ${calledPhone}),
        agent_id = coalesce(agent_id, ${agentId})
      WHERE id = (SELECT id FROM calls WHERE company_id = ${companyId} AND provider = ${provider}
          AND provider_call_id = ${providerCallId} AND caller_phone IS NOT DISTINCT FROM ${callerPhone}
          AND last_seen_at > now() - ${LONGEST_CALL}::text::interval ORDER BY started_at DESC LIMIT 1)
      RETURNING id, branch_id, caller_phone, tool_calls
    ), made AS (
      INSERT INTO calls (id, company_id, provider, provider_call_id, caller_phone, called_phone, agent_id, branch_id,
        tool_calls)
      SELECT ${randomUUID()}::uuid, ${companyId}::uuid, ${provider}::text, ${providerCallId}::text, ${callerPhone}::text,
        ${calledPhone}::text, ${agentId}::text, ${branchId}::uuid, ${uses}::int
      WHERE NOT EXISTS (SELECT FROM known)
      RETURNING id, branch_id, caller_phone, tool_calls
    ), the_call AS (SELECT * FROM known UNION ALL SELECT * FROM made)`;
}

/** What the platform tells of a call that is over; what is known already is never taken back. */
export interface CallEnd {
  endedAt: Date | null;
  reason: string | null;
  durationMs: number | null;
}

export async function noteCallEnd(tx: Transaction, callId: string, end: CallEnd): Promise<void> {
  await tx`
    UPDATE calls SET ended_at = coalesce(ended_at, ${end.endedAt}, clock_timestamp()),
      end_reason = coalesce(${end.reason}, end_reason), duration_ms = coalesce(${end.durationMs}, duration_ms)
    WHERE id = ${callId}`;
}

export async function noteCallAnalysis(
  tx: Transaction,
  callId: string,
  claimsBooking: boolean,
): Promise<void> {
  await tx`
    UPDATE calls SET analyzed_at = coalesce(analyzed_at, clock_timestamp()), claims_booking = ${claimsBooking}
    WHERE id = ${callId}`;
}

/** Whether anything was booked or moved in this call: what a caller may have been told. */
export async function hasBookedSomething(tx: Transaction, callId: string): Promise<boolean> {
  const [row] = await tx<{ there: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM offers o JOIN appointments a ON a.id = o.appointment_id
      WHERE o.call_id = ${callId} AND o.state = 'taken' AND a.status <> 'failed') AS there`;
  return row?.there ?? false;
}
