import type { Opening } from "./openings.js";

/** How an alternative relates to the wish. */
export type AlternativeKind = "same_day" | "same_window" | "next_working_day" | "next_week" | "first_free";

export interface Alternative extends Opening {
  kind: AlternativeKind;
}
