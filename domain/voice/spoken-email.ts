import { givenText } from "./given.js";

/** Signs as people say them. Umlauts first: an address has none. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/\(\s*(?:at|ät)\s*\)|\[\s*(?:at|ät)\s*\]/giu, "@"],
  [
    /(?<=\s)(?:at|ät|et|klammeraffe|klammer {2}affe|affenschwanz|at-zeichen|ät-zeichen|at zeichen)(?=\s)/giu,
    "@",
  ],
  [/(?<=\s)(?:punkt|dot|point)(?=\s)/giu, "."],
  [/(?<=\s)(?:unterstrich|underscore|tiefstrich|grundstrich)(?=\s)/giu, "_"],
  [/(?<=\s)(?:minus|bindestrich|strich|mittelstrich|dash|hyphen)(?=\s)/giu, "-"],
  [/(?<=\s)plus(?:zeichen)?(?=\s)/giu, "+"],
];
/** "m. a. x.": recognition ends a letter that stands alone with a dot. */
const SPELLED_DOT = /(?<![\p{L}.])(\p{L})\.\s/gu;
/** What stands around the address. */
const AROUND =
  /^(?:(?:also|ja|äh|meine|die|e-?mail|mail|adresse|e-?mail-?adresse|mailadresse|ist|lautet|wäre|das|an)[\s,:]+)+/iu;
/** Apart or together, spelled or not: in lower case words that only say how it is written. */
const HOW =
  /(?<=\s)(?:alles {2}klein|alles|zusammen|zusammengeschrieben|kleingeschrieben|großgeschrieben|und {2}dann|dann)(?=\s)/giu;
const DIGITS: Readonly<Record<string, string>> = {
  null: "0",
  eins: "1",
  ein: "1",
  zwei: "2",
  zwo: "2",
  drei: "3",
  vier: "4",
  fünf: "5",
  sechs: "6",
  sieben: "7",
  acht: "8",
  neun: "9",
};
/** Recognition runs the provider's name together with the words around, or writes it by ear. */
const PROVIDERS: readonly (readonly [RegExp, string])[] = [
  [/^(?:g-?mail|gimail|dschimail|googlemail)\.(com?|de)$/u, "gmail.com"],
  [/^(?:g-?m-?x|geemix)\.(de|net|at|ch)$/u, "gmx.$1"],
  [/^(?:web|weeb|wepp)\.de$/u, "web.de"],
  [/^t-?online\.de$/u, "t-online.de"],
];

// Narrower than what mail allows, as wide as what is dictated; what Cal.com refuses is refused here.
const ADDRESS =
  /^[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9_+-])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$/u;

/**
 * An e-mail address as it was dictated or written: "max punkt mustermann at gmail punkt com", "m a x unterstrich
 * weber ät web punkt de".
 *
 * @returns in lower case, or `null` where no address comes out; nothing is guessed
 */
export function spokenEmail(value: unknown): string | null {
  const given = givenText(value);
  if (given === null) return null;
  let text =
    ` ${given.normalize("NFC").toLowerCase().replace(SPELLED_DOT, "$1 ").replace(/\s+/gu, "  ").trim()} `.replace(
      /[<>"“”„]/gu,
      " ",
    );
  text = ` ${text.trim().replace(AROUND, "")} `;
  for (const [said, sign] of SAID) text = text.replace(said, sign);
  text = text
    .replace(HOW, " ")
    .split(/\s+/u)
    .map((word) => DIGITS[word] ?? word)
    .join("")
    .replace(/ä/gu, "ae")
    .replace(/ö/gu, "oe")
    .replace(/ü/gu, "ue")
    .replace(/ß/gu, "ss")
    .replace(/[,;:!?]+|\.+$/gu, "");
  const [local, domain, ...more] = text.split("@");
  if (local === undefined || domain === undefined || more.length > 0) return null;
  const provider = PROVIDERS.find(([heard]) => heard.test(domain));
  const address = `${local}@${provider ? domain.replace(provider[0], provider[1]) : domain}`;
  return ADDRESS.test(address) && !address.includes("..") && !/[.]@/u.test(address) ? address : null;
}
