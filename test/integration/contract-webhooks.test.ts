import { createHmac, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "../../domain/tenant/document.js";
import { closeSalons, type Salon, slot, startSalon, until, WEBHOOK_SECRET } from "../support/salon.js";
import { HOSTS, OPEN_ALWAYS, TYPES } from "../support/salon-document.js";
import { ask, askChunked, expectProblem, makeCompany, type Reply, wish } from "./contract-http.js";

const OWN = "/api/webhooks/calcom/salon";
const INSTALLATION = ["/api/webhooks/calcom", "/api/calcom/webhook"] as const;
const OLDER_SECRET = "older-secret-of-the-salon";
const INSTALLATION_SECRETS = ["installation-new", "installation-old"] as const;
const BARE_TYPE = 901;
const RICH_TYPE = 902;
const STRANGERS_TYPE = 777_777;

let salon: Salon;
let bareToken: string;
beforeAll(async () => {
  salon = await startSalon({
    env: { CALCOM_WEBHOOK_SECRET: INSTALLATION_SECRETS.join(",") },
    document: (base) =>
      parseDocument({ ...base, calcom: { ...base.calcom, webhookSecrets: [WEBHOOK_SECRET, OLDER_SECRET] } }),
  });
  bareToken = await makeCompany(salon, "ohne-eigene", company(BARE_TYPE, HOSTS.fabian));
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
});
afterAll(closeSalons);

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

const sign = (body: string | Uint8Array, secret: string) =>
  createHmac("sha256", secret).update(body).digest("hex");

/** Sent as Cal.com sends: no token, no key, a signature over the bytes. */
function deliver(
  path: string,
  body: string,
  secret: string | null,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const signature: Record<string, string> =
    secret === null ? {} : { "X-Cal-Signature-256": sign(body, secret) };
  return ask(salon, "POST", path, { token: null, key: null, body, headers: { ...signature, ...headers } });
}

async function expectReceived(sent: Promise<Reply>, status: string): Promise<void> {
  const reply = await sent;
  expect(reply.status, reply.text).toBe(200);
  expect(reply.body).toEqual({ received: true, status });
}

function created(over: Record<string, unknown> = {}, trigger = "BOOKING_CREATED"): string {
  return JSON.stringify({
    triggerEvent: trigger,
    createdAt: new Date().toISOString(),
    payload: {
      uid: randomUUID().replaceAll("-", "").slice(0, 22),
      bookingId: 4711,
      eventTypeId: TYPES.cutEmma,
      startTime: "2031-05-05T10:00:00Z",
      endTime: "2031-05-05T10:30:00Z",
      status: "ACCEPTED",
      iCalSequence: 0,
      organizer: { id: HOSTS.emma, name: "Emma", email: "emma@salon.test" },
      attendees: [{ name: "Fremde Person", email: "fremd@example.org", timeZone: "Europe/Berlin" }],
      metadata: {},
      ...over,
    },
  });
}

const ping = JSON.stringify({
  triggerEvent: "PING",
  createdAt: new Date().toISOString(),
  payload: { type: "Test" },
});
const stored = (uid: string) =>
  salon.admin.sql<{ companyId: string | null; status: string; workflowId: string | null }[]>`
    SELECT company_id, status, workflow_id FROM webhook_events WHERE uid = ${uid} ORDER BY received_at`;
const uidOf = (body: string): string => JSON.parse(body).payload.uid;
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

describe("each webhook URL", () => {
  it.each([OWN, ...INSTALLATION, "/api/webhooks/calcom/nobody"])(
    "GET %s says ok to anybody",
    async (path) => {
      const reply = await ask(salon, "GET", path, { token: null });
      expect(reply.status).toBe(200);
      expect(reply.body).toEqual({ status: "ok" });
    },
  );

  it("accepts what is signed with any of its active secrets, and nothing signed with another's", async () => {
    await expectReceived(deliver(OWN, ping, WEBHOOK_SECRET), "ignored");
    await expectReceived(deliver(OWN, ping, OLDER_SECRET), "ignored");
    await expectReceived(deliver("/api/webhooks/calcom/mit-eigenen", ping, "rich-secret"), "ignored");
    await expectReceived(
      deliver("/api/webhooks/calcom/ohne-eigene", ping, INSTALLATION_SECRETS[0]),
      "ignored",
    );
    for (const path of INSTALLATION) {
      for (const secret of INSTALLATION_SECRETS) await expectReceived(deliver(path, ping, secret), "ignored");
      expectProblem(await deliver(path, ping, WEBHOOK_SECRET), 401, "unauthorized");
      expectProblem(await deliver(path, ping, INSTALLATION_SECRETS.join(",")), 401, "unauthorized");
    }
    expectProblem(await deliver(OWN, ping, INSTALLATION_SECRETS[0]), 401, "unauthorized");
    expectProblem(await deliver(OWN, ping, "rich-secret"), 401, "unauthorized");
    expectProblem(await deliver(OWN, ping, ""), 401, "unauthorized");
  });
});

describe("a signature", () => {
  const right = sign(ping, WEBHOOK_SECRET);
  const NAMES = ["X-Cal-Signature-256", "Cal-Signature-256", "X-Cal-Signature", "Cal-Signature"];

  it.each(NAMES)("stands in %s", async (name) => {
    await expectReceived(deliver(OWN, ping, null, { [name]: right }), "ignored");
  });

  it("counts in the first header that is present, and in no other", async () => {
    for (const [index, name] of NAMES.entries()) {
      for (const later of NAMES.slice(index + 1)) {
        const wrong = sign(ping, "wrong");
        await expectReceived(deliver(OWN, ping, null, { [name]: right, [later]: wrong }), "ignored");
        expectProblem(await deliver(OWN, ping, null, { [name]: wrong, [later]: right }), 401, "unauthorized");
      }
    }
  });

  it.each([
    ["upper case", right.toUpperCase()],
    ["a prefix", `sha256=${right}`],
    ["a prefix and upper case", `sha256=${right.toUpperCase()}`],
  ])("may have %s", async (_, value) => {
    await expectReceived(deliver(OWN, ping, null, { "X-Cal-Signature-256": value }), "ignored");
  });

  it.each([
    ["missing", null],
    ["empty", ""],
    ["the literal of a webhook without a secret", "no-secret-provided"],
    ["cut short", right.slice(0, 63)],
    ["too long", `${right}0`],
    ["not hex", "z".repeat(64)],
    ["Base64", Buffer.from(right, "hex").toString("base64")],
    ["of another body", sign(`${ping} `, WEBHOOK_SECRET)],
    ["twice", `${right},${right}`],
    ["of another algorithm", `sha512=${right}`],
  ])("that is %s is refused", async (_, value) => {
    const reply = await deliver(OWN, ping, null, value === null ? {} : { "X-Cal-Signature-256": value });
    expectProblem(reply, 401, "unauthorized");
  });

  it("is over the raw bytes: spaces, umlauts and an unknown order of keys are the sender's", async () => {
    const odd = ` { "payload":{"type":"T\\u00e4st"} ,"triggerEvent" : "PING","note":"Grüße 💇"}\n`;
    await expectReceived(deliver(OWN, odd, WEBHOOK_SECRET), "ignored");
    const spaced = JSON.stringify(JSON.parse(odd));
    const reply = await deliver(OWN, spaced, null, { "X-Cal-Signature-256": sign(odd, WEBHOOK_SECRET) });
    expectProblem(reply, 401, "unauthorized");
  });

  it("that is refused leaves nothing behind", async () => {
    const body = created();
    expectProblem(await deliver(OWN, body, "wrong"), 401, "unauthorized");
    expect(await stored(uidOf(body))).toHaveLength(0);
  });
});

describe("an unknown company", () => {
  const same = (reply: Reply) => ({ ...reply.body, instance: "", requestId: "" });
  const headersOf = (reply: Reply) =>
    [...reply.headers].filter(([name]) => !["x-request-id", "date", "content-length"].includes(name));

  it("looks exactly like a wrong signature, whatever is sent", async () => {
    for (const body of [ping, created(), "false", "", "x".repeat(100_000)]) {
      for (const secret of ["wrong", null]) {
        const headers: Record<string, string> =
          secret === null ? { "X-Cal-Signature-256": "no-secret-provided" } : {};
        const wrong = await deliver(OWN, body, secret, headers);
        for (const slug of ["nobody", "sal%6Fn2", "Salon", "x".repeat(200), "%00", "a%2Fb"]) {
          const unknown = await deliver(`/api/webhooks/calcom/${slug}`, body, secret, headers);
          expectProblem(unknown, 401, "unauthorized");
          expect(same(unknown)).toEqual(same(wrong));
          expect(headersOf(unknown)).toEqual(headersOf(wrong));
        }
      }
    }
  });

  it("has no secret that could be guessed from the code", async () => {
    for (const secret of ["no company of this name has a secret", "", "nobody", INSTALLATION_SECRETS[0]]) {
      expectProblem(await deliver("/api/webhooks/calcom/nobody", ping, secret), 401, "unauthorized");
    }
  });

  it("takes about as long as a wrong signature", async () => {
    const body = "x".repeat(200_000);
    const timed = async (path: string) => {
      const started = performance.now();
      await deliver(path, body, "wrong");
      return performance.now() - started;
    };
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let round = 0; round < 40; round += 1) {
      known.push(await timed(OWN));
      unknown.push(await timed("/api/webhooks/calcom/nobody"));
    }
    const median = (all: number[]) => all.sort((a, b) => a - b)[20] ?? 0;
    expect(Math.abs(median(known) - median(unknown))).toBeLessThan(10);
  });
});

