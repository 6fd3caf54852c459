import {
  AGENT_PROMPT,
  BEGIN_MESSAGE,
  DEFAULT_VARIABLES,
  POST_CALL_ANALYSIS,
} from "../../api/voice/agent-prompt.js";
import { retellTools } from "../../api/voice/tool-catalogue.js";

/** Beyond this line of `docs/retell.md` everything is written by this module. */
export const GENERATED = "<!-- generated: node dev/bootstrap.mjs retell -->";

/**
 * The guide with its generated part as the code has it now: what is pasted into Retell must be what the tools take.
 *
 * @throws Error when the line that begins the generated part is missing
 */
export function withGeneratedPart(guide: string): string {
  const at = guide.indexOf(GENERATED);
  if (at === -1) throw new Error(`the guide lacks the line ${GENERATED}`);
  return `${guide.slice(0, at)}${GENERATED}\n${generatedPart()}`;
}

function generatedPart(): string {
  const tools = retellTools("https://YOUR_HOST");
  return [
    "",
    "## Prompt, variables and tools",
    "",
    "Begin message:",
    "",
    fenced("text", BEGIN_MESSAGE),
    "Prompt:",
    "",
    fenced("markdown", AGENT_PROMPT),
    "Default dynamic variables:",
    "",
    fenced("json", JSON.stringify(DEFAULT_VARIABLES, null, 2)),
    "Post-call analysis:",
    "",
    fenced("json", JSON.stringify(POST_CALL_ANALYSIS, null, 2)),
    ...tools.flatMap((tool) => [`### ${tool.name}`, "", fenced("json", JSON.stringify(tool, null, 2))]),
  ].join("\n");
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\`\n`;
}
