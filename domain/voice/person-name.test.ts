import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument } from "../tenant/document.js";
import { firstNameOf, mayBeSameName, personName } from "./person-name.js";

const FILE = new URL("../../dev/tenants/friseur-1.json", import.meta.url);
const document = parseDocument(JSON.parse(readFileSync(FILE, "utf8")));
const known = {
  staff: document.staff.map((member) => ({ ...member, id: member.slug, branchIds: [], email: null })),
  services: document.services.map((service) => ({ ...service, id: service.slug })),
  company: { name: document.name },
  branches: document.branches,
};

function read(value: unknown): string {
  const result = personName(value, known);
  if (result.kind === "name") return result.name;
  return result.kind === "missing" ? "missing" : `not: ${result.reason}`;
}

describe("a name of a person", () => {
  it.each([
    "Müller",
    "O'Neill",
    "Jörg O’Neill",
    "Nguyễn Thị Minh",
    "von der Heide",
    "Sabine Müller-Lüdenscheidt",
    "Jana",
    "Jan",
    "Alsona Beqiri",
    "Dr. Hans Meier",
    "Yılmaz",
    "Łukasz Żółć",
    "Wu",
    "Robert Freitag",
    "Julia Morgen",
    "August",
    "Anna Sommer",
    "Michael Herr",
    "Emma Schmidt",
    "Maria Nilsson",
    "Игорь Петров",
    "Acht-Meier",
    "Lena Kunde",
    "Peter Gast",
    "Genauer",
  ])("%s is kept as it was said", (name) => {
    expect(read(name)).toBe(name);
  });

  it.each([
    ["Mein Name ist Sabine Müller", "Sabine Müller"],
    ["mein Name ist Müller.", "Müller"],
    ["ich heiße Nguyễn", "Nguyễn"],
    ["Ich heisse Max Weber", "Max Weber"],
    ["Frau Müller", "Müller"],
    ["Herr von der Heide", "von der Heide"],
    ["hier ist die Frau O'Neill", "O'Neill"],
    ["ja also ich bin der Herr Schmidt", "Schmidt"],
    ["auf den Namen Meier bitte", "Meier"],
    ["für Frau Hinterseer", "Hinterseer"],
    ["Hallo, hier spricht Jana Klein", "Jana Klein"],
    ["Schulze ist mein Name", "Schulze"],
    ['"Max  Weber"', "Max Weber"],
    ["Max <b>Weber</b>", "Max b Weber b"],
    ["Herr Freitag", "Freitag"],
    ["Frau Abend", "Abend"],
    ["Frau Montag", "Montag"],
    ["die Frau Morgen bitte", "Morgen"],
    ["Frau Sieben", "Sieben"],
    ["Herr Stefan Freitag", "Stefan Freitag"],
    ["Hans Meier, Tel 0151 1234", "Hans Meier"],
    ["Hans Meier, Tel. 0151/1234567", "Hans Meier"],
    ["Hans Meier 0151 23456789", "Hans Meier"],
    ["Hans Meier, meine Nummer ist 0151 23456789", "Hans Meier"],
    ["Hans Meier (Handy: +49 151 23456789)", "Hans Meier"],
    ["Dr. Ursula von der Leyen", "Dr. Ursula von der Leyen"],
    ["Frau Dr. von der Leyen", "Dr. von der Leyen"],
  ])("%s is %s", (said, name) => {
    expect(read(said)).toBe(name);
  });

  it.each([undefined, null, "", "  ", "null", "undefined", "N/A", "None", "-", "{{customer_name}}"])(
    "%j is missing",
    (value) => {
      expect(read(value)).toBe("missing");
    },
  );

  it.each([
    "Unbekannt",
    "Kunde",
    "Anonym",
    "anonymous",
    "Name",
    "Caller",
    "Test",
    "Max Mustermann",
    "John Doe",
    "Neuer Kunde",
    "Anrufer 1",
    "Frau",
    "ja",
    "äh",
    "ähm",
    "hm",
    "guten Tag",
    "Hallo, guten Tag",
    "der Mann",
    "die Frau",
    "eine Kundin",
    "true",
  ])("%s is a placeholder", (value) => {
    expect(read(value)).toBe("not: placeholder");
  });

  it.each([
    "acht Uhr",
    "um acht Uhr",
    "morgen",
    "morgen früh",
    "Freitag",
    "Freitag um zehn",
    "am Montag",
    "15 Uhr 30",
    "halb drei",
    "der dritte Dezember",
    "guten Morgen",
    "Frau Freitag um zehn",
    "Frau heute",
  ])("%s is a time", (value) => {
    expect(read(value)).toMatch(/^not: (time|placeholder)$/);
    expect(read(value)).toBe("not: time");
  });

  it.each([
    "bei Emma",
    "bei der Emma",
    "Emma",
    "Emma Williams",
    "Fabian Spitzer",
    "Dr. Sarah Johnson",
    "beim Fabian",
  ])("%s is one of the staff", (value) => {
    expect(read(value)).toBe("not: staff");
  });

  it.each(["Herrenhaarschnitt", "Dauerwelle", "Waschen & Styling", "dauer welle"])(
    "%s is a service",
    (value) => {
      expect(read(value)).toBe("not: service");
    },
  );

  it.each(["Friseur 1", "Friseur 1 Zentrale", "Salon Friseur 1", "friseur 1"])("%s is the salon", (value) => {
    expect(read(value)).toBe("not: salon");
  });

  it("does not take a salon that is called so for one's name", () => {
    const called = (name: string, value: string) =>
      personName(value, { ...known, company: { name }, branches: [] }).kind;
    expect(called("Salon", "Salon")).toBe("not_a_name");
    expect(called("Haarmonie", "Haarmonie")).toBe("not_a_name");
    expect(called("Salon Müller", "Salon Müller")).toBe("not_a_name");
    expect(called("Salon Müller", "Müller")).toBe("name");
    expect(called("Müller", "Frau Müller")).toBe("name");
  });

  it.each([
    ["Jörg O'Neill", "Jörg"],
    ["Dr. Ursula von der Leyen", "Ursula"],
    ["Sabine", "Sabine"],
    ["von der Heide", null],
    ["Dr. Meier", null],
    ["", null],
  ])("the first name of %s is %s", (name, first) => {
    expect(firstNameOf(name)).toBe(first);
  });

  it.each(["12345", "0151 23456789", "+", "1", "👍"])("%s has no letters", (value) => {
    expect(read(value)).toBe("not: no_letters");
  });

  it("takes nothing longer than a name", () => {
    expect(read("Müller ".repeat(30))).toBe("not: too_long");
  });

  it("answers only letters, digits, apostrophes, hyphens and dots, whatever is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 120 }), (text) => {
        const result = personName(text, known);
        if (result.kind !== "name") return;
        expect(result.name).toMatch(/^[\p{L}\p{M}\p{N}.'’‘`´ʼʻ\-‐‑–· ]+$/u);
        expect(result.name).toBe(result.name.trim());
      }),
    );
  });

  it("reads a name that it has read as the same name", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("Müller", "von der Heide", "Nguyễn Thị", "O'Neill", "Müller-Lüdenscheidt"),
        fc.constantFrom("Frau ", "mein Name ist ", "Herr ", ""),
        (name, before) => {
          expect(read(before + name)).toBe(name);
          expect(read(read(before + name))).toBe(name);
        },
      ),
    );
  });
});

describe("two names that may be one, misheard", () => {
  it.each([
    ["Müller", "Möller"],
    ["Müller", "Mueller"],
    ["Meier", "Mayr"],
    ["Schmidt", "Schmitt"],
    ["Hinterseer", "Hinterseher"],
    ["Yılmaz", "Jilmas"],
    ["Sputer", "Sputa"],
    ["Hans Sputer", "Sputa"],
    ["O'Neill", "Oneil"],
    ["Sarah Klein", "Sara Klein"],
    ["Frau Müller", "Sabine Müller"],
  ])("%s and %s may be", (a, b) => {
    expect(mayBeSameName(a, b)).toBe(true);
    expect(mayBeSameName(b, a)).toBe(true);
  });

  it.each([
    ["Müller", "Schmidt"],
    ["Max", "Jan"],
    ["Uwe", "Eva"],
    ["Sabine Müller", "Thomas Müller"],
    ["", "Müller"],
    ["Frau", "Müller"],
  ])("%s and %s are not", (a, b) => {
    expect(mayBeSameName(a, b)).toBe(false);
    expect(mayBeSameName(b, a)).toBe(false);
  });
});
