import { z } from "zod";
import { readWhen } from "../../domain/german-time/read-when.js";
import type { StageTime } from "./free-times.js";
import type { Ending, Role } from "./play.js";
import {
  type AppointmentRow,
  type CalendarEntry,
  gatewayOf,
  holdsOfCalls,
  isStanding,
  type Stage,
  simulatorOf,
  toldBranch,
} from "./stage.js";
import type { Call, Used } from "./telephone.js";

/** What somebody may have been told to have, or not to have any more. */
const SAYS_DONE = /\b(?:fest eingetragen|gebucht|verlegt|abgesagt|bestätigt)\b/iu;
const DONE = new Set(["BOOKED", "RESCHEDULED", "CANCELLED"]);
/** For what is told after the answer: webhooks, callbacks, the end of a hold. */
const CONVERGED_MS = 15_000;
const LOOK_EVERY_MS = 250;

/** Somebody of a play: his number, whether or not it is shown, and his calls. */
export interface Person {
  phone: string;
  calls: Call[];
}

export interface PlayedPlay {
  times: ReadonlyMap<string, StageTime>;
  people: ReadonlyMap<Role, Person>;
  /** What people moved in Cal.com after it had been said, in their order; epoch milliseconds. */
  movedInCalcom: readonly { from: number; to: number }[];
  /** Of callbacks and offers to move, from before the play. */
  before: {
    callbacks: ReadonlySet<string>;
    moveOffers: { offered: number; accepted: number; declined: number };
  };
  ends: Ending;
}

/**
 * Compares what was said with the calendar in Cal.com, with our rows and with the workflows (salon-gateway I-1 to
 * I-3, I-8, I-10). What is still on its way is waited for.
 *
 * @returns a sentence for each disagreement, in the order of finding; none is the truth
 */
