import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeSalons, type Salon, WEBHOOK_SECRET } from "../support/salon.js";
import { ask, askChunked, expectProblem, type Reply } from "./contract-http.js";
import {
  created,
  deliver as deliverTo,
  expectReceived,
  INSTALLATION,
  INSTALLATION_SECRETS,
  OLDER_SECRET,
  OWN,
  ping,
  sign,
  startSalonWithNeighbours,
} from "./contract-webhook-rig.js";

let salon: Salon;
beforeAll(async () => {
  ({ salon } = await startSalonWithNeighbours());
});
afterAll(closeSalons);

const deliver = (path: string, body: string, secret: string | null, headers: Record<string, string> = {}) =>
  deliverTo(salon, path, body, secret, headers);

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
    const rows = await salon.admin
      .sql`SELECT 1 FROM webhook_events WHERE uid = ${JSON.parse(body).payload.uid}`;
    expect(rows).toHaveLength(0);
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
