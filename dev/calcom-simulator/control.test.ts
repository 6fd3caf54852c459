import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Simulator } from "./simulator.js";
import { at, bookingBody, call, type Hook, startHook, startSalon, TYPE } from "./test-rig.js";

let sim: Simulator;
let hook: Hook;
beforeAll(async () => {
  sim = await startSalon();
  hook = await startHook();
});
afterAll(async () => {
  await sim.close();
  await hook.close();
});
beforeEach(async () => {
  await sim.control.reset("bookings");
  hook.received.length = 0;
});

const control = async (method: string, path: string, body?: unknown) => {
  const reply = await call(sim, method, `/_sim/${path}`, body);
  return { status: reply.status, data: reply.body.data, error: reply.body.error };
};

describe("the control API over HTTP", () => {
  it("lets a person book, move, and cancel, with webhooks, and lists what is and what was asked", async () => {
    await control("POST", "webhooks", { url: hook.url, secret: "s", scope: { userId: 1 } });
    const booked = await control("POST", "book", {
      eventTypeId: 1,
      start: at(9),
      name: "Jörg",
      phone: "+491511234567",
    });
    expect(booked.data).toMatchObject({
      status: "accepted",
      source: "WEBAPP",
      attendee: { email: "491511234567@sms.cal.com" },
    });
    const { uid } = booked.data as { uid: string };
    const moved = await control("POST", "move", { uid, start: at(10), by: "host", reason: "ill" });
    const newUid = (moved.data as { uid: string }).uid;
    await control("POST", "cancel", { uid: newUid, by: "attendee", reason: "no" });
    expect(hook.triggers()).toEqual(["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"]);
    expect(hook.received[1]?.payload).toMatchObject({ rescheduledBy: "emma@salon.test" });
    expect(((await control("GET", "bookings")).data as unknown[]).length).toBe(2);
    expect((await control("GET", "deliveries")).data).toHaveLength(3);
    await call(sim, "POST", "/v2/bookings", bookingBody(TYPE.single, at(12)));
    const asked = (await control("GET", "requests?operation=create")).data;
    expect(asked).toMatchObject({
      counts: { total: 1, byOperation: { create: 1 } },
      items: [
        { method: "POST", path: "/v2/bookings", status: 201, operationId: `op-guest@example.test-${at(12)}` },
      ],
    });
    await control("DELETE", "requests");
    expect((await control("GET", "requests")).data).toMatchObject({ counts: { total: 0 } });
  });

  it("erases a booking without telling anybody", async () => {
    await control("POST", "webhooks", { url: hook.url, scope: { userId: 1 } });
    const { uid } = await sim.control.book({ eventTypeId: 1, start: at(9), name: "A", email: "a@x.test" });
    expect((await control("DELETE", `bookings/${uid}`)).data).toBe(true);
    expect(hook.triggers()).toEqual(["BOOKING_CREATED"]);
    expect((await call(sim, "GET", `/v2/bookings/${uid}`)).status).toBe(404);
    expect((await call(sim, "POST", "/v2/bookings", bookingBody(1, at(9)))).status).toBe(201);
  });

  it("edits and deletes event types, and takes keys away", async () => {
    await control("PATCH", "event-types/8", { lengthInMinutes: 45, hidden: true });
    const types = await call(sim, "GET", "/v2/event-types?eventSlug=8");
    expect(types.body.data).toMatchObject([{ id: 8, lengthInMinutes: 45, hidden: true }]);
    const seen = await call(sim, "GET", "/v2/event-types?username=emma&eventSlug=8", undefined, {
      authorization: "",
    });
    expect(seen.body.data).toEqual([]);
    await control("POST", "event-types", { id: 77, title: "Gone soon", lengthInMinutes: 15, ownerId: 1 });
    expect((await control("DELETE", "event-types/77")).data).toBe(true);
    expect((await call(sim, "POST", "/v2/bookings", bookingBody(77, at(9)))).status).toBe(404);
    await control("POST", "keys", { key: "cal_short", userId: 1 });
    const me = () => call(sim, "GET", "/v2/me", undefined, { authorization: "Bearer cal_short" });
    expect((await me()).status).toBe(200);
    await control("DELETE", "keys/cal_short");
    expect((await me()).status).toBe(401);
  });

  it("sets, lists and lifts faults, and explains a wrong one", async () => {
    expect((await control("POST", "faults", { effect: { kind: "nonsense" } })).status).toBe(400);
    await control("POST", "faults", { match: { operation: "me" }, times: -1, effect: { kind: "401" } });
    expect((await call(sim, "GET", "/v2/me")).status).toBe(401);
    expect((await control("GET", "faults")).data).toMatchObject([{ struck: 1 }]);
    await control("DELETE", "faults");
    expect((await call(sim, "GET", "/v2/me")).status).toBe(200);
    expect((await control("POST", "settings", { unknown: 1 })).status).toBe(400);
    expect((await control("POST", "book", { eventTypeId: 1 })).status).toBe(400);
  });

  it("lets a host overbook by force and refuses it otherwise", async () => {
    await sim.control.book({ eventTypeId: 1, start: at(9), name: "A", email: "a@x.test" });
    const again = { eventTypeId: 1, start: at(9), name: "B", email: "b@x.test" };
    expect((await control("POST", "book", again)).error).toBe(
      "User either already has booking at this time or is not available",
    );
    expect((await control("POST", "book", { ...again, force: true })).status).toBe(200);
    expect(sim.control.bookings()).toHaveLength(2);
  });
});

