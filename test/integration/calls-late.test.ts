import { expect, it } from "vitest";
import { phoneCall } from "../support/phone.js";
import { slot, until } from "../support/salon.js";
import { startVoiceSalon } from "../support/voice-salon.js";

it("A booking that is on its way is noted, not apologised for, when the answer itself comes too late.", async () => {
  const salon = await startVoiceSalon();
  const call = phoneCall(salon);
  const start = slot(4);
  const found = await call.use("find_slots", {
    services: ["Schnitt"],
    staff: "Emma",
    date: start.slice(0, 10),
    time: new Date(start).toLocaleTimeString("de-DE", {
      timeZone: "Europe/Berlin",
      hour: "2-digit",
      minute: "2-digit",
    }),
  });
  expect(found.code).toBe("OFFERS");
  // Cal.com is quick enough; what comes late is our own last word, which waits for the row of this use.
  salon.calcom.control.addFault({ match: { operation: "create" }, effect: { kind: "delay", ms: 1_000 } });
  const booking = call.use("book_appointment", {
    offer_id: found.offers?.[0]?.offer_id,
    customer_name: "Anna Weiß",
    caller_confirmed: true,
  });
  await until("the booking accepted", async () => {
    const [row] = await salon.admin.sql`SELECT 1 FROM commands WHERE kind = 'book'`;
    return row;
  });
  await salon.admin.sql.begin(async (tx) => {
    await tx`SELECT 1 FROM tool_calls WHERE tool = 'book_appointment' FOR UPDATE`;
    const answer = await booking;
    expect(answer).toMatchObject({ ok: true, code: "PENDING", next: "end" });
    expect(answer.appointment_id).toBeDefined();
    expect(answer.say).toMatch(/vorgemerkt/u);
  });
  const kept = await until("the ledger", async () => {
    const [row] = await salon.admin.sql<{ code: string | null }[]>`
      SELECT code FROM tool_calls WHERE tool = 'book_appointment'`;
    return row?.code;
  });
  // Whoever asks again hears that it stands.
  expect(kept).toBe("BOOKED");
  const standing = await until("the booking", async () => {
    const { body } = await salon.get("/api/v2/bookings?status=confirmed");
    return body.items.length > 0 ? body.items : null;
  });
  expect(standing).toHaveLength(1);
});
