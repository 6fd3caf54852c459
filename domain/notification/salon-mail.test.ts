import { describe, expect, it } from "vitest";
import { operatorMail } from "./operator-mail.js";
import { SALON_ALERTS, type SalonFacts, salonMail } from "./salon-mail.js";

const facts: SalonFacts = {
  branchName: "Zentrale",
  timeZone: "Europe/Berlin",
  callback: {
    priority: "urgent",
    reason: "claimed_booking_missing",
    topic: "Dauerwelle\n\nTelefon: +49 30 999",
    name: "Jörg O'Neill",
    phone: "+4915112345678",
    bestTime: "abends",
    note: null,
    dueAt: new Date("2026-10-25T01:30:00Z"),
  },
  appointment: {
    customerName: "Jörg O'Neill",
    customerPhone: "+4915112345678",
    serviceName: "Schnitt",
    staffName: "Emma Williams",
    start: new Date("2026-12-03T13:00:00Z"),
    previousStart: new Date("2026-07-03T13:00:00Z"),
    moveDeclined: true,
  },
  call: { phone: "+4915112345678", name: null, startedAt: new Date("2026-12-01T09:05:00Z") },
};

describe("What is mailed to the salon", () => {
  it("names person, service, old and new time of a move in the branch's zone, summer and winter.", () => {
    const mail = salonMail("appointment.moved", facts);
    expect(mail?.text).toContain("Name: Jörg O'Neill");
    expect(mail?.text).toContain("Leistung: Schnitt");
    expect(mail?.text).toContain("Bisher: Freitag, 3. Juli 2026, 15:00 Uhr");
    expect(mail?.text).toContain("Neu: Donnerstag, 3. Dezember 2026, 14:00 Uhr");
    expect(mail?.text).toContain("Bei: Emma Williams");
  });

  it("says of a cancel that it was not rebooked, and that another time was declined only if one was offered.", () => {
    const mail = salonMail("appointment.cancelled", facts);
    expect(mail?.text).toContain("nicht neu vereinbart");
    expect(mail?.text).toContain("Termin: Donnerstag, 3. Dezember 2026, 14:00 Uhr");
    expect(mail?.text).toContain("angeboten und nicht gewünscht");
    const { appointment } = facts;
    const notOffered = { ...facts, appointment: appointment && { ...appointment, moveDeclined: false } };
    expect(salonMail("appointment.cancelled", notOffered)?.text).not.toContain("angeboten");
  });

  it("asks to call back by when, about what; what a caller said cannot look like a line of ours.", () => {
    const mail = salonMail("callback.requested", facts);
    expect(mail?.subject).toBe("Bitte zurückrufen, dringend (Zentrale)");
    expect(mail?.text).toContain("bis Sonntag, 25. Oktober 2026, 02:30 Uhr");
    expect(mail?.text).toContain("Anliegen: Dauerwelle Telefon: +49 30 999");
    expect(mail?.text).toContain("Erreichbar: abends");
    expect(mail?.text).not.toContain("Notiz:");
    expect(mail?.text.match(/^Telefon:/gm)).toHaveLength(1);
    expect(salonMail("callback.overdue", facts)?.text).toContain("ist noch offen");
  });

  it("never has anything personal in its subject, and never an instant as machines write it.", () => {
    for (const type of SALON_ALERTS) {
      const mail = salonMail(type, facts);
      expect(mail?.subject).not.toMatch(/Neill|\d{4,}|Dauerwelle/);
      expect(mail?.text).not.toMatch(/\d{4}-\d{2}-\d{2}|T\d{2}:\d{2}|undefined|null|_/);
    }
  });

  it("is nothing when the rows are gone.", () => {
    for (const type of SALON_ALERTS) {
      expect(salonMail(type, { ...facts, callback: null, appointment: null, call: null })).toBeNull();
    }
  });
});

describe("What is mailed to the operators", () => {
  it("is what the alert's row says, and the link.", () => {
    const mail = operatorMail({
      type: "booking.manual_review",
      createdAt: new Date("2026-12-03T13:00:00Z"),
      data: { appointmentId: "a1", attempts: 3 },
      companySlug: "salon",
      link: "http://ui/workflow",
    });
    expect(mail.subject).toBe("[askpro] booking.manual_review · salon");
    expect(mail.text).toBe(
      "booking.manual_review, 2026-12-03T13:00:00.000Z\n\nappointmentId: a1\nattempts: 3\n\nhttp://ui/workflow",
    );
  });
});
