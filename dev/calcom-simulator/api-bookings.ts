import { z } from "zod";
import { type Answer, ApiError, badRequest, notFound, raw, success, trpc } from "./answers.js";
import { freeSlots } from "./availability.js";
import { cursorPage, listBookings, page, parseList } from "./list.js";
import type { Booking, EventType, Host } from "./model.js";
import { bookingOutput, slugOf, usernameOf } from "./output.js";
import { type Call, param, type Route, type World } from "./routes.js";
import {
  parseCancel,
  parseCreate,
  parseInstant,
  parseOrRefuse,
  parseReschedule,
  parseSlots,
  type SlotsQuery,
} from "./validation.js";
import { isoDay, isoInZone, localDay } from "./zone.js";

const BOOKINGS = ["2024-08-13", "2026-02-25"];
const LIST = ["2024-08-13", "2026-05-01"];
const SLOTS = ["2024-09-04"];
const isNew = (call: Call): boolean => call.version === "2026-02-25";

/** The type that a body or a query names. */
function resolveType(
  world: World,
  named: {
    eventTypeId?: number | null;
    eventTypeSlug?: string | null;
    username?: string | null;
    teamSlug?: string | null;
  },
): EventType | undefined {
  if (named.eventTypeId != null) return world.store.eventTypes.get(named.eventTypeId);
  for (const type of world.store.eventTypes.values()) {
    if (slugOf(type) !== named.eventTypeSlug) continue;
    const team = type.teamId === null ? undefined : world.store.teams.get(type.teamId);
    if (named.teamSlug != null && team !== undefined && slugOf(team) === named.teamSlug) return type;
    const owner = type.ownerId === null ? undefined : world.store.hosts.get(type.ownerId);
    if (named.username != null && owner !== undefined && usernameOf(owner) === named.username) return type;
  }
  return undefined;
}

function administers(world: World, user: Host | undefined, type: EventType | undefined): boolean {
  if (user === undefined || type === undefined) return false;
  if (type.ownerId === user.id || world.store.hostIds(type).includes(user.id)) return true;
  const team = type.teamId === null ? undefined : world.store.teams.get(type.teamId);
  return team?.members.some((m) => m.userId === user.id && m.role !== "member") ?? false;
}

/** Where Cal.com re-reads the new booking from its replica, a lagging one turns a success into a raw 500. */
function answerNew(world: World, row: Booking, status: number): Answer {
  if (world.settings().createReadsReplica && world.store.readReplica(row.uid) === undefined) {
    throw raw(500, "Internal server error");
  }
  return success(bookingOutput(world.store, row), status);
}

async function create(call: Call, world: World): Promise<Answer> {
  const body = parseCreate(call.body, isNew(call));
  const type = resolveType(world, body);
  if (type === undefined) {
    if (body.eventTypeId != null) throw notFound(`Event type with id ${body.eventTypeId} not found.`);
    const owner = body.username == null ? `team ${body.teamSlug}` : `user ${body.username}`;
    throw notFound(`Event type with slug ${body.eventTypeSlug} belonging to ${owner} not found.`);
  }
  if (type.bookingRequiresAuthentication && !administers(world, call.user, type)) {
    if (call.user === undefined) {
      throw new ApiError(
        401,
        "checkBookingRequiresAuthentication - request must be authenticated by passing credentials belonging to event type owner, host or team or org admin or owner.",
      );
    }
    throw new ApiError(
      403,
      "checkBookingRequiresAuthentication - user is not authorized to access this event type. User has to be either event type owner, host, team admin or owner or org admin or owner.",
    );
  }
  const { attendee } = body;
  // A null answer becomes an empty one.
  const responses = Object.fromEntries(
    Object.entries(body.bookingFieldsResponses ?? {}).map(([slug, value]) => [slug, value ?? ""]),
  );
  const row = await world.bookings.create(
    {
      eventTypeId: type.id,
      start: parseInstant(body.start),
      lengthInMinutes: body.lengthInMinutes ?? undefined,
      attendee: {
        name: attendee.name,
        email: attendee.email || `${(attendee.phoneNumber ?? "").replace(/\D/g, "")}@sms.cal.com`,
        timeZone: attendee.timeZone,
        language: attendee.language ?? "en",
        phoneNumber: attendee.phoneNumber ?? undefined,
        absent: false,
      },
      guests: body.guests ?? [],
      responses,
      metadata: body.metadata ?? {},
      location: locationOf(body.location),
    },
    call.change,
  );
  return answerNew(world, row, 201);
}

