import { expect } from "vitest";
import { type Salon, until } from "../support/salon.js";
import { standing } from "./booking-situations.js";

/** The staffed phases of the perm, in minutes from its start. */
const STAFFED = [
  { key: "wind", after: 0 },
  { key: "fix", after: 65 },
  { key: "rinse", after: 80 },
  { key: "cut", after: 95 },
];

const startsFrom = (base: string) =>
  STAFFED.map(({ after }) => new Date(Date.parse(base) + after * 60_000).toISOString());

export async function chairsOf(salon: Salon, id: string) {
  return await salon.admin.sql<{ phaseKey: string; from: Date; kind: string }[]>`
    SELECT phase_key, lower(during) AS from, kind FROM busy_intervals WHERE owner_id = ${id} ORDER BY 2`;
}

/** A perm stands whole: four bookings there, four chairs here, the same ones and at the same times. */
export async function permStandsAt(salon: Salon, id: string, base: string): Promise<void> {
  const there = standing(salon, id);
  expect(there.map((booking) => booking.start).sort()).toEqual(startsFrom(base));
  const chairs = await chairsOf(salon, id);
  expect(chairs.map((chair) => [chair.phaseKey, chair.from.toISOString(), chair.kind])).toEqual(
    STAFFED.map(({ key }, index) => [key, startsFrom(base)[index], "busy"]),
  );
  const here = (await salon.get(`/api/v2/bookings/${id}`)).body;
  expect(Date.parse(here.start)).toBe(Date.parse(base));
  const staffed = here.phases.filter((phase: { staffRequired: boolean }) => phase.staffRequired);
  expect(staffed.map((phase: { calcomUid: string }) => phase.calcomUid).sort()).toEqual(
    there.map((booking) => booking.uid).sort(),
  );
}

export async function nothingIsLeft(salon: Salon, id: string): Promise<void> {
  await until("nothing left in Cal.com", async () => standing(salon, id).length === 0);
  await until("free chairs", async () => (await chairsOf(salon, id)).length === 0);
}
