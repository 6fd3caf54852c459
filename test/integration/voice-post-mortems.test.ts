import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

interface Row {
  number: number;
  held: string;
}

const rows: Row[] = read("docs/post-mortems.md")
  .split("\n")
  .flatMap((line) => {
    const match = /^\| 11\.(\d+) \| .+? \| (.+) \|$/.exec(line);
    return match ? [{ number: Number(match[1]), held: match[2] ?? "" }] : [];
  });

describe("The page of post-mortems", () => {
  it("has each of the ninety once, in order.", () => {
    expect(rows.map((row) => row.number)).toEqual(Array.from({ length: 90 }, (_, n) => n + 1));
  });

  it.each(rows)("names for 11.$number only what is there.", ({ held }) => {
    let file = "";
    for (const [, title, code = "", colon] of held.matchAll(/"([^"]+)"|`([^`]+)`(:?)/g)) {
      if (title !== undefined) {
        expect(read(file).includes(title), `${file}: ${title}`).toBe(true);
      } else if (colon === ":") {
        file = code.endsWith(".test.ts") ? code : `test/integration/${code}.test.ts`;
      } else if (code.includes("/")) {
        expect(existsSync(new URL(code, ROOT)), code).toBe(true);
      }
    }
  });
});
