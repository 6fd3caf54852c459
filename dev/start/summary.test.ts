import { expect, it } from "vitest";
import { nextWednesdayAtTen, reviewViewUrl, withoutPassword } from "./summary.js";

it("links to the saved view of what waits for a person.", () => {
  expect(reviewViewUrl("http://localhost:8233", "default")).toBe(
    "http://localhost:8233/namespaces/default/workflows?query=%60BookingStatus%60%3D%22ManualReview%22%20AND%20%60ExecutionStatus%60%3D%22Running%22&savedQuery=Manual%20review",
  );
});

it("shows a database URL without its password.", () => {
  expect(withoutPassword("postgres://askpro:s3cret@127.0.0.1:5432/askpro")).toBe(
    "postgres://askpro@127.0.0.1:5432/askpro",
  );
});

it("proposes a first booking on a Wednesday on which the salon is open.", () => {
  expect(nextWednesdayAtTen(new Date("2026-11-26T08:00:00Z"))).toBe("2026-12-02T10:00:00Z");
  // Women's Day of 2028 and Christmas Day of 2030.
  expect(nextWednesdayAtTen(new Date("2028-03-04T23:30:00Z"))).toBe("2028-03-15T10:00:00Z");
  expect(nextWednesdayAtTen(new Date("2030-12-20T23:30:00Z"))).toBe("2031-01-08T10:00:00Z");
});
