import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

describe.each([
  { how: "drop", from: 0 },
  { how: "503", from: 10 },
] as const)("Cal.com down for a while ($how)", ({ how, from }) => {
  it("keeps every slot for its caller, opens the breaker, confirms everything afterwards and closes it.", async () => {
    const before = await salon.book({ start: slot(from) });
    expect(before.status).toBe(201);

    salon.calcom.control.set({ down: how });
    const breaker = watchBreaker();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => salon.book({ start: slot(from + 1 + n) }, { wait: 1 })),
    );
    for (const answer of answers) {
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      expect(answer.body).toMatchObject({ status: "pending", sync: { state: "pending" } });
      expect(answer.headers.get("Location")).toBe(`/api/v2/bookings/${answer.body.id}`);
    }
    const another = await salon.book({ start: slot(from + 1) }, { wait: 1 });
    expect(another.status).toBe(409);
    expect(another.body.type).toBe("https://askpro.dev/problems/slot-taken");
    const cancel = await salon.post(`/api/v2/bookings/${before.body.id}/cancel`, {}, { wait: 1 });
    expect(cancel.status).toBe(202);
    await until("the breaker open", async () => breaker.seen.has("open"));

    salon.calcom.control.set({ down: false });
    for (const answer of answers) await confirmed(answer);
    await until("the cancelled booking", async () => {
      const { body } = await salon.get(`/api/v2/bookings/${before.body.id}`);
      return body.status === "cancelled";
    });
    await until("the breaker closed", async () => breaker.last() === "closed");
    await breaker.stop();
    for (const { body } of answers) expect(accepted(body.id)).toHaveLength(1);
    expect(accepted(before.body.id)).toHaveLength(0);
    const [holds] = await salon.admin.sql`SELECT count(*)::int AS n FROM busy_intervals WHERE kind = 'hold'`;
    expect(holds).toEqual({ n: 0 });
  });
});

/** As the dashboard sees it. */
function watchBreaker() {
  const seen = new Set<string>();
  let last = "";
  let stopped = false;
  const loop = (async () => {
    while (!stopped) {
      last = (await salon.get("/api/v2/calcom/sync-status")).body.breaker;
      seen.add(last);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    seen,
    last: () => last,
    async stop() {
      stopped = true;
      await loop;
    },
  };
}

async function confirmed(answer: Answer): Promise<void> {
  await until(
    "the booking confirmed",
    async () => (await salon.get(`/api/v2/bookings/${answer.body.id}`)).body.status === "confirmed",
    40_000,
  );
}

function accepted(appointmentId: string) {
  return salon.calcom.control
    .bookings()
    .filter((booking) => booking.status === "accepted" && booking.metadata.appointmentId === appointmentId);
}
