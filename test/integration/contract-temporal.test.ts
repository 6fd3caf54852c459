import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { ask, expectProblem, type Reply, wish } from "./contract-http.js";

const BOOKINGS = "/api/v2/bookings";
const PERSON = { name: "Gundula Geheimnis", email: "gundula@geheim.example", phone: "+4915187654321" };

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

let last = 0;
const fresh = () => {
  last += 2;
  return slot(last);
};
async function book(key = randomUUID() as string): Promise<Reply["body"]> {
  const body = wish(fresh(), { customer: PERSON, notes: "ganz vertraulich" });
  const reply = await ask(salon, "POST", BOOKINGS, { body, key, prefer: "wait=30" });
  expect(reply.status, reply.text).toBe(201);
  return reply.body;
}
const seen = async (id: string): Promise<Reply["body"]> =>
  (await ask(salon, "GET", `${BOOKINGS}/${id}`)).body;
const standing = (id: string) =>
  salon.calcom.control
    .bookings()
    .filter((one) => one.metadata.appointmentId === id && one.status === "accepted")
    .map((one) => Date.parse(one.start));

/** Every text of a history, payloads as what they hold. */
function* texts(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (value instanceof Uint8Array) yield Buffer.from(value).toString("utf8");
  else if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) yield* texts(inner);
}

describe("the workflow of a booking", () => {
  it("is a bookingLifecycle with the contract's id, queue and search attributes", async () => {
    const booked = await book("Ein_Schluessel.1-2");
    expect(booked.workflowId).toBe(`booking:${salon.companyId}:api:Ein_Schluessel.1-2`);
    const { raw, type, taskQueue, typedSearchAttributes } = await until("the confirmed state", async () => {
      const described = await salon.temporal.workflow.getHandle(booked.workflowId).describe();
      return JSON.stringify(described.typedSearchAttributes).includes("Confirmed") ? described : null;
    });
    expect(raw.workflowExecutionInfo?.execution?.workflowId).toBe(booked.workflowId);
    expect(type).toBe("bookingLifecycle");
    expect(taskQueue).toBe(salon.taskQueue);
    const attributes = Object.fromEntries(
      typedSearchAttributes
        .getAll()
        .map(({ key, value }) => [key.name, value instanceof Date ? value.getTime() : value]),
    );
    expect(attributes).toMatchObject({
      CompanyId: salon.companyId,
      AppointmentId: booked.id,
      BookingStatus: "Confirmed",
      CalcomUid: booked.phases[0].calcomUid,
      AppointmentStart: Date.parse(booked.start),
    });
  });

  it("carries the whole SHA-256 of a key that is not plain", async () => {
    for (const key of ["a:b", "x".repeat(65), "ein/schlüssel".replace("ü", "u")]) {
      const hash = createHash("sha256").update(key).digest("hex");
      expect((await book(key)).workflowId).toBe(`booking:${salon.companyId}:api:sha256-${hash}`);
    }
  });

  it("answers the query `view` with ids, instants and states, and nothing of the person", async () => {
    const booked = await book();
    const view = await salon.temporal.workflow.getHandle(booked.workflowId).query("view");
    expect(view).toMatchObject({
      appointmentId: booked.id,
      status: "confirmed",
      phases: [{ key: "main", calcomUid: booked.phases[0].calcomUid }],
    });
    expect(JSON.stringify(view)).not.toMatch(/gundula|geheim|4915187654321|vertraulich/i);
  });

  it("is told to book by `{commandId}` and nothing else; its history knows no person", async () => {
    const booked = await book();
    await ask(salon, "POST", `${BOOKINGS}/${booked.id}/cancel`, {
      body: { reason: "ganz vertraulich" },
      prefer: "wait=30",
    });
    const handle = salon.temporal.workflow.getHandle(booked.workflowId);
    const { events } = await handle.fetchHistory();
    const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? []);
    const sent = (name: string) =>
      signals
        .filter((signal) => signal.signalName === name)
        .map((signal) => JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? "").toString()));
    const rows = await salon.admin.sql<{ id: string; kind: string }[]>`
      SELECT id, kind FROM commands WHERE appointment_id = ${booked.id}`;
    const idOf = (kind: string) => rows.find((row) => row.kind === kind)?.id;
    expect(sent("book")).toEqual([{ commandId: idOf("book") }]);
    expect(sent("cancel")).toEqual([{ commandId: idOf("cancel") }]);
    const whole = [...texts(events)];
    expect(whole.join()).toContain(String(idOf("book")));
    expect(whole.join()).not.toMatch(/gundula|geheim|4915187654321|vertraulich/i);
  });
});

