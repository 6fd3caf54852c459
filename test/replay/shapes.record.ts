import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";
import { afterAll, describe, it } from "vitest";
import { requestCallback } from "../../db/callback/request.js";
import { connect } from "../../db/client.js";
import { closeSalons, type Salon, slot, startSalon, until } from "../support/salon.js";
import { TYPES } from "../support/salon-document.js";

const FOLDER = fileURLToPath(new URL("./histories", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

afterAll(closeSalons);

/** Who ran it and where it stood on that machine is not part of the shape. */
async function record(salon: Salon, shape: string, workflowId: string, runId?: string): Promise<void> {
  const history = await salon.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  const json = historyToJSON(history)
    .replaceAll(ROOT, "/")
    .replaceAll(/"identity": ?"[^"]*"/g, '"identity":"recorder"');
  await mkdir(FOLDER, { recursive: true });
  await writeFile(
    `${FOLDER}/${shape}.json`,
    `${JSON.stringify({ workflowId, history: JSON.parse(json) })}\n`,
  );
}

async function underReview(salon: Salon, id: string): Promise<void> {
  await until(
    "the review",
    async () => (await salon.get(`/api/v2/bookings/${id}`)).body.sync.state === "manual_review",
    60_000,
  );
}

async function statusIs(salon: Salon, id: string, status: string): Promise<void> {
  await until(status, async () => (await salon.get(`/api/v2/bookings/${id}`)).body.status === status, 60_000);
}

/** Everything that was sent has been applied: the history is at rest. */
async function settled(salon: Salon, workflowId: string): Promise<void> {
  await salon.calcom.control.settle();
  await until("an empty inbox", async () => {
    const waiting = await salon.admin
      .sql`SELECT 1 FROM webhook_events WHERE status IN ('waiting', 'delivered') LIMIT 1`;
    const view = await salon.temporal.workflow
      .getHandle(workflowId)
      .query<{ messagesWaiting: number }>("view");
    return waiting.length === 0 && view.messagesWaiting === 0;
  });
}

const decide = (salon: Salon, workflowId: string, decision: Record<string, unknown>) =>
  salon.temporal.workflow
    .getHandle(workflowId)
    .executeUpdate("resolveReview", { args: [{ actor: "recorder", note: "", ...decision }] });

describe("shapes of a lifecycle", () => {
  it("records bookings, moves and cancels of both sides", async () => {
    const salon = await startSalon();
    const booked = await salon.book({ start: slot(0) });
    await settled(salon, booked.body.workflowId);
    await record(salon, "booked", booked.body.workflowId);

    const perm = await salon.book({ service: "dauerwelle", start: slot(40) });
    await settled(salon, perm.body.workflowId);
    await record(salon, "booked-composite", perm.body.workflowId);

    const { id, workflowId } = booked.body;
    const moved = await salon.post(`/api/v2/bookings/${id}/reschedule`, { start: slot(2) }, { wait: 20 });
    await salon.calcom.control.move({ uid: moved.body.phases[0].calcomUid, start: slot(4) });
    await until(
      "the move",
      async () => (await salon.get(`/api/v2/bookings/${id}`)).body.rescheduleCount === 2,
    );
    await settled(salon, workflowId);
    await record(salon, "moved-both-ways", workflowId);

    await salon.post(`/api/v2/bookings/${perm.body.id}/reschedule`, { start: slot(41) }, { wait: 20 });
    await settled(salon, perm.body.workflowId);
    await record(salon, "moved-composite", perm.body.workflowId);

    await salon.post(`/api/v2/bookings/${id}/cancel`, {}, { wait: 20 });
    await settled(salon, workflowId);
    await record(salon, "cancelled-here", workflowId);

    const other = await salon.book({ start: slot(6) });
    await salon.calcom.control.cancel({ uid: other.body.phases[0].calcomUid, reason: "krank" });
    await statusIs(salon, other.body.id, "cancelled");
    await settled(salon, other.body.workflowId);
    await record(salon, "cancelled-in-calcom", other.body.workflowId);

    const person = await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: slot(8),
      name: "Anna",
      email: "a@example.org",
    });
    const imported = await until("the import", async () => {
      const list = await salon.get("/api/v2/bookings?limit=100");
      return list.body.items.find(
        (item: { phases: { calcomUid: string }[] }) => item.phases[0]?.calcomUid === person.uid,
      );
    });
    await settled(salon, imported.workflowId);
    await record(salon, "born-in-calcom", imported.workflowId);

    const staffed = await salon.book({ start: slot(10), staff: "emma" });
    await salon.post(
      `/api/v2/bookings/${staffed.body.id}/reschedule`,
      { start: slot(10), staff: "fabian" },
      { wait: 20 },
    );
    await settled(salon, staffed.body.workflowId);
    await record(salon, "moved-to-other-staff", staffed.body.workflowId);
  });

  it("records refusals, compensation and doubt", async () => {
    const salon = await startSalon({ durations: { surplusLookupsMs: [1_000, 2_000] } });
    salon.calcom.control.addWebhookRule({ mode: "lost", times: 1 });
    await salon.calcom.control.book({
      eventTypeId: TYPES.cutEmma,
      start: slot(0),
      name: "Anna",
      email: "a@example.org",
    });
    const taken = await salon.book({ start: slot(0) });
    const row = await salon.admin.sql<
      { workflowId: string }[]
    >`SELECT workflow_id FROM appointments WHERE status = 'failed'`;
    await record(salon, "slot-taken", row[0]?.workflowId ?? taken.body.workflowId);

    salon.calcom.control.addFault({
      match: { operation: "create", eventTypeId: TYPES.perm.emma[2] },
      times: 1,
      effect: {
        kind: "status",
        code: 400,
        envelope: "a",
        message: "Attempting to book a meeting in the past.",
      },
    });
    salon.calcom.control.addFault({
      match: { operation: "cancel" },
      times: 2,
      effect: { kind: "drop-before-commit" },
    });
    await salon.book({ service: "dauerwelle", start: slot(40) });
    const perm = await until("the compensated perm", async () => {
      const rows = await salon.admin.sql<{ workflowId: string }[]>`
        SELECT a.workflow_id FROM appointments a JOIN services s ON s.id = a.service_id
        WHERE s.slug = 'dauerwelle' AND a.status = 'failed' AND a.sync_state = 'synced'`;
      return rows[0];
    });
    await settled(salon, perm.workflowId);
    await record(salon, "compensated", perm.workflowId);

    salon.calcom.control.addFault({
      match: { operation: "create" },
      times: 1,
      effect: { kind: "commit-then-drop" },
    });
    const doubtful = await salon.book({ start: slot(4) });
    await until(
      "the surplus look-ups",
      async () => salon.calcom.control.requests({ operation: "list" }).length >= 3,
    );
    await settled(salon, doubtful.body.workflowId);
    await record(salon, "doubt-resolved-by-look-up", doubtful.body.workflowId);

    salon.calcom.control.addFault({
      match: { operation: "create" },
      times: 1,
      effect: { kind: "commit-then-delay", ms: 1_000 },
    });
    const slow = await salon.book({ start: slot(6) });
    await settled(salon, slow.body.workflowId);
    await record(salon, "webhook-before-answer", slow.body.workflowId);
  });

  it("records the review and each decision", async () => {
    const salon = await startSalon({ env: { SLOW_RETRY_SECONDS: "600", BREAKER_OPEN_SECONDS: "0.2" } });
    const decisions = ["retry", "adopt", "cancel", "give_up", "mark_synced"] as const;
    for (const [index, decision] of decisions.entries()) {
      const start = slot(index * 2);
      salon.calcom.control.set({ down: "drop" });
      const pending = await salon.book({ start }, { wait: 0 });
      await underReview(salon, pending.body.id);
      salon.calcom.control.set({ down: false });
      let calcomUid: string | undefined;
      if (decision === "adopt") {
        salon.calcom.control.addWebhookRule({ mode: "lost", times: 1 });
        const made = await salon.calcom.control.book({
          eventTypeId: TYPES.cutEmma,
          start,
          name: "Anna",
          email: "a@example.org",
        });
        calcomUid = made.uid;
      }
      const ends = {
        retry: "confirmed",
        adopt: "confirmed",
        cancel: "cancelled",
        give_up: "failed",
        mark_synced: "confirmed",
      };
      // While the breaker is still open a decision that has to ask Cal.com leaves the booking in review.
      await until(ends[decision], async () => {
        await decide(salon, pending.body.workflowId, { decision, ...(calcomUid ? { calcomUid } : {}) }).catch(
          () => {},
        );
        return (await salon.get(`/api/v2/bookings/${pending.body.id}`)).body.status === ends[decision];
      });
      await record(salon, `review-${decision}`, pending.body.workflowId);
    }

    const perm = await salon.book({ service: "dauerwelle", start: slot(40) });
    await salon.calcom.control.cancel({ uid: perm.body.phases[2].calcomUid, reason: "weg" });
    await underReview(salon, perm.body.id);
    await decide(salon, perm.body.workflowId, { decision: "retry" });
    await until(
      "the segment",
      async () => (await salon.get(`/api/v2/bookings/${perm.body.id}`)).body.sync.state === "synced",
    );
    await settled(salon, perm.body.workflowId);
    await record(salon, "segment-cancelled-and-rebooked", perm.body.workflowId);
  });

  it("records a lifecycle that continued as new", async () => {
    const salon = await startSalon({ env: { MAX_HISTORY_EVENTS: "40" } });
    const booked = await salon.book({ start: slot(0) });
    const { workflowId } = booked.body;
    const first = (await salon.temporal.workflow.getHandle(workflowId).describe()).runId;
    for (let n = 1; n < 8; n += 1) {
      await salon.post(`/api/v2/bookings/${booked.body.id}/reschedule`, { start: slot(n * 2) }, { wait: 20 });
    }
    await settled(salon, workflowId);
    const last = (await salon.temporal.workflow.getHandle(workflowId).describe()).runId;
    if (first === last) throw new Error("it did not continue as new");
    await record(salon, "continued-as-new-first-run", workflowId, first);
    await record(salon, "continued-as-new-last-run", workflowId, last);
  });

  it("records callbacks", async () => {
    const salon = await startSalon({ callbackReminders: { firstMs: 300, longestMs: 600 } });
    const db = connect(salon.database.url, { max: 2 });
    const wish = {
      companyId: salon.companyId,
      reason: "asked" as const,
      priority: "urgent" as const,
      topic: "Anna",
      name: "Anna O'Neill",
      phone: "+4915112345678",
      within: { urgent: 300, high: 60_000, normal: 60_000 },
    };
    const overdue = async (id: string, times: number) =>
      await until("the reminders", async () => {
        const rows = await salon.admin
          .sql`SELECT 1 FROM alerts WHERE type = 'callback.overdue' AND data->>'callbackId' = ${id}`;
        return rows.length >= times;
      });
    const handle = (workflowId: string) => salon.temporal.workflow.getHandle(workflowId);
    const ended = async (workflowId: string) =>
      await handle(workflowId)
        .result()
        .catch(() => {});

    const reminded = await requestCallback(db, wish);
    await overdue(reminded.id, 3);
    await salon.post(`/api/v2/callbacks/${reminded.id}/complete`, { by: "Emma" });
    await ended(reminded.workflowId);
    await record(salon, "callback-reminded-and-completed", reminded.workflowId);

    const pressing = await requestCallback(db, { ...wish, priority: "normal", occasion: "pressing" });
    await until("the workflow", () =>
      handle(pressing.workflowId)
        .describe()
        .catch(() => null),
    );
    await requestCallback(db, { ...wish, occasion: "pressing" });
    await overdue(pressing.id, 1);
    await handle(pressing.workflowId).executeUpdate("finishCallback", {
      args: [{ outcome: "completed", by: "recorder" }],
    });
    await ended(pressing.workflowId);
    await record(salon, "callback-more-pressing-and-finished-by-update", pressing.workflowId);

    const cancelled = await requestCallback(db, { ...wish, priority: "normal" });
    await until("the workflow", () =>
      handle(cancelled.workflowId)
        .describe()
        .catch(() => null),
    );
    await handle(cancelled.workflowId).cancel();
    await ended(cancelled.workflowId);
    await record(salon, "callback-cancelled-in-web-ui", cancelled.workflowId);
    await db.close();
  });
});
