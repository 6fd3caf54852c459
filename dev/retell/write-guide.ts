import { readFile, writeFile } from "node:fs/promises";
import { withGeneratedPart } from "./guide.js";

const GUIDE = new URL("../../docs/retell.md", import.meta.url);

const before = await readFile(GUIDE, "utf8");
const after = withGeneratedPart(before);
if (after !== before) await writeFile(GUIDE, after);
process.stdout.write(after === before ? "docs/retell.md is up to date\n" : "docs/retell.md is written\n");
