import { describe, expect, it } from "vitest";
import { services, slugs } from "../../test/support/friseur-1-services.js";
import { spokenServiceName } from "../speech/service-name.js";
import { matchServices } from "./service-match.js";

const wish = (...phrases: string[]) => slugs(matchServices(phrases, services));

describe("the words that callers use for a service (salon-gateway 9.4)", () => {
  const MEN = "herrenhaarschnitt";
  const WOMEN = "waschen-schneiden-foehnen";
  const CHILDREN = "kinderhaarschnitt";
  const CALLED = {
    [MEN]: [
      "Herren",
      "Männer",
      "Herrenhaarschnitt",
      "Männerhaarschnitt",
      "Herrenschnitt",
      "Männerschnitt",
      "Haarschnitt für Herren",
      "Haarschnitt für Männer",
      "Haarschnitt für meinen Mann",
      "Haarschnitt für einen Herrn",
      "Herren Haarschnitt",
      "Haarschnitt Herren",
      "einmal Herren bitte",
    ],
    [WOMEN]: [
      "Damen",
      "Frauen",
      "Damenhaarschnitt",
      "Frauenhaarschnitt",
      "Damenschnitt",
      "Frauenschnitt",
      "Haarschnitt für Damen",
      "Haarschnitt für meine Frau",
      "Haare schneiden für meine Mutter",
      "einmal Damen bitte",
    ],
    [CHILDREN]: [
      "Kinder",
      "Kinderhaarschnitt",
      "Kinderschnitt",
      "Haarschnitt für Kinder",
      "Haarschnitt für meinen Sohn",
      "Haarschnitt für meine Tochter",
      "Haarschnitt für ein Kind",
      "Mädchenhaarschnitt",
      "Jungenhaarschnitt",
    ],
    "waschen-styling": ["waschen", "Haarwäsche", "Kopfwäsche", "Shampoo", "Styling", "Frisur", "blow dry"],
    dauerwelle: ["Dauerwelle", "perm", "Dauerwellen"],
    straehnen: ["Strähnen", "Strähnchen", "Highlights", "highlights"],
  };
  it.each(Object.entries(CALLED).flatMap(([slug, all]) => all.map((text) => [text, slug] as const)))(
    "%s is %s",
    (text, slug) => {
      expect(wish(text)).toBe(slug);
    },
  );

  it.each(["färben", "Farbe", "Färbung", "Coloration", "Tönung"])("%s asks which colour", (text) => {
    expect(wish(text)).toMatch(/ansatzfaerbung.*balayage|balayage.*ansatzfaerbung|ansatzfaerbung\|/);
    expect(matchServices([text], services).kind).toBe("ambiguous");
  });

  it.each(["föhnen", "trocknen", "Föhn"])("%s asks with what", (text) => {
    expect(matchServices([text], services).kind).toBe("ambiguous");
  });

  it.each(["Bart", "Bartschnitt", "Barttrimmen", "Bartpflege", "Extensions", "Haarverlängerung"])(
    "%s is not offered here, and nothing else is suggested for it",
    (text) => {
      expect(matchServices([text], services)).toMatchObject({ kind: "unknown", suggestions: [] });
    },
  );

  it("takes whom it is for alone as a question, and never beside another service as a cut", () => {
    expect(matchServices(["für meinen Mann"], services)).toMatchObject({
      kind: "unknown",
      suggestions: [{ slug: MEN }],
    });
    expect(wish("Strähnen für Damen")).toBe("straehnen");
    expect(matchServices(["Frau Müller"], services).kind).not.toBe("one");
    expect(wish("Haarschnitt für meinen Mann und meinen Sohn")).toBe(`${MEN}|${CHILDREN}`);
    expect(wish("Haarschnitt für mich und meinen Sohn").split("|").length).toBeGreaterThan(2);
  });
});

describe("what is said of a service can be answered with", () => {
  it.each(services.map((service) => [spokenServiceName(service), service.slug] as const))(
    "%s, which is %s",
    (text, slug) => {
      expect(text).not.toContain(",");
      expect(wish(text)).toBe(slug);
    },
  );
});
