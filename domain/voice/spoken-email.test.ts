import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spokenEmail } from "./spoken-email.js";

describe("an address as it is dictated", () => {
  it.each([
    ["max punkt mustermann at gmail punkt com", "max.mustermann@gmail.com"],
    ["Max Punkt Mustermann Ät Gmail Punkt Com", "max.mustermann@gmail.com"],
    ["max punkt mustermann klammeraffe web punkt de", "max.mustermann@web.de"],
    ["max minus weber at t minus online punkt de", "max-weber@t-online.de"],
    ["m a x unterstrich weber ät gmx punkt de", "max_weber@gmx.de"],
    ["m. a. x. at gmx.de", "max@gmx.de"],
    ["meine E-Mail ist jana bindestrich klein at example punkt org", "jana-klein@example.org"],
    ["jürgen punkt müller at web punkt de", "juergen.mueller@web.de"],
    ["max zwei drei at gmail punkt com", "max23@gmail.com"],
    ["alles kleingeschrieben max weber at g m x punkt net", "maxweber@gmx.net"],
    ["max.weber@example.org", "max.weber@example.org"],
    ["Max.Weber@Example.ORG.", "max.weber@example.org"],
    ["max (at) example.org", "max@example.org"],
    ["max plus salon at example punkt org", "max+salon@example.org"],
    ["katharina at weber punkt de", "katharina@weber.de"],
    ["beate at t-online.de", "beate@t-online.de"],
    ["affe at zoo punkt berlin", "affe@zoo.berlin"],
    ["max at mail punkt uni minus koeln punkt de", "max@mail.uni-koeln.de"],
    ["max klammer affe googlemail punkt com", "max@gmail.com"],
  ])("%s is %s", (said, address) => {
    expect(spokenEmail(said)).toBe(address);
  });

  it.each([
    null,
    undefined,
    "",
    "null",
    "max",
    "max at",
    "at gmail punkt com",
    "keine",
    "max at gmail",
    "a@b@c.de",
    "max..weber@web.de",
    12,
  ])("makes none of %j", (said) => {
    expect(spokenEmail(said)).toBeNull();
  });

  it("reads every plain address back from how it is spelled", () => {
    const letters = fc.string({
      unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz"),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        letters,
        letters,
        letters,
        fc.constantFrom(["punkt", "."], ["minus", "-"], ["unterstrich", "_"]),
        (a, b, host, [word, sign]) => {
          const spell = (text: string) => [...text].join(" ");
          expect(spokenEmail(`${spell(a)} ${word} ${spell(b)} at ${host}x punkt de`)).toBe(
            `${a}${sign}${b}@${host}x.de`,
          );
        },
      ),
    );
  });
});
