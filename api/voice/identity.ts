import { Closing, inTenant, type Sendable, type Transaction } from "../../db/client.js";
import { customerOfNumber, type OwnAppointment, ownAppointments } from "../../db/voice/own-appointments.js";
import { CALLBACK_WITHIN_MS } from "../../domain/callback/promise.js";
import { appointmentLabel } from "../../domain/speech/label.js";
import type { OwnSpokenAppointment, SpokenAppointment } from "../../domain/speech/said.js";
import { spokenServiceName } from "../../domain/speech/service-name.js";
import { isoInZone } from "../../domain/time/instant.js";
import { calledName } from "../../domain/voice/staff-match.js";
import { type AppointmentRefView, refused, type ToolAnswer } from "./answer.js";
import type { ToolContext } from "./invocation.js";
import { appointmentRef } from "./references.js";

/** Who calls, by the number that the platform saw and nothing else (voice-agents 3.6). */
export type Identity =
  | { kind: "known"; appointments: OwnAppointment[] }
  /** A number that this tenant does not know. */
  | { kind: "unmatched" }
  /** Withheld. */
  | { kind: "anonymous" };

export async function identify(context: ToolContext): Promise<Identity> {
  const { companyId, deps } = context;
  if (context.callerPhone === null) return { kind: "anonymous" };
  return await inTenant(deps.db, companyId, async (tx) => {
    const { statements, read } = identifying(tx, context);
    return Closing.reading(statements, read);
  });
}

/** What is asked of the rows to know who calls, to be sent with what else a tool asks. */
export function identifying(
  tx: Transaction,
  context: ToolContext,
): { statements: Sendable[]; read: () => Promise<Identity> } {
  const { callerPhone } = context;
  if (callerPhone === null) return { statements: [], read: () => Promise.resolve({ kind: "anonymous" }) };
  const customer = customerOfNumber(tx, callerPhone);
  const own = ownAppointments(tx, callerPhone);
  return {
    statements: [customer, own],
    read: async () => {
      const appointments = [...(await own)];
      const known = appointments.length > 0 || (await customer).length > 0;
      return known ? { kind: "known", appointments } : { kind: "unmatched" };
    },
  };
}

/** What somebody hears who may not see, move or cancel anything: nothing that is stored, and a way on. */
export function notIdentified(
  context: ToolContext,
  identity: Identity & { kind: "anonymous" | "unmatched" },
): ToolAnswer {
  const say = context.deps.say.notIdentified({
    anonymous: identity.kind === "anonymous",
    callbackMinutes: CALLBACK_WITHIN_MS.high / 60_000,
  });
  return refused("NOT_IDENTIFIED", say, "offer_callback");
}

export function spokenAppointment(context: ToolContext, appointment: OwnAppointment): SpokenAppointment {
  const { staff, services } = context.catalogue;
  const service = services.find((candidate) => candidate.id === appointment.serviceId);
  const member = staff.find((candidate) => candidate.id === appointment.staffId);
  return {
    start: appointment.startAt,
    zone: appointment.timeZone,
    staff: member ? calledName(member, staff) : appointment.staffName,
    service: service ? spokenServiceName(service) : appointment.serviceName,
  };
}

/** Likewise, and whether it stands or something of it is only noted (salon-gateway I-10). */
export function ownSpokenAppointment(
  context: ToolContext,
  appointment: OwnAppointment,
): OwnSpokenAppointment {
  return { ...spokenAppointment(context, appointment), state: stateOf(appointment) };
}

function stateOf({ status, pendingChange }: OwnAppointment): OwnSpokenAppointment["state"] {
  if (pendingChange === "cancel") return "cancel_noted";
  if (status === "pending") return "noted";
  return pendingChange === "reschedule" ? "move_noted" : "stands";
}

export function refView(context: ToolContext, appointment: OwnAppointment): AppointmentRefView {
  return {
    appointment_ref: appointmentRef(context.call.id, appointment.id),
    start: isoInZone(appointment.startAt, appointment.timeZone),
    service: appointment.serviceName,
    staff: appointment.staffName,
    label: appointmentLabel(spokenAppointment(context, appointment)),
  };
}

export type Chosen =
  | { kind: "one"; appointment: OwnAppointment }
  /** More than one, or none of that name: which? */
  | { kind: "which" }
  | { kind: "none" };

/** The appointment that is meant: by its reference, or the only one. */
export function chosenAppointment(context: ToolContext, appointments: readonly OwnAppointment[]): Chosen {
  const ref = context.args.appointmentRef?.toLowerCase() ?? null;
  const named = appointments.find((one) => appointmentRef(context.call.id, one.id) === ref);
  if (named) return { kind: "one", appointment: named };
  const [only] = appointments;
  if (!only) return { kind: "none" };
  return ref === null && appointments.length === 1 ? { kind: "one", appointment: only } : { kind: "which" };
}

/** So many are named to the agent; three of them are spoken (voice-agents 3.2), the others may be asked for. */
const LISTED = 10;

/** The caller's appointments as an answer carries them. */
export function refViews(
  context: ToolContext,
  appointments: readonly OwnAppointment[],
): AppointmentRefView[] {
  return appointments.slice(0, LISTED).map((one) => refView(context, one));
}

export function whichAppointment(context: ToolContext, appointments: readonly OwnAppointment[]): ToolAnswer {
  const say = context.deps.say.whichAppointment({
    now: context.now,
    appointments: appointments.map((one) => spokenAppointment(context, one)),
  });
  return refused("WHICH_APPOINTMENT", say, "ask_which", { appointments: refViews(context, appointments) });
}
