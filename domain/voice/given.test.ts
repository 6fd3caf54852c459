import { describe, expect, it } from "vitest";
import { givenBoolean, givenOne, givenText, givenTexts } from "./given.js";

describe("what a model passes for nothing is nothing", () => {
  it.each([
    undefined,
    null,
    "",
    " ",
    "\u0000",
    "\u200b",
    "null",
    "NULL",
    "None",
    "undefined",
    "n/a",
    "N/A",
    "-",
    "–",
    "...",
    "?",
    '"null"',
    '""',
    "{{name}}",
    "<name>",
    "keine Angabe",
    {},
    [],
    Number.NaN,
  ])("%j", (value) => {
    expect(givenText(value)).toBeNull();
  });

  it.each([
    ["Nullmeier", "Nullmeier"],
    ["Nina", "Nina"],
    ["  Emma \n Williams ", "Emma Williams"],
    ['"Emma"', "Emma"],
    [0, "0"],
    [15, "15"],
    ["0", "0"],
    ["Müller", "Müller"],
  ])("%j is something", (value, text) => {
    expect(givenText(value)).toBe(text);
  });

  it("reads lists in whatever form they come", () => {
    expect(givenTexts(["Dauerwelle", "", "null", null, "Gloss"])).toEqual(["Dauerwelle", "Gloss"]);
    expect(givenTexts("Dauerwelle")).toEqual(["Dauerwelle"]);
    expect(givenTexts('["Dauerwelle","Gloss"]')).toEqual(["Dauerwelle", "Gloss"]);
    expect(givenTexts("[Dauerwelle]")).toEqual(["[Dauerwelle]"]);
    for (const nothing of [undefined, null, "", "[]", [], [""], "null"])
      expect(givenTexts(nothing)).toEqual([]);
  });

  it.each([
    [["Fabian"], "Fabian"],
    [{ name: "Fabian" }, "Fabian"],
    [[{ name: "Fabian", id: 17 }], "Fabian"],
    ['{"name":"Fabian"}', "Fabian"],
    ['["Fabian"]', "Fabian"],
    [{ staff: { name: ["Fabian"] } }, "Fabian"],
    [{ first_name: "Hans", last_name: "Meier" }, "Hans Meier"],
    [["Fabian", "Emma"], "Fabian, Emma"],
    [["2031-12-03", "2031-12-03"], "2031-12-03"],
    [{ value: "10:00" }, "10:00"],
    ["Fabian", "Fabian"],
    ["{Fabian}", "{Fabian}"],
    [7, "7"],
  ])("the single text of %j is %s", (value, text) => {
    expect(givenOne(value)).toBe(text);
  });

  it.each([undefined, null, "", [], {}, [[]], [null, ""], { name: null }, "[]", "{}", [[[[["tief"]]]]]])(
    "there is none in %j",
    (value) => {
      expect(givenOne(value)).toBeNull();
    },
  );

  it("reads the services of objects, and a single one in an object", () => {
    expect(givenTexts([{ name: "Dauerwelle" }, "Gloss"])).toEqual(["Dauerwelle", "Gloss"]);
    expect(givenTexts({ name: "Dauerwelle" })).toEqual(["Dauerwelle"]);
    expect(givenTexts('[{"service":"Gloss"}]')).toEqual(["Gloss"]);
  });

  it("tells no from not asked yet", () => {
    for (const yes of [true, "true", "True", "ja", "Yes", 1]) expect(givenBoolean(yes)).toBe(true);
    for (const no of [false, "false", "nein", "No", 0]) expect(givenBoolean(no)).toBe(false);
    for (const open of [undefined, null, "", "null", "vielleicht", {}, []])
      expect(givenBoolean(open)).toBeNull();
  });
});
