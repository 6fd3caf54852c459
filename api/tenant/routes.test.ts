import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { connect, type Database } from "../../db/client.js";
import { createDirectory, type Directory } from "../../db/tenant/directory.js";
import { createTestDatabase, type TestDatabase } from "../../test/support/database.js";
import { Problem } from "../problems.js";
import { tenantRoutes } from "./routes.js";

const SECRETS_KEY = "a passphrase of at least 32 characters";
const installation = { baseUrl: "https://api.cal.test/v2", apiKey: "", webhookSecrets: [], retellKeys: [] };
const document = {
  name: "Klein",
  calcom: { apiKey: "cal_live_own" },
  branches: [{ slug: "laden", name: "Laden", openingHours: { mon: ["09:00-19:00"] } }],
  staff: [{ slug: "ida", name: "Ida", workingHours: { mon: ["09:00-18:00"] } }],
  services: [{ slug: "schnitt", name: "Schnitt", phases: [{ key: "main", minutes: 30 }] }],
  eventTypes: [{ service: "schnitt", calcomEventTypeId: 1 }],
};

let database: TestDatabase;
let db: Database;
let directory: Directory;
let app: ReturnType<typeof tenantRoutes>;

beforeAll(async () => {
  database = await createTestDatabase();
  db = connect(database.url, { max: 3 });
  directory = await createDirectory(db, { secretsKey: SECRETS_KEY, installation });
  const calcom = {
    me: () => Promise.reject(new Error("not asked here")),
    eventType: () => Promise.reject(new Error("not asked here")),
    teamEventTypes: () => Promise.reject(new Error("not asked here")),
    teams: () => Promise.reject(new Error("not asked here")),
  };
  app = tenantRoutes({ db, directory, calcom, secretsKey: SECRETS_KEY, installation });
  // What the installation's own handler makes a problem document of is looked at as it was thrown.
  app.onError((error) => {
    throw error;
  });
});

afterAll(async () => {
  await directory?.close();
  await db?.close();
  await database?.close();
});

function request(method: string, path: string, body?: unknown): Promise<Response> {
  return Promise.resolve(
    app.request(`/api/admin/companies${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    }),
  );
}

async function ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await request(method, path, body);
  expect(response.ok).toBe(true);
  return z.record(z.string(), z.unknown()).parse(await response.json());
}

/** The problem with which a request is refused. */
async function refusal(method: string, path: string, body?: unknown): Promise<string> {
  const error = await request(method, path, body).catch((caught: unknown) => caught);
  if (!(error instanceof Problem)) throw error;
  return JSON.stringify({ ...error });
}

describe("companies over HTTP", () => {
  it("are made by PUT, tried by a dry run, and given back by GET without secrets.", async () => {
    expect(await ask("PUT", "/klein?dryRun=true", document)).toEqual({ differences: expect.any(Array) });
    expect(await refusal("GET", "/klein")).toContain('"not-found"');
    const made = await ask("PUT", "/klein", document);
    expect(made).toMatchObject({ slug: "klein", id: expect.any(String) });
    const got = await ask("GET", "/klein");
    expect(got).toMatchObject({ name: "Klein", tokens: [], calcom: { baseUrl: null, teamId: null } });
    expect(JSON.stringify(got)).not.toContain("cal_live_own");
    expect(await ask("PUT", "/klein", got)).toMatchObject({ differences: [] });
    expect(await ask("GET", "")).toMatchObject({ items: [{ slug: "klein", name: "Klein", active: true }] });
  });

  it("are refused with every error and its path.", async () => {
    const wrong = { ...document, colour: "red", eventTypes: [{ service: "nothing", calcomEventTypeId: 0 }] };
    const refused = await refusal("PUT", "/klein", wrong);
    expect(refused).toContain('"invalid-tenant"');
    expect(refused).toContain('{"field":"colour","message":"unknown field"}');
    for (const field of ["eventTypes[0].service", "eventTypes[0].calcomEventTypeId"]) {
      expect(refused).toContain(`{"field":"${field}",`);
    }
    expect(await refusal("PUT", "/klein", "{")).toContain('"malformed-json"');
    expect(await refusal("PUT", "/Not%20A%20Slug", document)).toContain('"invalid-tenant"');
    expect(await refusal("PUT", "/klein?dryRun=perhaps", document)).toContain('"invalid-request"');
  });

  it("get tokens that work at once and not after they were deleted.", async () => {
    await ask("PUT", "/klein", document);
    const made = await ask("POST", "/klein/tokens", { label: "phone" });
    const token = z.object({ id: z.string(), token: z.string() }).parse(made);
    expect(await directory.companyOfToken(token.token)).toMatchObject({ tokenId: token.id });
    expect(await ask("GET", "/klein")).toMatchObject({
      tokens: [{ id: token.id, label: "phone", createdAt: expect.any(String) }],
    });
    expect((await request("DELETE", `/klein/tokens/${token.id}`)).status).toBe(204);
    expect(await directory.companyOfToken(token.token)).toBeNull();
    expect(await refusal("DELETE", `/klein/tokens/${token.id}`)).toContain('"not-found"');
    expect(await refusal("DELETE", "/klein/tokens/x")).toContain('"not-found"');
    expect(await refusal("POST", "/klein/tokens", { label: "" })).toContain('"invalid-request"');
    expect(await refusal("POST", "/klein/tokens", { label: "x", more: 1 })).toContain(
      '{"field":"more","message":"unknown field"}',
    );
    expect(await refusal("POST", "/nobody/tokens", { label: "x" })).toContain('"not-found"');
  });

  it("appear in the OpenAPI document with the whole of their schema.", () => {
    const openapi = JSON.stringify(
      app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "x", version: "1" } }),
    );
    for (const part of [
      "/api/admin/companies/{slug}/verify",
      "calcomEventTypeId",
      "maxPerCustomerPerMonth",
    ]) {
      expect(openapi).toContain(part);
    }
  });
});
