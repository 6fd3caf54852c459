import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeGateways, type Gateway, SECRETS, startGateway } from "../support/processes.js";
import { type Answer, slot, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";

/** What people are called, how they are reached and what they say: each stands nowhere else in this project. */
const SAID = {
  name: "Zwetschgenmüller-Quandt",
  mail: "walburga.zq@geheim.example",
  phone: "+4915155501234",
  notes: "Kopfhautekzem links",
  moveReason: "Scheidungstermin am Amtsgericht",
  cancelReason: "liegt auf der Palliativstation",
  onlyPhone: "+4915155509876",
  onlyPhoneName: "Ottokar Knäckebrodt",
  person: "Hildburg Übelacker",
  personMail: "hildburg@vertraulich.example",
  personPhone: "+4915155504321",
  personNotes: "hat eine Haarersatzprothese",
  personMoveReason: "Blasenspiegelung beim Urologen",
  personCancelReason: "in die Entzugsklinik gegangen",
  broken: "Explosiva Detonowitsch",
  brokenMail: "explosiva@knall.example",
  refused: "Unmöglich <script>",
};

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { LOG_LEVEL: "trace" } });
  await Promise.all([gateway.startApi(), gateway.startWorker()]);
  await liveThrough();
}, 180_000);
afterAll(closeGateways);

describe("what people are called, how they are reached and what they say", () => {
  it("stands in no history, workflow id, search attribute, memo or detail of a workflow.", async () => {
    const texts: string[] = [];
    for await (const execution of gateway.temporal.workflow.list()) {
      const handle = gateway.temporal.workflow.getHandle(execution.workflowId, execution.runId);
      const parts = [execution.raw, (await handle.describe()).raw, await handle.fetchHistory()];
      texts.push(...parts.map(readable));
      if (execution.type !== "bookingLifecycle") continue;
      texts.push(readable(await handle.query("view")));
      texts.push(readable(await handle.query("__temporal_workflow_metadata")));
    }
    const everything = texts.join("\n");
    // The search would find it: what may stand there does.
    const appointments = await gateway.admin.sql<{ id: string; workflowId: string }[]>`
      SELECT id, workflow_id FROM appointments`;
    expect(appointments.length).toBeGreaterThanOrEqual(5);
    for (const { id, workflowId } of appointments) {
      expect(everything).toContain(id);
      expect(everything).toContain(workflowId);
    }
    expect(everything).toContain("calcom_unreachable");
    expectNothingSaid(everything);
  });

  it("stands in no line that the API or the worker logs, nor does a key, a token or a secret.", async () => {
    const output = await gateway.output();
    for (const line of ["listening on port", "worker running", "Activity failed", "unexpected error"])
      expect(output).toContain(line);
    expectNothingSaid(output);
    for (const secret of [...Object.values(SECRETS), gateway.token, "wrong-token-of-somebody"])
      expect(output).not.toContain(secret);
  });
});

