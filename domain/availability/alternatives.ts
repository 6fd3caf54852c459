import { localDate, localMinute } from "./hours.js";
import type { Opening } from "./openings.js";
import { nextOpenDate } from "./why-not.js";

/** How an alternative relates to the wish. */
export type AlternativeKind = "same_day" | "same_window" | "next_working_day" | "next_week" | "first_free";

export interface Alternative extends Opening {
  kind: AlternativeKind;
}

/** What was wished and is refused. */
export interface RefusedWish {
  wished: Date;
  /** Wished part of the day in local minutes, `from <= start < to`; `null`: exactly `wished`. */
  window: { from: number; to: number } | null;
}

const DAY_MINUTES = 1_440;
/** A wished part of the day is looked for on so many other days before the rest of the wished day is. */
const WINDOW_DAYS = 7;
const NOON = 720;

/** Points of salon-gateway 5.4, where a minute away costs one. */
const BONUS = {
  rather: 500,
  other: 300,
  same_window: 0,
  next_working_day: 250,
  next_week: 150,
  first_free: 100,
} as const;

/**
 * The best openings in place of a refused wish, each instant once and never the refused one. Without a part of the
 * day: the nearest, by days and then by time of day, so that another day is offered at the wished time; on the same
 * day a morning wish rather moves to an earlier time, an afternoon wish to a later one. With one: that part of the same day, of the next seven
 * days, the rest of the day, the same weekday of next week, then whatever comes first.
 */
export function bestAlternatives(
  openings: readonly Opening[],
  wish: RefusedWish,
  limit: number,
): Alternative[] {
  const seen = new Set<number>(wish.window === null ? [wish.wished.getTime()] : []);
  const rated: { alternative: Alternative; score: number }[] = [];
  const relations = new Map<string, ReturnType<typeof relationTo>>();
  for (const opening of openings) {
    const at = opening.start.getTime();
    if (seen.has(at)) continue;
    seen.add(at);
    const { branch } = opening;
    const relation = relations.get(branch.id) ?? relationTo(opening, wish);
    relations.set(branch.id, relation);
    rated.push(relation(opening));
  }
  return rated
    .sort((a, b) => b.score - a.score || a.alternative.start.getTime() - b.alternative.start.getTime())
    .slice(0, limit)
    .map(({ alternative }) => alternative);
}

function relationTo({ branch }: Opening, { wished, window }: RefusedWish) {
  const zone = branch.timeZone;
  const wishedDate = localDate(wished.getTime(), zone);
  const wishedMinute = localMinute(wished.getTime(), zone);
  const nextWorking = nextOpenDate(branch, wishedDate);
  return (opening: Opening): { alternative: Alternative; score: number } => {
    const date = localDate(opening.start.getTime(), zone);
    const days = daysBetween(wishedDate, date);
    const minute = localMinute(opening.start.getTime(), zone);
    const inWindow = window !== null && window.from <= minute && minute < window.to;
    const distance = Math.abs(days) * DAY_MINUTES + Math.abs(minute - wishedMinute);
    const kind = kindOf(days, date === nextWorking, inWindow);
    const bonus = kind === "same_day" ? sameDayBonus(minute, wishedMinute) : BONUS[kind];
    // A tier is more than any distance within the longest horizon.
    const score = tierOf(kind, days, inWindow, window !== null) * 1_000 * DAY_MINUTES - distance + bonus;
    return { alternative: { ...opening, kind }, score };
  };
}

function kindOf(days: number, nextWorking: boolean, inWindow: boolean): AlternativeKind {
  if (days === 0) return "same_day";
  if (inWindow && days > 0 && days <= WINDOW_DAYS) return "same_window";
  if (nextWorking) return "next_working_day";
  return days === 7 ? "next_week" : "first_free";
}

function tierOf(kind: AlternativeKind, days: number, inWindow: boolean, windowed: boolean): number {
  if (!windowed) return 0;
  if (days === 0) return inWindow ? 4 : 2;
  if (kind === "same_window") return 3;
  return kind === "next_week" ? 1 : 0;
}

function sameDayBonus(minute: number, wishedMinute: number): number {
  const earlier = minute < wishedMinute;
  return earlier === wishedMinute < NOON ? BONUS.rather : BONUS.other;
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / (DAY_MINUTES * 60_000));
}
