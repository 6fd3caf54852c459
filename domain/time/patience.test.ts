import { describe, expect, it } from "vitest";
import { orAfter } from "./patience.js";

const never = new Promise<string>(() => {});

describe("orAfter", () => {
  it("gives what comes in time, also a failure", async () => {
    expect(await orAfter(Promise.resolve("done"), 60_000, () => "late")).toBe("done");
    await expect(orAfter(Promise.reject(new Error("failed")), 60_000, () => "late")).rejects.toThrow(
      "failed",
    );
  });

  it("gives the other where it takes longer, also when that fails", async () => {
    expect(await orAfter(never, 1, () => "late")).toBe("late");
    const failing = () => {
      throw new Error("no other");
    };
    await expect(orAfter(never, 1, failing)).rejects.toThrow("no other");
  });

  it("leaves a failure that comes later unheard", async () => {
    let fail: (error: Error) => void = () => {};
    const work = new Promise<string>((_, reject) => {
      fail = reject;
    });
    expect(await orAfter(work, 1, () => "late")).toBe("late");
    fail(new Error("too late"));
  });
});
