import { z } from "zod";
import type { Api } from "./api.js";
import type { CalcomClient, WebhookRegistry, WebhookScope } from "./client.js";

const text = z.string().nullish().catch(null);
const number = z.number().nullish().catch(null);
const success = <T extends z.ZodType>(data: T) => z.object({ status: z.literal("success"), data });

const user = success(
  z
    .object({ id: z.number(), email: text, username: text, timeZone: text, organizationId: number })
    .transform((me) => ({
      id: me.id,
      email: me.email?.toLowerCase() ?? null,
      username: me.username ?? null,
      timeZone: me.timeZone ?? null,
      organizationId: me.organizationId ?? null,
    })),
);
const teams = success(
  z.array(
    z
      .object({
        id: z.number(),
        name: z.string().catch(""),
        slug: text,
        parentId: number,
        isOrganization: z.boolean().nullish().catch(false),
      })
      .transform((team) => ({
        id: team.id,
        name: team.name,
        slug: team.slug ?? null,
        parentId: team.parentId ?? null,
        isOrganization: team.isOrganization ?? false,
      })),
  ),
);

/** Who the key belongs to. */
export function accountCalls(api: Api): Pick<CalcomClient, "me" | "teams"> {
  const read = { method: "GET", version: "unversioned" } as const;
  return {
    me: (a, o) => api.call(a, { ...read, route: "/me" }, o, (json) => user.safeParse(json).data?.data),
    teams: (a, o) => api.call(a, { ...read, route: "/teams" }, o, (json) => teams.safeParse(json).data?.data),
  };
}

const webhook = z
  .object({
    // the document says number, the API answers a UUID
    id: z.union([z.string(), z.number().transform(String)]),
    subscriberUrl: z.string(),
    active: z.boolean().catch(true),
    triggers: z.array(z.string()).optional(),
    eventTriggers: z.array(z.string()).optional(),
    secret: text,
    payloadTemplate: text,
  })
  .transform((hook) => ({
    id: hook.id,
    subscriberUrl: hook.subscriberUrl,
    active: hook.active,
    triggers: hook.triggers ?? hook.eventTriggers ?? [],
    hasSecret: Boolean(hook.secret),
    hasTemplate: Boolean(hook.payloadTemplate),
  }));
const oneWebhook = success(webhook);
const manyWebhooks = success(z.array(webhook));
const anySuccess = success(z.unknown());
/** More than any account registers; the default page is smaller. */
const TAKE = 250;
/** The payload that `parseWebhook` is written for. */
const PAYLOAD_VERSION = "2021-10-20";

/** Registration of webhooks. */
export function webhookRegistry(api: Api): WebhookRegistry {
  return {
    list: (a, scope, o) =>
      api.call(
        a,
        { method: "GET", version: "unversioned", ...place(scope), query: { take: TAKE } },
        o,
        (json) => manyWebhooks.safeParse(json).data?.data,
      ),
    create: (a, scope, input, o) =>
      api.call(
        a,
        {
          method: "POST",
          version: "unversioned",
          ...place(scope),
          body: {
            active: input.active ?? true,
            subscriberUrl: input.subscriberUrl,
            triggers: input.triggers,
            secret: input.secret,
            version: PAYLOAD_VERSION,
          },
        },
        o,
        (json) => oneWebhook.safeParse(json).data?.data,
      ),
    delete: async (a, scope, webhookId, o) => {
      const { route, params } = place(scope);
      await api.call(
        a,
        {
          method: "DELETE",
          version: "unversioned",
          route: `${route}/:webhookId`,
          params: { ...params, webhookId },
        },
        o,
        (json) => anySuccess.safeParse(json).data,
      );
    },
  };
}

function place(scope: WebhookScope): { route: string; params: Record<string, number> } {
  switch (scope.kind) {
    case "user":
      return { route: "/webhooks", params: {} };
    case "event_type":
      return { route: "/event-types/:eventTypeId/webhooks", params: { eventTypeId: scope.eventTypeId } };
    case "team_event_type":
      return {
        route: "/teams/:teamId/event-types/:eventTypeId/webhooks",
        params: { teamId: scope.teamId, eventTypeId: scope.eventTypeId },
      };
  }
}
