import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { services, slugs } from "../../test/support/friseur-1-services.js";
import type { Service } from "../tenant/catalogue.js";
import { matchServices } from "./service-match.js";

const wish = (...phrases: string[]) => slugs(matchServices(phrases, services));

/** The catalogue without some services, as another salon might have it. */
const without = (...gone: string[]) => services.filter((service) => !gone.includes(service.slug));

describe("a service is found by its own names", () => {
  const named = services.flatMap((service) =>
    [service.name, service.slug, ...service.aliases].map((text) => [text, service.slug] as const),
  );
  it.each(named)("%s is %s and no other", (text, slug) => {
    expect(wish(text)).toBe(slug);
    expect(wish(text.toUpperCase())).toBe(slug);
    expect(wish(`Ich hätte gern einen Termin für ${text}, bitte.`)).toBe(slug);
    expect(wish(`einmal ${text.replaceAll("-", " ")}`)).toBe(slug);
  });

  it("finds it in whatever fillers, cases and separators surround it", () => {
    const filler = fc.constantFrom("bitte", "einmal", "einen Termin für", "äh", "ich hätte gern", "so", "");
    fc.assert(
      fc.property(
        fc.constantFrom(...named),
        filler,
        filler,
        fc.boolean(),
        ([text, slug], before, after, upper) => {
          const phrase = `${before} ${text} ${after}`;
          expect(wish(upper ? phrase.toUpperCase() : phrase)).toBe(slug);
        },
      ),
    );
  });

  it("is the same with the words of one name given apart", () => {
    expect(wish("Waschen", "Schneiden", "Föhnen")).toBe("waschen-schneiden-foehnen");
    const colour = "ansatzfaerbung-waschen-schneiden-foehnen";
    const length = "ansatz-laengenausgleich-waschen-schneiden-foehnen";
    expect(wish("Ansatzfärbung", "waschen", "schneiden", "föhnen")).toBe(colour);
    expect(wish("Ansatzfärbung, Waschen und Schneiden")).toBe(colour);
    expect(wish("Ansatz", "Längenausgleich", "waschen", "schneiden", "föhnen")).toBe(length);
  });
});

describe("a service is found as people and speech recognition say it", () => {
  it.each([
    ["Balajasch", "balayage"],
    ["Balayasch", "balayage"],
    ["eine Ballayage", "balayage"],
    ["Bala Yage", "balayage"],
    ["Strenchen", "straehnen"],
    ["Strähnchen", "straehnen"],
    ["klassische Strähnen", "straehnen"],
    ["Highlights", "straehnen"],
    ["Dauer Welle", "dauerwelle"],
    ["Dauerwellen", "dauerwelle"],
    ["Dauerwele", "dauerwelle"],
    ["ne Dauerwelle für meine Mutter", "dauerwelle"],
    ["Locken", "dauerwelle"],
    ["perm", "dauerwelle"],
    ["Herren Haarschnitt", "herrenhaarschnitt"],
    ["Herrnhaarschnitt", "herrenhaarschnitt"],
    ["Herrenschnitt", "herrenhaarschnitt"],
    ["Männerschnitt", "herrenhaarschnitt"],
    ["Maennerhaarschnitt", "herrenhaarschnitt"],
    ["Haarschnitt für Herren", "herrenhaarschnitt"],
    ["Haare schneiden für meinen Mann", "herrenhaarschnitt"],
    ["Haarschnitt für meinen Sohn", "kinderhaarschnitt"],
    ["Kinderhaarschnit", "kinderhaarschnitt"],
    ["Frauenschnitt", "waschen-schneiden-foehnen"],
    ["Damenschnitt", "waschen-schneiden-foehnen"],
    ["Waschen, Schneiden und Fönen", "waschen-schneiden-foehnen"],
    ["Waschen Schneiden Föhn", "waschen-schneiden-foehnen"],
    ["Waschen und Schneiden", "waschen-schneiden-foehnen"],
    ["waschen und stylen", "waschen-styling"],
    ["Styling", "waschen-styling"],
    ["Ansatz Färbung", "ansatzfaerbung"],
    ["Ansatzferbung", "ansatzfaerbung"],
    ["Ansatz ferben", "ansatzfaerbung"],
    ["Ansatzfarbe", "ansatzfaerbung"],
    ["Ansatz und Längenausgleich", "ansatz-laengenausgleich"],
    ["Ansatz mit Längenausgleich", "ansatz-laengenausgleich"],
    ["Längenausgleich", "ansatz-laengenausgleich"],
    ["Blondieren", "blondierung"],
    ["Blondirung", "blondierung"],
    ["Olaplex Behandlung", "olaplex"],
    ["Olablex", "olaplex"],
    ["Maria Nilla", "maria-nila"],
    ["Hair Detox", "hairdetox"],
    ["Här Detox", "hairdetox"],
    ["Face Frame", "faceframe"],
    ["Haar Spende", "haarspende"],
    ["Haare spenden", "haarspende"],
    ["Beratungstermin", "beratung"],
    ["Beratungsgespräch", "beratung"],
    ["Trocken Schnitt", "trockenschnitt"],
  ])("%s is %s", (phrase, slug) => {
    expect(wish(phrase)).toBe(slug);
  });
});

