import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, OPEN_ALWAYS, TYPES } from "../support/salon-document.js";
import { ask, expectProblem, type Reply, wish } from "./contract-http.js";

const COMPANIES = "/api/admin/companies";
let salon: Salon;
let folder: string;
beforeAll(async () => {
  [salon, folder] = await Promise.all([startSalon(), mkdtemp(join(tmpdir(), "contract-admin-"))]);
});
afterAll(async () => {
  await closeSalons();
  await rm(folder, { recursive: true, force: true });
});

const admin = (method: string, path: string, body?: unknown) =>
  ask(salon, method, `${COMPANIES}${path}`, {
    token: salon.adminToken,
    key: null,
    ...(body === undefined ? {} : { body }),
  });

let lastType = 5_000;
/** A small company whose event type nobody else has. */
function small(over: Record<string, unknown> = {}): Record<string, unknown> {
  lastType += 1;
  return {
    name: "Klein",
    branches: [{ slug: "laden", name: "Laden", openingHours: { mon: ["09:00-24:00"] } }],
    staff: [{ slug: "ida", name: "Ida", workingHours: { mon: ["09:00-12:00", "13:00-18:00"] } }],
    services: [{ slug: "schnitt", name: "Schnitt", phases: [{ key: "main", minutes: 30 }] }],
    eventTypes: [{ service: "schnitt", calcomEventTypeId: lastType }],
    ...over,
  };
}

function expectOk(reply: Reply): Reply["body"] {
  expect(reply.status, reply.text).toBe(200);
  return reply.body;
}

