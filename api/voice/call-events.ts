import { requestCallbackWithin } from "../../db/callback/request.js";
import { inTenant } from "../../db/client.js";
import { raiseAlert } from "../../db/operations/alerts.js";
import {
  type CallEnd,
  type CallOrigin,
  hasBookedSomething,
  noteCallAnalysis,
  noteCallEnd,
  openCall,
} from "../../db/voice/call.js";
import { releaseOffers } from "../../db/voice/offers.js";
import type { CallRecord } from "../../domain/voice/claimed-booking.js";
import { claimsBooking } from "../../domain/voice/claimed-booking.js";
import type { VoiceDeps } from "./invocation.js";

type Deps = Pick<VoiceDeps, "db">;

/** Events come repeated and in any order (voice-agents 1.7): each adds what it knows and takes nothing back. */
export async function callStarted(deps: Deps, origin: CallOrigin): Promise<void> {
  await inTenant(deps.db, origin.companyId, (tx) => openCall(tx, origin));
}

/** Nobody decides any more: what was held for the call is free. */
export async function callEnded(deps: Deps, origin: CallOrigin, end: CallEnd): Promise<void> {
  await inTenant(deps.db, origin.companyId, async (tx) => {
    const call = await openCall(tx, origin);
    await noteCallEnd(tx, call.id, end);
    await releaseOffers(tx, call.id);
  });
}

/**
 * The platform has analysed the call. Who hung up believing in an appointment that does not exist is called back,
 * and somebody hears of it (salon-gateway I-10).
 */
export async function callAnalyzed(deps: Deps, origin: CallOrigin, record: CallRecord): Promise<void> {
  const { companyId, providerCallId } = origin;
  const claims = claimsBooking(record);
  await inTenant(deps.db, companyId, async (tx) => {
    const call = await openCall(tx, origin);
    await noteCallAnalysis(tx, call.id, claims);
    if (!claims || (await hasBookedSomething(tx, call.id))) return;
    await raiseAlert(tx, {
      companyId,
      type: "voice.claimed_booking_missing",
      data: { callId: providerCallId },
      dedupeKey: `voice.claimed_booking_missing:${call.id}`,
      branchId: call.branchId,
    });
    await requestCallbackWithin(tx, {
      companyId,
      callId: call.id,
      branchId: call.branchId,
      priority: "urgent",
      reason: "claimed_booking_missing",
      topic: "Im Gespräch wurde ein Termin zugesagt, der nicht gebucht ist",
      occasion: `call:${call.id}:claimed_booking_missing`,
    });
  });
}
