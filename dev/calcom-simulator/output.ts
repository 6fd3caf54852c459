import type { Booking, EventType, Host, Subscription, Team } from "./model.js";
import type { Store } from "./store.js";

type Json = Record<string, unknown>;

export const usernameOf = (host: Host): string =>
  host.username ?? host.email.split("@")[0] ?? String(host.id);
export const slugOf = (entity: { readonly slug?: string | undefined; readonly id: number }): string =>
  entity.slug ?? String(entity.id);

/** A booking as API v2 answers it; only the organizer stands in `hosts`, also for collective types. */
export function bookingOutput(store: Store, row: Booking): Json {
  const host = store.hosts.get(row.hostIds[0] ?? 0);
  const type = store.eventTypes.get(row.eventTypeId);
  const { attendee } = row;
  const phone = attendee.phoneNumber === undefined ? {} : { phoneNumber: attendee.phoneNumber };
  return {
    id: row.id,
    uid: row.uid,
    title: row.title,
    description: typeof row.responses.notes === "string" ? row.responses.notes : "",
    hosts: host
      ? [
          {
            id: host.id,
            name: host.name,
            email: host.email,
            displayEmail: host.email,
            username: usernameOf(host),
            timeZone: host.timeZone,
          },
        ]
      : [],
    status: row.status,
    ...(row.status === "rejected" ? { cancellationReason: row.rejectionReason ?? "" } : {}),
    ...(row.status === "cancelled"
      ? { cancellationReason: row.cancellationReason ?? "", cancelledByEmail: row.cancelledByEmail ?? "" }
      : {}),
    ...(row.fromUid === undefined ? {} : { rescheduledFromUid: row.fromUid }),
    ...(row.toUid === undefined ? {} : { rescheduledToUid: row.toUid }),
    ...(row.fromUid === undefined && row.toUid === undefined
      ? {}
      : {
          reschedulingReason: row.reschedulingReason ?? "",
          rescheduledByEmail: row.rescheduledByEmail ?? "",
        }),
    start: new Date(row.start).toISOString(),
    end: new Date(row.end).toISOString(),
    duration: (row.end - row.start) / 60_000,
    eventTypeId: row.eventTypeId,
    eventType: { id: row.eventTypeId, slug: type === undefined ? "" : slugOf(type) },
    location: row.location,
    meetingUrl: row.location,
    absentHost: row.absentHost,
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
    metadata: row.metadata,
    icsUid: `${row.uid}@Cal.com`,
    attendees: [
      {
        name: attendee.name,
        email: attendee.email,
        displayEmail: attendee.email,
        timeZone: attendee.timeZone,
        language: attendee.language,
        absent: attendee.absent,
        ...phone,
      },
    ],
    guests: row.guests,
    bookingFieldsResponses: {
      name: attendee.name,
      email: attendee.email,
      displayEmail: attendee.email,
      ...(attendee.phoneNumber === undefined ? {} : { attendeePhoneNumber: attendee.phoneNumber }),
      guests: row.guests,
      ...row.responses,
    },
  };
}

