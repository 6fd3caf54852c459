const SLUG = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;

/** Names in URLs and references: lower case letters and digits, joined by single hyphens or underscores, up to 64. */
export function isSlug(text: string): boolean {
  return text.length <= 64 && SLUG.test(text);
}