const locationSchema = z.looseObject({ type: z.string() });
function locationOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const parsed = locationSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { type, integration, address, location, phone } = parsed.data;
  if (type === "integration")
    return `integrations:${integration === "cal-video" ? "daily" : String(integration)}`;
  for (const text of [address, location, phone]) if (typeof text === "string") return text;
  return undefined;
}

async function reschedule(call: Call, world: World): Promise<Answer> {
  const body = parseReschedule(call.body, isNew(call));
  const row = await world.bookings.reschedule(
    param(call, "uid"),
    {
      start: parseInstant(body.start),
      rescheduledBy: body.rescheduledBy ?? undefined,
      reason: body.reschedulingReason ?? undefined,
      sameHost: body.rescheduleWithSameHost ?? false,
    },
    call.change,
  );
  return answerNew(world, row, 201);
}

async function cancel(call: Call, world: World): Promise<Answer> {
  const body = parseCancel(call.body);
  const uid = param(call, "uid");
  const type = world.store.eventTypes.get(world.store.read(uid)?.eventTypeId ?? 0);
  const asHost = administers(world, call.user, type);
  const row = await world.bookings.cancel(
    uid,
    { reason: body.cancellationReason ?? undefined, asHost },
    call.change,
  );
  return success(bookingOutput(world.store, row));
}

/** Confirm and decline: a key that does not administer the booking gets the TRPC 401. */
async function decide(call: Call, world: World, decision: "confirm" | "decline"): Promise<Answer> {
  const row = world.bookings.read(param(call, "uid"));
  if (!administers(world, call.user, world.store.eventTypes.get(row.eventTypeId))) throw trpc(401);
  const reason = parseOrRefuse(z.object({ reason: z.string().optional() }), call.body ?? {}).reason;
  return success(
    bookingOutput(world.store, await world.bookings.decide(row.uid, decision, reason, call.change)),
  );
}

const absentSchema = z.object({
  host: z.boolean().optional(),
  attendees: z.array(z.object({ email: z.string(), absent: z.boolean() })).optional(),
});

async function markAbsent(call: Call, world: World): Promise<Answer> {
  const row = world.bookings.read(param(call, "uid"));
  if (!administers(world, call.user, world.store.eventTypes.get(row.eventTypeId))) throw trpc(401);
  const body = parseOrRefuse(absentSchema, call.body ?? {});
  return success(bookingOutput(world.store, await world.bookings.markAbsent(row.uid, body, call.change)));
}

async function reassign(call: Call, world: World): Promise<Answer> {
  const row = world.bookings.read(param(call, "uid"));
  if (!administers(world, call.user, world.store.eventTypes.get(row.eventTypeId))) {
    throw new ApiError(403, "You do not have permission to reassign this booking");
  }
  const wanted = call.params.userId;
  const next = await world.bookings.reassign(
    row.uid,
    wanted === undefined ? undefined : Number(wanted),
    call.change,
  );
  const host = world.store.hosts.get(next.hostIds[0] ?? 0);
  return success({
    bookingUid: next.uid,
    reassignedTo: { id: host?.id, name: host?.name, email: host?.email, displayEmail: host?.email },
  });
}

async function requestReschedule(call: Call, world: World): Promise<Answer> {
  const row = world.bookings.read(param(call, "uid"));
  if (!administers(world, call.user, world.store.eventTypes.get(row.eventTypeId))) throw trpc(401);
  const body = parseOrRefuse(z.object({ rescheduleReason: z.string().optional() }), call.body ?? {});
  const next = await world.bookings.requestReschedule(row.uid, body.rescheduleReason, call.change);
  return success(bookingOutput(world.store, next));
}

async function changeLocation(call: Call, world: World): Promise<Answer> {
  const row = world.bookings.read(param(call, "uid"));
  if (!administers(world, call.user, world.store.eventTypes.get(row.eventTypeId))) throw trpc(401);
  const body = parseOrRefuse(z.object({ location: z.unknown().optional() }), call.body ?? {});
  const location = locationOf(body.location);
  if (location === undefined)
    throw badRequest("location property is wrong,location should not be null or undefined ");
  return success(
    bookingOutput(world.store, await world.bookings.changeLocation(row.uid, location, call.change)),
  );
}

function get(call: Call, world: World): Answer {
  const row = world.store.readReplica(param(call, "uid"));
  if (row === undefined)
    throw notFound(`Booking with uid=${param(call, "uid")} was not found in the database`);
  return success(bookingOutput(world.store, row));
}