/** An event type of a person or a team (2024-06-14). */
export function eventTypeOutput(store: Store, type: EventType): Json {
  const people = store
    .hostIds(type)
    .map((id) => store.hosts.get(id))
    .filter((host) => host !== undefined);
  const team = type.teamId === null ? undefined : store.teams.get(type.teamId);
  const slug = slugOf(type);
  const owner = type.ownerId === null ? undefined : store.hosts.get(type.ownerId);
  const page =
    team === undefined ? usernameOf(owner ?? people[0] ?? fallbackUser(0)) : `team/${slugOf(team)}`;
  const shared = {
    id: type.id,
    lengthInMinutes: type.lengthInMinutes,
    ...(type.lengthInMinutesOptions.length > 0
      ? { lengthInMinutesOptions: type.lengthInMinutesOptions }
      : {}),
    title: type.title,
    slug,
    description: type.description,
    locations: [
      type.location.startsWith("integrations:")
        ? {
            type: "integration",
            integration:
              type.location.replace("integrations:", "") === "daily" ? "cal-video" : type.location.slice(13),
          }
        : { type: "address", address: type.location, public: true },
    ],
    bookingFields: fieldsOutput(type),
    disableGuests: false,
    slotInterval: type.slotInterval,
    minimumBookingNotice: type.minimumBookingNotice,
    beforeEventBuffer: type.beforeEventBuffer,
    afterEventBuffer: type.afterEventBuffer,
    recurrence: null,
    metadata: {},
    price: type.price,
    currency: type.currency,
    lockTimeZoneToggleOnBookingPage: false,
    seatsPerTimeSlot: type.seatsPerTimeSlot,
    forwardParamsSuccessRedirect: null,
    successRedirectUrl: null,
    isInstantEvent: false,
    scheduleId: null,
    bookingLimitsCount: { disabled: true },
    bookingLimitsDuration: { disabled: true },
    bookingWindow:
      type.bookingWindowDays === null
        ? { disabled: true }
        : { type: "calendarDays", value: type.bookingWindowDays, rolling: true },
    confirmationPolicy: type.requiresConfirmation
      ? { type: "always", blockUnconfirmedBookingsInBooker: type.pendingBlocksSlot }
      : { disabled: true },
    requiresBookerEmailVerification: false,
    hideCalendarNotes: false,
    seats:
      type.seatsPerTimeSlot === null
        ? { disabled: true }
        : { seatsPerTimeSlot: type.seatsPerTimeSlot, showAttendeeInfo: false, showAvailabilityCount: true },
    offsetStart: 0,
    hideCalendarEventDetails: false,
    hideOrganizerEmail: false,
    hidden: type.hidden,
    bookingRequiresAuthentication: type.bookingRequiresAuthentication,
    disableCancelling: { disabled: type.disableCancelling },
    disableRescheduling: { disabled: type.disableRescheduling },
    bookingUrl: `https://cal.com/${page}/${slug}`,
    ownerId: type.ownerId,
  };
  if (team === undefined && type.parentEventTypeId === null) {
    return {
      ...shared,
      users: people.map((host) => ({
        id: host.id,
        name: host.name,
        username: usernameOf(host),
        avatarUrl: null,
        weekStart: "Sunday",
        brandColor: null,
        darkBrandColor: null,
        metadata: {},
      })),
    };
  }
  return {
    ...shared,
    teamId: type.teamId,
    parentEventTypeId: type.parentEventTypeId,
    schedulingType: type.schedulingType,
    assignAllTeamMembers: false,
    rescheduleWithSameRoundRobinHost: type.rescheduleWithSameRoundRobinHost,
    hosts: people.map((host) => ({
      userId: host.id,
      name: host.name,
      username: usernameOf(host),
      avatarUrl: null,
      mandatory: false,
      priority: "medium",
    })),
    team:
      team === undefined
        ? null
        : { id: team.id, slug: slugOf(team), name: team.name, logoUrl: null, bannerUrl: null },
  };
}

function fieldsOutput(type: EventType): Json[] {
  const own = new Map(type.bookingFields.map((field) => [field.slug, field]));
  const defaults: Json[] = [
    { isDefault: true, type: "name", slug: "name", required: true },
    { isDefault: true, type: "email", slug: "email", required: own.get("email")?.required ?? true },
  ];
  const names = new Set(["title", "notes", "guests", "location", "rescheduleReason", "attendeePhoneNumber"]);
  return [
    ...defaults,
    ...type.bookingFields
      .filter((field) => field.slug !== "email" && field.slug !== "name")
      .map((field) => ({
        isDefault: names.has(field.slug),
        type: field.type,
        slug: field.slug,
        label: field.label ?? field.slug,
        required: field.required,
        ...(field.options === undefined ? {} : { options: field.options }),
        hidden: false,
      })),
  ];
}

export function teamOutput(team: Team): Json {
  return {
    id: team.id,
    parentId: null,
    name: team.name,
    slug: slugOf(team),
    bio: null,
    hideBranding: false,
    isOrganization: false,
    isPrivate: false,
    hideBookATeamMember: false,
    metadata: {},
    timeFormat: null,
    timeZone: team.timeZone,
    weekStart: "Sunday",
  };
}

export function meOutput(host: Host): Json {
  return {
    id: host.id,
    username: usernameOf(host),
    email: host.email,
    name: host.name,
    avatarUrl: null,
    bio: null,
    timeFormat: 12,
    defaultScheduleId: host.id,
    weekStart: "Sunday",
    timeZone: host.timeZone,
    organizationId: null,
  };
}

/** A webhook resource; the id is a UUID string although the document says number, the secret is in clear. */
export function webhookOutput(webhook: Subscription): Json {
  const { scope } = webhook;
  return {
    id: webhook.id,
    ...("userId" in scope
      ? { userId: scope.userId }
      : "teamId" in scope
        ? { teamId: scope.teamId }
        : { eventTypeId: scope.eventTypeId }),
    subscriberUrl: webhook.url,
    triggers: webhook.triggers,
    active: webhook.active,
    payloadTemplate: null,
    ...(webhook.secret === null ? {} : { secret: webhook.secret }),
    version: "2021-10-20",
  };
}

/** The user of a key whose host nobody described. */
export function fallbackUser(id: number): Host {
  return {
    id,
    name: `User ${id}`,
    email: `user${id}@example.com`,
    timeZone: "UTC",
    workingHours: {},
    away: [],
  };
}
