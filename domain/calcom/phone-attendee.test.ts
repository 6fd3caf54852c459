import { describe, expect, it } from "vitest";
import { madeUpEmail, phoneOfMadeUpEmail, realEmail } from "./phone-attendee.js";

describe("an attendee without e-mail", () => {
  it("is known by the address that Cal.com makes up from the number, and found by it", () => {
    expect(phoneOfMadeUpEmail(" 4915112345678@SMS.cal.com ")).toBe("+4915112345678");
    expect(madeUpEmail("+49 151 1234-5678")).toBe("4915112345678@sms.cal.com");
    expect(phoneOfMadeUpEmail(madeUpEmail("+4915112345678"))).toBe("+4915112345678");
  });

  it.each([
    "anna@sms.cal.com",
    "4915112345678@sms.cal.com.evil.org",
    "4915112345678@cal.com",
    "",
    null,
    undefined,
  ])("is not who has %j", (email) => {
    expect(phoneOfMadeUpEmail(email)).toBeNull();
  });

  it("has no address that mail may go to", () => {
    expect(realEmail("4915112345678@sms.cal.com")).toBeNull();
    expect(realEmail(" ")).toBeNull();
    expect(realEmail(" Anna@Example.org")).toBe("anna@example.org");
  });
});
