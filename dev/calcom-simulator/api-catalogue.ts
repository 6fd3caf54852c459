import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Answer, ApiError, badRequest, notFound, success } from "./answers.js";
import { HOSTED_ONLY, type Host, type Reservation, type Subscription, triggerSchema } from "./model.js";
import { eventTypeOutput, meOutput, slugOf, teamOutput, usernameOf, webhookOutput } from "./output.js";
import { type Call, param, type Route, type World } from "./routes.js";
import { parseInstant, parseOrRefuse } from "./validation.js";

const EVENT_TYPES = ["2024-06-14", "2026-06-12"];
const SLOTS = ["2024-09-04"];

function userOf(call: Call): Host {
  if (call.user === undefined) throw new ApiError(401, "Unauthorized");
  return call.user;
}

function teams(call: Call, world: World): Answer {
  const user = userOf(call);
  const mine = [...world.store.teams.values()].filter((team) =>
    team.members.some((m) => m.userId === user.id),
  );
  return success(mine.map(teamOutput));
}

function team(call: Call, world: World): Answer {
  const user = userOf(call);
  const found = world.store.teams.get(Number(param(call, "teamId")));
  if (found === undefined) throw notFound(`Team with id ${param(call, "teamId")} not found`);
  if (!found.members.some((m) => m.userId === user.id)) {
    throw new ApiError(403, `RolesGuard - User is not a member of the team with id ${found.id}.`);
  }
  return success(teamOutput(found));
}

function teamEventTypes(call: Call, world: World): Answer {
  const teamId = Number(param(call, "teamId"));
  const slug = call.query.get("eventSlug");
  const types = [...world.store.eventTypes.values()].filter(
    (type) => type.teamId === teamId && (slug === null || slugOf(type) === slug),
  );
  return success(types.map((type) => eventTypeOutput(world.store, type)));
}

function teamEventType(call: Call, world: World): Answer {
  const user = userOf(call);
  const teamId = Number(param(call, "teamId"));
  const member = world.store.teams.get(teamId)?.members.find((m) => m.userId === user.id);
  if (member === undefined || member.role === "member") {
    throw new ApiError(
      403,
      `RolesGuard - User does not have the minimum required role TEAM_ADMIN in team with id ${teamId}.`,
    );
  }
  const type = world.store.eventTypes.get(Number(param(call, "eventTypeId")));
  if (type === undefined || type.teamId !== teamId) {
    throw notFound(`Event type with id ${param(call, "eventTypeId")} not found`);
  }
  return success(eventTypeOutput(world.store, type));
}

/** Personal types; hidden ones only for their owner. */
function personalEventTypes(call: Call, world: World): Answer {
  const username = call.query.get("username");
  const slug = call.query.get("eventSlug");
  const owner =
    username === null
      ? call.user
      : [...world.store.hosts.values()].find((host) => usernameOf(host) === username);
  const types = [...world.store.eventTypes.values()].filter(
    (type) =>
      owner !== undefined &&
      type.ownerId === owner.id &&
      type.teamId === null &&
      (slug === null || slugOf(type) === slug) &&
      (!type.hidden || call.user?.id === owner.id),
  );
  return success(types.map((type) => eventTypeOutput(world.store, type)));
}

function personalEventType(call: Call, world: World): Answer {
  const user = userOf(call);
  const type = world.store.eventTypes.get(Number(param(call, "eventTypeId")));
  if (type === undefined) throw notFound(`Event type with id ${param(call, "eventTypeId")} not found`);
  if (type.ownerId !== user.id && !world.store.hostIds(type).includes(user.id)) {
    throw new ApiError(403, `User with ID=${user.id} does not own event type with ID=${type.id}`);
  }
  return success(eventTypeOutput(world.store, type));
}

const webhookBody = z.object({
  active: z.boolean(),
  subscriberUrl: z.url(),
  triggers: z.array(triggerSchema).min(1),
  secret: z.string().optional(),
});

function webhookScope(call: Call): Subscription["scope"] {
  const { eventTypeId } = call.params;
  return eventTypeId === undefined ? { userId: userOf(call).id } : { eventTypeId: Number(eventTypeId) };
}

