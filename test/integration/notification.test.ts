import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMailRelay } from "../../api/relay/alert-mails.js";
import { requestCallback } from "../../db/callback/request.js";
import { connect, type Database, inTenant } from "../../db/client.js";
import { raiseAlert } from "../../db/operations/alerts.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { type Mailbox, startMailbox } from "./notification-mailbox.js";

const BRANCH = ["empfang@salon.test", "chefin@salon.test"];
const OPERATORS = "betrieb@askpro.test";
const PERSONAL = /Neill|15112345678|joerg@|Kopfhaut/;

let mailbox: Mailbox;
let salon: Salon;
let db: Database;
const posted: string[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    posted.push(Buffer.concat(chunks).toString("utf8"));
    response.writeHead(204).end();
  });
});

beforeAll(async () => {
  mailbox = await startMailbox();
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  salon = await startSalon({
    env: {
      SMTP_URL: `${mailbox.url}?from=${encodeURIComponent("Termine <termine@salon.test>")}`,
      ALERT_EMAIL: OPERATORS,
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
      TEMPORAL_UI_URL: "http://ui.test",
    },
    document: (base) => ({
      ...base,
      branches: base.branches.map((branch) => ({ ...branch, notifyEmails: BRANCH })),
    }),
  });
  db = connect(salon.database.url, { max: 4 });
});
afterAll(async () => {
  await db.close();
  await closeSalons();
  await mailbox.close();
  receiver.close();
});

const customer = { name: "Jörg O'Neill", email: "joerg@example.org", phone: "+4915112345678" };

const mailsWith = (text: string) => mailbox.mails.filter((mail) => mail.text.includes(text));

async function due(type: string): Promise<void> {
  await salon.admin
    .sql`UPDATE alerts SET mail_at = now() WHERE mailed_at IS NULL AND type = ${type} AND mail_at < 'infinity'`;
}

