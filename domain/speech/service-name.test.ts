import { describe, expect, it } from "vitest";
import { spokenServiceName } from "./service-name.js";

describe("a service among others", () => {
  it.each([
    ["Gloss", ["Glossing"], "Gloss"],
    ["Waschen, schneiden, föhnen", ["Damenhaarschnitt", "Damenschnitt"], "Damenhaarschnitt"],
    ["Farbe, Schnitt", ["Farbe, schneiden", "Farbe mit Schnitt"], "Farbe mit Schnitt"],
    ["Ansatzfärbung, waschen, schneiden, föhnen", [], "Ansatzfärbung mit Waschen, Schneiden und Föhnen"],
    ["Waschen,legen", [], "Waschen mit Legen"],
    [",", [], ","],
  ])("%s with the aliases %j is called %s", (name, aliases, spoken) => {
    expect(spokenServiceName({ name, aliases })).toBe(spoken);
  });
});
