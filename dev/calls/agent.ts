import type { AppointmentRefView, OfferView, ToolAnswer } from "../../api/voice/answer.js";
import { tokenise } from "../../domain/german-time/tokens.js";
import type { VoiceTool } from "../../domain/voice/tools.js";
import type { Call, Used } from "./telephone.js";

/** Where the agent's words and its tools are seen. */
export interface AgentAudience {
  assistant(text: string): void;
  tool(used: Used): void;
}

type Errand = "book" | "move" | "cancel";

/** What has been said so far of one errand. */
interface Wish {
  errand: Errand;
  service: string | null;
  staff: string | null;
  when: string | null;
  name: string | null;
  phone: string | null;
  offer: OfferView | null;
  appointment: AppointmentRefView | null;
}

const nothing = (errand: Errand): Wish => ({
  errand,
  service: null,
  staff: null,
  when: null,
  name: null,
  phone: null,
  offer: null,
  appointment: null,
});

const CANCEL = /\b(absag\w*|abzusagen|stornier\w*|nicht kommen)\b/iu;
const MOVE = /\b(verschieb\w*|verleg\w*|umbuch\w*|umzubuchen|ander(?:er|en|e) termin)\b/iu;
const OWN = /\b(meine[nr]? termine?|welche termine|wann (?:habe|bin|ist) ich|wann ist mein)\b/iu;
const PRICES = /\b(preis\w*|kostet|kosten|leistungen|was bieten|was machen sie)\b/iu;
const HUMAN = /(rückruf|zurückrufen|zurück rufen|\bmensch\b|mitarbeiter)/iu;
const YES =
  /^\s*(ja\b|jawohl|gern\w*|genau|richtig|passt|bitte\b|ok\b|okay|in ordnung|nehme ich|das ist richtig)/iu;
const NO = /^\s*(nein\b|nee\b|nö\b|lieber nicht|doch nicht|keine?n?\b)/iu;
const STAFF = /\bbei (?:frau |herrn? |dr\.? )*(\p{Lu}[\p{L}-]+)/u;
const ORDINALS: readonly RegExp[] = [
  /\b(erste\w*|eins|1)\b/iu,
  /\b(zweite\w*|zwei|2)\b/iu,
  /\b(dritte\w*|drei|3)\b/iu,
];

/**
 * An agent without a language model, for whoever plays the caller at a terminal: it asks what `next` says, passes
 * words on as they were typed, and says what the tools say. It understands far less than a model does, and can do
 * nothing that a model could not.
 */
export class Agent {
  #wish: Wish = nothing("book");
  #last: ToolAnswer | null = null;
  #topic = "";
  /** The last question was the agent's own. */
  #asked = false;

  constructor(
    private readonly call: Call,
    private readonly audience: AgentAudience,
  ) {}

  /** One sentence of the caller; resolves when the agent has answered. */
  async hears(text: string): Promise<void> {
    this.call.callerSays(text);
    const { next, code } = this.#last ?? { next: "end", code: null };
    if (HUMAN.test(text)) return await this.#callBack(text);
    const told = !this.#asked && (code === "SERVICES" || code === "APPOINTMENTS");
    if (next === "end" || told) return await this.#begins(text);
    if (next !== "ask_name" && next !== "confirm" && (CANCEL.test(text) || OWN.test(text))) {
      return await this.#begins(text);
    }
    await this.#goesOn(text);
  }