describe("PUT of a company", () => {
  it("makes it so, and a second time changes nothing", async () => {
    const document = small();
    const made = expectOk(await admin("PUT", "/einmal", document));
    expect(made).toEqual({ id: expect.any(String), slug: "einmal", differences: expect.any(Array) });
    expect(made.differences).toContainEqual({ path: "name", before: null, after: "Klein" });
    expect(expectOk(await admin("PUT", "/einmal", document))).toEqual({ ...made, differences: [] });
  });

  it("with dryRun says the differences only and changes nothing", async () => {
    const document = small();
    const tried = expectOk(await admin("PUT", "/probe?dryRun=true", document));
    expect(Object.keys(tried)).toEqual(["differences"]);
    expectProblem(await admin("GET", "/probe"), 404, "not-found");
    expectOk(await admin("PUT", "/probe?dryRun=false", document));
    const changed = expectOk(await admin("PUT", "/probe?dryRun=true", { ...document, name: "Groß" }));
    expect(changed).toEqual({ differences: [{ path: "name", before: "Klein", after: "Groß" }] });
    expect(expectOk(await admin("GET", "/probe")).name).toBe("Klein");
    expectProblem(await admin("PUT", "/probe?dryRun=maybe", document), 422, "invalid-request", ["dryRun"]);
  });

  it("of what GET gave back changes nothing", async () => {
    const got = expectOk(await admin("GET", "/salon"));
    expect(expectOk(await admin("PUT", "/salon", got)).differences).toEqual([]);
  });

  it("twice at once for a company that is new makes one company", async () => {
    const document = small();
    const replies = await Promise.all(Array.from({ length: 6 }, () => admin("PUT", "/zugleich", document)));
    expect(new Set(replies.map((reply) => expectOk(reply).id)).size).toBe(1);
  });

  it("makes what it leaves out inactive: not bookable any more, and there again with the next", async () => {
    const whole = expectOk(await admin("GET", "/salon"));
    const booked = await ask(salon, "POST", "/api/v2/bookings", { body: wish(slot(0)), prefer: "wait=30" });
    expect(booked.status, booked.text).toBe(201);
    const without = {
      ...whole,
      staff: whole.staff.filter((one: { slug: string }) => one.slug !== "emma"),
      services: whole.services.filter((one: { slug: string }) => one.slug !== "beliebig"),
      eventTypes: whole.eventTypes.filter(
        (one: { service: string; staff: string }) => one.staff !== "emma" && one.service !== "beliebig",
      ),
    };
    const { differences } = expectOk(await admin("PUT", "/salon", without));
    expect(differences.map((one: { path: string }) => one.path).join()).toMatch(/emma|staff/);
    const post = (over: object) =>
      ask(salon, "POST", "/api/v2/bookings", { body: wish(slot(2), { ...over }), prefer: "wait=30" });
    expectProblem(await post({}), 404, "not-found", ["staff"]);
    expectProblem(await post({ service: "beliebig", staff: "fabian" }), 404, "not-found", ["service"]);
    const still = await ask(salon, "GET", `/api/v2/bookings/${booked.body.id}`);
    expect(still.body).toMatchObject({
      staff: { slug: "emma" },
      service: { slug: "schnitt" },
      status: "confirmed",
    });
    const cancelled = await ask(salon, "POST", `/api/v2/bookings/${booked.body.id}/cancel`, {
      body: {},
      prefer: "wait=30",
    });
    expect(cancelled.status, cancelled.text).toBe(200);
    expectOk(await admin("PUT", "/salon", whole));
    expect((await post({})).status).toBe(201);
  });

  it("leaves secrets that it leaves out as they are, and takes the new ones at once", async () => {
    const webhook = async (secret: string) => {
      const body = '{"triggerEvent":"PING"}';
      const signature = createHmac("sha256", secret).update(body).digest("hex");
      const headers = { "X-Cal-Signature-256": signature };
      return (
        await ask(salon, "POST", "/api/webhooks/calcom/geheim", { token: null, key: null, body, headers })
      ).status;
    };
    const document = small({ calcom: { apiKey: "cal_live_geheim", webhookSecrets: ["eins"] } });
    expectOk(await admin("PUT", "/geheim", document));
    expect(await webhook("eins")).toBe(200);
    expectOk(await admin("PUT", "/geheim", { ...document, calcom: {} }));
    expect(await webhook("eins")).toBe(200);
    expectOk(await admin("PUT", "/geheim", { ...document, calcom: { webhookSecrets: ["zwei", "eins"] } }));
    expect([await webhook("eins"), await webhook("zwei")]).toEqual([200, 200]);
    const changed = await admin("PUT", "/geheim", { ...document, calcom: { webhookSecrets: ["zwei"] } });
    expect(expectOk(changed).differences.length).toBeGreaterThan(0);
    expect(changed.text).not.toMatch(/zwei|eins/);
    expect([await webhook("eins"), await webhook("zwei")]).toEqual([401, 200]);
    const got = await admin("GET", "/geheim");
    expect(got.text).not.toMatch(/cal_live_geheim|zwei|eins|apiKey"?:\s*"/);
  });

  it("may be larger than other requests, and not without end", async () => {
    const settings = { text: "x".repeat(200_000) };
    expectOk(await admin("PUT", "/gross", small({ settings })));
    const endless = small({ settings: { text: "x".repeat(1_100_000) } });
    expectProblem(await admin("PUT", "/gross", endless), 413, "payload-too-large");
  });
});

