/** Words that join or separate what is wished; in a service's own name they carry nothing. */
export const CONNECTIVES = new Set([
  ..."und oder sowie plus mit dazu ausserdem sondern noch dann danach anschliessend zusaetzlich auch and".split(
    " ",
  ),
]);

/** What follows is not wished. */
export const NEGATIONS = new Set("kein keine keinen keiner keinem ohne nicht statt anstatt".split(" "));

/** Words around a wish that name no service. */
export const FILLERS = new Set([
  ...[
    "ich wir er sie es man mir mich uns ihm ihr ihn ihnen du dir dich sich",
    "ein eine einen einem einer eines der die das den dem des",
    "mein meine meinen meinem meiner unser unsere unseren unserem unserer",
    "haette haetten moechte moechten will wollen wollte wuerde wuerden brauche brauchen koennte koennten",
    "kann koennen kannst soll sollen bin ist sind waere war habe haben hat geht gehe gehen gibt gaebe nehme nehmen",
    "gern gerne lieber bitte mal einmal nochmal wieder nur so also aeh aehm hm ja nein nee ok okay genau halt eben eigentlich vielleicht",
    "termin termine terminwunsch buchen buchung vereinbaren reservieren ausmachen bekommen kriegen machen gemacht lassen holen",
    "fuer zum zur zu am an im in bei beim auf von vom um ab bis nach vor gegen aus ueber unter",
    "was etwas irgendwas wie wann wo ob dass weil als wenn dort da hier jetzt denn doch schon sehr ganz",
    "neu neue neuen neues naechste naechsten naechster kommende kommenden diese diesen dieser dieses diesmal",
    "heute morgen uebermorgen vormittag vormittags nachmittag nachmittags abend abends mittag mittags frueh morgens uhr woche wochen tag tage tagen monat",
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag montags dienstags mittwochs donnerstags freitags samstags",
    "januar februar maerz april mai juni juli august september oktober november dezember",
    "zwar guten hallo danke frau herr herrn service leistung behandlung friseur salon",
  ].flatMap((line) => line.split(" ")),
]);

/** Said with many services, and part of some of their names: they name none alone. */
export const WEAK = new Set("haar haare haaren haars kopf".split(" "));

const SAME: readonly (readonly [string, string])[] = [
  ["herrenhaarschnitt", "herrenschnitt maennerhaarschnitt maennerschnitt herrenhaarschnitte herrencut"],
  ["damenhaarschnitt", "damenschnitt frauenhaarschnitt frauenschnitt damenhaarschnitte"],
  [
    "kinderhaarschnitt",
    "kinderschnitt kinderhaarschnitte kindershaarschnitt kinderfrisur maedchenhaarschnitt maedchenschnitt jungenhaarschnitt jungenschnitt",
  ],
  [
    "faerben",
    "farbe faerbung coloration colorierung kolorieren colorieren toenung toenen haarfarbe haarfaerbung haarefaerben faerbe gefaerbt",
  ],
  ["bart", "bartschnitt barttrimmen bartpflege bartrasur rasur rasieren barbier"],
  ["waschen", "haarwaesche kopfwaesche shampoo haarewaschen wasche waesche gewaschen"],
  ["foehnen", "foehn foen foenen trocknen blowdry foehne gefoehnt foent trockenfoehnen"],
  ["styling", "frisur stylen gestylt stilen"],
  ["dauerwelle", "perm dauerwellen"],
  ["straehnen", "straehnchen highlights highlight straehne"],
  ["extensions", "haarverlaengerung haarverlaengerungen extension"],
  ["pflege", "treatment treatments haarpflege haarkur kur pflegebehandlung"],
  [
    "schneiden",
    "schnitt haarschnitt haareschneiden haarschneiden schneide geschnitten cut nachschneiden spitzenschneiden haircut",
  ],
];

/** Words that salons and callers use for the same thing (salon-gateway 9.4), to the one that stands for all. */
const STANDS_FOR = new Map(SAME.flatMap(([one, others]) => others.split(" ").map((other) => [other, one])));

/** Whether callers and salons have this word in common: where no service bears it, the salon does not offer it. */
export function isCommonWord(word: string): boolean {
  return STANDS_FOR.has(word) || SAME.some(([one]) => one === word);
}

/** The word that stands for this one, itself if there is none. */
export function standsFor(word: string): string {
  return STANDS_FOR.get(word) ?? word;
}

/** Alone they are forms of address; behind an article somebody is meant: "für meine Frau". */
export function asPerson(word: string, before: string): string {
  if (!/^(m?ein|unser)(e|en|er|em)$/u.test(before)) return word;
  if (word === "frau") return "ehefrau";
  return word === "herrn" || word === "herr" ? "herren" : word;
}

/** A cut for whom: said apart ("Haarschnitt für meinen Mann"), it is the compound. */
const AUDIENCES: readonly (readonly [string, ReadonlySet<string>])[] = [
  ["herrenhaarschnitt", new Set("herren maenner mann ehemann freund vater opa maennlich".split(" "))],
  ["damenhaarschnitt", new Set("damen dame frauen ehefrau freundin mutter oma weiblich".split(" "))],
  ["kinderhaarschnitt", new Set("kind kinder sohn tochter enkel enkelin junge maedchen kleinen".split(" "))],
];

/** The cut that this word says whom it is for. */
export function cutFor(word: string): string | null {
  return AUDIENCES.find(([, words]) => words.has(word))?.[0] ?? null;
}

const GROUPS = new Set("herren maenner damen frauen kinder".split(" "));

/** Said alone they are a cut ("einmal Herren, bitte"); "für meinen Mann" alone is not (salon-gateway 9.4). */
export function namesCutAlone(word: string): boolean {
  return GROUPS.has(word);
}

/** The generic cut: which one, has to be asked. */
export const CUT = "schneiden";

/** Whether a compound is some cut ("Trockenschnitt"). */
export function isCut(word: string): boolean {
  return word === CUT || word.endsWith("schnitt");
}

/** Whom a compound is for: "Herrenhaarschnitt". `null`: it does not say. */
export function audienceOf(word: string): "men" | "women" | "children" | null {
  if (/^(herren|maenner)/.test(word)) return "men";
  if (/^(damen|frauen)/.test(word)) return "women";
  return word.startsWith("kinder") ? "children" : null;
}
