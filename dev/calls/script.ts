import { CALLER, type Play } from "./play.js";
import type { Audience } from "./player.js";

const NAME_WIDTH = 11;

/** Writes a play down as it is played, in German, with what went to the tools and came from them. */
export function script(write: (line: string) => void): Audience {
  const speaker = (name: string, text: string) => write(`${`${name}:`.padEnd(NAME_WIDTH)} ${text}`);
  return {
    title(play: Play) {
      const faults = play.faults ? `  (Fehler ${play.faults.join(", ")})` : "";
      write(`\n── ${play.name} ── ${play.title}${faults}`);
    },
    spoken: (who, text) => speaker(nameOf(who), text),
    assistant: (text) => speaker("Assistenz", text),
    tool({ tool, args, answer, ms }) {
      write(`${" ".repeat(NAME_WIDTH)} → ${tool} ${JSON.stringify(args)}`);
      const offers = (answer.offers ?? []).map((offer) => offer.label).join(" | ");
      const more = offers === "" ? "" : ` [${offers}]`;
      write(`${" ".repeat(NAME_WIDTH)} ← ${answer.code}, weiter: ${answer.next}${more} (${ms} ms)`);
    },
    direction: (text) => write(`${" ".repeat(NAME_WIDTH)} (${text.replaceAll(CALLER, "Anrufer")})`),
  };
}

function nameOf(role: string): string {
  return role === CALLER ? "Anrufer" : `${role.charAt(0).toUpperCase()}${role.slice(1)}`;
}
