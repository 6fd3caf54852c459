import { once } from "node:events";
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon } from "../support/salon.js";
import { ask, askChunked, expectProblem, wish } from "./contract-http.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

const BOOKINGS = "/api/v2/bookings";
const post = (body: unknown, options = {}) => ask(salon, "POST", BOOKINGS, { body, ...options });
const NOBODY = "00000000-0000-4000-8000-000000000000";

describe("every answer", () => {
  it("carries the client's X-Request-Id, in the header and in a problem", async () => {
    const given = "call_77.A:b-1";
    const missing = await ask(salon, "GET", `${BOOKINGS}/${NOBODY}`, { headers: { "X-Request-Id": given } });
    expect(expectProblem(missing, 404, "not-found").requestId).toBe(given);
    const list = await ask(salon, "GET", BOOKINGS, { headers: { "X-Request-Id": given } });
    expect(list.headers.get("x-request-id")).toBe(given);
    const nowhere = await ask(salon, "GET", "/nowhere", { headers: { "X-Request-Id": given } });
    expect(nowhere.headers.get("x-request-id")).toBe(given);
  });

  it.each([
    ["is empty", ""],
    ["has spaces", "a b"],
    ["is too long", "x".repeat(500)],
    ["holds markup", "<script>alert(1)</script>"],
    ["holds quotes", '"a"'],
  ])("carries an id of its own when the client's %s", async (_, given) => {
    const reply = await ask(salon, "GET", BOOKINGS, { headers: { "X-Request-Id": given } });
    const id = reply.headers.get("x-request-id");
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(id).not.toBe(given);
  });

  it("has another id each time when the client gives none", async () => {
    const [one, two] = await Promise.all([ask(salon, "GET", BOOKINGS), ask(salon, "GET", BOOKINGS)]);
    expect(one.headers.get("x-request-id")).not.toBe(two.headers.get("x-request-id"));
  });
});

describe("a path or method that does not exist", () => {
  it.each([
    ["GET", "/"],
    ["GET", "/api"],
    ["GET", "/api/v2/nothing"],
    ["DELETE", `${BOOKINGS}/${NOBODY}`],
    ["PUT", BOOKINGS],
    ["POST", `${BOOKINGS}/${NOBODY}`],
    ["GET", `${BOOKINGS}/${NOBODY}/cancel`],
    ["POST", "/api/openapi.json"],
    ["GET", "/docs/../package.json"],
    ["GET", "/docs/package.json"],
    ["GET", `${BOOKINGS}/%E0%A4%A`],
  ])("%s %s is a problem document with 404", async (method, path) => {
    const reply = await ask(salon, method, path);
    expectProblem(reply, 404, "not-found");
  });

  it.each(["not-a-uuid", "1", "11111111-1111-1111-1111-111111111111", "%00", "'%20OR%201=1--", "..%2f.."])(
    "a booking %s is one that does not exist",
    async (id) => {
      for (const [method, rest, body] of [
        ["GET", ""],
        ["GET", "/timeline"],
        ["POST", "/cancel", {}],
        ["POST", "/reschedule", { start: slot(0) }],
      ] as const) {
        const reply = await ask(salon, method, `${BOOKINGS}/${id}${rest}`, body ? { body } : {});
        expectProblem(reply, 404, "not-found");
      }
    },
  );

  it("says where it is in `instance`", async () => {
    const reply = await ask(salon, "GET", `${BOOKINGS}/${NOBODY}?secret=1`);
    expect(expectProblem(reply, 404, "not-found").instance).toBe(`${BOOKINGS}/${NOBODY}`);
  });
});

