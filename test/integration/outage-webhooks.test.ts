import { createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  closeSalons,
  daysAhead,
  type Salon,
  slot,
  startSalon,
  until,
  WEBHOOK_SECRET,
} from "../support/salon.js";
import { HOSTS, TYPES } from "../support/salon-document.js";

const STORM = 200;

let salon: Salon;
beforeAll(async () => {
  salon = await startSalon();
});
afterAll(closeSalons);

describe("a storm of webhooks", () => {
  it("is taken in whole and applied whole, and what comes twice is said to be a duplicate.", async () => {
    const bodies = Array.from({ length: STORM }, (_, n) =>
      created(`Anna Nummer ${n}`, slot(n % 40, daysAhead(40 + Math.floor(n / 40)))),
    );
    const answers = await Promise.all(bodies.map(deliver));
    expect(tally(answers)).toEqual({ "200 accepted": STORM });
    const [durable] = await salon.admin.sql`SELECT count(*)::int AS n FROM webhook_events`;
    expect(durable).toEqual({ n: STORM });
    const again = await Promise.all(bodies.slice(0, 50).map(deliver));
    expect(tally(again)).toEqual({ "200 duplicate": 50 });
    await until(
      "all applied",
      async () => {
        const [row] = await salon.admin.sql<{ n: number }[]>`
          SELECT count(*)::int AS n FROM appointments WHERE source = 'calcom' AND status = 'confirmed'`;
        return row?.n === STORM;
      },
      60_000,
    );
    await untilEmpty();
  }, 120_000);

  it("that says the same thing many times at once is one event.", async () => {
    const body = created("Otto Einmal", slot(0, daysAhead(60)));
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(body)));
    expect(tally(answers)).toEqual({ "200 accepted": 1, "200 duplicate": 19 });
  });

  it("is not lost because one of them holds what Postgres cannot keep.", async () => {
    const odd = [
      created("Nu\u0000ll", slot(0, daysAhead(61))),
      created("Halb \ud83d Emoji", slot(1, daysAhead(61))),
    ];
    const fine = Array.from({ length: 30 }, (_, n) => created(`Eva ${n}`, slot(2 + n, daysAhead(61))));
    const answers = await Promise.all([...fine.slice(0, 15), ...odd, ...fine.slice(15)].map(deliver));
    expect(tally(answers)).toEqual({ "200 accepted": 32 });
    await untilEmpty();
    const [row] = await salon.admin.sql`
      SELECT count(*)::int AS n FROM appointments
      WHERE status = 'confirmed' AND start_at >= ${slot(0, daysAhead(61))} AND start_at < ${slot(32, daysAhead(61))}`;
    expect(row).toEqual({ n: 32 });
  });
});

async function untilEmpty(): Promise<void> {
  await until("an empty inbox", async () => {
    const left = await salon.admin
      .sql`SELECT 1 FROM webhook_events WHERE status NOT IN ('processed', 'ignored')`;
    return left.length === 0;
  });
}

/** A person's booking as Cal.com tells it. */
function created(name: string, start: string): string {
  const end = new Date(Date.parse(start) + 30 * 60_000).toISOString();
  const email = `${randomUUID()}@example.org`;
  return JSON.stringify({
    triggerEvent: "BOOKING_CREATED",
    createdAt: new Date().toISOString(),
    payload: {
      uid: randomUUID(),
      bookingId: 1,
      eventTypeId: TYPES.cutFabian,
      type: "schnitt",
      title: `Schnitt zwischen Fabian und ${name}`,
      startTime: start,
      endTime: end,
      status: "ACCEPTED",
      organizer: {
        id: HOSTS.fabian,
        name: "Fabian Spitzer",
        email: "fabian@salon.test",
        timeZone: "Europe/Berlin",
        language: { locale: "de" },
      },
      attendees: [{ name, email, timeZone: "Europe/Berlin", language: { locale: "de" } }],
      responses: { name: { value: name }, email: { value: email } },
      metadata: {},
    },
  });
}

async function deliver(body: string): Promise<string> {
  const response = await fetch(`${salon.url}/api/webhooks/calcom/salon`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Cal-Signature-256": createHmac("sha256", WEBHOOK_SECRET).update(body).digest("hex"),
    },
    body,
  });
  const answer: unknown = await response.json();
  const status = typeof answer === "object" && answer !== null && "status" in answer ? answer.status : null;
  return `${response.status} ${status}`;
}

function tally(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}
