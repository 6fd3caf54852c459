import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { speakable, speakablePerson } from "./speakable.js";

describe("a name made fit to be said", () => {
  it.each([
    ["Waschen & Styling", "Waschen und Styling"],
    ["Waschen, schneiden, föhnen", "Waschen, schneiden, föhnen"],
    ["Friseur 1 Zentrale", "Friseur eins Zentrale"],
    ["Herren-/Damenschnitt 50+", "Herren- oder Damenschnitt fünfzig"],
    ["Farbe. Ton. Glanz.", "Farbe Ton Glanz"],
    ["Olaplex No.3", "Olaplex No drei"],
    ["Klassisches Strähnen-Paket", "Klassisches Strähnen-Paket"],
    ["Komplettpaket Braut mit Probefrisur und allem", "Komplettpaket Braut mit Probefrisur"],
    ["Kur (10 %)", "Kur zehn Prozent"],
    ["Salon 0815", "Salon null acht eins fünf"],
    ["✂️", ""],
    ["", ""],
  ])("%s is %s", (name, text) => {
    expect(speakable(name)).toBe(text);
  });

  it.each([
    ["Dr. Sarah Johnson", "Doktor Sarah Johnson"],
    ["Jörg O'Neill", "Jörg O'Neill"],
    ["Sabine Müller-Lüdenscheidt", "Sabine Müller-Lüdenscheidt"],
    ["von der Heide", "von der Heide"],
    ["Müller, Jana", "Müller Jana"],
    ["Dr. Ursula von der Leyen", "Doktor Ursula von der Leyen"],
    ["Dr. von der Leyen", "Doktor von der Leyen"],
    ["Nguyễn Thị Minh Khai", "Nguyễn Thị Minh Khai"],
    ["Dr. Hans Peter Maria Alexander Meier", "Doktor Peter Maria Alexander Meier"],
    [
      "Prof. Dr. Maria del Carmen von und zu Hohenstein-Sonderburg",
      "Professor von und zu Hohenstein-Sonderburg",
    ],
    ["Karl Theodor Maria Nikolaus Freiherr von und zu Guttenberg", "Freiherr von und zu Guttenberg"],
  ])("the person %s is %s", (name, text) => {
    expect(speakablePerson(name)).toBe(text);
  });

  it("holds no digit, no end of a sentence and at most five words, whatever the name is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (name) => {
        const text = speakable(name);
        expect(text).not.toMatch(/\p{Nd}|[.!?:;]|\s\s|^\s|\s$|,$/u);
        expect(text.split(" ").filter((word) => word !== "").length).toBeLessThanOrEqual(5);
      }),
      { numRuns: 1000 },
    );
  });
});
