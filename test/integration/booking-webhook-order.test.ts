import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import { anew, inboxWorkedOff, move, seen, standingAt } from "./booking-situations.js";

let salon: Salon;
/** A start that no other test uses; three hours are free behind it. */
let start: string;
let next = 0;
const later = (halfHours: number) => new Date(Date.parse(start) + halfHours * 1_800_000).toISOString();

beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);
beforeEach(() => {
  anew(salon);
  start = slot(next);
  next += 8;
});

const WRITES = ["create", "reschedule", "cancel", "confirm", "decline", "reassign"] as const;
const writes = () => WRITES.flatMap((operation) => salon.calcom.control.requests({ operation }));

/** The appointments that a booking of Cal.com, or a chain of them, has led to here. */
async function appointmentsOf(uids: readonly string[]) {
  return await salon.admin.sql<{ id: string; status: string; startAt: Date; calcomUid: string }[]>`
    SELECT DISTINCT a.id, a.status, a.start_at, p.calcom_uid FROM appointments a
    JOIN appointment_phases p ON p.appointment_id = a.id
    JOIN calcom_uids u ON u.appointment_id = a.id
    WHERE u.uid = ANY(${[...uids]})`;
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

describe("webhooks in any order, of our own booking that people changed", () => {
  it.each(permutations(["moved", "moved again", "cancelled"]).map((order) => ({ order })))(
    "end cancelled: $order",
    async ({ order }) => {
      const booked = await salon.book({ start });
      const { id } = booked.body;
      await inboxWorkedOff(salon);
      salon.calcom.control.addWebhookRule({ mode: "held", times: -1 });
      const { control } = salon.calcom;
      const b = await control.move({ uid: booked.body.phases[0].calcomUid, start: later(1) });
      const c = await control.move({ uid: b.uid, start: later(2) });
      await control.cancel({ uid: c.uid });
      const deliveries = Object.fromEntries(
        control
          .heldDeliveries()
          .map(({ id: delivery }, index) => [["moved", "moved again", "cancelled"][index], delivery]),
      );
      for (const name of order) {
        await control.release([deliveries[name] ?? -1]);
        await inboxWorkedOff(salon);
      }
      const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
      expect(here.status).toBe("cancelled");
      expect(await salon.admin.sql`SELECT 1 FROM busy_intervals WHERE owner_id = ${id}`).toHaveLength(0);
      expect(writes().filter((request) => request.operation !== "create")).toHaveLength(0);
    },
  );

  it.each(permutations(["B", "C"]).map((order) => ({ order })))(
    "end at the last time: $order",
    async ({ order }) => {
      const booked = await salon.book({ start });
      const { id } = booked.body;
      await inboxWorkedOff(salon);
      const { control } = salon.calcom;
      control.addWebhookRule({ mode: "held", times: -1 });
      const b = await control.move({ uid: booked.body.phases[0].calcomUid, start: later(1) });
      const c = await control.move({ uid: b.uid, start: later(2) });
      const [idOfB = -1, idOfC = -1] = control.heldDeliveries().map((delivery) => delivery.id);
      for (const name of order) {
        await control.release([name === "B" ? idOfB : idOfC]);
        await inboxWorkedOff(salon);
      }
      const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
      expect(here.phases[0].calcomUid).toBe(c.uid);
      expect(Date.parse(here.start)).toBe(Date.parse(later(2)));
      expect(here.status).toBe("confirmed");
    },
  );
});

describe("webhooks in any order, of a booking that was born in Cal.com", () => {
  const bookThere = () =>
    salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Anna Muster",
      email: `anna${next}@example.org`,
    });

  it.each(permutations(["A", "B", "C"]).map((order) => ({ order })))(
    "a chain of three is one appointment at the last time: $order",
    async ({ order }) => {
      const { control } = salon.calcom;
      control.addWebhookRule({ mode: "held", times: -1 });
      const a = await bookThere();
      const b = await control.move({ uid: a.uid, start: later(1) });
      const c = await control.move({ uid: b.uid, start: later(2) });
      const ids = control.heldDeliveries().map((delivery) => delivery.id);
      for (const name of order) {
        await control.release([ids["ABC".indexOf(name)] ?? -1]);
        await inboxWorkedOff(salon);
      }
      const made = await appointmentsOf([a.uid, b.uid, c.uid]);
      expect(made).toHaveLength(1);
      expect(made[0]).toMatchObject({ status: "confirmed", calcomUid: c.uid, startAt: new Date(later(2)) });
      expect(writes()).toHaveLength(0);
    },
  );

  it.each(permutations(["A", "B", "C", "X"]).map((order) => ({ order })))(
    "a chain of three that was cancelled stands nowhere: $order",
    async ({ order }) => {
      const { control } = salon.calcom;
      control.addWebhookRule({ mode: "held", times: -1 });
      const a = await bookThere();
      const b = await control.move({ uid: a.uid, start: later(1) });
      const c = await control.move({ uid: b.uid, start: later(2) });
      await control.cancel({ uid: c.uid });
      const ids = control.heldDeliveries().map((delivery) => delivery.id);
      for (const name of order) {
        await control.release([ids["ABCX".indexOf(name)] ?? -1]);
        await inboxWorkedOff(salon);
      }
      const made = await appointmentsOf([a.uid, b.uid, c.uid]);
      expect(made.length).toBeLessThanOrEqual(1);
      for (const appointment of made) {
        expect(appointment.status).toBe("cancelled");
        expect(
          await salon.admin.sql`SELECT 1 FROM busy_intervals WHERE owner_id = ${appointment.id}`,
        ).toHaveLength(0);
      }
      expect(writes()).toHaveLength(0);
    },
  );

  it("all released at once end as one appointment at the last time", async () => {
    const { control } = salon.calcom;
    control.addWebhookRule({ mode: "held", times: -1 });
    const a = await bookThere();
    const b = await control.move({ uid: a.uid, start: later(1) });
    const c = await control.move({ uid: b.uid, start: later(2) });
    const ids = control.heldDeliveries().map((delivery) => delivery.id);
    await Promise.all([...ids].reverse().map((id) => control.release([id])));
    await inboxWorkedOff(salon);
    const made = await appointmentsOf([a.uid, b.uid, c.uid]);
    expect(made).toHaveLength(1);
    expect(made[0]).toMatchObject({ status: "confirmed", calcomUid: c.uid });
  });

  it("a cancel that comes before its booking is not undone by the late create", async () => {
    const { control } = salon.calcom;
    control.addWebhookRule({ mode: "held", times: -1 });
    const a = await bookThere();
    await control.cancel({ uid: a.uid });
    const [created = -1, cancelled = -1] = control.heldDeliveries().map((delivery) => delivery.id);
    await control.release([cancelled]);
    await inboxWorkedOff(salon);
    await control.release([created]);
    await inboxWorkedOff(salon);
    expect(await appointmentsOf([a.uid])).toHaveLength(0);
    expect((await salon.book({ start })).status).toBe(201);
  });

  it("a change that the replica does not show yet is asked for again until it does", async () => {
    const { control } = salon.calcom;
    control.set({ replicaLagMs: 2_000 });
    const booked = await salon.book({ start });
    const { id } = booked.body;
    control.addWebhookRule({ mode: "held", times: -1 });
    const b = await control.move({ uid: booked.body.phases[0].calcomUid, start: later(1) });
    const c = await control.move({ uid: b.uid, start: later(2) });
    const ids = control.heldDeliveries().map((delivery) => delivery.id);
    // Only the last link is told of: how it hangs together with ours, Cal.com has to be asked.
    await control.release([ids[1] ?? -1]);
    const here = await seen(salon, id, "the last link", (now) => now.phases[0].calcomUid === c.uid);
    expect(Date.parse(here.start)).toBe(Date.parse(later(2)));
  });

  it("becomes an appointment that can be moved and cancelled here", async () => {
    const a = await bookThere();
    const made = await until("the appointment", async () => (await appointmentsOf([a.uid]))[0]);
    const moved = await move(salon, made.id, { start: later(2) });
    expect(moved.status, JSON.stringify(moved.body)).toBe(200);
    const cancelled = await salon.post(`/api/v2/bookings/${made.id}/cancel`, {}, { wait: 20 });
    expect(cancelled.status, JSON.stringify(cancelled.body)).toBe(200);
    expect(standingAt(salon, HOSTS.emma, start)).toHaveLength(0);
    expect(standingAt(salon, HOSTS.emma, later(2))).toHaveLength(0);
    await inboxWorkedOff(salon);
    expect((await salon.get(`/api/v2/bookings/${made.id}`)).body.status).toBe("cancelled");
  });

  it("that overlaps what we hold is taken in and reported, never dropped", async () => {
    const booked = await salon.book({ start });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Doppelt",
      email: "d@example.org",
      force: true,
    });
    await inboxWorkedOff(salon);
    const both = await salon.admin.sql`SELECT status FROM appointments WHERE start_at = ${start}`;
    expect(both.map((row) => row.status)).toEqual(["confirmed", "confirmed"]);
    const drifts = await salon.admin.sql`
      SELECT d.kind FROM drifts d JOIN appointments a ON a.id = d.appointment_id WHERE a.start_at = ${start}`;
    expect(drifts).toEqual([{ kind: "conflict" }]);
    expect((await salon.get(`/api/v2/bookings/${booked.body.id}`)).body.status).toBe("confirmed");
  });
});
