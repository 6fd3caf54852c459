import { expect, it } from "vitest";
import { reviewViewUrl, withoutPassword } from "./summary.js";

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
