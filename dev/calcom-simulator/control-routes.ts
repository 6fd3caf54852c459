import type { Context, Hono } from "hono";
import { z } from "zod";
import { ApiError } from "./answers.js";
import type { Env } from "./api.js";
import type { Control } from "./control.js";

const json = z.unknown();
const noInput = z.object({});

async function input(c: Context<Env>): Promise<unknown> {
  const text = await c.req.text();
  return text === "" ? {} : json.parse(JSON.parse(text));
}

/**
 * The control API: every method of {@link Control} over HTTP. Bodies are validated by the methods themselves; a wrong
 * one is a 400 with the reasons, what Cal.com would refuse has Cal.com's status and text.
 */
export function registerControl(app: Hono<Env>, control: Control): void {
  const post = (path: string, run: (body: never, c: Context<Env>) => unknown): void => {
    app.post(`/_sim/${path}`, async (c) => answer(c, async () => run((await input(c)) as never, c)));
  };
  const get = (path: string, run: (c: Context<Env>) => unknown): void => {
    app.get(`/_sim/${path}`, (c) => answer(c, () => run(c)));
  };
  const del = (path: string, run: (c: Context<Env>) => unknown): void => {
    app.delete(`/_sim/${path}`, (c) => answer(c, () => run(c)));
  };

  get("health", () => ({ status: "ok" }));
  post("reset", (body) =>
    control.reset(z.object({ what: z.enum(["all", "bookings"]).default("all") }).parse(body).what),
  );
  post("seed", (body) => control.seed(body));
  get("catalogue", () => control.catalogue());
  post("hosts", (body) => control.seed({ hosts: list(body) }));
  post("teams", (body) => control.seed({ teams: list(body) }));
  post("keys", (body) => control.seed({ keys: list(body) }));
  del("keys/:key", (c) => control.removeKey(c.req.param("key") ?? ""));
  post("event-types", (body) => control.seed({ eventTypes: list(body) }));
  app.patch("/_sim/event-types/:id", (c) =>
    answer(c, async () => control.editEventType(Number(c.req.param("id")), (await input(c)) as never)),
  );
  del("event-types/:id", (c) => control.removeEventType(Number(c.req.param("id"))));
  post("webhooks", (body) => control.putWebhook(body));
  del("webhooks/:id", (c) => control.removeWebhook(c.req.param("id") ?? ""));

  post("book", (body) => control.book(body));
  post("move", (body) => control.move(body));
  post("cancel", (body) => control.cancel(body));
  post("confirm", (body) => control.confirm(body));
  post("decline", (body) => control.decline(body));
  post("reassign", (body) => control.reassign(body));
  post("request-reschedule", (body) => control.requestReschedule(body));
  post("no-show", (body) => control.markNoShow(body));
  post("location", (body) => control.changeLocation(body));
  post("meeting", (body) => control.fireMeeting(body));
  post("ping", (body) =>
    control.ping(z.object({ subscriptionId: z.string().optional() }).parse(body).subscriptionId),
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
  post("release", (body) => control.release(z.object({ ids: z.array(z.int()).optional() }).parse(body).ids));
  post("settle", (body) => {
    noInput.parse(body);
    return control.settle();
  });

  get("webhook-rules", () => control.webhookRules());
  post("webhook-rules", (body) => control.addWebhookRule(body));
  del("webhook-rules", () => control.clearWebhookRules());
  get("faults", () => control.faults());
  post("faults", (body) => control.addFault(body));
  del("faults", () => control.clearFaults());
  del("faults/:id", (c) => control.clearFaults(Number(c.req.param("id"))));
  get("settings", () => control.settings());
  post("settings", (body) => control.set(body));
  post("rate-limit", (body) => control.setRateLimit(rateLimitSchema.parse(body).rule));
  post("random", (body) => control.seedRandom(z.object({ seed: z.int() }).parse(body).seed));
  app.all("/_sim/*", (c) => c.json({ error: `no such control: ${c.req.method} ${c.req.path}` }, 404));
}

const positive = z.int().positive();
const rateLimitSchema = z.object({
  rule: z.object({ limit: positive, windowMs: positive, blockMs: positive }).nullable(),
});

/** One item or many. */
function list(body: unknown): never[] {
  return (Array.isArray(body) ? body : [body]) as never[];
}

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
