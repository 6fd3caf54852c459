import { boundAt, dayAt, yearAt } from "./day-phrases.js";
import { type Found, type Mark, numberAt, type Phrase, type TimePart, wordAt } from "./phrase.js";
import { inMinutesAt, partAt, timeAt } from "./time-phrases.js";
import { type Token, tokenise } from "./tokens.js";
import { type Unread, unreadAt } from "./unread.js";
import { UNITS } from "./vocabulary.js";

type Step = { phrases: Phrase[]; next: number };

const mark = (value: Mark, next: number): Step => ({ phrases: [{ kind: "mark", mark: value }], next });

const CORRECTIONS = new Set(
  "nein nee ne noe quatsch bloedsinn falsch sorry entschuldigung verzeihung pardon korrektur sondern lieber stattdessen vielmehr halt moment beziehungsweise doch meinte meine".split(
    " ",
  ),
);
const FALLBACKS = new Set("sonst ansonsten notfalls alternativ ersatzweise andernfalls".split(" "));
const NOT = new Set("statt anstatt ausser anstelle kein keinen keinem bloss".split(" "));
const NEGATIONS = new Set(
  "nicht schlecht unguenstig verhindert unmoeglich ungern arbeite arbeiten urlaub keine ausgebucht belegt".split(
    " ",
  ),
);
/** "geht es nicht am Montag?" asks for Monday. */
const QUESTION =
  /^(geht|ginge|kann|koennte|koennten|koennen|warum|haben|haetten|hast|gibt|gaebe|waere|ist|passt|wuerde)$/;
const FIRST_FREE =
  /^((naechst|fruehest|schnellst|ehest)moeglich(st)?(e[nrs]?)?|baldmoeglichst(e[nrs]?)?|bald|baldigst|demnaechst|zeitnah|dringend|sofort|jetzt|gleich|schnell|schnellstens|asap|fruehesten)$/;
const ANY_TIME = /^(irgendwann|jederzeit)$/;

/** Everything in the words that says something about a time, in their order, and whether some of it was not read. */
export function scan(text: string): { phrases: Phrase[]; unread: Unread } {
  const tokens = tokenise(text);
  const phrases: Phrase[] = [];
  let at = 0;
  /** Where the last day or time ended: a bare number right behind it is an hour. */
  let behind = -1;
  let clauseStart = 0;
  let between = false;
  let unread: Unread = null;
  while (at < tokens.length) {
    const ignored = ignoredAt(tokens, at);
    if (ignored > at) {
      at = ignored;
      continue;
    }
    const step: Step | null =
      soonestAt(tokens, at) ??
      timeStep(tokens, at, phrases, behind === at) ??
      (between && wordAt(tokens, at) === "und" ? rangeEnd(tokens, at) : null) ??
      dayStep(tokens, at) ??
      markAt(tokens, at, clauseStart);
    if (!step) {
      unread = unread === "relation" ? unread : (unreadAt(tokens, at) ?? unread);
      at += 1;
      continue;
    }
    phrases.push(...step.phrases);
    between = between || (wordAt(tokens, at) === "zwischen" && step.phrases[0]?.kind === "day");
    at = step.next;
    if (step.phrases.some((phrase) => phrase.kind === "day" || phrase.kind === "time")) behind = at;
    if (step.phrases.some((phrase) => phrase.kind === "mark" && /break|or|correction/.test(phrase.mark)))
      clauseStart = at;
  }
  const said = phrases.some((phrase) => phrase.kind === "day" || phrase.kind === "time");
  return { phrases: said ? phrases : [...phrases, ...loneHour(tokens)], unread };
}

/** Greetings, names and habits that only look like times; returns where they end. */
function ignoredAt(tokens: readonly Token[], at: number): number {
  const word = wordAt(tokens, at);
  const next = wordAt(tokens, at + 1);
  if (
    /^(guten?|schoenen|schoene)$/.test(word) &&
    /^(morgen|tag|abend|nachmittag|vormittag|mittag|wochenende|feierabend)$/.test(next)
  ) {
    return at + 2;
  }
  if (/^(frau|herr|herrn)$/.test(word)) return at + 2;
  if (/^(letztes|letzte|letzten|naechstes|dieses|jedes)$/.test(word) && /^(mal|male)$/.test(next))
    return at + 2;
  if (/^(zu|so|moeglichst)$/.test(word) && /^(frueh|spaet)$/.test(next)) {
    return wordAt(tokens, at + 2) === "wie" && next === "frueh" ? at : at + 2;
  }
  if (
    word === "nicht" &&
    /^(so|zu|allzu)$/.test(next) &&
    /^(frueh|spaet|lange|bald)$/.test(wordAt(tokens, at + 2))
  ) {
    return at + 3;
  }
  if (word === "tag" && wordAt(tokens, at - 1) === "guten") return at + 1;
  return at;
}

