import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/max";

/** What people write between the digits. Words are none of it: in them a number would be guessed. */
const WRITTEN_NUMBER = /^\+?[\d\s().,/\-‐‑–]+$/;

/**
 * Normalises a phone number to E.164.
 *
 * @param region where a number without a country code is dialled
 * @returns `null` when it is no valid number
 */
export function normalisePhone(text: string, region: CountryCode = "DE"): string | null {
  const written = text.trim();
  if (!WRITTEN_NUMBER.test(written)) return null;
  const parsed = parsePhoneNumberFromString(written, region);
  return parsed?.isValid() ? parsed.number : null;
}
