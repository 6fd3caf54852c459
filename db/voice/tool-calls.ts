import type postgres from "postgres";
import { json, type Transaction } from "../client.js";

/** One use of a tool, as the ledger of a call keeps it. */
export interface ToolUse {
  companyId: string;
  callId: string;
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

/** Claims a use of a tool; the row says whether it is the first. To be sent with the end of its transaction. */
export function claimingToolUse(tx: Transaction, use: ToolUse): postgres.PendingQuery<ToolUseRow[]> {
  return tx<ToolUseRow[]>`
    INSERT INTO tool_calls (company_id, call_id, key, tool, args, args_hash)
    VALUES (${use.companyId}, ${use.callId}, ${use.key}, ${use.tool}, ${json(tx, use.args)}, ${use.argsHash})
    ON CONFLICT (company_id, call_id, key) DO UPDATE SET key = excluded.key
    RETURNING id, tool, args_hash, answer, at, xmax = 0 AS fresh`;
}

/** What was answered first stays; whoever comes second is told it. */
export async function keepToolAnswer(
  tx: Transaction,
  id: string,
  answered: { code: string; answer: unknown; latencyMs: number },
): Promise<unknown> {
  const [row] = await tx<{ answer: unknown }[]>`
    UPDATE tool_calls SET
      code = CASE WHEN answer IS NULL THEN ${answered.code} ELSE code END,
      latency_ms = coalesce(latency_ms, ${Math.round(answered.latencyMs)}::int),
      answered_at = coalesce(answered_at, clock_timestamp()),
      answer = coalesce(answer, ${json(tx, answered.answer)})
    WHERE id = ${id} RETURNING answer`;
  return row?.answer ?? answered.answer;
}

export async function toolAnswer(tx: Transaction, id: string): Promise<unknown> {
  const [row] = await tx<{ answer: unknown }[]>`SELECT answer FROM tool_calls WHERE id = ${id}`;
  return row?.answer ?? null;
}
