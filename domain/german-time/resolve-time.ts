import type { Clock, NamedPart, TimePart } from "./phrase.js";
import { PARTS_OF_DAY, type PartOfDay, type StartWindow } from "./reading.js";
import { PART_WINDOWS } from "./vocabulary.js";

/** What the words say of the time, before a day decides which of two hours a bare hour is. */
export type TimeWish =
  | { kind: "exact"; clock: Clock; hint: NamedPart | null }
  | { kind: "around"; clock: Clock; before: number; after: number; hint: NamedPart | null }
  | { kind: "span"; from: Clock; to: Clock; hint: NamedPart | null }
  | { kind: "limits"; limits: Limit[]; part: NamedPart | null }
  | { kind: "part"; part: NamedPart };

type Limit =
  | { side: "from" | "until" | "before"; clock: Clock }
  | { side: "from" | "until" | "before"; part: NamedPart };

/** The same on one day. */
export type TimeOnDay =
  | { kind: "exact"; minute: number }
  | { kind: "window"; window: StartWindow; preferred: number | null; part: PartOfDay | null };

export type OpenAtMinute = (minute: number) => boolean;

/** "gegen" is half an hour on both sides, "kurz vor/nach" at most half an hour on one (contract, section 5). */
const AROUND_MINUTES = 30;
const NOON = 720;
const DAY = 1440;
const LATE_NIGHT = 1320;

const MORNING = new Set<NamedPart>(["früh", "morgens", "vormittag", "früher vormittag", "später vormittag"]);
const EVENING = new Set<NamedPart>([
  "nachmittag",
  "abend",
  "spät",
  "früher nachmittag",
  "später nachmittag",
  "früher abend",
]);

/** Whether one is before noon and the other after it; "früh" and "vormittag" do not contradict each other. */
export function contradict(a: NamedPart, b: NamedPart): boolean {
  return (MORNING.has(a) && EVENING.has(b)) || (EVENING.has(a) && MORNING.has(b));
}

/**
 * The reading of a clock time that a part of the day from the arguments allows, give or take an hour. A bare hour is
 * never ten or eleven at night: who means that says so.
 */
export function readingIn(clock: Clock, part: NamedPart): number | null {
  const readings = clock.twelveHour ? [clock.minute, clock.minute + NOON] : [clock.minute];
  const possible = readings.filter((minute) => !clock.twelveHour || minute < LATE_NIGHT);
  return possible.find((minute) => fitsPart(minute, part)) ?? null;
}

/** In the morning any hour of it fits; eleven in the morning is never the afternoon. */
export function fitsPart(minute: number, part: NamedPart): boolean {
  if (MORNING.has(part)) return minute >= 300 && minute <= NOON;
  const { from, to } = PART_WINDOWS[part];
  const earliest = EVENING.has(part) ? Math.max(NOON, from - 60) : from - 60;
  return minute >= earliest && minute <= to + 60;
}

/** Several stand for several times that the caller named; `null` for words that contradict themselves. */
export function timeWishes(parts: readonly TimePart[]): TimeWish[] | null {
  const named = mergeParts(parts);
  const [hint = null] = named;
  const clocks = parts.filter((part) => part.kind === "clock");
  const spans = parts.filter((part) => part.kind === "span");
  const exact = clocks.filter(({ mode }) => mode === "at");
  if (exact.some(({ clock }) => hint && contradictsHint(clock, hint))) return null;
  if (exact.length > 0) return unique(exact.map(({ clock }) => ({ kind: "exact", clock, hint })));
  const around = clocks.flatMap(({ clock, mode }): TimeWish[] => {
    if (mode === "about")
      return [{ kind: "around", clock, before: AROUND_MINUTES, after: AROUND_MINUTES, hint }];
    if (mode === "shortly_before") return [{ kind: "around", clock, before: AROUND_MINUTES, after: 0, hint }];
    if (mode === "shortly_after") return [{ kind: "around", clock, before: 0, after: AROUND_MINUTES, hint }];
    return [];
  });
  const spanned = spans.map(({ from, to }): TimeWish => ({ kind: "span", from, to, hint }));
  if (around.length + spanned.length > 0) return unique([...around, ...spanned]);
  const limits = limitsOf(parts);
  if (limits.length > 0) return [{ kind: "limits", limits, part: hint }];
  return named.map((part) => ({ kind: "part", part }));
}

function limitsOf(parts: readonly TimePart[]): Limit[] {
  return parts.flatMap((part): Limit[] => {
    if (part.kind === "part" && part.bound !== null) return [{ side: part.bound, part: part.part }];
    if (part.kind !== "clock") return [];
    return part.mode === "from" || part.mode === "until" || part.mode === "before"
      ? [{ side: part.mode, clock: part.clock }]
      : [];
  });
}

function unique(wishes: TimeWish[]): TimeWish[] {
  const seen = new Set<string>();
  return wishes.filter((wish) => {
    const key = JSON.stringify(wish);
    return seen.has(key) ? false : seen.add(key);
  });
}