function list(call: Call, world: World, onlyTeam?: number): Answer {
  if (call.user === undefined) throw new ApiError(401, "Unauthorized");
  const filter = parseList(call.query);
  const isCursor = call.version === "2026-05-01";
  const rows = listBookings(world.store, call.user, filter, onlyTeam);
  const { items, pagination } = isCursor ? cursorPage(rows, filter) : page(rows, filter);
  return {
    status: 200,
    body: { status: "success", data: items.map((row) => bookingOutput(world.store, row)), pagination },
  };
}

/** Date-only and midnight ends mean the end of that day; the map's days are days in the zone asked for. */
function slotBounds(query: SlotsQuery): { from: number; to: number } {
  const from = parseInstant(query.start);
  const to = parseInstant(query.end);
  const isMidnight = !query.end.includes("T") || /T00:00:00(?:\.0+)?(?:Z|[+-]\d{2}:?\d{2})?$/.test(query.end);
  return { from, to: isMidnight ? to + 86_399_000 : to };
}

function slots(call: Call, world: World): Answer {
  const query = parseSlots(call.query);
  const type = resolveType(world, query);
  if (type === undefined) throw notFound("Event Type not found");
  const zone = query.timeZone ?? "UTC";
  const minutes = query.duration ?? type.lengthInMinutes;
  const { from, to } = slotBounds(query);
  const days: Record<string, { start: string; end?: string }[]> = {};
  for (const at of freeSlots(world.store, type, from, to, minutes, query.bookingUidToReschedule)) {
    const day = isoDay(localDay(zone, at));
    days[day] ??= [];
    days[day]?.push({
      start: isoInZone(zone, at),
      ...(query.format === "range" ? { end: isoInZone(zone, at + minutes * 60_000) } : {}),
    });
  }
  return success(days);
}

/** Bookings and slots. */
export const bookingRoutes: readonly Route[] = [
  {
    method: "POST",
    pattern: "/v2/bookings",
    operation: "create",
    versions: BOOKINGS,
    auth: "optional",
    handle: create,
  },
  {
    method: "GET",
    pattern: "/v2/bookings",
    operation: "list",
    versions: LIST,
    auth: "required",
    handle: (c, w) => list(c, w),
  },
  {
    method: "GET",
    pattern: "/v2/teams/:teamId/bookings",
    operation: "list",
    auth: "required",
    handle: (c, w) => list(c, w, Number(param(c, "teamId"))),
  },
  {
    method: "GET",
    pattern: "/v2/bookings/:uid",
    operation: "get",
    versions: BOOKINGS,
    auth: "optional",
    handle: get,
  },
  {
    method: "POST",
    pattern: "/v2/bookings/:uid/reschedule",
    operation: "reschedule",
    versions: BOOKINGS,
    auth: "optional",
    handle: reschedule,
  },
  {
    method: "POST",
    pattern: "/v2/bookings/:uid/cancel",
    operation: "cancel",
    versions: BOOKINGS,
    auth: "optional",
    handle: cancel,
  },
  {
    method: "POST",
    pattern: "/v2/bookings/:uid/confirm",
    operation: "confirm",
    versions: BOOKINGS,
    auth: "required",
    handle: (c, w) => decide(c, w, "confirm"),
  },
  {
    method: "POST",
    pattern: "/v2/bookings/:uid/decline",
    operation: "decline",
    versions: BOOKINGS,
    auth: "required",
    handle: (c, w) => decide(c, w, "decline"),
  },
  {
    method: "POST",
    pattern: "/v2/bookings/:uid/mark-absent",
    operation: "mark-absent",
    versions: BOOKINGS,
    auth: "required",
    handle: markAbsent,
  },
  {
    method: "POST",
    pattern: "/v2/bookings/:uid/reassign",
    operation: "reassign",
    versions: BOOKINGS,
    auth: "required",
    handle: reassign,
  },
  {
    method: "POST",
    pattern: "/v2/bookings/:uid/reassign/:userId",
    operation: "reassign",
    versions: BOOKINGS,
    auth: "required",
    handle: reassign,
  },
  {
    method: "POST",
    pattern: "/v2/bookings/:uid/request-reschedule",
    operation: "request-reschedule",
    versions: BOOKINGS,
    auth: "required",
    hostedOnly: true,
    handle: requestReschedule,
  },
  {
    method: "PATCH",
    pattern: "/v2/bookings/:uid/location",
    operation: "location",
    versions: BOOKINGS,
    auth: "required",
    handle: changeLocation,
  },
  {
    method: "GET",
    pattern: "/v2/slots",
    operation: "slots",
    versions: SLOTS,
    auth: "optional",
    handle: slots,
  },
];
