import { done, type ToolAnswer } from "../answer.js";
import { identify, notIdentified, ownSpokenAppointment, refViews } from "../identity.js";
import type { ToolContext } from "../invocation.js";

/** `list_my_appointments`: only for a number that this tenant knows; how many there are, and the next three. */
export async function listMyAppointments(context: ToolContext): Promise<ToolAnswer> {
  const { say } = context.deps;
  const identity = await identify(context);
  if (identity.kind !== "known") return notIdentified(context, identity);
  const { appointments } = identity;
  if (appointments.length === 0)
    return done("NO_APPOINTMENTS", say.noAppointments(), "ask_service", { appointments: [] });
  return done(
    "APPOINTMENTS",
    say.appointments({
      now: context.now,
      appointments: appointments.map((appointment) => ownSpokenAppointment(context, appointment)),
    }),
    appointments.length === 1 ? "ask_choice" : "ask_which",
    { appointments: refViews(context, appointments) },
  );
}