/** "früh morgens", "spät am Abend": the early or late of a part that is named is that part. */
function mergeParts(parts: readonly TimePart[]): NamedPart[] {
  const named = [
    ...new Set(parts.flatMap((part) => (part.kind === "part" && part.bound === null ? [part.part] : []))),
  ];
  return named.filter((part) => {
    if (part === "früh") return !named.some((other) => other !== part && MORNING.has(other));
    if (part === "spät")
      return !named.some((other) => other !== part && (EVENING.has(other) || other === "nacht"));
    return true;
  });
}

/** "fünfzehn Uhr morgens". */
function contradictsHint(clock: Clock, hint: NamedPart): boolean {
  if (clock.twelveHour) return false;
  return (MORNING.has(hint) && clock.minute > NOON + 60) || (EVENING.has(hint) && clock.minute < NOON - 60);
}

/**
 * The minute that a bare hour means: by the part of the day, else the reading inside the opening hours; when both
 * or none are, 7 to 11 is the morning and 12 to 6 the afternoon (contract, section 5).
 */
export function minuteOf(clock: Clock, hint: NamedPart | null, open: OpenAtMinute): number {
  if (!clock.twelveHour) return clock.minute;
  const early = clock.minute;
  const late = early + NOON;
  if (hint === "nacht") return early < 60 ? DAY + early : early < 360 ? early : late;
  if (hint === "mittag") return early >= 600 ? early : late;
  if (hint && MORNING.has(hint)) return early < 60 ? late : early;
  if (hint && EVENING.has(hint)) return late;
  const [earlyOpen, lateOpen] = [open(early), open(late)];
  if (earlyOpen !== lateOpen) return earlyOpen ? early : late;
  return early >= 420 ? early : late;
}

const publicPart = (part: NamedPart): PartOfDay | null => PARTS_OF_DAY.find((each) => each === part) ?? null;

export function onDay(wish: TimeWish, open: OpenAtMinute): TimeOnDay {
  // The end of a range may be the minute of closing, which is no longer open.
  const openBefore: OpenAtMinute = (minute) => open(minute - 1);
  switch (wish.kind) {
    case "exact":
      return { kind: "exact", minute: minuteOf(wish.clock, wish.hint, open) };
    case "around": {
      const minute = minuteOf(
        wish.clock,
        wish.hint,
        (at) => open(at) || (wish.after === 0 && openBefore(at)),
      );
      const from = Math.max(0, minute - wish.before);
      const to = Math.min(DAY, minute + wish.after);
      const middle = wish.before > 0 && wish.after > 0;
      return window({ from, to, toInclusive: wish.after > 0 }, middle ? minute : null, null);
    }
    case "span":
      return spanOnDay(wish, open);
    case "part":
      return window({ ...PART_WINDOWS[wish.part], toInclusive: false }, null, publicPart(wish.part));
    case "limits":
      return limitsOnDay(wish, open, openBefore);
  }
}

function window(value: StartWindow, preferred: number | null, part: PartOfDay | null): TimeOnDay {
  return { kind: "window", window: value, preferred, part };
}

function spanOnDay(wish: Extract<TimeWish, { kind: "span" }>, open: OpenAtMinute): TimeOnDay {
  const end = (from: number) => {
    if (!wish.to.twelveHour) return wish.to.minute;
    return [wish.to.minute, wish.to.minute + NOON].find((minute) => minute > from) ?? wish.to.minute + NOON;
  };
  let from = minuteOf(wish.from, wish.hint, open);
  // "von acht bis zehn" before opening: the hours must fit the end that was said ("von drei bis 16 Uhr").
  if (wish.from.twelveHour && from >= end(from) && wish.from.minute < end(wish.from.minute))
    from = wish.from.minute;
  return window({ from, to: Math.max(from, end(from)), toInclusive: true }, null, null);
}

/** "ab Mittag" is from noon on, as "vor Mittag" is before it; the other parts begin where they begin. */
const beginning = (part: NamedPart) => (part === "mittag" ? NOON : PART_WINDOWS[part].from);

function limitsOnDay(
  wish: Extract<TimeWish, { kind: "limits" }>,
  open: OpenAtMinute,
  openBefore: OpenAtMinute,
): TimeOnDay {
  let [from, to, toInclusive] = [0, DAY, false];
  for (const limit of wish.limits) {
    const before = limit.side !== "from";
    const minute =
      "part" in limit ? beginning(limit.part) : minuteOf(limit.clock, wish.part, before ? openBefore : open);
    if (!before) from = Math.max(from, minute);
    else if (minute < to) [to, toInclusive] = [minute, limit.side === "until"];
  }
  if (wish.part) {
    const part = PART_WINDOWS[wish.part];
    const overlap = { from: Math.max(from, part.from), to: Math.min(to, part.to) };
    if (overlap.from < overlap.to) {
      toInclusive = toInclusive && to <= part.to;
      [from, to] = [overlap.from, overlap.to];
    }
  }
  return window({ from, to, toInclusive }, null, null);
}
