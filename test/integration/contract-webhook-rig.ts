import { createHmac, randomUUID } from "node:crypto";
import { expect } from "vitest";
import { parseDocument } from "../../domain/tenant/document.js";
import { daysAhead, type Salon, slot, startSalon, WEBHOOK_SECRET } from "../support/salon.js";
import { HOSTS, OPEN_ALWAYS, TYPES } from "../support/salon-document.js";
import { ask, makeCompany, type Reply } from "./contract-http.js";

export const OWN = "/api/webhooks/calcom/salon";
export const INSTALLATION = ["/api/webhooks/calcom", "/api/calcom/webhook"] as const;
export const OLDER_SECRET = "older-secret-of-the-salon";
export const INSTALLATION_SECRETS = ["installation-new", "installation-old"] as const;
export const BARE_TYPE = 901;
export const RICH_TYPE = 902;
export const STRANGERS_TYPE = 777_777;

/**
 * A salon with two secrets of its own, on the same Cal.com a company without (reached at the installation's URL)
 * and one with a secret of its own, and an event type of a stranger.
 */
export async function startSalonWithNeighbours(): Promise<{ salon: Salon; bareToken: string }> {
  const salon = await startSalon({
    env: { CALCOM_WEBHOOK_SECRET: INSTALLATION_SECRETS.join(",") },
    document: (base) =>
      parseDocument({ ...base, calcom: { ...base.calcom, webhookSecrets: [WEBHOOK_SECRET, OLDER_SECRET] } }),
  });
  const bareToken = await makeCompany(salon, "ohne-eigene", company(BARE_TYPE, HOSTS.fabian));
  await makeCompany(salon, "mit-eigenen", {
    ...company(RICH_TYPE, HOSTS.fabian),
    calcom: { apiKey: "cal_test", webhookSecrets: ["rich-secret"] },
  });
  for (const id of [BARE_TYPE, RICH_TYPE, STRANGERS_TYPE]) {
    salon.calcom.control.putEventType({
      id,
      title: `Type ${id}`,
      lengthInMinutes: 30,
      schedulingType: "roundRobin",
      teamId: 50,
      hosts: [HOSTS.fabian],
    });
  }
  return { salon, bareToken };
}

function company(eventType: number, calcomUserId: number): Record<string, unknown> {
  return {
    name: `Company of ${eventType}`,
    calcom: { apiKey: "cal_test" },
    branches: [{ slug: "laden", name: "Laden", openingHours: OPEN_ALWAYS }],
    staff: [{ slug: "ida", name: "Ida", workingHours: OPEN_ALWAYS, calcomUserId }],
    services: [{ slug: "schnitt", name: "Schnitt", phases: [{ key: "main", minutes: 30 }] }],
    eventTypes: [{ service: "schnitt", calcomEventTypeId: eventType }],
  };
}

export const sign = (body: string | Uint8Array, secret: string) =>
  createHmac("sha256", secret).update(body).digest("hex");

/** Sent as Cal.com sends: no token, no key, a signature over the bytes. */
export function deliver(
  salon: Salon,
  path: string,
  body: string,
  secret: string | null,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const signature: Record<string, string> =
    secret === null ? {} : { "X-Cal-Signature-256": sign(body, secret) };
  return ask(salon, "POST", path, { token: null, key: null, body, headers: { ...signature, ...headers } });
}

export async function expectReceived(sent: Promise<Reply>, status: string): Promise<void> {
  const reply = await sent;
  expect(reply.status, reply.text).toBe(200);
  expect(reply.body).toEqual({ received: true, status });
}

const YEARS_AHEAD = daysAhead(1_600);

export function created(over: Record<string, unknown> = {}, trigger = "BOOKING_CREATED"): string {
  return JSON.stringify({
    triggerEvent: trigger,
    createdAt: new Date().toISOString(),
    payload: {
      uid: randomUUID().replaceAll("-", "").slice(0, 22),
      bookingId: 4711,
      eventTypeId: TYPES.cutEmma,
      startTime: slot(0, YEARS_AHEAD),
      endTime: slot(1, YEARS_AHEAD),
      status: "ACCEPTED",
      iCalSequence: 0,
      organizer: { id: HOSTS.emma, name: "Emma", email: "emma@salon.test" },
      attendees: [{ name: "Fremde Person", email: "fremd@example.org", timeZone: "Europe/Berlin" }],
      metadata: {},
      ...over,
    },
  });
}

export const ping = JSON.stringify({
  triggerEvent: "PING",
  createdAt: new Date().toISOString(),
  payload: { type: "Test" },
});
