import { done, type ToolAnswer } from "../answer.js";
import { identify, LISTED, notIdentified, refView, spokenAppointment } from "../identity.js";
import type { ToolContext } from "../invocation.js";

/** `list_my_appointments`: only for a number that this tenant knows; the next three. */
export async function listMyAppointments(context: ToolContext): Promise<ToolAnswer> {
  const { say } = context.deps;
  const identity = await identify(context);
  if (identity.kind !== "known") return notIdentified(context, identity);
  const next = identity.appointments.slice(0, LISTED);
  if (next.length === 0)
    return done("NO_APPOINTMENTS", say.noAppointments(), "ask_service", { appointments: [] });
  return done(
    "APPOINTMENTS",
    say.appointments({
      now: context.now,
      appointments: next.map((appointment) => spokenAppointment(context, appointment)),
    }),
    next.length === 1 ? "ask_choice" : "ask_which",
    { appointments: next.map((appointment) => refView(context, appointment)) },
  );
}
