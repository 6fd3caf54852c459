import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storable } from "./storable.js";

describe("a name that is kept", () => {
  it("holds no NUL and no half of a pair, and is as it was where it had none", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, at) => {
        const broken = `${text.slice(0, at)}\ud800\u0000${text.slice(at)}`;
        expect(storable(broken)).not.toContain("\0");
        expect(storable(broken)).not.toMatch(/\p{Cs}/u);
        if (!text.includes("\0") && !/\p{Cs}/u.test(text)) expect(storable(text)).toBe(text);
      }),
    );
    expect(storable("call_1")).toBe("call_1");
    expect(storable("Jörg 👋")).toBe("Jörg 👋");
  });
});
