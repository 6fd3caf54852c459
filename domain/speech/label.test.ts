import { describe, expect, it } from "vitest";
import { appointmentLabel, offerLabel } from "./label.js";

describe("the label of an offer", () => {
  const start = new Date("2026-11-26T09:00:00Z");

  it("names the day and the time of the branch, and whose chair it is", () => {
    expect(offerLabel({ start, zone: "Europe/Berlin", staff: "Jana" })).toBe("Do 26.11. 10:00 bei Jana");
    expect(offerLabel({ start, zone: "Europe/Berlin", staff: null })).toBe("Do 26.11. 10:00");
  });

  it("is computed in the zone, across midnight and the change of clocks", () => {
    const late = new Date("2026-11-26T23:30:00Z");
    expect(offerLabel({ start: late, zone: "Europe/Berlin", staff: null })).toBe("Fr 27.11. 00:30");
    expect(offerLabel({ start: late, zone: "Europe/London", staff: null })).toBe("Do 26.11. 23:30");
    const summer = new Date("2026-07-05T07:05:00Z");
    expect(offerLabel({ start: summer, zone: "Europe/Berlin", staff: null })).toBe("So 5.7. 09:05");
  });

  it("of an appointment names the service too", () => {
    expect(appointmentLabel({ start, zone: "Europe/Berlin", staff: "Jana", service: "Dauerwelle" })).toBe(
      "Do 26.11. 10:00 Dauerwelle bei Jana",
    );
  });

  it("is refused without a zone", () => {
    expect(() => offerLabel({ start, zone: "Mars/Base", staff: null })).toThrow(RangeError);
  });
});
