import { books, hangsUp, has, type Play, repeats, ring, says, settled, use } from "../play.js";

const cut = (daysAhead: number) => ({ staff: "emma", service: "herrenhaarschnitt", daysAhead }) as const;
const HAIRCUT = { service: "Herrenhaarschnitt", staff: "Emma", name: "Mehmet Yılmaz" } as const;

/** What callers, agents and platforms do: faults of salon-gateway 13.2 that have nothing to do with Cal.com. */
export const CALLERS: readonly Play[] = [
  {
    name: "worker-stirbt",
    title: "Der Worker wird mitten in der Buchung getötet",
    faults: [18],
    times: { wish: cut(5) },
    lines: [
      ring(),
      ...books("wish", { ...HAIRCUT, codes: ["BOOKED", "PENDING"], before: [{ does: "kill-worker" }] }),
      hangsUp(),
      settled(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
  {
    name: "doppelt-gefragt",
    title: "Die Plattform und das Modell wiederholen sich; gebucht ist einmal",
    faults: [19],
    times: { wish: cut(5) },
    lines: [
      ring(),
      ...books("wish", HAIRCUT),
      repeats(),
      says("Hat das jetzt geklappt?"),
      use(
        "book_appointment",
        { offer_id: "{offer}", customer_name: "Mehmet Yılmaz", caller_confirmed: true },
        "BOOKED",
      ),
      hangsUp(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
  {
    name: "zwei-zugleich",
    title: "Zwei wünschen im selben Augenblick dieselbe Zeit bei Emma",
    faults: [20],
    times: { wish: cut(6) },
    lines: [
      ring("erste"),
      ring("zweite"),
      says("Herrenhaarschnitt bei Emma, am {wish}.", "erste"),
      says("Trockenschnitt bei Emma, am {wish}.", "zweite"),
      {
        does: "together",
        uses: [
          use(
            "find_slots",
            { services: ["Herrenhaarschnitt"], staff: "Emma", when_text: "am {wish}" },
            "OFFERS",
            {
              as: "erste",
            },
          ),
          use(
            "find_slots",
            { services: ["Trockenschnitt"], staff: "Emma", when_text: "am {wish}" },
            "OFFERS",
            {
              as: "zweite",
            },
          ),
        ],
        codes: { OFFERS: 2 },
      },
      hangsUp("erste"),
      hangsUp("zweite"),
    ],
    ends: { standing: {} },
  },
  {
    name: "mitten-drin-aufgelegt",
    title: "Wer auflegt, hält niemandem die Zeit frei",
    faults: [21],
    times: { wish: cut(7) },
    lines: [
      ring("erste"),
      use(
        "find_slots",
        { services: ["Herrenhaarschnitt"], staff: "Emma", when_text: "am {wish}" },
        "OFFERS",
        {
          as: "erste",
          offers: ["wish"],
        },
      ),
      ring("zweite"),
      use(
        "find_slots",
        { services: ["Herrenhaarschnitt"], staff: "Emma", when_text: "am {wish}" },
        "OFFERS",
        {
          as: "zweite",
          offersNot: ["wish"],
        },
      ),
      use("book_appointment", { offer_id: "{offer}", customer_name: "Anna Weiß" }, "CONFIRM", {
        as: "erste",
      }),
      hangsUp("erste"),
      says("Ist die Zeit jetzt vielleicht frei?", "zweite"),
      ...books("wish", { ...HAIRCUT, as: "zweite" }),
      hangsUp("zweite"),
    ],
    ends: { standing: { zweite: ["wish"] } },
  },
  {
    name: "zu-lange-ueberlegt",
    title: "Die Zeit wird nicht länger freigehalten, und ein anderer bekommt sie",
    faults: [23],
    times: { wish: cut(8) },
    lines: [
      ring("erste"),
      use(
        "find_slots",
        { services: ["Herrenhaarschnitt"], staff: "Emma", when_text: "am {wish}" },
        "OFFERS",
        {
          as: "erste",
          offers: ["wish"],
        },
      ),
      { does: "hold-ends" },
      ring("zweite"),
      ...books("wish", { ...HAIRCUT, as: "zweite" }),
      says("So, ich nehme ihn.", "erste"),
      use(
        "book_appointment",
        { offer_id: "{offer}", customer_name: "Anna Weiß", caller_confirmed: true },
        "OFFER_EXPIRED",
        { as: "erste", next: "ask_date" },
      ),
      hangsUp("erste"),
      hangsUp("zweite"),
    ],
    ends: { standing: { zweite: ["wish"] } },
  },
  {
    name: "unterdrueckt-absagen",
    title: "Mit unterdrückter Nummer sagt niemand einen Termin ab",
    faults: [24],
    times: { old: cut(6) },
    lines: [
      has("old"),
      ring("caller", { anonymous: true }),
      says("Ich bin Katharina Sommer und möchte meinen Termin am {old} absagen."),
      use("list_my_appointments", { customer_name: "Katharina Sommer" }, "NOT_IDENTIFIED", {
        saysNot: /\d|Uhr|Herrenhaarschnitt|Emma/u,
      }),
      use(
        "cancel_appointment",
        { appointment_ref: "ap_xxxxxxxxxx", caller_confirmed: true },
        "NOT_IDENTIFIED",
        {
          next: "offer_callback",
        },
      ),
      says("Dann rufen Sie mich bitte zurück, unter {number}."),
      use("request_callback", { topic: "Termin absagen", phone: "{number}" }, "CALLBACK"),
      hangsUp(),
    ],
    ends: { standing: { caller: ["old"] }, callbacks: 1 },
  },
  {
    name: "jahr-aus-der-vergangenheit",
    title: "Das Modell schreibt ein Datum von 2023; es zählt, was gesagt wurde",
    faults: [25],
    times: { wish: cut(5) },
    lines: [
      ring(),
      says("Einen Herrenhaarschnitt bei Emma, am {wish}."),
      use(
        "find_slots",
        { services: ["Herrenhaarschnitt"], staff: "Emma", date: "{past2023}", when_text: "" },
        "IN_PAST",
        { next: "ask_date" },
      ),
      says("Ich habe es doch gesagt: am {wish}."),
      use(
        "find_slots",
        { services: ["Herrenhaarschnitt"], staff: "Emma", date: "{past2024}", when_text: "am {wish}" },
        "OFFERS",
        { offers: ["wish"] },
      ),
      use(
        "book_appointment",
        { offer_id: "{offer}", customer_name: "Mehmet Yılmaz", caller_confirmed: true },
        "BOOKED",
      ),
      hangsUp(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
  {
    name: "seltsamer-agent",
    title: "Ein Agent, der Namen, Platzhalter und unbekannte Werkzeuge schickt",
    times: { wish: cut(6) },
    lines: [
      ring(),
      says("Ich hätte gern einen Termin."),
      use("book_now", { everything: "please" }, "UNKNOWN_TOOL"),
      use("find_slots", { services: [""], when_text: "null", execution_message: "Moment" }, "NEEDS_SERVICE"),
      says("Einen Haarschnitt mit Bratwurst."),
      use("find_slots", { services: ["Bratwurst"] }, "UNKNOWN_SERVICE", { next: "ask_service" }),
      says("Balayage bei Emma."),
      use(
        "find_slots",
        { services: ["Balayage"], staff: "Emma", when_text: "am {wish}" },
        "STAFF_CANNOT_DO_SERVICE",
        {
          says: /Sarah/u,
        },
      ),
      use(
        "book_appointment",
        { offer_id: "of_erfunden", customer_name: "Anna Weiß", caller_confirmed: true },
        ["OFFER_EXPIRED", "INVALID"],
      ),
      ...books("wish", HAIRCUT),
      settled(),
      hangsUp(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
  {
    name: "dauerwelle",
    title: "Eine Dauerwelle mit ihren vier Terminen, und das Ja kommt sofort doppelt",
    faults: [19, 20],
    times: { wish: { staff: "emma", service: "dauerwelle", daysAhead: 12 } },
    lines: [
      ring(),
      ...books("wish", { service: "Dauerwelle", staff: "Emma", name: "Anna Weiß" }),
      repeats(),
      hangsUp(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
];
