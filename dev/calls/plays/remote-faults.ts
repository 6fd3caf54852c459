import {
  type Booking,
  books,
  fault,
  hangsUp,
  has,
  inCalcom,
  type Line,
  type Play,
  ring,
  says,
  settled,
  use,
} from "../play.js";

const HAIRCUT: Booking = { service: "Herrenhaarschnitt", staff: "Fabian", name: "Jörg O'Neill" };
const haircut = (daysAhead: number) =>
  ({ staff: "fabian", service: "herrenhaarschnitt", daysAhead }) as const;
/** What may be said when Cal.com's answer is late or lost: it stands, or it is noted. */
const SOONER_OR_LATER = ["BOOKED", "PENDING"] as const;

/** A booking during which the next creation in Cal.com goes wrong, and which still stands exactly once. */
function lostAnswer(name: string, title: string, number: number, what: string, effect: Effect): Play {
  return {
    name,
    title,
    faults: [number],
    times: { wish: haircut(5) },
    lines: [
      ring(),
      ...books("wish", {
        ...HAIRCUT,
        codes: SOONER_OR_LATER,
        before: [fault(what, { match: { operation: "create" }, effect })],
      }),
      hangsUp(),
      settled(),
    ],
    ends: { standing: { caller: ["wish"] } },
  };
}
type Effect = Parameters<typeof fault>[1]["effect"];

const lists: Line = use("list_my_appointments", {}, "APPOINTMENTS");

