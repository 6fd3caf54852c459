import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { StaffMember } from "../tenant/catalogue.js";
import { parseDocument } from "../tenant/document.js";
import { calledName, matchStaff } from "./staff-match.js";

const FILE = new URL("../../dev/tenants/friseur-1.json", import.meta.url);
const staff: StaffMember[] = parseDocument(JSON.parse(readFileSync(FILE, "utf8"))).staff.map((member) => ({
  ...member,
  id: member.slug,
  branchIds: [],
  email: null,
}));

const member = (slug: string, name: string): StaffMember => ({
  id: slug,
  slug,
  name,
  email: null,
  branchIds: [],
  skills: [],
  workingHours: {},
  calcomUserId: null,
});

function asked(phrase: string | null, among: readonly StaffMember[] = staff): string {
  const match = matchStaff(phrase, among);
  if (match.kind === "one") return match.member.slug;
  if (match.kind === "ambiguous") return match.candidates.map(({ slug }) => slug).join("|");
  return match.kind;
}

describe("somebody of the staff", () => {
  it.each([
    ["Emma", "emma"],
    ["bei der Emma", "emma"],
    ["bei Emma bitte", "emma"],
    ["Ema", "emma"],
    ["Emma Williams", "emma"],
    ["Frau Williams", "emma"],
    ["bei der Frau Wiliams", "emma"],
    ["Fabian", "fabian"],
    ["dem Herrn Spitzer", "fabian"],
    ["am liebsten beim Fabian", "fabian"],
    ["Fabien", "fabian"],
    ["Herr Spizer", "fabian"],
    ["Sarah", "sarah"],
    ["Sara", "sarah"],
    ["Dr. Sarah Johnson", "sarah"],
    ["Frau Doktor Johnson", "sarah"],
    ["Michael", "michael"],
    ["Michel Chen", "michael"],
    ["MICHAEL CHEN", "michael"],
    ["david", "david"],
    ["Herr Martínez", "david"],
  ])("%s is %s", (phrase, slug) => {
    expect(asked(phrase)).toBe(slug);
  });

  it("finds every member by the name and the slug, and nobody else", () => {
    for (const each of staff) {
      expect(asked(each.name)).toBe(each.slug);
      expect(asked(each.slug)).toBe(each.slug);
      for (const word of each.name.split(" ").filter((part) => part !== "Dr."))
        expect(asked(word)).toBe(each.slug);
    }
  });

  it("does not tell two of one name apart by guessing", () => {
    const two = [member("a", "Fabian Spitzer"), member("b", "Fabian Spitzer"), member("c", "Emma Stein")];
    expect(asked("Fabian Spitzer", two)).toBe("a|b");
    expect(asked("Fabian", two)).toBe("a|b");
    expect(asked("Emma", two)).toBe("c");
  });

  it("takes the one whom more of the words name", () => {
    const two = [member("a", "Emma Williams"), member("b", "Emma Schuster")];
    expect(asked("Emma", two)).toBe("a|b");
    expect(asked("Emma Schuster", two)).toBe("b");
    expect(asked("Frau Williams", two)).toBe("a");
  });

  it("asks when two are named", () => {
    expect(asked("Emma oder Fabian")).toBe("emma|fabian");
  });
});

describe("anybody", () => {
  it.each([
    null,
    "",
    "null",
    "egal",
    "ist mir egal",
    "wer frei ist",
    "wer gerade Zeit hat",
    "irgendwer",
    "bei irgendjemandem",
    "any",
    "keine Präferenz",
    "spielt keine Rolle",
    "wer auch immer",
  ])("%j is whoever is free", (phrase) => {
    expect(asked(phrase)).toBe("any");
  });
});

describe("somebody who is not there", () => {
  it.each([
    "Jana",
    "bei der Frau Schulze",
    "Herr Müller",
    "die Chefin",
    "eine Frau",
    "nicht bei Emma",
    "wie letztes Mal",
    "Emil",
    "Michaela",
    "Davida",
  ])("%s is unknown and replaced by nobody", (phrase) => {
    expect(matchStaff(phrase, staff)).toEqual({ kind: "unknown", phrase });
  });
});

describe("what a member is called", () => {
  it("is the first name, without titles", () => {
    expect(staff.map((each) => calledName(each, staff))).toEqual([
      "Emma",
      "Fabian",
      "Sarah",
      "David",
      "Michael",
    ]);
  });

  it("is the whole name where two share the first one", () => {
    const two = [member("a", "Emma Williams"), member("b", "Emma Schuster")];
    expect(two.map((each) => calledName(each, two))).toEqual(["Emma Williams", "Emma Schuster"]);
  });
});
