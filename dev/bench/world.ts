import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";

const ALWAYS = ["00:00-24:00"];
const OPEN = { mon: ALWAYS, tue: ALWAYS, wed: ALWAYS, thu: ALWAYS, fri: ALWAYS, sat: ALWAYS, sun: ALWAYS };
export const SLOT_MINUTES = 15;
const DAY_MS = 86_400_000;
const HOSTS_EACH = 8;

export const COMPANY_SLUG = "bench";
export const SERVICE_SLUG = "cut";
const TEAM_ID = 50;

/** Whoever books has chairs of his own: nobody takes another's slots. */
export const BOOKERS = ["ours", "floor", "bare", "cal"] as const;
export type Booker = (typeof BOOKERS)[number];

export interface Chair {
  staff: string;
  eventTypeId: number;
}

export function chairs(booker: Booker): Chair[] {
  const base = 1_000 * (1 + BOOKERS.indexOf(booker));
  return Array.from({ length: HOSTS_EACH }, (_, index) => ({
    staff: `${booker}-${index}`,
    eventTypeId: base + index,
  }));
}

/** A shop that never closes, one service, a chair and an event type per person. */
export function benchDocument(calcomBaseUrl: string, apiKey: string, webhookSecret: string): TenantDocument {
  const everybody = BOOKERS.flatMap(chairs);
  return parseDocument({
    name: "Bench",
    timeZone: "Europe/Berlin",
    calcom: { baseUrl: calcomBaseUrl, apiKey, teamId: TEAM_ID, webhookSecrets: [webhookSecret] },
    branches: [{ slug: "shop", name: "Shop", openingHours: OPEN }],
    staff: everybody.map(({ staff, eventTypeId }) => ({
      slug: staff,
      name: staff,
      email: `${staff}@bench.example`,
      branches: ["shop"],
      skills: ["cut"],
      workingHours: OPEN,
      calcomUserId: eventTypeId + 100_000,
    })),
    services: [
      {
        slug: SERVICE_SLUG,
        name: "Cut",
        skill: "cut",
        priceCents: 2500,
        minimumNoticeMinutes: 0,
        maximumDaysAhead: 365,
        phases: [{ key: "main", minutes: SLOT_MINUTES }],
      },
    ],
    eventTypes: everybody.map(({ staff, eventTypeId }) => ({
      service: SERVICE_SLUG,
      phase: "main",
      staff,
      calcomEventTypeId: eventTypeId,
    })),
  });
}

/** A slot that nobody has had, for a customer who was never here. */
export interface FreshBooking {
  number: number;
  chair: Chair;
  start: string;
  customer: { name: string; email: string };
}

/** Deals out slots, chair by chair, from tomorrow on. */
export function slotDealer(booker: Booker): () => FreshBooking {
  const mine = chairs(booker);
  const tomorrow = (Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS;
  let number = -1;
  return () => {
    number += 1;
    const chair = mine[number % mine.length];
    if (chair === undefined) throw new Error("a booker without chairs");
    const row = Math.floor(number / mine.length);
    return {
      number,
      chair,
      start: new Date(tomorrow + row * SLOT_MINUTES * 60_000).toISOString(),
      customer: { name: "Benchmark Customer", email: `${booker}-${number}@bench.example` },
    };
  };
}
