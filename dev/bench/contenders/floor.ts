import { randomUUID } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { z } from "zod";
import { layFoundation } from "../../../api/composition.js";
import { verifySignature } from "../../../calcom/webhook/signature.js";
import { acceptBooking } from "../../../db/booking/accept.js";
import { commandProgress } from "../../../db/booking/answer.js";
import { beginAttempt } from "../../../db/booking/attempt.js";
import { commitBooked } from "../../../db/booking/booked.js";
import { asSystem, json } from "../../../db/client.js";
import { planForStaff } from "../../../domain/booking/phases.js";
import { parseEnvironment } from "../../../domain/config/environment.js";
import { contenderSettings, wishSchema } from "./settings.js";

// The floor: the gateway's own statements and its own request to Cal.com, one after the other in a plain handler. A
// process that dies in between loses the booking, and nothing is looked up, retried or made once.
const config = parseEnvironment(process.env);
const { BENCH_COMPANY: companyId, BENCH_WEBHOOK_SECRET: secret } = contenderSettings.parse(process.env);
const { db, directory, calcom } = await layFoundation(config, "api");
const app = new Hono();

app.post("/bookings", async (c) => {
  const body = wishSchema.parse(await c.req.json());
  const [account, catalogue] = await Promise.all([
    directory.calcomAccount(companyId),
    directory.catalogue(companyId),
  ]);
  const service = catalogue.services.find((one) => one.slug === body.service);
  const member = catalogue.staff.find((one) => one.slug === body.staff);
  const [branch] = catalogue.branches;
  if (!service || !member || !branch) return c.json({ error: "unknown" }, 404);
  const plan = planForStaff(catalogue, service, branch, member, new Date(body.start));
  const phase = plan?.[0];
  if (!plan || !phase || phase.calcomEventTypeId === null) return c.json({ error: "not bookable" }, 422);

  const appointmentId = randomUUID();
  const commandId = randomUUID();
  const operationId = randomUUID();
  const accepted = await acceptBooking(db, {
    companyId,
    commandId,
    appointmentId,
    workflowId: `floor:${appointmentId}`,
    idempotencyKey: randomUUID(),
    requestHash: appointmentId,
    actor: "customer",
    source: "api",
    serviceId: service.id,
    branchId: branch.id,
    timeZone: branch.timeZone,
    priceCents: service.priceCents,
    bufferAfterMinutes: service.bufferAfterMinutes,
    person: { ...body.customer, phone: null },
    notes: null,
    staffWished: true,
    plans: [plan],
  });
  if (accepted.result !== "accepted") return c.json({ error: accepted.result }, 409);
  const settlement = { companyId, appointmentId, commandId };
  const { appointment } = await beginAttempt(
    db,
    {
      ...settlement,
      operations: [
        {
          id: operationId,
          kind: "create",
          phaseKey: phase.key,
          uid: null,
          wantedStart: phase.start,
          resultUid: null,
          state: "open",
        },
      ],
    },
    true,
  );
  const booking = await calcom.createBooking(
    account,
    {
      eventTypeId: phase.calcomEventTypeId,
      start: new Date(phase.start),
      attendee: {
        name: appointment.attendeeName,
        email: appointment.attendeeEmail,
        phone: appointment.attendeePhone,
        timeZone: appointment.timeZone,
        language: catalogue.company.locale.slice(0, 2),
      },
      metadata: { operationId, appointmentId, phase: phase.key },
      bookingFieldsResponses: { title: appointment.serviceName },
    },
    { lane: "live" },
  );
  await commitBooked(
    db,
    settlement,
    [
      {
        operationId,
        phaseKey: phase.key,
        uid: booking.uid,
        previousUid: null,
        accepted: booking.status === "accepted",
        staffId: member.id,
        start: booking.start,
        end: booking.end,
      },
    ],
    plan,
    async () => false,
  );
  const progress = await commandProgress(db, companyId, { id: commandId });
  return Response.json(progress?.answer?.body, { status: 201 });
});

const webhookSchema = z.object({
  triggerEvent: z.string(),
  payload: z.object({ uid: z.string() }).loose(),
});

app.post("/webhook", async (c) => {
  const raw = new Uint8Array(await c.req.arrayBuffer());
  if (!verifySignature(raw, (name) => c.req.header(name), [secret]))
    return c.json({ error: "unsigned" }, 401);
  const { triggerEvent, payload } = webhookSchema.parse(JSON.parse(Buffer.from(raw).toString("utf8")));
  const inserted = await asSystem(
    db,
    // A status that the gateway's relay leaves alone.
    (tx) => tx`
      INSERT INTO webhook_events (id, company_id, source, semantic_key, trigger, uid, event, person, status)
      VALUES (${randomUUID()}, ${companyId}, 'webhook', ${`${triggerEvent} ${payload.uid}`}, ${triggerEvent},
        ${payload.uid}, ${json(tx, payload)}, ${json(tx, {})}, 'ignored')
      ON CONFLICT DO NOTHING RETURNING id`,
  );
  return c.json({ received: true, status: inserted.length > 0 ? "accepted" : "duplicate" });
});

serve({ fetch: app.fetch, port: config.port, hostname: "127.0.0.1" }, ({ port }) =>
  process.stdout.write(`listening on port ${port}\n`),
);
process.once("SIGTERM", () => process.exit(0));
