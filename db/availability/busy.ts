import { type Database, inTenant, type Transaction } from "../client.js";

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

/** What stands or is held here in a window. Bounds in epoch milliseconds. */
export interface Taken {
  busy: { staffId: string; ownerId: string; start: number; end: number }[];
  /** Phases that need staff, of bookings from Cal.com whose host is nobody we know. */
  unassigned: { branchId: string; ownerId: string; start: number; end: number }[];
  /** Appointments by person, from seven days before the window to seven days after it. */
  appointments: { staffId: string; count: number }[];
}

/** Reads what is taken in `[from, to)`, always from the table: a hold must be seen the moment it is durable. */
export async function readTaken(
  db: Database,
  companyId: string,
  query: { staffIds: readonly string[]; branchIds: readonly string[]; from: Date; to: Date },
): Promise<Taken> {
  return await inTenant(db, companyId, async (tx) => {
    // Sent together: one round trip.
    const [busy, unassigned, appointments] = await Promise.all([
      busyIn(tx, query),
      unassignedIn(tx, query),
      query.staffIds.length > 1 ? appointmentsAround(tx, query) : [],
    ]);
    return { busy: [...busy], unassigned: [...unassigned], appointments: [...appointments] };
  });
}

type Window = Parameters<typeof readTaken>[2];

function busyIn(tx: Transaction, { staffIds, from, to }: Window) {
  return tx<Taken["busy"]>`
    SELECT staff_id, owner_id, (extract(epoch FROM lower(during)) * 1000)::float8 AS start,
      (extract(epoch FROM upper(during)) * 1000)::float8 AS end
    FROM busy_intervals
    WHERE staff_id = ANY(${[...staffIds]}::uuid[])
      AND during && tstzrange(${from}, ${to}, '[)')
      AND (expires_at IS NULL OR expires_at > clock_timestamp())`;
}

// A service never lasts two days: the index on the start narrows the search.
function unassignedIn(tx: Transaction, { branchIds, from, to }: Window) {
  return tx<Taken["unassigned"]>`
    SELECT a.branch_id, a.id AS owner_id, (extract(epoch FROM p.start_at) * 1000)::float8 AS start,
      (extract(epoch FROM p.end_at) * 1000)::float8 AS end
    FROM appointments a JOIN appointment_phases p ON p.appointment_id = a.id
    WHERE a.branch_id = ANY(${[...branchIds]}::uuid[]) AND a.staff_id IS NULL AND a.status IN ('pending', 'confirmed')
      AND a.start_at > ${from}::timestamptz - interval '2 days' AND a.start_at < ${to}
      AND p.staff_required AND p.staff_id IS NULL AND p.end_at > ${from} AND p.start_at < ${to}`;
}

function appointmentsAround(tx: Transaction, { staffIds, from, to }: Window) {
  return tx<Taken["appointments"]>`
    SELECT staff_id, count(DISTINCT owner_id)::int AS count FROM busy_intervals
    WHERE staff_id = ANY(${[...staffIds]}::uuid[])
      AND during && tstzrange(${from}::timestamptz - interval '7 days', ${to}::timestamptz + interval '7 days', '[)')
    GROUP BY staff_id`;
}
