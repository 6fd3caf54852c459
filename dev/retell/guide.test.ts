import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { AGENT_PROMPT } from "../../api/voice/agent-prompt.js";
import { retellTools } from "../../api/voice/tool-catalogue.js";
import { GENERATED, withGeneratedPart } from "./guide.js";

const GUIDE = new URL("../../docs/retell.md", import.meta.url);

it("The guide shows the prompt and the tools as the gateway has them; if not: node dev/bootstrap.mjs retell.", async () => {
  const guide = await readFile(GUIDE, "utf8");
  expect(withGeneratedPart(guide)).toBe(guide);
});

it("A guide with another prompt or tool is written anew, and what people wrote stays.", () => {
  const written = withGeneratedPart(`Von Hand.\n${GENERATED}\nveraltet`);
  expect(written).toMatch(/^Von Hand\.\n/u);
  expect(written).not.toContain("veraltet");
  expect(written).toContain(AGENT_PROMPT);
  for (const { name } of retellTools("https://YOUR_HOST")) expect(written).toContain(`"name": "${name}"`);
});

it("A guide without the line that begins the generated part is refused.", () => {
  expect(() => withGeneratedPart("Von Hand.")).toThrow(GENERATED);
});
