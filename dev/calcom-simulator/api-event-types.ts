import { z } from "zod";
import { type Answer, ApiError, badRequest, success } from "./answers.js";
import { type EventType, eventTypeSchema } from "./model.js";
import { eventTypeOutput, slugOf } from "./output.js";
import { type Call, param, type Route, type World } from "./routes.js";
import { parseOrRefuse } from "./validation.js";

/** What Cal.com takes for a team's event type, as far as this one can hold it; the rest is dropped without a word. */
const newEventType = z.object({
  title: z.string().min(1),
  slug: z.string().min(1),
  lengthInMinutes: z.int().positive(),
  schedulingType: z.enum(["roundRobin", "collective", "managed"]),
  description: z.string().optional(),
  hidden: z.boolean().optional(),
  minimumBookingNotice: z.number().min(0).optional(),
  slotInterval: z.int().positive().optional(),
  beforeEventBuffer: z.number().min(0).optional(),
  afterEventBuffer: z.number().min(0).optional(),
  assignAllTeamMembers: z.boolean().optional(),
  hosts: z.array(z.object({ userId: z.int() })).optional(),
  locations: z.array(z.looseObject({ type: z.string(), address: z.string().optional() })).optional(),
});

function createTeamEventType(call: Call, world: World): Answer {
  const teamId = Number(param(call, "teamId"));
  const members = world.store.teams.get(teamId)?.members ?? [];
  const role = members.find((member) => member.userId === call.user?.id)?.role;
  if (role === undefined || role === "member") {
    throw new ApiError(
      403,
      `RolesGuard - User does not have the minimum required role TEAM_ADMIN in team with id ${teamId}.`,
    );
  }
  const body = parseOrRefuse(newEventType, call.body ?? {});
  const known = [...world.store.eventTypes.values()];
  if (known.some((type) => type.teamId === teamId && slugOf(type) === body.slug)) {
    throw badRequest("URL Slug already exists for given user.");
  }
  const hosts = body.assignAllTeamMembers
    ? members.map((member) => member.userId)
    : (body.hosts ?? []).map((host) => host.userId);
  for (const id of hosts) {
    if (!members.some((member) => member.userId === id)) {
      throw badRequest(`Invalid hosts: user with id ${id} is not a member of the team ${teamId}`);
    }
  }
  const { locations, assignAllTeamMembers: _, hosts: __, ...rest } = body;
  const type: EventType = eventTypeSchema.parse({
    ...rest,
    id: Math.max(0, ...world.store.eventTypes.keys()) + 1,
    teamId,
    hosts,
    minimumBookingNotice: body.minimumBookingNotice ?? 120,
    ...(locations?.[0]?.type === "address" && locations[0].address ? { location: locations[0].address } : {}),
  });
  world.store.eventTypes.set(type.id, type);
  world.store.onChange();
  return success(eventTypeOutput(world.store, type), 201);
}

/** Making of event types. */
export const eventTypeRoutes: readonly Route[] = [
  {
    method: "POST",
    pattern: "/v2/teams/:teamId/event-types",
    operation: "create-event-type",
    auth: "required",
    handle: createTeamEventType,
  },
];
