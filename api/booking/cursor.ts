import { parseInstant } from "../../domain/time/instant.js";

/** An opaque place in a list ordered by start and id. */
export function cursorOf(item: { start: string; id: string }): string {
  return Buffer.from(`${new Date(item.start).toISOString()}|${item.id}`).toString("base64url");
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @returns `null` for a text that `cursorOf` did not make */
export function afterCursor(cursor: string): { start: Date; id: string } | null {
  const [start, id] = Buffer.from(cursor, "base64url").toString("utf8").split("|");
  const parsed = parseInstant(start ?? "");
  return id !== undefined && UUID.test(id) && parsed.ok ? { start: parsed.instant, id } : null;
}
