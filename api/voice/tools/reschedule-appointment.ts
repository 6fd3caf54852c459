import { inTenant } from "../../../db/client.js";
import type { OfferRow } from "../../../db/voice/offers.js";
import type { OwnAppointment } from "../../../db/voice/own-appointments.js";
import { decideMoveOffer } from "../../../db/voice/reschedule-offers.js";
import type { SpokenAppointment } from "../../../domain/speech/said.js";
import {
  type ChangeSubject,
  keepRefusal,
  moveToOffer,
  type Result,
  readOwnChange,
  repeatedChange,
} from "../../booking/offered.js";
import { done, refused, type ToolAnswer } from "../answer.js";
import {
  chosenAppointment,
  identify,
  notIdentified,
  spokenAppointment,
  whichAppointment,
} from "../identity.js";
import type { ToolContext } from "../invocation.js";
import { offerOfCall, spokenOffer } from "./book-appointment.js";
import { refusedByRules, takenInstead } from "./outcome.js";

/** `reschedule_appointment`: identity, then policy, then the offer, then a yes. */
export async function rescheduleAppointment(context: ToolContext): Promise<ToolAnswer> {
  const { deps, companyId, args, call } = context;
  const { say } = deps;
  const identity = await identify(context);
  if (identity.kind !== "known") return notIdentified(context, identity);
  const chosen = chosenAppointment(context, identity.appointments);
  const offer = await offerOfCall(context);
  if (chosen.kind === "none")
    return done("NO_APPOINTMENTS", say.noAppointments(), "ask_service", { appointments: [] });
  if (chosen.kind === "which") return whichAppointment(context, identity.appointments);
  const { appointment } = chosen;

  if (offer) {
    const before = await repeatedChange(
      deps,
      { companyId, callId: call.id, appointmentId: appointment.id, deadline: context.deadline },
      { kind: "reschedule", offerId: offer.id },
    );
    if (before) return await answerOf(context, { appointment, offer, subject: null }, before);
  }
  const subject = await readOwnChange(deps, companyId, appointment.id, "reschedule");
  if (!subject) return whichAppointment(context, identity.appointments);
  const { decided } = subject;
  if (!decided.allowed) {
    await keepRefusal(deps, companyId, appointment.id, "reschedule", decided);
    return refusedByRules(
      context,
      { result: "refused", problem: decided.refusal.problem, refusal: decided.refusal },
      "reschedule",
    );
  }
  if (!offer) {
    if (args.offerId === null) return refused("NEEDS_DATE", say.needsDate(), "ask_date");
    return refused("OFFER_EXPIRED", say.offerExpired({ now: context.now, offers: [] }), "ask_date");
  }
  if (offer.serviceId !== appointment.serviceId) return refused("INVALID", say.otherService(), "ask_date");
  if (offer.state !== "open" || offer.expired)
    return refused("OFFER_EXPIRED", say.offerExpired({ now: context.now, offers: [] }), "ask_date");
  if (!args.confirmed) {
    return done(
      "CONFIRM",
      say.confirmReschedule({
        now: context.now,
        service: appointment.serviceName,
        from: spokenAppointment(context, appointment),
        to: spokenOffer(context, offer),
        feeCents: decided.feeCents,
      }),
      "confirm",
    );
  }
  const result = await moveToOffer(deps, {
    companyId,
    callId: call.id,
    appointmentId: appointment.id,
    offer,
    subject,
    reason: args.reason,
    deadline: context.deadline,
    accepted: () => context.ifLate(noted(context, offer, appointment.id)),
  });
  if (result.result === "done" || result.result === "pending") {
    await inTenant(deps.db, companyId, (tx) => decideMoveOffer(tx, call.id, appointment.id, "accepted"));
  }
  return await answerOf(context, { appointment, offer, subject }, result);
}

interface Move {
  appointment: OwnAppointment;
  offer: OfferRow;
  /** `null`: asked for before in this call, when the appointment may stand at its new time already. */
  subject: ChangeSubject | null;
}

async function answerOf(context: ToolContext, move: Move, result: Result): Promise<ToolAnswer> {
  const { say } = context.deps;
  const { appointment, offer, subject } = move;
  const to = spokenOffer(context, offer);
  switch (result.result) {
    case "done":
      return done(
        "RESCHEDULED",
        say.rescheduled({
          now: context.now,
          from: subject ? spokenAppointment(context, appointment) : before(context, appointment),
          to,
          feeCents: subject?.decided.allowed ? subject.decided.feeCents : 0,
        }),
        "end",
        { appointment_id: result.appointmentId },
      );
    case "pending":
      return noted(context, offer, appointment.id);
    case "taken":
      return await takenInstead(context, offer, {
        appointmentId: appointment.id,
        phases: subject?.phases ?? [],
      });
    case "expired":
      return refused("OFFER_EXPIRED", say.offerExpired({ now: context.now, offers: [] }), "ask_date");
    case "refused":
      return refusedByRules(context, result, "reschedule");
  }
}

function noted(context: ToolContext, offer: OfferRow, appointmentId: string): ToolAnswer {
  const say = context.deps.say.pending({
    now: context.now,
    change: "reschedule",
    appointment: spokenOffer(context, offer),
    confirmationBy: null,
  });
  return done("PENDING", say, "end", { appointment_id: appointmentId });
}

/** Where it stood before the move that is asked for once more. */
function before(context: ToolContext, appointment: OwnAppointment): SpokenAppointment {
  return {
    ...spokenAppointment(context, appointment),
    start: appointment.previousStart ?? appointment.startAt,
  };
}
