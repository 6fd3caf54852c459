import { setTimeout as sleep } from "node:timers/promises";
import type { ToolAnswer } from "../../api/voice/answer.js";
import { Call, strangersNumber } from "../calls/telephone.js";
import type { Installation, Services } from "./installation.js";
import { progress } from "./progress.js";
import { percentile } from "./statistics.js";
import {
  BOOKING_MS,
  DAYS_AHEAD,
  doubleBookings,
  FIRST_TYPE,
  HAIRCUT,
  leaveVoiceSalon,
  openVoiceSalon,
  RETELL_KEY,
  SLOTS_MS,
  STYLISTS,
  settledAfter,
  simulatorMs,
  VOICE_NUMBER,
} from "./voice-salon.js";

/** Milliseconds as Retell would measure them, without the way to it. */
export interface VoiceSeries {
  what: string;
  callers: number;
  /** What the issue wants at the 95th percentile; `null`: nothing. */
  aimMs: number | null;
  requests: number;
  p50: number;
  p95: number;
  max: number;
}

export interface VoiceResult {
  /** What the simulator is set to. */
  slotsMs: number;
  bookingMs: number;
  series: VoiceSeries[];
  /** Answers by code, of all callers at once. */
  crowd: Record<string, number>;
  errors: Record<string, number>;
  /** Bookings that were noted, because Cal.com had not answered in time. */
  noted: number;
  doubleBookings: number;
}

const WARM_UP_ROUNDS = 15;
const WARM_UP_CALLERS = 10;
/** What goes on behind the answers of one measurement is not to be part of the next. */
const QUIET_MS = 5_000;
const COLD_WINDOWS = 30;
const WARM_CALLS = 50;
const INBOUND_CALLS = 60;
/** Of one caller alone more, for the percentile; each takes as long as Cal.com does. */
const BOOKINGS_ALONE = 20;
const BOOKINGS_EACH = 3;
const CROWD = 100;
/** Cal.com is asked for so many days at once; farther apart two wishes share nothing. */
const WINDOW_DAYS = 16;
const DAY_MS = 86_400_000;
/** What came of it is looked up by whoever wants it; errors are all that an agent could only apologise for. */
const APOLOGIES = new Set(["TEMPORARY", "INVALID", "UNKNOWN_TOOL"]);

/** A salon whose Cal.com takes half a second for slots and three for a booking, and people who call it. */
export async function measureVoice(installation: Installation, services: Services): Promise<VoiceResult> {
  await openVoiceSalon(installation);
  try {
    return await new VoiceRun(installation, services.urls.ours).all();
  } finally {
    await leaveVoiceSalon(installation);
  }
}

class VoiceRun {
  readonly #series: VoiceSeries[] = [];
  readonly #errors: Record<string, number> = {};
  #noted = 0;

  constructor(
    private readonly installation: Installation,
    private readonly apiUrl: string,
  ) {}

  async all(): Promise<VoiceResult> {
    await this.#warmUp();
    await this.#inbound();
    await this.#cold();
    await this.#warmed();
    await this.#bookings();
    const crowd = await this.#crowd();
    return {
      slotsMs: SLOTS_MS,
      bookingMs: BOOKING_MS,
      series: this.#series,
      crowd,
      errors: this.#errors,
      noted: this.#noted,
      doubleBookings: await doubleBookings(this.installation.simulatorUrl),
    };
  }

