import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { InvalidTenantError, parseDocument, type TenantDocument } from "../domain/tenant/document.js";
import { FILL_IN, openItems } from "../domain/tenant/template.js";
import { Failure } from "./tenant-cli-failure.js";
import { ask, Unreachable } from "./tenant-cli-gateway.js";

const jsonObject = z.record(z.string(), z.unknown());
export type JsonObject = z.output<typeof jsonObject>;

/** The file's name without `.json`. */
export function slugOfFile(file: string): string {
  return file.replace(/^.*[\\/]/, "").replace(/\.json$/, "");
}

/** @throws Failure when it cannot be read or is not a JSON object. */
export async function readJson(file: string): Promise<JsonObject> {
  try {
    return jsonObject.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new Failure(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Written beside and renamed: an interruption leaves the old file or the new one. */
export async function writeJson(file: string, json: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.unfinished`, `${JSON.stringify(json, null, 2)}\n`);
  await rename(`${file}.unfinished`, file);
}

/**
 * What is open in a document, line by line; the event types, which are made and not looked up, in one line.
 *
 * @returns `null` when nothing is
 */
export function describeOpen(json: unknown): string | null {
  const items = openItems(json);
  if (items.length === 0) return null;
  const isType = (path: string) => path.endsWith(".calcomEventTypeId");
  const lines = items.filter((item) => !isType(item.path)).map(({ path, what }) => `  ${path}: ${what}`);
  const types = items.filter((item) => isType(item.path));
  const [first] = types;
  if (first) {
    const many = types.length === 1 ? first.path : `${first.path} and ${types.length - 1} more`;
    lines.push(`  ${many}: ${first.what}`);
  }
  return lines.join("\n");
}

/** @throws Failure with every error of the document. */
export function parsed(json: unknown, name: string): TenantDocument {
  try {
    return parseDocument(json);
  } catch (error) {
    if (!(error instanceof InvalidTenantError)) throw error;
    const lines = error.errors.map(({ path, message }) => `\n  ${path || "(document)"}: ${message}`);
    throw new Failure(`${name}: ${error.message}${lines.join("")}`);
  }
}

/**
 * A company as a document, from a file or, by its slug, from the gateway; where no gateway runs, as it is shipped.
 *
 * @throws Failure when nobody has it, or the file is itself a template with places open
 */
export async function documentFrom(source: string, say: (line: string) => void): Promise<TenantDocument> {
  if (source.includes("/") || source.endsWith(".json")) {
    return parsed(withoutOpenIds(await readJson(source)), source);
  }
  try {
    return parsed(await ask("GET", encodeURIComponent(source), jsonObject), source);
  } catch (error) {
    const shipped = fileURLToPath(new URL(`./tenants/${encodeURIComponent(source)}.json`, import.meta.url));
    if (!(error instanceof Unreachable) || !existsSync(shipped)) throw error;
    say(`(${error.message}; ${source} is taken as it is shipped)`);
    return parsed(await readJson(shipped), source);
  }
}

const FIRST_PROVISIONAL_ID = 2_000_000_000;
const withEventTypes = z.looseObject({
  eventTypes: z.array(z.looseObject({ calcomEventTypeId: z.unknown() })),
});

/**
 * The document with a provisional number for each event type that is still to be made, so that everything else in
 * it can be checked. No event type has such a number.
 */
export function withoutOpenIds(json: JsonObject): JsonObject {
  const found = withEventTypes.safeParse(json);
  if (!found.success) return json;
  return {
    ...json,
    eventTypes: found.data.eventTypes.map((mapping, index) =>
      mapping.calcomEventTypeId === FILL_IN
        ? { ...mapping, calcomEventTypeId: FIRST_PROVISIONAL_ID + index }
        : mapping,
    ),
  };
}

/** Whether an event type has its number only to be checked. */
export function isProvisional(eventTypeId: number): boolean {
  return eventTypeId >= FIRST_PROVISIONAL_ID;
}

/** The document with these numbers for its event types, by their place in the list. */
export function withIds(json: JsonObject, ids: ReadonlyMap<number, number>): JsonObject {
  const { eventTypes } = withEventTypes.parse(json);
  return {
    ...json,
    eventTypes: eventTypes.map((mapping, index) => ({
      ...mapping,
      calcomEventTypeId: ids.get(index) ?? mapping.calcomEventTypeId,
    })),
  };
}
