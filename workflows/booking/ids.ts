import { createHash } from "node:crypto";
import { v5 as uuidV5 } from "uuid";

// Read by the ingress and the relay only: the workflow sandbox has no crypto and is given its ids.

/** Namespace of appointment ids; it must never change, or a key would name another appointment. */
const APPOINTMENTS = "9b0c6a2e-6b1f-5f43-9d55-0a8a5a4b6f11";
const PLAIN_KEY = /^[A-Za-z0-9._-]{1,64}$/;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Born from REST: the caller's idempotency key, hashed unless it is plain (contract.md 9). */
export function apiBookingWorkflowId(companyId: string, idempotencyKey: string): string {
  const key = PLAIN_KEY.test(idempotencyKey) ? idempotencyKey : `sha256-${sha256(idempotencyKey)}`;
  return `booking:${companyId}:api:${key}`;
}

/**
 * Born in a call: what the caller wants, so that asking again is the same booking (design.md 3).
 *
 * @param again counts the times that this very wish was booked and cancelled before in the call
 */
export function voiceBookingWorkflowId(
  companyId: string,
  wish: { callId: string; serviceId: string; staffId: string; start: Date; again: number },
): string {
  const { callId, serviceId, staffId, start, again } = wish;
  const parts = [callId, serviceId, staffId, start.toISOString(), ...(again === 0 ? [] : [String(again)])];
  return `booking:${companyId}:voice:${sha256(parts.join("|"))}`;
}

/** Born in Cal.com: the first uid of the chain. */
export function calcomBookingWorkflowId(companyId: string, firstUid: string): string {
  return `booking:${companyId}:calcom:${firstUid}`;
}

/** The same workflow id always names the same appointment. */
export function appointmentIdOf(workflowId: string): string {
  return uuidV5(workflowId, APPOINTMENTS);
}