/** "so bald wie möglich", "nächster freier Termin", "egal wann". */
function soonestAt(tokens: readonly Token[], at: number): Step | null {
  const soonest = (any: boolean, length: number): Step => ({
    phrases: [{ kind: "soonest", any }],
    next: at + length,
  });
  const words = [0, 1, 2, 3].map((step) => wordAt(tokens, at + step));
  const [first = "", second = "", third = "", fourth = ""] = words;
  if (
    first === "so" &&
    /^(bald|schnell|frueh|zeitnah|rasch|zuegig)$/.test(second) &&
    /^(wie|als|es)$/.test(third)
  ) {
    return soonest(false, /^(moeglich|geht)$/.test(fourth) ? 4 : 3);
  }
  if (/^(sobald|sofrueh|soschnell)$/.test(first) && second === "wie") return soonest(false, 3);
  if (first === "moeglichst" && /^(bald|schnell|zeitnah|rasch)$/.test(second)) return soonest(false, 2);
  if (/^naechste[nrs]?$/.test(first) || /^frueheste[nrs]?$/.test(first)) {
    const noun = /^(freie|moegliche)[nrs]?$/.test(second) ? third : second;
    if (/^(termine?|gelegenheit|slot|zeit|moeglichkeit)$/.test(noun))
      return soonest(false, noun === second ? 2 : 3);
    if (/^freie[nrs]?$/.test(second) && tokens[at + 2] === undefined) return soonest(false, 2);
    if (/^(tage|tagen)$/.test(second)) return soonest(true, 2);
  }
  const ordinal = tokens[at];
  if (ordinal?.kind === "ordinal" && ordinal.value === 1 && /^(freie|moegliche)[nrs]?$/.test(second)) {
    return soonest(false, /^(termin|slot)$/.test(third) ? 3 : 2);
  }
  if (first === "egal") {
    if (second === "wann") return soonest(true, 2);
    if (/^welche[nrm]?$/.test(second) && /^(tag|wochentag|zeit|uhrzeit)$/.test(third))
      return soonest(true, 3);
    const about = [-3, -2, -1].map((step) => wordAt(tokens, at + step)).join(" ");
    if (/\b(wann|tag)\b/.test(about)) return soonest(true, 1);
    if (
      /^(wer|wem|bei|ob|wie|was|welche.*|wo)$/.test(second) ||
      /(wer|wem|uhrzeit|mitarbeiter.*|friseur.*|wo)/.test(about)
    )
      return null;
    return soonest(true, 1);
  }
  if (first === "wann" && (second === "auch" || (second === "es" && /^(passt|geht|ihnen)$/.test(third))))
    return soonest(true, 3);
  if (FIRST_FREE.test(first)) return soonest(false, 1);
  if (ANY_TIME.test(first)) return soonest(true, 1);
  return null;
}

function timeStep(
  tokens: readonly Token[],
  at: number,
  before: readonly Phrase[],
  adjacent: boolean,
): Step | null {
  const step = (found: Found<TimePart>): Step => ({
    phrases: [{ kind: "time", time: found.value }],
    next: found.next,
  });
  const inMinutes = inMinutesAt(tokens, at);
  if (inMinutes) return step(inMinutes);
  const time = timeAt(tokens, at);
  if (time) return step(time);
  const part = partAt(tokens, at);
  if (part) return step(part);
  const working = workingUntil(tokens, at);
  if (working) return step(working);
  const last = before.at(-1);
  // "am Morgen", "heute morgen", "Dienstag morgen": the part of the day, not tomorrow.
  if (wordAt(tokens, at) === "morgen") {
    const named = /^(am|jeden|diesen|frueher?n?|spaeten)$/.test(wordAt(tokens, at - 1));
    const afterDay = adjacent && last?.kind === "day" && last.day.kind !== "week";
    if (named || afterDay) {
      return step({ value: { kind: "part", part: "morgens", bound: null, morgen: !named }, next: at + 1 });
    }
    return null;
  }
  // Behind a day or a part of it ("morgen zehn") or in place of an hour ("um zehn, nein, elf").
  const marks = before.slice(before.findLastIndex((phrase) => phrase.kind !== "mark") + 1);
  const replaces =
    marks.some((phrase) => phrase.kind === "mark" && /^(or|correction)$/.test(phrase.mark)) &&
    before.some((phrase) => phrase.kind === "time");
  return (adjacent || replaces) && isWholeHour(tokens, at) ? hourStep(tokens, at, step) : null;
}

/** "ich arbeite bis vier" wishes for a time after four. */
function workingUntil(tokens: readonly Token[], at: number): Found<TimePart> | null {
  if (!/^(arbeite|arbeiten|muss)$/.test(wordAt(tokens, at))) return null;
  let next = at + 1;
  while (/^(ich|wir|noch|immer|da|aber)$/.test(wordAt(tokens, next))) next += 1;
  const until = timeAt(tokens, next);
  if (until?.value.kind !== "clock" || until.value.mode !== "until") return null;
  const end = /^arbeiten$/.test(wordAt(tokens, until.next)) ? until.next + 1 : until.next;
  if (wordAt(tokens, at) === "muss" && end === until.next) return null;
  return { value: { ...until.value, mode: "from" }, next: end };
}

