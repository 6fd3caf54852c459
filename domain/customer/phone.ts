import { type CountryCode, getCountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/max";

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
  return withoutPlus(written, region) ?? validNumber(written, region);
}

/** No subscriber's number is shorter, its country code included. */
const DIGITS_WITH_COUNTRY = 9;

/**
 * As networks and many programs show a caller: the country code without its plus. Read as dialled at home, "49 151
 * 12345678" would be a number of the area 04915.
 */
function withoutPlus(written: string, region: CountryCode): string | null {
  const digits = written.replace(/\D/g, "");
  const international =
    !written.startsWith("+") &&
    digits.length >= DIGITS_WITH_COUNTRY &&
    digits.startsWith(getCountryCallingCode(region));
  return international ? validNumber(`+${digits}`, region) : null;
}

function validNumber(text: string, region: CountryCode): string | null {
  const parsed = parsePhoneNumberFromString(text, region);
  return parsed?.isValid() ? parsed.number : null;
}