describe("the state file", () => {
  it("goes on after a restart with the same bookings, keys and free times", async () => {
    const folder = mkdtempSync(join(tmpdir(), "calcom-simulator-"));
    const stateFile = join(folder, "deep", "state.json");
    try {
      const first = await startSalon({ stateFile });
      const made = await call(first, "POST", "/v2/bookings", bookingBody(TYPE.single, at(9)));
      await first.close();
      expect(JSON.parse(readFileSync(stateFile, "utf8"))).toMatchObject({ version: 1 });
      const second = await startSalon({ stateFile, seed: {} });
      const found = await call(second, "GET", `/v2/bookings/${String(made.data.uid)}`);
      expect(found.data).toEqual(made.data);
      expect(
        (await call(second, "POST", "/v2/bookings", bookingBody(TYPE.single, at(9), "b@x.test"))).status,
      ).toBe(400);
      const next = await call(second, "POST", "/v2/bookings", bookingBody(TYPE.single, at(10)));
      expect(Number(next.data.id)).toBeGreaterThan(Number(made.data.id));
      await second.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the page", () => {
  const page = async (path: string, headers = {}) => (await fetch(sim.url + path, { headers })).text();
  const post = (action: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${sim.url}/page/${action}`, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { accept: "application/json", ...headers },
    });

  it("escapes what people write", async () => {
    await sim.control.book({
      eventTypeId: 1,
      start: at(9),
      name: "<script>alert('x')</script>\"",
      email: "a@x.test",
    });
    const text = await page(`/?week=${at(9).slice(0, 10)}`);
    expect(text).toContain("&lt;script&gt;alert(");
    expect(text).not.toContain("<script>alert(");
  });

  it("books in the hosts' wall time, moves and cancels, and answers a refusal with its reason", async () => {
    const day = at(9).slice(0, 10);
    const fields = {
      eventTypeId: "1",
      start: `${day}T10:00`,
      zone: "Europe/Berlin",
      name: "Anna",
      phone: "+49151",
      email: "",
    };
    expect((await post("book", fields)).status).toBe(200);
    const [row] = sim.control.bookings();
    const local = new Intl.DateTimeFormat("de", { timeZone: "Europe/Berlin", timeStyle: "short" }).format(
      Date.parse(row?.start ?? ""),
    );
    expect(local).toBe("10:00");
    const refused = await post("book", fields);
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: "User either already has booking at this time or is not available" },
    ]);
    const uid = row?.uid ?? "";
    expect(
      (await post("move", { uid, start: `${day}T12:00`, zone: "Europe/Berlin", by: "attendee" })).status,
    ).toBe(200);
    const moved = sim.control.bookings()[1]?.uid ?? "";
    expect((await post("cancel", { uid: moved, reason: "ill" })).status).toBe(200);
    expect(sim.control.booking(moved)).toMatchObject({ status: "cancelled", cancellationReason: "ill" });
    const fragment = await page(`/?week=${day}`, { "x-fragment": "calendar" });
    expect(fragment).toContain("Anna");
    expect(fragment).not.toContain("<html");
  });

  it("does not act for a page of another site", async () => {
    const { uid } = await sim.control.book({ eventTypeId: 1, start: at(9), name: "A", email: "a@x.test" });
    expect((await post("cancel", { uid }, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect(sim.control.booking(uid)?.status).toBe("accepted");
  });
});
