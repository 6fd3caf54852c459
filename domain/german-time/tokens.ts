import { misheardWeekday } from "./misheard-weekday.js";
import { cardinal, ordinal } from "./number-words.js";

export type Token =
  | { kind: "word"; text: string }
  /** A numeral, in digits or words. `word` is how it was written, for "ein" and "acht". */
  | { kind: "number"; value: number; word: string; digits: boolean }
  /** "dritten", "3." before a word. */
  | { kind: "ordinal"; value: number; word: string }
  /** "14:30"; `padded` is "08:30" or "10:30", which nobody writes who means the evening. */
  | { kind: "clock"; hour: number; minute: number; padded: boolean }
  /** "15.1.", "15.01.2027", "2027-01-15". */
  | { kind: "date"; day: number; month: number; year: number | null }
  /** "10.30": a date or a time, as what stands around it says. */
  | { kind: "dotted"; first: number; second: number; padded: boolean }
  | { kind: "punctuation"; text: "," | "." | "?" | "-" };

/** What transcribers and language models write instead of umlauts. */
const WITHOUT_UMLAUT: Record<string, string> = {
  ubermorgen: "uebermorgen",
  nachste: "naechste",
  nachsten: "naechsten",
  nachster: "naechster",
  nachstes: "naechstes",
  nachstem: "naechstem",
  ubernachste: "uebernaechste",
  ubernachsten: "uebernaechsten",
  fruh: "frueh",
  spat: "spaet",
  funf: "fuenf",
  zwolf: "zwoelf",
  marz: "maerz",
  dreisig: "dreissig",
  viertl: "viertel",
  dreiviertl: "dreiviertel",
};

/** Lower case, umlauts and ß written out, accents dropped. */
export function fold(text: string): string {
  return text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("ä", "ae")
    .replaceAll("ö", "oe")
    .replaceAll("ü", "ue")
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replace(/\p{M}/gu, "");
}

const PATTERNS: [RegExp, (match: string[]) => Token[]][] = [
  [
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?(?!\d)/,
    ([, year, month, day, hour, minute]) => [
      { kind: "date", day: Number(day), month: Number(month), year: Number(year) },
      ...(hour === undefined
        ? []
        : [{ kind: "clock" as const, hour: Number(hour), minute: Number(minute), padded: true }]),
    ],
  ],
  [
    /^(\d{1,2})\s?[./]\s?(\d{1,2})\s?[./]\s?(\d{4}|\d{2})(?!\d|[:.]\d|\s?uhr)/,
    ([, day, month, year = ""]) => [
      {
        kind: "date",
        day: Number(day),
        month: Number(month),
        year: Number(year) + (year.length === 2 ? 2000 : 0),
      },
    ],
  ],
  [
    /^(\d{1,2})\.\s?(\d{1,2})\.(?!\d)/,
    ([, day, month]) => [{ kind: "date", day: Number(day), month: Number(month), year: null }],
  ],
  [
    /^(\d{1,2})[:h](\d{2})(?::\d{2})?(?!\d)/,
    ([, hour = "", minute]) => [
      { kind: "clock", hour: Number(hour), minute: Number(minute), padded: hour.length === 2 },
    ],
  ],
  [
    /^(\d{1,2})\.(\d{1,2})(?!\d)/,
    ([, first = "", second]) => [
      { kind: "dotted", first: Number(first), second: Number(second), padded: first.length === 2 },
    ],
  ],
  // "1430 Uhr" is what some transcribers make of "vierzehn Uhr dreißig".
  [
    /^(\d{1,2})(\d{2})(?=\s?uhr)/,
    ([, hour = "", minute]) => [
      { kind: "clock", hour: Number(hour), minute: Number(minute), padded: hour.length === 2 },
    ],
  ],
  [
    /^(\d{1,2})(?:\.(?=\s*[a-z])|(?:te[nrms]?|ste[nrms]?)\b)/,
    ([, value = ""]) => [{ kind: "ordinal", value: Number(value), word: value }],
  ],
  [/^\d{1,6}/, ([value = ""]) => [{ kind: "number", value: Number(value), word: value, digits: true }]],
  [/^[,;:]/, () => [{ kind: "punctuation", text: "," }]],
  [/^[.!…]+/, () => [{ kind: "punctuation", text: "." }]],
  [/^\?/, () => [{ kind: "punctuation", text: "?" }]],
  [/^[-–—]/, () => [{ kind: "punctuation", text: "-" }]],
];