function german(instant: string): string {
  const parts = new Intl.DateTimeFormat("de-DE", {
    timeZone: "Europe/Berlin",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(new Date(instant));
  const part = (type: string) => parts.find((one) => one.type === type)?.value;
  return `${part("day")}. ${part("month")} ${part("year")}, ${part("hour")}:${part("minute")} Uhr`;
}

describe("The branch", () => {
  it("learns of a move and of a cancel over the API, once each, with name, service and both times; the timeline says so.", async () => {
    const booked = await salon.book({ start: slot(0), customer });
    const { id } = booked.body;
    await salon.post(`/api/v2/bookings/${id}/reschedule`, { start: slot(2) }, { wait: 20 });
    const [moved] = await until("the mail of the move", async () => {
      const mails = mailsWith("verschoben");
      return mails.length > 0 ? mails : null;
    });
    expect(moved?.to).toEqual(BRANCH);
    expect(moved?.from).toBe("termine@salon.test");
    expect(moved?.subject).toBe("Termin verschoben (Zentrale)");
    expect(moved?.headers["auto-submitted"]).toBe("auto-generated");
    expect(moved?.text).toContain("Name: Jörg O'Neill");
    expect(moved?.text).toContain("Leistung: Schnitt");
    expect(moved?.text).toMatch(new RegExp(`Bisher: .*${german(slot(0))}`));
    expect(moved?.text).toMatch(new RegExp(`Neu: .*${german(slot(2))}`));

    await salon.post(`/api/v2/bookings/${id}/cancel`, {}, { wait: 20 });
    await until("the mail of the cancel", async () => mailsWith("abgesagt").length > 0);
    expect(mailsWith("abgesagt")[0]?.text).toMatch(new RegExp(`Termin: .*${german(slot(2))}`));
    const timeline = await until("the timeline", async () => {
      const entries = (await salon.get(`/api/v2/bookings/${id}/timeline`)).body.items.filter(
        (entry: { kind: string }) => entry.kind === "notification",
      );
      return entries.length === 2 ? entries : null;
    });
    expect(timeline).toEqual([
      expect.objectContaining({ action: "appointment.moved", outcome: "mailed", detail: { to: "branch" } }),
      expect.objectContaining({
        action: "appointment.cancelled",
        outcome: "mailed",
        detail: { to: "branch" },
      }),
    ]);
    const alerts = await salon.admin
      .sql`SELECT type, data FROM alerts WHERE data->>'appointmentId' = ${id} ORDER BY created_at`;
    expect(alerts).toMatchObject([
      { type: "appointment.moved", data: { appointmentId: id, rebooked: true } },
      { type: "appointment.cancelled", data: { appointmentId: id, rebooked: false } },
    ]);
    expect(mailsWith("verschoben")).toHaveLength(1);
    expect(mailsWith("abgesagt")).toHaveLength(1);
  });

  it("is not told what its own people did in Cal.com, nor of a booking, nor of a move that was refused.", async () => {
    const booked = await salon.book({ start: slot(10), customer });
    const other = await salon.book({ start: slot(12), customer });
    const refused = await salon.post(
      `/api/v2/bookings/${booked.body.id}/reschedule`,
      { start: slot(12) },
      { wait: 20 },
    );
    expect(refused.status).toBe(409);
    await salon.calcom.control.move({ uid: booked.body.phases[0].calcomUid, start: slot(14) });
    await salon.calcom.control.cancel({ uid: other.body.phases[0].calcomUid, reason: "krank" });
    await until("both in our books", async () => {
      const [first, second] = await Promise.all(
        [booked, other].map(({ body }) => salon.get(`/api/v2/bookings/${body.id}`)),
      );
      return first?.body.rescheduleCount === 1 && second?.body.status === "cancelled";
    });
    const alerts = await salon.admin.sql`
      SELECT type FROM alerts WHERE data->>'appointmentId' = ANY(${[booked.body.id, other.body.id]}::text[])`;
    expect(alerts).toEqual([]);
  });

  it("gets the callback with everything it needs; row, webhook and subject hold nothing personal.", async () => {
    const { id } = await requestCallback(db, {
      companyId: salon.companyId,
      priority: "high",
      reason: "nothing_free",
      topic: "Dauerwelle bei empfindlicher Kopfhaut",
      name: customer.name,
      phone: customer.phone,
      bestTime: "nach achtzehn Uhr",
    });
    const [mail] = await until("the mail", async () => {
      const mails = mailsWith("Kopfhaut");
      return mails.length > 0 ? mails : null;
    });
    expect(mail?.to).toEqual(BRANCH);
    expect(mail?.subject).toBe("Bitte zurückrufen, bald (Zentrale)");
    for (const words of [
      "Jörg O'Neill",
      "+4915112345678",
      "nach achtzehn Uhr",
      "kein passender freier Termin",
    ])
      expect(mail?.text).toContain(words);
    const webhook = await until("the webhook", async () => posted.find((body) => body.includes(id)));
    expect(JSON.parse(webhook)).toMatchObject({ type: "callback.requested", data: { callbackId: id } });
    for (const body of posted) expect(body).not.toMatch(PERSONAL);
    for (const { subject } of mailbox.mails) expect(subject).not.toMatch(PERSONAL);
    const rows = await salon.admin.sql`SELECT data, dedupe_key FROM alerts`;
    expect(JSON.stringify(rows)).not.toMatch(PERSONAL);
  });
});

describe("After a call", () => {
  async function call(): Promise<string> {
    const id = randomUUID();
    await salon.admin.sql`
      INSERT INTO calls (id, company_id, provider, provider_call_id, caller_phone, branch_id)
      VALUES (${id}, ${salon.companyId}, 'retell', ${`call_${id}`}, '+4917612345678',
        (SELECT id FROM branches WHERE company_id = ${salon.companyId}))`;
    return id;
  }

  it("that ended in a cancel, the branch reads that another time was declined, and the offer's row says it was told.", async () => {
    const callId = await call();
    const booked = await salon.book({ start: slot(20), customer: { ...customer, name: "Änne Übel" } });
    const { id } = booked.body;
    await salon.admin.sql`
      INSERT INTO reschedule_offers (company_id, call_id, appointment_id, outcome, decided_at)
      VALUES (${salon.companyId}, ${callId}, ${id}, 'declined', now())`;
    await salon.post(`/api/v2/bookings/${id}/cancel`, {}, { wait: 20 });
    const told = await until("the offer's row", async () => {
      const rows = await salon.admin.sql`
        SELECT 1 FROM reschedule_offers WHERE appointment_id = ${id} AND branch_notified_at IS NOT NULL`;
      return rows.length > 0 ? mailsWith("Änne Übel") : null;
    });
    expect(told).toHaveLength(1);
    expect(told[0]?.text).toContain("Ein anderer Termin wurde angeboten und nicht gewünscht.");
  });

  it("a callback without a number is to the number that called, and belongs to the branch that was called.", async () => {
    const callId = await call();
    const { id } = await requestCallback(db, {
      companyId: salon.companyId,
      priority: "normal",
      reason: "asked",
      topic: "Strähnen",
      callId,
    });
    expect((await salon.get(`/api/v2/callbacks/${id}`)).body).toMatchObject({
      phone: "+4917612345678",
      callId,
      branch: { slug: "zentrale" },
    });
    const again = await requestCallback(db, {
      companyId: salon.companyId,
      priority: "normal",
      reason: "asked",
      topic: " strähnen ",
      callId,
    });
    expect(again).toMatchObject({ id, created: false });
  });

  it("that promised a booking which does not exist, the branch reads whom to call back.", async () => {
    const callId = await call();
    await inTenant(db, salon.companyId, async (tx) => {
      const [row] = await tx<{ branchId: string }[]>`SELECT branch_id FROM calls WHERE id = ${callId}`;
      await raiseAlert(tx, {
        companyId: salon.companyId,
        type: "voice.claimed_booking_missing",
        data: { callId: `call_${callId}` },
        dedupeKey: `claimed:${callId}`,
        branchId: row?.branchId ?? null,
      });
    });
    const [mail] = await until("the mail", async () => {
      const mails = mailsWith("zugesagt, der nicht eingetragen ist");
      return mails.length > 0 ? mails : null;
    });
    expect(mail?.to).toEqual(BRANCH);
    expect(mail?.text).toContain("Telefon: +4917612345678");
  });
});

describe("A mail", () => {
  it("that the server refused, or cut off, is tried again later each time, and is sent once.", async () => {
    // What other tests have raised is still being mailed to the branches.
    mailbox.answersFor = OPERATORS;
    mailbox.answers.push("451 4.3.0 try again", null, "550 5.0.0 no");
    const type = `test.${randomUUID()}`;
    await inTenant(db, salon.companyId, (tx) =>
      raiseAlert(tx, { companyId: salon.companyId, type, data: { reason: "x" }, dedupeKey: type }),
    );
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const [row] = await until(`attempt ${attempt}`, async () => {
        const rows = await salon.admin.sql<{ wait: number; mailedAt: Date | null }[]>`
          SELECT extract(epoch FROM mail_at - now())::float8 AS wait, mailed_at FROM alerts
          WHERE type = ${type} AND mail_attempts = ${attempt} AND mail_at < now() + interval '150 seconds' AND mail_at > now()`;
        return rows.length > 0 ? rows : null;
      });
      expect(row?.mailedAt).toBeNull();
      waits.push(Math.round((row?.wait ?? 0) / 30));
      await due(type);
    }
    expect(waits).toEqual([1, 2, 4]);
    const sent = await until("the mail", async () => {
      const mails = mailbox.mails.filter((mail) => mail.subject.includes(type));
      return mails.length > 0 ? mails : null;
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ to: [OPERATORS], subject: `[askpro] ${type} · salon` });
    await until("the mark", async () => {
      const [row] = await salon.admin.sql`SELECT mailed_at FROM alerts WHERE type = ${type}`;
      return row?.mailedAt !== null;
    });
  });

  it("is sent once by four processes that look at the same instant, also when the server is slow.", async () => {
    mailbox.delayMs = 300;
    const target = {
      smtpUrl: mailbox.url,
      operators: [OPERATORS],
      temporalUiUrl: null,
      namespace: "default",
    };
    const log = { warn: () => {} };
    const relays = Array.from({ length: 4 }, () => startMailRelay({ db, log }, target));
    const type = `burst.${randomUUID()}`;
    await inTenant(db, salon.companyId, async (tx) => {
      for (let n = 0; n < 20; n += 1)
        await raiseAlert(tx, { companyId: salon.companyId, type, data: { n }, dedupeKey: `${type}:${n}` });
    });
    await until("all mailed", async () => {
      const [row] = await salon.admin
        .sql`SELECT count(*)::int AS n FROM alerts WHERE type = ${type} AND mailed_at IS NOT NULL`;
      return row?.n === 20;
    });
    await Promise.all(relays.map((relay) => relay.stop()));
    mailbox.delayMs = 0;
    expect(mailbox.mails.filter((mail) => mail.subject.includes(type))).toHaveLength(20);
  });

  it("about a callback that somebody has made meanwhile is not sent any more, and its row does not say it was.", async () => {
    await salon.stopApi();
    const { id } = await requestCallback(db, {
      companyId: salon.companyId,
      priority: "normal",
      reason: "asked",
      topic: "schon erledigt",
    });
    await salon.admin.sql`UPDATE callbacks SET status = 'completed' WHERE id = ${id}`;
    await salon.startApi();
    const [row] = await until("the row out of the queue", async () => {
      const rows = await salon.admin.sql<{ mailedAt: Date | null; mailAttempts: number }[]>`
        SELECT mailed_at, mail_attempts FROM alerts WHERE data->>'callbackId' = ${id} AND mail_at = 'infinity'`;
      return rows.length > 0 ? rows : null;
    });
    expect(row).toEqual({ mailedAt: null, mailAttempts: 0 });
    expect(mailsWith("schon erledigt")).toHaveLength(0);
  });

  it("is not sent without a mail server, and the rows say so; when there is one, what is old stays untold.", async () => {
    const own = await startSalon({ env: { ALERT_EMAIL: OPERATORS }, worker: false });
    const ownDb = connect(own.database.url, { max: 2 });
    const types = { old: `old.${randomUUID()}`, fresh: `fresh.${randomUUID()}` };
    for (const type of [types.old, types.fresh])
      await inTenant(ownDb, own.companyId, (tx) =>
        raiseAlert(tx, { companyId: own.companyId, type, data: {}, dedupeKey: type }),
      );
    await own.admin.sql`UPDATE alerts SET created_at = now() - interval '4 days' WHERE type = ${types.old}`;
    const rows = await own.admin.sql`SELECT mailed_at, mail_attempts FROM alerts`;
    expect(rows).toEqual([
      { mailedAt: null, mailAttempts: 0 },
      { mailedAt: null, mailAttempts: 0 },
    ]);
    const relay = startMailRelay(
      { db: ownDb, log: { warn: () => {} } },
      { smtpUrl: mailbox.url, operators: [OPERATORS], temporalUiUrl: null, namespace: "default" },
    );
    await until("the fresh one", async () =>
      mailbox.mails.some((mail) => mail.subject.includes(types.fresh)),
    );
    await relay.stop();
    await ownDb.close();
    expect(mailbox.mails.some((mail) => mail.subject.includes(types.old))).toBe(false);
  });
});
