import { describe, expect, it } from "vitest";
import { LastKnown } from "./last-known.js";

describe("what was known last", () => {
  const away = () => Promise.reject(new Error("away"));

  it("stands in while nothing can be asked, for its time and until something changes", async () => {
    let now = 0;
    const known = new LastKnown<string>(1_000, 60_000, () => now);
    await expect(known.or("a", away)).rejects.toThrow("away");
    expect(await known.or("a", async () => "one")).toBe("one");
    expect(await known.or("a", away)).toBe("one");
    await expect(known.or("b", away)).rejects.toThrow("away");
    expect(await known.or("a", async () => "two")).toBe("two");
    now = 1_000;
    expect(await known.or("a", away)).toBe("two");
    now = 1_001;
    await expect(known.or("a", away)).rejects.toThrow("away");
    await known.or("a", async () => "three");
    known.clear();
    await expect(known.or("a", away)).rejects.toThrow("away");
  });

  it("stands in for an answer that does not come, and not for one that does", async () => {
    const known = new LastKnown<string>(1_000, 20, () => 0);
    await known.or("a", async () => "one");
    expect(await known.or("a", () => new Promise(() => {}))).toBe("one");
    expect(await known.or("a", async () => "two")).toBe("two");
  });

  it("is of a thousand keys at most, those asked for last", async () => {
    const known = new LastKnown<number>(1_000, 60_000, () => 0);
    for (let key = 0; key <= 1_000; key += 1) await known.or(String(key), async () => key);
    await expect(known.or("0", away)).rejects.toThrow("away");
    expect(await known.or("1", away)).toBe(1);
  });
});
