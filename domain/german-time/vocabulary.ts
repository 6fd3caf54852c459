import type { NamedPart } from "./phrase.js";

/** All words are folded (`tokens.ts`). */
export const WEEKDAYS = new Map<string, number>(
  ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"].flatMap((name, index) => [
    [name, index + 1] as const,
    [`${name}s`, index + 1] as const,
  ]),
)
  .set("sonnabend", 6)
  .set("sonnabends", 6);

export const MONTHS = new Map<string, number>(
  [
    ["januar", "jan", "jaenner", "januars"],
    ["februar", "feb", "feber", "februars"],
    ["maerz", "maer", "mrz"],
    ["april", "apr"],
    ["mai"],
    ["juni", "jun", "juno"],
    ["juli", "jul", "julei"],
    ["august", "aug"],
    ["september", "sep", "sept"],
    ["oktober", "okt"],
    ["november", "nov"],
    ["dezember", "dez"],
  ].flatMap((names, index) => names.map((name) => [name, index + 1] as const)),
);

export const PARTS = new Map<string, NamedPart>([
  ["frueh", "früh"],
  ["fruehe", "früh"],
  ["fruehmorgens", "früh"],
  ["morgens", "morgens"],
  ["vormittag", "vormittag"],
  ["vormittags", "vormittag"],
  ["spaetvormittag", "später vormittag"],
  ["spaetvormittags", "später vormittag"],
  ["mittag", "mittag"],
  ["mittags", "mittag"],
  ["mittagszeit", "mittag"],
  ["mittagspause", "mittag"],
  ["nachmittag", "nachmittag"],
  ["nachmittags", "nachmittag"],
  ["spaetnachmittag", "später nachmittag"],
  ["spaetnachmittags", "später nachmittag"],
  ["abend", "abend"],
  ["abends", "abend"],
  ["feierabend", "abend"],
  ["fruehabend", "früher abend"],
  ["fruehabends", "früher abend"],
  ["spaet", "spät"],
  ["spaetabends", "spät"],
  ["nacht", "nacht"],
  ["nachts", "nacht"],
]);

/** "am frühen Morgen", "spät am Nachmittag": of the part, what "früh" and "spät" leave of it. */
export const NARROWED: Record<"frueh" | "spaet", Partial<Record<NamedPart, NamedPart>>> = {
  frueh: {
    morgens: "früh",
    vormittag: "früher vormittag",
    nachmittag: "früher nachmittag",
    abend: "früher abend",
  },
  spaet: { vormittag: "später vormittag", nachmittag: "später nachmittag", abend: "spät" },
};

/** Local minutes of each part (contract, section 5). The night and the early and late parts are no values of it. */
export const PART_WINDOWS: Record<NamedPart, { from: number; to: number }> = {
  früh: { from: 360, to: 540 },
  morgens: { from: 360, to: 600 },
  vormittag: { from: 540, to: 720 },
  mittag: { from: 660, to: 840 },
  nachmittag: { from: 720, to: 1080 },
  abend: { from: 1020, to: 1260 },
  spät: { from: 1140, to: 1320 },
  nacht: { from: 1320, to: 1440 },
  "früher vormittag": { from: 540, to: 630 },
  "später vormittag": { from: 630, to: 720 },
  "früher nachmittag": { from: 720, to: 900 },
  "später nachmittag": { from: 960, to: 1080 },
  "früher abend": { from: 1020, to: 1140 },
};

/** A number before one of these is a length, an age or a count, never an hour. */
export const UNITS =
  /^(tage?n?|wochen?|monate?n?|jahren?|jahre?|stunden?|minuten?|min|sekunden?|personen|person|leute|leuten|kinder|kindern|mal|euro|cent|prozent|zentimeter|cm|meter|plaetze|termine|freunde|freundinnen|mann|damen|herren)$/;

export const ARTICLES: ReadonlySet<string> = new Set([
  "am",
  "an",
  "den",
  "der",
  "dem",
  "des",
  "die",
  "das",
  "zum",
  "zu",
  "im",
  "in",
  "auf",
  "fuer",
  "einschliesslich",
  "inklusive",
  "noch",
]);
