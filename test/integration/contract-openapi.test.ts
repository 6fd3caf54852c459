import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, startSalon } from "../support/salon.js";
import { ask, expectProblem } from "./contract-http.js";

let salon: Salon;
// biome-ignore lint/suspicious/noExplicitAny: the document is walked through as it came
let document: any;
beforeAll(async () => {
  salon = await startSalon({ worker: false });
  const reply = await ask(salon, "GET", "/api/openapi.json", { token: null });
  expect(reply.status).toBe(200);
  document = reply.body;
});
afterAll(closeSalons);

const ROUTES = [
  "post /api/v2/bookings",
  "get /api/v2/bookings",
  "get /api/v2/bookings/{id}",
  "get /api/v2/bookings/{id}/timeline",
  "post /api/v2/bookings/{id}/reschedule",
  "post /api/v2/bookings/{id}/cancel",
  "put /api/admin/companies/{slug}",
  "get /api/admin/companies/{slug}",
  "post /api/admin/companies/{slug}/tokens",
  "delete /api/admin/companies/{slug}/tokens/{id}",
  "get /api/v2/calcom/sync-status",
  "get /api/v2/calcom/sync-status/{appointmentId}",
  "post /api/v2/calcom/reconcile",
  "get /api/webhooks/calcom/{companySlug}",
  "post /api/webhooks/calcom/{companySlug}",
  "post /api/webhooks/calcom",
  "post /api/calcom/webhook",
  "post /api/webhooks/retell/function",
  "post /api/webhooks/retell/inbound",
  "post /api/webhooks/retell",
  "get /api/health",
  "get /api/health/ready",
  "get /api/health/calcom",
];
const METHODS = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

interface Operation {
  name: string;
  method: string;
  path: string;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  spec: any;
}

interface Response {
  description?: string;
  content?: Record<string, { schema?: unknown }>;
}

const operations = (): Operation[] =>
  Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, spec]) => ({ name: `${method} ${path}`, method, path, spec })),
  );

function* nodes(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* nodes(inner);
}

