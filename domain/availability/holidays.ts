import { getHolidays } from "feiertagejs";

/** The German Länder by ISO 3166-2. */
export const REGIONS = [
  "DE-BW",
  "DE-BY",
  "DE-BE",
  "DE-BB",
  "DE-HB",
  "DE-HH",
  "DE-HE",
  "DE-MV",
  "DE-NI",
  "DE-NW",
  "DE-RP",
  "DE-SL",
  "DE-SN",
  "DE-ST",
  "DE-SH",
  "DE-TH",
] as const;

export type Region = (typeof REGIONS)[number];

/** When a branch is closed for the whole day. */
export interface ClosedDays {
  /** `YYYY-MM-DD` in the branch's zone. */
  closedOn: readonly string[];
  region: Region | null;
  /** Open although a public holiday. */
  openOn: readonly string[];
}

/** Whether the branch is closed on this local date (`YYYY-MM-DD`), whatever its weekly hours say. */
export function isClosedDay(branch: ClosedDays, date: string): boolean {
  if (branch.closedOn.includes(date)) return true;
  if (branch.region === null || branch.openOn.includes(date)) return false;
  return publicHolidays(branch.region, Number(date.slice(0, 4))).has(date);
}

const known = new Map<string, ReadonlySet<string>>();

/** The public holidays of a Land in a year, as `YYYY-MM-DD`. */
export function publicHolidays(region: Region, year: number): ReadonlySet<string> {
  const key = `${region} ${year}`;
  const found = known.get(key);
  if (found) return found;
  const land = LAENDER[region];
  const days = new Set(
    getHolidays(year, land)
      .filter((holiday) => holiday.regions.includes(land))
      .map((holiday) => holiday.dateString),
  );
  known.set(key, days);
  return days;
}

const LAENDER = {
  "DE-BW": "BW",
  "DE-BY": "BY",
  "DE-BE": "BE",
  "DE-BB": "BB",
  "DE-HB": "HB",
  "DE-HH": "HH",
  "DE-HE": "HE",
  "DE-MV": "MV",
  "DE-NI": "NI",
  "DE-NW": "NW",
  "DE-RP": "RP",
  "DE-SL": "SL",
  "DE-SN": "SN",
  "DE-ST": "ST",
  "DE-SH": "SH",
  "DE-TH": "TH",
} as const satisfies Record<Region, string>;
