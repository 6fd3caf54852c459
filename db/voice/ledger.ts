import type { Transaction } from "../client.js";

/** One call as whoever looks into it sees it: no number, no words of the caller. */
export interface CallSummary {
  id: string;
  provider: string;
  providerCallId: string;
  branch: string | null;
  caller: "known" | "unknown" | "anonymous";
  startedAt: Date;
  endedAt: Date | null;
  endReason: string | null;
  durationMs: number | null;
  toolCalls: number;
  claimsBooking: boolean | null;
  appointmentIds: string[];
}

function summaryColumns(tx: Transaction) {
  return tx`
    c.id, c.provider, c.provider_call_id, b.slug AS branch,
    CASE WHEN c.caller_phone IS NULL THEN 'anonymous' WHEN c.customer_id IS NOT NULL
      OR EXISTS (SELECT 1 FROM customers cu WHERE cu.phone = c.caller_phone) THEN 'known' ELSE 'unknown' END AS caller,
    c.started_at, c.ended_at, c.end_reason, c.duration_ms, c.tool_calls, c.claims_booking,
    ARRAY(SELECT o.appointment_id FROM offers o WHERE o.call_id = c.id AND o.appointment_id IS NOT NULL
      GROUP BY o.appointment_id ORDER BY min(o.created_at)) AS appointment_ids`;
}

/** Newest first. */
export async function listCalls(
  tx: Transaction,
  page: { limit: number; before?: { start: Date; id: string } },
): Promise<CallSummary[]> {
  return [
    ...(await tx<CallSummary[]>`
      SELECT ${summaryColumns(tx)} FROM calls c LEFT JOIN branches b ON b.id = c.branch_id
      WHERE true ${page.before ? tx`AND (date_trunc('milliseconds', c.started_at), c.id) < (${page.before.start}, ${page.before.id}::uuid)` : tx``}
      ORDER BY date_trunc('milliseconds', c.started_at) DESC, c.id DESC LIMIT ${page.limit}`),
  ];
}

export interface ToolCallView {
  at: Date;
  tool: string;
  args: Record<string, unknown>;
  code: string | null;
  latencyMs: number | null;
}

/** A call with every use of a tool, oldest first; arguments are masked as they were kept. */
export async function readCall(
  tx: Transaction,
  callId: string,
): Promise<(CallSummary & { tools: ToolCallView[] }) | null> {
  const [[call], tools] = await Promise.all([
    tx<CallSummary[]>`
      SELECT ${summaryColumns(tx)} FROM calls c LEFT JOIN branches b ON b.id = c.branch_id WHERE c.id = ${callId}`,
    tx<ToolCallView[]>`
      SELECT at, tool, args, code, latency_ms FROM tool_calls WHERE call_id = ${callId} ORDER BY at, id`,
  ]);
  return call ? { ...call, tools: [...tools] } : null;
}
