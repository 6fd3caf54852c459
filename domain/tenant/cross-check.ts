import { z } from "zod";
import { formatPath } from "./document-path.js";

export interface DocumentError {
  /** As `eventTypes[3].calcomEventTypeId`; empty for the document itself. */
  path: string;
  message: string;
}

// What the references need, read as far as it can be: an error of form elsewhere must not hide a wrong reference.
const name = z.string().nullable().catch(null).default(null);
const list = <T extends z.ZodType>(element: T) => z.array(element).catch([]).default([]);
const looseSchema = z
  .object({
    branches: list(
      z
        .looseObject({ slug: name, phoneNumbers: list(name) })
        .nullable()
        .catch(null),
    ),
    staff: list(
      z
        .looseObject({
          slug: name,
          branches: z.array(name).nullish().catch(null),
          calcomUserId: z.number().nullable().catch(null).default(null),
        })
        .nullable()
        .catch(null),
    ),
    services: list(
      z
        .looseObject({
          slug: name,
          phases: list(
            z
              .looseObject({ key: name, staffRequired: z.boolean().catch(true).default(true) })
              .nullable()
              .catch(null),
          ),
        })
        .nullable()
        .catch(null),
    ),
    eventTypes: list(
      z
        .looseObject({
          service: name,
          phase: z.string().nullable().catch(null).default("main"),
          staff: name,
          branch: name,
          calcomEventTypeId: z.number().nullable().catch(null).default(null),
        })
        .nullable()
        .catch(null),
    ),
    policies: list(
      z
        .looseObject({
          for: z
            .looseObject({ branch: name, service: name, staff: name })
            .catch({ branch: null, service: null, staff: null })
            .default({ branch: null, service: null, staff: null }),
        })
        .nullable()
        .catch(null),
    ),
  })
  .catch({ branches: [], staff: [], services: [], eventTypes: [], policies: [] });

type Loose = z.output<typeof looseSchema>;
type Report = (path: readonly PropertyKey[], message: string) => void;

/** Everything that is wrong between the parts of a document; what has not even the right form is skipped. */
export function crossCheck(json: unknown): DocumentError[] {
  const document = looseSchema.parse(json);
  const errors: DocumentError[] = [];
  const report: Report = (path, message) => errors.push({ path: formatPath(path), message });

  for (const part of ["branches", "staff", "services"] as const) {
    duplicates(
      document[part].map((item) => item?.slug ?? null),
      (index, slug) => report([part, index, "slug"], `"${slug}" is there twice`),
    );
  }
  checkPhoneNumbers(document, report);
  checkStaff(document, report);
  document.services.forEach((service, index) => {
    duplicates(
      (service?.phases ?? []).map((phase) => phase?.key ?? null),
      (position, key) => report(["services", index, "phases", position, "key"], `"${key}" is there twice`),
    );
  });
  checkEventTypes(document, report);
  checkPolicies(document, report);
  return errors;
}

/** Text that Postgres cannot store: U+0000 and halves of a character. */
export function unstorableText(json: unknown, path: readonly PropertyKey[] = []): DocumentError[] {
  if (typeof json === "string") {
    return storable(json)
      ? []
      : [{ path: formatPath(path), message: "holds a character that cannot be stored" }];
  }
  if (Array.isArray(json)) return json.flatMap((item, index) => unstorableText(item, [...path, index]));
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => [
    ...(storable(key)
      ? []
      : [{ path: formatPath(path), message: "has a field whose name cannot be stored" }]),
    ...unstorableText(value, [...path, key]),
  ]);
}

function storable(value: string): boolean {
  return !value.includes("\0") && !/\p{Surrogate}/u.test(value);
}

function duplicates(names: readonly (string | null)[], found: (index: number, name: string) => void): void {
  const seen = new Set<string>();
  names.forEach((value, index) => {
    if (value === null) return;
    if (seen.has(value)) found(index, value);
    seen.add(value);
  });
}

function slugsOf(items: readonly ({ slug: string | null } | null)[]): Set<string> {
  return new Set(items.flatMap((item) => (item?.slug ? [item.slug] : [])));
}

/** The called number decides the branch. */
function checkPhoneNumbers(document: Loose, report: Report): void {
  const seen = new Set<string>();
  document.branches.forEach((branch, index) => {
    branch?.phoneNumbers.forEach((number, position) => {
      if (number === null) return;
      if (seen.has(number)) report(["branches", index, "phoneNumbers", position], `${number} is there twice`);
      seen.add(number);
    });
  });
}

