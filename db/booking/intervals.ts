import { EXCLUSION_VIOLATION, type Statement, sqlState, type Transaction } from "../client.js";

export interface Interval {
  phaseKey: string;
  staffId: string;
  start: Date;
  end: Date;
}

export interface IntervalOwner {
  companyId: string;
  /** The appointment (or offer) that the interval belongs to. */
  ownerId: string;
  kind: "hold" | "busy";
  /** The command that holds it until it is settled. */
  commandId: string | null;
  expiresAt?: Date | null;
}

/**
 * Queues up behind everybody who writes to these calendars, until the transaction ends. Without it two writers
 * whose intervals overlap wait for each other in the index of the constraint, which Postgres notices only after
 * a second; the constraint still decides. Always in one order, and before any other calendar of the transaction.
 */
export async function lockCalendars(tx: Transaction, staffIds: readonly string[]): Promise<void> {
  if (staffIds.length > 0) await lockingCalendars(tx, staffIds);
}

/** The statement of `lockCalendars`. */
export function lockingCalendars(tx: Transaction, staffIds: readonly string[]): Statement {
  const sorted = [...new Set(staffIds)].sort();
  return tx`SELECT pg_advisory_xact_lock(hashtextextended(s, 0)) FROM unnest(${sorted}::text[]) AS s`;
}

/**
 * Takes the intervals, all or none. Expired holds in their way are removed first: a constraint cannot look at
 * the clock. Written in one order (staff, start), so that two writers cannot wait for each other.
 *
 * @throws PostgresError 23P01 when somebody else's interval overlaps; the transaction is then to be left.
 */
export async function takeIntervals(
  tx: Transaction,
  owner: IntervalOwner,
  intervals: readonly Interval[],
  conflict = false,
): Promise<void> {
  await Promise.all(takingIntervals(tx, owner, intervals, conflict));
}

/** The statements of `takeIntervals`, which are to be sent in this order. */
export function takingIntervals(
  tx: Transaction,
  owner: IntervalOwner,
  intervals: readonly Interval[],
  conflict = false,
): Statement[] {
  if (intervals.length === 0) return [];
  const sorted = [...intervals].sort(
    (a, b) =>
      (a.staffId < b.staffId ? -1 : a.staffId > b.staffId ? 1 : 0) || a.start.getTime() - b.start.getTime(),
  );
  const staffIds = sorted.map((interval) => interval.staffId);
  const starts = sorted.map((interval) => interval.start.toISOString());
  const ends = sorted.map((interval) => interval.end.toISOString());
  const keys = sorted.map((interval) => interval.phaseKey);
  return [
    lockingCalendars(tx, staffIds),
    tx`DELETE FROM busy_intervals WHERE staff_id = ANY(${staffIds}::uuid[]) AND expires_at <= clock_timestamp()`,
    tx`INSERT INTO busy_intervals (company_id, owner_id, staff_id, during, phase_key, kind, command_id, expires_at, conflict)
       SELECT ${owner.companyId}::uuid, ${owner.ownerId}::uuid, s, tstzrange(f, t, '[)'), k, ${owner.kind},
         ${owner.commandId}::uuid, ${owner.expiresAt ?? null}::timestamptz, ${conflict}
       FROM unnest(${staffIds}::uuid[], ${starts}::timestamptz[], ${ends}::timestamptz[], ${keys}::text[]) AS i(s, f, t, k)`,
  ];
}

/**
 * Takes intervals of what already stands in Cal.com: an overlap is recorded as a conflict, never refused.
 *
 * @returns whether something else overlaps
 */
export async function takeImported(
  tx: Transaction,
  owner: IntervalOwner,
  intervals: readonly Interval[],
): Promise<boolean> {
  let conflict = false;
  for (const interval of intervals) {
    try {
      await tx.savepoint((inner) => takeIntervals(inner, owner, [interval]));
    } catch (error) {
      if (sqlState(error) !== EXCLUSION_VIOLATION) throw error;
      conflict = true;
      await takeIntervals(tx, owner, [interval], true);
    }
  }
  return conflict;
}

/** Frees what an owner holds; with a command only what that command held. */
export async function releaseIntervals(
  tx: Transaction,
  ownerId: string,
  commandId?: string | null,
): Promise<void> {
  const freed = await tx<{ staffId: string }[]>`
    DELETE FROM busy_intervals WHERE owner_id = ${ownerId}
      ${commandId ? tx`AND command_id = ${commandId}` : tx``} RETURNING staff_id`;
  await easeConflicts(
    tx,
    freed.map((row) => row.staffId),
  );
}

/** Where an overlap is gone, the recorded conflict becomes an ordinary interval again. */
export async function easeConflicts(tx: Transaction, staffIds: readonly string[]): Promise<void> {
  if (staffIds.length === 0) return;
  await tx`
    UPDATE busy_intervals c SET conflict = false
    WHERE c.conflict AND c.staff_id = ANY(${[...staffIds]}::uuid[]) AND NOT EXISTS (
      SELECT 1 FROM busy_intervals o
      WHERE o.staff_id = c.staff_id AND o.owner_id <> c.owner_id AND o.during && c.during)`;
}

/** The chair that overlaps was taken twice in Cal.com itself: somebody has to know at once. */
export async function reportConflict(
  tx: Transaction,
  companyId: string,
  appointmentId: string,
  calcomUid: string | null,
): Promise<void> {
  await Promise.all([
    tx`INSERT INTO drifts (company_id, kind, severity, appointment_id, calcom_uid, dedupe_key)
       VALUES (${companyId}, 'conflict', 'high', ${appointmentId}, ${calcomUid}, ${`conflict:${appointmentId}`})
       ON CONFLICT DO NOTHING`,
    tx`INSERT INTO alerts (company_id, type, data, dedupe_key)
       VALUES (${companyId}, 'booking.conflict', ${tx.json({ appointmentId })}, ${`conflict:${appointmentId}`})
       ON CONFLICT DO NOTHING`,
  ]);
}
