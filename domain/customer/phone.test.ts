import { describe, expect, it } from "vitest";
import { normalisePhone } from "./phone.js";

describe("a phone number", () => {
  it.each([
    ["0151 12345678", "+4915112345678"],
    ["+49 (0)151 / 123-456.78", "+4915112345678"],
    ["00491511234 5678", "+4915112345678"],
    ["030‑33081738", "+493033081738"],
    [" +43 664 1234567\n", "+436641234567"],
    ["49 151 12345678", "+4915112345678"],
    ["4915112345678", "+4915112345678"],
    ["49-30/33081738", "+493033081738"],
    ["49 (0)30 33081738", "+493033081738"],
    ["04921 123456", "+494921123456"],
  ])("written %j is %s", (text, normalised) => expect(normalisePhone(text)).toBe(normalised));

  it("without a country code is dialled in the region that is named", () => {
    expect(normalisePhone("0664 1234567", "AT")).toBe("+436641234567");
    expect(normalisePhone("43 664 1234567", "AT")).toBe("+436641234567");
    expect(normalisePhone("49 151 12345678", "AT")).not.toBe("+4915112345678");
  });

  it.each([
    "",
    "+",
    "110",
    "0151",
    "call 0151 12345678",
    "0151 12345678 ext. 9",
    "0151 12345678\u0000",
    "٠١٥١٢٣٤٥٦٧٨",
  ])("is not %j", (text) => expect(normalisePhone(text)).toBeNull());
});
