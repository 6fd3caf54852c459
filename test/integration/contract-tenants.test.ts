import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, daysAhead, type Salon, slot, startSalon, until } from "../support/salon.js";
import { OPEN_ALWAYS } from "../support/salon-document.js";
import { ask, expectProblem, makeCompany, type Reply, wish } from "./contract-http.js";

const BOOKINGS = "/api/v2/bookings";
let salon: Salon;
let neighbour: string;
beforeAll(async () => {
  salon = await startSalon();
  neighbour = await makeCompany(salon, "nachbar", {
    name: "Nachbar",
    branches: [{ slug: "zentrale", name: "Zentrale", openingHours: OPEN_ALWAYS }],
    staff: [{ slug: "emma", name: "Emma", workingHours: OPEN_ALWAYS }],
    services: [{ slug: "schnitt", name: "Schnitt", phases: [{ key: "main", minutes: 30 }] }],
  });
});
afterAll(closeSalons);

const book = (start: string, over: Record<string, unknown> = {}) =>
  ask(salon, "POST", BOOKINGS, { body: wish(start, over), prefer: "wait=30" });
const list = (query: string, token?: string) =>
  ask(salon, "GET", `${BOOKINGS}${query}`, token === undefined ? {} : { token });
const ids = (reply: Reply): string[] => {
  expect(reply.status, reply.text).toBe(200);
  return reply.body.items.map((item: { id: string }) => item.id);
};

/** The webhook of our own booking may still come and verify it once more. */
const verifiedAnytime = (body: Reply["body"]) => ({
  ...body,
  sync: { ...body.sync, verifiedAt: expect.any(String) },
});

describe("a token", () => {
  it.each<[string, Record<string, string>]>([
    ["missing", {}],
    ["empty", { Authorization: "Bearer " }],
    ["wrong", { Authorization: "Bearer askpro_wrong" }],
    ["of another scheme", { Authorization: `Basic ${Buffer.from("a:b").toString("base64")}` }],
    ["in the query only", { "X-Token": "x" }],
  ])("that is %s is a 401 that says how to authenticate", async (_, headers) => {
    for (const [method, path] of [
      ["GET", BOOKINGS],
      ["POST", BOOKINGS],
      ["GET", `${BOOKINGS}/${randomUUID()}/timeline`],
      ["GET", "/api/v2/nothing"],
      ["GET", "/api/admin/companies"],
      ["PUT", "/api/admin/companies/salon"],
    ] as const) {
      const body = method === "GET" ? {} : { body: {} };
      const reply = await ask(salon, method, path, { token: null, headers, ...body });
      expectProblem(reply, 401, "unauthorized");
      expect(reply.headers.get("www-authenticate")).toMatch(/^Bearer\b/);
    }
  });

  it("is taken whatever the case of the scheme, and nowhere but in the header", async () => {
    const lower = await ask(salon, "GET", BOOKINGS, {
      token: null,
      headers: { Authorization: `bearer ${salon.token}` },
    });
    expect(lower.status).toBe(200);
    expectProblem(
      await ask(salon, "GET", `${BOOKINGS}?token=${salon.token}`, { token: null }),
      401,
      "unauthorized",
    );
  });

  it("of a company opens nothing of the operator's, and the operator's nothing of a company's", async () => {
    expectProblem(await ask(salon, "GET", "/api/admin/companies"), 401, "unauthorized");
    expectProblem(await ask(salon, "GET", BOOKINGS, { token: salon.adminToken }), 401, "unauthorized");
  });

  it("that was revoked is none from that moment on", async () => {
    const admin = { token: salon.adminToken, key: null };
    const made = await ask(salon, "POST", "/api/admin/companies/salon/tokens", {
      ...admin,
      body: { label: "weg" },
    });
    expect((await list("", made.body.token)).status).toBe(200);
    const gone = await ask(salon, "DELETE", `/api/admin/companies/salon/tokens/${made.body.id}`, admin);
    expect(gone.status).toBe(204);
    expectProblem(await list("", made.body.token), 401, "unauthorized");
    expect((await list("")).status).toBe(200);
  });

  it("is kept as a hash only", async () => {
    const rows = await salon.admin.sql<{ row: string }[]>`SELECT api_tokens::text AS row FROM api_tokens`;
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) expect(row).not.toContain(salon.token);
  });
});

