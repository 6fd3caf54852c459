import type { NextStep, NotOkCode, OkCode } from "../../api/voice/answer.js";
import type { VoiceTool } from "../../domain/voice/tools.js";
import type { FaultInput, WebhookRuleInput } from "../calcom-simulator/settings.js";

/**
 * A whole call as data: who calls, what is said, which tool the agent uses, what goes wrong in Cal.com meanwhile,
 * and what must be true when all have hung up.
 *
 * In sentences and arguments `{wish}` is the time of that name as people say it ("Donnerstag, dem dritten Dezember,
 * um zehn Uhr"), `{offer}`, `{offer2}` are the offers of the last `find_slots` that the same caller heard,
 * `{ref}` the first appointment of the last list, `{number}` the caller's own number in digits, `{past2023}` a day
 * that has just been, as a model writes it that believes in the year 2023.
 */
export interface Play {
  /** For the command line: `npm run call -- t1`. */
  name: string;
  title: string;
  /** Of salon-gateway 13.2, which this play meets. */
  faults?: readonly number[];
  times: Readonly<Record<string, TimeWanted>>;
  lines: readonly Line[];
  ends: Ending;
}

/** A free time, chosen when the play begins: the service fits, the person works, the chair is free in Cal.com. */
export interface TimeWanted {
  staff: StaffSlug;
  service: string;
  /** The first day that is looked at, from today. */
  daysAhead: number;
  /** Local minute of the day from which on it may start. */
  notBefore?: number;
  /** On the day of that other time, and after it. */
  sameDayAs?: string;
}

export type StaffSlug = "emma" | "fabian" | "sarah" | "david" | "michael";
export type Role = string;
export type Code = OkCode | NotOkCode;

export type Line =
  | { does: "ring"; as: Role; anonymous: boolean; to: string }
  | { does: "own"; as: Role; at: string }
  | { does: "say"; as: Role; text: string }
  | ({ does: "use" } & ToolUse)
  /** The platform sends its last request once more: the same answer, nothing happens. */
  | { does: "repeat"; as: Role }
  /** In the same moment; how often each code must be answered. */
  | { does: "together"; uses: readonly ToolUse[]; codes: Readonly<Partial<Record<Code, number>>> }
  | { does: "hang-up"; as: Role }
  | { does: "calcom"; what: string; act: CalcomAct }
  /** Until nothing of the caller's appointments is pending any more. */
  | { does: "settle"; as: Role }
  /** Until the caller's appointment waits for a person. */
  | { does: "review"; as: Role }
  | { does: "hold-ends" }
  | { does: "kill-worker" };

export interface ToolUse {
  as: Role;
  /** A name that is no tool of ours is something that agents do, too. */
  tool: VoiceTool | (string & {});
  args: Readonly<Record<string, unknown>>;
  /** One of these. */
  codes: readonly Code[];
  next?: NextStep;
  /** Names of times that must, or must not, be among the offers. */
  offers?: readonly string[];
  offersNot?: readonly string[];
  /** What the answer must say, and what it must not. */
  says?: RegExp;
  saysNot?: RegExp;
  /** Milliseconds that the whole request may take; left out, the tool's own deadline and the network. */
  withinMs?: number;
}

export type CalcomAct =
  /** `at`: at the event type of that time only. */
  | { kind: "fault"; fault: FaultInput; at: string }
  | { kind: "lift" }
  /** A person books that time over the counter, with a name of his own. */
  | { kind: "book"; at: string; silently?: boolean }
  /** A person moves or cancels what stands at that time for the caller. */
  | { kind: "move"; from: string; to: string; silently?: boolean }
  | { kind: "cancel"; at: string; silently?: boolean }
  | { kind: "webhooks"; rule: WebhookRuleInput }
  /** In the order opposite to that in which they were held back. */
  | { kind: "release-reversed" }
  /** Somebody deletes the event type of that time, and makes it again. */
  | { kind: "delete-type"; at: string }
  | { kind: "restore-type" };

/** What must be true in the end, in Cal.com, in our rows and in the workflows alike. */
export interface Ending {
  /** Per caller the times at which an appointment stands; callers that are not named have none. */
  standing: Readonly<Record<Role, readonly string[]>>;
  /** Open callbacks that the calls have left. */
  callbacks?: number;
  /** Of FR-3, above what was there before. */
  moveOffers?: { offered: number; accepted: number; declined: number };
  /** Which of these the branch has been told. */
  branchTold?: readonly ("appointment.moved" | "appointment.cancelled")[];
}

export const ZENTRALE = "+493033081738";
export const ZWEIGSTELLE = "+493033081739";
/** Who calls where the play has one caller only. */
export const CALLER: Role = "caller";

export const ring = (as: Role = CALLER, options: { anonymous?: boolean; to?: string } = {}): Line => ({
  does: "ring",
  as,
  anonymous: options.anonymous ?? false,
  to: options.to ?? ZENTRALE,
});

/** The caller has an appointment already, made at the counter. */
export const has = (at: string, as: Role = CALLER): Line => ({ does: "own", as, at });
export const says = (text: string, as: Role = CALLER): Line => ({ does: "say", as, text });
export const hangsUp = (as: Role = CALLER): Line => ({ does: "hang-up", as });
export const settled = (as: Role = CALLER): Line => ({ does: "settle", as });
export const inCalcom = (what: string, act: CalcomAct): Line => ({ does: "calcom", what, act });
export const fault = (what: string, given: FaultInput, at = "wish"): Line =>
  inCalcom(what, { kind: "fault", fault: given, at });
export const repeats = (as: Role = CALLER): Line => ({ does: "repeat", as });

type Use = Partial<Omit<ToolUse, "tool" | "args" | "codes">>;

export const use = (
  tool: ToolUse["tool"],
  args: ToolUse["args"],
  codes: Code | readonly Code[],
  more: Use = {},
): { does: "use" } & ToolUse => ({
  does: "use",
  as: CALLER,
  tool,
  args,
  codes: typeof codes === "string" ? [codes] : codes,
  ...more,
});

/** The three steps in which every plain booking is made: search, read back, yes. */
export function books(at: string, options: Booking): readonly Line[] {
  const { service, staff, name, as = CALLER, codes = ["BOOKED"], phone } = options;
  const person = { customer_name: name, ...(phone === undefined ? {} : { customer_phone: phone }) };
  return [
    says(`Ich hätte gern einen Termin für ${service} bei ${staff}, am {${at}}.`, as),
    use("find_slots", { services: [service], staff, when_text: `am {${at}}` }, "OFFERS", {
      as,
      next: "confirm",
      offers: [at],
    }),
    says(`Ja, gern. Mein Name ist ${name}.`, as),
    use("book_appointment", { offer_id: "{offer}", ...person }, "CONFIRM", { as, next: "confirm" }),
    ...(options.before ?? []),
    says("Ja, genau.", as),
    use("book_appointment", { offer_id: "{offer}", ...person, caller_confirmed: true }, codes, { as }),
  ];
}

export interface Booking {
  /** As the caller says it. */
  service: string;
  staff: string;
  name: string;
  phone?: string;
  as?: Role;
  /** What may be answered to the yes. */
  codes?: readonly Code[];
  /** What happens between the question and the yes. */
  before?: readonly Line[];
}
