import { z } from "zod";
import { PARTS_OF_DAY, type PartOfDay } from "../../domain/german-time/reading.js";
import { givenBoolean, givenOne, givenTexts } from "../../domain/voice/given.js";
import { storable } from "../../domain/voice/storable.js";
import type { VoiceTool } from "../../domain/voice/tools.js";

const text = (description: string) => z.string().describe(description);

/**
 * What a model is told of each tool's arguments (voice-agents 3.2). It is never believed: `readArguments` takes
 * whatever comes, and what is missing is asked for.
 */
export const ARGUMENTS = {
  find_slots: z.object({
    services: z
      .array(text("Ein Leistungswunsch in den Worten des Anrufers"))
      .describe(
        'Die gewünschte Leistung, wörtlich wie gesagt, z. B. ["Herrenhaarschnitt"]. Nichts erfinden.',
      ),
    staff: text("Name der gewünschten Person, wörtlich; weglassen, wenn es egal ist").optional(),
    date: text("Datum YYYY-MM-DD, wenn ein Tag genannt wurde").optional(),
    time: text("Uhrzeit HH:MM (24 Stunden), wenn eine genannt wurde").optional(),
    part_of_day: z.enum(PARTS_OF_DAY).describe("Tageszeit, wenn nur diese genannt wurde").optional(),
    when_text: text(
      "Der Zeitwunsch wörtlich auf Deutsch, z. B. „nächste Woche Dienstag gegen halb vier“. Immer angeben, sobald der Anrufer etwas zur Zeit sagt.",
    ).optional(),
  }),
  book_appointment: z.object({
    offer_id: text("offer_id eines Angebots aus find_slots in diesem Gespräch"),
    customer_name: text("Vor- und Nachname, auf den gebucht wird"),
    customer_phone: text("Nur, wenn der Anrufer eine Nummer nennt: wörtlich oder in Ziffern").optional(),
    notes: text("Was der Anrufer dem Salon mitteilen möchte; keine Gesundheitsangaben").optional(),
    caller_confirmed: z
      .boolean()
      .describe("true nur, wenn der Anrufer Leistung, Tag und Uhrzeit ausdrücklich bestätigt hat")
      .optional(),
  }),
  list_my_appointments: z.object({
    customer_name: text("Name, falls genannt").optional(),
  }),
  reschedule_appointment: z.object({
    appointment_ref: text("appointment_ref aus list_my_appointments"),
    offer_id: text("offer_id der neuen Zeit aus find_slots"),
    caller_confirmed: z
      .boolean()
      .describe("true nur, wenn der Anrufer den Wechsel ausdrücklich bestätigt hat")
      .optional(),
    reason: text("Grund, falls genannt").optional(),
  }),
  cancel_appointment: z.object({
    appointment_ref: text("appointment_ref aus list_my_appointments"),
    caller_confirmed: z
      .boolean()
      .describe(
        "true nur, wenn der Anrufer die Absage ausdrücklich bestätigt hat, nachdem das Verschieben angeboten wurde",
      )
      .optional(),
    reason: text("Grund, falls genannt").optional(),
  }),
  request_callback: z.object({
    topic: text("Worum es geht, in einem Satz"),
    customer_name: text("Name, falls genannt").optional(),
    phone: text("Rückrufnummer, nur wenn der Anrufer eine nennt").optional(),
    best_time: text("Wann ein Rückruf passt, in den Worten des Anrufers").optional(),
  }),
  list_services: z.object({}),
} as const satisfies Record<VoiceTool, z.ZodObject>;

/** Arguments as they can be used: `null` is "not said". */
export interface ToolArguments {
  services: string[];
  staff: string | null;
  date: string | null;
  time: string | null;
  partOfDay: PartOfDay | null;
  whenText: string | null;
  offerId: string | null;
  appointmentRef: string | null;
  customerName: string | null;
  customerPhone: string | null;
  notes: string | null;
  /** Absent is "not asked yet", never "no" (salon-gateway 11.35). */
  confirmed: boolean;
  reason: string | null;
  topic: string | null;
  bestTime: string | null;
}