function hourStep(tokens: readonly Token[], at: number, step: (found: Found<TimePart>) => Step): Step | null {
  const um: Token = { kind: "word", text: "um" };
  const found = timeAt([um, ...tokens.slice(at)], 0);
  return found ? step({ value: found.value, next: found.next - 1 + at }) : null;
}

function isWholeHour(tokens: readonly Token[], at: number): boolean {
  const value = numberAt(tokens, at);
  return value !== null && value <= 24 && !UNITS.test(wordAt(tokens, at + 1));
}

/** "zehn", "zehn oder elf", "so zehn rum": no preposition, but nothing else either. */
function loneHour(tokens: readonly Token[]): Phrase[] {
  const counted = tokens.some((token) => token.kind === "word" && UNITS.test(token.text));
  if (tokens.length > 6 || counted) return [];
  const phrases: Phrase[] = [];
  let end = 0;
  for (const at of tokens.keys()) {
    if (at < end || !isWholeHour(tokens, at)) continue;
    const step = hourStep(tokens, at, (found) => ({
      phrases: [{ kind: "time", time: found.value }],
      next: found.next,
    }));
    if (!step) continue;
    phrases.push({ kind: "mark", mark: "or" }, ...step.phrases);
    end = step.next;
  }
  return phrases;
}

function dayStep(tokens: readonly Token[], at: number): Step | null {
  const { bound, next } = boundAt(tokens, at);
  const day = dayAt(tokens, next);
  if (!day) return null;
  // "letzte Woche Freitag", "Freitag letzter Woche".
  const beside = dayAt(tokens, day.next);
  const kinds = [day.value.kind, beside?.value.kind];
  if (beside && kinds.includes("past") && kinds.includes("weekday")) {
    return { phrases: [{ kind: "day", day: { kind: "past" }, bound: null }], next: beside.next };
  }
  const phrases: Phrase[] = [
    { kind: "day", day: day.value, bound: day.value.kind === "past" ? null : bound },
  ];
  const token = tokens[day.next - 1];
  if (token?.kind === "date" && token.year !== null) {
    phrases.push({ kind: "day", day: { kind: "year", year: token.year }, bound: null });
  } else {
    const year = yearAt(tokens, day.next);
    if (year && day.value.kind !== "year") {
      phrases.push({ kind: "day", day: year.value, bound: null });
      return { phrases, next: year.next };
    }
  }
  return { phrases, next: day.next };
}

/** The second day of "zwischen Montag und Mittwoch". */
function rangeEnd(tokens: readonly Token[], at: number): Step | null {
  const step = dayStep(tokens, at + 1);
  const [first, ...others] = step?.phrases ?? [];
  if (!step || first?.kind !== "day") return null;
  return { phrases: [{ ...first, bound: "until" }, ...others], next: step.next };
}

function markAt(tokens: readonly Token[], at: number, clauseStart: number): Step | null {
  const token = tokens[at];
  const refers = /^(da|das|der|dann|leider|geht|passt)$/.test(wordAt(tokens, at + 1));
  if (token?.kind === "punctuation") return mark(refers ? "referring_break" : "break", at + 1);
  const word = wordAt(tokens, at);
  if (word === "oder") return mark("or", at + 1);
  if (word === "zur" && wordAt(tokens, at + 1) === "not") return mark("fallback", at + 2);
  if (word === "wenn" && wordAt(tokens, at + 1) === "nicht") return mark("fallback", at + 2);
  if (word === "wenn" || word === "ob" || word === "falls") return mark("break", skipCondition(tokens, at));
  if (word === "weiss" && wordAt(tokens, at + 1) !== "") return mark("break", at + 1);
  if (word === "aber" || word === "dafuer") return mark(refers ? "referring_break" : "break", at + 1);
  if (CORRECTIONS.has(word)) return mark("correction", at + 1);
  if (FALLBACKS.has(word)) return mark("fallback", at + 1);
  if (NOT.has(word)) return mark("not", at + 1);
  if (NEGATIONS.has(word)) {
    // "Montag habe ich Urlaub" is a day that suits, "da bin ich im Urlaub" is none.
    if (word === "urlaub" && !/^(im|in)$/.test(wordAt(tokens, at - 1))) return null;
    if (word === "keine" && wordAt(tokens, at + 1) !== "zeit") return null;
    const asked = QUESTION.test(wordAt(tokens, clauseStart));
    const nextDay =
      timeAt(tokens, at + 1) ?? partAt(tokens, at + 1) ?? dayAt(tokens, boundAt(tokens, at + 1).next);
    if (nextDay && word === "nicht") return asked ? null : mark("not", at + 1);
    return asked ? null : mark("negated", at + 1);
  }
  return null;
}

/** A condition says nothing of its own: "wenn's geht", "wenn das nicht zu spät ist". It ends with its clause. */
function skipCondition(tokens: readonly Token[], at: number): number {
  let next = at + 1;
  while (
    next < tokens.length &&
    tokens[next]?.kind === "word" &&
    !/^(dann|oder|aber|und)$/.test(wordAt(tokens, next))
  ) {
    if (dayAt(tokens, next) ?? timeAt(tokens, next) ?? partAt(tokens, next)) return next;
    next += 1;
  }
  return next;
}