describe("a body that cannot be read", () => {
  const BAD: [string, string][] = [
    ["false, which a broken template gives", "false"],
    ["form-encoded", "triggerEvent=BOOKING_CREATED&uid=1"],
    ["without a trigger", '{"title":"x","startTime":"2031-05-05T10:00:00Z"}'],
    ["with an empty trigger", '{"triggerEvent":""}'],
    ["with a trigger that is no text", '{"triggerEvent":7}'],
    ["a list", '[{"triggerEvent":"PING"}]'],
    ["null", "null"],
    ["a text", '"BOOKING_CREATED"'],
    ["cut short", '{"triggerEvent":"BOOKING_CREATED","payl'],
  ];

  it.each(BAD)("is a malformed webhook when signed: %s", async (_, body) => {
    for (const [path, secret] of [
      [OWN, WEBHOOK_SECRET],
      [INSTALLATION[1], INSTALLATION_SECRETS[0]],
    ] as const) {
      const type = {
        "Content-Type": body.includes("&") ? "application/x-www-form-urlencoded" : "application/json",
      };
      const problem = expectProblem(await deliver(path, body, secret, type), 400, "malformed-webhook");
      expect(problem.detail).toMatch(/custom payload template/);
    }
  });

  it.each(BAD)("is unauthorized when not: %s", async (_, body) => {
    const reply = await deliver(OWN, body, "wrong");
    expectProblem(reply, 401, "unauthorized");
    expect(reply.text).not.toMatch(/template/);
  });

  it("is a malformed webhook when it is empty", async () => {
    const reply = await ask(salon, "POST", OWN, {
      token: null,
      key: null,
      headers: { "X-Cal-Signature-256": sign("", WEBHOOK_SECRET) },
    });
    expectProblem(reply, 400, "malformed-webhook");
  });

  it("is too large beyond 256 KiB, signed or not, in one piece or in chunks; just 256 KiB is read", async () => {
    const full = ping.padEnd(256 * 1024);
    await expectReceived(deliver(OWN, full, WEBHOOK_SECRET), "ignored");
    expectProblem(await deliver(OWN, `${full} `, WEBHOOK_SECRET), 413, "payload-too-large");
    expectProblem(await deliver(OWN, `${full} `, null), 413, "payload-too-large");
    for (const path of INSTALLATION) {
      expectProblem(await deliver(path, `${full} `, INSTALLATION_SECRETS[0]), 413, "payload-too-large");
    }
    const chunks = Array.from({ length: 5 }, (_, n) => `${full} `.slice(n * 65_536, (n + 1) * 65_536));
    const reply = await askChunked(salon, OWN, chunks, {
      "X-Cal-Signature-256": sign(`${full} `, WEBHOOK_SECRET),
    });
    expectProblem(reply, 413, "payload-too-large");
    const fits = await askChunked(salon, OWN, chunks.slice(0, 4), {
      "X-Cal-Signature-256": sign(full, WEBHOOK_SECRET),
    });
    expect(fits.body, fits.text).toEqual({ received: true, status: "ignored" });
  });

  it("is nothing that any odd field makes of it", async () => {
    for (const over of [
      { startTime: "yesterday", endTime: 7 },
      { uid: 7, eventTypeId: "x", organizer: "Emma", attendees: "none" },
      { attendees: [null, 7, { name: "A\u0000B", email: "\ud800" }], metadata: [] },
      { uid: "x".repeat(5_000), eventTypeId: 99_999_999_999 },
      { uid: null, eventTypeId: null },
      { responses: { name: { value: { a: 1 } } }, cancellationReason: "\u0000\ud83d" },
    ]) {
      const reply = await deliver(OWN, created(over), WEBHOOK_SECRET);
      expect(reply.status, reply.text).toBe(200);
      expect(reply.body.received).toBe(true);
    }
  });
});

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
