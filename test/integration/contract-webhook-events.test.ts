import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, slot, until, WEBHOOK_SECRET } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";
import { ask, wish } from "./contract-http.js";
import {
  BARE_TYPE,
  created,
  deliver as deliverTo,
  expectReceived,
  INSTALLATION,
  INSTALLATION_SECRETS,
  OLDER_SECRET,
  OWN,
  RICH_TYPE,
  STRANGERS_TYPE,
  startSalonWithNeighbours,
} from "./contract-webhook-rig.js";

let salon: Salon;
let bareToken: string;
beforeAll(async () => {
  ({ salon, bareToken } = await startSalonWithNeighbours());
});
afterAll(closeSalons);

const deliver = (path: string, body: string, secret: string | null, headers: Record<string, string> = {}) =>
  deliverTo(salon, path, body, secret, headers);

const stored = (uid: string) =>
  salon.admin.sql<{ companyId: string | null; status: string; workflowId: string | null }[]>`
    SELECT company_id, status, workflow_id FROM webhook_events WHERE uid = ${uid} ORDER BY received_at`;
const shownTo = async (token: string, uid: string) => {
  const list = await ask(salon, "GET", "/api/v2/bookings?limit=100", { token });
  expect(list.status, list.text).toBe(200);
  return list.body.items.find((item: { phases: { calcomUid: string }[] }) =>
    item.phases.some((phase) => phase.calcomUid === uid),
  );
};

/** A booking that a person made in Cal.com and of whose webhook nobody has heard yet. */
async function madeThere(eventTypeId: number, start: string): Promise<{ uid: string; body: string }> {
  const { control } = salon.calcom;
  const rule = control.addWebhookRule({ match: { trigger: "BOOKING_CREATED" }, times: 1, mode: "lost" });
  expect(rule.mode).toBe("lost");
  const { uid } = await control.book({ eventTypeId, start, name: "Anna Muster", email: "anna@example.org" });
  const body = control.deliveries().find((one) => one.uid === uid)?.body;
  if (body === undefined) throw new Error("the simulator made no webhook");
  return { uid, body };
}

