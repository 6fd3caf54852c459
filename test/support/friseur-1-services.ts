import { readFileSync } from "node:fs";
import type { Service } from "../../domain/tenant/catalogue.js";
import { parseDocument } from "../../domain/tenant/document.js";
import type { ServiceMatch } from "../../domain/voice/service-match.js";

const FILE = new URL("../../dev/tenants/friseur-1.json", import.meta.url);
/** What the first salon offers; the ids are the slugs. */
export const services: Service[] = parseDocument(JSON.parse(readFileSync(FILE, "utf8"))).services.map(
  (service) => ({
    ...service,
    id: service.slug,
  }),
);

/** The outcome in one line: `one:slug`, `several:a+b`, `ambiguous:a|b`, `unknown`, `none`. */
export function slugs(match: ServiceMatch): string {
  switch (match.kind) {
    case "one":
      return match.service.slug;
    case "several":
      return match.wished.map((one) => (typeof one === "string" ? one : one.slug)).join("+");
    case "ambiguous":
      return match.candidates
        .map((service) => service.slug)
        .sort()
        .join("|");
    default:
      return match.kind;
  }
}
