import type { StaffMember } from "../tenant/catalogue.js";
import { givenText } from "./given.js";
import { soundDistance, wordsOf } from "./spoken-words.js";

export type StaffMatch =
  /** Nobody was asked for: whoever is free. */
  | { kind: "any" }
  | { kind: "one"; member: StaffMember }
  /** The name fits several, or several were named. */
  | { kind: "ambiguous"; candidates: StaffMember[] }
  /** Somebody was asked for who is not there; never replaced silently. */
  | { kind: "unknown"; phrase: string };

/** Words around a name. Titles and "Frau", "Herr" too: the name beside them decides. */
const AROUND = new Set(
  [
    "bei beim von vom zu zur zum mit fuer am an in der die das den dem des ein eine einen einem einer",
    "ich haette moechte will wuerde gern gerne lieber am liebsten bitte wenn es geht ist da sein sollte soll nur wieder mal",
    "termin mitarbeiter mitarbeiterin stylist stylistin friseur friseurin kollege kollegin",
    "herr herrn frau fraeulein dr doktor prof professor und oder also aeh aehm ja nochmal",
  ].flatMap((line) => line.split(" ")),
);
/** Around a name they are nothing, alone they are a wish for somebody whom we cannot tell. */
const SOMEBODY = new Set("herr herrn frau fraeulein mitarbeiterin stylistin friseurin kollegin".split(" "));
const NOT = new Set("nicht kein keine keinen keinem ausser ohne".split(" "));
const DIRECT_ANY = new Set(
  [
    "egal irgendwer irgendwem irgendwen irgendjemand irgendjemandem irgendjemanden irgendeiner irgendeinem irgendeine irgendeinen",
    "jeder jedem jeden alle beliebig wurst wurscht schnuppe any anyone anybody whoever",
  ].flatMap((line) => line.split(" ")),
);
const ANY_PHRASE =
  /\b(wer (gerade |eben |halt |auch )?(immer )?(zeit hat|frei ist|da ist|kann)|wer (auch )?immer|wem (auch )?immer|wer am schnellsten|spielt keine rolle|(ist|waere) (mir )?gleich|kein(e|en)? (praeferenz|vorliebe|wunsch|bestimmten?|besonderen?)|niemand bestimmten?s?)\b/;

/**
 * Which member of the staff a caller asks for: first name, surname or both, as said or by ear, with or
 * without "Frau", "Herr" and what stands around. Two of one name are never told apart by guessing
 * (salon-gateway 1.7).
 *
 * @param phrase as the tool gets it; nothing given is nobody asked for
 */
export function matchStaff(phrase: string | null, staff: readonly StaffMember[]): StaffMatch {
  const given = givenText(phrase);
  if (given === null) return { kind: "any" };
  const heard = wordsOf(given);
  const text = heard.join(" ");
  const named = namedIn(
    heard.filter((word) => !AROUND.has(word)),
    staff,
  );
  // "nicht bei Emma" asks for somebody, and we cannot tell whom.
  if (named.length > 0 && heard.some((word) => NOT.has(word))) return { kind: "unknown", phrase: given };
  const [only] = named;
  if (named.length === 1 && only !== undefined) return { kind: "one", member: only };
  if (named.length > 1) return { kind: "ambiguous", candidates: named };
  if (ANY_PHRASE.test(text) || heard.some((word) => DIRECT_ANY.has(word))) return { kind: "any" };
  const nobody = heard.every((word) => AROUND.has(word) && !SOMEBODY.has(word));
  return nobody ? { kind: "any" } : { kind: "unknown", phrase: given };
}

/** The members whom these words name, in the order of the list. */
function namedIn(heard: readonly string[], staff: readonly StaffMember[]): StaffMember[] {
  const exact = bestOf(heard, staff, (word, own) => word === own);
  if (exact.length > 0) return exact;
  return bestOf(
    heard,
    staff,
    (word, own, first) => soundDistance(word, own) !== null && !(first && otherGender(word, own)),
  );
}

/**
 * Each word stands for the members who bear it. A member whom more of the words name than another that the
 * same word fits is the one that is meant: "Emma Williams" is not the other Emma.
 */
function bestOf(
  heard: readonly string[],
  staff: readonly StaffMember[],
  same: (word: string, own: string, first: boolean) => boolean,
): StaffMember[] {
  const hits = new Map(
    staff.map((member) => {
      const own = namesOf(member);
      return [
        member,
        new Set(heard.filter((word) => own.some((name) => same(word, name, name === own[0])))),
      ] as const;
    }),
  );
  return staff.filter((member) => {
    const mine = hits.get(member) ?? new Set();
    if (mine.size === 0) return false;
    return !staff.some((other) => {
      const theirs = hits.get(other) ?? new Set();
      return other !== member && theirs.size > mine.size && [...mine].every((word) => theirs.has(word));
    });
  });
}

/** "Michaela" is not a misheard Michael, nor Christina a Christian. */
function otherGender(a: string, b: string): boolean {
  return a.endsWith("a") !== b.endsWith("a") && !a.endsWith("ah") && !b.endsWith("ah");
}

function namesOf(member: StaffMember): string[] {
  return [...wordsOf(member.name), ...wordsOf(member.slug)].filter((word) => !AROUND.has(word));
}

/**
 * What a member is called when spoken: the first name, as salons do, or the whole name where another of the
 * staff has the same first name. Titles are not said.
 */
export function calledName(member: StaffMember, staff: readonly StaffMember[]): string {
  const whole = withoutTitles(member.name);
  const first = whole.split(" ")[0] ?? whole;
  const shared = staff.some(
    (other) => other.id !== member.id && withoutTitles(other.name).split(" ")[0] === first,
  );
  return shared ? whole : first;
}

function withoutTitles(name: string): string {
  const words = name.split(/\s+/u).filter((word) => !/^(dr|prof|herr|frau|dipl|med|ing)\.?$/iu.test(word));
  return words.length === 0 ? name : words.join(" ");
}
