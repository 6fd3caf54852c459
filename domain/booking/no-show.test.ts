import { describe, expect, it } from "vitest";
import { hasBegun, markOfBooker } from "./no-show.js";

const ANNA = { email: "Anna@example.org", phone: "+4915112345678" };
const mark = (email: string | null, absent = true) => ({ email, absent });

describe("a mark of absence", () => {
  it.each(["anna@example.org", " ANNA@EXAMPLE.ORG ", "4915112345678@sms.cal.com"])(
    "of %j is the booker's",
    (email) => {
      expect(markOfBooker([mark("guest@example.org", false), mark(email)], ANNA)).toBe(true);
      expect(markOfBooker([mark(email, false), mark("guest@example.org")], ANNA)).toBe(false);
    },
  );

  it.each(["guest@example.org", "4915199999999@sms.cal.com", null])("of %j is somebody else's", (email) => {
    expect(markOfBooker([mark(email)], ANNA)).toBeNull();
    expect(markOfBooker([mark(email)], { email: null, phone: null })).toBeNull();
  });

  it("can be true from the start on, whichever phase begins first; clocks may differ by a minute", () => {
    const starts = ["2031-03-04T10:00:00Z", "2031-03-04T09:00:00Z"];
    expect(hasBegun(starts, new Date("2031-03-04T08:59:30Z"))).toBe(true);
    expect(hasBegun(starts, new Date("2031-03-04T08:58:00Z"))).toBe(false);
    expect(hasBegun([], new Date("2031-03-04T08:58:00Z"))).toBe(false);
  });
});
