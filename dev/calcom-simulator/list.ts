import { z } from "zod";
import { ApiError } from "./answers.js";
import type { Booking, Host } from "./model.js";
import type { Store } from "./store.js";
import { parseInstant } from "./validation.js";

const STATUSES = ["upcoming", "recurring", "past", "cancelled", "unconfirmed"];
const direction = z.enum(["asc", "desc"]).optional();
const ids = z
  .string()
  .transform((value) => value.split(",").map(Number))
  .optional();
const instant = z
  .string()
  .transform(parseInstant)
  .refine((value) => !Number.isNaN(value), "must be a valid ISO 8601 date string")
  .optional();

/** Query of the list on 2024-08-13. Unknown parameters are dropped in silence: the caller gets the unfiltered list. */
const listSchema = z.object({
  status: z
    .string()
    .transform((value) => value.split(",").map((s) => s.trim()))
    .refine(
      (list) => list.every((s) => STATUSES.includes(s)),
      `Invalid status. Allowed are ${STATUSES.join(", ")}`,
    )
    .optional(),
  attendeeEmail: z.string().trim().optional(),
  attendeeName: z.string().trim().optional(),
  bookingUid: z.string().optional(),
  eventTypeId: z.coerce.number().int().optional(),
  eventTypeIds: ids,
  teamId: z.coerce.number().int().optional(),
  teamsIds: ids,
  afterStart: instant,
  beforeEnd: instant,
  afterCreatedAt: instant,
  beforeCreatedAt: instant,
  afterUpdatedAt: instant,
  beforeUpdatedAt: instant,
  sortStart: direction,
  sortEnd: direction,
  sortCreated: direction,
  sortUpdatedAt: direction,
  take: z.coerce
    .number()
    .int()
    .min(1, "take must not be less than 1")
    .max(250, "take must not be greater than 250")
    .default(100),
  skip: z.coerce.number().int().min(0).default(0),
  /** Only on 2026-05-01. */
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100, "limit must not be greater than 100").default(50),
});
type Filter = z.output<typeof listSchema>;

/** @throws ApiError 400 of the global ValidationPipe: a useless message, the content in `details.errors`. */
export function parseList(query: URLSearchParams): Filter {
  const given = Object.fromEntries(query);
  const parsed = listSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => {
    const property = String(issue.path[0] ?? "");
    const value = property === "take" || property === "limit" ? Number(given[property]) : given[property];
    const constraint = issue.message.includes("greater")
      ? "max"
      : issue.message.includes("less")
        ? "min"
        : "isEnum";
    return {
      target: { [property]: value },
      value,
      property,
      children: [],
      constraints: { [constraint]: issue.message },
    };
  });
  throw new ApiError(400, "Bad Request Exception", "a", "BadRequestException", { errors });
}

