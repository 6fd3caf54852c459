// biome-ignore lint/suspicious/noControlCharactersInRegex: Postgres takes no NUL, and JSON in it no half of a pair
const UNSTORABLE = /\u0000|\p{Cs}/gu;

/** What a platform or a model names something by, as Postgres can keep it: in a text as well as in JSON. */
export function storable(text: string): string {
  return text.replaceAll(UNSTORABLE, "�");
}