describe("the OpenAPI document", () => {
  it("is OpenAPI 3.1 with the parts that every tool needs, open to anybody", () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    expect(Object.keys(document.paths).every((path) => path.startsWith("/"))).toBe(true);
  });

  it.each(ROUTES)("names %s", (route) => {
    expect(operations().map(({ name }) => name)).toContain(route);
  });

  it("points nowhere that is not there", () => {
    const broken: string[] = [];
    for (const node of nodes(document)) {
      if (typeof node.$ref !== "string") continue;
      const found = node.$ref
        .replace(/^#\//, "")
        .split("/")
        // biome-ignore lint/suspicious/noExplicitAny: see above
        .reduce<any>((at, part) => at?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], document);
      if (found === undefined) broken.push(node.$ref);
    }
    expect(broken).toEqual([]);
  });

  it("gives patterns that any client can compile, and the rule of a name in words", () => {
    for (const { pattern } of nodes(document)) {
      if (typeof pattern !== "string") continue;
      for (const flags of ["", "u"]) expect(() => new RegExp(pattern, flags), pattern).not.toThrow();
      expect(pattern).not.toMatch(/\/[dgimsuvy]+$|\\[pP]\{|\\u\{/);
    }
    const { name } = document.components.schemas.BookingRequest.properties.customer.properties;
    expect(name.pattern).toBeUndefined();
    expect(name.description).toMatch(/Unicode/);
  });

  it("declares every parameter of a path, once, and no other", () => {
    for (const { name, path, spec } of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
      const declared = (spec.parameters ?? [])
        .filter((one: { in: string }) => one.in === "path")
        .map((one: { name: string; required: boolean }) => {
          expect(one.required, name).toBe(true);
          return one.name;
        });
      expect(declared.sort(), name).toEqual(named);
      for (const parameter of spec.parameters ?? []) expect(parameter.schema, name).toBeTypeOf("object");
    }
  });

  it("gives every operation a summary, a description for each answer, and a schema for each body", () => {
    for (const { name, spec } of operations()) {
      expect(spec.summary, name).toBeTypeOf("string");
      for (const [status, response] of Object.entries<Response>(spec.responses)) {
        expect(status, name).toMatch(/^[2-5]\d\d$/);
        expect(response.description, `${name} ${status}`).toBeTypeOf("string");
        if (status === "204") continue;
        const contents = Object.values(response.content ?? {});
        expect(contents.length, `${name} ${status}`).toBeGreaterThan(0);
        for (const content of contents) expect(content.schema, `${name} ${status}`).toBeTypeOf("object");
      }
      const sent = Object.values<{ schema?: unknown }>(spec.requestBody?.content ?? {});
      for (const content of sent) expect(content.schema, name).toBeTypeOf("object");
    }
  });

  it("gives every refusal of every operation as a problem document", () => {
    for (const { name, path, spec } of operations()) {
      const problems = Object.entries<Record<string, Record<string, unknown>>>(spec.responses).filter(
        ([status]) => Number(status) >= 400,
      );
      // Health is read by machines, which want the failing part and no problem.
      if (!path.startsWith("/api/health")) {
        for (const [status, response] of problems) {
          expect(Object.keys(response.content ?? {}), `${name} ${status}`).toEqual([
            "application/problem+json",
          ]);
        }
      }
      const statuses = problems.map(([status]) => status);
      if (path.startsWith("/api/v2") || path.startsWith("/api/admin")) {
        expect(statuses, name).toEqual(expect.arrayContaining(["401", "429", "500", "503"]));
        const times = [...nodes(spec.parameters ?? [])].filter(({ format }) => format === "date-time");
        if (times.length > 0 || path === "/api/v2/availability") expect(statuses, name).toContain("400");
        const query = (spec.parameters ?? []).some((one: { in: string }) => one.in === "query");
        if (query) expect(statuses, name).toContain("422");
        if (path.includes("{"))
          expect(statuses, name).toEqual(expect.arrayContaining([expect.stringMatching(/404|422/)]));
        if (spec.requestBody) expect(statuses, name).toEqual(expect.arrayContaining(["400", "413", "422"]));
      }
    }
  });

  it("says which token each operation needs", () => {
    const schemes = Object.keys(document.components.securitySchemes);
    for (const { name, path, spec } of operations()) {
      const needed = (spec.security ?? []).flatMap((one: object) => Object.keys(one));
      for (const scheme of needed) expect(schemes, name).toContain(scheme);
      if (path.startsWith("/api/v2")) expect(needed, name).toEqual(["companyToken"]);
      if (path.startsWith("/api/admin") || path === "/api/health/calcom")
        expect(needed, name).toEqual(["adminToken"]);
      if (name.startsWith("post") && path.includes("/calcom") && !path.startsWith("/api/v2"))
        expect(needed, name).toEqual(["calcomSignature"]);
      if (path.startsWith("/api/webhooks/retell")) expect(needed, name).toEqual(["retellSignature"]);
    }
  });

  it("says of a webhook what the contract says", () => {
    for (const { name, spec } of operations().filter(({ name }) =>
      /^post .*(calcom\/webhook|webhooks)/.test(name),
    )) {
      const ok = name === "post /api/webhooks/retell" ? "204" : "200";
      expect(Object.keys(spec.responses).sort(), name).toEqual([
        ok,
        "400",
        "401",
        "413",
        "429",
        "500",
        "503",
      ]);
    }
    expect(document.components.schemas.WebhookReceived.properties.status.enum).toEqual([
      "accepted",
      "duplicate",
      "ignored",
      "quarantined",
    ]);
  });

  it("says of a booking what the contract says: headers, fields, answers", () => {
    const { spec } = operations().find(({ name }) => name === "post /api/v2/bookings") ?? { spec: {} };
    const headers = spec.parameters.filter((one: { in: string }) => one.in === "header");
    const key = headers.find((one: { name: string }) => one.name.toLowerCase() === "idempotency-key");
    expect(key).toMatchObject({ required: true, schema: { maxLength: 255 } });
    expect(headers.map((one: { name: string }) => one.name.toLowerCase())).toContain("prefer");
    expect(Object.keys(spec.responses)).toEqual(
      expect.arrayContaining(["201", "202", "400", "401", "404", "409", "413", "415", "422", "429", "503"]),
    );
    expect(Object.keys(spec.responses["201"].headers)).toEqual(expect.arrayContaining(["Location"]));
    const { Appointment, BookingRequest, Problem } = document.components.schemas;
    expect(BookingRequest.required.sort()).toEqual(["customer", "service", "start"]);
    expect(BookingRequest.additionalProperties).toBe(false);
    expect(Object.keys(Appointment.properties)).toHaveLength(21);
    expect(Appointment.required).toHaveLength(21);
    expect(Object.keys(Problem.properties)).toEqual(
      expect.arrayContaining([
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "errors",
        "alternatives",
        "requestId",
      ]),
    );
    expect(JSON.stringify(document)).not.toMatch(/\bcal_(live|test)_\w|127\.0\.0\.1/);
  });
});

describe("/docs", () => {
  it("is a page that loads everything from here", async () => {
    const page = await ask(salon, "GET", "/docs", { token: null });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    expect(page.text).toContain("/api/openapi.json");
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(loaded.length).toBeGreaterThan(1);
    expect(page.text).not.toMatch(/https?:\/\/|"\/\//);
    for (const path of loaded) {
      const asset = await ask(salon, "GET", path, { token: null });
      expect(asset.status, path).toBe(200);
      expect(asset.headers.get("content-type"), path).toMatch(/javascript|css/);
      expect(asset.text.length, path).toBeGreaterThan(10_000);
    }
    expect((await ask(salon, "GET", "/docs/", { token: null })).status).toBe(200);
  });
});

describe("what is open", () => {
  it.each(["/api/openapi.json", "/docs", "/api/health"])("%s needs no token", async (path) => {
    expect((await ask(salon, "GET", path, { token: null })).status).toBe(200);
  });

  it("readiness is open and names the failing part; the state of Cal.com is the operator's", async () => {
    const ready = await ask(salon, "GET", "/api/health/ready", { token: null });
    expect(ready.status, ready.text).toBe(503);
    expect(ready.text).toMatch(/worker/);
    expectProblem(await ask(salon, "GET", "/api/health/calcom", { token: null }), 401, "unauthorized");
    expectProblem(await ask(salon, "GET", "/api/health/calcom"), 401, "unauthorized");
    const calcom = await ask(salon, "GET", "/api/health/calcom", { token: salon.adminToken });
    expect(calcom.status, calcom.text).toBe(200);
    expect(calcom.text).not.toContain("cal_test");
  });
});