describe("a body", () => {
  it.each([
    ["cut short", '{"service":'],
    ["empty", ""],
    ["of blanks", "  \n"],
    ["of words", "hello"],
    ["with a comma too many", '{"service":"schnitt",}'],
    ["with NaN", '{"start":NaN}'],
  ])("%s is malformed JSON", async (_, body) => {
    expectProblem(await post(body), 400, "malformed-json");
  });

  it.each([
    ["an array", "[]"],
    ["a text", '"hello"'],
    ["a number", "7"],
    ["null", "null"],
    ["true", "true"],
  ])("that is %s is an invalid request", async (_, body) => {
    expectProblem(await post(body), 422, "invalid-request", ["body"]);
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/html",
  ])("declared as %s is refused in words, not read as an empty one", async (type) => {
    const reply = await post(wish(slot(60)), { headers: { "Content-Type": type } });
    expectProblem(reply, 415, "invalid-request", ["Content-Type"]);
    const cancelled = await ask(salon, "POST", `${BOOKINGS}/${NOBODY}/cancel`, {
      body: { reason: "krank" },
      headers: { "Content-Type": type },
    });
    expectProblem(cancelled, 415, "invalid-request", ["Content-Type"]);
  });

  it("may be declared as JSON of any kind and charset", async () => {
    for (const type of ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"]) {
      const reply = await post({}, { headers: { "Content-Type": type } });
      expectProblem(reply, 422, "invalid-request", ["customer", "service", "start"]);
    }
  });

  it("of more than 64 KiB is too large, with its length told or in chunks, valid or not", async () => {
    const large = JSON.stringify(wish(slot(60), { notes: "x".repeat(64 * 1024) }));
    expectProblem(await post(large), 413, "payload-too-large");
    expectProblem(await post("{".padEnd(65 * 1024)), 413, "payload-too-large");
    const chunks = Array.from({ length: 9 }, (_, n) => large.slice(n * 8192, (n + 1) * 8192));
    expectProblem(await askChunked(salon, BOOKINGS, chunks), 413, "payload-too-large");
  });

  it("of just 64 KiB is read, in chunks as well", async () => {
    const body = JSON.stringify({}).padEnd(64 * 1024);
    expectProblem(await post(body), 422, "invalid-request");
    const half = 32 * 1024;
    expectProblem(
      await askChunked(salon, BOOKINGS, [body.slice(0, half), body.slice(half)]),
      422,
      "invalid-request",
    );
  });

  it("that was refused unread leaves its connection as it was", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = (path: string, body: string, headers: Record<string, string>) =>
      new Promise<{ status: number | undefined; port: number | undefined }>((resolve, reject) => {
        const sent = request(`${salon.url}${path}`, { method: "POST", agent, headers }, (response) => {
          const port = response.socket.localPort;
          response.resume().on("end", () => resolve({ status: response.statusCode, port }));
        });
        sent.on("error", reject);
        sent.end(body);
      });
    const type = { "Content-Type": "application/json" };
    const large = await send(BOOKINGS, "x".repeat(300_000), type);
    expect(large.status).toBe(413);
    expect((await send(BOOKINGS, "x".repeat(60_000), type)).status).toBe(401);
    const until = Date.now() + 1_000;
    let asked = 0;
    while (Date.now() < until) {
      expect(await send(BOOKINGS, "{}", type)).toEqual({ status: 401, port: large.port });
      asked += 1;
    }
    expect(asked).toBeGreaterThan(1);
    agent.destroy();
  });

  it("that is absurdly large is refused without being read", async () => {
    const sent = request(`${salon.url}${BOOKINGS}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Content-Length": "5000000000" },
    });
    sent.write("{");
    const [response] = await once(sent, "response");
    expect(response.statusCode).toBe(413);
    expect(response.headers.connection).toBe("close");
    sent.on("error", () => {});
    sent.destroy();
  });

  it("names everything that is missing", async () => {
    expectProblem(await post({}), 422, "invalid-request", ["customer", "service", "start"]);
    expectProblem(await post(wish(slot(60), { customer: {} })), 422, "invalid-request", ["customer.name"]);
  });

  it("names unknown fields with their whole path, a company included", async () => {
    const reply = await post(
      wish(slot(60), {
        company: "salon",
        colour: 1,
        customer: { name: "Anna", email: "a@example.org", age: 7, address: { city: "Berlin" } },
      }),
    );
    expectProblem(reply, 422, "invalid-request", ["colour", "company", "customer.address", "customer.age"]);
    const proto =
      '{"service":"schnitt","staff":"emma","start":"2031-01-01T10:00:00Z","customer":{"name":"A","phone":"+4915112345678"},"__proto__":{"x":1}}';
    expectProblem(await post(proto), 422, "invalid-request", ["__proto__"]);
    const id = NOBODY;
    const moved = await ask(salon, "POST", `${BOOKINGS}/${id}/reschedule`, {
      body: { start: slot(60), to: 1 },
    });
    expectProblem(moved, 422, "invalid-request", ["to"]);
    const cancelled = await ask(salon, "POST", `${BOOKINGS}/${id}/cancel`, { body: { company: "salon" } });
    expectProblem(cancelled, 422, "invalid-request", ["company"]);
  });

  it.each([
    ["service", 7],
    ["service", null],
    ["service", ""],
    ["branch", []],
    ["staff", { slug: "emma" }],
    ["start", 1_800_000_000],
    ["start", null],
    ["customer", "Anna"],
    ["notes", ["x"]],
    ["notes", "x".repeat(2001)],
    ["notes", "a\u0000b"],
    ["notes", "a\u001bb"],
    ["notes", "\ud800"],
    ["source", "calcom"],
    ["source", "web"],
  ])("whose %s is %j is refused and names it", async (field, value) => {
    expectProblem(await post(wish(slot(60), { [field]: value })), 422, "invalid-request", [field]);
  });

  it("whose reason cannot be kept is refused and names it", async () => {
    for (const reason of ["\ud800", "a\u0000", 7, "x".repeat(501)]) {
      const reply = await ask(salon, "POST", `${BOOKINGS}/${NOBODY}/cancel`, { body: { reason } });
      expectProblem(reply, 422, "invalid-request", ["reason"]);
    }
  });
});

describe("a start", () => {
  it.each([
    "2031-03-04T14:00:00",
    "2031-03-04T14:00",
    "2031-03-04T14:00:00.000",
    "2031-03-04 14:00",
    "2031-03-04",
  ])("%s without an offset is a 400 that says so", async (start) => {
    const problem = expectProblem(await post(wish(start)), 400, "invalid-request", ["start"]);
    expect(problem.detail).toMatch(/offset/);
    const moved = await ask(salon, "POST", `${BOOKINGS}/${NOBODY}/reschedule`, { body: { start } });
    expectProblem(moved, 400, "invalid-request", ["start"]);
    for (const bound of ["from", "to"]) {
      const listed = await ask(salon, "GET", `${BOOKINGS}?${bound}=${encodeURIComponent(start)}`);
      expectProblem(listed, 400, "invalid-request", [bound]);
    }
  });

  it.each([
    "tomorrow",
    "",
    "2031-02-30T10:00:00+01:00",
    "2031-13-01T10:00:00Z",
    "2031-03-04T25:00:00Z",
    "2031-03-04T10:60:00Z",
    "2031-03-04T10:00:00+25:00",
    "2031-03-04T10:00:00+01:99",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+10:00",
    "9999-12-31T23:59:59-14:00",
    "+012031-03-04T10:00:00Z",
    "1800000000",
    "2031-03-04T10:00:00Z; DROP TABLE appointments",
  ])("%j is no instant", async (start) => {
    expectProblem(await post(wish(start)), 422, "invalid-request", ["start"]);
    const listed = await ask(salon, "GET", `${BOOKINGS}?from=${encodeURIComponent(start)}`);
    expectProblem(listed, 422, "invalid-request", ["from"]);
  });

  it("without an offset beside another fault is a 422 that names both", async () => {
    const reply = await post(wish("2031-03-04T14:00:00", { extra: true }));
    expectProblem(reply, 422, "invalid-request", ["extra", "start"]);
  });
});

describe("a customer", () => {
  let next = 100;
  const customer = async (given: Record<string, unknown>) => {
    next += 1;
    return await post(wish(slot(next), { customer: given }), { prefer: "wait=30" });
  };

  it.each([
    "Jörg O'Neill",
    "Seán O’Brien",
    "Anne-Marie Müller-Lüdenscheidt",
    "Dr. Max M. Mustermann jr.",
    "Łukasz Żółć",
    "Nguyễn Thị Ánh",
    "李小龍",
    "山田・太郎",
    "محمد علی‌رضا",
    "Дмитрий",
    "Gal·la Pérez",
    "X Æ A-12",
    "Søren",
    "Ng",
    "Z",
    "Karl-Heinz (Büro)",
  ])("may be called %s", async (name) => {
    const reply = await customer({ name, email: "a@example.org" });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.body.customer.name).toBe(name);
  });

  it.each([
    ["<script>alert(1)</script>"],
    ["Anna<br>"],
    ["Anna\u0000"],
    ["Anna\nBcc: x@example.org"],
    ["Anna\u001b[31m"],
    ["Anna\u202egnp.exe"],
    ["{{name}}"],
    ["$(jndi:ldap://x)"],
    [""],
    ["   "],
    ["--"],
    ["\ud800"],
    [7],
    [null],
    ["x".repeat(201)],
  ])("is not called %j", async (name) => {
    expectProblem(await customer({ name, email: "a@example.org" }), 422, "invalid-request", [
      "customer.name",
    ]);
  });

  it("needs one of phone and e-mail, and the problem names the field", async () => {
    for (const nothing of [{}, { phone: null }, { email: null, phone: null }]) {
      const problem = expectProblem(await customer({ name: "Anna", ...nothing }), 422, "invalid-request", [
        "customer.phone",
      ]);
      expect(problem.detail).toMatch(/e-mail/);
    }
    const blank = await customer({ name: "Anna", phone: "", email: "" });
    expectProblem(blank, 422, "invalid-request", ["customer.email", "customer.phone"]);
  });

  it.each([
    ["0151 12345678", "+4915112345678"],
    ["0151/123 456-78", "+4915112345678"],
    ["+49 (0)151 12345678", "+4915112345678"],
    ["0049 151 12345678", "+4915112345678"],
    [" +49 151 12345678 ", "+4915112345678"],
    ["030 33081738", "+493033081738"],
    ["+43 664 1234567", "+436641234567"],
  ])("who gives the number %j is known under %s", async (given, normalised) => {
    const reply = await customer({ name: "Anna", phone: given });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.body.customer.phone).toBe(normalised);
  });

  it.each([
    ["123"],
    ["anonymous"],
    ["{{user_number}}"],
    ["+49"],
    ["ring 0151 12345678 please"],
    ["<b>0151 12345678</b>"],
    ["+4915112345678\u0000"],
    [4915112345678],
    ["9".repeat(60)],
  ])("has no number %j", async (phone) => {
    expectProblem(await customer({ name: "Anna", phone }), 422, "invalid-request", ["customer.phone"]);
  });

  it("may write the e-mail in capitals; it is the same address", async () => {
    const reply = await customer({ name: "Anna", email: "Anna.MUSTER@Example.ORG" });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.body.customer.email).toBe("anna.muster@example.org");
  });

  it.each([
    ["anna"],
    ["anna@"],
    ["@example.org"],
    ["a b@example.org"],
    ["a@example.org\r\nBcc: b@x.org"],
    [7],
  ])("has no e-mail %j", async (email) => {
    expectProblem(await customer({ name: "Anna", email }), 422, "invalid-request", ["customer.email"]);
  });

  it("is never told in a problem what he said", async () => {
    const reply = await customer({ name: "Geheim<", phone: "0151999", email: "geheim(at)example.org" });
    expectProblem(reply, 422, "invalid-request", ["customer.email", "customer.name", "customer.phone"]);
    expect(reply.text).not.toMatch(/geheim|0151999/i);
  });
});