describe("a signal sent by hand", () => {
  it("that names the command of another appointment reaches neither", async () => {
    const [mine, other] = [await book(), await book()];
    const [command] = await salon.admin.sql<
      { id: string }[]
    >`SELECT id FROM commands WHERE appointment_id = ${other.id}`;
    const handle = salon.temporal.workflow.getHandle(mine.workflowId);
    await handle.signal("cancel", { commandId: command?.id });
    await handle.signal("cancel", {});
    await until("the cancel that names no command", async () => (await seen(mine.id)).status === "cancelled");
    expect((await seen(other.id)).status).toBe("confirmed");
    const { items } = (await ask(salon, "GET", `${BOOKINGS}/${mine.id}/timeline`)).body;
    const cancels = items.filter(
      (item: { kind: string; action: string }) => item.kind === "command" && item.action === "cancel",
    );
    expect(cancels.map((item: { outcome: string }) => item.outcome)).toEqual(["accepted", "cancelled"]);
  });

  it("`cancel` cancels the booking here and in Cal.com, with a command id, without one, and twice", async () => {
    for (const payload of [{ commandId: randomUUID() }, {}]) {
      const booked = await book();
      const handle = salon.temporal.workflow.getHandle(booked.workflowId);
      await handle.signal("cancel", payload);
      await handle.signal("cancel", payload);
      await until("the cancel", async () => (await seen(booked.id)).status === "cancelled");
      expect(standing(booked.id)).toEqual([]);
      expectProblem(
        await ask(salon, "POST", `${BOOKINGS}/${booked.id}/cancel`, { body: {} }),
        409,
        "not-changeable",
      );
    }
  });

  it("`reschedule` moves it to the given start, and is bound by what is taken", async () => {
    const booked = await book();
    const other = await book();
    const handle = salon.temporal.workflow.getHandle(booked.workflowId);
    const to = fresh();
    await handle.signal("reschedule", { start: other.start });
    await handle.signal("reschedule", { commandId: randomUUID(), start: to });
    await until("the move", async () => Date.parse((await seen(booked.id)).start) === Date.parse(to));
    expect(standing(booked.id)).toEqual([Date.parse(to)]);
    expect(await seen(booked.id)).toMatchObject({ status: "confirmed", rescheduleCount: 1 });
  });

  it("that makes no sense changes nothing and breaks nothing", async () => {
    const booked = await book();
    const handle = salon.temporal.workflow.getHandle(booked.workflowId);
    await handle.signal("reschedule", { start: "gestern" });
    await handle.signal("reschedule", {});
    await handle.signal("reschedule", { commandId: "keine", start: fresh(), staffId: "niemand" });
    await handle.signal("book", { commandId: randomUUID() });
    await handle.signal("calcomEvent", { eventId: randomUUID() });
    for (const name of ["book", "reschedule", "calcomEvent"]) {
      await handle.signal(name);
      for (const payload of [null, 7, "x", [], { commandId: 7, eventId: "x", start: {}, staffId: 1 }]) {
        await handle.signal(name, payload);
      }
    }
    await handle.signal("unheard-of", 7);
    const moved = await ask(salon, "POST", `${BOOKINGS}/${booked.id}/reschedule`, {
      body: { start: fresh() },
      prefer: "wait=30",
    });
    expect(moved.status, moved.text).toBe(200);
    expect(standing(booked.id)).toEqual([Date.parse(moved.body.start)]);
    const { status } = await handle.describe();
    expect(status.name).toBe("RUNNING");
  });

  it("`resolveReview` is refused where there is nothing under review", async () => {
    const booked = await book();
    const handle = salon.temporal.workflow.getHandle(booked.workflowId);
    const resolve = (decision: unknown) => handle.executeUpdate("resolveReview", { args: [decision] });
    await expect(resolve({ decision: "retry", actor: "Chefin", note: "x" })).rejects.toThrow();
    await expect(resolve({ decision: "explode", actor: "Chefin", note: "x" })).rejects.toThrow();
    await expect(resolve("retry")).rejects.toThrow();
    expect((await seen(booked.id)).status).toBe("confirmed");
  });
});
