import { type LocalDate, localDate, plusDays, weekdayOf } from "./local-time.js";

/** Easter Sunday of a year of the Gregorian calendar (Gauss, as corrected by Lichtenberg). */
function easter(year: number): LocalDate {
  const century = Math.floor(year / 100);
  const moon = 15 + Math.floor((3 * century + 3) / 4) - Math.floor((8 * century + 13) / 25);
  const sun = 2 - Math.floor((3 * century + 3) / 4);
  const cycle = year % 19;
  const seed = (19 * cycle + moon) % 30;
  const correction = Math.floor((seed + Math.floor(cycle / 11)) / 29);
  const border = 21 + seed - correction;
  const firstSunday = 7 - ((year + Math.floor(year / 4) + sun) % 7);
  return plusDays(fixed(3)(year), border + 7 - ((border - firstSunday) % 7) - 1);
}

const fixed =
  (month: number, day = 1) =>
  (year: number): LocalDate =>
    localDate(year, month, day) ?? "";
const fromEaster = (days: number) => (year: number) => plusDays(easter(year), days);

/** The fourth Sunday before Christmas Day is the first of Advent. */
const advent = (nth: number) => (year: number) => {
  const christmas = fixed(12, 25)(year);
  return plusDays(christmas, -weekdayOf(christmas) - 7 * (4 - nth));
};

/** The second Sunday of May, unless that is Whit Sunday (an agreement of the florists; then a week earlier). */
const mothersDay = (year: number) => {
  const first = fixed(5)(year);
  const second = plusDays(first, 14 - weekdayOf(first));
  return second === fromEaster(49)(year) ? plusDays(second, -7) : second;
};

/** The Wednesday before the 23rd of November. */
const repentance = (year: number) => {
  const end = fixed(11, 22)(year);
  return plusDays(end, -((weekdayOf(end) + 4) % 7));
};

/** Days that callers name, wherever they are public holidays. Names are folded, without spaces. */
export const HOLIDAYS: Record<string, (year: number) => LocalDate> = {
  neujahr: fixed(1),
  heiligedreikoenige: fixed(1, 6),
  valentinstag: fixed(2, 14),
  frauentag: fixed(3, 8),
  rosenmontag: fromEaster(-48),
  faschingsdienstag: fromEaster(-47),
  aschermittwoch: fromEaster(-46),
  gruendonnerstag: fromEaster(-3),
  karfreitag: fromEaster(-2),
  karsamstag: fromEaster(-1),
  ostersonntag: fromEaster(0),
  ostermontag: fromEaster(1),
  tagderarbeit: fixed(5),
  muttertag: mothersDay,
  himmelfahrt: fromEaster(39),
  pfingstsamstag: fromEaster(48),
  pfingstsonntag: fromEaster(49),
  pfingstmontag: fromEaster(50),
  fronleichnam: fromEaster(60),
  mariaehimmelfahrt: fixed(8, 15),
  tagderdeutscheneinheit: fixed(10, 3),
  halloween: fixed(10, 31),
  reformationstag: fixed(10, 31),
  allerheiligen: fixed(11),
  bussundbettag: repentance,
  totensonntag: (year) => plusDays(advent(1)(year), -7),
  ersteradvent: advent(1),
  zweiteradvent: advent(2),
  dritteradvent: advent(3),
  vierteradvent: advent(4),
  nikolaus: fixed(12, 6),
  heiligabend: fixed(12, 24),
  ersterweihnachtstag: fixed(12, 25),
  zweiterweihnachtstag: fixed(12, 26),
  silvester: fixed(12, 31),
};

/** Feasts of several days: no day by themselves, but "vor" and "nach" them is clear. First and last day. */
export const SEASONS: Record<
  string,
  { first: (year: number) => LocalDate; last: (year: number) => LocalDate }
> = {
  weihnachten: { first: fixed(12, 24), last: fixed(12, 26) },
  ostern: { first: fromEaster(-2), last: fromEaster(1) },
  pfingsten: { first: fromEaster(49), last: fromEaster(50) },
  karneval: { first: fromEaster(-52), last: fromEaster(-46) },
};

const OTHER_NAMES: Record<string, string> = {
  neujahrstag: "neujahr",
  dreikoenig: "heiligedreikoenige",
  dreikoenigstag: "heiligedreikoenige",
  heiligendreikoenige: "heiligedreikoenige",
  heiligedreikoenig: "heiligedreikoenige",
  valentin: "valentinstag",
  weltfrauentag: "frauentag",
  fastnacht: "karneval",
  fasching: "karneval",
  fastnachtsdienstag: "faschingsdienstag",
  veilchendienstag: "faschingsdienstag",
  ostersamstag: "karsamstag",
  maifeiertag: "tagderarbeit",
  christihimmelfahrt: "himmelfahrt",
  himmelfahrtstag: "himmelfahrt",
  vatertag: "himmelfahrt",
  deutscheeinheit: "tagderdeutscheneinheit",
  deutscheneinheit: "tagderdeutscheneinheit",
  allerheiligentag: "allerheiligen",
  ewigkeitssonntag: "totensonntag",
  nikolaustag: "nikolaus",
  nikolausi: "nikolaus",
  heiligerabend: "heiligabend",
  heiligenabend: "heiligabend",
  heilgabend: "heiligabend",
  weihnachtsabend: "heiligabend",
  weihnacht: "weihnachten",
  sylvester: "silvester",
  silvesterabend: "silvester",
  altjahrsabend: "silvester",
};

/** @param name one or several folded words, joined */
export function holidayNamed(name: string): string | null {
  const known = OTHER_NAMES[name] ?? name;
  return Object.hasOwn(HOLIDAYS, known) || Object.hasOwn(SEASONS, known) ? known : null;
}

/** The first and last day of it in that year. */
export function holidayIn(
  name: string,
  year: number,
): { first: LocalDate; last: LocalDate; season: boolean } | null {
  const season = SEASONS[name];
  if (season) return { first: season.first(year), last: season.last(year), season: true };
  const at = HOLIDAYS[name];
  return at ? { first: at(year), last: at(year), season: false } : null;
}