describe("an invalid document", () => {
  it("is refused with every error and its path, and changes nothing", async () => {
    expectOk(await admin("PUT", "/streng", small()));
    const before = expectOk(await admin("GET", "/streng"));
    const wrong = {
      name: "",
      colour: "red",
      timeZone: "Europe/Nirgends",
      branches: [
        {
          slug: "Laden 1",
          name: "Laden",
          openingHours: { mon: ["22:00-02:00"], tue: ["09:00-25:00"], moon: [] },
        },
        {
          slug: "zwei",
          name: "Zwei",
          openingHours: { wed: ["09:00-12:00", "11:00-13:00"] },
          closedOn: ["2026-02-30"],
        },
      ],
      staff: [{ slug: "ida", name: "Ida", branches: ["drei"], workingHours: {}, calcomUserId: -1 }],
      services: [{ slug: "schnitt", name: "Schnitt", priceCents: 12.5, phases: [] }],
      eventTypes: [
        { service: "nichts", calcomEventTypeId: 1 },
        { service: "schnitt", phase: "x", calcomEventTypeId: "7" },
      ],
      policies: [{ for: { branch: "drei" }, cancel: { feeCents: 1, fee: { percent: 5 } } }],
    };
    const problem = expectProblem(await admin("PUT", "/streng", wrong), 422, "invalid-tenant");
    const fields = problem.errors.map((error: { field: string }) => error.field);
    for (const path of [
      "name",
      "colour",
      "timeZone",
      "branches[0].slug",
      "branches[0].openingHours.mon[0]",
      "branches[0].openingHours.tue[0]",
      "branches[0].openingHours.moon",
      "branches[1].openingHours.wed[1]",
      "branches[1].closedOn[0]",
      "staff[0].branches[0]",
      "staff[0].calcomUserId",
      "services[0].priceCents",
      "services[0].phases",
      "eventTypes[0].service",
      "eventTypes[1].phase",
      "eventTypes[1].calcomEventTypeId",
      "policies[0].for.branch",
      "policies[0].cancel.fee",
    ]) {
      expect(fields, path).toContain(path);
    }
    expect(expectOk(await admin("GET", "/streng"))).toEqual(before);
  });

  it.each([
    ["an array", "[]"],
    ["null", "null"],
    ["a text", '"x"'],
    ["an empty object", "{}"],
  ])("is %s", async (_, body) => {
    expectProblem(await admin("PUT", "/streng", body), 422, "invalid-tenant");
  });

  it("that is no JSON at all is malformed, and a name that is none is told", async () => {
    expectProblem(await admin("PUT", "/streng", "{"), 400, "malformed-json");
    expectProblem(await admin("PUT", "/streng", ""), 400, "malformed-json");
    expectProblem(await admin("PUT", "/Gro%C3%9F%20und%20Klein", small()), 422, "invalid-tenant", ["slug"]);
  });

  it("names an event type that another company has on the same Cal.com, and is refused, also as a dry run", async () => {
    const taken = (baseUrl: string | null) => ({
      ...small(),
      calcom: baseUrl === null ? {} : { baseUrl },
      eventTypes: [
        { service: "schnitt", calcomEventTypeId: 99_001 },
        { service: "schnitt", staff: "ida", calcomEventTypeId: TYPES.cutEmma },
      ],
    });
    const url = `${salon.calcom.url}/v2`;
    const spellings = [
      null,
      url,
      `${url}/`,
      `${url}//`,
      url.replace("http:", "HTTP:"),
      url.replace("/v2", "/V2"),
    ];
    for (const spelling of spellings) {
      for (const query of ["", "?dryRun=true"]) {
        const reply = await admin("PUT", `/dieb${query}`, taken(spelling));
        expectProblem(reply, 422, "invalid-tenant", ["eventTypes[1].calcomEventTypeId"]);
        expect(reply.text).not.toMatch(/"salon"|Salon/);
      }
    }
    expectProblem(await admin("GET", "/dieb"), 404, "not-found");
    expectOk(await admin("PUT", "/dieb", taken("https://calcom.example/v2")));
    const other = {
      ...taken("https://CALCOM.example:443/v2/"),
      eventTypes: [{ service: "schnitt", calcomEventTypeId: 99_001 }],
    };
    expectProblem(await admin("PUT", "/dritter", other), 422, "invalid-tenant", [
      "eventTypes[0].calcomEventTypeId",
    ]);
    const free = { ...other, calcom: { baseUrl: "https://calcom.example:8443/v2" } };
    expectOk(await admin("PUT", "/dritter", free));
  });

  it("of a company that changes its Cal.com is refused when the type is taken there", async () => {
    const document = { ...small(), eventTypes: [{ service: "schnitt", calcomEventTypeId: TYPES.cutFabian }] };
    expectOk(await admin("PUT", "/umzug", { ...document, calcom: { baseUrl: "https://umzug.example/v2" } }));
    expectProblem(
      await admin("PUT", "/umzug", { ...document, calcom: { baseUrl: null } }),
      422,
      "invalid-tenant",
      ["eventTypes[0].calcomEventTypeId"],
    );
    expect(expectOk(await admin("GET", "/umzug")).calcom.baseUrl).toBe("https://umzug.example/v2");
  });
});

