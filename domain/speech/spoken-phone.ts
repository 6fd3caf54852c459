import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { spokenInteger } from "./spoken-number.js";

/** "zwo", because "zwei" and "drei" are one word on a bad line. */
const spokenDigit = (digit: string) => (digit === "2" ? "zwo" : spokenInteger(Number(digit)));

/** Two by two; three at the end rather than one alone. */
function pairs(digits: string): string[] {
  const groups: string[] = [];
  let rest = digits;
  while (rest.length > 3) {
    groups.push(rest.slice(0, 2));
    rest = rest.slice(2);
  }
  return rest === "" ? groups : [...groups, rest];
}

/**
 * A number read back in pairs, with a pause (a comma) after the prefix and between them: "null drei null, drei drei,
 * null acht, eins sieben, drei acht". A German number as it is dialled at home, any other with its country code.
 *
 * @param e164 as stored
 */
export function spokenPhone(e164: string): string {
  const parsed = parsePhoneNumberFromString(e164);
  const german = parsed?.countryCallingCode === "49";
  const written = parsed ? (german ? parsed.formatNational() : parsed.formatInternational()) : e164;
  const [prefix = "", ...others] = written
    .replace(/[^\d\s+]/g, " ")
    .trim()
    .split(/\s+/);
  const rest = others.join("");
  const head = prefix.replace("+", "");
  const groups = rest === "" ? pairs(head) : [head, ...pairs(rest)];
  const spoken = groups.map((group) => [...group].map(spokenDigit).join(" ")).join(", ");
  return prefix.startsWith("+") ? `plus ${spoken}` : spoken;
}
