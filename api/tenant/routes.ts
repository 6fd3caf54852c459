import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { CalcomError } from "../../calcom/errors.js";
import type { Database } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { findCompanyId, listCompanies } from "../../db/tenant/companies.js";
import { contestedRoutes } from "../../db/tenant/contested-routes.js";
import type { Directory, Installation } from "../../db/tenant/directory.js";
import { exportDocument } from "../../db/tenant/export.js";
import { createToken, revokeToken } from "../../db/tenant/tokens.js";
import { InvalidTenantError, parseDocument } from "../../domain/tenant/document.js";
import { tenantDocumentSchema } from "../../domain/tenant/schema.js";
import { isSlug } from "../../domain/tenant/slug.js";
import { Problem } from "../problems.js";
import { freeText } from "../validation.js";
import { type VerifyClient, verifyTenant } from "./verify.js";
import { coverageOf } from "./verify-coverage.js";

export interface TenantRoutesDeps {
  db: Database;
  directory: Pick<Directory, "catalogue" | "calcomAccount" | "forget">;
  calcom: VerifyClient;
  secretsKey: string;
  installation: Installation;
}

const security = [{ adminToken: [] }];
const tags = ["Companies"];
const slugParam = z.object({ slug: z.string() });
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: z.object({}).loose() } },
});
const differenceSchema = z.object({ path: z.string(), before: z.unknown(), after: z.unknown() });
const tokenSchema = z.object({
  id: z.uuid(),
  label: z.string(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});
const labelSchema = z.strictObject({ label: freeText(200).trim().min(1) });

const listRoute = createRoute({
  method: "get",
  path: "/api/admin/companies",
  summary: "All companies",
  tags,
  security,
  responses: {
    200: json(
      z.object({
        items: z.array(
          z.object({
            id: z.uuid(),
            slug: z.string(),
            name: z.string(),
            active: z.boolean(),
            createdAt: z.iso.datetime(),
          }),
        ),
      }),
      "By slug",
    ),
  },
});

const putRoute = createRoute({
  method: "put",
  path: "/api/admin/companies/{slug}",
  summary: "Makes a company what its document says",
  description:
    "What is left out becomes inactive, never deleted. Secrets that are left out stay as they are.",
  tags,
  security,
  request: {
    params: slugParam,
    query: z.object({ dryRun: z.enum(["true", "false"]).optional() }),
    body: { required: true, content: { "application/json": { schema: tenantDocumentSchema } } },
  },
  responses: {
    200: json(
      z.object({
        id: z.uuid().optional(),
        slug: z.string().optional(),
        differences: z.array(differenceSchema),
      }),
      "Applied; of a dry run the differences only",
    ),
    422: problem("`invalid-tenant`, with every error and its path"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/api/admin/companies/{slug}",
  summary: "A company as its document, without secrets",
  tags,
  security,
  request: { params: slugParam },
  responses: {
    200: json(tenantDocumentSchema.extend({ tokens: z.array(tokenSchema) }), "Can be sent back as it is"),
    404: problem("`not-found`"),
  },
});

const createTokenRoute = createRoute({
  method: "post",
  path: "/api/admin/companies/{slug}/tokens",
  summary: "Makes a token, shown this once",
  tags,
  security,
  request: {
    params: slugParam,
    body: { required: true, content: { "application/json": { schema: labelSchema } } },
  },
  responses: {
    201: json(z.object({ id: z.uuid(), label: z.string(), token: z.string() }), "Made"),
    404: problem("`not-found`"),
    422: problem("`invalid-request`"),
  },
});

const deleteTokenRoute = createRoute({
  method: "delete",
  path: "/api/admin/companies/{slug}/tokens/{id}",
  summary: "Makes a token invalid for good",
  tags,
  security,
  request: { params: slugParam.extend({ id: z.uuid() }) },
  responses: { 204: { description: "Not valid any more" }, 404: problem("`not-found`") },
});

const verifyRoute = createRoute({
  method: "post",
  path: "/api/admin/companies/{slug}/verify",
  summary: "Asks Cal.com whether everything is as the document says",
  tags,
  security,
  request: { params: slugParam },
  responses: {
    200: json(
      z.object({
        ok: z.boolean(),
        differences: z.array(z.object({ path: z.string(), text: z.string() })),
        coverage: z.array(
          z.object({
            service: z.string(),
            branch: z.string(),
            staff: z.string(),
            missingPhases: z.array(z.string()),
          }),
        ),
      }),
      "What is not, and who can be booked for what",
    ),
    404: problem("`not-found`"),
    503: problem("`temporarily-unavailable`: Cal.com cannot be asked now"),
  },
});

/**
 * Companies as documents (contract.md 7). Authentication and limits stand in front of it. Bodies are checked by the
 * handlers, not by the router: the document's own reader names every error at once.
 */
export function tenantRoutes(deps: TenantRoutesDeps): OpenAPIHono {
  const { db, directory } = deps;
  const app = new OpenAPIHono();
  for (const route of [listRoute, putRoute, getRoute, createTokenRoute, deleteTokenRoute, verifyRoute]) {
    app.openAPIRegistry.registerPath(route);
  }

  app.get(listRoute.getRoutingPath(), async (c) => c.json({ items: await listCompanies(db) }));

  app.put(putRoute.getRoutingPath(), async (c) => {
    const slug = c.req.param("slug");
    const dryRun = readDryRun(c.req.query("dryRun"));
    const body = await readJson(c);
    try {
      const { companyId, differences } = await applyDocument(db, slug, parseDocument(body), {
        dryRun,
        secretsKey: deps.secretsKey,
        installation: deps.installation,
      });
      if (dryRun) return c.json({ differences });
      directory.forget(companyId);
      return c.json({ id: companyId, slug, differences });
    } catch (error) {
      if (!(error instanceof InvalidTenantError)) throw error;
      throw new Problem("invalid-tenant", "The document is not valid; nothing was changed.", {
        errors: error.errors.map(({ path, message }) => ({ field: path, message })),
      });
    }
  });

  app.get(getRoute.getRoutingPath(), async (c) => {
    const slug = c.req.param("slug");
    const found = isSlug(slug) ? await exportDocument(db, slug) : null;
    if (!found) throw noCompany();
    return c.json({ ...found.document, tokens: found.tokens });
  });

  app.post(createTokenRoute.getRoutingPath(), async (c) => {
    const companyId = await companyOf(c.req.param("slug"));
    const parsed = labelSchema.safeParse(await readJson(c));
    if (!parsed.success) {
      throw new Problem("invalid-request", "A token needs a label and nothing else.", {
        errors: parsed.error.issues.flatMap((issue) =>
          issue.code === "unrecognized_keys"
            ? issue.keys.map((field) => ({ field, message: "unknown field" }))
            : [{ field: issue.path.join(".") || "label", message: issue.message }],
        ),
      });
    }
    const made = await createToken(db, companyId, parsed.data.label);
    directory.forget(companyId);
    // The only answer that ever holds a token: no cache on the way may keep it.
    c.header("Cache-Control", "no-store");
    return c.json(made, 201);
  });

  app.delete(deleteTokenRoute.getRoutingPath(), async (c) => {
    const companyId = await companyOf(c.req.param("slug"));
    const id = z.uuid().safeParse(c.req.param("id"));
    if (!id.success || !(await revokeToken(db, companyId, id.data))) {
      throw new Problem("not-found", "The company has no such token.");
    }
    directory.forget(companyId);
    return c.body(null, 204);
  });

  app.post(verifyRoute.getRoutingPath(), async (c) => {
    const companyId = await companyOf(c.req.param("slug"));
    const [account, catalogue, contested] = await Promise.all([
      directory.calcomAccount(companyId),
      directory.catalogue(companyId),
      contestedRoutes(db, companyId),
    ]);
    try {
      const differences = await verifyTenant(deps.calcom, account, catalogue, {
        contested,
        signal: c.req.raw.signal,
      });
      return c.json({ ok: differences.length === 0, differences, coverage: coverageOf(catalogue) });
    } catch (error) {
      if (!(error instanceof CalcomError)) throw error;
      throw new Problem("temporarily-unavailable", `Cal.com cannot be asked now (${error.kind}).`);
    }
  });

  async function companyOf(slug: string): Promise<string> {
    const companyId = isSlug(slug) ? await findCompanyId(db, slug) : null;
    if (companyId === null) throw noCompany();
    return companyId;
  }

  return app;
}

function noCompany(): Problem {
  return new Problem("not-found", "There is no such company.");
}

function readDryRun(value: string | undefined): boolean {
  if (value === undefined || value === "false") return false;
  if (value === "true" || value === "") return true;
  throw new Problem("invalid-request", "dryRun is true or false.", {
    errors: [{ field: "dryRun", message: "must be true or false" }],
  });
}

async function readJson(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    throw new Problem("malformed-json", "The body is not JSON.");
  }
}
