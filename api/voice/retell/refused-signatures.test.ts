import { describe, expect, it } from "vitest";
import { countRefusedSignatures } from "./refused-signatures.js";

const MINUTE_MS = 60_000;

describe("signatures that do not fit", () => {
  const refuse = (
    counted: ReturnType<typeof countRefusedSignatures>,
    times: number,
    from = 0,
    company = "a",
  ) => Array.from({ length: times }, (_, n) => counted.refused(company, from + n * MINUTE_MS));

  it("are told of once, at the fifth in a row", () => {
    expect(refuse(countRefusedSignatures(), 7)).toEqual([false, false, false, false, true, false, false]);
  });

  it("are none in a row where one fits between them, where they are of two companies, or far apart", () => {
    const counted = countRefusedSignatures();
    refuse(counted, 4);
    counted.fitted("a");
    expect(refuse(counted, 4)).not.toContain(true);
    expect(refuse(counted, 4, 0, "b")).not.toContain(true);
    expect(refuse(counted, 4, 20 * MINUTE_MS)).not.toContain(true);
  });
});
