import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";

let salon: Salon;

beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

const standing = () =>
  salon.calcom.control
    .bookings()
    .filter((one) => one.eventTypeId === TYPES.anyone && one.status === "accepted");

describe("A person who was asked for by name, on an event type on which Cal.com chooses the host", () => {
  it("is the one who is booked, however Cal.com chooses.", async () => {
    for (let n = 0; n < 4; n += 1) {
      const { status, body } = await salon.book({ service: "beliebig", staff: "emma", start: slot(n) });
      expect(status).toBe(201);
      expect(body.staff.slug).toBe("emma");
    }
    expect(standing().map((one) => one.hostIds[0])).toEqual([HOSTS.emma, HOSTS.emma, HOSTS.emma, HOSTS.emma]);
    const rows = await salon.admin.sql`
      SELECT DISTINCT st.slug FROM busy_intervals b JOIN staff st ON st.id = b.staff_id`;
    expect(rows.map((row) => row.slug)).toEqual(["emma"]);
  });

  it("is not replaced by somebody else when Cal.com cannot have that person: nothing is left, and the caller is told.", async () => {
    const start = slot(20);
    // Busy there, and we have not heard of it.
    salon.calcom.control.addWebhookRule({ mode: "lost", times: -1 });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start,
      name: "Somebody",
      email: "somebody@example.org",
    });
    salon.calcom.control.clearWebhookRules();
    const before = standing().length;
    const { status, body } = await salon.book({ service: "beliebig", staff: "emma", start });
    expect({ status, type: body.type }).toEqual({
      status: 409,
      type: "https://askpro.dev/problems/slot-taken",
    });
    await until("the booking with the other host taken back", async () => standing().length === before);
  });
});
