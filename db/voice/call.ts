import { randomUUID } from "node:crypto";
import type postgres from "postgres";
import type { Transaction } from "../client.js";

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
  const { call, making } = await findCall(tx, origin, false);
  await making;
  return call;
}

/** Likewise; where the call is new, the statement that makes it is still to be sent. */
export async function findCall(
  tx: Transaction,
  origin: CallOrigin,
  usesTool: boolean,
): Promise<{ call: Call; making: postgres.PendingQuery<postgres.Row[]> | null }> {
  const { companyId, provider, providerCallId, callerPhone } = origin;
  const name = `call:${companyId}:${provider}:${providerCallId}:${callerPhone ?? ""}`;
  const used = usesTool ? 1 : 0;
  const [, found] = await Promise.all([
    tx`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(),
    tx<Call[]>`
      UPDATE calls SET last_seen_at = clock_timestamp(), tool_calls = tool_calls + ${used},
        branch_id = coalesce(branch_id, ${origin.branchId}), called_phone = coalesce(called_phone, ${origin.calledPhone}),
        agent_id = coalesce(agent_id, ${origin.agentId})
      WHERE id = (SELECT id FROM calls WHERE company_id = ${companyId} AND provider = ${provider}
          AND provider_call_id = ${providerCallId} AND caller_phone IS NOT DISTINCT FROM ${callerPhone}
          AND last_seen_at > now() - ${LONGEST_CALL}::text::interval ORDER BY started_at DESC LIMIT 1)
      RETURNING id, branch_id, caller_phone, tool_calls`.execute(),
  ]);
  const known = found[0];
  if (known) return { call: known, making: null };
  const call: Call = {
    id: randomUUID(),
    branchId: origin.branchId,
    callerPhone,
    toolCalls: used,
  };
  const making = tx`
    INSERT INTO calls (id, company_id, provider, provider_call_id, caller_phone, called_phone, agent_id, branch_id, tool_calls)
    VALUES (${call.id}, ${companyId}, ${provider}, ${providerCallId}, ${callerPhone}, ${origin.calledPhone},
      ${origin.agentId}, ${origin.branchId}, ${used})`;
  return { call, making };
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
