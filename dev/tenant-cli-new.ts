import { existsSync } from "node:fs";
import { isSlug } from "../domain/tenant/slug.js";
import { OPTIONAL_ITEMS, templateOf } from "../domain/tenant/template.js";
import { Failure } from "./tenant-cli-failure.js";
import { describeOpen, documentFrom, type JsonObject, writeJson } from "./tenant-cli-files.js";
import { hasCompany } from "./tenant-cli-gateway.js";
import { fillFromSimulator } from "./tenant-cli-simulator.js";

export interface NewTenant {
  slug: string;
  /** A slug of the gateway, or a file. */
  from: string;
  /** `null`: made from the slug. */
  name: string | null;
  file: string;
  /** Filled in from the simulator of `npm start`. */
  simulator: boolean;
}

/**
 * Writes the document of a new company like another one.
 *
 * @returns what is still to be filled in, ready to print; `null` when nothing but the event types is
 * @throws Failure when the company or the file is there already
 */
export async function newTenant(wish: NewTenant, say: (line: string) => void): Promise<string | null> {
  const { slug, file } = wish;
  if (!isSlug(slug)) {
    throw new Failure(`"${slug}" is no slug: lower case letters and digits, joined by single - or _`);
  }
  if (existsSync(file)) throw new Failure(`${file} is there already; remove it or name another with --out`);
  if (await hasCompany(slug)) throw new Failure(`there is a company ${slug} already`);
  const source = await documentFrom(wish.from, say);
  let json: JsonObject = templateOf(source, wish.name ?? nameOf(slug));
  if (wish.simulator) json = await fillFromSimulator(json, slug);
  await writeJson(file, json);
  const people = source.staff.length;
  say(`${file}: like ${wish.from}, with ${people} people, ${source.services.length} services`);
  say(
    "Edit it: names, hours, prices, who can do what. Not taken over: numbers, agents, Cal.com, addresses, secrets.",
  );
  const open = describeOpen(json);
  if (open !== null) say(`To be filled in:\n${open}`);
  say(`May be added:\n${OPTIONAL_ITEMS.map(({ path, what }) => `  ${path}: ${what}`).join("\n")}`);
  return open;
}

/** `salon-zwei` as `Salon Zwei`. */
function nameOf(slug: string): string {
  return slug
    .split(/[-_]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(" ");
}
