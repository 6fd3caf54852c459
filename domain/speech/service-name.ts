/** As the tenant's document names a service. */
export interface NamedService {
  name: string;
  aliases: readonly string[];
}

/**
 * What a service is called among others. A name that is a list ("Ansatzfärbung, waschen, schneiden, föhnen") cannot
 * be told apart by ear in a list of names: its first alias that is none is said instead, else its parts with "mit".
 */
export function spokenServiceName({ name, aliases }: NamedService): string {
  if (!name.includes(",")) return name;
  const alias = aliases.find((candidate) => !candidate.includes(","));
  if (alias !== undefined) return alias;
  const [first = name, ...others] = name.split(/\s*,\s*/u).filter((part) => part !== "");
  const parts = others.map((part) => part.slice(0, 1).toLocaleUpperCase("de-DE") + part.slice(1));
  if (parts.length === 0) return first;
  const last = parts.at(-1) ?? "";
  return `${first} mit ${parts.length === 1 ? last : `${parts.slice(0, -1).join(", ")} und ${last}`}`;
}
