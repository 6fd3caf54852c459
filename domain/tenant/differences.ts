import type { TenantDocument } from "./document.js";

export interface Difference {
  /** As in the document, but parts that have a name by that name: `staff[emma].workingHours.mon`. */
  path: string;
  /** `null`: was not there. */
  before: unknown;
  /** `null`: is not there any more. */
  after: unknown;
}

/**
 * What applying `after` changes. Secrets that `after` leaves out stay, so they are no difference; a secret is
 * never shown, only that it is set or changed. Both documents carry their secrets in clear.
 *
 * @param before `null` for a company that does not exist yet.
 */
export function differences(before: TenantDocument | null, after: TenantDocument): Difference[] {
  const found: Difference[] = [];
  const compare = (path: string, a: unknown, b: unknown) => {
    if (!equal(a, b)) found.push({ path, before: a ?? null, after: b ?? null });
  };
  compare("name", before?.name, after.name);
  compare("timeZone", before?.timeZone, after.timeZone);
  compare("locale", before?.locale, after.locale);
  compare("currency", before?.currency, after.currency);
  fields("settings", before?.settings ?? {}, after.settings, compare);
  compare("calcom.baseUrl", before?.calcom.baseUrl ?? null, after.calcom.baseUrl);
  compare("calcom.teamId", before?.calcom.teamId ?? null, after.calcom.teamId);
  found.push(
    ...secretDifference("calcom.apiKey", before?.calcom.apiKey, after.calcom.apiKey),
    ...secretDifference("calcom.webhookSecrets", before?.calcom.webhookSecrets, after.calcom.webhookSecrets),
    ...secretDifference("retell.apiKeys", before?.retell.apiKeys, after.retell.apiKeys),
  );
  compare("retell.agentIds", before?.retell.agentIds ?? [], after.retell.agentIds);

  named("branches", before?.branches ?? [], after.branches, (branch) => branch.slug, compare);
  named("staff", before?.staff ?? [], after.staff, (member) => member.slug, compare);
  named("services", before?.services ?? [], after.services, (service) => service.slug, compare);
  const target = (mapping: TenantDocument["eventTypes"][number]) =>
    [mapping.service, mapping.phase, mapping.staff ?? "*", mapping.branch ?? "*"].join("/");
  // The order of event types means nothing: the database does not keep it.
  const sorted = (list: TenantDocument["eventTypes"]) =>
    list.toSorted((a, b) => (target(a) < target(b) ? -1 : 1));
  named("eventTypes", sorted(before?.eventTypes ?? []), sorted(after.eventTypes), target, compare);
  named("policies", before?.policies ?? [], after.policies, policySubject, compare);
  return found;
}

function policySubject(policy: TenantDocument["policies"][number]): string {
  if (policy.for.staff) return `staff ${policy.for.staff}`;
  if (policy.for.service) return `service ${policy.for.service}`;
  if (policy.for.branch) return `branch ${policy.for.branch}`;
  return "company";
}

type Compare = (path: string, before: unknown, after: unknown) => void;

function named<T extends object>(
  path: string,
  before: readonly T[],
  after: readonly T[],
  nameOf: (item: T) => string,
  compare: Compare,
): void {
  const old = new Map(before.map((item) => [nameOf(item), item]));
  const now = new Map(after.map((item) => [nameOf(item), item]));
  for (const [name, item] of old) if (!now.has(name)) compare(`${path}[${name}]`, item, null);
  for (const [name, item] of now) {
    const previous = old.get(name);
    if (previous) fields(`${path}[${name}]`, previous, item, compare);
    else compare(`${path}[${name}]`, null, item);
  }
  const common = (order: Iterable<string>, other: Map<string, T>) =>
    [...order].filter((name) => other.has(name));
  compare(path, common(old.keys(), now), common(now.keys(), old));
}

/** Field by field, objects within as well; lists and plain values as a whole. */
function fields(path: string, before: object, after: object, compare: Compare): void {
  const a = new Map<string, unknown>(Object.entries(before));
  const b = new Map<string, unknown>(Object.entries(after));
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(key), b.get(key)];
    if (isPlain(x) && isPlain(y)) fields(`${path}.${key}`, x, y, compare);
    else compare(`${path}.${key}`, x, y);
  }
}

type Secret = string | readonly string[] | null | undefined;

function secretDifference(path: string, before: Secret, after: Secret): Difference[] {
  if (after === undefined || equal(none(before), none(after))) return [];
  const was = none(before) === null ? null : "…set";
  const becomes = none(after) === null ? null : was === null ? "…set" : "…changed";
  return [{ path, before: was, after: becomes }];
}

function none(secret: Secret): Secret {
  return secret === undefined || secret === null || secret.length === 0 ? null : secret;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** By value, whatever the order of fields; a field that is missing is one that is `undefined`. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  }
  if (!isPlain(a) || !isPlain(b)) return false;
  const [x, y] = [new Map<string, unknown>(Object.entries(a)), new Map<string, unknown>(Object.entries(b))];
  return [...new Set([...x.keys(), ...y.keys()])].every((key) => equal(x.get(key), y.get(key)));
}