describe("another company's appointment", () => {
  it("does not exist: no get, timeline, move or cancel, no list, and it stays as it is", async () => {
    const booked = await book(slot(0));
    expect(booked.status, booked.text).toBe(201);
    const there = `${BOOKINGS}/${booked.body.id}`;
    const nobody = `${BOOKINGS}/${randomUUID()}`;
    for (const [method, rest, body] of [
      ["GET", "", undefined],
      ["GET", "/timeline", undefined],
      ["POST", "/cancel", {}],
      ["POST", "/reschedule", { start: slot(2) }],
    ] as const) {
      const theirs = await ask(salon, method, `${there}${rest}`, { token: neighbour, body });
      const none = await ask(salon, method, `${nobody}${rest}`, { token: neighbour, body });
      expectProblem(theirs, 404, "not-found");
      expect({ ...theirs.body, instance: "", requestId: "" }).toEqual({
        ...none.body,
        instance: "",
        requestId: "",
      });
    }
    expect(ids(await list("", neighbour))).toEqual([]);
    expect(ids(await list("?phone=%2B4915112345678", neighbour))).toEqual([]);
    expect((await ask(salon, "GET", there)).body).toEqual(verifiedAnytime(booked.body));
  });

  it("is not reached by naming the company in the body either", async () => {
    const reply = await ask(salon, "POST", BOOKINGS, {
      token: neighbour,
      body: wish(slot(4), { company: "salon" }),
    });
    expectProblem(reply, 422, "invalid-request", ["company"]);
    const byId = await ask(salon, "POST", BOOKINGS, {
      token: neighbour,
      body: wish(slot(4), { companyId: salon.companyId }),
    });
    expectProblem(byId, 422, "invalid-request", ["companyId"]);
  });
});

