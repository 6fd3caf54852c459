import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { chooseTimes, justPast, type StageTime } from "./free-times.js";
import { CALLER, type CalcomAct, type Line, type Play, type Role, type ToolUse, ZENTRALE } from "./play.js";
import { gatewayOf, isStanding, poll, type Stage, simulatorOf } from "./stage.js";
import { Call, strangersNumber, type Used } from "./telephone.js";
import { disagreements, type Person, timeOf } from "./truth.js";

/** Where a play is heard: each call of it is a line of print. */
export interface Audience {
  title(play: Play): void;
  spoken(who: Role, text: string): void;
  assistant(text: string): void;
  tool(used: Used): void;
  direction(text: string): void;
}

export interface Verdict {
  play: string;
  /** A sentence for each thing that was not as it must be; none: it is well. */
  faults: string[];
}

/** Tools answer within this, whatever Cal.com does (contract.md 5); what the network and a busy machine add. */
const WRITE_MS = 3_500;
const READ_MS = 1_500;
const ON_THE_WAY_MS = 1_500;
const WRITES = new Set(["book_appointment", "reschedule_appointment", "cancel_appointment"]);

/** Plays one play to its end, tidies up in Cal.com, and says in what the truth differs from what was said. */
export async function perform(stage: Stage, play: Play, audience: Audience): Promise<Verdict> {
  audience.title(play);
  const simulator = simulatorOf(stage);
  await simulator.calm();
  const gateway = gatewayOf(stage);
  const scene = new Scene(
    stage,
    audience,
    chooseTimes(play.times, stage.document, await simulator.bookings(), new Date()),
  );
  const before = {
    callbacks: new Set((await gateway.callbacks()).map((callback) => callback.id)),
    moveOffers: await gateway.moveOffers(),
  };
  try {
    for (const line of play.lines) await scene.play(line);
    await simulator.calm();
    const { faults, people, times, movedInCalcom } = scene;
    const played = { times, people, movedInCalcom, before, ends: play.ends };
    return {
      play: play.name,
      faults: [...faults, ...(await disagreements(stage, played))],
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { play: play.name, faults: [...scene.faults, `abgebrochen: ${why}`] };
  } finally {
    await simulator.calm();
    await scene.restoreTypes();
    await scene.hangUpAll();
  }
}

const catalogueSchema = z.looseObject({ eventTypes: z.array(z.looseObject({ id: z.number() })) });

class Scene {
  readonly faults: string[] = [];
  readonly people = new Map<Role, Person>();
  readonly movedInCalcom: { from: number; to: number }[] = [];
  readonly #calls = new Map<Role, Call>();
  readonly #deleted: z.infer<typeof catalogueSchema>["eventTypes"] = [];

  constructor(
    private readonly stage: Stage,
    private readonly audience: Audience,
    readonly times: ReadonlyMap<string, StageTime>,
  ) {}

  async play(line: Line): Promise<void> {
    switch (line.does) {
      case "own":
        return await this.#own(line.as, line.at);
      case "ring":
        return await this.#ring(line);
      case "say": {
        const text = this.#filled(line.as, line.text);
        this.#call(line.as).callerSays(text);
        this.audience.spoken(line.as, text);
        return;
      }
      case "use":
        this.#hear(line, await this.#use(line));
        return;
      case "repeat":
        return await this.#repeat(line.as);
      case "together":
        return await this.#together(line.uses, line.codes);
      case "hang-up":
        this.audience.direction(`${line.as} legt auf`);
        return await this.#hangUp(line.as);
      case "calcom":
        this.audience.direction(`Cal.com: ${this.#filled(CALLER, line.what)}`);
        return await this.#inCalcom(line.act);
      case "settle":
        return await this.#until(
          line.as,
          "entschieden",
          (row) => row.status !== "pending" && row.sync.state === "synced",
        );
      case "review":
        return await this.#until(line.as, "bei einem Menschen", (row) => row.sync.state === "manual_review");
      case "hold-ends":
        this.audience.direction("es wird lange überlegt; die Zeit wird nicht länger freigehalten");
        await new Promise((resolve) => setTimeout(resolve, (this.stage.holdMs ?? 0) + 500));
        return;
      case "kill-worker":
        this.audience.direction("der Worker stirbt (kill -9)");
        await this.stage.killWorker?.();
    }
  }

  async hangUpAll(): Promise<void> {
    for (const role of [...this.#calls.keys()]) await this.#hangUp(role).catch(() => undefined);
  }

  #person(role: Role): Person {
    const known = this.people.get(role);
    if (known) return known;
    const person: Person = { phone: strangersNumber(), calls: [] };
    this.people.set(role, person);
    return person;
  }

  #call(role: Role): Call {
    const call = this.#calls.get(role);
    if (!call) throw new Error(`${role} has not called`);
    return call;
  }

  async #own(role: Role, at: string): Promise<void> {
    const time = timeOf(this, at);
    const { phone } = this.#person(role);
    this.audience.direction(`${role} hat schon einen Termin, am ${time.spoken}`);
    await gatewayOf(this.stage).book(
      {
        service: time.wanted.service,
        staff: time.wanted.staff,
        start: time.start.toISOString(),
        customer: { name: "Katharina Sommer", phone },
      },
      `play-${randomUUID()}`,
    );
  }

  async #ring({ as, anonymous, to }: Extract<Line, { does: "ring" }>): Promise<void> {
    const person = this.#person(as);
    if (this.#calls.has(as)) await this.#hangUp(as);
    const call = new Call(this.stage, { from: anonymous ? "anonymous" : person.phone, to });
    this.#calls.set(as, call);
    person.calls.push(call);
    const where = to === ZENTRALE ? "die Zentrale" : "die Zweigstelle";
    this.audience.direction(`${as} ruft ${where} an${anonymous ? ", mit unterdrückter Nummer" : ""}`);
    const { greeting } = await call.ring();
    if (greeting === undefined) this.faults.push(`${as} wird nicht begrüßt`);
    else this.audience.assistant(greeting);
  }

  async #use({ as, tool, args }: ToolUse): Promise<Used> {
    const call = this.#call(as);
    return await call.use(tool, this.#filledArgs(as, args));
  }

  #hear(expected: ToolUse, used: Used, codes = expected.codes): void {
    const { answer, ms } = used;
    this.audience.tool(used);
    this.audience.assistant(answer.say);
    const wrong = (what: string) => this.faults.push(`${expected.tool}: ${what} („${answer.say}“)`);
    if (!codes.some((code) => code === answer.code)) wrong(`${answer.code} statt ${codes.join(" oder ")}`);
    if (expected.next !== undefined && answer.next !== expected.next) {
      wrong(`weiter mit ${answer.next} statt ${expected.next}`);
    }
    const starts = (answer.offers ?? []).map((offer) => Date.parse(offer.start));
    for (const name of expected.offers ?? []) {
      if (!starts.includes(timeOf(this, name).start.getTime())) wrong(`${name} wird nicht angeboten`);
    }
    for (const name of expected.offersNot ?? []) {
      if (starts.includes(timeOf(this, name).start.getTime())) wrong(`${name} wird angeboten`);
    }
    if (expected.says && !expected.says.test(answer.say)) wrong(`es fehlt ${expected.says}`);
    if (expected.saysNot?.test(answer.say)) wrong(`gesagt wurde ${expected.saysNot}`);
    const withinMs = expected.withinMs ?? (WRITES.has(expected.tool) ? WRITE_MS : READ_MS) + ON_THE_WAY_MS;
    if (ms > withinMs) wrong(`nach ${ms} ms, erlaubt sind ${withinMs}`);
  }

  async #repeat(role: Role): Promise<void> {
    const call = this.#call(role);
    const first = call.used.at(-1);
    this.audience.direction("die Antwort ging verloren; die Plattform fragt dasselbe noch einmal");
    const again = await call.repeat();
    this.audience.tool(again);
    if (!isDeepStrictEqual(again.answer, first?.answer)) {
      this.faults.push(`${again.tool}: beim zweiten Mal ${again.answer.code} statt ${first?.answer.code}`);
    }
  }

  async #together(
    uses: readonly ToolUse[],
    codes: Extract<Line, { does: "together" }>["codes"],
  ): Promise<void> {
    this.audience.direction("im selben Augenblick:");
    const all = await Promise.all(uses.map(async (use) => ({ use, used: await this.#use(use) })));
    for (const { use, used } of all) this.#hear(use, used);
    for (const [code, times] of Object.entries(codes)) {
      const heard = all.filter(({ used }) => used.answer.code === code).length;
      if (heard !== times) this.faults.push(`${code} wurde ${heard}-mal geantwortet, nicht ${times}-mal`);
    }
    this.#offersApart(all.map(({ used }) => used));
  }

  /** Nobody is offered the chair that another one is offered in the same moment. */
  #offersApart(answers: readonly Used[]): void {
    const seen = new Set<string>();
    for (const { answer } of answers) {
      for (const offer of answer.offers ?? []) {
        const chair = `${offer.staff} ${offer.start}`;
        if (seen.has(chair)) this.faults.push(`zweien wurde dieselbe Zeit angeboten: ${chair}`);
        seen.add(chair);
      }
    }
  }

  async #hangUp(role: Role): Promise<void> {
    const call = this.#calls.get(role);
    this.#calls.delete(role);
    await call?.hangUp();
  }

  async #until(
    role: Role,
    what: string,
    reached: (row: { status: string; sync: { state: string } }) => boolean,
  ): Promise<void> {
    const { phone } = this.#person(role);
    const rows = await poll(
      () => gatewayOf(this.stage).appointmentsOf(phone),
      (seen) => seen.length > 0 && seen.every(reached),
      this.stage.patienceMs,
    );
    if (rows.length === 0 || !rows.every(reached)) {
      this.faults.push(`${role}: nach ${this.stage.patienceMs} ms noch nicht ${what}`);
    }
  }

  async #inCalcom(act: CalcomAct): Promise<void> {
    const { ask, bookings } = simulatorOf(this.stage);
    const silently = async () => await ask("POST", "webhook-rules", { mode: "lost", times: 1 });
    const uidAt = async (name: string) => {
      const { start, hostId } = timeOf(this, name);
      const found = (await bookings()).find(
        (entry) =>
          isStanding(entry) && Date.parse(entry.start) === start.getTime() && entry.hostIds.includes(hostId),
      );
      if (!found) throw new Error(`nothing stands in Cal.com at "${name}"`);
      return found.uid;
    };
    switch (act.kind) {
      case "fault":
        await ask("POST", "faults", {
          ...act.fault,
          match: { ...act.fault.match, eventTypeId: this.#eventType(timeOf(this, act.at)) },
        });
        return;
      case "lift":
        await ask("DELETE", "faults");
        return;
      case "book": {
        if (act.silently) await silently();
        const time = timeOf(this, act.at);
        await ask("POST", "book", {
          eventTypeId: this.#eventType(time),
          start: time.start.toISOString(),
          name: "Laufkundschaft",
          email: "laufkundschaft@example.org",
          responses: { title: time.wanted.service },
        });
        return;
      }
      case "move":
        if (act.silently) await silently();
        this.movedInCalcom.push({
          from: timeOf(this, act.from).start.getTime(),
          to: timeOf(this, act.to).start.getTime(),
        });
        await ask("POST", "move", {
          uid: await uidAt(act.from),
          start: timeOf(this, act.to).start.toISOString(),
        });
        return;
      case "cancel":
        if (act.silently) await silently();
        await ask("POST", "cancel", { uid: await uidAt(act.at), reason: "am Tresen abgesagt" });
        return;
      case "webhooks":
        await ask("POST", "webhook-rules", act.rule);
        return;
      case "release-reversed": {
        const held = z.array(z.looseObject({ id: z.number() })).parse(await ask("GET", "held"));
        await ask("POST", "release", { ids: held.map(({ id }) => id).reverse() });
        return;
      }
      case "delete-type": {
        const id = this.#eventType(timeOf(this, act.at));
        const { eventTypes } = catalogueSchema.parse(await ask("GET", "catalogue"));
        this.#deleted.push(...eventTypes.filter((type) => type.id === id));
        await ask("DELETE", `event-types/${id}`);
        return;
      }
      case "restore-type":
        return await this.restoreTypes();
    }
  }

  async restoreTypes(): Promise<void> {
    const deleted = this.#deleted.splice(0);
    if (deleted.length > 0) await simulatorOf(this.stage).ask("POST", "event-types", deleted);
  }

  #eventType({ wanted }: StageTime): number {
    const mapping = this.stage.document.eventTypes.find(
      (one) => one.service === wanted.service && one.staff === wanted.staff,
    );
    if (!mapping) throw new Error(`${wanted.staff} has no event type of ${wanted.service}`);
    return mapping.calcomEventTypeId;
  }

  #filledArgs(role: Role, args: ToolUse["args"]): Record<string, unknown> {
    const fill = (value: unknown): unknown => {
      if (typeof value === "string") return this.#filled(role, value);
      return Array.isArray(value) ? value.map(fill) : value;
    };
    return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, fill(value)]));
  }

  #filled(role: Role, text: string): string {
    return text.replace(/\{([a-z0-9]+)\}/giu, (whole, name: string) => {
      const used = this.#calls.get(role)?.used ?? [];
      const offers = used.findLast(({ answer }) => answer.offers)?.answer.offers ?? [];
      const listed = used.findLast(({ answer }) => answer.appointments)?.answer.appointments ?? [];
      const known: Record<string, string | undefined> = {
        offer: offers[0]?.offer_id,
        offer2: offers[1]?.offer_id,
        ref: listed[0]?.appointment_ref,
        number: this.#person(role).phone.replace("+49", "0"),
      };
      const year = /^past(\d{4})$/u.exec(name)?.[1];
      if (year !== undefined) return justPast(year, this.stage.document.timeZone, new Date());
      return known[name] ?? this.times.get(name)?.spoken ?? whole;
    });
  }
}
