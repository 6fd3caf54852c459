import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon } from "../support/salon.js";
import { salonDocument } from "../support/salon-document.js";
import { ask, expectProblem, wish } from "./contract-http.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

describe("a start in no year of ours", () => {
  it.each([
    ["9999-12-31T10:00:00Z", "too-far"],
    ["9999-12-31T23:59:59+12:00", "too-far"],
    ["0001-01-01T10:00:00Z", "in-past"],
    ["1899-12-31T10:00:00+01:00", "in-past"],
  ])("%s is an instant all the same, and %s", async (start, slug) => {
    const body = wish(start);
    expectProblem(await ask(salon, "POST", "/api/v2/bookings", { body }), 422, slug, ["start"]);
  });

  it("bounds a list as any other does", async () => {
    const booked = await salon.book({ start: slot(0) });
    const all = "/api/v2/bookings?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z";
    const listed = await ask(salon, "GET", all);
    expect(listed.status, listed.text).toBe(200);
    expect(listed.body.items.map((item: { id: string }) => item.id)).toContain(booked.body.id);
    const none = await ask(salon, "GET", "/api/v2/bookings?to=0001-01-01T00:00:00Z");
    expect(none.body.items).toEqual([]);
  });

  it("of an availability is answered without an error of ours", async () => {
    for (const span of [
      "from=9999-12-30T00:00:00Z&to=9999-12-31T00:00:00Z",
      "from=0001-01-01&to=0001-01-02",
    ]) {
      const reply = await ask(salon, "GET", `/api/v2/availability?service=schnitt&${span}`);
      expect([200, 422], reply.text).toContain(reply.status);
    }
  });
});

describe("a body that is no UTF-8", () => {
  const BROKEN = Buffer.concat([
    Buffer.from('{"service":"schnitt","staff":"emma","customer":{"name":"J'),
    Buffer.from([0xf6]),
    Buffer.from(`rg","phone":"+4915112345678"},"start":"${new Date(Date.now() + 8.64e8).toISOString()}"}`),
  ]);
  const send = (path: string, method: string, token: string, body: Uint8Array) =>
    fetch(`${salon.url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        "Idempotency-Key": randomUUID(),
        "Content-Type": "application/json",
      },
      body: new Uint8Array(body),
    });

  it.each([
    ["POST", "/api/v2/bookings"],
    ["POST", "/api/v2/voice/tools/list_services"],
    ["PUT", "/api/admin/companies/kaputt"],
  ])("is malformed JSON at %s %s", async (method, path) => {
    const token = path.startsWith("/api/admin") ? salon.adminToken : salon.token;
    const response = await send(path, method, token, BROKEN);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: "https://askpro.dev/problems/malformed-json" });
  });

  it("with a byte order mark or any letter of any script is read as before", async () => {
    const body = Buffer.from(
      `\ufeff${JSON.stringify(wish(slot(4), { customer: { name: "Łukasz 李", email: "l@example.org" } }))}`,
    );
    const response = await send("/api/v2/bookings", "POST", salon.token, body);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ customer: { name: "Łukasz 李" } });
  });
});

describe("a list of what the document names no more", () => {
  it("is found by its slug as ever; a slug that never was is a 404", async () => {
    const booked = await salon.book({ start: slot(8), staff: "fabian" });
    const { id } = booked.body;
    const document = salonDocument(`${salon.calcom.url}/v2`, "webhook-secret-of-the-salon");
    const reply = await ask(salon, "PUT", "/api/admin/companies/salon", {
      token: salon.adminToken,
      key: null,
      body: {
        ...document,
        staff: document.staff.filter(({ slug }) => slug !== "fabian"),
        services: document.services.filter(({ slug }) => slug !== "schnitt"),
        eventTypes: document.eventTypes.filter(
          ({ staff, service }) => staff !== "fabian" && service !== "schnitt",
        ),
      },
    });
    expect(reply.status, reply.text).toBe(200);
    const listed = async (query: string) => {
      const list = await ask(salon, "GET", `/api/v2/bookings?${query}`);
      expect(list.status, list.text).toBe(200);
      return list.body.items.map((item: { id: string }) => item.id);
    };
    expect(await listed("staff=fabian")).toEqual([id]);
    expect(await listed("service=schnitt&staff=fabian&branch=zentrale")).toEqual([id]);
    for (const query of ["staff=nie", "service=nie", "branch=nie", "staff=%00", "service=Schnitt%20"]) {
      const field = query.split("=")[0] ?? "";
      expectProblem(await ask(salon, "GET", `/api/v2/bookings?${query}`), 404, "not-found", [field]);
    }
  });
});
