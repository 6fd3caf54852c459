import { type Database, inTenant } from "../client.js";

export interface BusyInterval {
  staffId: string;
  start: Date;
  end: Date;
}

/** What is taken on these calendars, holds included; an owner's own intervals never block him. */
export async function busyIntervals(
  db: Database,
  companyId: string,
  query: { staffIds: readonly string[]; from: Date; to: Date; ignoreOwner?: string },
): Promise<BusyInterval[]> {
  return await inTenant(
    db,
    companyId,
    (tx) => tx<BusyInterval[]>`
      SELECT staff_id, lower(during) AS start, upper(during) AS end FROM busy_intervals
      WHERE staff_id = ANY(${[...query.staffIds]}::uuid[])
        AND during && tstzrange(${query.from}, ${query.to}, '[)')
        AND (expires_at IS NULL OR expires_at > clock_timestamp())
        ${query.ignoreOwner ? tx`AND owner_id <> ${query.ignoreOwner}` : tx``}
      ORDER BY lower(during)`,
  );
}

export interface StaffLoad {
  staffId: string;
  /** Minutes taken on the local day asked about. */
  minutesThatDay: number;
  /** Appointments in the fortnight around it. */
  appointments: number;
}

/** How busy each person is, for a fair rotation among those who could do it. */
export async function staffLoad(
  db: Database,
  companyId: string,
  query: { staffIds: readonly string[]; dayStart: Date; dayEnd: Date },
): Promise<StaffLoad[]> {
  return await inTenant(
    db,
    companyId,
    (tx) => tx<StaffLoad[]>`
      SELECT staff_id,
        coalesce(sum(extract(epoch FROM upper(during) - lower(during)) / 60)
          FILTER (WHERE during && tstzrange(${query.dayStart}, ${query.dayEnd}, '[)')), 0)::int AS minutes_that_day,
        count(DISTINCT owner_id)::int AS appointments
      FROM busy_intervals
      WHERE staff_id = ANY(${[...query.staffIds]}::uuid[])
        AND during && tstzrange(${query.dayStart}::timestamptz - interval '7 days', ${query.dayEnd}::timestamptz + interval '7 days', '[)')
      GROUP BY staff_id`,
  );
}
