import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, startSalon } from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";
import { anew, move, seen, standing, standingAt, startsOf } from "./booking-situations.js";

/** Two salons with other retries: when the answer is known must not hang on them. */
const RETRIES = [
  { RETRY_DELAYS_SECONDS: "0.5,1,2", CALCOM_TIMEOUT_SECONDS: "6" },
  { RETRY_DELAYS_SECONDS: "0.1", CALCOM_TIMEOUT_SECONDS: "2" },
];

describe.each(RETRIES)(
  "With retries after $RETRY_DELAYS_SECONDS s, a slot that Cal.com refuses again and again",
  (env) => {
    let salon: Salon;
    let next = 0;
    const nextStart = () => {
      next += 8;
      return slot(next - 8);
    };

    beforeAll(async () => {
      // A person is called after a minute: what is told here is told before.
      salon = await startSalon({
        env: { SLOW_RETRY_SECONDS: "60", ...env },
        durations: { surplusLookupsMs: [1_500, 4_000] },
      });
    });
    afterAll(closeSalons);
    beforeEach(() => anew(salon));

    const refuse = (match: { operation: "create" | "reschedule"; eventTypeId?: number }) =>
      salon.calcom.control.addFault({ match, effect: { kind: "taken-400" }, times: -1 });

    const reviews = async (id: string) =>
      (await salon.get(`/api/v2/bookings/${id}/timeline`)).body.items.filter(
        (item: { kind: string }) => item.kind === "review",
      );

    it("is taken, though no booking is in the way and /slots lists it: 409 with alternatives, no review.", async () => {
      const start = nextStart();
      refuse({ operation: "create" });
      const answer = await salon.book({ start });
      expect(answer.status, JSON.stringify(answer.body)).toBe(409);
      expect(answer.body.type).toBe("https://askpro.dev/problems/slot-taken");
      expect(startsOf(answer).length).toBeGreaterThan(0);
      // Once more after the look-ups, never blindly on and on.
      expect(salon.calcom.control.requests({ operation: "create" })).toHaveLength(2);
      const { items } = (await salon.get(`/api/v2/bookings?from=${start}&to=${slot(1, new Date(start))}`))
        .body;
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({ status: "failed", sync: { state: "synced", reviewReason: null } });
      expect(await reviews(items[0].id)).toEqual([]);
      anew(salon);
      const free = await salon.book({ start });
      expect(free.status, "the chair is free here too").toBe(201);
    });

    it("is taken for a move too, and the old time stands here and there.", async () => {
      const start = nextStart();
      const { id } = (await salon.book({ start })).body;
      refuse({ operation: "reschedule" });
      const answer = await move(salon, id, { start: nextStart() });
      expect(answer.status, JSON.stringify(answer.body)).toBe(409);
      expect(startsOf(answer).length).toBeGreaterThan(0);
      const here = await seen(salon, id, "the old time", (now) => now.sync.state === "synced");
      expect(here).toMatchObject({ status: "confirmed", rescheduleCount: 0 });
      expect(Date.parse(here.start)).toBe(Date.parse(start));
      expect(standing(salon, id).map((booking) => Date.parse(booking.start))).toEqual([Date.parse(start)]);
      expect(await reviews(id)).toEqual([]);
    });

    it("for one phase of a perm takes back the other three.", async () => {
      const start = nextStart();
      refuse({ operation: "create", eventTypeId: TYPES.perm.emma[2] });
      const answer = await salon.book({ service: "dauerwelle", start });
      expect(answer.status, JSON.stringify(answer.body)).toBe(409);
      const { items } = (await salon.get(`/api/v2/bookings?from=${start}&to=${slot(1, new Date(start))}`))
        .body;
      expect(items).toHaveLength(1);
      await seen(
        salon,
        items[0].id,
        "a failed perm",
        (now) => now.status === "failed" && now.sync.state === "synced",
      );
      expect(standing(salon, items[0].id)).toEqual([]);
      expect(standingAt(salon, HOSTS.emma, start)).toEqual([]);
      expect(await reviews(items[0].id)).toEqual([]);
    });

    it("is what was answered even when the second refusal hides a booking that was made.", async () => {
      const start = nextStart();
      salon.calcom.control.set({ replicaLagMs: 2_000, webhookMode: "lost" });
      salon.calcom.control.addFault({
        match: { operation: "create" },
        effect: { kind: "taken-400" },
        times: 1,
      });
      salon.calcom.control.addFault({
        match: { operation: "create" },
        effect: { kind: "400-although-created" },
        times: 1,
      });
      const answer = await salon.book({ start });
      expect([201, 409], JSON.stringify(answer.body)).toContain(answer.status);
      const { items } = (await salon.get(`/api/v2/bookings?from=${start}&to=${slot(1, new Date(start))}`))
        .body;
      // Whatever was said is what stands, in the end: the surplus look-up finds what the replica hid.
      const id = items[0].id;
      const wanted = answer.status === 201 ? 1 : 0;
      await seen(salon, id, "an end", () => standing(salon, id).length === wanted, 60_000);
    });
  },
);