describe("an event", () => {
  it("of ours is accepted, becomes an appointment, and is a duplicate from then on", async () => {
    const { uid, body } = await madeThere(TYPES.cutEmma, slot(10));
    await expectReceived(deliver(OWN, body, WEBHOOK_SECRET), "accepted");
    await until("the appointment", () => shownTo(salon.token, uid));
    await expectReceived(deliver(OWN, body, WEBHOOK_SECRET), "duplicate");
    const later = JSON.stringify({ ...JSON.parse(body), createdAt: new Date().toISOString() });
    await expectReceived(deliver(OWN, later, OLDER_SECRET), "duplicate");
    expect(await stored(uid)).toHaveLength(1);
  });

  it.each([
    ["PING", { type: "Test" }],
    ["SOMETHING_NEW", { uid: "x" }],
    ["OOO_CREATED", {}],
    ["FORM_SUBMITTED", { formId: "x" }],
    [
      "BOOKING_NO_SHOW_UPDATED",
      { uid: undefined, bookingUid: "nobody-knows", attendees: [{ email: "a@x.org", noShow: true }] },
    ],
    ["AFTER_HOSTS_CAL_VIDEO_NO_SHOW", {}],
  ])("%s that is about no booking of ours is ignored at every URL", async (trigger, payload) => {
    const body = JSON.stringify({ triggerEvent: trigger, createdAt: new Date().toISOString(), payload });
    await expectReceived(deliver(OWN, body, WEBHOOK_SECRET), "ignored");
    for (const path of INSTALLATION)
      await expectReceived(deliver(path, body, INSTALLATION_SECRETS[0]), "ignored");
  });

  it("MEETING_* is accepted for a booking of ours and ignored for another, of our event type or not", async () => {
    const booked = await ask(salon, "POST", "/api/v2/bookings", { body: wish(slot(12)), prefer: "wait=30" });
    const flat = (uid: string, eventTypeId: number) =>
      JSON.stringify({
        triggerEvent: "MEETING_STARTED",
        createdAt: "2026-01-01T00:00:00.000Z",
        id: 1,
        uid,
        eventTypeId,
        startTime: slot(12),
        endTime: slot(13),
      });
    await expectReceived(deliver(OWN, flat("nobody-knows", TYPES.cutEmma), WEBHOOK_SECRET), "ignored");
    await expectReceived(deliver(OWN, flat("nobody-knows", STRANGERS_TYPE), WEBHOOK_SECRET), "ignored");
    const ours = flat(booked.body.phases[0].calcomUid, TYPES.cutEmma);
    await expectReceived(deliver(INSTALLATION[0], ours, INSTALLATION_SECRETS[0]), "ignored");
    await expectReceived(deliver(OWN, ours, WEBHOOK_SECRET), "accepted");
    await expectReceived(deliver(OWN, ours, WEBHOOK_SECRET), "duplicate");
  });

  it("of another's event type at a tenant's URL is quarantined: not processed, not visible, no call", async () => {
    for (const eventTypeId of [STRANGERS_TYPE, BARE_TYPE, RICH_TYPE]) {
      const { uid, body } = await madeThere(eventTypeId, slot(14 + (eventTypeId % 7)));
      salon.calcom.control.clearRequests();
      await expectReceived(deliver(OWN, body, WEBHOOK_SECRET), "quarantined");
      await expectReceived(deliver(OWN, body, WEBHOOK_SECRET), "quarantined");
      // Something of ours that comes after it has been worked on: the other would have been, too.
      const ours = await madeThere(TYPES.cutEmma, slot(30 + 2 * (eventTypeId % 7)));
      await expectReceived(deliver(OWN, ours.body, WEBHOOK_SECRET), "accepted");
      await until("what came after it", () => shownTo(salon.token, ours.uid));
      expect(await shownTo(salon.token, uid)).toBeUndefined();
      expect(await shownTo(bareToken, uid)).toBeUndefined();
      expect(await stored(uid)).toEqual([
        { companyId: salon.companyId, status: "quarantined", workflowId: null },
      ]);
      expect(JSON.stringify(salon.calcom.control.requests())).not.toContain(uid);
    }
  });

  it("at the installation's URL finds its tenant by the event type", async () => {
    for (const [index, path] of INSTALLATION.entries()) {
      const { uid, body } = await madeThere(BARE_TYPE, slot(60 + 2 * index));
      await expectReceived(deliver(path, body, INSTALLATION_SECRETS[1]), "accepted");
      const item = await until("the appointment", () => shownTo(bareToken, uid));
      expect(item).toMatchObject({
        source: "calcom",
        staff: { slug: "ida" },
        customer: { name: "Anna Muster" },
      });
      expect(await shownTo(salon.token, uid)).toBeUndefined();
      await expectReceived(
        deliver("/api/webhooks/calcom/ohne-eigene", body, INSTALLATION_SECRETS[0]),
        "duplicate",
      );
    }
  });

  it("of a tenant with secrets of its own is quarantined at the installation's URL, and still counts at its own", async () => {
    const { uid, body } = await madeThere(TYPES.cutEmma, slot(70));
    for (const path of INSTALLATION)
      await expectReceived(deliver(path, body, INSTALLATION_SECRETS[0]), "quarantined");
    expect(await shownTo(salon.token, uid)).toBeUndefined();
    await expectReceived(deliver(OWN, body, WEBHOOK_SECRET), "accepted");
    await until("the appointment", () => shownTo(salon.token, uid));
    await expectReceived(deliver(INSTALLATION[0], body, INSTALLATION_SECRETS[0]), "quarantined");
    await expectReceived(deliver(OWN, body, WEBHOOK_SECRET), "duplicate");
  });

  it("of nobody's event type is quarantined at the installation's URL", async () => {
    const { uid, body } = await madeThere(STRANGERS_TYPE, slot(80));
    for (const path of INSTALLATION)
      await expectReceived(deliver(path, body, INSTALLATION_SECRETS[0]), "quarantined");
    expect(new Set((await stored(uid)).map((row) => row.status))).toEqual(new Set(["quarantined"]));
    expect(await shownTo(bareToken, uid)).toBeUndefined();
  });

  it("cannot cancel another tenant's booking, whoever signs it", async () => {
    const booked = await ask(salon, "POST", "/api/v2/bookings", { body: wish(slot(90)), prefer: "wait=30" });
    const uid = booked.body.phases[0].calcomUid;
    const cancelled = (eventTypeId: number | null) =>
      created({ uid, eventTypeId, status: "CANCELLED", startTime: slot(90) }, "BOOKING_CANCELLED");
    await expectReceived(
      deliver("/api/webhooks/calcom/mit-eigenen", cancelled(TYPES.cutEmma), "rich-secret"),
      "quarantined",
    );
    await expectReceived(
      deliver(INSTALLATION[0], cancelled(TYPES.cutEmma), INSTALLATION_SECRETS[0]),
      "quarantined",
    );
    await expectReceived(deliver(INSTALLATION[0], cancelled(null), INSTALLATION_SECRETS[0]), "quarantined");
    const disguised = deliver("/api/webhooks/calcom/mit-eigenen", cancelled(RICH_TYPE), "rich-secret");
    await expectReceived(disguised, "accepted");
    const marker = await madeThere(TYPES.cutEmma, slot(92));
    await expectReceived(deliver(OWN, marker.body, WEBHOOK_SECRET), "accepted");
    await until("what came after it", () => shownTo(salon.token, marker.uid));
    expect((await ask(salon, "GET", `/api/v2/bookings/${booked.body.id}`)).body.status).toBe("confirmed");
    const timeline = await ask(salon, "GET", `/api/v2/bookings/${booked.body.id}/timeline`);
    expect(timeline.text).not.toMatch(/cancel/i);
  });
});

const FOLDER = join(
  process.env.CALCOM_REFERENCE_DIR ?? join(import.meta.dirname, "../../../shared/calcom"),
  "webhooks",
);

describe.runIf(existsSync(FOLDER))("every example body of the reference", () => {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : [];

  it.each(names)("%s is received with 200 at each URL", async (name) => {
    const body = readFileSync(join(FOLDER, name), "utf8");
    for (const [path, secret] of [
      [OWN, WEBHOOK_SECRET],
      ...INSTALLATION.map((one) => [one, INSTALLATION_SECRETS[0]] as const),
    ] as const) {
      const reply = await deliver(path, body, secret);
      expect(reply.status, reply.text).toBe(200);
      expect(reply.body).toEqual({
        received: true,
        status: expect.stringMatching(/^(ignored|quarantined)$/),
      });
    }
  });

  it("there are examples", () => expect(names.length).toBeGreaterThan(20));
});