  async #begins(text: string): Promise<void> {
    this.#topic = text;
    if (PRICES.test(text)) return await this.#use("list_services", {});
    const changes = CANCEL.test(text) || MOVE.test(text);
    if (OWN.test(text) && !changes) return await this.#use("list_my_appointments", {});
    if (changes) {
      const known = this.#last?.appointments;
      this.#wish = nothing(CANCEL.test(text) ? "cancel" : "move");
      if (!known) await this.#use("list_my_appointments", {});
      const appointments = this.#last?.appointments ?? [];
      if (appointments.length === 1) return await this.#changes(appointments[0] ?? null);
      if (appointments.length > 1)
        this.#asks("Welchen Termin meinen Sie: den ersten, zweiten oder dritten?", "ask_which");
      return;
    }
    this.#wish = { ...nothing("book"), service: text, when: text, staff: staffIn(text) };
    await this.#finds();
  }

  /** What the caller says to what was asked last. */
  async #goesOn(text: string): Promise<void> {
    const wish = this.#wish;
    switch (this.#last?.next) {
      case "ask_service":
        wish.service = text;
        wish.staff = staffIn(text) ?? wish.staff;
        return await this.#finds();
      case "ask_date":
        wish.when = text;
        wish.offer = null;
        return await this.#finds();
      case "ask_name":
        wish.name = text.replace(/^.*\b(?:ich bin|ich heiße|mein name ist|auf den namen|auf)\s+/iu, "");
        return await this.#books(false);
      case "ask_phone":
        wish.phone = text;
        if (this.#last.code === "CALLBACK") return await this.#callBack(this.#topic);
        return await this.#books(false);
      case "ask_choice":
        return await this.#chooses(text);
      case "ask_which": {
        const chosen = ORDINALS.findIndex((ordinal) => ordinal.test(text));
        return await this.#changes(this.#last.appointments?.[Math.max(0, chosen)] ?? null);
      }
      case "offer_callback":
        if (!NO.test(text)) return await this.#callBack(this.#topic);
        return this.#asks("Gut. Kann ich sonst etwas für Sie tun?", "end");
      case "confirm":
        return await this.#decides(text);
      default:
        return await this.#begins(text);
    }
  }

  async #chooses(text: string): Promise<void> {
    const offers = this.#last?.offers ?? [];
    if (offers.length === 0) {
      this.#wish.staff = staffIn(`bei ${text}`) ?? (/egal/iu.test(text) ? null : text);
      return await this.#finds();
    }
    const chosen = chosenOffer(offers, text);
    if (chosen) return await this.#takes(chosen);
    this.#wish.when = text;
    await this.#finds();
  }

  /** Yes or no to what was read back; anything else is a new wish. */
  async #decides(text: string): Promise<void> {
    const { code, offers, say } = this.#last ?? { code: null, offers: undefined, say: "" };
    if (HUMAN.test(text) || PRICES.test(text)) return await this.#begins(text);
    const yes = YES.test(text);
    if (code === "CALLBACK") {
      if (NO.test(text)) return this.#asks("Wie lautet die richtige Nummer?", "ask_phone");
      return this.#asks("Gut. Kann ich sonst etwas für Sie tun?", "end");
    }
    if (code !== "CONFIRM") {
      const [offer] = offers ?? [];
      if (yes && offer) return await this.#takes(offer);
      if (NO.test(text)) return this.#asks("Welche andere Zeit passt Ihnen?", "ask_date");
      this.#wish.when = text;
      return await this.#finds();
    }
    const wish = this.#wish;
    if (wish.errand === "cancel" && say.includes("verschieben")) {
      if (CANCEL.test(text) || NO.test(text)) return await this.#cancels(true);
      wish.errand = "move";
      if (yes && tokenise(text).length < 4) return this.#asks("Wann passt es Ihnen besser?", "ask_date");
      wish.when = text;
      return await this.#finds();
    }
    if (yes) {
      if (wish.errand === "cancel") return await this.#cancels(true);
      return wish.errand === "move" ? await this.#moves(true) : await this.#books(true);
    }
    this.#asks("Dann lasse ich es, wie es ist. Welche andere Zeit passt Ihnen?", "ask_date");
  }

  async #changes(appointment: AppointmentRefView | null): Promise<void> {
    const wish = this.#wish;
    wish.appointment = appointment;
    if (!appointment) return this.#asks("Das habe ich leider nicht verstanden.", "end");
    wish.service = appointment.service;
    if (wish.errand === "cancel") return await this.#cancels(false);
    this.#asks("Wann passt es Ihnen besser?", "ask_date");
  }

  async #takes(offer: OfferView): Promise<void> {
    this.#wish.offer = offer;
    if (this.#wish.errand === "move") return await this.#moves(false);
    await this.#books(false);
  }

  async #finds(): Promise<void> {
    const { service, staff, when } = this.#wish;
    await this.#use("find_slots", {
      services: service === null ? [] : [service],
      ...(staff === null ? {} : { staff }),
      ...(when === null ? {} : { when_text: when }),
    });
  }

  async #books(confirmed: boolean): Promise<void> {
    const { offer, name, phone } = this.#wish;
    await this.#use("book_appointment", {
      offer_id: offer?.offer_id ?? "",
      ...(name === null ? {} : { customer_name: name }),
      ...(phone === null ? {} : { customer_phone: phone }),
      ...(confirmed ? { caller_confirmed: true } : {}),
    });
  }

  async #moves(confirmed: boolean): Promise<void> {
    const { offer, appointment } = this.#wish;
    await this.#use("reschedule_appointment", {
      appointment_ref: appointment?.appointment_ref ?? "",
      offer_id: offer?.offer_id ?? "",
      ...(confirmed ? { caller_confirmed: true } : {}),
    });
  }

  async #cancels(confirmed: boolean): Promise<void> {
    await this.#use("cancel_appointment", {
      appointment_ref: this.#wish.appointment?.appointment_ref ?? "",
      ...(confirmed ? { caller_confirmed: true } : {}),
    });
  }

  async #callBack(topic: string): Promise<void> {
    const { name, phone } = this.#wish;
    this.#topic = topic;
    await this.#use("request_callback", {
      topic,
      ...(name === null ? {} : { customer_name: name }),
      ...(phone === null ? {} : { phone }),
    });
  }

  async #use(tool: VoiceTool, args: Record<string, unknown>): Promise<void> {
    const used = await this.call.use(tool, args);
    this.#last = used.answer;
    this.#asked = false;
    this.audience.tool(used);
    this.audience.assistant(used.answer.say);
  }

  /** Words of the agent's own, where no tool has any. */
  #asks(text: string, next: ToolAnswer["next"]): void {
    this.#asked = true;
    this.call.agentSays(text);
    this.audience.assistant(text);
    if (this.#last) this.#last = { ...this.#last, next };
  }
}

function staffIn(text: string): string | null {
  return STAFF.exec(text)?.[1] ?? null;
}

/** "der zweite", "zehn Uhr", "Ja": the first. */
function chosenOffer(offers: readonly OfferView[], text: string): OfferView | null {
  const clock = /\b(\d{1,2})(?:[:.](\d{2}))?(?: uhr)?(?: (\d{2}))?\b/iu.exec(text);
  if (clock && Number(clock[1]) > 3) {
    const wanted = `T${String(Number(clock[1])).padStart(2, "0")}:${clock[2] ?? clock[3] ?? "00"}`;
    return offers.find((offer) => offer.start.includes(wanted)) ?? null;
  }
  const index = ORDINALS.findIndex((ordinal) => ordinal.test(text));
  if (index !== -1) return offers[index] ?? null;
  return YES.test(text) ? (offers[0] ?? null) : null;
}