const sameScope = (a: Subscription["scope"], b: Subscription["scope"]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

function createWebhook(call: Call, world: World): Answer {
  const scope = webhookScope(call);
  const body = parseOrRefuse(webhookBody, call.body ?? {});
  if (world.settings().edition === "self-hosted" && body.triggers.some((t) => HOSTED_ONLY.includes(t))) {
    throw badRequest(
      "triggers property is wrong,each value in triggers must be one of the following values ",
    );
  }
  for (const known of world.store.webhooks.values()) {
    if (known.url === body.subscriberUrl && sameScope(known.scope, scope)) {
      const owner = "userId" in scope ? "user" : "event type";
      throw new ApiError(409, `Webhook with this subscriber url already exists for this ${owner}`);
    }
  }
  const webhook = world.store.putWebhook({
    id: randomUUID(),
    url: body.subscriberUrl,
    secret: body.secret ?? null,
    scope,
    triggers: body.triggers,
    active: body.active,
  });
  return success(webhookOutput(webhook), 201);
}

function webhookOf(call: Call, world: World): Subscription {
  const webhook = world.store.webhooks.get(param(call, "webhookId"));
  if (webhook === undefined || !sameScope(webhook.scope, webhookScope(call))) {
    throw notFound(`Webhook (${param(call, "webhookId")}) not found`);
  }
  return webhook;
}

function patchWebhook(call: Call, world: World): Answer {
  const webhook = webhookOf(call, world);
  const edit = parseOrRefuse(webhookBody.partial(), call.body ?? {});
  const next = world.store.putWebhook({
    ...webhook,
    active: edit.active ?? webhook.active,
    url: edit.subscriberUrl ?? webhook.url,
    triggers: edit.triggers ?? webhook.triggers,
    secret: edit.secret ?? webhook.secret,
  });
  return success(webhookOutput(next));
}

function deleteWebhook(call: Call, world: World): Answer {
  const webhook = webhookOf(call, world);
  world.store.webhooks.delete(webhook.id);
  world.store.onChange();
  return success(webhookOutput(webhook));
}

function listWebhooks(call: Call, world: World): Answer {
  const scope = webhookScope(call);
  return success(
    [...world.store.webhooks.values()].filter((w) => sameScope(w.scope, scope)).map(webhookOutput),
  );
}

function webhookRoutes(base: string): Route[] {
  const shared = { operation: "webhooks", auth: "required" } as const;
  const one = `${base}/:webhookId`;
  return [
    { method: "POST", pattern: base, handle: createWebhook, ...shared },
    { method: "GET", pattern: base, handle: listWebhooks, ...shared },
    { method: "GET", pattern: one, handle: (c, w) => success(webhookOutput(webhookOf(c, w))), ...shared },
    { method: "PATCH", pattern: one, handle: patchWebhook, ...shared },
    { method: "DELETE", pattern: one, handle: deleteWebhook, ...shared },
  ];
}

const reservationBody = z.object({
  eventTypeId: z.int(),
  slotStart: z.string(),
  slotDuration: z.int().positive().optional(),
  reservationDuration: z.int().positive().optional(),
});

/** A courtesy, not a lock: it hides the slot from GET /slots, on the first host only, and POST /bookings ignores it. */
function reserve(call: Call, world: World, replaced?: Reservation): Answer {
  const body = parseOrRefuse(reservationBody, call.body ?? {});
  const type = world.store.eventTypes.get(body.eventTypeId);
  if (type === undefined) throw notFound(`Event Type with ID=${body.eventTypeId} not found`);
  if (body.reservationDuration !== undefined && call.user === undefined) {
    throw new ApiError(
      401,
      "reservationDuration can only be used for authenticated requests - use access token, api key or OAuth credentials",
    );
  }
  const [hostId] = world.store.hostIds(type);
  if (hostId === undefined) throw badRequest("Cannot reserve a slot for a team event without any hosts");
  const start = parseInstant(body.slotStart);
  const minutes = body.slotDuration ?? type.lengthInMinutes;
  const end = start + minutes * 60_000;
  const now = Date.now();
  for (const other of world.store.reservations.values()) {
    if (
      other.uid !== replaced?.uid &&
      other.hostId === hostId &&
      other.until > now &&
      other.start < end &&
      other.end > start
    ) {
      throw new ApiError(
        422,
        "This time slot is already reserved by another user. Please choose a different time.",
      );
    }
  }
  if (world.store.calendar(hostId)?.isBusy(start, end) === true) {
    throw new ApiError(422, "Can't reserve a slot if the event is already booked.");
  }
  const lasts = body.reservationDuration ?? 5;
  const reservation: Reservation = {
    uid: replaced?.uid ?? randomUUID(),
    eventTypeId: type.id,
    hostId,
    start,
    end,
    minutes: lasts,
    until: now + lasts * 60_000,
  };
  world.store.reservations.set(reservation.uid, reservation);
  world.store.onChange();
  return success(reservationOutput(reservation), replaced === undefined ? 201 : 200);
}

function reservationOutput(reservation: Reservation) {
  return {
    eventTypeId: reservation.eventTypeId,
    slotStart: new Date(reservation.start).toISOString(),
    slotEnd: new Date(reservation.end).toISOString(),
    slotDuration: (reservation.end - reservation.start) / 60_000,
    reservationUid: reservation.uid,
    reservationDuration: reservation.minutes,
    reservationUntil: new Date(reservation.until).toISOString(),
  };
}

function reservationOf(call: Call, world: World): Reservation {
  const found = world.store.reservations.get(param(call, "uid"));
  if (found === undefined) throw notFound(`Reserved slot with uid=${param(call, "uid")} not found`);
  return found;
}

function release(call: Call, world: World): Answer {
  world.store.reservations.delete(reservationOf(call, world).uid);
  world.store.onChange();
  return { status: 200, body: { status: "success" } };
}

const reservation = { operation: "reservations", versions: SLOTS, auth: "optional" } as const;

/** Me, teams, event types, webhooks, slot reservations. */
export const catalogueRoutes: readonly Route[] = [
  {
    method: "GET",
    pattern: "/v2/me",
    operation: "me",
    auth: "required",
    handle: (call) => success(meOutput(userOf(call))),
  },
  { method: "GET", pattern: "/v2/teams", operation: "teams", auth: "required", handle: teams },
  { method: "GET", pattern: "/v2/teams/:teamId", operation: "teams", auth: "required", handle: team },
  {
    method: "GET",
    pattern: "/v2/teams/:teamId/event-types",
    operation: "event-types",
    auth: "optional",
    handle: teamEventTypes,
  },
  {
    method: "GET",
    pattern: "/v2/teams/:teamId/event-types/:eventTypeId",
    operation: "event-types",
    auth: "required",
    handle: teamEventType,
  },
  {
    method: "GET",
    pattern: "/v2/event-types",
    operation: "event-types",
    versions: EVENT_TYPES,
    auth: "optional",
    handle: personalEventTypes,
  },
  {
    method: "GET",
    pattern: "/v2/event-types/:eventTypeId",
    operation: "event-types",
    versions: EVENT_TYPES,
    auth: "required",
    handle: personalEventType,
  },
  { method: "POST", pattern: "/v2/slots/reservations", handle: (c, w) => reserve(c, w), ...reservation },
  {
    method: "GET",
    pattern: "/v2/slots/reservations/:uid",
    handle: (c, w) => success(reservationOutput(reservationOf(c, w))),
    ...reservation,
  },
  {
    method: "PATCH",
    pattern: "/v2/slots/reservations/:uid",
    handle: (c, w) => reserve(c, w, reservationOf(c, w)),
    ...reservation,
  },
  { method: "DELETE", pattern: "/v2/slots/reservations/:uid", handle: release, ...reservation },
  ...webhookRoutes("/v2/webhooks"),
  ...webhookRoutes("/v2/event-types/:eventTypeId/webhooks"),
  ...webhookRoutes("/v2/teams/:teamId/event-types/:eventTypeId/webhooks"),
];