/** What Cal.com does to a call: faults of salon-gateway 13.2. */
export const REMOTE_FAULTS: readonly Play[] = [
  {
    name: "cal-com-schweigt",
    title: "Cal.com antwortet auf keine Frage nach freien Zeiten; es bleibt der Rückruf",
    faults: [1],
    times: { wish: { staff: "michael", service: "kinderhaarschnitt", daysAhead: 45 } },
    lines: [
      ring("caller", { to: "+493033081739" }),
      fault("jede Frage nach freien Zeiten bricht ab", {
        match: { operation: "slots" },
        times: -1,
        effect: { kind: "drop-before-commit" },
      }),
      says("Einen Kinderhaarschnitt bei Michael bitte, am {wish}."),
      use(
        "find_slots",
        { services: ["Kinderhaarschnitt"], staff: "Michael", when_text: "am {wish}" },
        "TEMPORARY",
        { next: "offer_callback" },
      ),
      says("Dann rufen Sie mich bitte zurück."),
      use(
        "request_callback",
        { topic: "Kinderhaarschnitt am {wish}", customer_name: "Jörg O'Neill" },
        "CALLBACK",
        {
          next: "end",
        },
      ),
      inCalcom("geht wieder", { kind: "lift" }),
      hangsUp(),
    ],
    ends: { standing: {}, callbacks: 1 },
  },
  lostAnswer("antwort-verloren", "Gebucht, aber die Antwort ging verloren", 2, "bucht und legt auf", {
    kind: "commit-then-drop",
  }),
  lostAnswer("400-obwohl-gebucht", "Ein 400, obwohl gebucht wurde", 3, "bucht und antwortet 400", {
    kind: "400-although-created",
  }),
  {
    name: "weggeschnappt",
    title: "Zwischen Frage und Ja bucht jemand in Cal.com",
    faults: [4],
    times: { wish: haircut(6) },
    lines: [
      ring(),
      ...books("wish", {
        ...HAIRCUT,
        codes: ["SLOT_TAKEN"],
        before: [
          inCalcom("jemand bucht am Tresen genau diese Zeit, und der Webhook geht verloren", {
            kind: "book",
            at: "wish",
            silently: true,
          }),
        ],
      }),
      says("Schade. Dann eben die erste andere."),
      use("book_appointment", { offer_id: "{offer}", customer_name: "Jörg O'Neill" }, "CONFIRM"),
      says("Nein, ich überlege es mir noch einmal. Auf Wiederhören."),
      hangsUp(),
    ],
    ends: { standing: {} },
  },
  lostAnswer(
    "zu-viele-anfragen",
    "Cal.com bremst (429) mitten im Buchen",
    5,
    "will zwei Sekunden lang nichts hören",
    {
      kind: "429-block",
      ms: 2_000,
    },
  ),
  {
    name: "500-immer",
    title: "Diese eine Buchung scheitert immer wieder; ein Mensch sieht sie, und am Ende steht sie",
    faults: [6],
    times: { wish: haircut(7) },
    lines: [
      ring(),
      ...books("wish", {
        ...HAIRCUT,
        codes: ["PENDING"],
        before: [
          fault("jede Buchung endet mit 500", {
            match: { operation: "create" },
            times: -1,
            effect: { kind: "status", code: 500 },
          }),
        ],
      }),
      hangsUp(),
      { does: "review", as: "caller" },
      inCalcom("geht wieder", { kind: "lift" }),
      settled(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
  {
    name: "schluessel-gesperrt",
    title: "Der Schlüssel zu Cal.com gilt nicht mehr, bis ihn jemand wieder freigibt",
    faults: [7],
    times: { wish: haircut(7) },
    lines: [
      ring(),
      ...books("wish", {
        ...HAIRCUT,
        codes: ["PENDING"],
        before: [
          fault("der Schlüssel wird nicht angenommen", {
            match: { operation: "create" },
            times: -1,
            effect: { kind: "401" },
          }),
        ],
      }),
      hangsUp(),
      { does: "review", as: "caller" },
      inCalcom("der Schlüssel gilt wieder", { kind: "lift" }),
      settled(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
  {
    name: "terminart-geloescht",
    title: "Zwischen Frage und Ja löscht jemand in Cal.com die Terminart und legt sie wieder an",
    faults: [16],
    times: { wish: haircut(8) },
    lines: [
      ring(),
      ...books("wish", {
        ...HAIRCUT,
        codes: ["PENDING"],
        before: [inCalcom("die Terminart wird gelöscht", { kind: "delete-type", at: "wish" })],
      }),
      hangsUp(),
      { does: "review", as: "caller" },
      inCalcom("sie wird wieder angelegt", { kind: "restore-type" }),
      settled(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
  {
    name: "schon-abgesagt",
    title: "Der Anrufer sagt ab, was am Tresen schon abgesagt ist",
    faults: [8],
    times: { old: haircut(5) },
    lines: [
      has("old"),
      ring(),
      says("Ich möchte absagen."),
      lists,
      use("cancel_appointment", { appointment_ref: "{ref}" }, "CONFIRM"),
      inCalcom("am Tresen wird abgesagt, und der Webhook geht verloren", {
        kind: "cancel",
        at: "old",
        silently: true,
      }),
      says("Ja, absagen."),
      use("cancel_appointment", { appointment_ref: "{ref}", caller_confirmed: true }, [
        "CANCELLED",
        "PENDING",
      ]),
      hangsUp(),
    ],
    ends: { standing: {} },
  },
  lostAnswer("antwort-ohne-uid", "Die Antwort nennt die Buchung nicht", 9, "bucht und lässt die uid weg", {
    kind: "answer-without-uid",
  }),
  lostAnswer(
    "fremde-buchung",
    "Die Antwort enthält eine ältere, fremde Buchung",
    10,
    "antwortet mit der falschen Buchung",
    {
      kind: "return-older-foreign-booking",
      commit: true,
    },
  ),
  lostAnswer(
    "webhook-zuerst",
    "Der Webhook ist schneller als die Antwort",
    11,
    "bucht gleich und antwortet spät",
    {
      kind: "commit-then-delay",
      ms: 900,
    },
  ),
  {
    name: "webhooks-durcheinander",
    title: "Webhooks kommen doppelt und in falscher Reihenfolge",
    faults: [12, 13],
    times: { first: haircut(8), second: haircut(9), third: haircut(10) },
    lines: [
      ring(),
      inCalcom("alle Webhooks bleiben liegen", { kind: "webhooks", rule: { mode: "held", times: -1 } }),
      ...books("first", HAIRCUT),
      inCalcom("am Tresen wird verlegt, erst auf die zweite Zeit", {
        kind: "move",
        from: "first",
        to: "second",
      }),
      inCalcom("und dann auf die dritte", { kind: "move", from: "second", to: "third" }),
      inCalcom("die Webhooks kommen, der letzte zuerst", { kind: "release-reversed" }),
      inCalcom("ab jetzt kommt jeder zweimal", {
        kind: "webhooks",
        rule: { mode: "duplicated", times: -1 },
      }),
      hangsUp(),
      settled(),
    ],
    ends: { standing: { caller: ["third"] } },
  },
  {
    name: "dreimal-verlegt",
    title: "Nach zwei Verlegungen im selben Anruf wird der Termin abgesagt",
    faults: [13],
    times: { old: haircut(11), second: haircut(12), third: haircut(13) },
    lines: [
      has("old"),
      ring(),
      lists,
      ...movesTo("second"),
      ...movesTo("third"),
      says("Ach, sagen Sie ihn doch lieber ab."),
      lists,
      use("cancel_appointment", { appointment_ref: "{ref}" }, "CONFIRM"),
      says("Ja, absagen bitte."),
      use("cancel_appointment", { appointment_ref: "{ref}", caller_confirmed: true }, "CANCELLED"),
      hangsUp(),
    ],
    ends: { standing: {}, branchTold: ["appointment.moved", "appointment.cancelled"] },
  },
];

function movesTo(at: string): Line[] {
  const change = { appointment_ref: "{ref}", offer_id: "{offer}" };
  return [
    says(`Ginge es auch am {${at}}?`),
    use(
      "find_slots",
      { services: ["Herrenhaarschnitt"], staff: "Fabian", when_text: `am {${at}}` },
      "OFFERS",
      {
        offers: [at],
      },
    ),
    use("reschedule_appointment", change, "CONFIRM"),
    says("Ja."),
    use("reschedule_appointment", { ...change, caller_confirmed: true }, "RESCHEDULED"),
  ];
}
