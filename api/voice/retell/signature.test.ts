import { describe, expect, it } from "vitest";
import { signRetell, verifyRetellSignature } from "./signature.js";

// The vector of Retell's own SDK (voice-agents 1.5): what we sign ourselves could share a mistake with what we verify.
const BODY = '{"event":"call_ended"}';
const KEY = "test-api-key";
const AT = 1_700_000_000_000;
const DIGEST = "07024cabe7dd8f6d1c6e4a8324ca92c812e6ad4a7ee506c04f7e462e3321823e";
const raw = new TextEncoder().encode(BODY);
const header = `v=${AT},d=${DIGEST}`;
const MINUTES = 60_000;

describe("Retell's signature", () => {
  it("is the one that Retell's SDK makes and takes.", () => {
    expect(signRetell(BODY, KEY, AT)).toBe(header);
    expect(verifyRetellSignature(raw, header, [KEY], AT)).toBe(true);
  });

  it.each([-5 * MINUTES, 5 * MINUTES])("is good %i ms off, and not a millisecond further.", (off) => {
    expect(verifyRetellSignature(raw, header, [KEY], AT + off)).toBe(true);
    expect(verifyRetellSignature(raw, header, [KEY], AT + off + Math.sign(off))).toBe(false);
  });

  it("fits with any of the keys that count while one is rotated, and with no other.", () => {
    expect(verifyRetellSignature(raw, header, ["another", KEY], AT)).toBe(true);
    expect(verifyRetellSignature(raw, header, ["another"], AT)).toBe(false);
    expect(verifyRetellSignature(raw, header, [], AT)).toBe(false);
  });

  it.each([
    undefined,
    "",
    DIGEST,
    `v=${AT},d=${DIGEST.slice(1)}`,
    `v=${AT},d=${DIGEST}00`,
    `v=${AT + 1},d=${DIGEST}`,
    `v=,d=${DIGEST}`,
    ` ${header}`,
  ])("is refused where it is not one: %s", (given) => {
    expect(verifyRetellSignature(raw, given, [KEY], AT)).toBe(false);
  });

  it("is refused for other bytes.", () => {
    expect(verifyRetellSignature(new TextEncoder().encode(`${BODY} `), header, [KEY], AT)).toBe(false);
  });
});
