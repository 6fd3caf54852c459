/** Numerals as they are spoken, umlauts folded as in `tokens.ts` ("fuenf", "dreissig"). */
const UNITS: Record<string, number> = {
  null: 0,
  ein: 1,
  eins: 1,
  zwei: 2,
  zwo: 2,
  drei: 3,
  vier: 4,
  fuenf: 5,
  sechs: 6,
  sieben: 7,
  acht: 8,
  neun: 9,
};
const TEENS: Record<string, number> = {
  zehn: 10,
  elf: 11,
  zwoelf: 12,
  dreizehn: 13,
  vierzehn: 14,
  fuenfzehn: 15,
  fuffzehn: 15,
  sechzehn: 16,
  siebzehn: 17,
  siebenzehn: 17,
  achtzehn: 18,
  neunzehn: 19,
};
const TENS: Record<string, number> = {
  zwanzig: 20,
  dreissig: 30,
  vierzig: 40,
  fuenfzig: 50,
  fuffzig: 50,
  sechzig: 60,
  siebzig: 70,
  achtzig: 80,
  neunzig: 90,
};
const IRREGULAR_ORDINALS: Record<string, number> = { erst: 1, dritt: 3, siebt: 7, siebent: 7, acht: 8 };

function belowHundred(word: string): number | null {
  const whole = UNITS[word] ?? TEENS[word] ?? TENS[word];
  if (whole !== undefined) return whole;
  for (const [name, tens] of Object.entries(TENS)) {
    if (!word.endsWith(`und${name}`)) continue;
    const unit = UNITS[word.slice(0, -name.length - 3)];
    return unit === undefined || unit === 0 ? null : unit + tens;
  }
  return null;
}

/** What stands before and after "hundert" or "tausend"; nothing before it is one. */
function split(word: string, at: string, before: number, after: number, factor: number): number | null {
  const position = word.indexOf(at);
  if (position < 0) return null;
  const head = word.slice(0, position);
  const tail = word.slice(position + at.length).replace(/^und(?=.)/, "");
  const many = head === "" ? 1 : belowHundred(head);
  const rest = tail === "" ? 0 : cardinal(tail);
  if (many === null || rest === null || many < 1 || many > before || rest > after) return null;
  return many * factor + rest;
}

/**
 * "einundzwanzig", "zweitausendsechsundzwanzig", "neunzehnhundertneunzig": 0 to 9,999.
 *
 * @param word folded and in lower case
 * @returns `null` when it is no numeral
 */
export function cardinal(word: string): number | null {
  if (word.includes("tausend")) return split(word, "tausend", 9, 999, 1000);
  if (word.includes("hundert")) return split(word, "hundert", 99, 99, 100);
  return belowHundred(word);
}

/**
 * "dritte", "fünfzehnten", "einunddreißigster", folded and in lower case.
 *
 * @returns `null` when it is no ordinal
 */
export function ordinal(word: string): number | null {
  const match = /^(.+t)e[nmrs]?$/.exec(word);
  const stem = match?.[1];
  if (stem === undefined) return null;
  for (const [irregular, value] of Object.entries(IRREGULAR_ORDINALS)) {
    if (stem === irregular) return value;
    const head = stem.endsWith(irregular) ? stem.slice(0, -irregular.length) : "";
    if (/(hundert|tausend)(und)?$/.test(head)) {
      const base = cardinal(head.replace(/und$/, ""));
      return base === null ? null : base + value;
    }
  }
  const tens = stem.endsWith("st") ? cardinal(stem.slice(0, -2)) : null;
  if (tens !== null) return tens % 100 === 0 || tens % 100 >= 20 ? tens : null;
  const value = cardinal(stem.slice(0, -1));
  return value !== null && value % 100 >= 2 && value % 100 < 20 ? value : null;
}
