const INSTANT =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

const FIRST_YEAR = 1900;
const LAST_YEAR = 9998;

/**
 * Reads an instant in any form that Cal.com sends (`Z`, `.000Z`, `+00:00`, `+0100`, another offset). One without
 * an offset is taken as UTC, as Cal.com itself takes it, never as the zone of this process.
 *
 * @returns null for anything else, for dates that do not exist, and for years in which no booking lies (JavaScript and
 *   Postgres do not write those alike).
 */
export function parseInstant(value: unknown): Date | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  if (typeof value !== "string") return null;
  const [, day, time, zone] = INSTANT.exec(value.trim()) ?? [];
  if (day === undefined || time === undefined) return null;
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return null;
  const instant = new Date(`${day}T${time}${offset(zone)}`);
  const year = instant.getUTCFullYear();
  return year >= FIRST_YEAR && year <= LAST_YEAR ? instant : null;
}

function offset(zone: string | undefined): string {
  if (zone === undefined || zone.toUpperCase() === "Z") return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** {@link parseInstant} as ISO 8601 in UTC with milliseconds and `Z`. */
export function isoInstant(value: unknown): string | null {
  return parseInstant(value)?.toISOString() ?? null;
}

/** The end of a span, or null for one that is not after its start: such times make no sense and are none. */
export function endAfter(start: string | null, end: string | null): string | null {
  return start !== null && end !== null && Date.parse(end) <= Date.parse(start) ? null : end;
}
