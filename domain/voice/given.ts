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
  return listed(value).flatMap((item) => givenText(item) ?? []);
}

function listed(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string" && /^\s*\[.*\]\s*$/su.test(value)) {
    try {
      const parsed: unknown = JSON.parse(value);
      if (Array.isArray(parsed)) return parsed;
    } catch {
      // Not JSON after all: then it is what was said.
    }
  }
  return [value];
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
