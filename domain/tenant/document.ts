import type { z } from "zod";
import { crossCheck, type DocumentError, unstorableText } from "./cross-check.js";
import { formatPath } from "./document-path.js";
import { tenantDocumentSchema } from "./schema.js";

type ParsedDocument = z.output<typeof tenantDocumentSchema>;

/** A valid document with everything filled in that may be left out. Secrets that were left out are still missing. */
export type TenantDocument = Omit<ParsedDocument, "tokens" | "staff"> & {
  staff: (Omit<ParsedDocument["staff"][number], "branches"> & { branches: string[] })[];
};

/** The document is not acceptable; nothing was changed. Maps to the problem `invalid-tenant`. */
export class InvalidTenantError extends Error {
  constructor(readonly errors: readonly DocumentError[]) {
    super(`the document has ${errors.length === 1 ? "an error" : `${errors.length} errors`}`);
    this.name = "InvalidTenantError";
  }
}

/**
 * Reads a tenant's document.
 *
 * @throws InvalidTenantError with every error and its path, of the form as well as of references.
 */
export function parseDocument(json: unknown): TenantDocument {
  const parsed = tenantDocumentSchema.safeParse(json);
  const errors = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap(errorsOf)),
    ...unstorableText(json),
    ...crossCheck(json),
  ];
  if (!parsed.success || errors.length > 0) throw new InvalidTenantError(errors);
  const { tokens: _, ...document } = parsed.data;
  const everywhere = document.branches.map((branch) => branch.slug);
  return {
    ...document,
    staff: document.staff.map((member) => ({ ...member, branches: member.branches ?? everywhere })),
  };
}

function errorsOf(issue: z.core.$ZodIssue): DocumentError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: formatPath([...issue.path, key]), message: "unknown field" }));
  }
  return [{ path: formatPath(issue.path), message: issue.message }];
}
