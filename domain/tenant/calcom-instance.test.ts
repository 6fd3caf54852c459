import { describe, expect, it } from "vitest";
import { calcomInstance } from "./calcom-instance.js";

describe("a Cal.com instance", () => {
  it("is the same whatever the case, the default port and the slash at the end.", () => {
    for (const url of [
      "https://api.cal.com/v2",
      "https://API.Cal.com:443/V2/",
      "HTTPS://api.cal.com./v2//",
      "https://api.cal.com/v2?x=1#y",
    ]) {
      expect(calcomInstance(url)).toBe("https://api.cal.com/v2");
    }
  });

  it("differs by host, port, path and scheme.", () => {
    const urls = [
      "https://api.cal.com/v2",
      "https://cal.example.org/v2",
      "https://api.cal.com:8443/v2",
      "https://api.cal.com/api/v2",
      "http://api.cal.com/v2",
    ];
    expect(new Set(urls.map(calcomInstance)).size).toBe(urls.length);
  });
});