/** Every way in and every way in which it can go wrong. */
async function liveThrough(): Promise<void> {
  const { control } = gateway.calcom;
  const customer = { name: SAID.name, email: SAID.mail, phone: SAID.phone };
  const book = (body: Record<string, unknown>, key: string = randomUUID(), wait = 20) =>
    gateway.post("/api/v2/bookings", { service: "schnitt", staff: "emma", customer, ...body }, { key, wait });

  // A key may be anything visible: one that names a person is hashed.
  const first = await expectStatus(201, book({ start: slot(0), notes: SAID.notes }, `key-of-${SAID.mail}`));
  const change = (id: string, what: string, body: Record<string, unknown>) =>
    gateway.post(`/api/v2/bookings/${id}/${what}`, body, { wait: 20 });
  await expectStatus(200, change(first.id, "reschedule", { start: slot(2), reason: SAID.moveReason }));
  await expectStatus(200, change(first.id, "cancel", { reason: SAID.cancelReason }));
  const phoneOnly = { name: SAID.onlyPhoneName, phone: SAID.onlyPhone };
  await expectStatus(201, book({ start: slot(4), customer: phoneOnly }));

  // A person does the same in Cal.com.
  const made = await control.book({
    eventTypeId: TYPES.cutFabian,
    start: slot(0),
    name: SAID.person,
    email: SAID.personMail,
    phone: SAID.personPhone,
    responses: { notes: SAID.personNotes },
  });
  await untilAppointment(made.uid, "confirmed");
  const moved = await control.move({
    uid: made.uid,
    start: slot(2),
    by: "attendee",
    reason: SAID.personMoveReason,
  });
  await untilAppointment(moved.uid, "confirmed");
  await control.cancel({ uid: moved.uid, reason: SAID.personCancelReason });
  await untilAppointment(moved.uid, "cancelled");

  // Refused for what it says, for its slot, for its token.
  await expectStatus(422, book({ start: slot(6), customer: { ...customer, name: SAID.refused } }));
  await expectStatus(409, book({ start: slot(4), notes: SAID.notes }));
  const stranger = await fetch(`${gateway.url}/api/v2/bookings`, {
    headers: { Authorization: "Bearer wrong-token-of-somebody" },
  });
  expect(stranger.status).toBe(401);

  // The database refuses, and quotes what it was given: once to the worker, once to the API.
  const { sql } = gateway.admin;
  await sql.unsafe(`CREATE FUNCTION quote_attendee() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'cannot keep % of % (%)', NEW.notes, NEW.attendee_name, NEW.attendee_email; END $$`);
  await sql.unsafe(
    `CREATE TRIGGER quote_attendee BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION quote_attendee()`,
  );
  const stuck = await expectStatus(202, book({ start: slot(8), notes: SAID.notes }, randomUUID(), 1));
  await until("the activity failed", async () => (await gateway.output()).includes("Activity failed"));
  await sql.unsafe(`DROP TRIGGER quote_attendee ON appointments`);
  await sql.unsafe(`CREATE FUNCTION quote_customer() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'at % of %', NEW.name, NEW.email; END $$`);
  await sql.unsafe(
    `CREATE TRIGGER quote_customer BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION quote_customer()`,
  );
  await expectStatus(500, book({ start: slot(10), customer: { name: SAID.broken, email: SAID.brokenMail } }));
  await sql.unsafe(`DROP TRIGGER quote_customer ON customers`);
  await untilStatus(stuck.id, "confirmed");

  // Cal.com is down until a person is called.
  control.set({ down: "503" });
  const waiting = await expectStatus(202, book({ start: slot(12), notes: SAID.notes }, randomUUID(), 1));
  await until(
    "the review",
    async () => (await gateway.get(`/api/v2/bookings/${waiting.id}`)).body.sync.state === "manual_review",
    60_000,
  );
  control.set({ down: false });
  await untilStatus(waiting.id, "confirmed");
  await until("an empty inbox", async () => {
    const left = await sql`SELECT 1 FROM webhook_events WHERE status NOT IN ('processed', 'ignored')`;
    return left.length === 0;
  });
}

async function expectStatus(status: number, asked: Promise<Answer | null>): Promise<Answer["body"]> {
  const answer = await asked;
  expect(answer?.status, JSON.stringify(answer?.body)).toBe(status);
  return answer?.body;
}

async function untilStatus(id: string, status: string): Promise<void> {
  await until(
    `the booking ${status}`,
    async () => (await gateway.get(`/api/v2/bookings/${id}`)).body.status === status,
    60_000,
  );
}

async function untilAppointment(uid: string, status: string): Promise<void> {
  await until(
    `the booking of Cal.com ${status}`,
    async () => {
      const rows = await gateway.admin.sql`
        SELECT 1 FROM appointments a JOIN appointment_phases p ON p.appointment_id = a.id
        WHERE p.calcom_uid = ${uid} AND a.status = ${status}`;
      return rows.length === 1;
    },
    60_000,
  );
}

/** Also without its country code, in other cases, and as parts of a name. */
function expectNothingSaid(text: string): void {
  const lower = text.toLowerCase();
  for (const [what, said] of Object.entries(SAID)) {
    const forms = said.startsWith("+")
      ? [said, said.slice(1), said.slice(3)]
      : [said, ...said.split(/[ @<>]+/)];
    for (const form of forms.filter((one) => one.length > 6)) {
      const at = lower.indexOf(form.toLowerCase());
      expect(at < 0 ? null : text.slice(Math.max(0, at - 200), at + 200), `${what}: ${form}`).toBeNull();
    }
  }
}

/** Payloads are bytes: as they stand they would hide everything. */
function readable(value: unknown): string {
  return JSON.stringify(withText(value)) ?? "";
}

function withText(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map(withText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withText(item)]));
}
