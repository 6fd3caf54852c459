import type { Api, ApiCall } from "./api.js";
import { type ListedBooking, readListed, readPage } from "./booking.js";
import type {
  BookingFilter,
  BookingListStatus,
  CalcomAccount,
  CalcomBooking,
  CallOptions,
} from "./client.js";
import type { Log } from "./lease.js";

const MIN_PER_PAGE = 10;
const MAX_PER_PAGE = 250;
const MAX_PAGES = 200;
/** Rows that change while we read move to another place: pages overlap so that none falls between two. */
const OVERLAP = 10;

/** See `CalcomClient.listBookings`. */
export async function listBookings(
  api: Api,
  log: Log | undefined,
  account: CalcomAccount,
  filter: BookingFilter,
  options: CallOptions,
): Promise<CalcomBooking[]> {
  if (filter.eventTypeIds?.length === 0) return [];
  const max = filter.maxItems ?? Number.POSITIVE_INFINITY;
  const take = Math.min(MAX_PER_PAGE, Math.max(MIN_PER_PAGE, max));
  const step = take > 5 * OVERLAP ? take - OVERLAP : take;
  const found = new Map<string, CalcomBooking>();
  let unreadable = 0;

  for (let pageNo = 0; pageNo < MAX_PAGES && found.size < max; pageNo += 1) {
    const page = await api.call(account, listCall(filter, take, pageNo * step), options, readPage);
    for (const row of page.rows) {
      const listed = readListed(row);
      if (!listed) unreadable += 1;
      else if (matches(listed, filter)) found.set(listed.booking.uid, listed.booking);
    }
    if (page.rows.length === 0 || !(page.more ?? page.rows.length >= take)) break;
  }
  if (unreadable > 0) log?.warn({ rows: unreadable }, "Cal.com listed bookings that cannot be read");
  return sorted([...found.values()], filter).slice(0, max);
}

function listCall(filter: BookingFilter, take: number, skip: number): ApiCall {
  const ids = filter.eventTypeIds;
  return {
    method: "GET",
    route: "/bookings",
    version: "bookings",
    query: {
      eventTypeId: ids?.length === 1 ? ids[0] : undefined,
      eventTypeIds: ids && ids.length > 1 ? ids.join(",") : undefined,
      attendeeEmail: filter.attendeeEmail?.trim().toLowerCase(),
      afterStart: filter.afterStart?.toISOString(),
      beforeEnd: filter.beforeEnd?.toISOString(),
      afterUpdatedAt: filter.afterUpdatedAt?.toISOString(),
      status: statuses(filter)?.join(","),
      teamId: filter.teamId,
      sortUpdatedAt: filter.sortUpdatedAt,
      sortCreated: filter.sortCreated,
      sortStart: filter.sortStart,
      take,
      skip: skip === 0 ? undefined : skip,
    },
  };
}

/** Filters have been ignored and foreign rows returned before, silently: what comes back is checked here. */
function matches({ booking, addresses }: ListedBooking, filter: BookingFilter): boolean {
  const { eventTypeIds, attendeeEmail, afterStart, beforeEnd, afterUpdatedAt } = filter;
  const email = attendeeEmail?.trim().toLowerCase();
  const updated = booking.updatedAt ?? booking.createdAt;
  const wanted = statuses(filter);
  return (
    (!eventTypeIds || (booking.eventTypeId !== null && eventTypeIds.includes(booking.eventTypeId))) &&
    (email === undefined || addresses.includes(email)) &&
    (!afterStart || booking.start >= afterStart) &&
    (!beforeEnd || booking.end <= beforeEnd) &&
    (!afterUpdatedAt || (updated !== null && updated >= afterUpdatedAt)) &&
    (!wanted || wanted.some((status) => hasStatus(booking, status)))
  );
}

function statuses(filter: BookingFilter): readonly BookingListStatus[] | null {
  if (filter.status === undefined) return null;
  return typeof filter.status === "string" ? [filter.status] : filter.status;
}

function hasStatus({ status, end }: CalcomBooking, wanted: BookingListStatus): boolean {
  const dead = status === "cancelled" || status === "rejected";
  // a minute of difference between two clocks must not lose a booking that ends now
  const now = Date.now();
  const over = end.getTime() <= now + 60_000;
  const ahead = end.getTime() >= now - 60_000;
  switch (wanted) {
    case "cancelled":
      return dead;
    case "upcoming":
      return !dead && ahead;
    case "past":
      return !dead && over;
    case "unconfirmed":
      return status === "pending" && ahead;
  }
}

function sorted(bookings: CalcomBooking[], filter: BookingFilter): CalcomBooking[] {
  const by = (date: (booking: CalcomBooking) => Date | null, order: "asc" | "desc") =>
    bookings.sort((a, b) => {
      const difference = (date(a)?.getTime() ?? 0) - (date(b)?.getTime() ?? 0);
      return order === "asc" ? difference : -difference;
    });
  if (filter.sortUpdatedAt)
    return by((booking) => booking.updatedAt ?? booking.createdAt, filter.sortUpdatedAt);
  if (filter.sortCreated) return by((booking) => booking.createdAt, filter.sortCreated);
  if (filter.sortStart) return by((booking) => booking.start, filter.sortStart);
  return bookings;
}
