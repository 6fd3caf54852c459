import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon } from "../support/salon.js";
import { anew, inboxWorkedOff, move, seen, standing } from "./booking-situations.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);
beforeEach(() => anew(salon));

let last = 0;
const fresh = () => {
  last += 4;
  return slot(last);
};

/** Asked for, and not yet confirmed by the salon. */
async function requested(customer?: { name: string; phone: string }): Promise<{ id: string; start: string }> {
  const { status, body } = await salon.book({
    service: "anfrage",
    start: fresh(),
    ...(customer ? { customer } : {}),
  });
  expect({ status, state: body.status }).toEqual({ status: 202, state: "pending" });
  await seen(salon, body.id, "its booking", (now) => now.phases[0].calcomUid !== null);
  return { id: body.id, start: body.start };
}

it.each([
  ["who left an e-mail address", undefined],
  ["who left only a phone number", { name: "Ohne Post", phone: "0151 20000017" }],
])(
  "A request of a customer %s that is moved stays a request until the salon says yes.",
  async (_, customer) => {
    const { id, start } = await requested(customer);
    const to = fresh();
    const answer = await move(salon, id, { start: to });
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    expect(answer.body).toMatchObject({ status: "pending", rescheduleCount: 1, previousStart: start });
    expect(Date.parse(answer.body.start)).toBe(Date.parse(to));
    await inboxWorkedOff(salon);
    const [there, ...more] = standing(salon, id);
    expect(more).toEqual([]);
    expect(there).toMatchObject({ status: "pending", uid: answer.body.phases[0].calcomUid });
    expect((await salon.get(`/api/v2/bookings/${id}`)).body.status).toBe("pending");
    await salon.calcom.control.confirm({ uid: there?.uid ?? "" });
    await seen(salon, id, "the salon's yes", (now) => now.status === "confirmed");
  },
);

it("A request that was moved and is declined then was never made.", async () => {
  const { id } = await requested();
  const { body } = await move(salon, id, { start: fresh() });
  await salon.calcom.control.decline({ uid: body.phases[0].calcomUid });
  const here = await seen(salon, id, "the salon's no", (now) => now.status !== "pending");
  expect(here.status).toBe("failed");
});

it("A request that the salon has said yes to, of which no webhook told, is moved as what it is: confirmed.", async () => {
  const { id } = await requested();
  salon.calcom.control.set({ webhookMode: "lost" });
  const [there] = standing(salon, id);
  await salon.calcom.control.confirm({ uid: there?.uid ?? "" });
  const answer = await move(salon, id, { start: fresh() });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(answer.body.status).toBe("confirmed");
  expect(standing(salon, id).map(({ status }) => status)).toEqual(["accepted"]);
});

it("A confirmed appointment of a service on request is moved in the salon's name, and stays confirmed.", async () => {
  const { id } = await requested();
  const [there] = standing(salon, id);
  await salon.calcom.control.confirm({ uid: there?.uid ?? "" });
  await seen(salon, id, "the salon's yes", (now) => now.status === "confirmed");
  const answer = await move(salon, id, { start: fresh() });
  expect({ status: answer.status, state: answer.body.status }).toEqual({ status: 200, state: "confirmed" });
});
