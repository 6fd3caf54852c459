import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { Hono } from "hono";
import type { RequestContext } from "../context.js";

const DOCUMENT = "/api/openapi.json";

/** Everything is served from here: the page works where there is no internet. */
const ASSETS: Record<string, string> = {
  "swagger-ui.css": "text/css",
  "swagger-ui-bundle.js": "text/javascript",
};

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>askpro-gateway API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="api"></div><script src="/docs/swagger-ui-bundle.js"></script>
<script>window.ui = SwaggerUIBundle({ url: "${DOCUMENT}", dom_id: "#api", deepLinking: true, persistAuthorization: true });</script>
</body></html>`;

type OpenApiDocument = ReturnType<OpenAPIHono<RequestContext>["getOpenAPI31Document"]>;

const BEHIND_A_TOKEN = {
  401: "`unauthorized`: `Authorization` is missing or wrong",
  429: "`rate-limited`: `Retry-After` says when to come again",
  500: "`internal`: something unexpected happened",
  503: "`temporarily-unavailable`: nothing was accepted",
};
const WITH_A_BODY = {
  400: "`malformed-json`",
  413: "`payload-too-large`",
  415: "`invalid-request`: the body is not declared as JSON",
  422: "`invalid-request`, with the fields that are wrong",
};

const WITH_INSTANTS = { 400: "`invalid-request`: a local time without offset" };

type DescribedOperation = NonNullable<NonNullable<OpenApiDocument["paths"]>[string]["get"]>;

function takesInstants(operation: DescribedOperation): boolean {
  return (operation.parameters ?? []).some(
    (parameter) => "schema" in parameter && JSON.stringify(parameter.schema).includes('"date-time"'),
  );
}

/** What stands in front of the routes answers as well; each route tells only of itself. */
function withSharedProblems(document: OpenApiDocument): OpenApiDocument {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    if (!/^\/api\/(v2|admin|health\/calcom)\b/.test(path)) continue;
    for (const operation of [item.get, item.put, item.post, item.delete, item.patch]) {
      if (!operation) continue;
      const shared = {
        ...BEHIND_A_TOKEN,
        ...(takesInstants(operation) ? WITH_INSTANTS : {}),
        ...(operation.requestBody ? WITH_A_BODY : {}),
      };
      const problems = Object.entries(shared).map(([status, description]) => {
        const schema = { $ref: "#/components/schemas/Problem" };
        return [status, { description, content: { "application/problem+json": { schema } } }] as const;
      });
      operation.responses = { ...Object.fromEntries(problems), ...operation.responses };
    }
  }
  return document;
}

/** The OpenAPI document, generated from the routes' schemas, and a page to read and try it. */
export function documentation(described: OpenAPIHono<RequestContext>): Hono<RequestContext> {
  const app = new Hono<RequestContext>();
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  let document: unknown = null;
  app.get(DOCUMENT, (c) => {
    document ??= withSharedProblems(
      described.getOpenAPI31Document({
        openapi: "3.1.0",
        info: {
          title: "askpro-gateway",
          version: "2",
          description:
            "Durable booking between voice agents and Cal.com. Errors are RFC 9457 problem details.",
        },
      }),
    );
    return c.json(document);
  });
  for (const path of ["/docs", "/docs/"]) app.get(path, (c) => c.html(PAGE));
  app.get("/docs/:file", async (c) => {
    const file = c.req.param("file");
    const type = ASSETS[file];
    if (type === undefined) return c.notFound();
    return c.body(await readFile(join(folder, file)), 200, {
      "Content-Type": type,
      "Cache-Control": "public, max-age=86400",
    });
  });
  return app;
}
