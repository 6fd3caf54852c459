import type { NoShowMark } from "../calcom/event.js";
import { phoneOfMadeUpEmail } from "../calcom/phone-attendee.js";

/** Whose appointment it is, as we or Cal.com know them. */
export interface Booker {
  email: string | null;
  /** E.164. */
  phone: string | null;
}

/** Clocks differ: Cal.com itself takes no mark before the start (calcom.md 1.9). */
const CLOCKS_DIFFER_MS = 60_000;

/** Whether somebody can have stayed away already. */
export function hasBegun(starts: readonly string[], now: Date): boolean {
  return starts.some((start) => Date.parse(start) - CLOCKS_DIFFER_MS <= now.getTime());
}

/**
 * What the marks of an event say of the booker. Guests are in a booking too, and their absence is none of the
 * appointment's.
 *
 * @returns `null` when they are all about others
 */
export function markOfBooker(marks: readonly NoShowMark[], booker: Booker): boolean | null {
  return marks.findLast((mark) => isAbout(mark, booker))?.absent ?? null;
}

function isAbout(mark: NoShowMark, booker: Booker): boolean {
  if (mark.email === null) return false;
  const email = mark.email.trim().toLowerCase();
  if (booker.email !== null && email === booker.email.trim().toLowerCase()) return true;
  return booker.phone !== null && phoneOfMadeUpEmail(email) === booker.phone;
}