describe("tokens", () => {
  it("are shown once, listed without themselves, with when they were used, and gone when deleted", async () => {
    expectOk(await admin("PUT", "/marken", small()));
    const made = await admin("POST", "/marken/tokens", { label: "Telefon" });
    expect(made.status, made.text).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      label: "Telefon",
      token: expect.stringMatching(/^\S{30,}$/),
    });
    expect(made.headers.get("cache-control")).toBe("no-store");
    const listed = async () => expectOk(await admin("GET", "/marken")).tokens;
    expect(await listed()).toEqual([
      { id: made.body.id, label: "Telefon", createdAt: expect.any(String), lastUsedAt: null },
    ]);
    expect((await ask(salon, "GET", "/api/v2/bookings", { token: made.body.token })).status).toBe(200);
    const used = await until("when it was used", async () => (await listed())[0].lastUsedAt);
    expect(Math.abs(Date.now() - Date.parse(used))).toBeLessThan(60_000);
    expect((await admin("GET", "/marken")).text).not.toContain(made.body.token);
    const gone = await admin("DELETE", `/marken/tokens/${made.body.id}`);
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect(await listed()).toEqual([]);
    expectProblem(
      await ask(salon, "GET", "/api/v2/bookings", { token: made.body.token }),
      401,
      "unauthorized",
    );
    expectProblem(await admin("DELETE", `/marken/tokens/${made.body.id}`), 404, "not-found");
  });

  it("need a label and nothing else, of a company that exists, and each is another's", async () => {
    for (const [body, field] of [
      [{}, "label"],
      [{ label: "" }, "label"],
      [{ label: 7 }, "label"],
      [{ label: "a\u0000b" }, "label"],
      [{ label: "x", token: "mine" }, "token"],
    ] as const) {
      expectProblem(await admin("POST", "/salon/tokens", body), 422, "invalid-request", [field]);
    }
    expectProblem(await admin("POST", "/niemand/tokens", { label: "x" }), 404, "not-found");
    expectProblem(await admin("DELETE", "/salon/tokens/nichts"), 404, "not-found");
    expectOk(await admin("PUT", "/fremd", small()));
    const { id } = (await admin("POST", "/fremd/tokens", { label: "x" })).body;
    expectProblem(await admin("DELETE", `/salon/tokens/${id}`), 404, "not-found");
  });
});

describe("npm run tenant", () => {
  async function run(...args: string[]) {
    const child = spawn("npm", ["run", "--silent", "tenant", "--", ...args], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { ...process.env, PUBLIC_URL: salon.url, ADMIN_TOKEN: salon.adminToken },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    const [code] = await once(child, "close");
    return { code, out, err };
  }

  it("applies, exports, makes tokens and verifies against the running gateway", async () => {
    const document = small({
      calcom: { apiKey: "cal_test", teamId: 50 },
      branches: [{ slug: "laden", name: "Laden", openingHours: OPEN_ALWAYS }],
      staff: [{ slug: "ida", name: "Ida", workingHours: OPEN_ALWAYS, calcomUserId: HOSTS.emma }],
    });
    salon.calcom.control.putEventType({
      id: lastType,
      title: "Schnitt",
      lengthInMinutes: 30,
      schedulingType: "roundRobin",
      teamId: 50,
      hosts: [HOSTS.emma],
    });
    const file = join(folder, "von-hand.json");
    await writeFile(file, JSON.stringify(document));
    const tried = await run("apply", file, "--dry-run");
    expect(tried, tried.err).toMatchObject({ code: 0, out: expect.stringMatching(/nothing changed/) });
    expectProblem(await admin("GET", "/von-hand"), 404, "not-found");
    expect(await run("apply", file)).toMatchObject({ code: 0, out: expect.stringMatching(/applied/) });
    const exported = await run("export", "von-hand");
    const { tokens: _, ...stored } = expectOk(await admin("GET", "/von-hand"));
    expect(JSON.parse(exported.out)).toEqual(stored);
    const { out: token } = await run("token", "von-hand", "Schale");
    expect((await ask(salon, "GET", "/api/v2/bookings", { token: token.trim() })).status).toBe(200);
    const fine = await run("verify", "von-hand");
    expect(fine, fine.err).toMatchObject({
      code: 0,
      out: expect.stringMatching(/everything is as the document says/),
    });
    salon.calcom.control.editEventType(lastType, { lengthInMinutes: 45 });
    const longer = await run("verify", "von-hand");
    expect(longer).toMatchObject({ code: 1, out: expect.stringMatching(new RegExp(`${lastType}.*45`)) });
    await writeFile(file, JSON.stringify({ ...document, colour: "red" }));
    expect(await run("apply", file)).toMatchObject({ code: 1, err: expect.stringMatching(/colour/) });
  });
});