export async function disagreements(stage: Stage, played: PlayedPlay): Promise<string[]> {
  const said = [...played.people.values()]
    .flatMap((person) => person.calls.flatMap((call) => call.used))
    .flatMap(spokenTooEarly);
  const began = Date.now();
  for (;;) {
    // Everything is read anew each time: what was read a moment ago may have been on its way.
    const { found, undecided } = await compared(stage, played);
    const patienceMs = undecided ? stage.patienceMs : CONVERGED_MS;
    if (found.length === 0 || Date.now() - began > patienceMs) return [...said, ...found];
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function compared(stage: Stage, played: PlayedPlay): Promise<{ found: string[]; undecided: boolean }> {
  const found: string[] = [];
  let undecided = false;
  for (const [role, person] of played.people) {
    for (const call of person.calls) found.push(...(await ledgerOf(stage, call)));
    const rows = await gatewayOf(stage).appointmentsOf(person.phone);
    for (const row of rows.filter((one) => one.status === "pending" || !isSettled(one))) {
      undecided = true;
      found.push(`${role}: ${row.id} ist noch nicht entschieden (${row.status}, ${row.sync.state})`);
    }
    found.push(...(await standingOf(stage, played, role, person, rows)));
  }
  found.push(...(await callbacksOf(stage, played)));
  found.push(...(await moveOffersOf(stage, played)));
  const calls = [...played.people.values()].flatMap((person) => person.calls.map((call) => call.id));
  const held = await holdsOfCalls(stage, calls);
  if (held > 0) found.push(`nach dem Auflegen sind noch ${held} Zeiten für die Anrufe festgehalten`);
  found.push(...overlaps(await simulatorOf(stage).bookings()));
  return { found, undecided };
}

const isSettled = (row: AppointmentRow) => row.sync.state === "synced" || row.status === "failed";

/** I-10: "fest eingetragen" only with an appointment, and nothing of it in any other answer. */
function spokenTooEarly({ tool, answer }: Used): string[] {
  if (DONE.has(answer.code)) {
    return answer.appointment_id === undefined
      ? [`${tool} sagt ${answer.code} ohne einen Termin zu nennen`]
      : [];
  }
  const claims = SAYS_DONE.test(answer.say) && !/\?|nicht|sobald/u.test(answer.say);
  return claims && answer.code !== "APPOINTMENTS" ? [`${answer.code} klingt wie getan: „${answer.say}“`] : [];
}

async function ledgerOf(stage: Stage, call: Call): Promise<string[]> {
  if (call.used.length === 0) return [];
  const kept = await gatewayOf(stage).ledger(call.id);
  const codes = call.used.map(({ tool, answer }) => `${tool} ${answer.code}`).sort();
  const written = kept.map(({ tool, code }) => `${tool} ${code}`).sort();
  return codes.join() === written.join()
    ? []
    : [`das Gesprächsbuch hat ${written.join(", ") || "nichts"}, gesagt wurde ${codes.join(", ")}`];
}

async function standingOf(
  stage: Stage,
  played: PlayedPlay,
  role: Role,
  person: Person,
  rows: readonly AppointmentRow[],
): Promise<string[]> {
  const wanted = (played.ends.standing[role] ?? []).map((name) => timeOf(played, name).start.toISOString());
  const has = rows
    .filter((row) => row.status === "confirmed")
    .map((row) => new Date(row.start).toISOString());
  const found: string[] = [];
  if (has.sort().join() !== wanted.sort().join()) {
    found.push(
      `${role}: es sollten Termine stehen um [${wanted.join(", ")}], bei uns stehen [${has.join(", ")}]`,
    );
  }
  found.push(...saidAgainstRows(role, person, rows, played));
  found.push(...(await calendarOf(stage, role, person.phone, rows)));
  for (const row of rows) found.push(...(await workflowOf(stage, role, row)));
  const told = (await Promise.all(rows.map((row) => toldBranch(stage, row.id)))).flat();
  for (const news of played.ends.branchTold ?? []) {
    if (!told.includes(news)) found.push(`die Filiale hat von ${news} nichts erfahren`);
  }
  return found;
}

export function timeOf(played: Pick<PlayedPlay, "times">, name: string): StageTime {
  const time = played.times.get(name);
  if (!time) throw new Error(`the play has no time "${name}"`);
  return time;
}

/** I-8: the instant that was said last of an appointment is the one at which it stands. */
function saidAgainstRows(
  role: Role,
  person: Person,
  rows: readonly AppointmentRow[],
  { movedInCalcom }: PlayedPlay,
): string[] {
  const today = (said: number) => movedInCalcom.reduce((at, { from, to }) => (at === from ? to : at), said);
  const found: string[] = [];
  const lastWord = new Map<string, Used>();
  for (const used of person.calls.flatMap((call) => call.used)) {
    const { appointment_id: id, code } = used.answer;
    if (id !== undefined && DONE.has(code)) lastWord.set(id, used);
  }
  for (const [id, { answer }] of lastWord) {
    const row = rows.find((one) => one.id === id);
    if (!row) {
      found.push(`${role}: ${answer.code} wurde von einem Termin gesagt, den es nicht gibt`);
      continue;
    }
    const expected = answer.code === "CANCELLED" ? "cancelled" : "confirmed";
    if (row.status !== expected)
      found.push(`${role}: gesagt wurde ${answer.code}, der Termin ist ${row.status}`);
    const said = momentsIn(answer.say).map(today);
    if (answer.code !== "CANCELLED" && !said.includes(new Date(row.start).getTime())) {
      found.push(`${role}: „${answer.say}“, der Termin beginnt aber ${row.start}`);
    }
  }
  return found;
}

/** Every instant that a sentence names, read by the grammar that reads callers' words; "vom … auf …" names two. */
function momentsIn(said: string): number[] {
  return [said, ...said.split(/ auf /u)].flatMap((part) => {
    const reading = readWhen(
      { whenText: part, date: null, time: null, partOfDay: null },
      { now: new Date(), zone: "Europe/Berlin", openAt: () => true },
    );
    const wishes =
      reading.kind === "wish" ? [reading.wish] : reading.kind === "ambiguous" ? reading.readings : [];
    return wishes.flatMap((wish) => (wish.kind === "moment" ? [wish.start.getTime()] : []));
  });
}

/** I-1, I-2: one booking in Cal.com per staffed phase, at its time and with its host, and none beyond. */
async function calendarOf(
  stage: Stage,
  role: Role,
  phone: string,
  rows: readonly AppointmentRow[],
): Promise<string[]> {
  const found: string[] = [];
  const calendar = await simulatorOf(stage).bookings();
  const expected = new Set<string>();
  for (const row of rows.filter((one) => one.status === "confirmed")) {
    for (const phase of row.phases.filter((one) => one.staffRequired)) {
      const entry = calendar.find((one) => one.uid === phase.calcomUid);
      const hostId = stage.document.staff.find((member) => member.slug === phase.staff)?.calcomUserId;
      const fits =
        entry !== undefined &&
        isStanding(entry) &&
        same(entry.start, phase.start) &&
        same(entry.end, phase.end) &&
        typeof hostId === "number" &&
        entry.hostIds.includes(hostId);
      if (!fits) found.push(`${role}: ${phase.key} um ${phase.start} steht so nicht in Cal.com`);
      if (phase.calcomUid !== null) expected.add(phase.calcomUid);
    }
  }
  for (const entry of calendar) {
    if (isStanding(entry) && entry.attendee.phoneNumber === phone && !expected.has(entry.uid)) {
      found.push(`${role}: in Cal.com steht ein Termin zu viel, ${entry.start}`);
    }
  }
  return found;
}

const same = (a: string, b: string) => new Date(a).getTime() === new Date(b).getTime();

const viewSchema = z.looseObject({
  status: z.string(),
  start: z.string().nullable(),
  phases: z.array(z.looseObject({ calcomUid: z.string().nullable(), cancelled: z.boolean() })),
});

/** The workflow, made again from its history, says what the rows say, and no task of it has failed. */
async function workflowOf(stage: Stage, role: Role, row: AppointmentRow): Promise<string[]> {
  const found: string[] = [];
  const handle = stage.temporal.workflow.getHandle(row.workflowId);
  const agrees = (view: z.infer<typeof viewSchema>) => {
    const uids = (all: readonly (string | null)[]) =>
      all
        .filter((uid) => uid !== null)
        .sort()
        .join();
    return (
      view.status === row.status &&
      (row.status !== "confirmed" ||
        (view.start !== null &&
          same(view.start, row.start) &&
          uids(view.phases.flatMap((phase) => (phase.cancelled ? [] : [phase.calcomUid]))) ===
            uids(row.phases.map((phase) => phase.calcomUid))))
    );
  };
  const view = viewSchema.parse(await handle.query("view"));
  if (!agrees(view)) {
    found.push(
      `${role}: der Workflow sagt ${view.status} um ${view.start}, die Zeile ${row.status} um ${row.start}`,
    );
  }
  const { events } = await handle.fetchHistory();
  const failed = (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes);
  if (failed.length > 0) found.push(`${role}: ${failed.length} Schritte des Workflows sind fehlgeschlagen`);
  return found;
}

async function callbacksOf(stage: Stage, played: PlayedPlay): Promise<string[]> {
  const phones = new Set([...played.people.values()].map((person) => person.phone));
  const wanted = played.ends.callbacks ?? 0;
  const open = (await gatewayOf(stage).callbacks()).filter(
    ({ id, phone }) => !played.before.callbacks.has(id) && phone !== null && phones.has(phone),
  );
  return open.length === wanted ? [] : [`${open.length} Rückrufe stehen aus, es sollten ${wanted} sein`];
}

async function moveOffersOf(stage: Stage, { before, ends }: PlayedPlay): Promise<string[]> {
  if (!ends.moveOffers) return [];
  const now = await gatewayOf(stage).moveOffers();
  const rise = {
    offered: now.offered - before.moveOffers.offered,
    accepted: now.accepted - before.moveOffers.accepted,
    declined: now.declined - before.moveOffers.declined,
  };
  const as = (counters: typeof rise) =>
    `angeboten ${counters.offered}, angenommen ${counters.accepted}, abgelehnt ${counters.declined}`;
  return as(rise) === as(ends.moveOffers)
    ? []
    : [`Verschieben ${as(rise)}; es sollte sein: ${as(ends.moveOffers)}`];
}

/** I-1, for the whole calendar: nobody works for two at once. */
function overlaps(calendar: readonly CalendarEntry[]): string[] {
  const standing = calendar
    .filter(isStanding)
    .map((entry) => ({ ...entry, from: Date.parse(entry.start), to: Date.parse(entry.end) }))
    .sort((a, b) => a.from - b.from);
  const found: string[] = [];
  const last = new Map<number, (typeof standing)[number]>();
  for (const entry of standing) {
    for (const host of entry.hostIds) {
      const before = last.get(host);
      if (before && before.to > entry.from) {
        found.push(`in Cal.com sind zwei Termine auf einem Stuhl: ${before.start} und ${entry.start}`);
      }
      if (!before || before.to < entry.to) last.set(host, entry);
    }
  }
  return found;
}
