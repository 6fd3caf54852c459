import type { Context, Hono } from "hono";
import { z } from "zod";
import { ApiError } from "./answers.js";
import type { Env } from "./api.js";
import { actionSchemas, type Control } from "./control.js";
import {
  eventTypeEditSchema,
  eventTypeSchema,
  hostSchema,
  keySchema,
  seedSchema,
  subscriptionSchema,
  teamSchema,
} from "./model.js";
import { faultSchema, settingsSchema, webhookRuleSchema } from "./settings.js";

const noInput = z.object({});
const oneOrMany = <T extends z.ZodType>(schema: T) =>
  z.union([z.array(schema), schema.transform((item) => [item])]);
const listOf = {
  hosts: oneOrMany(hostSchema),
  teams: oneOrMany(teamSchema),
  keys: oneOrMany(keySchema),
  eventTypes: oneOrMany(eventTypeSchema),
};

async function input<T extends z.ZodType>(c: Context<Env>, schema: T): Promise<z.output<T>> {
  const text = await c.req.text();
  return schema.parse(text === "" ? {} : JSON.parse(text));
}

/**
 * The control API: every method of {@link Control} over HTTP. A wrong body is a 400 with the reasons; what Cal.com
 * would refuse has Cal.com's status and text.
 */
export function registerControl(app: Hono<Env>, control: Control): void {
  const post = <T extends z.ZodType>(path: string, schema: T, run: (body: z.output<T>) => unknown): void => {
    app.post(`/_sim/${path}`, (c) => answer(c, async () => run(await input(c, schema))));
  };
  const get = (path: string, run: (c: Context<Env>) => unknown): void => {
    app.get(`/_sim/${path}`, (c) => answer(c, () => run(c)));
  };
  const del = (path: string, run: (c: Context<Env>) => unknown): void => {
    app.delete(`/_sim/${path}`, (c) => answer(c, () => run(c)));
  };

  get("health", () => ({ status: "ok" }));
  post("reset", z.object({ what: z.enum(["all", "bookings"]).default("all") }), (body) =>
    control.reset(body.what),
  );
  post("seed", seedSchema, (body) => control.seed(body));
  get("catalogue", () => control.catalogue());
  post("hosts", listOf.hosts, (hosts) => control.seed({ hosts }));
  post("teams", listOf.teams, (teams) => control.seed({ teams }));
  post("keys", listOf.keys, (keys) => control.seed({ keys }));
  del("keys/:key", (c) => control.removeKey(c.req.param("key") ?? ""));
  post("event-types", listOf.eventTypes, (eventTypes) => control.seed({ eventTypes }));
  app.patch("/_sim/event-types/:id", (c) =>
    answer(c, async () =>
      control.editEventType(Number(c.req.param("id")), await input(c, eventTypeEditSchema)),
    ),
  );
  del("event-types/:id", (c) => control.removeEventType(Number(c.req.param("id"))));
  post("webhooks", subscriptionSchema, (body) => control.putWebhook(body));
  del("webhooks/:id", (c) => control.removeWebhook(c.req.param("id") ?? ""));

  post("book", actionSchemas.book, (body) => control.book(body));
  post("move", actionSchemas.move, (body) => control.move(body));
  post("cancel", actionSchemas.cancel, (body) => control.cancel(body));
  post("confirm", actionSchemas.confirm, (body) => control.confirm(body));
  post("decline", actionSchemas.decline, (body) => control.decline(body));
  post("reassign", actionSchemas.reassign, (body) => control.reassign(body));
  post("request-reschedule", actionSchemas.requestReschedule, (body) => control.requestReschedule(body));
  post("no-show", actionSchemas.markNoShow, (body) => control.markNoShow(body));
  post("location", actionSchemas.changeLocation, (body) => control.changeLocation(body));
  post("meeting", actionSchemas.fireMeeting, (body) => control.fireMeeting(body));
  post("ping", z.object({ subscriptionId: z.string().optional() }), (body) =>
    control.ping(body.subscriptionId),
  );
  get("bookings", () => control.bookings());
  get("bookings/:uid", (c) => control.booking(c.req.param("uid") ?? "") ?? null);
  del("bookings/:uid", (c) => control.erase(c.req.param("uid") ?? ""));

  get("requests", (c) => ({
    counts: control.requestCounts(),
    items: control.requests({ operation: c.req.query("operation"), operationId: c.req.query("operationId") }),
  }));
  del("requests", () => control.clearRequests());
  get("deliveries", () => control.deliveries());
  del("deliveries", () => control.clearDeliveries());
  get("held", () => control.heldDeliveries());
  post("release", z.object({ ids: z.array(z.int()).optional() }), (body) => control.release(body.ids));
  post("settle", noInput, () => control.settle());

  get("webhook-rules", () => control.webhookRules());
  post("webhook-rules", webhookRuleSchema, (body) => control.addWebhookRule(body));
  del("webhook-rules", () => control.clearWebhookRules());
  get("faults", () => control.faults());
  post("faults", faultSchema, (body) => control.addFault(body));
  del("faults", () => control.clearFaults());
  del("faults/:id", (c) => control.clearFaults(Number(c.req.param("id"))));
  get("settings", () => control.settings());
  app.post("/_sim/settings", (c) =>
    answer(c, async () => {
      const edit = await input(c, z.record(z.string(), z.unknown()));
      return control.set(settingsSchema.parse({ ...control.settings(), ...edit }));
    }),
  );
  post("rate-limit", rateLimitSchema, (body) => control.setRateLimit(body.rule));
  post("random", z.object({ seed: z.int() }), (body) => control.seedRandom(body.seed));
  app.all("/_sim/*", (c) => c.json({ error: `no such control: ${c.req.method} ${c.req.path}` }, 404));
}

const positive = z.int().positive();
const rateLimitSchema = z.object({
  rule: z.object({ limit: positive, windowMs: positive, blockMs: positive }).nullable(),
});

async function answer(c: Context<Env>, run: () => unknown): Promise<Response> {
  try {
    const data = await run();
    return c.json({ data: data ?? null });
  } catch (error) {
    if (error instanceof ApiError) {
      return new Response(JSON.stringify({ error: error.message }), {
        status: error.status,
        headers: { "content-type": "application/json" },
      });
    }
    if (error instanceof z.ZodError) return c.json({ error: z.prettifyError(error) }, 400);
    if (error instanceof SyntaxError) return c.json({ error: error.message }, 400);
    throw error;
  }
}
