import { describe, expect, it } from "vitest";
import { claimsBooking } from "./claimed-booking.js";

const nothing = { agentTurns: [], summary: null, analysis: {} };

describe("what a call claims", () => {
  it.each([
    { appointment_booked: true },
    { appointment_made: "yes" },
    { termin_gebucht: "ja" },
    { booking_confirmed: "true" },
  ])("is a booking when the platform's analysis says so: %o", (analysis) => {
    expect(claimsBooking({ ...nothing, analysis })).toBe(true);
  });

  it.each([
    "Ihr Termin am Donnerstag ist jetzt fest gebucht.",
    "Wunderbar. Ich habe Sie für Freitag um zehn Uhr eingetragen.",
    "Der Termin steht, bis dann!",
  ])("is a booking when the agent said so: %s", (turn) => {
    expect(claimsBooking({ ...nothing, agentTurns: [turn] })).toBe(true);
  });

  it.each([
    "The user called to book a haircut. The appointment was booked for Thursday.",
    "Der Termin wurde für Freitag vereinbart.",
  ])("is a booking when the summary says so: %s", (summary) => {
    expect(claimsBooking({ ...nothing, summary })).toBe(true);
  });

  it.each([
    { ...nothing, analysis: { appointment_booked: false, user_sentiment: "Positive" } },
    { ...nothing, analysis: { call_successful: true } },
    {
      ...nothing,
      agentTurns: [
        "Darf ich den Termin so für Sie eintragen?",
        "Leider ist um zehn Uhr schon alles gebucht.",
      ],
    },
    { ...nothing, agentTurns: ["Ich habe den Termin für Sie vorgemerkt."] },
    { ...nothing, summary: "The user wanted to book an appointment, but no appointment was booked." },
    { ...nothing, summary: "Der Anrufer fragte nach den Öffnungszeiten." },
  ])("is no booking where nobody said that one is made: %o", (call) => {
    expect(claimsBooking(call)).toBe(false);
  });
});
