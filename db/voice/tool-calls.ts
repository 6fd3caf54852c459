import type postgres from "postgres";
import { Closing, json, type Transaction } from "../client.js";
import { type Call, type CallOrigin, oneAtATime, theCall } from "./call.js";

/** One use of a tool, as the ledger of a call keeps it. */
export interface ToolUse {
  /** The same key in one call is the same use. */
  key: string;
  tool: string;
  /** Personal data masked. */
  args: Record<string, unknown>;
  argsHash: string;
}

export interface ToolUseRow {
  id: string;
  tool: string;
  argsHash: string;
  /** `null` while it runs, or when whoever ran it is gone. */
  answer: unknown;
  at: Date;
  /** Nobody has used this key in the call before. */
  fresh: boolean;
}

interface ClaimedRow extends ToolUseRow {
  callId: string;
  branchId: string | null;
  callerPhone: string | null;
  toolCalls: number;
}

/** Claims a use of a tool in the call of this origin; the row says whether it is the first. */
export function claimToolUse(
  tx: Transaction,
  origin: CallOrigin,
  use: ToolUse,
): Closing<{ call: Call; row: ToolUseRow }> {
  const claiming = tx<ClaimedRow[]>`
    WITH ${theCall(tx, origin, 1)}
    INSERT INTO tool_calls (company_id, call_id, key, tool, args, args_hash)
    SELECT ${origin.companyId}::uuid, id, ${use.key}::text, ${use.tool}::text, ${json(tx, use.args)}::jsonb,
      ${use.argsHash}::text FROM the_call
    ON CONFLICT (company_id, call_id, key) DO UPDATE SET key = excluded.key
    RETURNING id, tool, args_hash, answer, at, xmax = 0 AS fresh, call_id,
      (SELECT branch_id FROM the_call), (SELECT caller_phone FROM the_call), (SELECT tool_calls FROM the_call)`;
  return Closing.reading([oneAtATime(tx, origin), claiming], async () => {
    const [row] = await claiming;
    if (!row) throw new Error("the use of a tool was not claimed");
    const { callId: id, branchId, callerPhone, toolCalls } = row;
    return { call: { id, branchId, callerPhone, toolCalls }, row };
  });
}

/** Keeps an answer and reads what is kept: what was answered first stays; whoever comes second is told it. */
export function keepToolAnswer(
  tx: Transaction,
  id: string,
  answered: { code: string; answer: unknown; latencyMs: number },
): postgres.PendingQuery<{ answer: unknown }[]> {
  return tx<{ answer: unknown }[]>`
    UPDATE tool_calls SET
      code = CASE WHEN answer IS NULL THEN ${answered.code} ELSE code END,
      latency_ms = coalesce(latency_ms, ${Math.round(answered.latencyMs)}::int),
      answered_at = coalesce(answered_at, clock_timestamp()),
      answer = coalesce(answer, ${json(tx, answered.answer)})
    WHERE id = ${id} RETURNING answer`;
}

export async function toolAnswer(tx: Transaction, id: string): Promise<unknown> {
  const [row] = await tx<{ answer: unknown }[]>`SELECT answer FROM tool_calls WHERE id = ${id}`;
  return row?.answer ?? null;
}