const LONGEST = 500;

/**
 * Reads whatever an agent passed: unknown arguments are dropped, empty strings and the words that models use for
 * nothing are nothing, a single service may stand where a list belongs and a list or an object where a single text does.
 */
export function readArguments(given: unknown): ToolArguments {
  const args = asRecord(given);
  const one = (name: string) => cut(givenOne(args[name]));
  return {
    services: givenTexts(args.services ?? args.service ?? [])
      .slice(0, 10)
      .map((service) => service.slice(0, LONGEST)),
    staff: one("staff"),
    date: one("date"),
    time: one("time"),
    partOfDay: partOfDay(one("part_of_day")),
    whenText: one("when_text"),
    offerId: one("offer_id"),
    appointmentRef: one("appointment_ref"),
    customerName: one("customer_name"),
    customerPhone: one("customer_phone") ?? one("phone"),
    notes: one("notes"),
    confirmed: givenBoolean(args.caller_confirmed) === true,
    reason: one("reason"),
    topic: one("topic"),
    bestTime: one("best_time"),
  };
}

function asRecord(given: unknown): Record<string, unknown> {
  if (typeof given === "string") {
    try {
      return asRecord(JSON.parse(given));
    } catch {
      return {};
    }
  }
  return typeof given === "object" && given !== null && !Array.isArray(given) ? { ...given } : {};
}

function cut(value: string | null): string | null {
  return value === null ? null : value.slice(0, LONGEST);
}

function partOfDay(value: string | null): PartOfDay | null {
  const said = value?.toLowerCase().replace("frueh", "früh").replace("spaet", "spät") ?? "";
  const exact = PARTS_OF_DAY.find((part) => part === said);
  return exact ?? PARTS_OF_DAY.find((part) => said === `${part}s` || `${said}s` === part) ?? null;
}

/** Said by or about a person: not for the ledger. */
const PERSONAL = new Set([
  "customer_name",
  "customer_phone",
  "phone",
  "notes",
  "reason",
  "topic",
  "best_time",
  "name",
  "email",
]);
/** Small closed values and references: as they came, for whoever looks into a call. */
const PLAIN = new Set([
  "services",
  "service",
  "staff",
  "date",
  "time",
  "part_of_day",
  "when_text",
  "offer_id",
  "appointment_ref",
  "caller_confirmed",
]);

/**
 * The arguments as the ledger keeps them: what may be personal is replaced by its length, what nobody knows by its
 * kind; digits that look like a number of a phone are masked wherever they stand.
 */
export function maskedArguments(given: unknown): Record<string, unknown> {
  const args = asRecord(given);
  return Object.fromEntries(
    Object.entries(args)
      .slice(0, 30)
      .map(([name, value]) => [storable(name.slice(0, 40)), maskedValue(name, value)]),
  );
}

function maskedValue(name: string, value: unknown): unknown {
  if (PLAIN.has(name)) return masked(value);
  if (PERSONAL.has(name)) return typeof value === "string" ? `[${value.length} characters]` : "[masked]";
  return `[${typeof value}]`;
}

const NUMBER_LIKE = /\+?\d(?:[\s/().-]?\d){6,}/g;
const ADDRESS_LIKE = /\S+@\S+/g;
/** Whoever says a name beside the wish says it behind one of these. */
const NAMED_SELF = /\b(name ist|ich hei(?:ß|ss)e|ich bin|hier (?:ist|spricht)|auf (?:den )?namen?)\s+.*$/iu;

function masked(value: unknown): unknown {
  if (typeof value === "string") {
    // Dates and times are not numbers of a phone.
    if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return value;
    const plain = value
      .slice(0, 200)
      .replace(NAMED_SELF, "$1 [name]")
      .replace(ADDRESS_LIKE, "[address]")
      .replace(NUMBER_LIKE, "[number]");
    return storable(plain);
  }
  if (Array.isArray(value)) return value.slice(0, 10).map(masked);
  return typeof value === "boolean" || typeof value === "number" || value === null
    ? value
    : `[${typeof value}]`;
}