  /** The processes have run every tool often enough before any is timed: they are measured as they are all day. */
  async #warmUp(): Promise<void> {
    progress("voice, warming up");
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
      await Promise.all(
        Array.from({ length: WARM_UP_CALLERS }, async (_, index) => {
          const call = this.#phone();
          await call.ring();
          await call.use("list_services", {});
          await call.use("list_my_appointments", {});
          await call.use("request_callback", { topic: "Frage zur Pflege" });
          await this.#finds(call, { staff: index, day: 2, minute: 600 + 30 * round });
          await call.hangUp();
        }),
      );
    }
    await sleep(QUIET_MS);
  }

  async #inbound(): Promise<void> {
    progress("voice, call_inbound");
    const ms: number[] = [];
    for (let index = 0; index < INBOUND_CALLS; index += 1) {
      const call = this.#phone();
      ms.push(await timed(() => this.#guarded(() => call.inbound())));
    }
    this.#note("call_inbound", 1, 50, ms);
  }

  /** Each asks for days and a person that nobody has asked for. */
  async #cold(): Promise<void> {
    progress("voice, find_slots cold");
    const ms: number[] = [];
    for (let index = 0; index < COLD_WINDOWS; index += 1) {
      const day = 20 + WINDOW_DAYS * Math.floor(index / STYLISTS.length);
      if (day > DAYS_AHEAD) break;
      const call = this.#phone();
      ms.push(await timed(() => this.#guarded(() => this.#finds(call, { staff: index, day, minute: 900 }))));
      await call.hangUp();
    }
    this.#note("find_slots, cold", 1, 800, ms);
  }

  async #warmed(): Promise<void> {
    progress("voice, find_slots warmed");
    const ms: number[] = [];
    for (let index = 0; index < WARM_CALLS; index += 1) {
      const call = this.#phone();
      await call.ring();
      // While the caller hears the greeting Cal.com is asked behind his back.
      if (index === 0) await sleep(3 * SLOTS_MS);
      const wish = { staff: index, day: 3 + (index % 5), minute: 600 + 30 * Math.floor(index / 8) };
      ms.push(await timed(() => this.#guarded(() => this.#finds(call, wish))));
      await call.hangUp();
    }
    this.#note("find_slots, warmed", 1, 50, ms);
  }

  /** As many callers as chairs, so that each booking's requests are known by their event type. */
  async #bookings(): Promise<void> {
    progress("voice, book_appointment");
    const total: number[] = [];
    const ours: number[] = [];
    // The very first booking of a worker loads what all others share.
    const first = this.#phone();
    await this.#finds(first, { staff: 0, day: 10, minute: 600 });
    await this.#guarded(() => this.#books(first));
    await first.hangUp();
    for (const callers of [1, STYLISTS.length]) {
      total.length = 0;
      ours.length = 0;
      const rounds = callers === 1 ? BOOKINGS_ALONE : BOOKINGS_EACH;
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(
          Array.from({ length: callers }, async (_, index) => {
            const call = this.#phone();
            const staff = (index + round) % STYLISTS.length;
            const day = callers === 1 ? 9 : 11;
            await this.#finds(call, { staff, day, minute: 600 + 30 * Math.floor(round / STYLISTS.length) });
            const since = Date.now();
            const ms = await timed(() => this.#guarded(() => this.#books(call)));
            total.push(ms);
            const answer = call.used.at(-1)?.answer;
            if (answer?.code === "PENDING") this.#noted += 1;
            const until = answer?.code === "PENDING" ? await this.#settled(answer, since) : ms;
            const eventTypeId = FIRST_TYPE + staff;
            if (until !== null) {
              ours.push(until - (await simulatorMs(this.installation.simulatorUrl, eventTypeId, since)));
            }
            await call.hangUp();
          }),
        );
      }
      this.#note("book_appointment, total", callers, 3_500, [...total]);
      // Of one caller: how long several wait for each other is a matter of the machine's cores.
      this.#note("book_appointment, our share", callers, callers === 1 ? 100 : null, [...ours]);
    }
  }

  /** What the caller was not told any more was written soon after. */
  async #settled({ appointment_id: id }: ToolAnswer, since: number): Promise<number | null> {
    for (let look = 0; id !== undefined && look < 100; look += 1) {
      const after = await settledAfter(this.installation, id, since);
      if (after !== null) return after;
      await sleep(50);
    }
    return null;
  }

  /** A hundred at once: first what needs no Cal.com, then all want an appointment. */
  async #crowd(): Promise<Record<string, number>> {
    progress(`voice, ${CROWD} callers at once`);
    const ring: number[] = [];
    const local: number[] = [];
    const find: number[] = [];
    const book: number[] = [];
    const codes: Record<string, number> = {};
    const count = (answer: ToolAnswer | null) => {
      if (answer) codes[answer.code] = (codes[answer.code] ?? 0) + 1;
      return answer;
    };
    const calls = Array.from({ length: CROWD }, () => this.#phone());
    await sleep(QUIET_MS);
    const everybody = async (into: number[], each: (call: Call, index: number) => Promise<unknown>) => {
      await Promise.all(calls.map(async (call, index) => into.push(await timed(() => each(call, index)))));
    };
    const use = async (call: Call, tool: string, args = {}) =>
      count((await this.#guarded(() => call.use(tool, args)))?.answer ?? null);
    await everybody(ring, (call) => this.#guarded(() => call.inbound()));
    await everybody(local, (call) => use(call, "list_services"));
    await everybody(local, (call) => use(call, "list_my_appointments"));
    await everybody(local, (call) => use(call, "request_callback", { topic: "Frage zur Pflege" }));
    await everybody(find, async (call, index) =>
      count(
        (
          await this.#guarded(() =>
            this.#finds(call, {
              staff: null,
              day: 4 + (index % 10),
              minute: 540 + 60 * Math.floor(index / 10),
            }),
          )
        )?.answer ?? null,
      ),
    );
    await everybody(book, async (call) => {
      const used = await this.#guarded(() => this.#books(call));
      count(used?.answer ?? null);
      if (used?.answer.code === "PENDING") this.#noted += 1;
    });
    await Promise.all(calls.map((call) => call.hangUp()));
    this.#note("call_inbound", CROWD, null, ring);
    this.#note("tools without Cal.com", CROWD, 300, local);
    this.#note("find_slots", CROWD, null, find);
    this.#note("book_appointment", CROWD, 3_500, book);
    return codes;
  }

  #phone(): Call {
    return new Call(
      { apiUrl: this.apiUrl, retellKey: RETELL_KEY },
      { from: strangersNumber(), to: VOICE_NUMBER },
    );
  }

  async #finds(call: Call, wish: { staff: number | null; day: number; minute: number }) {
    const date = new Date(Date.now() + wish.day * DAY_MS).toISOString().slice(0, 10);
    const time = `${String(Math.floor(wish.minute / 60)).padStart(2, "0")}:${String(wish.minute % 60).padStart(2, "0")}`;
    const staff = wish.staff === null ? null : STYLISTS[wish.staff % STYLISTS.length];
    return await call.use("find_slots", {
      services: [HAIRCUT],
      ...(staff === null ? {} : { staff }),
      date,
      time,
    });
  }

  async #books(call: Call) {
    const offer = call.used.findLast(({ answer }) => answer.offers)?.answer.offers?.[0];
    return await call.use("book_appointment", {
      offer_id: offer?.offer_id ?? "",
      customer_name: "Katharina Sommer",
      caller_confirmed: true,
    });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      const result = await work();
      const code = codeOf(result);
      if (code !== null && APOLOGIES.has(code)) this.#failed(code);
      return result;
    } catch (error) {
      this.#failed(error instanceof Error ? error.message.slice(0, 80) : String(error));
      return null;
    }
  }

  #failed(what: string): void {
    this.#errors[what] = (this.#errors[what] ?? 0) + 1;
  }

  #note(what: string, callers: number, aimMs: number | null, ms: readonly number[]): void {
    const max = ms.length === 0 ? Number.NaN : Math.max(...ms);
    this.#series.push({
      what,
      callers,
      aimMs,
      requests: ms.length,
      p50: percentile(ms, 0.5),
      p95: percentile(ms, 0.95),
      max,
    });
  }
}

function codeOf(result: unknown): string | null {
  if (typeof result !== "object" || result === null || !("answer" in result)) return null;
  const { answer } = result;
  return typeof answer === "object" && answer !== null && "code" in answer ? String(answer.code) : null;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