describe("what fits several is asked, never chosen", () => {
  it("asks which cut", () => {
    for (const phrase of ["Haarschnitt", "Haare schneiden", "ich möchte mir die Haare schneiden lassen"]) {
      const match = matchServices([phrase], services);
      expect(match.kind, phrase).toBe("ambiguous");
      if (match.kind !== "ambiguous") continue;
      const found = match.candidates.map((service) => service.slug);
      // Only three are spoken: one for each of the people who call.
      expect(found.slice(0, 3)).toEqual([
        "herrenhaarschnitt",
        "kinderhaarschnitt",
        "waschen-schneiden-foehnen",
      ]);
      expect(found).not.toContain("beratung");
    }
  });

  it.each(["Färben", "Ferben", "Haare färben", "Farbe", "Coloration", "Tönung"])(
    "asks which colour at %s",
    (phrase) => {
      const match = matchServices([phrase], services);
      expect(match.kind).toBe("ambiguous");
      if (match.kind === "ambiguous") {
        expect(match.candidates.map((service) => service.slug)).toContain("ansatzfaerbung");
        expect(match.candidates.map((service) => service.slug)).not.toContain("herrenhaarschnitt");
      }
    },
  );

  it("asks at a word that several names begin with or hold", () => {
    expect(wish("Ansatz").split("|")).toEqual(
      expect.arrayContaining(["ansatz-laengenausgleich", "ansatzfaerbung"]),
    );
    expect(wish("Föhn").split("|")).toEqual(
      expect.arrayContaining(["waschen-schneiden-foehnen", "waschen-styling"]),
    );
    expect(wish("Blond färben")).toBe("blondierung|globale-blondierung");
    expect(wish("Pflege")).toBe("hairdetox|maria-nila|olaplex");
  });

  it("asks between two services of one name", () => {
    const twice: Service[] = [
      ...services,
      { ...(services[0] as Service), id: "x", slug: "zweiter", name: "Herrenschnitt" },
    ];
    const match = matchServices(["Herrenschnitt"], twice);
    expect(match.kind === "ambiguous" && match.candidates.map((service) => service.slug)).toEqual([
      "herrenhaarschnitt",
      "zweiter",
    ]);
  });
});

describe("several services in one wish are all heard", () => {
  it.each([
    [["Dauerwelle und Herrenhaarschnitt"], "dauerwelle+herrenhaarschnitt"],
    [["Waschen und Schneiden und Dauerwelle"], "waschen-schneiden-foehnen+dauerwelle"],
    [["Herrenhaarschnitt", "Olaplex"], "herrenhaarschnitt+olaplex"],
    [["Strähnen mit Olaplex plus Gloss"], "straehnen+olaplex+gloss"],
    [["Einmal Balajasch und einmal Kinderschnitt für meine Tochter bitte"], "balayage+kinderhaarschnitt"],
  ])("%j", (phrases, expected) => {
    expect(wish(...phrases)).toBe(expected);
  });

  it("hears the same service named twice as one", () => {
    expect(wish("Dauerwelle", "dauer welle")).toBe("dauerwelle");
    expect(wish("Haarschnitt, also Herrenhaarschnitt")).toBe("herrenhaarschnitt");
  });

  it("leaves out what is not wished", () => {
    expect(wish("Dauerwelle, aber ohne Schneiden")).toBe("dauerwelle");
    expect(wish("keine Dauerwelle, sondern Strähnen")).toBe("straehnen");
    expect(wish("keine Ahnung")).toBe("none");
  });

  it("drops no part that it does not know", () => {
    expect(matchServices(["Dauerwelle", "Maniküre"], services)).toMatchObject({
      kind: "unknown",
      phrase: "Maniküre",
    });
    expect(matchServices(["Dauerwelle und Maniküre"], services)).toMatchObject({
      kind: "unknown",
      phrase: "Maniküre",
    });
  });
});

