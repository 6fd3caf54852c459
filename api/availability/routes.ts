import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Availability, FoundOpenings } from "../../activities/availability/availability.js";
import { CalcomError } from "../../calcom/errors.js";
import type { Directory } from "../../db/tenant/directory.js";
import { addDays, dayBounds, weekdayOf } from "../../domain/availability/hours.js";
import type { Branch, Catalogue, Service, StaffMember } from "../../domain/tenant/catalogue.js";
import { isoInZone } from "../../domain/time/instant.js";
import { problemSchema } from "../booking/schemas.js";
import type { TenantContext } from "../context.js";
import { invalidField, Problem } from "../problems.js";
import { invalidRequest, toInstant } from "../validation.js";
import { availabilityQuerySchema, availabilitySchema, weekQuerySchema, weekSchema } from "./schemas.js";
import { slotView } from "./slot-view.js";
import { weekOf } from "./week.js";

export interface AvailabilityRoutesDeps {
  directory: Pick<Directory, "catalogue">;
  availability: Availability;
}

const MOST_DAYS = 62;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Whoever looks at a calendar waits longer than who is on the phone, and leaves the phone its share of the budget. */
const PATIENT = { lane: "webhook", patienceMs: 4_000 } as const;

const tags = ["Availability"];
const security = [{ companyToken: [] }];
const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});
const problems = {
  400: problem("`invalid-request`: a local time without offset"),
  401: problem("`unauthorized`"),
  404: problem("`not-found`: unknown service, branch or staff"),
  422: problem("`invalid-request`"),
  503: problem("`temporarily-unavailable`: Cal.com cannot be reached and nothing is known of its slots"),
};

const listRoute = createRoute({
  method: "get",
  path: "/api/v2/availability",
  summary: "Times at which a service can be booked; from ≤ start < to",
  tags,
  security,
  request: { query: availabilityQuerySchema.strict() },
  responses: {
    200: { description: "By start", content: { "application/json": { schema: availabilitySchema } } },
    ...problems,
  },
});

const weekRoute = createRoute({
  method: "get",
  path: "/api/v2/availability/week",
  summary: "One week as a grid of starts, from Monday to Sunday",
  tags,
  security,
  request: { query: weekQuerySchema.strict() },
  responses: {
    200: { description: "By weekday", content: { "application/json": { schema: weekSchema } } },
    ...problems,
  },
});

/** Availability over REST (contract.md 3). */
export function availabilityRoutes(deps: AvailabilityRoutesDeps): OpenAPIHono<TenantContext> {
  const app = new OpenAPIHono<TenantContext>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });

  app.openapi(listRoute, async (c) => {
    const query = c.req.valid("query");
    const companyId = c.get("companyId");
    const catalogue = await deps.directory.catalogue(companyId);
    const timeZone = zoneOf(catalogue, query.branch);
    const { from, to } = windowOf(query, timeZone);
    const named = resolve(catalogue, query);
    const found = await orUnavailable(
      deps.availability.findOpenings({
        ...named,
        ...PATIENT,
        companyId,
        now: new Date(),
        from,
        to,
        ...(query.limit === undefined ? {} : { limit: query.limit }),
      }),
    );
    const { service } = named;
    const severalBranches = named.branch === null && catalogue.branches.length > 1;
    return c.json(
      {
        service: { slug: service.slug, name: service.name },
        timeZone,
        slots: found.openings.map((opening) => slotView(opening, severalBranches)),
        generatedAt: isoInZone(found.generatedAt, timeZone),
        stale: found.stale,
      },
      200,
    );
  });

  app.openapi(weekRoute, async (c) => {
    const query = c.req.valid("query");
    const companyId = c.get("companyId");
    const catalogue = await deps.directory.catalogue(companyId);
    const timeZone = zoneOf(catalogue, query.branch);
    const named = resolve(catalogue, query);
    const monday = addDays(query.weekStart, 1 - weekdayOf(query.weekStart));
    const found = await orUnavailable(
      deps.availability.findOpenings({
        ...named,
        ...PATIENT,
        companyId,
        now: new Date(),
        from: new Date(dayBounds(monday, timeZone).start),
        to: new Date(dayBounds(addDays(monday, 7), timeZone).start),
      }),
    );
    // A week has no field that could say so: an empty day would mean that nothing is free.
    if (!found.everyDay) throw unavailable();
    return c.json(weekOf(found.openings, query.duration ?? null), 200);
  });
  return app;
}

/** Without Cal.com and without anything known of it nothing can be said, neither "free" nor "nothing free". */
async function orUnavailable(finding: Promise<FoundOpenings>): Promise<FoundOpenings> {
  try {
    return await finding;
  } catch (error) {
    if (!(error instanceof CalcomError)) throw error;
    throw unavailable();
  }
}

function unavailable(): Problem {
  return new Problem(
    "temporarily-unavailable",
    "Cal.com cannot be reached; try again shortly",
    {},
    undefined,
    {
      "Retry-After": "5",
    },
  );
}

/** @throws Problem 422 naming `from` or `to` */
function windowOf(query: { from: string; to: string }, zone: string): { from: Date; to: Date } {
  const isDate = (text: string) => text.length === "2026-12-03".length;
  const from = isDate(query.from) ? new Date(dayBounds(query.from, zone).start) : toInstant(query.from);
  const until = isDate(query.to) ? dayBounds(query.to, zone) : null;
  const to = until ? new Date(until.end) : toInstant(query.to);
  if (to <= from) throw invalidField("to", "must lie after from");
  // Of dates the last one is included, and one of the days may have an hour more.
  const apart = (until ? until.start - HOUR_MS : to.getTime()) - from.getTime();
  if (apart > MOST_DAYS * DAY_MS) throw invalidField("to", `must lie at most ${MOST_DAYS} days after from`);
  return { from, to };
}

function zoneOf(catalogue: Catalogue, branchSlug: string | undefined): string {
  const { branches, company } = catalogue;
  const named = branches.find((branch) => branch.slug === branchSlug);
  return named?.timeZone ?? (branches.length === 1 ? branches[0]?.timeZone : undefined) ?? company.timeZone;
}

/** @throws Problem 404 for what the tenant does not have */
function resolve(
  catalogue: Catalogue,
  query: { service: string; branch?: string | undefined; staff?: string | undefined },
): { service: Service; branch: Branch | null; staff: StaffMember | null } {
  const service = one(catalogue.services, "service", query.service);
  const branch = query.branch === undefined ? null : one(catalogue.branches, "branch", query.branch);
  const staff = query.staff === undefined ? null : one(catalogue.staff, "staff", query.staff);
  return { service, branch, staff };
}

function one<T extends { slug: string }>(all: readonly T[], field: string, slug: string): T {
  const found = all.find((candidate) => candidate.slug === slug);
  if (found) return found;
  throw new Problem("not-found", `there is no ${field} "${slug}"`, {
    errors: [{ field, message: "is unknown" }],
  });
}
