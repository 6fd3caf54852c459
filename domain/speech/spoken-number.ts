const UNITS = ["null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];
const TEENS = [
  "zehn",
  "elf",
  "zwölf",
  "dreizehn",
  "vierzehn",
  "fünfzehn",
  "sechzehn",
  "siebzehn",
  "achtzehn",
  "neunzehn",
];
const TENS = ["", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"];
const LARGEST = 9_999;

/** As it stands before a noun: "ein Uhr", "hundertein Euro". */
function beforeNoun(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > LARGEST) {
    throw new RangeError(`${value} is no whole number from 0 to ${LARGEST}`);
  }
  if (value < 10) return UNITS[value] ?? "";
  if (value < 20) return TEENS[value - 10] ?? "";
  if (value < 100) {
    const tens = TENS[Math.floor(value / 10)] ?? "";
    return value % 10 === 0 ? tens : `${UNITS[value % 10]}und${tens}`;
  }
  const [size, word] = value < 1000 ? [100, "hundert"] : [1000, "tausend"];
  const many = Math.floor(value / size);
  const rest = value % size;
  return `${many === 1 ? "ein" : beforeNoun(many)}${word}${rest === 0 ? "" : beforeNoun(rest)}`;
}

/**
 * A whole number in words, counted: "eins", "einundzwanzig", "zweitausendsechsundzwanzig".
 *
 * @throws RangeError outside 0 to 9,999
 */
export function spokenInteger(value: number): string {
  const word = beforeNoun(value);
  return value % 100 === 1 ? `${word}s` : word;
}

/** "der dritte", "den dritten", "ein dritter". */
export type OrdinalEnding = "e" | "en" | "er" | "es";

/**
 * "dritten", "einundzwanzigsten".
 *
 * @throws RangeError outside 1 to 9,999
 */
export function spokenOrdinal(value: number, ending: OrdinalEnding): string {
  if (value < 1) throw new RangeError(`${value} is no ordinal`);
  const last = value % 100;
  const irregular: Record<number, string> = { 1: "erst", 3: "dritt", 7: "siebt", 8: "acht" };
  const special = irregular[last];
  if (special !== undefined) return `${value === last ? "" : beforeNoun(value - last)}${special}${ending}`;
  return `${beforeNoun(value)}${last >= 1 && last < 20 ? "t" : "st"}${ending}`;
}

/** What is counted: singular, plural, dative plural and the article's gender. */
const NOUNS = {
  hour: { one: "Stunde", many: "Stunden", dative: "Stunden", feminine: true },
  minute: { one: "Minute", many: "Minuten", dative: "Minuten", feminine: true },
  day: { one: "Tag", many: "Tage", dative: "Tagen", feminine: false },
  week: { one: "Woche", many: "Wochen", dative: "Wochen", feminine: true },
  month: { one: "Monat", many: "Monate", dative: "Monaten", feminine: false },
  appointment: { one: "Termin", many: "Termine", dative: "Terminen", feminine: false },
} as const;
export type CountedNoun = keyof typeof NOUNS;
export type GrammaticalCase = "nominative" | "accusative" | "dative";

/** "eine Stunde", "einen Tag", "zwei Wochen", "in drei Tagen" (dative). */
export function spokenCount(
  value: number,
  noun: CountedNoun,
  grammaticalCase: GrammaticalCase = "nominative",
): string {
  const { one, many, dative, feminine } = NOUNS[noun];
  if (value !== 1)
    return `${value === 0 ? "null" : beforeNoun(value)} ${grammaticalCase === "dative" ? dative : many}`;
  const article = {
    nominative: feminine ? "eine" : "ein",
    accusative: feminine ? "eine" : "einen",
    dative: feminine ? "einer" : "einem",
  }[grammaticalCase];
  return `${article} ${one}`;
}

/**
 * "fünfundvierzig Minuten", "eine Stunde", "zwei Stunden und dreißig Minuten"; from two days on in whole days.
 *
 * @param minutes rounded up to whole ones: nobody is promised less time than it takes
 */
export function spokenDuration(minutes: number, grammaticalCase: GrammaticalCase = "accusative"): string {
  const whole = Math.ceil(minutes);
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  if (hours >= 48 && whole % 1440 === 0) return spokenCount(whole / 1440, "day", grammaticalCase);
  if (hours === 0) return spokenCount(rest, "minute", grammaticalCase);
  const spoken = spokenCount(hours, "hour", grammaticalCase);
  return rest === 0 ? spoken : `${spoken} und ${spokenCount(rest, "minute", grammaticalCase)}`;
}

/**
 * "fünfundzwanzig Euro", "zwanzig Euro fünfzig", "fünfzig Cent".
 *
 * @throws RangeError below zero or above 9,999.99 euros
 */
export function spokenEuros(cents: number): string {
  if (!Number.isInteger(cents) || cents < 0) throw new RangeError(`${cents} is no amount in cents`);
  const [euros, rest] = [Math.floor(cents / 100), cents % 100];
  if (euros === 0 && rest > 0) return `${beforeNoun(rest)} Cent`;
  return rest === 0 ? `${beforeNoun(euros)} Euro` : `${beforeNoun(euros)} Euro ${spokenInteger(rest)}`;
}