const COMPOUND =
  /^(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|heute|uebermorgen|morgen)(frueh|morgen|vormittag|mittag|nachmittag|abend|nacht)s?$/;

/** A word of its own for each word that says something: "Dienstagabend" is two, "viertelnach" too. */
function wordTokens(folded: string): Token[] {
  const text = WITHOUT_UMLAUT[folded] ?? folded;
  const compound = COMPOUND.exec(text);
  if (compound?.[1] && compound[2]) {
    return [
      { kind: "word", text: compound[1] },
      { kind: "word", text: compound[2] },
    ];
  }
  const joined =
    /^(viertel|dreiviertel|halb)(nach|vor)?(ein|eins|zwei|zwo|drei|vier|fuenf|sechs|sieben|acht|neun|zehn|elf|zwoelf)$/.exec(
      text,
    ) ?? /^(viertel|dreiviertel)(nach|vor)$/.exec(text);
  if (joined) return joined.slice(1).flatMap((part) => (part ? wordTokens(part) : []));
  const clock = /^(.+)uhr(.*)$/.exec(text);
  if (clock?.[1] && cardinal(clock[1]) !== null && (!clock[2] || cardinal(clock[2]) !== null)) {
    return [clock[1], "uhr", clock[2] ?? ""].flatMap((part) => (part ? wordTokens(part) : []));
  }
  const value = cardinal(text);
  if (value !== null) return [{ kind: "number", value, word: text, digits: false }];
  const rank = ordinal(text);
  if (rank !== null) return [{ kind: "ordinal", value: rank, word: text }];
  return misheard(text) ?? [{ kind: "word", text }];
}

/** "Dinstag", "Freitachabend". */
function misheard(text: string): Token[] | null {
  const compound = /^(.{5,}?)(frueh|morgen|vormittag|nachmittag|mittag|abend)s?$/.exec(text);
  const weekday = misheardWeekday(text);
  if (weekday !== null) return [{ kind: "word", text: weekday }];
  const head = compound?.[1] === undefined ? null : misheardWeekday(compound[1]);
  if (head === null || compound?.[2] === undefined) return null;
  return [
    { kind: "word", text: head },
    { kind: "word", text: compound[2] },
  ];
}

const ABBREVIATIONS: Record<string, string> = {
  Mo: "Montag",
  Di: "Dienstag",
  Mi: "Mittwoch",
  Do: "Donnerstag",
  Fr: "Freitag",
  Sa: "Samstag",
  So: "Sonntag",
};
/** "Do 10 Uhr" is a day, "so um zehn", "So um zehn" and "Fr. Müller" are none. */
const ABBREVIATED =
  /(?<![\p{L}.])(?:(Mo|Di|Mi|Do|Fr|Sa)(?=\.?(?:,|\s*$|\s+(?:\d|um\s|ab\s|gegen\s|früh|vormittag|nachmittag|mittag|abend|oder\s))|\.?,?\s*(?:den\s|dem\s)?\d)|(So)(?=\.?,?\s*(?:den\s|dem\s)?\d{1,2}\.))\.?/giu;

/** Splits what was said or written into what a grammar can read; everything else is dropped. */
export function tokenise(text: string): Token[] {
  const expanded = text
    .normalize("NFC")
    .replace(ABBREVIATED, (short) => ABBREVIATIONS[short.replace(".", "")] ?? short);
  const folded = fold(expanded).replace(/[‘’´`]/g, "'");
  const tokens: Token[] = [];
  let at = 0;
  while (at < folded.length) {
    const rest = folded.slice(at);
    const word = /^[a-z][a-z']*/.exec(rest)?.[0];
    if (word !== undefined) {
      tokens.push(...wordTokens(word));
      at += word.length;
      continue;
    }
    const step = matchPattern(rest);
    tokens.push(...(step?.tokens ?? []));
    at += step?.length ?? 1;
  }
  return tokens;
}

function matchPattern(rest: string): { tokens: Token[]; length: number } | null {
  for (const [pattern, make] of PATTERNS) {
    const match = pattern.exec(rest);
    if (match) return { tokens: make([...match]), length: match[0].length };
  }
  return null;
}
