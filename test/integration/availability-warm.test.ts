import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Availability } from "../../activities/availability/availability.js";
import { createAvailability } from "../../activities/availability/create.js";
import { type Foundation, layFoundation } from "../../api/composition.js";
import { connect, type Database } from "../../db/client.js";
import { closeSalons, type Salon, slot, startSalon } from "../support/salon.js";
import { slotRequests } from "./availability-rig.js";

let salon: Salon;
let foundation: Foundation;
let listening: Database;
let availability: Availability;
beforeAll(async () => {
  salon = await startSalon();
  foundation = await layFoundation(salon.config, "api");
  listening = connect(salon.database.url, { max: 2 });
  availability = await createAvailability({ ...foundation, listening });
});
afterAll(async () => {
  await Promise.all([listening.close(), foundation.close()]);
  await closeSalons();
});

describe("a call that begins", () => {
  it("finds the coming days of what is booked most already there, within a bound, and asks nothing again", async () => {
    expect((await salon.book({ service: "beliebig", staff: null, start: slot(0) })).status).toBe(201);
    salon.calcom.control.clearRequests();
    await availability.warm(salon.companyId, null, 14);
    const fetched = slotRequests(salon);
    expect(fetched).toBeGreaterThan(0);
    expect(fetched).toBeLessThanOrEqual(12);

    const catalogue = await foundation.directory.catalogue(salon.companyId);
    const service = catalogue.services.find((one) => one.slug === "beliebig");
    if (!service) throw new Error("the service is gone");
    const now = new Date();
    const query = { companyId: salon.companyId, service, branch: null, staff: null, now };
    const to = new Date(now.getTime() + 5 * 86_400_000);
    const found = await availability.findOpenings({ ...query, from: now, to, limit: 3 });
    expect(found.openings).toHaveLength(3);
    expect(slotRequests(salon)).toBe(fetched);
  });

  it("does not fail when Cal.com is down or the company unknown", async () => {
    salon.calcom.control.set({ down: "drop" });
    await availability.warm(salon.companyId, null, 60);
    salon.calcom.control.set({ down: false });
    await availability.warm("00000000-0000-4000-8000-000000000000", null, 14);
  });
});
