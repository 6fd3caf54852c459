import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { readTimeline } from "../../db/booking/timeline.js";
import { appointmentView, idOfSlug, listAppointments } from "../../db/booking/view.js";
import { inTenant, type Transaction } from "../../db/client.js";
import { normalisePhone } from "../../domain/customer/phone.js";
import { isSlug } from "../../domain/tenant/slug.js";
import { isoInZone } from "../../domain/time/instant.js";
import { bodyMayBeMissing } from "../body.js";
import type { TenantContext } from "../context.js";
import { instanceOf, invalidField, Problem } from "../problems.js";
import { invalidRequest, queryInstantField, toInstant } from "../validation.js";
import { type Answered, type BookingCommandDeps, book, type Caller, cancel, reschedule } from "./commands.js";
import { afterCursor, cursorOf } from "./cursor.js";
import {
  answerHeadersSchema,
  appointmentSchema,
  bookingBodySchema,
  cancelBodySchema,
  commandHeadersSchema,
  isIdempotencyKey,
  problemSchema,
  rescheduleBodySchema,
  waitMs,
} from "./schemas.js";

const tags = ["Bookings"];
const security = [{ companyToken: [] }];
const appointment = (description: string) => ({
  description,
  content: { "application/json": { schema: appointmentSchema } },
});
const answered = (description: string) => ({ ...appointment(description), headers: answerHeadersSchema });
const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});
/** What is no UUID names nothing, like any other path: 404. */
const idParam = z.object({ id: z.string().openapi({ format: "uuid" }) });
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function bookingId(text: string): string {
  if (!UUID.test(text)) throw noSuchBooking();
  return text.toLowerCase();
}

function noSuchBooking(): Problem {
  return new Problem("not-found", "there is no such booking");
}

const commandProblems = {
  400: problem("`malformed-json`, `idempotency-key-missing`, or a local time without offset"),
  401: problem("`unauthorized`"),
  404: problem("`not-found`"),
  409: problem("`slot-taken` with `alternatives`, or `not-changeable`"),
  422: problem("A rule of the booking, the policy, or an invalid field"),
  503: problem("`temporarily-unavailable`: nothing was accepted"),
};

const createBookingRoute = createRoute({
  method: "post",
  path: "/api/v2/bookings",
  summary: "Books an appointment, exactly once per Idempotency-Key",
  tags,
  security,
  request: {
    headers: commandHeadersSchema,
    body: { required: true, content: { "application/json": { schema: bookingBodySchema } } },
  },
  responses: {
    201: answered("Cal.com has said yes"),
    202: answered("The slot is held and the work goes on durably"),
    ...commandProblems,
  },
});

const rescheduleRoute = createRoute({
  method: "post",
  path: "/api/v2/bookings/{id}/reschedule",
  summary: "Moves an appointment; the old time stands until the new one is made",
  tags,
  security,
  request: {
    params: idParam,
    headers: commandHeadersSchema,
    body: { required: true, content: { "application/json": { schema: rescheduleBodySchema } } },
  },
  responses: {
    200: answered("Moved"),
    202: answered("Pending; the new time is held"),
    ...commandProblems,
  },
});

const cancelRoute = createRoute({
  method: "post",
  path: "/api/v2/bookings/{id}/cancel",
  middleware: bodyMayBeMissing,
  summary: "Cancels an appointment, here and in Cal.com",
  tags,
  security,
  request: {
    params: idParam,
    headers: commandHeadersSchema,
    body: { required: false, content: { "application/json": { schema: cancelBodySchema } } },
  },
  responses: { 200: answered("Cancelled"), 202: answered("Pending"), ...commandProblems },
});

const getRoute = createRoute({
  method: "get",
  path: "/api/v2/bookings/{id}",
  summary: "One appointment",
  tags,
  security,
  request: { params: idParam },
  responses: { 200: appointment("As it stands"), 404: problem("`not-found`") },
});

