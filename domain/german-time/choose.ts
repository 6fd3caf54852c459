import type { Bound, DayPart, Phrase, TimePart } from "./phrase.js";

export interface DayPhrase {
  day: DayPart;
  bound: Bound | null;
}

/** One thing that the caller may want; several stand for "oder". */
export interface Choice {
  days: DayPhrase[];
  times: TimePart[];
  soonest: { any: boolean } | null;
}

interface Entry {
  phrase: Exclude<Phrase, { kind: "mark" }>;
  clause: number;
  group: number;
  /** Of a refused day and time: the day still counts when no other is named. */
  weak: boolean;
}

/** What stays of the words when refusals ("Montag geht nicht"), corrections and fallbacks are taken out. */
export function choose(phrases: readonly Phrase[]): Choice[] {
  const entries = withoutStrayDays(keep(phrases));
  const groups = [...new Set(entries.map((entry) => entry.group))].map((group) =>
    choiceOf(entries.filter((entry) => entry.group === group)),
  );
  return share(groups.filter(({ days, times, soonest }) => days.length > 0 || times.length > 0 || soonest));
}

function keep(phrases: readonly Phrase[]): Entry[] {
  let entries: Entry[] = [];
  let clause = 0;
  let group = 0;
  let refersBack = false;
  let refused: Set<string> | null = null;
  let corrected: { days: boolean; times: boolean } | null = null;
  for (const phrase of phrases) {
    if (phrase.kind === "mark") {
      refused = phrase.mark === "not" ? new Set() : null;
      if (phrase.mark === "or") group += 1;
      if (phrase.mark === "correction") corrected = { days: false, times: false };
      if (phrase.mark === "fallback" && entries.length > 0) return entries;
      if (phrase.mark === "negated") {
        const own = entries.some((entry) => entry.clause === clause);
        const target = own || !refersBack ? clause : clause - 1;
        entries = refuse(entries, target);
        continue;
      }
      if (phrase.mark === "not") continue;
      if (phrase.mark !== "correction" || entries.some((entry) => entry.clause === clause)) {
        clause += 1;
        refersBack = phrase.mark === "referring_break";
      }
      continue;
    }
    const kind = phrase.kind === "day" ? phrase.day.kind : phrase.kind;
    if (refused && !refused.has(kind)) {
      refused.add(kind);
      continue;
    }
    refused = null;
    if (corrected && phrase.kind === "day" && !corrected.days) {
      const { day } = phrase;
      entries = entries.filter((entry) => entry.phrase.kind !== "day" || stands(entry.phrase.day, day));
      entries = entries.filter((entry) => entry.phrase.kind !== "soonest");
      corrected.days = true;
    }
    if (corrected && phrase.kind === "time" && !corrected.times) {
      const { time } = phrase;
      entries = entries.filter(
        (entry) => entry.phrase.kind !== "time" || partStands(entry.phrase.time, time),
      );
      corrected.times = true;
    }
    entries.push({ phrase, clause, group, weak: false });
  }
  return entries;
}

function refuse(entries: readonly Entry[], clause: number): Entry[] {
  const timed = entries.some((entry) => entry.clause === clause && entry.phrase.kind === "time");
  return entries.flatMap((entry) => {
    if (entry.clause !== clause) return [entry];
    return timed && entry.phrase.kind === "day" ? [{ ...entry, weak: true }] : [];
  });
}

/** Whether the earlier day still says something beside the correcting one: "nächste Woche Dienstag, nein, Mittwoch". */
function stands(earlier: DayPart, correcting: DayPart): boolean {
  if (correcting.kind === "weekday") return FRAMES.test(earlier.kind);
  if (correcting.kind === "day_of_month" && correcting.month === null) {
    return earlier.kind === "month" || earlier.kind === "month_offset";
  }
  if (correcting.kind === "week") return earlier.kind === "weekday";
  return false;
}

/** "morgens um acht, nein, um neun" is still in the morning. */
function partStands(earlier: TimePart, correcting: TimePart): boolean {
  return (
    earlier.kind === "part" &&
    earlier.bound === null &&
    correcting.kind === "clock" &&
    correcting.clock.twelveHour
  );
}

function withoutStrayDays(entries: readonly Entry[]): Entry[] {
  const isDay = (entry: Entry) => entry.phrase.kind === "day";
  const isPast = (entry: Entry) => entry.phrase.kind === "day" && entry.phrase.day.kind === "past";
  const isOrigin = (entry: Entry) => entry.phrase.kind === "day" && entry.phrase.bound === "origin";
  const rangeFollows = entries.some((entry) => entry.phrase.kind === "day" && entry.phrase.bound === "until");
  const strays = (entry: Entry) => entry.weak || isPast(entry) || (isOrigin(entry) && !rangeFollows);
  if (!entries.some((entry) => isDay(entry) && !strays(entry))) return [...entries];
  return entries.filter((entry) => !isDay(entry) || !strays(entry));
}

function choiceOf(entries: readonly Entry[]): Choice {
  const choice: Choice = { days: [], times: [], soonest: null };
  for (const { phrase } of entries) {
    if (phrase.kind === "day") choice.days.push({ day: phrase.day, bound: phrase.bound });
    if (phrase.kind === "time") choice.times.push(phrase.time);
    if (phrase.kind === "soonest") choice.soonest = { any: (choice.soonest?.any ?? true) && phrase.any };
  }
  return choice;
}

const FRAMES = /^(week|week_beside|calendar_week|month|month_offset|year|year_offset|new_year)$/;

/** "Dienstag oder Mittwoch um drei", "am 3. oder 4. Dezember": what only one of them says holds for both. */
function share(choices: readonly Choice[]): Choice[] {
  if (choices.length < 2) return [...choices];
  const withTimes = choices.find(({ times }) => times.length > 0)?.times ?? [];
  const withDays = choices.find(({ days }) => days.length > 0)?.days ?? [];
  const parts = choices.flatMap(({ times }) =>
    times.filter((time) => time.kind === "part" && time.bound === null),
  );
  const frames = choices.flatMap(({ days }) => days.filter(({ day }) => FRAMES.test(day.kind)));
  const months = choices.flatMap(({ days }) =>
    days.flatMap(({ day }) => (day.kind === "day_of_month" && day.month !== null ? [day.month] : [])),
  );
  return choices.map((choice) => {
    const days = choice.days.length > 0 ? choice.days : withDays;
    const needsFrame = days.every(({ day }) => day.kind === "weekday" && day.which === "plain");
    const [month] = months;
    const framed = (needsFrame ? [...frames, ...days] : days).map(({ day, bound }) => ({
      day: day.kind === "day_of_month" && day.month === null && month !== undefined ? { ...day, month } : day,
      bound,
    }));
    const hinted =
      choice.times.length > 0 && choice.times.every((time) => time.kind === "clock" && time.clock.twelveHour)
        ? [...parts.slice(0, 1), ...choice.times]
        : choice.times;
    return {
      days: framed,
      times: choice.times.length > 0 ? hinted : withTimes,
      soonest: choice.soonest,
    };
  });
}
