import { distance } from "fastest-levenshtein";
import type { Service, StaffMember } from "../tenant/catalogue.js";
import { colognePhonetics } from "./cologne-phonetics.js";
import { givenText } from "./given.js";
import { foldLetters, soundOf, wordsOf } from "./spoken-words.js";

/** A customer's name, or why what was given is none. */
export type PersonName =
  | { kind: "name"; name: string }
  | { kind: "missing" }
  | {
      kind: "not_a_name";
      reason: "placeholder" | "time" | "staff" | "service" | "salon" | "no_letters" | "too_long";
    };

const LONGEST_NAME = 100;
const TITLES = new Set(["dr", "prof", "doktor", "professor"]);

/** What stands before a name in a sentence. Repeated, because people say several of them. */
const BEFORE =
  /^(?:(?:ja|also|ähm?|hallo|guten (?:tag|morgen|abend)|genau|der name (?:ist|wäre|lautet)|name ist|mein name (?:ist|wäre|lautet)|(?:ich )?hei(?:ß|ss)e|ich bin|hier (?:ist|spricht)|das ist|auf (?:den )?namen?|(?:auf|für|die|der|den|dem)(?= (?:der |die |den )?(?:herrn?|frau)\b)|herrn?|frau|fräulein|familie)(?=[\s,.:])[\s,.:]+)+/iu;