/** Bookings that the key's user hosts, attends or administers, as the read replica shows them. */
export function listBookings(store: Store, user: Host, filter: Filter, onlyTeam?: number): Booking[] {
  const administered = new Set<number>();
  for (const team of store.teams.values()) {
    if (team.members.some((m) => m.userId === user.id && m.role !== "member")) administered.add(team.id);
  }
  const teamOf = (row: Booking): number | null => {
    const type = store.eventTypes.get(row.eventTypeId);
    const parent = type?.parentEventTypeId == null ? undefined : store.eventTypes.get(type.parentEventTypeId);
    return type?.teamId ?? parent?.teamId ?? null;
  };
  const isVisible = (row: Booking): boolean => {
    if (row.hostIds.includes(user.id) || row.attendee.email === user.email) return true;
    const team = teamOf(row);
    return team !== null && administered.has(team);
  };
  const now = Date.now();
  const teams =
    onlyTeam === undefined ? (filter.teamId === undefined ? filter.teamsIds : [filter.teamId]) : [onlyTeam];
  const types = filter.eventTypeId === undefined ? filter.eventTypeIds : [filter.eventTypeId];
  const matches = (row: Booking): boolean =>
    (filter.bookingUid === undefined || row.uid === filter.bookingUid) &&
    (types === undefined || types.includes(row.eventTypeId)) &&
    (filter.attendeeName === undefined || row.attendee.name === filter.attendeeName) &&
    (filter.afterStart === undefined || row.start >= filter.afterStart) &&
    (filter.beforeEnd === undefined || row.end <= filter.beforeEnd) &&
    (filter.afterCreatedAt === undefined || row.createdAt >= filter.afterCreatedAt) &&
    (filter.beforeCreatedAt === undefined || row.createdAt <= filter.beforeCreatedAt) &&
    (filter.afterUpdatedAt === undefined || row.updatedAt >= filter.afterUpdatedAt) &&
    (filter.beforeUpdatedAt === undefined || row.updatedAt <= filter.beforeUpdatedAt) &&
    (filter.status === undefined || filter.status.some((status) => hasStatus(row, status, now))) &&
    (teams === undefined || teams.includes(teamOf(row) ?? -1)) &&
    isVisible(row);
  const rows: Booking[] = [];
  if (filter.bookingUid !== undefined) {
    const row = store.readReplica(filter.bookingUid);
    if (
      row !== undefined &&
      (filter.attendeeEmail ?? row.attendee.email) === row.attendee.email &&
      matches(row)
    )
      rows.push(row);
  } else {
    for (const row of store.replica(filter.attendeeEmail)) if (matches(row)) rows.push(row);
  }
  return rows.sort(order(filter));
}

/** Cal.com's meaning: `upcoming` includes pending ones, `cancelled` includes rejected ones. */
function hasStatus(row: Booking, status: string, now: number): boolean {
  const off = row.status === "cancelled" || row.status === "rejected";
  switch (status) {
    case "upcoming":
      return !off && row.end >= now;
    case "past":
      return !off && row.end <= now;
    case "cancelled":
      return off;
    case "unconfirmed":
      return row.status === "pending" && row.end >= now;
    default:
      return false;
  }
}

function order(filter: Filter): (a: Booking, b: Booking) => number {
  const sign = (d: "asc" | "desc" | undefined): number => (d === "desc" ? -1 : 1);
  if (filter.sortStart) return (a, b) => sign(filter.sortStart) * (a.start - b.start || a.id - b.id);
  if (filter.sortEnd) return (a, b) => sign(filter.sortEnd) * (a.end - b.end || a.id - b.id);
  if (filter.sortCreated)
    return (a, b) => sign(filter.sortCreated) * (a.createdAt - b.createdAt || a.id - b.id);
  if (filter.sortUpdatedAt)
    return (a, b) => sign(filter.sortUpdatedAt) * (a.updatedAt - b.updatedAt || a.id - b.id);
  return (a, b) => a.start - b.start || a.id - b.id;
}

/** One page of take/skip with its pagination block. */
export function page(rows: readonly Booking[], filter: Filter) {
  const { take, skip } = filter;
  const items = rows.slice(skip, skip + take);
  const remaining = Math.max(0, rows.length - skip - items.length);
  return {
    items,
    pagination: {
      returnedItems: items.length,
      totalItems: rows.length,
      itemsPerPage: take,
      remainingItems: remaining,
      currentPage: Math.floor(skip / take) + 1,
      totalPages: Math.ceil(rows.length / take),
      hasNextPage: remaining > 0,
      hasPreviousPage: skip > 0,
    },
  };
}

/** One page of the cursor list (2026-05-01), ordered by uid. */
export function cursorPage(rows: readonly Booking[], filter: Filter) {
  const sorted = [...rows].sort((a, b) => (a.uid < b.uid ? -1 : 1));
  const rest = filter.cursor === undefined ? sorted : sorted.filter((row) => row.uid > (filter.cursor ?? ""));
  const items = rest.slice(0, filter.limit);
  const hasMore = rest.length > items.length;
  return {
    items,
    pagination: { nextCursor: hasMore ? (items[items.length - 1]?.uid ?? null) : null, hasMore },
  };
}
