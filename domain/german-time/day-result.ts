import type { LocalDate } from "./local-time.js";
import type { Bound, DayPart } from "./phrase.js";
import type { Ambiguity } from "./reading.js";

export type DayResult =
  | { kind: "none" }
  /** A week, a weekend, a month: no day. `first` and `last` where its limits are known. */
  | { kind: "vague"; first: LocalDate | null; last: LocalDate | null }
  | { kind: "days"; dates: [LocalDate] | [LocalDate, LocalDate]; why: Ambiguity; absolute: boolean }
  | { kind: "range"; from: LocalDate; until: LocalDate | null }
  | { kind: "in_past"; date: LocalDate | null }
  | { kind: "invalid" };

export const VAGUE: DayResult = { kind: "vague", first: null, last: null };
export const PAST = (date: LocalDate | null): DayResult => ({ kind: "in_past", date });
export const one = (date: LocalDate, absolute = false): DayResult => ({
  kind: "days",
  dates: [date],
  why: "alternatives",
  absolute,
});
export const two = (first: LocalDate, second: LocalDate, why: Ambiguity, absolute = false): DayResult =>
  first === second ? one(first, absolute) : { kind: "days", dates: [first, second], why, absolute };

/** The pieces that name one day. */
export class Spec {
  readonly parts: DayPart[] = [];
  constructor(readonly bound: Bound | null) {}

  get<K extends DayPart["kind"]>(kind: K): Extract<DayPart, { kind: K }> | null {
    const part = this.parts.find((candidate) => candidate.kind === kind);
    return (part as Extract<DayPart, { kind: K }> | undefined) ?? null;
  }

  has(kind: DayPart["kind"]): boolean {
    return this.parts.some((part) => part.kind === kind);
  }
}
