import { afterAll, beforeAll, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";

let salon: Salon;

beforeAll(async () => {
  salon = await startSalon();
  for (const eventTypeId of TYPES.perm.emma)
    salon.calcom.control.editEventType(eventTypeId, { requiresConfirmation: true });
});
afterAll(closeSalons);

it("A perm whose four bookings the salon has to confirm is confirmed with the last of them.", async () => {
  const { status, body } = await salon.book({ service: "dauerwelle", start: slot(0) });
  expect({ status, state: body.status }).toEqual({ status: 202, state: "pending" });
  const requested = await until("four requests", async () => {
    const all = salon.calcom.control.bookings().filter((one) => one.metadata.appointmentId === body.id);
    return all.length === 4 && all;
  });
  const confirmations = async () => {
    const { items } = (await salon.get(`/api/v2/bookings/${body.id}/timeline`)).body;
    return items.filter((item: { kind: string }) => item.kind === "webhook").length;
  };
  for (const [index, { uid }] of requested.entries()) {
    const before = await confirmations();
    await salon.calcom.control.confirm({ uid });
    await until("the confirmation", async () => (await confirmations()) > before);
    const here = (await salon.get(`/api/v2/bookings/${body.id}`)).body;
    expect(here.status).toBe(index === requested.length - 1 ? "confirmed" : "pending");
  }
});