describe("there is no default service (post-mortems 11.50 to 11.53)", () => {
  it("does not make a consultation of a men's cut that the salon does not have", () => {
    const match = matchServices(["Herrenhaarschnitt"], without("herrenhaarschnitt"));
    expect(match.kind).not.toBe("one");
    expect(slugs(matchServices(["Herrenhaarschnitt"], without("herrenhaarschnitt")))).not.toContain(
      "beratung",
    );
  });

  it("does not take a women's cut for a men's cut, or the other way round", () => {
    const menOnly = without("waschen-schneiden-foehnen", "kinderhaarschnitt");
    expect(matchServices(["Damenhaarschnitt"], menOnly).kind).not.toBe("one");
    const womenOnly = without("herrenhaarschnitt", "kinderhaarschnitt", "trockenschnitt");
    expect(matchServices(["Herrenhaarschnitt"], womenOnly).kind).not.toBe("one");
  });

  it.each(["Bartschnitt", "Maniküre", "Extensions", "Massage", "Autowäsche", "xyz", "Tattoo"])(
    "does not know %s",
    (phrase) => {
      const match = matchServices([phrase], services);
      expect(match.kind).toBe("unknown");
      if (match.kind === "unknown") expect(match.suggestions.length).toBeLessThanOrEqual(3);
    },
  );

  it.each([
    ["Umformung", "dauerwelle"],
    ["Sonstiges", "haarspende"],
    ["Welle", "dauerwelle"],
    ["Spende", "haarspende"],
  ])("%s alone decides nothing, though only one service has it: it is suggested", (phrase, slug) => {
    expect(matchServices([phrase], services)).toMatchObject({ kind: "unknown", suggestions: [{ slug }] });
  });

  it.each(["Komplette Umfärbung", "Umfärbung", "Umfaerbung"])(
    "%s is no misheard Umformung, and only colours are suggested for it",
    (phrase) => {
      const match = matchServices([phrase], services);
      expect(match.kind).toBe("unknown");
      if (match.kind !== "unknown") return;
      expect(match.suggestions.length).toBeGreaterThan(0);
      expect(match.suggestions.map((service) => service.category)).toEqual(
        match.suggestions.map(() => "Färben"),
      );
    },
  );

  it.each(["Hochsteckfrisur", "Brautfrisur", "Volumenwelle", "Umstyling", "Beraten"])(
    "%s is not booked as what it resembles",
    (phrase) => {
      expect(matchServices([phrase], services).kind).toBe("unknown");
    },
  );

  it.each([
    "Keratin",
    "Make-up",
    "Massage",
    "Maniküre",
    "Bleaching",
    "Umwandlung",
    "Glätten",
    "Sanierung",
    "Per",
    "Fac",
  ])("%s has nothing near it, and nothing is suggested", (phrase) => {
    expect(matchServices([phrase], services)).toMatchObject({ kind: "unknown", suggestions: [] });
  });

  it("asks which treatment, and which cut beside a colour", () => {
    expect(wish("Treatment")).toBe("hairdetox|maria-nila|olaplex");
    for (const phrases of [["Strähnen und Schneiden"], ["Strähnen", "Schneiden"], ["Strähnen, schneiden"]])
      expect(wish(...phrases)).toBe("straehnen+Schneiden");
    expect(wish("Balayage und einen Haarschnitt")).toBe("balayage+Haarschnitt");
  });

  it("suggests what comes near", () => {
    const match = matchServices(["Balance"], services);
    expect(match.kind === "unknown" && match.suggestions.map((service) => service.slug)).toContain(
      "balayage",
    );
  });

  it.each([
    [[]],
    [[""]],
    [["null"]],
    [["", " ", "None", "undefined"]],
    [["einen Termin bitte"]],
    [["ich möchte was buchen"]],
  ])("hears no service in %j", (phrases) => {
    expect(wish(...phrases)).toBe("none");
  });

  it("answers whatever is thrown at it", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 60 }), { maxLength: 4 }), (phrases) => {
        expect(["one", "several", "ambiguous", "unknown", "none"]).toContain(
          matchServices(phrases, services).kind,
        );
      }),
    );
  });
});
