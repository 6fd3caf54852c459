import { DateTime } from "luxon";
import type { CallbackPriority } from "../callback/promise.js";

/** What is mailed to the people of a branch; everything else goes to whoever watches the installation. */
export const SALON_ALERTS = [
  "callback.requested",
  "callback.overdue",
  "appointment.moved",
  "appointment.cancelled",
  "voice.claimed_booking_missing",
] as const;
export type SalonAlert = (typeof SALON_ALERTS)[number];

export function isSalonAlert(type: string): type is SalonAlert {
  return SALON_ALERTS.some((known) => known === type);
}

/** As its rows say when the mail is written; personal, and therefore nowhere but in the mail. */
export interface SalonFacts {
  branchName: string | null;
  /** IANA; of the branch, else of the company. */
  timeZone: string;
  callback: {
    priority: CallbackPriority;
    reason: string;
    topic: string;
    name: string | null;
    phone: string | null;
    bestTime: string | null;
    note: string | null;
    dueAt: Date;
  } | null;
  appointment: {
    customerName: string;
    customerPhone: string | null;
    serviceName: string;
    staffName: string | null;
    start: Date;
    /** Before a move. */
    previousStart: Date | null;
    /** The caller was offered another time first and declined it (FR-3). */
    moveDeclined: boolean;
  } | null;
  call: { phone: string | null; name: string | null; startedAt: Date } | null;
}

export interface Mail {
  /** Nothing personal: subjects are shown on locked screens and written into logs of mail servers. */
  subject: string;
  text: string;
}

/**
 * The words for the salon, in formal German; times are the branch's.
 *
 * @returns `null` when the rows that it would speak of are gone
 */
export function salonMail(type: SalonAlert, facts: SalonFacts): Mail | null {
  const place = facts.branchName === null ? "" : ` (${facts.branchName})`;
  switch (type) {
    case "callback.requested":
    case "callback.overdue":
      return facts.callback && callbackMail(type, facts.callback, facts, place);
    case "appointment.moved":
      return facts.appointment && movedMail(facts.appointment, facts, place);
    case "appointment.cancelled":
      return facts.appointment && cancelledMail(facts.appointment, facts, place);
    case "voice.claimed_booking_missing":
      return facts.call && missingMail(facts.call, facts, place);
  }
}

const PRESSING: Readonly<Record<CallbackPriority, string>> = {
  urgent: "dringend",
  high: "bald",
  normal: "innerhalb eines Tages",
};

const WHY: Readonly<Record<string, string>> = {
  asked: "Die Person hat um einen Rückruf gebeten.",
  technical_failure: "Das Anliegen konnte am Telefon aus technischen Gründen nicht erledigt werden.",
  not_identified: "Die Person konnte am Telefon nicht sicher zugeordnet werden.",
  nothing_free: "Es wurde kein passender freier Termin gefunden.",
  policy: "Die Regeln des Salons lassen die gewünschte Änderung am Telefon nicht zu.",
  claimed_booking_missing:
    "Am Telefon wurde möglicherweise ein Termin zugesagt, der nicht eingetragen ist. Bitte prüfen Sie das mit der Person.",
  booking_failed: "Eine angenommene Buchung konnte nicht eingetragen werden.",
};

function callbackMail(
  type: "callback.requested" | "callback.overdue",
  callback: NonNullable<SalonFacts["callback"]>,
  facts: SalonFacts,
  place: string,
): Mail {
  const overdue = type === "callback.overdue";
  const due = dateAndTime(callback.dueAt, facts.timeZone);
  return {
    subject: overdue
      ? `Überfälliger Rückruf${place}`
      : `Bitte zurückrufen, ${PRESSING[callback.priority]}${place}`,
    text: letter([
      overdue
        ? `dieser Rückruf war bis ${due} zugesagt und ist noch offen.`
        : `bitte rufen Sie bis ${due} zurück.`,
      WHY[callback.reason] ?? null,
      lines([
        ["Name", callback.name ?? "nicht bekannt"],
        ["Telefon", callback.phone ?? "nicht bekannt"],
        ["Anliegen", callback.topic],
        ["Erreichbar", callback.bestTime],
        ["Notiz", callback.note],
        ["Termin", facts.appointment && appointmentLine(facts.appointment, facts.timeZone)],
      ]),
      "Wenn Sie angerufen haben, schließen Sie den Rückruf bitte ab; so lange werden Sie erinnert.",
    ]),
  };
}

function movedMail(
  appointment: NonNullable<SalonFacts["appointment"]>,
  facts: SalonFacts,
  place: string,
): Mail {
  return {
    subject: `Termin verschoben${place}`,
    text: letter([
      "ein Termin wurde verschoben.",
      lines([
        ["Name", appointment.customerName],
        ["Telefon", appointment.customerPhone],
        ["Leistung", appointment.serviceName],
        ["Bisher", appointment.previousStart && dateAndTime(appointment.previousStart, facts.timeZone)],
        ["Neu", dateAndTime(appointment.start, facts.timeZone)],
        ["Bei", appointment.staffName],
      ]),
    ]),
  };
}

function cancelledMail(
  appointment: NonNullable<SalonFacts["appointment"]>,
  facts: SalonFacts,
  place: string,
): Mail {
  return {
    subject: `Termin abgesagt${place}`,
    text: letter([
      "ein Termin wurde abgesagt und nicht neu vereinbart. Die Zeit ist wieder frei.",
      lines([
        ["Name", appointment.customerName],
        ["Telefon", appointment.customerPhone],
        ["Leistung", appointment.serviceName],
        ["Termin", dateAndTime(appointment.start, facts.timeZone)],
        ["Bei", appointment.staffName],
      ]),
      appointment.moveDeclined ? "Ein anderer Termin wurde angeboten und nicht gewünscht." : null,
    ]),
  };
}

function missingMail(call: NonNullable<SalonFacts["call"]>, facts: SalonFacts, place: string): Mail {
  return {
    subject: `Zugesagter Termin fehlt${place}`,
    text: letter([
      "in einem Anruf wurde möglicherweise ein Termin zugesagt, der nicht eingetragen ist. Bitte rufen Sie die Person zurück.",
      lines([
        ["Name", call.name ?? "nicht bekannt"],
        ["Telefon", call.phone ?? "nicht bekannt"],
        ["Anruf", dateAndTime(call.startedAt, facts.timeZone)],
      ]),
    ]),
  };
}

function appointmentLine(appointment: NonNullable<SalonFacts["appointment"]>, timeZone: string): string {
  const staff = appointment.staffName === null ? "" : ` bei ${appointment.staffName}`;
  return `${appointment.serviceName}, ${dateAndTime(appointment.start, timeZone)}${staff}`;
}

/** `Donnerstag, 3. Dezember 2026, 14:00 Uhr`. */
function dateAndTime(instant: Date, zone: string): string {
  return DateTime.fromJSDate(instant, { zone }).setLocale("de").toFormat("cccc, d. LLLL yyyy, HH:mm 'Uhr'");
}

function lines(entries: readonly (readonly [string, string | null])[]): string {
  return entries
    .flatMap(([label, value]) => (value === null || value === "" ? [] : [`${label}: ${oneLine(value)}`]))
    .join("\n");
}

/** What a caller said must not look like a line of ours. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

function letter(paragraphs: readonly (string | null)[]): string {
  const body = paragraphs.filter((paragraph) => paragraph !== null && paragraph !== "");
  return ["Guten Tag,", ...body, "Diese Nachricht wurde automatisch erstellt."].join("\n\n");
}
