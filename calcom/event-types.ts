import { z } from "zod";
import type { Api } from "./api.js";
import type { CalcomClient, CalcomEventType, EventTypeRegistry } from "./client.js";
import { CalcomError } from "./errors.js";

const id = z.number().nullish().catch(null);
const flag = z.boolean().nullish().catch(false);

/** `disableCancelling` and `disableRescheduling` are booleans or objects, by age of the instance. */
const disabling = z
  .union([
    z.boolean(),
    z.object({ disabled: z.boolean().nullish() }).transform((rule) => rule.disabled ?? false),
  ])
  .nullish()
  .catch(false);
const isOn = z
  .looseObject({ disabled: z.boolean().nullish() })
  .nullish()
  .catch(null)
  .transform((value) => value !== null && value !== undefined && value.disabled !== true);
const scheduling = z
  .string()
  .nullish()
  .transform((text) => text?.toLowerCase().replace(/[^a-z]/g, "") ?? null)
  .pipe(z.enum(["roundrobin", "collective", "managed"]).nullable())
  .catch(null)
  .transform((kind) => (kind === "roundrobin" ? ("roundRobin" as const) : kind));

const dayWindow = z
  .object({
    type: z.enum(["calendarDays", "businessDays"]),
    value: z.number().min(0),
    disabled: z.literal(false).optional(),
  })
  // Five business days are never fewer than seven calendar days.
  .transform(({ type, value }) => (type === "calendarDays" ? value : Math.floor((value * 7) / 5)));
/** A window by days, or a list that holds one; `{disabled: true}` and a range of dates are none. */
const windowDays = z
  .union([z.array(z.unknown()).transform((list) => list[0]), z.unknown()])
  .transform((window) => dayWindow.safeParse(window).data ?? null);

const schema = z
  .object({
    id: z.number(),
    slug: z.string().catch(""),
    title: z.string().catch(""),
    lengthInMinutes: z.number(),
    lengthInMinutesOptions: z.array(z.number()).nullish().catch([]),
    schedulingType: scheduling,
    teamId: id,
    ownerId: id,
    parentEventTypeId: id,
    hosts: z
      .array(z.object({ userId: z.number(), name: z.string().nullish().catch(null) }))
      .nullish()
      .catch([]),
    users: z
      .array(z.object({ id: z.number(), name: z.string().nullish().catch(null) }))
      .nullish()
      .catch([]),
    confirmationPolicy: isOn,
    recurrence: isOn,
    seats: isOn,
    seatsPerTimeSlot: z.number().nullish().catch(null),
    hidden: flag,
    disableCancelling: disabling,
    disableRescheduling: disabling,
    minimumBookingNotice: z.number().nullish().catch(0),
    slotInterval: z.number().nullish().catch(null),
    beforeEventBuffer: z.number().nullish().catch(0),
    afterEventBuffer: z.number().nullish().catch(0),
    bookingWindow: windowDays,
    bookingFields: z
      .array(
        z.object({
          slug: z.string().nullish(),
          type: z.string().nullish(),
          required: z.boolean().nullish(),
          isDefault: z.boolean().nullish(),
        }),
      )
      .nullish()
      .catch([]),
  })
  .transform(
    (type): CalcomEventType => ({
      id: type.id,
      slug: type.slug,
      title: type.title,
      lengthInMinutes: type.lengthInMinutes,
      lengthOptions: type.lengthInMinutesOptions ?? [],
      schedulingType: type.schedulingType,
      teamId: type.teamId ?? null,
      ownerId: type.ownerId ?? null,
      parentEventTypeId: type.parentEventTypeId ?? null,
      hosts: type.hosts?.length
        ? type.hosts.map(({ userId, name }) => ({ id: userId, name: name ?? null }))
        : (type.users ?? []).map((user) => ({ id: user.id, name: user.name ?? null })),
      requiresConfirmation: type.confirmationPolicy,
      recurring: type.recurrence,
      seated: type.seats || type.seatsPerTimeSlot != null,
      hidden: type.hidden ?? false,
      disableCancelling: type.disableCancelling ?? false,
      disableRescheduling: type.disableRescheduling ?? false,
      minimumBookingNoticeMinutes: type.minimumBookingNotice ?? 0,
      slotIntervalMinutes: type.slotInterval ?? null,
      bufferBeforeMinutes: type.beforeEventBuffer ?? 0,
      bufferAfterMinutes: type.afterEventBuffer ?? 0,
      bookingWindowDays: type.bookingWindow,
      requiredFields: (type.bookingFields ?? []).flatMap(({ slug, type: kind, required }) =>
        required ? [slug ?? kind ?? ""].filter(Boolean) : [],
      ),
    }),
  );

const one = z.object({ status: z.literal("success"), data: schema });
const many = z.object({ status: z.literal("success"), data: z.array(schema) });
const readOne = (json: unknown) => one.safeParse(json).data?.data;
const readMany = (json: unknown) => many.safeParse(json).data?.data;

type EventTypeCalls = Pick<CalcomClient, "eventType" | "teamEventTypes" | "personalEventTypes">;

/** The endpoints of event types. */
export function eventTypeCalls(api: Api): EventTypeCalls {
  const read = { method: "GET", version: "eventTypes" } as const;
  return {
    eventType: async (a, typeId, o) => {
      if (a.teamId !== null) {
        const route = "/teams/:teamId/event-types/:typeId";
        const ofTeam = await api
          .call(a, { ...read, route, params: { teamId: a.teamId, typeId } }, o, readOne)
          .catch((error: unknown) => {
            if (error instanceof CalcomError && ["not_found", "forbidden"].includes(error.kind)) return null;
            throw error;
          });
        if (ofTeam) return ofTeam;
      }
      return api.call(a, { ...read, route: "/event-types/:typeId", params: { typeId } }, o, readOne);
    },
    teamEventTypes: async (a, o) =>
      a.teamId === null
        ? []
        : api.call(
            a,
            { ...read, route: "/teams/:teamId/event-types", params: { teamId: a.teamId } },
            o,
            readMany,
          ),
    personalEventTypes: (a, o) => api.call(a, { ...read, route: "/event-types" }, o, readMany),
  };
}

/** Making of event types. */
export function eventTypeRegistry(api: Api): EventTypeRegistry {
  return {
    create: async (a, input, o) => {
      if (a.teamId === null) throw new CalcomError("invalid", "the account has no team", { field: "teamId" });
      return await api.call(
        a,
        {
          method: "POST",
          version: "eventTypes",
          route: "/teams/:teamId/event-types",
          params: { teamId: a.teamId },
          body: {
            title: input.title,
            slug: input.slug,
            lengthInMinutes: input.lengthInMinutes,
            hidden: input.hidden,
            minimumBookingNotice: input.minimumBookingNoticeMinutes,
            schedulingType: "roundRobin",
            hosts: input.hostIds.map((userId) => ({ userId })),
            ...(input.place === null
              ? {}
              : { locations: [{ type: "address", address: input.place, public: true }] }),
          },
        },
        o,
        (json) => readOne(json) ?? readMany(json)?.[0],
      );
    },
  };
}
