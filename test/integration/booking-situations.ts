import type { BookingView as CalcomBookingView } from "../../dev/calcom-simulator/control.js";
import type { BookingView } from "../../workflows/booking/view.js";
import type { Answer } from "../support/salon.js";
import { type Salon, until } from "../support/salon.js";

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
type Appointment = any;

/** What stands in Cal.com of an appointment of ours, straight from the primary. */
export function standing(salon: Salon, appointmentId: string): CalcomBookingView[] {
  return salon.calcom.control
    .bookings()
    .filter((booking) => isActive(booking) && booking.metadata.appointmentId === appointmentId);
}

/** Every booking that stands in Cal.com on this host's calendar at this very start. */
export function standingAt(salon: Salon, hostId: number, start: string): CalcomBookingView[] {
  return salon.calcom.control
    .bookings()
    .filter(
      (booking) =>
        isActive(booking) &&
        booking.hostIds.includes(hostId) &&
        Date.parse(booking.start) === Date.parse(start),
    );
}

function isActive(booking: CalcomBookingView): boolean {
  return booking.status === "accepted" || booking.status === "pending";
}

/** The appointment as soon as it looks as expected; fails with what it looked like last. */
export async function seen(
  salon: Salon,
  id: string,
  what: string,
  fits: (appointment: Appointment) => boolean,
  ms = 30_000,
): Promise<Appointment> {
  let last: Appointment = null;
  try {
    return await until(
      what,
      async () => {
        last = (await salon.get(`/api/v2/bookings/${id}`)).body;
        return fits(last) ? last : null;
      },
      ms,
    );
  } catch (error) {
    throw new Error(`${String(error)}; last seen ${JSON.stringify(last)}`);
  }
}

export async function timelineOf(
  salon: Salon,
  id: string,
): Promise<{ kind: string; action: string; outcome: string }[]> {
  return (await salon.get(`/api/v2/bookings/${id}/timeline`)).body.items;
}

/** All webhooks that have come in are applied: the inbox is empty of what waits or is on its way. */
export async function inboxWorkedOff(salon: Salon, ms = 30_000): Promise<void> {
  await salon.calcom.control.settle();
  await until(
    "an inbox that is worked off",
    async () => {
      const rows = await salon.admin.sql`
        SELECT 1 FROM webhook_events WHERE status IN ('waiting', 'delivered') LIMIT 1`;
      return rows.length === 0;
    },
    ms,
  );
}

export function move(salon: Salon, id: string, body: object, wait = 25): Promise<Answer> {
  return salon.post(`/api/v2/bookings/${id}/reschedule`, body, { wait });
}

export function cancel(salon: Salon, id: string, wait = 25): Promise<Answer> {
  return salon.post(`/api/v2/bookings/${id}/cancel`, {}, { wait });
}

export async function viewOf(salon: Salon, workflowId: string): Promise<BookingView> {
  return await salon.temporal.workflow.getHandle(workflowId).query<BookingView>("view");
}

/** Starts of alternatives are real: free, three at most, none of them the refused one. */
export function startsOf(answer: Answer): number[] {
  return (answer.body.alternatives ?? []).map((slot: { start: string }) => Date.parse(slot.start));
}

/** Retries that are soon through, and a window of doubt that is soon over: reviews are reached in a second. */
export const SOON_IN_REVIEW = {
  env: { RETRY_DELAYS_SECONDS: "0.05,0.1", CALCOM_TIMEOUT_SECONDS: "1", BREAKER_OPEN_SECONDS: "0.1" },
  durations: { lookupWindowMs: 600, surplusLookupsMs: [1_000, 3_000] },
};

/** As an operator sends it from the Web UI, and once more while Cal.com is not asked because it has just failed. */
export async function decide(salon: Salon, workflowId: string, decision: object): Promise<BookingView> {
  const handle = salon.temporal.workflow.getHandle(workflowId);
  const args: [object] = [{ actor: "Erika", note: "am Telefon geklärt", ...decision }];
  return await until("a decision while Cal.com may be asked", () =>
    handle.executeUpdate<BookingView, [object]>("resolveReview", { args }).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
      if (cause.includes("breaker_open")) return null;
      throw error;
    }),
  );
}

/** What the operator's dialog would show. */
export async function refusalOf(decision: Promise<unknown>): Promise<string> {
  try {
    await decision;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : null;
    return cause instanceof Error ? cause.message : String(error);
  }
  throw new Error("the decision was taken, though it should have been refused");
}

export async function underReview(salon: Salon, id: string, reason = "calcom_unreachable"): Promise<void> {
  await seen(
    salon,
    id,
    `a review for ${reason}`,
    (now) => now.sync.reviewReason === reason && now.sync.state === "manual_review",
  );
}

/** As it was before: no fault, no rule, no lag, nothing asked. */
export function anew(salon: Salon): void {
  const { control } = salon.calcom;
  control.clearFaults();
  control.clearWebhookRules();
  control.set({ replicaLagMs: 0, webhookMode: "normal", createReadsReplica: false, down: false });
  control.clearRequests();
  control.clearDeliveries();
}
