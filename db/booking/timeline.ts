import type { Statement, Transaction } from "../client.js";

export type TimelineKind =
  | "command"
  | "remote"
  | "webhook"
  | "echo"
  | "compensation"
  | "review"
  | "notification";

export interface TimelineEntry {
  kind: TimelineKind;
  action: string;
  outcome: string;
  detail?: Record<string, string | number | boolean | null>;
  /** An activity that is repeated writes the same entry once. */
  dedupeKey?: string;
}

/** Everything that happened to an appointment, oldest first when read. */
export async function note(
  tx: Transaction,
  companyId: string,
  appointmentId: string,
  ...entries: TimelineEntry[]
): Promise<void> {
  if (entries.length > 0) await noting(tx, companyId, appointmentId, entries);
}

/** The statement of `note`, of one entry at least. */
export function noting(
  tx: Transaction,
  companyId: string,
  appointmentId: string,
  entries: readonly TimelineEntry[],
): Statement {
  const rows = entries.map((entry) => ({
    company_id: companyId,
    appointment_id: appointmentId,
    kind: entry.kind,
    action: entry.action,
    outcome: entry.outcome,
    detail: tx.json(entry.detail ?? {}),
    dedupe_key: entry.dedupeKey ?? null,
  }));
  return tx`INSERT INTO timeline ${tx(rows)} ON CONFLICT DO NOTHING`;
}

export interface TimelineItem {
  at: string;
  kind: TimelineKind;
  action: string;
  outcome: string;
  detail: Record<string, unknown>;
}

export async function readTimeline(tx: Transaction, appointmentId: string): Promise<TimelineItem[]> {
  const rows = await tx<(Omit<TimelineItem, "at"> & { at: Date })[]>`
    SELECT at, kind, action, outcome, detail FROM timeline WHERE appointment_id = ${appointmentId} ORDER BY id`;
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
