/** An opaque place in a list ordered by start and id. */
export function cursorOf(item: { start: string; id: string }): string {
  return Buffer.from(`${new Date(item.start).toISOString()}|${item.id}`).toString("base64url");
}

const UUID = /^[0-9a-f-]{36}$/;

/** @returns `null` for a text that `cursorOf` did not make */
export function afterCursor(cursor: string): { start: Date; id: string } | null {
  const [start, id] = Buffer.from(cursor, "base64url").toString("utf8").split("|");
  const parsed = new Date(start ?? "");
  return id !== undefined && UUID.test(id) && !Number.isNaN(parsed.getTime()) ? { start: parsed, id } : null;
}
