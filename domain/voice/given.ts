/** What language models pass where they have nothing to say (salon-gateway 11.62). */
const NOTHING = new Set([
  "",
  "null",
  "nil",
  "none",
  "undefined",
  "nan",
  "na",
  "n/a",
  "n.a.",
  "n/v",
  "k.a.",
  "keine angabe",
  "nicht angegeben",
  "nicht bekannt",
  "nicht vorhanden",
  "not provided",
  "not specified",
  "not available",
  "empty",
  "leer",
  "string",
  "[object object]",
  "{}",
  "[]",
  '""',
  "''",
]);

/** Dashes, dots, question marks and the like alone say nothing either. */
const ONLY_MARKS = /^[\s\-‐‑–—_.?!*/]*$/u;
/** A template variable that nobody filled in. */
const UNFILLED = /^\{\{.*\}\}$|^\$\{.*\}$|^<[^<>]*>$|^%[a-z_]+%$/iu;

/**
 * The text that a tool argument really holds: trimmed, inner white space as one blank.
 *
 * @returns `null` for everything that language models pass for nothing; a number is taken as it is written
 */
export function givenText(value: unknown): string | null {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : null;
  if (typeof value !== "string") return null;
  // Control characters come with transcripts; Postgres refuses the zero byte, and halves of pairs in JSON.
  const text = value
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Z}]+/gu, " ")
    .trim();
  const bare = text.replace(/^["'`„“]+|["'`“”]+$/gu, "").trim();
  if (NOTHING.has(bare.toLowerCase()) || ONLY_MARKS.test(bare) || UNFILLED.test(bare)) return null;
  return bare;
}

/** The texts of a list; a single text counts as a list of one, a list written as JSON is read. */
export function givenTexts(value: unknown): string[] {
  const read = parsedJson(value);
  return (Array.isArray(read) ? read : [read]).flatMap((item) => givenOne(item) ?? []);
}

/**
 * The text of an argument that is to be a single one. Models wrap it in lists and objects (`["Fabian"]`,
 * `{"name": "Fabian"}`), also written as JSON: what is inside is read, several of them one after the other, so
 * that whatever was said is understood or asked about, and never dropped.
 */
export function givenOne(value: unknown): string | null {
  const read = parsedJson(value);
  const texts = [...new Set(textsIn(read, DEEPEST))];
  if (texts.length === 0) return null;
  return givenText(texts.join(Array.isArray(read) ? ", " : " "));
}

const DEEPEST = 4;
/** Where the text itself stands, beside ids, kinds and the like. */
const TEXT_KEYS = ["name", "full_name", "fullName", "value", "text", "label", "title", "number", "iso"];

function textsIn(value: unknown, depth: number): string[] {
  if (depth === 0) return [];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => textsIn(item, depth - 1));
  if (typeof value !== "object" || value === null) {
    const text = givenText(value);
    return text === null ? [] : [text];
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  for (const key of TEXT_KEYS) {
    const named = textsIn(fields.get(key), depth - 1);
    if (named.length > 0) return named;
  }
  return [...fields.values()].flatMap((field) => textsIn(field, depth - 1));
}

function parsedJson(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*(\[.*\]|\{.*\})\s*$/su.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    // Not JSON after all: then it is what was said.
    return value;
  }
}

const YES = new Set(["true", "yes", "ja", "1", "y", "j", "wahr", "ok", "okay", "confirmed", "bestätigt"]);
const NO = new Set(["false", "no", "nein", "0", "n", "falsch"]);

/**
 * A truth value as language models pass it. Absent is "not asked yet", not "no" (salon-gateway 11.35): `null`.
 */
export function givenBoolean(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  const text = givenText(value)?.toLowerCase();
  if (text === undefined) return null;
  if (YES.has(text)) return true;
  return NO.has(text) ? false : null;
}