const STATUSES = ["pending", "confirmed", "cancelled", "completed", "no_show", "failed"] as const;
const listQuerySchema = z.object({
  from: queryInstantField.optional(),
  to: queryInstantField.optional(),
  status: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .openapi({
      type: "string",
      description: `One or several of ${STATUSES.join(", ")}, comma-separated or repeated`,
    }),
  staff: z.string().optional(),
  service: z.string().optional(),
  branch: z.string().optional(),
  phone: z.string().optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

const listRoute = createRoute({
  method: "get",
  path: "/api/v2/bookings",
  summary: "Appointments by start and id; from ≤ start < to",
  tags,
  security,
  request: { query: listQuerySchema.strict() },
  responses: {
    200: {
      description: "A page",
      content: {
        "application/json": {
          schema: z.object({ items: z.array(appointmentSchema), nextCursor: z.string().nullable() }),
        },
      },
    },
    400: problem("`invalid-request`: a local time without offset"),
    404: problem("Unknown service, branch or staff"),
    422: problem("`invalid-request`"),
  },
});

const timelineRoute = createRoute({
  method: "get",
  path: "/api/v2/bookings/{id}/timeline",
  summary: "Everything that happened to an appointment, oldest first",
  tags,
  security,
  request: { params: idParam },
  responses: {
    200: {
      description: "Oldest first",
      content: {
        "application/json": {
          schema: z.object({
            items: z.array(
              z.object({
                at: z.iso.datetime({ offset: true }),
                kind: z.enum([
                  "command",
                  "remote",
                  "webhook",
                  "echo",
                  "compensation",
                  "review",
                  "notification",
                ]),
                action: z.string(),
                outcome: z.string(),
                detail: z.record(z.string(), z.unknown()),
              }),
            ),
          }),
        },
      },
    },
    404: problem("`not-found`"),
  },
});

/** Bookings over REST (contract.md 2). */
export function bookingRoutes(deps: BookingCommandDeps): OpenAPIHono<TenantContext> {
  const app = new OpenAPIHono<TenantContext>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });

  app.openapi(createBookingRoute, async (c) => {
    const caller = callerOf(c);
    return respond(c, await book(deps, caller, c.req.valid("json")));
  });
  app.openapi(rescheduleRoute, async (c) => {
    const caller = callerOf(c);
    return respond(
      c,
      await reschedule(deps, caller, bookingId(c.req.valid("param").id), c.req.valid("json")),
    );
  });
  app.openapi(cancelRoute, async (c) => {
    const caller = callerOf(c);
    return respond(
      c,
      await cancel(deps, caller, bookingId(c.req.valid("param").id), c.req.valid("json") ?? {}),
    );
  });
  app.openapi(getRoute, async (c) => {
    const id = bookingId(c.req.valid("param").id);
    const found = await inTenant(deps.db, c.get("companyId"), (tx) => appointmentView(tx, id));
    if (!found) throw noSuchBooking();
    return c.json(found, 200);
  });
  app.openapi(timelineRoute, async (c) => {
    const id = bookingId(c.req.valid("param").id);
    const items = await inTenant(deps.db, c.get("companyId"), async (tx) => {
      const subject = await appointmentView(tx, id);
      if (!subject) return null;
      const entries = await readTimeline(tx, id);
      return entries.map((entry) => ({ ...entry, at: isoInZone(new Date(entry.at), subject.timeZone) }));
    });
    if (!items) throw noSuchBooking();
    return c.json({ items }, 200);
  });
  app.openapi(listRoute, async (c) => {
    const query = c.req.valid("query");
    const companyId = c.get("companyId");
    // A repeated parameter joins its values with commas.
    const statuses = query.status
      ?.toString()
      .split(",")
      .map((status) => status.trim());
    const wrong = statuses?.find((status) => !STATUSES.some((known) => known === status));
    if (wrong !== undefined) throw invalidField("status", `"${wrong}" is none of ${STATUSES.join(", ")}`);
    // A plus that was not encoded arrives as a blank.
    const phone =
      query.phone === undefined ? undefined : normalisePhone(query.phone.replace(/^ (?=[1-9])/, "+"));
    if (phone === null) throw invalidField("phone", "is no valid phone number");
    const after = query.cursor === undefined ? undefined : afterCursor(query.cursor);
    if (after === null) throw invalidField("cursor", "is not one that was given out");
    const found = await inTenant(deps.db, companyId, async (tx) => {
      const [staffId, serviceId, branchId] = [
        await named(tx, "staff", query.staff),
        await named(tx, "service", query.service),
        await named(tx, "branch", query.branch),
      ];
      return await listAppointments(tx, {
        limit: query.limit + 1,
        ...(query.from === undefined ? {} : { from: toInstant(query.from) }),
        ...(query.to === undefined ? {} : { to: toInstant(query.to) }),
        ...(statuses === undefined ? {} : { statuses }),
        ...(staffId === undefined ? {} : { staffId }),
        ...(serviceId === undefined ? {} : { serviceId }),
        ...(branchId === undefined ? {} : { branchId }),
        ...(phone === undefined ? {} : { phone }),
        ...(after === undefined ? {} : { after }),
      });
    });
    const items = found.slice(0, query.limit);
    const last = items.at(-1);
    const nextCursor = found.length > query.limit && last ? cursorOf(last) : null;
    return c.json({ items, nextCursor }, 200);
  });
  return app;
}

const TABLES = { staff: "staff", service: "services", branch: "branches" } as const;

/** @throws Problem 404 for a slug that the tenant never had */
async function named(
  tx: Transaction,
  field: keyof typeof TABLES,
  slug: string | undefined,
): Promise<string | undefined> {
  if (slug === undefined) return undefined;
  const id = isSlug(slug) ? await idOfSlug(tx, TABLES[field], slug) : null;
  if (id !== null) return id;
  throw new Problem("not-found", `there is no ${field} "${slug}"`, {
    errors: [{ field, message: "is unknown" }],
  });
}

function callerOf(c: Context<TenantContext>): Caller {
  const idempotencyKey = c.req.header("Idempotency-Key");
  if (!isIdempotencyKey(idempotencyKey)) {
    throw new Problem(
      "idempotency-key-missing",
      "Idempotency-Key: is needed, 1 to 255 visible ASCII characters",
      {
        errors: [{ field: "Idempotency-Key", message: "1 to 255 visible ASCII characters" }],
      },
    );
  }
  return {
    companyId: c.get("companyId"),
    idempotencyKey,
    waitMs: waitMs(c.req.header("Prefer")),
    instance: instanceOf(c.req.raw),
    requestId: c.get("requestId"),
  };
}

// The answer is passed on as it was kept, whatever its status: `never` fits each of the route's responses.
function respond(c: Context<TenantContext>, answered: Answered): never {
  const headers: Record<string, string> = {
    "Content-Type": answered.status >= 400 ? "application/problem+json" : "application/json",
  };
  if (answered.replayed) headers["Idempotency-Replayed"] = "true";
  if (answered.status < 400) headers.Location = `/api/v2/bookings/${answered.appointmentId}`;
  return c.newResponse(JSON.stringify(answered.body), { status: answered.status as 200, headers }) as never;
}
