import { books, fault, hangsUp, has, type Play, ring, says, settled, use } from "../play.js";

/** T1 to T5 of the specification (salon-gateway 1.4). */
export const ACCEPTANCE: readonly Play[] = [
  {
    name: "t1",
    title: "T1: Eine Stammkundin bucht",
    times: {
      earlier: { staff: "emma", service: "herrenhaarschnitt", daysAhead: 2 },
      wish: { staff: "emma", service: "herrenhaarschnitt", daysAhead: 1, notBefore: 14 * 60 },
    },
    lines: [
      has("earlier"),
      ring(),
      ...books("wish", { service: "Herrenhaarschnitt", staff: "Emma", name: "Katharina Sommer" }),
      hangsUp(),
    ],
    ends: { standing: { caller: ["earlier", "wish"] } },
  },
  {
    name: "t2",
    title: "T2: Ein Termin wird verlegt",
    times: {
      old: { staff: "emma", service: "herrenhaarschnitt", daysAhead: 3 },
      wish: { staff: "emma", service: "herrenhaarschnitt", daysAhead: 4 },
    },
    lines: [
      has("old"),
      ring(),
      says("Ich möchte meinen Termin verlegen."),
      use("list_my_appointments", {}, "APPOINTMENTS"),
      says("Genau den. Ginge es auch am {wish}?"),
      use(
        "find_slots",
        { services: ["Herrenhaarschnitt"], staff: "Emma", when_text: "am {wish}" },
        "OFFERS",
        { offers: ["wish"] },
      ),
      says("Ja, den nehme ich."),
      use("reschedule_appointment", { appointment_ref: "{ref}", offer_id: "{offer}" }, "CONFIRM", {
        next: "confirm",
      }),
      says("Ja, bitte."),
      use(
        "reschedule_appointment",
        { appointment_ref: "{ref}", offer_id: "{offer}", caller_confirmed: true },
        "RESCHEDULED",
      ),
      hangsUp(),
    ],
    ends: { standing: { caller: ["wish"] }, branchTold: ["appointment.moved"] },
  },
  {
    name: "t3a",
    title: "T3a: Wer absagen will, verlegt lieber",
    times: {
      old: { staff: "fabian", service: "herrenhaarschnitt", daysAhead: 3 },
      wish: { staff: "fabian", service: "herrenhaarschnitt", daysAhead: 9 },
    },
    lines: [
      has("old"),
      ring(),
      says("Ich muss meinen Termin leider absagen."),
      use("list_my_appointments", {}, "APPOINTMENTS"),
      use("cancel_appointment", { appointment_ref: "{ref}" }, "CONFIRM", { says: /verschieben/u }),
      says("Ach so, ja. Am {wish} bei Fabian, ginge das?"),
      use(
        "find_slots",
        { services: ["Herrenhaarschnitt"], staff: "Fabian", when_text: "am {wish}" },
        "OFFERS",
        { offers: ["wish"] },
      ),
      says("Ja."),
      use("reschedule_appointment", { appointment_ref: "{ref}", offer_id: "{offer}" }, "CONFIRM"),
      says("Ja, so machen wir das."),
      use(
        "reschedule_appointment",
        { appointment_ref: "{ref}", offer_id: "{offer}", caller_confirmed: true },
        "RESCHEDULED",
      ),
      hangsUp(),
    ],
    ends: {
      standing: { caller: ["wish"] },
      moveOffers: { offered: 1, accepted: 1, declined: 0 },
      branchTold: ["appointment.moved"],
    },
  },
  {
    name: "t3b",
    title: "T3b: Wer nicht verlegen will, sagt ab",
    times: { old: { staff: "fabian", service: "herrenhaarschnitt", daysAhead: 3 } },
    lines: [
      has("old"),
      ring(),
      says("Ich möchte meinen Termin absagen."),
      use("list_my_appointments", {}, "APPOINTMENTS"),
      use("cancel_appointment", { appointment_ref: "{ref}" }, "CONFIRM", { says: /verschieben/u }),
      says("Nein, bitte einfach absagen."),
      use(
        "cancel_appointment",
        { appointment_ref: "{ref}", caller_confirmed: true, reason: "keine Zeit" },
        "CANCELLED",
      ),
      hangsUp(),
    ],
    ends: {
      standing: {},
      moveOffers: { offered: 1, accepted: 0, declined: 1 },
      branchTold: ["appointment.cancelled"],
    },
  },
  {
    name: "t4",
    title: "T4: Mit unterdrückter Nummer buchen, aber nichts erfahren",
    faults: [24],
    times: { wish: { staff: "emma", service: "waschen-schneiden-foehnen", daysAhead: 4 } },
    lines: [
      ring("caller", { anonymous: true }),
      says("Ich hätte gern einen Damenhaarschnitt bei Emma, am {wish}."),
      use("find_slots", { services: ["Damenhaarschnitt"], staff: "Emma", when_text: "am {wish}" }, "OFFERS", {
        offers: ["wish"],
      }),
      says("Ja, das passt."),
      use("book_appointment", { offer_id: "{offer}", customer_name: "" }, "NEEDS_NAME", { next: "ask_name" }),
      says("Renate Vogel."),
      use("book_appointment", { offer_id: "{offer}", customer_name: "Renate Vogel" }, "NEEDS_PHONE", {
        next: "ask_phone",
      }),
      says("Meine Nummer ist {number}."),
      use(
        "book_appointment",
        { offer_id: "{offer}", customer_name: "Renate Vogel", customer_phone: "{number}" },
        "CONFIRM",
      ),
      says("Ja, genau."),
      use(
        "book_appointment",
        {
          offer_id: "{offer}",
          customer_name: "Renate Vogel",
          customer_phone: "{number}",
          caller_confirmed: true,
        },
        "BOOKED",
      ),
      says("Ach, und welche Termine habe ich denn sonst noch?"),
      use("list_my_appointments", { customer_name: "Renate Vogel" }, "NOT_IDENTIFIED", {
        next: "offer_callback",
      }),
      hangsUp(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
  {
    name: "t5",
    title: "T5: Cal.com antwortet einmal nicht, der Termin steht trotzdem, und nur einmal",
    faults: [1],
    times: { wish: { staff: "emma", service: "kinderhaarschnitt", daysAhead: 40 } },
    lines: [
      ring(),
      fault("die nächste Frage nach freien Zeiten dauert vier Sekunden", {
        match: { operation: "slots" },
        effect: { kind: "delay", ms: 4_000 },
      }),
      says("Ich brauche für meinen Sohn einen Kinderhaarschnitt bei Emma, am {wish}."),
      use(
        "find_slots",
        { services: ["Kinderhaarschnitt"], staff: "Emma", when_text: "am {wish}" },
        ["OFFERS", "TEMPORARY"],
        { withinMs: 3_000 },
      ),
      says("Versuchen Sie es bitte noch einmal."),
      ...books("wish", { service: "Kinderhaarschnitt", staff: "Emma", name: "Katharina Sommer" }),
      settled(),
      hangsUp(),
    ],
    ends: { standing: { caller: ["wish"] } },
  },
];
