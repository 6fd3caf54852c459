import { decideEvent } from "../../domain/booking/calcom-event.js";
import type { AppointmentFacts } from "../../domain/booking/facts.js";
import type { CalcomEvent } from "../../domain/calcom/event.js";
import { type Database, inTenant, json } from "../client.js";
import { settleCommand } from "./outcome.js";
import { note } from "./timeline.js";

const DRIFT_KINDS: Partial<Record<string, string>> = {
  move: "time",
  cancel: "status",
  reject: "status",
  confirm: "status",
  no_show: "status",
  reassign: "host",
};

/** What can only be told by asking Cal.com is a drift for what the event itself is about. */
function driftKind(decision: string, event: CalcomEvent): string | undefined {
  if (decision !== "ask") return DRIFT_KINDS[decision];
  switch (event.kind) {
    case "cancelled":
    case "rejected":
      return "status";
    case "reassigned":
      return "host";
    default:
      return "time";
  }
}

/** What Cal.com says after the lifecycle has closed: into the timeline, and a drift if it changes anything. */
export async function noteAfterClose(
  db: Database,
  scope: { companyId: string; appointmentId: string; eventId: string },
  event: CalcomEvent,
  facts: AppointmentFacts | null,
): Promise<void> {
  const decision = decideEvent(event, {
    status: facts?.status ?? "none",
    phases: (facts?.phases ?? [])
      .filter((phase) => phase.staffRequired)
      .map(({ key, uid, start, end, cancelled }) => ({ key, uid, pastUids: [], start, end, cancelled })),
    operations: [],
    tombstones: [],
  });
  const drift = facts === null ? undefined : driftKind(decision.kind, event);
  await inTenant(db, scope.companyId, async (tx) => {
    await Promise.all([
      note(tx, scope.companyId, scope.appointmentId, {
        kind: "webhook",
        action: event.kind,
        outcome: "after_close",
        detail: { decision: decision.kind },
        dedupeKey: `event:${scope.eventId}`,
      }),
      tx`UPDATE webhook_events SET status = 'processed', note = 'after_close', processed_at = clock_timestamp() WHERE id = ${scope.eventId}`,
      drift === undefined
        ? Promise.resolve()
        : tx`INSERT INTO drifts (company_id, kind, severity, appointment_id, calcom_uid, calcom_event_type_id, local, remote, dedupe_key)
             VALUES (${scope.companyId}, ${drift}, 'medium', ${scope.appointmentId}, ${event.uid}, ${event.eventTypeId},
               ${json(tx, facts)}, ${json(tx, event)}, ${`after_close:${scope.appointmentId}:${drift}`})
             ON CONFLICT DO NOTHING`,
    ]);
  });
}

/** A command for a lifecycle that has ended: the appointment is over. */
export async function refuseAfterClose(
  db: Database,
  command: { id: string; companyId: string; appointmentId: string },
): Promise<void> {
  await inTenant(db, command.companyId, async (tx) => {
    await tx`DELETE FROM busy_intervals WHERE command_id = ${command.id}`;
    await settleCommand(
      tx,
      { ...command, commandId: command.id },
      { result: "refused", problem: "not-changeable" },
      null,
    );
  });
}