describe("the list", () => {
  const day = daysAhead(40);
  const at = (n: number) => slot(n, day);
  const range = (from: string, to: string) => `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;

  it("holds from ≤ start < to, by start", async () => {
    const made = [];
    for (const n of [4, 0, 2]) made.push(await book(at(n)));
    const [third, first, second] = made.map((reply) => reply.body.id);
    expect(ids(await list(`?${range(at(0), at(5))}`))).toEqual([first, second, third]);
    expect(ids(await list(`?${range(at(0), at(4))}`))).toEqual([first, second]);
    expect(ids(await list(`?${range(at(1), at(5))}`))).toEqual([second, third]);
    expect(ids(await list(`?${range(at(2), at(2))}`))).toEqual([]);
    const whole = await list(`?${range(at(0), at(5))}`);
    expect(whole.body.nextCursor).toBeNull();
    const one = await ask(salon, "GET", `${BOOKINGS}/${first}`);
    expect(whole.body.items[0]).toEqual(verifiedAnytime(one.body));
  });

  it("takes any offset, and a plus that was not encoded", async () => {
    const start = at(10);
    const booked = await book(start);
    const local = new Date(Date.parse(start) + 2 * 3_600_000).toISOString().slice(0, 19);
    expect(ids(await list(`?from=${local}+02:00&to=${local.slice(0, 18)}1%2B02:00`))).toEqual([
      booked.body.id,
    ]);
  });

  it("is filtered by staff, service, branch, phone and status, each and together", async () => {
    const from = at(100);
    const emma = await book(at(100), { customer: { name: "A", phone: "0151 00000001" } });
    const fabian = await book(at(100), { staff: "fabian", customer: { name: "B", phone: "0151 00000002" } });
    const perm = await book(at(102), {
      service: "dauerwelle",
      customer: { name: "A", phone: "+4915100000001" },
    });
    const gone = await book(at(110), { customer: { name: "B", phone: "+4915100000002" } });
    for (const reply of [emma, fabian, perm, gone]) expect(reply.status, reply.text).toBe(201);
    const cancelled = await ask(salon, "POST", `${BOOKINGS}/${gone.body.id}/cancel`, {
      body: {},
      prefer: "wait=30",
    });
    expect(cancelled.status, cancelled.text).toBe(200);
    const found = async (query: string) => new Set(ids(await list(`?${range(from, at(120))}&${query}`)));
    const of = (...replies: Reply[]) => new Set(replies.map((reply) => reply.body.id));
    expect(await found("staff=emma")).toEqual(of(emma, perm, gone));
    expect(await found("staff=fabian")).toEqual(of(fabian));
    expect(await found("service=dauerwelle")).toEqual(of(perm));
    expect(await found("branch=zentrale")).toEqual(of(emma, fabian, perm, gone));
    expect(await found("phone=%2B4915100000001")).toEqual(of(emma, perm));
    expect(await found("phone=+4915100000001")).toEqual(of(emma, perm));
    expect(await found("phone=0151%2000000002")).toEqual(of(fabian, gone));
    expect(await found("status=confirmed")).toEqual(of(emma, fabian, perm));
    expect(await found("status=cancelled")).toEqual(of(gone));
    expect(await found("status=cancelled,confirmed")).toEqual(of(emma, fabian, perm, gone));
    expect(await found("status=cancelled&status=confirmed")).toEqual(of(emma, fabian, perm, gone));
    expect(await found("status=failed,pending,completed,no_show")).toEqual(new Set());
    expect(
      await found("staff=emma&service=schnitt&status=confirmed&phone=015100000001&branch=zentrale"),
    ).toEqual(of(emma));
  });

  it.each([
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=-1", "limit"],
    ["limit=ten", "limit"],
    ["limit=1.5", "limit"],
    ["limit=", "limit"],
    ["limit=1&limit=2", "limit"],
    ["status=open", "status"],
    ["status=", "status"],
    ["status=confirmed,,", "status"],
    ["phone=abc", "phone"],
    ["phone=", "phone"],
    ["cursor=abc", "cursor"],
    ["cursor=", "cursor"],
    [`cursor=${Buffer.from(`2031-01-01T00:00:00.000Z|${"-".repeat(36)}`).toString("base64url")}`, "cursor"],
    [`cursor=${Buffer.from(`+275760-09-13T00:00:00.000Z|${randomUUID()}`).toString("base64url")}`, "cursor"],
    [`cursor=${Buffer.from(`0|${randomUUID()}`).toString("base64url")}`, "cursor"],
    ["colour=red", "colour"],
    ["company=salon", "company"],
    ["From=2031-01-01T00:00:00Z", "From"],
  ])("refuses ?%s and names it", async (query, field) => {
    expectProblem(await list(`?${query}`), 422, "invalid-request", [field]);
  });

  it.each([
    ["staff=nobody", "staff"],
    ["service=nothing", "service"],
    ["branch=nowhere", "branch"],
    ["staff=%00", "staff"],
  ])("does not know ?%s", async (query, field) => {
    expectProblem(await list(`?${query}`), 404, "not-found", [field]);
  });

  it("is paged without loss or repetition, over more than a hundred with equal starts, while others come", async () => {
    const start = new Date(daysAhead(400));
    const template = await book(at(200));
    const made = await salon.admin.sql<{ id: string }[]>`
      INSERT INTO appointments (id, company_id, workflow_id, status, start_at, end_at, time_zone, service_id, branch_id, staff_id,
        staff_wished, customer_id, attendee_name, source, price_cents, buffer_after_minutes, sync_state)
      SELECT gen_random_uuid(), company_id, workflow_id || ':' || n, status, ${start}, ${start}::timestamptz + interval '30 min',
        time_zone, service_id, branch_id, staff_id, staff_wished, customer_id, attendee_name, source, price_cents,
        buffer_after_minutes, sync_state
      FROM appointments, generate_series(1, 230) n WHERE id = ${template.body.id} RETURNING id`;
    const query = `?from=${start.toISOString()}`;
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const next: string = cursor === null ? "" : `&cursor=${cursor}`;
      const page = await list(`${query}&limit=100${next}`);
      seen.push(...ids(page));
      cursor = page.body.nextCursor;
      pages += 1;
      expect(pages).toBeLessThan(5);
    } while (cursor !== null);
    expect(pages).toBe(3);
    expect(seen).toEqual(made.map((row) => row.id).sort());
    expect((await list(query)).body.items).toHaveLength(50);
    const exact = await list(
      `?${range(start.toISOString(), new Date(start.getTime() + 1).toISOString())}&limit=1`,
    );
    expect(exact.body.nextCursor).toMatch(/^[\w-]+$/);
    await salon.admin.sql`DELETE FROM appointments WHERE id = ANY(${made.map((row) => row.id)}::uuid[])`;
  });

  it("shows what a person made in Cal.com like everything else", async () => {
    const there = await salon.calcom.control.book({
      eventTypeId: 101,
      start: at(300),
      name: "Anna",
      email: "a@x.org",
    });
    const item = await until(
      "the booking of Cal.com",
      async () => (await list(`?${range(at(300), at(301))}`)).body.items[0],
    );
    expect(item).toMatchObject({
      source: "calcom",
      phases: [{ calcomUid: there.uid }],
      customer: { name: "Anna" },
    });
  });
});