/** A form of address with one word behind it, which then is a surname. */
const ADDRESSED = /\b(?:herrn?|frau|fräulein|familie)\s+[\p{L}\p{M}'’-]+[\s.,!?]*$/iu;
/** A number behind the name, with or without what announces it: "Hans Meier, Tel 0151 1234". */
const NUMBER_BEHIND =
  /[\s,;:.(–-]+(?:(?:und|meine|die)\s+)*(?:(?:tel|telefon|telefonnummer|handy|handynummer|mobil|mobilnummer|nummer|rufnummer|unter|phone)\b[\s.:]*(?:ist|lautet|unter)?[\s.:]*)?\+?\d[\d\s()/.-]{3,}$/iu;
/** What stands after it. */
const AFTER = /[\s,.;:!?]+(?:bitte|danke|am apparat|ist mein name|mein name|hei(?:ß|ss)e ich)?[\s,.;:!?]*$/iu;

const PLACEHOLDERS = new Set(
  [
    "unbekannt unbekannter unbekannte kunde kundin neuer neue kein kunden neukunde neukundin gast anonym anonymer anonyme anonymous",
    "unknown customer client caller user guest name vorname nachname kundenname anrufer anruferin niemand jemand keiner",
    "test tester testkunde testname max-mustermann mustermann musterfrau platzhalter john-doe jane-doe doe na keine angabe",
    "privat privatnummer unterdrueckt nummer telefon ja nein ok okay hallo danke bitte ich selbst selber",
    "aeh aehm aeaeh eh ehm oeh hm hmm mh mhm tja guten gute guter tag moin servus gruess gott der die das ein eine einen einer wer",
    "maennlich weiblich tel telefonnummer handynummer rufnummer true false herr frau herrn mann person patient patientin first last firstname lastname fullname customername nicht",
  ].flatMap((line) => line.split(" ")),
);
/** Both words together, though each alone is somebody's name. */
const PLACEHOLDER_PAIRS = new Set([
  "john doe",
  "jane doe",
  "max mustermann",
  "erika mustermann",
  "test test",
  "vorname nachname",
]);

const TIME_WORDS = new Set(
  [
    "uhr heute morgen morgens uebermorgen gestern montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag",
    "vormittag vormittags nachmittag nachmittags mittag mittags abend abends frueh spaet nacht halb viertel dreiviertel",
    "januar februar maerz april mai juni juli august september oktober november dezember woche wochen monat",
    "naechste naechsten naechster kommenden minuten minute stunde stunden tag tage termin",
  ].flatMap((line) => line.split(" ")),
);
/** Behind "Herr" or "Frau" they are surnames, as are numerals ("Frau Sieben"). */
const SURNAMES_TOO = new Set(
  [
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag morgen abend mittag nacht frueh spaet",
    "januar februar maerz april mai juni juli august september oktober november dezember stunde",
  ].flatMap((line) => line.split(" ")),
);
/** Alone they are first names; beside a number or "im" they are months. */
const FIRST_NAMES_TOO = new Set(["april", "august"]);
const NUMBERS = new Set(
  "null eins ein zwei zwo drei vier fuenf sechs sieben acht neun zehn elf zwoelf dreizehn vierzehn fuenfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreissig vierzig fuenfzig".split(
    " ",
  ),
);
const ORDINAL =
  /^(erste|zweite|dritte|siebte|achte|[a-z]*(?:vier|fuenf|sechs|neun|zehn|elf|zwoelf)te|[a-z]*ssig?ste|[a-z]*zigste)[nrs]?$/;
const SMALL_WORDS = new Set(
  "guten um am im an in ab gegen vor nach bis zwischen und kurz so den der dem die bei beim mit fuer zu zum zur".split(
    " ",
  ),
);

/**
 * The name of a customer from what a voice agent filled in: sentence and form of address taken off ("Frau
 * Müller" is "Müller"), or why it is none (post-mortem 11.74: "acht Uhr" and "bei Emma" were stored as names).
 *
 * @param known the tenant's staff and services, and what the salon itself is called; a surname like a colleague's first name beside another word is a name
 */
export function personName(
  value: unknown,
  known: {
    staff: readonly StaffMember[];
    services: readonly Service[];
    company?: { name: string };
    branches?: readonly { name: string }[];
  },
): PersonName {
  const given = givenText(value);
  if (given === null) return { kind: "missing" };
  const bare = trimmed(given);
  const words = wordsOf(bare);
  if (words.length === 0 || !/\p{L}{2}/u.test(bare)) return { kind: "not_a_name", reason: "no_letters" };
  if (bare.length > LONGEST_NAME) return { kind: "not_a_name", reason: "too_long" };
  if (isPlaceholder(words)) return { kind: "not_a_name", reason: "placeholder" };
  const surname =
    words.length === 1 && ADDRESSED.test(`${given} `.replace(AFTER, "")) && isSurnameToo(words[0] ?? "");
  if (!surname && isTime(words)) return { kind: "not_a_name", reason: "time" };
  if (isStaff(given, words, known.staff)) return { kind: "not_a_name", reason: "staff" };
  if (isService(words, known.services)) return { kind: "not_a_name", reason: "service" };
  if (!ADDRESSED.test(given) && isSalon(words, known)) return { kind: "not_a_name", reason: "salon" };
  return { kind: "name", name: bare };
}

function isSurnameToo(word: string): boolean {
  return SURNAMES_TOO.has(word) || NUMBERS.has(word);
}

/** "Friseur 1", "Salon Friseur 1": what the caller has dialled. Of a salon named after somebody "Müller" is a customer. */
function isSalon(
  words: readonly string[],
  { company, branches = [] }: { company?: { name: string }; branches?: readonly { name: string }[] },
): boolean {
  return [...(company ? [company] : []), ...branches].some(({ name }) => {
    const own = wordsOf(name).join(" ");
    return own === words.join(" ") || `salon ${own}` === words.join(" ");
  });
}

function trimmed(given: string): string {
  let bare = given.replace(NUMBER_BEHIND, "");
  bare = `${bare} `.replace(AFTER, "").trim();
  bare = bare.replace(BEFORE, "").replace(AFTER, "").trim();
  // What no name holds: quotes, brackets, signs. Marks that do belong to names stay.
  return bare
    .replace(/[^\p{L}\p{M}\p{N}\s.'’‘`´ʼʻ\-‐‑–·]+/gu, " ")
    .replace(/\s+/gu, " ")
    .replace(/^[\s.-]+|[\s-]+$/gu, "")
    .trim();
}

function isPlaceholder(words: readonly string[]): boolean {
  return (
    PLACEHOLDER_PAIRS.has(words.join(" ")) ||
    words.every((word) => PLACEHOLDERS.has(word) || /^\d+$/.test(word))
  );
}

function isTime(words: readonly string[]): boolean {
  const [only] = words;
  if (words.length === 1 && only !== undefined) {
    return (TIME_WORDS.has(only) || NUMBERS.has(only)) && !FIRST_NAMES_TOO.has(only);
  }
  const timely = (word: string) =>
    TIME_WORDS.has(word) || NUMBERS.has(word) || ORDINAL.test(word) || /^\d+$/.test(word);
  return words.some(timely) && words.every((word) => timely(word) || SMALL_WORDS.has(word));
}

/** "bei Emma", a first name or the whole name of somebody who works here; a customer may share one of two names. */
function isStaff(given: string, words: readonly string[], staff: readonly StaffMember[]): boolean {
  const at = /^(?:bei|beim)\b/iu.test(given);
  const bare = words.filter((word) => !TITLES.has(word));
  return staff.some((member) => {
    const own = wordsOf(member.name).filter((word) => !TITLES.has(word));
    if (at) return bare.some((word) => own.includes(word));
    return own.join(" ") === bare.join(" ") || (bare.length === 1 && own[0] === bare[0]);
  });
}

function isService(words: readonly string[], services: readonly Service[]): boolean {
  const compact = words.join("");
  return services.some((service) =>
    [service.name, service.slug, ...service.aliases].some((text) => wordsOf(text).join("") === compact),
  );
}

/**
 * Whether two names may be the same one, misheard: equal to the ear (Kölner Phonetik) or at most two letters
 * apart. Only a candidate, and only where a second factor agrees already, such as the phone number within the
 * tenant (voice-agents 3.6, post-mortem 11.71).
 */
export function mayBeSameName(a: string, b: string): boolean {
  const [first, second] = [nameParts(a), nameParts(b)];
  if (first.length === 0 || second.length === 0) return false;
  const [fewer, more] = first.length <= second.length ? [first, second] : [second, first];
  // One may give the surname only; each part that both give must agree with one of the other's.
  return fewer.every((part) => more.some((other) => partsAgree(part, other)));
}

function nameParts(name: string): string[] {
  return wordsOf(name.replace(/(?<=\p{L})['’‘`´ʼʻ](?=\p{L})/gu, "")).filter(
    (word) => !["dr", "prof", "herr", "frau", "von", "van", "der", "de", "zu"].includes(word),
  );
}

function partsAgree(a: string, b: string): boolean {
  const apart = distance(foldLetters(a), foldLetters(b));
  const shorter = Math.min(a.length, b.length);
  // Two letters make "Jan" of "Max": what is short must be nearer, or sound alike from its first letter on.
  if (apart <= (shorter >= 5 ? 2 : shorter >= 3 ? 1 : 0)) return true;
  return colognePhonetics(a) === colognePhonetics(b) && soundOf(a)[0] === soundOf(b)[0];
}

/** Before a surname, and part of it. */
const PARTICLES = new Set(
  "von vom van de der den del della di da dos das du zu zum zur ter ten la le al el bin ibn ben".split(" "),
);

/** What a customer is called by first name; `null` where the name holds none ("von der Heide", "Dr. Meier"). */
export function firstNameOf(name: string): string | null {
  const words = name.split(/\s+/u).filter((word) => word !== "");
  const [first, ...others] = words.filter((word) => !TITLES.has(wordsOf(word)[0] ?? ""));
  if (first === undefined || PARTICLES.has(wordsOf(first)[0] ?? "")) return null;
  // Behind a title one name alone is the surname.
  return others.length === 0 && words.length > 1 ? null : first;
}
