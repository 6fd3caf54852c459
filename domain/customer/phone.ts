import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/max";

/**
 * Normalises a phone number to E.164.
 *
 * @param region where a number without a country code is dialled
 * @returns `null` when it is no valid number
 */
export function normalisePhone(text: string, region: CountryCode = "DE"): string | null {
  const parsed = parsePhoneNumberFromString(text, region);
  return parsed?.isValid() ? parsed.number : null;
}
