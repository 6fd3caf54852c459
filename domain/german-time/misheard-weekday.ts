const NAMES = [
  "montag",
  "dienstag",
  "mittwoch",
  "donnerstag",
  "freitag",
  "samstag",
  "sonnabend",
  "sonntag",
] as const;
/** Words and names that are only one letter away. */
const OTHERS = new Set(["freytag", "montage", "montagen"]);

/**
 * "Dinstag", "Freitach", "Sontag": a weekday as it was mistyped, misheard or said in dialect. Only where no other
 * weekday is nearly as near and both begin alike, so that Monday and Sunday are never taken for each other.
 *
 * @param word folded and in lower case
 */
export function misheardWeekday(word: string): string | null {
  if (word.length < 5 || OTHERS.has(word)) return null;
  const written = word
    .replace(/[dt](ach|ak|ac|acht|agg|aag)$/, "tag")
    .replace(/^mi[dt]+w/, "mittw")
    .replace(/wo(g|k|ck|sch)$/, "woch");
  const rated = NAMES.filter((name) => name[0] === written[0])
    .map((name) => ({ name, distance: distance(written, name) }))
    .sort((a, b) => a.distance - b.distance);
  const [best, next] = rated;
  if (!best || best.distance > (best.name.length >= 9 ? 2 : 1)) return null;
  return next && next.distance - best.distance < 2 ? null : best.name;
}

/** Letters to insert, leave out, replace or swap with the next. */
function distance(a: string, b: string): number {
  let [before, above]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, above] = [above, current];
  }
  return above[b.length] ?? 0;
}