function checkStaff(document: Loose, report: Report): void {
  const branches = slugsOf(document.branches);
  const hosts = new Map<number, { index: number; slug: string | null }>();
  document.staff.forEach((member, index) => {
    if (!member) return;
    // Whose chair a host's booking takes could not be told, and each would be offered while the other is at work.
    const other = member.calcomUserId === null ? undefined : hosts.get(member.calcomUserId);
    if (other && other.slug !== member.slug) {
      report(
        ["staff", index, "calcomUserId"],
        `${member.calcomUserId} is already the host of staff[${other.index}]`,
      );
    }
    if (member.calcomUserId !== null && !other) hosts.set(member.calcomUserId, { index, slug: member.slug });
    if (!member.branches) {
      if (document.branches.length !== 1) {
        report(["staff", index, "branches"], "must be named where the company has not exactly one branch");
      }
      return;
    }
    member.branches.forEach((branch, position) => {
      if (branch !== null && !branches.has(branch)) {
        report(["staff", index, "branches", position], `there is no branch "${branch}"`);
      }
    });
    duplicates(member.branches, (position, branch) =>
      report(["staff", index, "branches", position], `"${branch}" is there twice`),
    );
  });
}

function checkEventTypes(document: Loose, report: Report): void {
  const staff = slugsOf(document.staff);
  const branches = slugsOf(document.branches);
  const services = new Map(
    document.services.flatMap((service) => (service?.slug ? [[service.slug, service] as const] : [])),
  );
  const targets = new Map<string, number>();
  const served = new Map<number, { index: number; phase: string }>();
  document.eventTypes.forEach((mapping, index) => {
    if (!mapping) return;
    const at = (field: string) => ["eventTypes", index, field];
    const service = mapping.service === null ? undefined : services.get(mapping.service);
    if (mapping.service !== null && !service)
      report(at("service"), `there is no service "${mapping.service}"`);
    if (mapping.staff !== null && !staff.has(mapping.staff)) {
      report(at("staff"), `there is no staff "${mapping.staff}"`);
    }
    if (mapping.branch !== null && !branches.has(mapping.branch)) {
      report(at("branch"), `there is no branch "${mapping.branch}"`);
    }
    if (service && mapping.phase !== null) {
      const phase = service.phases.find((one) => one?.key === mapping.phase);
      if (!phase) report(at("phase"), `"${mapping.service}" has no phase "${mapping.phase}"`);
      else if (!phase.staffRequired)
        report(at("phase"), `"${mapping.phase}" is a gap: nobody is booked for it`);
    }
    if (!service || mapping.phase === null) return;

    const target = JSON.stringify([mapping.service, mapping.phase, mapping.staff, mapping.branch]);
    const first = targets.get(target);
    if (first === undefined) targets.set(target, index);
    else report(["eventTypes", index], `is for the same as eventTypes[${first}]`);

    if (mapping.calcomEventTypeId === null) return;
    const phase = JSON.stringify([mapping.service, mapping.phase]);
    const other = served.get(mapping.calcomEventTypeId);
    if (!other) served.set(mapping.calcomEventTypeId, { index, phase });
    else if (other.phase !== phase) {
      report(
        at("calcomEventTypeId"),
        `${mapping.calcomEventTypeId} already carries another service or phase (eventTypes[${other.index}])`,
      );
    }
  });
}

function checkPolicies(document: Loose, report: Report): void {
  const known = {
    branch: slugsOf(document.branches),
    service: slugsOf(document.services),
    staff: slugsOf(document.staff),
  };
  const seen = new Map<string, number>();
  document.policies.forEach((policy, index) => {
    if (!policy) return;
    const named = (["branch", "service", "staff"] as const).filter((kind) => policy.for[kind] !== null);
    for (const kind of named) {
      const slug = policy.for[kind];
      if (slug !== null && !known[kind].has(slug)) {
        report(["policies", index, "for", kind], `there is no ${kind} "${slug}"`);
      }
    }
    if (named.length > 1) report(["policies", index, "for"], "names more than one of branch, service, staff");
    const key = JSON.stringify([policy.for.branch, policy.for.service, policy.for.staff]);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else report(["policies", index, "for"], `is for the same as policies[${first}]`);
  });
}
