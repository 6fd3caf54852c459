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

/** The OpenAPI document, generated from the routes' schemas, and a page to read and try it. */
export function documentation(described: OpenAPIHono<RequestContext>): Hono<RequestContext> {
  const app = new Hono<RequestContext>();
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  let document: unknown = null;
  app.get(DOCUMENT, (c) => {
    document ??= described.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "askpro-gateway",
        version: "2",
        description: "Durable booking between voice agents and Cal.com. Errors are RFC 9457 problem details.",
      },
    });
    return c.json(document);
  });
  app.get("/docs", (c) => c.html(PAGE));
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
