import { Closing, inTenant } from "../../../db/client.js";
import { cancelledInCall, type OwnAppointment } from "../../../db/voice/own-appointments.js";
import { decideMoveOffer, noteMoveOffered } from "../../../db/voice/reschedule-offers.js";
import { offersRescheduleFirst } from "../../../domain/policy/policy.js";
import {
  type ChangeSubject,
  cancelOwn,
  keepRefusal,
  type Result,
  readOwnChange,
  repeatedChange,
} from "../../booking/offered.js";
import { done, refused, type ToolAnswer } from "../answer.js";
import {
  chosenAppointment,
  identifying,
  notIdentified,
  spokenAppointment,
  whichAppointment,
} from "../identity.js";
import type { ToolContext } from "../invocation.js";
import { refusedByRules } from "./outcome.js";

/** `cancel_appointment`: identity, policy, the offer to move first where the tenant wants it (FR-3), then a yes. */
export async function cancelAppointment(context: ToolContext): Promise<ToolAnswer> {
  const { deps, companyId, call, args } = context;
  const { say } = deps;
  const { identity, cancelled } = await inTenant(deps.db, companyId, async (tx) => {
    const caller = identifying(tx, context);
    const before = cancelledInCall(tx, call.id);
    return Closing.reading([...caller.statements, before], async () => ({
      identity: await caller.read(),
      cancelled: [...(await before)],
    }));
  });
  if (identity.kind !== "known" && cancelled.length === 0) return notIdentified(context, identity);
  const open = (identity.kind === "known" ? identity.appointments : []).filter(
    (appointment) => !cancelled.some((other) => other.id === appointment.id),
  );

  const again = chosenAppointment(context, cancelled);
  if (again.kind === "one" && (args.appointmentRef !== null || open.length === 0)) {
    const before = await repeatedChange(
      deps,
      { companyId, callId: call.id, appointmentId: again.appointment.id, deadline: context.deadline },
      { kind: "cancel" },
    );
    if (before) return answerOf(context, again.appointment, null, before);
  }
  const chosen = chosenAppointment(context, open);
  if (chosen.kind === "none")
    return done("NO_APPOINTMENTS", say.noAppointments(), "ask_service", { appointments: [] });
  if (chosen.kind === "which") return whichAppointment(context, open);
  const { appointment } = chosen;

  const subject = await readOwnChange(deps, companyId, appointment.id, "cancel");
  if (!subject) return whichAppointment(context, open);
  const { decided } = subject;
  if (!decided.allowed) {
    await keepRefusal(deps, companyId, appointment.id, "cancel", decided);
    return refusedByRules(
      context,
      { result: "refused", problem: decided.refusal.problem, refusal: decided.refusal },
      "cancel",
    );
  }
  const spoken = { now: context.now, appointment: spokenAppointment(context, appointment) };
  const moveFirst = offersRescheduleFirst(subject.catalogue.policies, subject.appointment);
  const offeredNow =
    moveFirst &&
    !(await inTenant(deps.db, companyId, (tx) => noteMoveOffered(tx, companyId, call.id, appointment.id)));
  if (offeredNow) return done("CONFIRM", say.offerMoveFirst(spoken), "confirm");
  if (!args.confirmed) {
    return done("CONFIRM", say.confirmCancel({ ...spoken, feeCents: decided.feeCents }), "confirm");
  }
  const result = await cancelOwn(deps, {
    companyId,
    callId: call.id,
    appointmentId: appointment.id,
    subject,
    reason: args.reason,
    deadline: context.deadline,
    accepted: () => context.ifLate(noted(context, appointment)),
  });
  if (moveFirst && (result.result === "done" || result.result === "pending")) {
    await inTenant(deps.db, companyId, (tx) => decideMoveOffer(tx, call.id, appointment.id, "declined"));
  }
  return answerOf(context, appointment, subject, result);
}

function answerOf(
  context: ToolContext,
  appointment: OwnAppointment,
  subject: ChangeSubject | null,
  result: Result,
): ToolAnswer {
  const { say } = context.deps;
  const spoken = { now: context.now, appointment: spokenAppointment(context, appointment) };
  switch (result.result) {
    case "done":
      return done(
        "CANCELLED",
        say.cancelled({ ...spoken, feeCents: subject?.decided.allowed ? subject.decided.feeCents : 0 }),
        "end",
        { appointment_id: result.appointmentId },
      );
    case "pending":
      return noted(context, appointment);
    case "refused":
      return refusedByRules(context, result, "cancel");
    case "taken":
    case "expired":
      return refused("TEMPORARY", say.temporary({ callback: false }), "offer_callback");
  }
}

function noted(context: ToolContext, appointment: OwnAppointment): ToolAnswer {
  const say = context.deps.say.pending({
    now: context.now,
    appointment: spokenAppointment(context, appointment),
    change: "cancel",
    confirmationBy: null,
  });
  return done("PENDING", say, "end", { appointment_id: appointment.id });
}
