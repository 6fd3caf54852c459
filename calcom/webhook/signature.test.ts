import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifySignature } from "./signature.js";

const RAW = new TextEncoder().encode('{"triggerEvent":"PING","name":"Jörg"}');
const sign = (secret: string, raw: Uint8Array = RAW) =>
  createHmac("sha256", secret).update(raw).digest("hex");
const from = (headers: Record<string, string>) => (name: string) => headers[name];

describe("a webhook's signature", () => {
  it.each(["x-cal-signature-256", "cal-signature-256", "x-cal-signature", "cal-signature"])(
    "counts in %s",
    (name) => {
      expect(verifySignature(RAW, from({ [name]: sign("s1") }), ["s1"])).toBe(true);
      expect(verifySignature(RAW, from({ [name]: sign("other") }), ["s1"])).toBe(false);
    },
  );

  it("counts in the first header that is present, even if a later one would fit", () => {
    const headers = from({ "x-cal-signature-256": sign("wrong"), "cal-signature": sign("s1") });
    expect(verifySignature(RAW, headers, ["s1"])).toBe(false);
    expect(
      verifySignature(RAW, from({ "x-cal-signature-256": "", "cal-signature": sign("s1") }), ["s1"]),
    ).toBe(false);
  });

  it("may be in capitals, with a prefix, and by any of the active secrets", () => {
    expect(
      verifySignature(RAW, from({ "x-cal-signature-256": sign("s2").toUpperCase() }), ["s1", "s2"]),
    ).toBe(true);
    expect(verifySignature(RAW, from({ "x-cal-signature-256": `sha256=${sign("s1")}` }), ["s1", "s2"])).toBe(
      true,
    );
  });

  it.each([
    "no-secret-provided",
    "",
    "sha256=",
    "sha1=00",
    sign("s1").slice(1),
    `${sign("s1")}0`,
    `${sign("s1").slice(0, -1)}g`,
    `sha256=sha256=${sign("s1")}`,
  ])("is refused when it is %j", (value) => {
    expect(verifySignature(RAW, from({ "x-cal-signature-256": value }), ["s1", ""])).toBe(false);
  });

  it("is refused when it is missing, when there is no secret, and when the only secret is empty", () => {
    expect(verifySignature(RAW, () => undefined, ["s1"])).toBe(false);
    expect(verifySignature(RAW, () => null, ["s1"])).toBe(false);
    expect(verifySignature(RAW, from({ "x-cal-signature-256": sign("s1") }), [])).toBe(false);
    expect(verifySignature(RAW, from({ "x-cal-signature-256": sign("") }), [""])).toBe(false);
  });

  it("covers every byte of the body", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (raw, at, flip) => {
          const header = from({ "x-cal-signature-256": sign("s1", raw) });
          expect(verifySignature(raw, header, ["s1"])).toBe(true);
          const changed = Uint8Array.from(raw, (byte, i) => (i === at % raw.length ? byte ^ flip : byte));
          expect(verifySignature(changed, header, ["s1"])).toBe(false);
        },
      ),
    );
  });
});
