import { DateTime } from "luxon";
import { inTenantUnsynced } from "../../db/client.js";
import { type CallOrigin, openCall } from "../../db/voice/call.js";
import { type KnownCaller, knownCaller } from "../../db/voice/own-appointments.js";
import { isClosedDay } from "../../domain/availability/holidays.js";
import { spokenServiceName } from "../../domain/speech/service-name.js";
import type { Branch, Catalogue } from "../../domain/tenant/catalogue.js";
import { WEEKDAYS } from "../../domain/tenant/catalogue.js";
import { firstNameOf } from "../../domain/voice/person-name.js";
import { calledName } from "../../domain/voice/staff-match.js";
import type { VoiceDeps } from "./invocation.js";
import { bookableServices } from "./tools/wish.js";

/** What a call begins with. Retell takes strings only; one that is missing would be read out as its own name. */
export type DynamicVariables = Record<string, string>;

/** How far availability is fetched ahead for a call that begins. */
const WARM_DAYS = 14;
/** From here on the usual service is offered, as a question (salon-gateway 13.3). */
const USUAL_SHARE = 0.8;

/**
 * A call begins: who is called, who calls, and what day it is. Postgres and this process only: the caller hears
 * ringing meanwhile. What will be asked of Cal.com is fetched behind the caller's back.
 *
 * @returns `null`: the branch takes no calls of this number
 */
export async function beginCall(deps: VoiceDeps, origin: CallOrigin): Promise<DynamicVariables | null> {
  const { companyId, branchId, callerPhone } = origin;
  const catalogue = await deps.directory.catalogue(companyId);
  if (isRejected(catalogue.branches.find(({ id }) => id === branchId) ?? null, callerPhone)) return null;
  const known = await inTenantUnsynced(deps.db, companyId, async (tx) => {
    const call = await openCall(tx, origin);
    const caller = callerPhone === null ? null : await knownCaller(tx, callerPhone);
    if (caller) await tx`UPDATE calls SET customer_id = ${caller.customerId} WHERE id = ${call.id}`;
    return caller;
  });
  void deps.availability.warm(companyId, branchId, WARM_DAYS);
  const called = catalogue.branches.find((candidate) => candidate.id === branchId) ?? null;
  return variables(deps, catalogue, called, known, new Date());
}

/** Whether the branch takes no calls of this number (voice-agents 3.6). */
export function isRejected(branch: Branch | null, callerPhone: string | null): boolean {
  return branch !== null && callerPhone !== null && branch.rejectNumbers.includes(callerPhone);
}

function variables(
  deps: VoiceDeps,
  catalogue: Catalogue,
  called: Branch | null,
  known: KnownCaller | null,
  now: Date,
): DynamicVariables {
  const { company } = catalogue;
  const branch = called ?? catalogue.branches[0] ?? null;
  // The same that list_services names: what cannot be booked here must not be promised.
  const services = bookableServices(catalogue, called ? [called] : catalogue.branches);
  const zone = branch?.timeZone ?? company.timeZone;
  const today = DateTime.fromJSDate(now, { zone }).setLocale("de");
  const usualService =
    known && known.usualShare >= USUAL_SHARE
      ? services.find((service) => service.id === known.usualServiceId)
      : undefined;
  const usual = usualService ? spokenServiceName(usualService) : null;
  const firstName = known ? (firstNameOf(known.name) ?? "") : "";
  return {
    salon_name: company.name,
    branch_name: branch?.name ?? company.name,
    greeting: known
      ? deps.say.greetingKnown({ salon: company.name, name: firstName, usualService: usual })
      : deps.say.greeting({ salon: company.name }),
    known_customer: known ? "true" : "false",
    customer_first_name: firstName,
    usual_service: usual ?? "",
    current_date: today.toISODate() ?? "",
    current_time: today.toFormat("HH:mm"),
    current_weekday: today.toFormat("cccc"),
    heute_datum: today.toFormat("dd.MM.yyyy"),
    morgen: today.plus({ days: 1 }).toFormat("cccc, dd.MM.yyyy"),
    uebermorgen: today.plus({ days: 2 }).toFormat("cccc, dd.MM.yyyy"),
    naechster_montag: today.plus({ days: (8 - today.weekday) % 7 || 7 }).toFormat("dd.MM.yyyy"),
    opening_hours: branch ? weekInWords(branch) : "",
    open_today: branch ? dayInWords(branch, today) : "",
    services: services.map(spokenServiceName).join(", "),
    staff: catalogue.staff
      .filter((member) => branch === null || member.branchIds.includes(branch.id))
      .map((member) => calledName(member, catalogue.staff))
      .join(", "),
  };
}

const DAYS = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"] as const;

function weekInWords(branch: Branch): string {
  return WEEKDAYS.map((day, index) => {
    const spans = branch.openingHours[day] ?? [];
    return `${DAYS[index]}: ${spans.length === 0 ? "geschlossen" : spans.join(" und ")}`;
  }).join("; ");
}

function dayInWords(branch: Branch, day: DateTime): string {
  const spans = branch.openingHours[WEEKDAYS[day.weekday - 1] ?? "mon"] ?? [];
  const closed = spans.length === 0 || isClosedDay(branch, day.toISODate() ?? "");
  return closed ? "heute geschlossen" : `heute ${spans.join(" und ")}`;
}
