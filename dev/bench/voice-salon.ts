import { z } from "zod";
import { connect } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";
import { seedSimulator, simulatorSeed } from "../seed/simulator.js";
import { type Installation, SECRETS_KEY } from "./installation.js";

export const VOICE_NUMBER = "+493023125001";
export const RETELL_KEY = "key_of_the_bench";
export const HAIRCUT = "Herrenhaarschnitt";
/** First names of one meaning only, so that nobody has to be asked whom he meant. */
export const STYLISTS = ["Emma", "Fabian", "Sarah", "David", "Jonas", "Lena", "Paula", "Oskar"] as const;
export const FIRST_TYPE = 9_001;
export const DAYS_AHEAD = 360;

const SLUG = "bench-voice";
const TEAM_ID = 60;
const HOURS = ["09:00-19:00"];
const OPEN = { mon: HOURS, tue: HOURS, wed: HOURS, thu: HOURS, fri: HOURS, sat: HOURS, sun: HOURS };

/** What the simulator is set to (salon-gateway 12.6): what Cal.com itself was measured at. */
export const SLOTS_MS = 550;
export const BOOKING_MS = 3_000;

function voiceDocument(): TenantDocument {
  return parseDocument({
    name: "Salon am Messstand",
    timeZone: "Europe/Berlin",
    calcom: { teamId: TEAM_ID },
    retell: { apiKeys: [RETELL_KEY] },
    branches: [{ slug: "salon", name: "Salon", phoneNumbers: [VOICE_NUMBER], openingHours: OPEN }],
    staff: STYLISTS.map((name, index) => ({
      slug: name.toLowerCase(),
      name,
      branches: ["salon"],
      skills: ["cut"],
      workingHours: OPEN,
      calcomUserId: FIRST_TYPE + 100_000 + index,
    })),
    services: [
      {
        slug: "herrenhaarschnitt",
        name: HAIRCUT,
        skill: "cut",
        priceCents: 2_500,
        minimumNoticeMinutes: 0,
        maximumDaysAhead: DAYS_AHEAD + 5,
        phases: [{ key: "main", minutes: 30 }],
      },
    ],
    eventTypes: STYLISTS.map((name, index) => ({
      service: "herrenhaarschnitt",
      phase: "main",
      staff: name.toLowerCase(),
      calcomEventTypeId: FIRST_TYPE + index,
    })),
  });
}

/** A salon of its own beside the one that the other scenarios book; the simulator becomes as slow as Cal.com. */
export async function openVoiceSalon(installation: Installation): Promise<{ companyId: string }> {
  const { databaseUrl, simulatorUrl } = installation;
  const document = voiceDocument();
  const db = connect(databaseUrl, { max: 1 });
  try {
    const { companyId } = await applyDocument(db, SLUG, document, {
      secretsKey: SECRETS_KEY,
      installation: { baseUrl: `${simulatorUrl}/v2` },
    });
    await seedSimulator(
      simulatorUrl,
      simulatorSeed(document, {
        companySlug: SLUG,
        apiKey: "cal_bench",
        webhook: { url: installation.recorder.url, secret: "webhook-secret-of-the-bench" },
      }),
    );
    await setSimulator(simulatorUrl, {
      webhookMode: "lost",
      latency: { slots: SLOTS_MS, create: BOOKING_MS },
    });
    return { companyId };
  } finally {
    await db.close();
  }
}

/** As before, for whatever is measured next. */
export async function leaveVoiceSalon({ simulatorUrl }: Installation): Promise<void> {
  await setSimulator(simulatorUrl, { webhookMode: "normal", latency: {} });
}

async function setSimulator(url: string, settings: object): Promise<void> {
  const answer = await fetch(`${url}/_sim/settings`, { method: "POST", body: JSON.stringify(settings) });
  if (!answer.ok) throw new Error(`the simulator refused its settings (${answer.status})`);
}

const requestsSchema = z.object({
  data: z.object({
    items: z.array(
      z.object({
        at: z.string(),
        operation: z.string(),
        durationMs: z.number().nullable(),
        eventTypeId: z.number().nullable(),
      }),
    ),
  }),
});

/** Milliseconds that the simulator was busy for an event type since then, overlaps counted once. */
export async function simulatorMs(url: string, eventTypeId: number, since: number): Promise<number> {
  const answer = await fetch(`${url}/_sim/requests`);
  const { items } = requestsSchema.parse(await answer.json()).data;
  const spans = items
    .filter((one) => one.eventTypeId === eventTypeId && Date.parse(one.at) >= since)
    .map((one) => ({ from: Date.parse(one.at), to: Date.parse(one.at) + (one.durationMs ?? 0) }))
    .sort((a, b) => a.from - b.from);
  let busy = 0;
  let reached = 0;
  for (const { from, to } of spans) {
    busy += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return busy;
}

/** Milliseconds from `since` until what the call has asked for stood in our rows; `null`: it does not yet. */
export async function settledAfter(
  { admin }: Installation,
  appointmentId: string,
  since: number,
): Promise<number | null> {
  const [row] = await admin.sql<{ at: Date | null }[]>`
    SELECT max(settled_at) AS at FROM commands WHERE appointment_id = ${appointmentId}`;
  return row?.at ? row.at.getTime() - since : null;
}

const bookingsSchema = z.object({
  data: z.array(
    z.looseObject({ hostIds: z.array(z.number()), start: z.string(), end: z.string(), status: z.string() }),
  ),
});

/** How many bookings in Cal.com begin while their host still has another one. */
export async function doubleBookings(url: string): Promise<number> {
  const answer = await fetch(`${url}/_sim/bookings`);
  const { data } = bookingsSchema.parse(await answer.json());
  const standing = data
    .filter((one) => one.status === "accepted")
    .flatMap((one) =>
      one.hostIds.map((host) => ({ host, from: Date.parse(one.start), to: Date.parse(one.end) })),
    )
    .sort((a, b) => a.from - b.from);
  const until = new Map<number, number>();
  let doubled = 0;
  for (const { host, from, to } of standing) {
    if (from < (until.get(host) ?? 0)) doubled += 1;
    until.set(host, Math.max(to, until.get(host) ?? 0));
  }
  return doubled;
}
