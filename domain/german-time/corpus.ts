import type { PartOfDay } from "./reading.js";

/** What was said, and how it must be read in the notation of `corpus-notation.ts`. */
export type CorpusCase = readonly [whenText: string, expected: string];

export interface CorpusGroup {
  title: string;
  /** Local time in Europe/Berlin; Wednesday, 25 November 2026, at three unless the group says otherwise. */
  now?: string;
  /** Opening hours per weekday from Monday on, `null` is closed; Friseur 1's unless the group says otherwise. */
  hours?: readonly (readonly [from: string, to: string] | null)[];
  /** Arguments of the model beside the words. */
  args?: { date?: string; time?: string; partOfDay?: PartOfDay };
  cases: readonly CorpusCase[];
}
