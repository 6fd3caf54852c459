import { expect } from "vitest";
import { type Salon, until } from "../support/salon.js";

const HOUR_MS = 3_600_000;

export interface Asked {
  service?: string;
  staff?: string;
  from: string;
  to: string;
  limit?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
export async function availability(salon: Salon, asked: Asked): Promise<any> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ service: "schnitt", ...asked }))
    query.set(name, String(value));
  const answer = await salon.get(`/api/v2/availability?${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** The free starts of somebody around an instant, in epoch milliseconds. */
export async function startsAround(salon: Salon, start: string, staff = "emma", service = "schnitt") {
  const at = Date.parse(start);
  const from = new Date(at - 2 * HOUR_MS).toISOString();
  const to = new Date(at + 2 * HOUR_MS).toISOString();
  const { slots } = await availability(salon, { service, staff, from, to });
  return slots.map((slot: { start: string }) => Date.parse(slot.start)) as number[];
}

/** How often Cal.com was asked for slots of these event types since the log was cleared. */
export function slotRequests(salon: Salon, eventTypeId?: number): number {
  return salon.calcom.control
    .requests({})
    .filter(
      (request) =>
        request.method === "GET" &&
        request.path.startsWith("/v2/slots") &&
        (eventTypeId === undefined || request.eventTypeId === eventTypeId),
    ).length;
}

/** Well below the minute for which slots are believed: only a word of the change can have done it. */
export async function soonOffered(salon: Salon, start: string, offered: boolean, staff = "emma") {
  await until(
    offered ? `${start} offered` : `${start} gone`,
    async () => (await startsAround(salon, start, staff)).includes(Date.parse(start)) === offered,
    15_000,
  );
}
